//! From an edit at Google over the tenant's topic to the schedule, whatever breaks on the way.

use domain::connection::Provider;
use serde_json::{Value, json};
use tests::{aws::ApiError, world::World};

use super::stage::{Relayed, admin, set_up, way, with_accounts, world};
use crate::support::{MIA, google_visit, http};

const PUBLISH: &str = "pubsub.topics.publish";

impl Relayed {
    async fn edit_arrives(&self, title: &str) {
        let event = google_visit(title, 3);
        self.calendar.insert(event).await.unwrap();
        self.settle().await;
        self.entry(title).await;
    }
}

#[tokio::test]
async fn an_edit_takes_the_way_over_the_topic() {
    let mia = Relayed::start().await;
    let asked = mia.asked().await;

    mia.edit_arrives("boiler").await;

    assert_eq!(mia.operations(PUBLISH).await, 1);
    assert_eq!(mia.measured("WebhookRelayed"), 1);
    assert_eq!(
        mia.measured("WebhookAccepted"),
        1,
        "asked for once, by the push"
    );
    assert_eq!(mia.measured("RelayFailed"), 0);
    assert_eq!(mia.asked().await, asked + 1);
    let invoked = mia.world.invocations();
    assert_eq!(invoked["webhooks-pubsub"], 1, "{invoked:?}");
}

#[tokio::test]
async fn each_function_on_the_way_has_what_it_takes() {
    let world = World::start_apart(Provider::Google).await.unwrap();
    let world = with_accounts(world).await;
    set_up(&world, MIA).await;
    let mia = Relayed::of(world).await;

    mia.edit_arrives("boiler").await;

    assert_eq!(mia.measured("WebhookRelayed"), 1);
    assert_eq!(mia.measured("WebhookAccepted"), 1);
}

#[tokio::test]
async fn handing_a_notice_on_is_one_read() {
    let mia = Relayed::start().await;
    let token = mia.channel_token().await;
    let notify = async || {
        let url = mia.world.product_base.join("/webhooks/google").unwrap();
        let request = http().post(url).header("x-goog-channel-token", &token);
        let request = request.header("x-goog-resource-state", "exists");
        assert_eq!(request.send().await.unwrap().status(), 204);
    };
    let (before, granted) = (mia.spent(), mia.operations("oauth.token").await);
    notify().await;
    let after = mia.spent();
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 0));
    notify().await;
    assert_eq!(mia.operations(PUBLISH).await, 2);
    let granted = mia.operations("oauth.token").await - granted;
    assert_eq!(granted, 1, "access is kept");
}

#[tokio::test]
async fn who_has_no_topic_is_asked_for_directly() {
    let world = world().await;
    set_up(&world, "bob@contoso.test").await;
    let mia = Relayed::of(world).await;

    mia.edit_arrives("boiler").await;

    assert_eq!(mia.operations(PUBLISH).await, 0);
    assert_eq!(mia.measured("WebhookAccepted"), 1);
}

#[tokio::test]
async fn an_edit_arrives_where_pubsub_is_broken_in_any_way() {
    let mia = Relayed::start().await;
    let faults = [
        json!({ "name": "server_error", "scope": PUBLISH }),
        json!({ "name": "drop_response", "scope": PUBLISH }),
        json!({ "name": "slow", "scope": PUBLISH, "delay_s": 3.0 }),
    ];
    for (number, fault) in (1..).zip(&faults) {
        mia.fault(fault).await;
        mia.edit_arrives(&format!("fault {number}")).await;
        assert_eq!(mia.measured("RelayFailed"), number, "{fault}");
        clear(&mia, "faults").await;
    }
    // The answer that was lost was to a message that was taken: both asked, and nothing doubled.
    assert_eq!(mia.entries().await.len(), 3);

    mia.edit_arrives("mended").await;
    assert_eq!(mia.measured("RelayFailed"), 3);
}

