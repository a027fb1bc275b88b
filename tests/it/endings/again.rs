//! The same account, connected again: what was in both calendars before is one thing, not two.

use tests::{calendar_user::calendar_user, person::Person, world::World};

use super::*;
use crate::support::MIA;

async fn again(before: &Connected) -> Connected {
    let mia = Connected::with(before.world.clone(), MIA).await;
    assert_ne!(mia.connection, before.connection);
    mia
}

/// Connected with an entry of each origin, in both.
async fn with_both() -> Connected {
    let mia = Connected::with(World::start().await.unwrap(), MIA).await;
    mia.calendar
        .insert(google_visit("theirs", 3))
        .await
        .unwrap();
    mia.create_entry(&visit("ours", 4)).await;
    let mut series = visit("round", 5);
    series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
    mia.create_entry(&series).await;
    mia.settle().await;
    mia
}

#[tokio::test]
async fn an_account_that_is_connected_again_doubles_nothing() {
    let first = with_both().await;
    first.disconnect_whole(false).await;
    let inserted = first.calls("events.insert").await;

    let mia = again(&first).await;

    assert_eq!(mia.titles_here().await, ["ours", "round", "theirs"]);
    assert_eq!(mia.titles_there().await, ["ours", "round", "theirs"]);
    assert_eq!(mia.calls("events.insert").await, inserted);
    let entry = mia.entry("ours").await;
    let change = json!({ "title": "ours, late" });
    let id = entry["id"].as_str().unwrap();
    mia.patch_entry(id, &change).await.expect(200).unwrap();
    mia.settle().await;
    assert_eq!(mia.titles_there().await, ["ours, late", "round", "theirs"]);
}

#[tokio::test]
async fn a_copy_is_a_copy_still_after_it_was_connected_again() {
    let first = with_both().await;
    first.disconnect_whole(false).await;
    let mia = again(&first).await;

    for title in ["ours", "theirs"] {
        let event = mia.event(title).await["id"].clone();
        mia.calendar.delete(event.as_str().unwrap()).await.unwrap();
    }
    mia.settle().await;

    assert_eq!(
        mia.titles_here().await,
        ["ours", "round"],
        "only a copy was lost"
    );
}

#[tokio::test]
async fn what_changed_meanwhile_on_one_side_reaches_the_other() {
    let first = with_both().await;
    first.disconnect_whole(false).await;
    let entry = first.entry("ours").await["id"].clone();
    let change = json!({ "title": "ours, late" });
    first
        .patch_entry(entry.as_str().unwrap(), &change)
        .await
        .expect(200)
        .unwrap();
    let event = first.event("theirs").await["id"].clone();
    let change = json!({ "summary": "theirs, late" });
    first
        .calendar
        .patch(event.as_str().unwrap(), change)
        .await
        .unwrap();

    let mia = again(&first).await;

    let late = ["ours, late", "round", "theirs, late"];
    assert_eq!(mia.titles_here().await, late);
    assert_eq!(mia.titles_there().await, late);
}

#[tokio::test]
async fn copies_that_were_removed_are_made_again() {
    let first = with_both().await;
    first.disconnect_whole(true).await;
    assert_eq!(first.titles_there().await, ["theirs"]);

    let mia = again(&first).await;

    assert_eq!(mia.titles_here().await, ["ours", "round", "theirs"]);
    assert_eq!(mia.titles_there().await, ["ours", "round", "theirs"]);
}

#[tokio::test]
async fn a_calendar_that_is_only_written_gets_no_second_copies_either() {
    let first = with_both().await;
    first.disconnect_whole(false).await;
    let person = Person::sign_in(&first.world, MIA).await.unwrap();
    let connection = person.connect(first.world.provider).await.unwrap();
    let mia = Connected::from(tests::connected::Connected {
        calendar: calendar_user(&first.world, MIA).unwrap(),
        world: first.world.clone(),
        person,
        connection,
    });
    mia.choose(&json!({
        "selected": true, "direction": "to_external", "history_days": null, "receives_new": true,
    }))
    .await;
    mia.settle().await;

    assert_eq!(
        mia.titles_there().await,
        ["ours", "round", "theirs", "theirs"],
        "what was theirs is ours to copy too"
    );
    assert_eq!(mia.titles_here().await, ["ours", "round", "theirs"]);
}

#[tokio::test]
async fn the_account_can_be_connected_again_while_its_last_connection_still_ends() {
    let first = with_both().await;
    first.disconnect(false).await;

    let mia = again(&first).await;

    let receipt = first.receipt().await;
    assert_eq!(
        receipt["access"],
        json!({ "outcome": "shared" }),
        "{receipt:#}"
    );
    assert_eq!(mia.api("").await["needs_reauth"], false);
    assert_eq!(mia.sync_now().await["outcome"], "succeeded");
    assert_eq!(mia.titles_there().await, ["ours", "round", "theirs"]);
}
