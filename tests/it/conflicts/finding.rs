//! One conflict, found once.

use serde_json::{Value, json};

use super::{Apart, both, id};
use crate::support::{Connected, google_visit, visit};

/// Whose edit is made first.
#[derive(Clone, Copy, Debug)]
enum First {
    Ours,
    Theirs,
}

/// What makes the run that finds it.
#[derive(Clone, Copy, Debug)]
enum Found {
    ByChange,
    ByPoll,
}

async fn edits(mia: &Connected, entry: &str, event: &str, first: First) {
    let ours = async || {
        let change = json!({ "title": "ours" });
        mia.patch_entry(entry, &change).await.expect(200).unwrap();
    };
    let theirs = async || {
        let change = json!({ "summary": "theirs" });
        mia.calendar.patch(event, change).await.unwrap();
    };
    match first {
        First::Ours => {
            ours().await;
            theirs().await;
        }
        First::Theirs => {
            theirs().await;
            ours().await;
        }
    }
}

#[tokio::test]
async fn a_conflict_is_found_once_whoever_was_first_and_whatever_made_us_look() {
    for first in [First::Ours, First::Theirs] {
        for found in [Found::ByChange, Found::ByPoll] {
            let mia = Connected::start().await;
            let entry = id(&mia.create_entry(&visit("pump", 4)).await);
            mia.settle().await;
            let event = id(&mia.event("pump").await);
            match found {
                Found::ByChange => edits(&mia, &entry, &event, first).await,
                // Nobody hears of anything while the connection is paused.
                Found::ByPoll => {
                    let paused = format!("/api/v1/connections/{}/pause", mia.connection);
                    mia.person.post(&paused, &json!({})).await.unwrap();
                    edits(&mia, &entry, &event, first).await;
                    mia.settle().await;
                    let resumed = format!("/api/v1/connections/{}/resume", mia.connection);
                    mia.person.post(&resumed, &json!({})).await.unwrap();
                }
            }
            mia.settle().await;
            mia.sync_now().await;

            let open = mia.conflicts("open").await;
            assert_eq!(open.len(), 1, "{first:?} {found:?}: {open:#?}");
            assert_eq!(mia.told(), 1, "{first:?} {found:?}");
            let said = |side: &str| open[0][side]["title"].clone();
            assert_eq!(
                [said("base"), said("local"), said("external")],
                ["pump", "ours", "theirs"].map(Value::from)
            );
            assert_eq!(open[0]["differences"][0]["name"], "title");
        }
    }
}

#[tokio::test]
async fn the_rest_of_the_calendar_keeps_syncing() {
    let apart = Apart::start().await;
    let mia = &apart.mia;

    mia.calendar
        .insert(google_visit("boiler", 9))
        .await
        .unwrap();
    mia.create_entry(&visit("valve", 10)).await;
    mia.settle().await;

    mia.entry("boiler").await;
    mia.event("valve").await;
    assert_eq!(mia.last_run().await["outcome"], "succeeded");
    assert_eq!(apart.titles().await, ("ours".into(), "theirs".into()));
}

#[tokio::test]
async fn what_changes_while_nobody_decides_is_shown_and_told_to_nobody_again() {
    let apart = Apart::start().await;
    let mia = &apart.mia;

    let change = json!({ "summary": "theirs, later" });
    mia.calendar.patch(&apart.event, change).await.unwrap();
    mia.settle().await;

    let now = apart.read().await;
    assert_eq!(now["external"]["title"], "theirs, later");
    assert_ne!(now["version"], apart.conflict["version"]);
    assert_eq!(mia.told(), 1);
}

#[tokio::test]
async fn both_sides_agreeing_by_hand_settles_it() {
    let apart = Apart::start().await;
    let mia = &apart.mia;

    let change = json!({ "summary": "ours" });
    mia.calendar.patch(&apart.event, change).await.unwrap();
    mia.settle().await;

    assert_eq!(apart.titles().await, both("ours"));
    let over = apart.read().await;
    assert_eq!(over["state"], "settled");
    assert_eq!(over["undo_until"], Value::Null);
    assert_eq!(mia.conflicts("open").await, Vec::<Value>::new());
    let refused = apart.undo().await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "nothing_to_undo");
}

#[tokio::test]
async fn only_the_owner_and_an_admin_see_a_conflict() {
    let apart = Apart::start().await;
    let world = &apart.mia.world;
    let seen_by = async |email: &str| {
        let person = tests::person::Person::sign_in(world, email).await.unwrap();
        let one = person.get(&apart.path("")).await.unwrap();
        let list = person.get("/api/v1/conflicts").await.unwrap();
        let items = list.json()["items"].as_array().unwrap().len();
        (one.status.as_u16(), items)
    };

    assert_eq!(seen_by("ada@northwind.test").await, (200, 1));
    for colleague in ["ivo@", "max@", "vic@", "uwe@"] {
        let email = format!("{colleague}northwind.test");
        assert_eq!(seen_by(&email).await, (404, 0), "{email}");
    }

    let change = json!({ "private": true });
    let mia = &apart.mia;
    mia.patch_entry(&apart.entry, &change)
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;
    assert_eq!(
        seen_by("ada@northwind.test").await,
        (404, 0),
        "private is private"
    );
}