#[tokio::test]
async fn an_edit_arrives_where_the_publisher_is_not_let_in() {
    let world = world().await;
    set_up(&world, MIA).await;
    let mia = Relayed::of(world).await;
    mia.fault(&json!({ "name": "server_error", "scope": "oauth.token" }))
        .await;
    mia.edit_arrives("no access").await;
    clear(&mia, "faults").await;
    assert_eq!(mia.measured("RelayFailed"), 1);

    let topic = mia.subscription().replace("/subscriptions/", "/topics/");
    let nobody = json!({ "policy": {} });
    let set = admin(
        &mia.world,
        "POST",
        &format!("{topic}:setIamPolicy"),
        &nobody,
    )
    .await;
    assert_eq!(set.0, 200, "{set:?}");
    mia.edit_arrives("no right").await;
    assert_eq!(mia.measured("RelayFailed"), 2);

    let deleted = admin(&mia.world, "DELETE", &topic, &Value::Null).await;
    assert_eq!(deleted.0, 200, "{deleted:?}");
    mia.edit_arrives("no topic").await;
    assert_eq!(mia.measured("RelayFailed"), 3);
    assert_eq!(mia.measured("WebhookRelayed"), 0);
}

#[tokio::test]
async fn a_push_that_comes_twice_asks_once() {
    let mia = Relayed::start().await;
    let asked = mia.asked().await;
    mia.fault(&json!({ "name": "notification_duplicate", "scope": "pubsub.push" }))
        .await;

    mia.edit_arrives("boiler").await;

    assert_eq!(mia.world.invocations()["webhooks-pubsub"], 2);
    assert_eq!(mia.asked().await, asked + 1);
}

#[tokio::test]
async fn a_wish_whose_message_was_not_sent_is_sent_when_it_is_delivered_again() {
    let mia = Relayed::start().await;
    let asked = mia.asked().await;
    for _ in 0..4 {
        let down = ApiError::new("InternalError", "down");
        mia.world.aws.refuse_next("SendMessage", down);
    }
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    mia.entry("boiler").await;
    assert_eq!(
        mia.asked().await,
        asked + 1,
        "one wish, however often it came"
    );
}

#[tokio::test]
async fn a_table_that_is_away_makes_pubsub_deliver_again() {
    let mia = Relayed::start().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    for _ in 0..4 {
        let down = ApiError::new("InternalServerError", "down");
        mia.world.aws.refuse_next("UpdateItem", down);
    }
    mia.settle().await;

    mia.entry("boiler").await;
    assert_eq!(mia.measured("WebhookRelayed"), 1);
    assert_eq!(mia.measured("RelayFailed"), 0);
}

#[tokio::test]
async fn garbage_in_the_secret_loses_no_notice() {
    let mia = Relayed::start().await;
    for garbage in ["{", "[]", r#"{"tenants":{"x":1}}"#, r#"{"publisher":7}"#] {
        put_secret(&mia, garbage).await;
        // The secret that was read before is believed for five minutes.
        mia.wait(301);
        assert_eq!(mia.call(garbage).await, 503, "{garbage}");
        mia.edit_arrives(&format!("with {garbage}")).await;
    }
    assert_eq!(mia.measured("WebhookRelayed"), 0);
    put_secret(&mia, " ").await;
    mia.wait(301);
    assert_eq!(mia.call("empty").await, 401);
    mia.edit_arrives("with nothing").await;
}

#[tokio::test]
async fn what_is_pushed_after_the_way_was_removed_harms_nobody() {
    let mia = Relayed::start().await;
    let body = super::stage::envelope(&mia.subscription(), "1", &mia.channel_token().await);
    mia.edit_arrives("before").await;
    assert_eq!(mia.measured("WebhookRelayed"), 1);

    let removed = way(&mia.world, "remove", MIA, &[]).await;
    assert_eq!(removed.code, 0, "{}", removed.text);
    mia.edit_arrives("at once").await;
    mia.wait(301);
    mia.edit_arrives("later").await;
    assert_eq!(
        mia.measured("RelayFailed"),
        1,
        "only while the secret is still believed"
    );
    assert_eq!(mia.push(&mia.proof(), body.to_string()).await, 204);
}

async fn clear(mia: &Relayed, what: &str) {
    let url = mia
        .world
        .google_base
        .join(&format!("/_sim/{what}"))
        .unwrap();
    http().delete(url).send().await.unwrap();
}

async fn put_secret(mia: &Relayed, text: &str) {
    let body = json!({
        "SecretId": "kalends/local/google-relay", "SecretString": text,
        "ClientRequestToken": shared::ids::opaque(),
    });
    let request = http()
        .post(mia.world.aws_base.clone())
        .body(body.to_string());
    let request = request.header("x-amz-target", "secretsmanager.PutSecretValue");
    let request = request.header("content-type", "application/x-amz-json-1.1");
    let request = request.header("authorization", "AWS4-HMAC-SHA256 local");
    let answer = request.send().await.unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
}
