//! What syncs add to what is known.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{aws::ApiError, person::Person, world::World};

use super::{DASHBOARD, HEALTH, IVO, health, logged, read};
use crate::support::{ADA, Connected, MIA, api_key, create_with_key, visit};

#[tokio::test]
async fn nothing_is_configured_before_somebody_connects() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    let answer = read(&ada, DASHBOARD).await;

    assert_eq!(answer["overall_status"], "healthy");
    assert_eq!(answer["recent_activity"], json!([]));
    for (name, health) in answer["health_status"].as_object().unwrap() {
        assert_eq!(health["status"], "not_configured", "{name}");
        assert_eq!(health["badge"], "off", "{name}");
        assert_eq!(health["success_rate_24h"], Value::Null, "{name}");
    }
    let edi = &answer["health_status"]["edi"]["message"];
    assert_eq!(edi, "Set up EDI to enable order automation");
}

#[tokio::test]
async fn a_sync_is_counted_once_and_told_where_it_found_something() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let before = health(&ada.person, &ada.world).await;
    assert_eq!(
        (&before["status"], &before["badge"]),
        (&json!("connected"), &json!("ok"))
    );
    assert_eq!(before["metadata"]["connections"]["connected"], 1);
    let told = logged(&ada.person, "event_type=sync.completed").await.len();

    ada.create_entry(&visit("pump", 4)).await;
    ada.settle().await;

    let after = health(&ada.person, &ada.world).await;
    let count = |health: &Value| health["success_count_24h"].as_u64().unwrap();
    let runs = ada.api("/runs").await["items"].as_array().unwrap().len() as u64;
    assert_eq!(count(&after), runs, "every run that came to its end");
    let events = logged(&ada.person, "event_type=sync.completed").await;
    assert!(events.len() > told);
    assert_eq!(events[0]["message"], "Synced: 1 to the calendar.");
    assert_eq!(events[0]["correlation_id"], events[0]["run_id"]);
    assert_eq!(events[0]["status"], "success");
    assert_eq!(after["success_rate_24h"], 100);
    let connected = logged(&ada.person, "event_type=connection.connected").await;
    assert_eq!(connected.len(), 1);
}

#[tokio::test]
async fn an_error_is_counted_and_logged_as_often() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    ada.everything_breaks().await;
    ada.sync_now().await;

    let answer = read(&ada.person, DASHBOARD).await;
    let google = &answer["health_status"][ada.world.provider.name()];
    assert_eq!(
        (&google["status"], &google["badge"]),
        (&json!("error"), &json!("error"))
    );
    assert!(
        google["error_message"]
            .as_str()
            .unwrap()
            .contains("transient")
    );
    assert_eq!(google["error_message"], google["message"]);
    assert_eq!(answer["overall_status"], "down", "it is all that is set up");
    let page = ada.person.get("/integrations/dashboard").await.unwrap();
    assert!(page.text.contains("failures in 1 of 25"), "drawn as well");
    let errors = logged(&ada.person, "status=error&date_range=24h").await;
    assert!(!errors.is_empty());
    assert_eq!(answer["error_summary"]["failed_count_24h"], errors.len());
    assert_eq!(answer["recent_activity"][0], errors[0]);
    assert_eq!(errors[0]["can_retry"], true);

    ada.mended().await;
    let id = errors[0]["id"].as_str().unwrap();
    let path = format!("/api/integrations/logs/{id}/retry");
    ada.person
        .post(&path, &json!({}))
        .await
        .unwrap()
        .expect(202)
        .unwrap();
    ada.settle().await;

    assert_eq!(read(&ada.person, HEALTH).await["overall_status"], "healthy");
    assert_eq!(
        health(&ada.person, &ada.world).await["badge"],
        "warning",
        "much of the day failed"
    );
    ada.later(SignedDuration::from_hours(25)).await;
    let a_day_later = health(&ada.person, &ada.world).await;
    assert_eq!(
        (&a_day_later["badge"], &a_day_later["error_count_24h"]),
        (&json!("ok"), &json!(0))
    );
}

