//! Notices reach a real receiver over a real connection.

mod stage;

use jiff::SignedDuration;
use serde_json::{Value, json};

use stage::{Rude, SUBSCRIPTIONS, Stage, stage_of};

use super::harness::{ADA, at, id, weekly};

#[tokio::test]
async fn both_addresses_repeat_a_token_before_there_is_a_subscription() {
    let stage = Stage::start().await;
    let opened = stage.subscribe().await;
    assert_eq!(opened["expirationDateTime"], "2027-03-03T08:00:00.0000000Z");
    assert_eq!(opened["clientState"], "secret");
    let handshakes = stage.receiver.0.lock().unwrap().handshakes.clone();
    assert_eq!(handshakes.len(), 2);
    assert!(
        handshakes[0].starts_with("from=graph&validationToken="),
        "{handshakes:?}"
    );

    for rude in [Rude::Status, Rude::Kind, Rude::Text] {
        let stage = Stage::start().await;
        stage.receiver.0.lock().unwrap().rude = Some(rude);
        let refused = stage
            .microsoft
            .call("POST", SUBSCRIPTIONS, stage.wish())
            .await;
        assert_eq!(refused.code(), (400, "ValidationError"), "{rude:?}");
        let all = stage.microsoft.get(SUBSCRIPTIONS).await;
        assert_eq!(all["value"], json!([]));
    }
    let stage = Stage::start().await;
    let mut nobody = stage.wish();
    nobody["notificationUrl"] = json!("http://127.0.0.1:9/hook");
    assert_eq!(
        stage
            .microsoft
            .call("POST", SUBSCRIPTIONS, nobody)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_refused_before_anybody_is_asked() {
    let stage = Stage::start().await;
    let refused = async |name: &str, value: Value| {
        let mut wish = stage.wish();
        wish[name] = value;
        stage
            .microsoft
            .call("POST", SUBSCRIPTIONS, wish)
            .await
            .status
    };
    let week = "2027-03-08T08:00:01Z";
    assert_eq!(refused("expirationDateTime", json!(week)).await, 400);
    assert_eq!(
        refused("expirationDateTime", json!("2027-03-01T07:00:00Z")).await,
        400
    );
    assert_eq!(refused("clientState", json!("x".repeat(129))).await, 400);
    assert_eq!(
        refused("notificationUrl", json!("http://example.com/hook")).await,
        400
    );
    assert_eq!(
        refused("resource", json!("me/calendars/x/events")).await,
        400
    );
    assert_eq!(refused("changeType", json!("created,moved")).await, 400);
    assert_eq!(refused("lifecycleUrl", json!("x")).await, 400);
    assert!(stage.receiver.0.lock().unwrap().handshakes.is_empty());

    assert_eq!(
        refused("expirationDateTime", json!("2027-03-08T08:00:00+00:00")).await,
        201
    );
    let twice = stage
        .microsoft
        .call("POST", SUBSCRIPTIONS, stage.wish())
        .await;
    assert_eq!(twice.status, 409);
    let words = twice.body["error"]["message"].as_str().unwrap();
    assert!(
        words.contains("already exists for the requested combination"),
        "{words}"
    );
}

#[tokio::test]
async fn a_short_life_is_made_forty_five_minutes_and_renewed_until_it_is_over() {
    let stage = Stage::start().await;
    let mut wish = stage.wish();
    wish["expirationDateTime"] = json!("2027-03-01T08:01:00Z");
    let opened = stage
        .microsoft
        .call("POST", SUBSCRIPTIONS, wish)
        .await
        .expect(201);
    assert_eq!(opened["expirationDateTime"], "2027-03-01T08:45:00.0000000Z");
    let path = format!("{SUBSCRIPTIONS}/{}", id(&opened));
    let longer = json!({ "expirationDateTime": "2027-03-01T10:00:00Z" });
    let renewed = stage
        .microsoft
        .call("PATCH", &path, longer.clone())
        .await
        .expect(200);
    assert_eq!(
        renewed["expirationDateTime"],
        "2027-03-01T10:00:00.0000000Z"
    );
    let elsewhere = json!({ "notificationUrl": stage.address });
    assert_eq!(
        stage.microsoft.call("PATCH", &path, elsewhere).await.status,
        400
    );

    stage
        .microsoft
        .clock
        .advance(SignedDuration::from_hours(3))
        .unwrap();
    let mut microsoft = stage_of(&stage);
    microsoft.token = microsoft.token_of(ADA).await;
    assert_eq!(
        microsoft.call("PATCH", &path, longer).await.code(),
        (404, "ResourceNotFound")
    );
    microsoft.create(at(9)).await;
    assert_eq!(microsoft.sim.pending_notices(), 0);
}

#[tokio::test]
async fn a_change_is_told_with_what_it_is_of_and_several_at_once() {
    let stage = Stage::start().await;
    let opened = stage.subscribe().await;
    let event = stage.microsoft.create(at(9)).await;
    stage
        .microsoft
        .patch(id(&event), json!({ "subject": "Late" }))
        .await;
    stage.microsoft.delete(id(&event)).await;

    let came = stage.deliver().await;
    assert_eq!(
        came.len(),
        1,
        "one request for all that goes to one address"
    );
    let told = came[0]["value"].as_array().unwrap();
    let kinds: Vec<&str> = told
        .iter()
        .map(|one| one["changeType"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["created", "updated", "deleted"]);
    let me = stage.microsoft.get("/v1.0/me").await;
    let resource = format!("Users/{}/Events/{}", id(&me), id(&event));
    assert_eq!(told[0]["resource"], resource);
    assert_eq!(told[0]["resourceData"]["id"], event["id"]);
    assert_eq!(told[0]["resourceData"]["@odata.etag"], event["@odata.etag"]);
    assert_eq!(
        told[0]["resourceData"]["@odata.type"],
        "#Microsoft.Graph.Event"
    );
    assert_eq!(told[0]["subscriptionId"], opened["id"]);
    assert_eq!(told[0]["clientState"], "secret");
    assert_eq!(stage.microsoft.sim.pending_notices(), 0);
}

#[tokio::test]
async fn people_of_several_tenants_come_in_one_request() {
    let stage = Stage::start().await;
    stage.subscribe().await;
    stage
        .microsoft
        .sim
        .add_account("bob@contoso.test", "Europe/Berlin");
    let mut bob = stage_of(&stage);
    bob.token = bob.token_of("bob@contoso.test").await;
    bob.call("POST", SUBSCRIPTIONS, stage.wish())
        .await
        .expect(201);
    stage.microsoft.create(at(9)).await;
    bob.create(at(10)).await;
    let came = stage.deliver().await;
    let tenants: Vec<&Value> = came[0]["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["tenantId"])
        .collect();
    assert_eq!(tenants.len(), 2);
    assert_ne!(tenants[0], tenants[1]);
}

#[tokio::test]
async fn one_occurrence_less_is_told_as_a_change_of_its_series() {
    let stage = Stage::start().await;
    let series = stage.microsoft.create(weekly()).await;
    stage.subscribe().await;
    let second = stage.microsoft.instances(id(&series)).await[1].clone();
    stage.microsoft.delete(id(&second)).await;
    let came = stage.deliver().await;
    let told = &came[0]["value"][0];
    assert_eq!(
        (&told["changeType"], &told["resourceData"]["id"]),
        (&json!("updated"), &series["id"])
    );
}

#[tokio::test]
async fn what_is_not_taken_is_tried_ever_more_seldom_for_four_hours() {
    let stage = Stage::start().await;
    stage.subscribe().await;
    stage.receiver.0.lock().unwrap().statuses = vec![202, 404, 500];
    stage.microsoft.create(at(9)).await;
    assert_eq!(stage.deliver().await.len(), 1);
    let first = stage.wait();
    assert_eq!(stage.deliver().await.len(), 1);
    let second = stage.wait();
    assert_eq!(stage.deliver().await.len(), 1);
    assert!(first < second);
    assert_eq!(
        stage.microsoft.sim.pending_notices(),
        0,
        "the third was taken"
    );

    stage.receiver.0.lock().unwrap().statuses = vec![500; 50];
    let began = stage.microsoft.clock.now();
    stage.microsoft.create(at(10)).await;
    stage.deliver().await;
    while stage.microsoft.sim.pending_notices() > 0 {
        stage.wait();
        stage.deliver().await;
    }
    let tried = stage.microsoft.clock.now().duration_since(began);
    assert!(
        tried <= SignedDuration::from_hours(4) && tried > SignedDuration::from_hours(1),
        "{tried:?}"
    );
}

#[tokio::test]
async fn switches_drop_double_and_delay_notices() {
    let stage = Stage::start().await;
    stage.subscribe().await;
    for name in [
        "notification_drop",
        "notification_duplicate",
        "notification_delay",
    ] {
        stage
            .microsoft
            .fault(json!({ "name": name, "count": 1 }))
            .await;
    }
    stage.microsoft.create(at(9)).await;
    assert_eq!(stage.microsoft.sim.pending_notices(), 0, "dropped");
    stage.microsoft.create(at(10)).await;
    assert_eq!(stage.deliver().await.len(), 0);
    assert_eq!(stage.wait(), SignedDuration::from_mins(1));
    assert_eq!(
        stage.deliver().await[0]["value"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_subscription_says_what_becomes_of_it() {
    let stage = Stage::start().await;
    let opened = stage.subscribe().await;
    let path = format!("{SUBSCRIPTIONS}/{}", id(&opened));
    let tell = async |what: &str| {
        let told = json!({ "account": ADA, "event": what });
        stage.microsoft.control("lifecycle", told).await["told"].clone()
    };

    assert_eq!(tell("reauthorizationRequired").await, 1);
    let came = stage.deliver().await;
    let told = &came[0]["value"][0];
    assert_eq!(told["lifecycleEvent"], "reauthorizationRequired");
    assert_eq!(told["clientState"], "secret");
    stage.microsoft.create(at(9)).await;
    assert_eq!(stage.deliver().await.len(), 0, "it waits");
    let again = format!("{path}/reauthorize");
    stage
        .microsoft
        .call("POST", &again, Value::Null)
        .await
        .expect(204);
    assert_eq!(stage.deliver().await.len(), 1);

    assert_eq!(tell("missed").await, 1);
    assert_eq!(
        stage.deliver().await[0]["value"][0]["lifecycleEvent"],
        "missed"
    );
    assert_eq!(tell("subscriptionRemoved").await, 1);
    assert_eq!(
        stage.deliver().await[0]["value"][0]["lifecycleEvent"],
        "subscriptionRemoved"
    );
    assert_eq!(
        stage.microsoft.call("GET", &path, Value::Null).await.status,
        404
    );
    assert_eq!(
        stage
            .microsoft
            .call("DELETE", &path, Value::Null)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn an_ended_subscription_is_told_nothing_more() {
    let stage = Stage::start().await;
    let opened = stage.subscribe().await;
    let path = format!("{SUBSCRIPTIONS}/{}", id(&opened));
    stage
        .microsoft
        .call("DELETE", &path, Value::Null)
        .await
        .expect(204);
    stage.microsoft.create(at(9)).await;
    assert_eq!(stage.microsoft.sim.pending_notices(), 0);
}
