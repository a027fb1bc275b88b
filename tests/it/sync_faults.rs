//! What breaks on the way costs time, never an event.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Connected, google_visit, visit};

#[tokio::test]
async fn an_expired_cursor_loses_nothing_and_finds_the_deletions_in_between() {
    let mia = Connected::start().await;
    mia.calendar.insert(google_visit("kept", 3)).await.unwrap();
    let gone = mia.calendar.insert(google_visit("gone", 4)).await.unwrap();
    mia.settle().await;
    let kept = mia.entry("kept").await;

    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar
        .delete(gone["id"].as_str().unwrap())
        .await
        .unwrap();
    mia.calendar.insert(google_visit("new", 5)).await.unwrap();
    mia.fault(&json!({ "name": "cursor_expired", "count": 1 }))
        .await;
    let run = mia.sync_now().await;

    assert_eq!(run["outcome"], "succeeded", "{run:#}");
    let titles: Vec<_> = mia
        .entries()
        .await
        .iter()
        .map(|entry| entry["title"].clone())
        .collect();
    assert_eq!(titles, ["kept", "new"]);
    assert_eq!(mia.entry("kept").await["id"], kept["id"], "links are kept");
}

#[tokio::test]
async fn a_lost_answer_to_a_create_makes_no_second_event() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "drop_response", "scope": "events.insert", "count": 1 }))
        .await;

    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;

    mia.event("pump").await;
    let again = u64::from(!mia.world.habits().gives_ids);
    assert_eq!(mia.calls("events.insert").await, 1 + again);
    let run = mia.sync_now().await;
    assert_eq!(run["counts"]["events_created"], 0);
    assert_eq!(mia.entries().await.len(), 1);
}

#[tokio::test]
async fn an_edit_between_look_and_write_is_not_overwritten() {
    let mia = Connected::start().await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let event = mia.event("pump").await;

    // The notice is lost, so that the write finds another revision than it expects.
    mia.fault(&json!({ "name": "empty_page", "count": 1 }))
        .await;
    mia.calendar
        .patch(
            event["id"].as_str().unwrap(),
            json!({ "location": "Mill Lane 3" }),
        )
        .await
        .unwrap();
    mia.patch_entry(
        entry["id"].as_str().unwrap(),
        &json!({ "title": "pump, urgent" }),
    )
    .await
    .expect(200)
    .unwrap();
    mia.settle().await;

    let event = mia.event("pump, urgent").await;
    assert_eq!(event["location"], "Mill Lane 3");
    assert_eq!(mia.entry("pump, urgent").await["location"], "Mill Lane 3");
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_is_left_alone_until_then() {
    let mia = Connected::start().await;
    mia.fault(
        &json!({ "name": "rate_limited", "scope": "events.list", "count": 3, "retry_after_s": 30 }),
    )
    .await;
    let asked_at = mia.world.clock.now();

    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    mia.entry("boiler").await;
    assert!(mia.world.clock.now() >= asked_at + SignedDuration::from_secs(30));
}

#[tokio::test]
async fn a_short_storm_of_server_errors_is_ridden_out() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.list", "count": 4 }))
        .await;

    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;

    mia.event("pump").await;
}

#[tokio::test]
async fn lost_notices_are_made_up_for_by_the_poll() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "notification_drop" })).await;

    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 0);
    mia.world
        .advance(SignedDuration::from_mins(17))
        .await
        .unwrap();

    mia.entry("boiler").await;
    assert_eq!(mia.last_run().await["trigger"], "poll");
}

#[tokio::test]
async fn doubled_and_disordered_notices_change_nothing() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "notification_duplicate" }))
        .await;
    mia.fault(&json!({ "name": "notification_reorder" })).await;

    for day in 3..8 {
        mia.calendar
            .insert(google_visit(&format!("visit {day}"), day))
            .await
            .unwrap();
    }
    mia.settle().await;

    assert_eq!(mia.entries().await.len(), 5);
    assert_eq!(mia.calendar.events().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_revoked_grant_stops_the_sync_and_deletes_nothing() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    mia.fault(&json!({ "name": "token_revoked", "scope": "mia@northwind.test", "count": 1 }))
        .await;
    mia.sync_now().await;
    mia.calendar
        .insert(google_visit("meanwhile", 4))
        .await
        .unwrap();
    mia.settle().await;

    let connection = mia.api("").await;
    assert_eq!(connection["needs_reauth"], true, "{connection:#}");
    assert_eq!(mia.entries().await.len(), 1);

    let again = mia.person.connect(mia.world.provider).await.unwrap();
    assert_eq!(
        again, mia.connection,
        "the same account is the same connection"
    );
    mia.settle().await;
    mia.entry("meanwhile").await;
    assert_eq!(mia.entries().await.len(), 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_held_stands_with_its_reason_and_blocks_nobody() {
    let mia = Connected::start().await;
    let mut event = google_visit("round", 3);
    event["summary"] = json!("long ".repeat(300));
    let long = mia.calendar.insert(event).await.unwrap();
    mia.calendar
        .insert(google_visit("boiler", 9))
        .await
        .unwrap();
    mia.settle().await;

    mia.entry("boiler").await;
    let items = mia.api("/items").await;
    assert_eq!(items["items"][0]["external_id"], long["id"], "{items:#}");
    assert_eq!(items["items"][0]["reason"], "too_long");

    let id = long["id"].as_str().unwrap();
    mia.calendar
        .patch(id, json!({ "summary": "round" }))
        .await
        .unwrap();
    mia.settle().await;
    mia.entry("round").await;
    assert_eq!(mia.api("/items").await["items"], json!([]));
}

#[tokio::test]
async fn an_edit_after_a_lost_answer_is_not_taken_back() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "drop_response", "scope": "events.insert", "count": 2 }))
        .await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    while mia.calls("events.insert").await == 0 {
        mia.world
            .clock
            .advance(SignedDuration::from_secs(1))
            .unwrap();
        mia.world.step().await.unwrap();
    }

    let id = entry["id"].as_str().unwrap();
    mia.patch_entry(id, &json!({ "title": "pump, urgent" }))
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;

    mia.entry("pump, urgent").await;
    mia.event("pump, urgent").await;
}