#[tokio::test]
async fn each_connection_stands_in_one_place_wherever_it_goes() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let mia = Connected::with(ada.world.clone(), MIA).await;
    let standings =
        async || health(&ada.person, &ada.world).await["metadata"]["connections"].clone();
    let expected = |connected: u32, paused: u32| {
        json!({
            "pending": 0, "connected": connected, "failing": 0, "needs_reauth": 0, "paused": paused,
        })
    };
    assert_eq!(standings().await, expected(2, 0));

    mia.press("pause").await.expect(200).unwrap();
    assert_eq!(standings().await, expected(1, 1));
    mia.press("pause").await.expect(200).unwrap();
    assert_eq!(standings().await, expected(1, 1), "pausing what is paused");
    mia.press("resume").await;
    mia.settle().await;
    assert_eq!(standings().await, expected(2, 0));

    let path = format!("/api/v1/connections/{}", mia.connection);
    mia.person.delete(&path).await.unwrap().expect(202).unwrap();
    assert_eq!(standings().await, expected(1, 0), "from the press on");
    mia.settle().await;
    assert_eq!(standings().await, expected(1, 0));
    let gone = logged(&ada.person, "event_type=connection.disconnected").await;
    assert_eq!(gone.len(), 1);
}

#[tokio::test]
async fn renewals_and_reconnections_stand_in_the_log() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let told = async |kind: &str| logged(&ada.person, &format!("event_type={kind}")).await;
    assert_eq!(told("renewal.completed").await.len(), 1, "the first");
    for _ in 0..5 {
        ada.later(SignedDuration::from_hours(24)).await;
    }
    let renewed = told("renewal.completed").await;
    assert!(renewed.len() > 1, "{renewed:#?}");
    assert_eq!(renewed[0]["status"], "success");
    assert_eq!(told("connection.reconnected").await.len(), 0);

    let revoked = json!({ "name": "token_revoked", "scope": ADA, "count": 1 });
    ada.fault(&revoked).await;
    let ada = ada.signed_in_again(ADA).await;
    ada.sync_now().await;
    let told = async |kind: &str| logged(&ada.person, &format!("event_type={kind}")).await;
    assert_eq!(told("connection.needs_reauth").await.len(), 1);
    let failed = told("sync.failed").await;
    assert_eq!(
        failed[0]["message"],
        "The sync failed. It is tried again when the account's owner has reconnected it."
    );
    ada.person.connect(ada.world.provider).await.unwrap();
    ada.settle().await;
    assert_eq!(told("connection.reconnected").await.len(), 1);
    assert_eq!(told("connection.connected").await.len(), 1, "the same one");
}

#[tokio::test]
async fn personal_details_are_masked_for_whoever_may_not_see_them() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let ivo = Person::sign_in(&ada.world, IVO).await.unwrap();

    let seen = async |person: &Person| {
        logged(person, "event_type=connection.connected").await[0]["account"].clone()
    };

    assert_eq!(seen(&ada.person).await, ADA);
    assert_eq!(seen(&ivo).await, "a***@northwind.test");
}

#[tokio::test]
async fn one_organisation_knows_nothing_of_another() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let bob = Person::sign_in(&ada.world, "bob@contoso.test")
        .await
        .unwrap();
    let event = logged(&ada.person, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();

    assert_eq!(logged(&bob, "").await, Vec::<Value>::new());
    assert_eq!(health(&bob, &ada.world).await["status"], "not_configured");
    let foreign = bob
        .get(&format!("/api/integrations/logs/{event}"))
        .await
        .unwrap();
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn keys_are_counted_with_what_they_ask() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (id, key) = api_key(
        &ada,
        json!({ "scopes": ["schedule.write"], "requests_per_minute": 10 }),
    )
    .await;
    for name in ["one", "two", "three"] {
        create_with_key(&world, &key, name)
            .await
            .expect(201)
            .unwrap();
    }

    let keys = read(&ada, HEALTH).await["integrations"]["api_keys"].clone();

    assert_eq!(keys["status"], "connected");
    assert_eq!(
        keys["metadata"],
        json!({ "active_keys": 1, "rate_limit_usage": 30 })
    );
    assert_eq!(keys["success_count_24h"], 3);

    let path = format!("/api/v1/api-keys/{id}");
    ada.delete(&path).await.unwrap().expect(204).unwrap();
    let keys = read(&ada, HEALTH).await["integrations"]["api_keys"].clone();
    assert_eq!(keys["status"], "not_configured");
}

#[tokio::test]
async fn trouble_of_a_program_is_told_and_no_call_counted_twice() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let limited = json!({ "scopes": ["schedule.write"], "requests_per_minute": 2 });
    let (id, key) = api_key(&ada, limited).await;
    let refused = ApiError::new("AccessDeniedException", "not authorized");
    world.aws.refuse_next("TransactWriteItems", refused);

    let statuses =
        ["one", "two", "three", "four"].map(|title| create_with_key(&world, &key, title));
    let answers = join_all(statuses).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 429, 429, 503]);

    let told = logged(&ada, "integration_type=api_keys").await;
    let mut kinds: Vec<(&str, &str)> = told
        .iter()
        .map(|event| {
            (
                event["event_type"].as_str().unwrap(),
                event["status"].as_str().unwrap(),
            )
        })
        .collect();
    kinds.sort_unstable();
    let expected = [("api.failed", "error"), ("api.rate_limited", "warning")];
    assert_eq!(kinds, expected, "haste is told once a minute");
    assert!(told.iter().all(|event| event["api_key_id"] == id.as_str()));
    let keys = read(&ada, HEALTH).await["integrations"]["api_keys"].clone();
    assert_eq!(
        (&keys["success_count_24h"], &keys["error_count_24h"]),
        (&json!(3), &json!(1))
    );
}

#[tokio::test]
async fn the_dashboard_asks_the_table_as_often_however_much_has_happened() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let (_, key) = api_key(&ada.person, json!({ "scopes": ["integrations.report"] })).await;
    let asked = async || {
        let before = ada.world.aws.counters().table_requests;
        let answer = read(&ada.person, DASHBOARD).await;
        (ada.world.aws.counters().table_requests - before, answer)
    };
    let (few, _) = asked().await;
    for number in 0..60 {
        ada.world
            .clock
            .advance(SignedDuration::from_secs(1))
            .unwrap();
        super::reported::report(&ada.world, &key, "comarch", &json!({
            "status": "success", "event_type": "invoice.sent", "message": format!("Invoice {number}"),
        })).await.expect(201).unwrap();
    }

    let (many, answer) = asked().await;

    assert_eq!(many, few);
    assert!(many <= 4, "{many} requests");
    assert_eq!(answer["recent_activity"].as_array().unwrap().len(), 20);
    assert_eq!(answer["recent_activity"][0]["message"], "Invoice 59");
}

#[tokio::test]
async fn files_that_come_and_go_stand_in_the_log() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let made = ada
        .post("/api/v1/schedule/entries", &visit("pump", 4))
        .await;
    made.unwrap().expect(201).unwrap();
    let export =
        "/api/v1/schedule/export?format=csv&from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";

    let file = ada.get(export).await.unwrap().expect(200).unwrap();
    let import = ada.request(Method::POST, "/api/v1/schedule/import");
    let import = import.await.unwrap().header("content-type", "text/csv");
    ada.send(import.body(file.text))
        .await
        .unwrap()
        .expect(200)
        .unwrap();

    let told: Vec<Value> = logged(&ada, "integration_type=files")
        .await
        .into_iter()
        .map(|event| json!([event["event_type"], event["message"], event["status"]]))
        .collect();
    for expected in [
        json!(["export.completed", "Exported one entry.", "success"]),
        json!(["import.completed", "Imported 0 entries.", "success"]),
    ] {
        assert!(told.contains(&expected), "{told:?}");
    }
}

#[tokio::test]
async fn when_it_last_synced_is_known_long_after_it_stopped() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    for _ in 0..5 {
        ada.later(SignedDuration::from_hours(12)).await;
    }
    let stops_at = ada.world.clock.now();
    // Nothing runs any more, and nothing says so.
    let silence = SignedDuration::from_hours(36);
    ada.world.clock.advance(silence).unwrap();

    let ada = ada.signed_in_again(ADA).await;
    let health = health(&ada.person, &ada.world).await;

    assert_eq!(health["success_count_24h"], 0, "{health:#}");
    let at: Timestamp = health["last_sync_at"].as_str().unwrap().parse().unwrap();
    let ago = stops_at.duration_since(at);
    assert!(
        ago < SignedDuration::from_hours(2),
        "{ago} before it stopped"
    );
}
