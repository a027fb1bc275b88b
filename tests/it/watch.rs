//! How often a connection is looked at without being asked: as often as its notices deserve, and once a day at everything.

use std::collections::BTreeSet;

use domain::{entry::Entry, event::ExternalEventId, id::EntryId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::store::{EntryWrite, LinkWrite, WrittenBy};

use crate::support::{Connected, MIA, google_visit, http, requests, visit};

const QUARTER: SignedDuration = SignedDuration::from_mins(15);

impl Connected {
    /// How long the connection is left alone from now.
    async fn left_alone_for(&self) -> SignedDuration {
        let look = self.api("").await["sync"]["next_look_at"].clone();
        let look: Timestamp = look.as_str().unwrap().parse().unwrap();
        look.duration_since(self.world.clock.now())
    }

    async fn faults_end(&self) {
        let url = self.world.provider_base().join("/_sim/faults").unwrap();
        http().delete(url).send().await.unwrap();
    }

    /// Loses an entry and its link, as only a fault of our own could.
    async fn loses(&self, title: &str) {
        let store = self.world.tenant_of(MIA).await.unwrap();
        let shown = self.entry(title).await;
        let id: EntryId = shown["id"].as_str().unwrap().parse().unwrap();
        let entry: Entry = store.entry(id).await.unwrap().unwrap();
        let links = store.links_of_entry(id).await.unwrap();
        let write = EntryWrite {
            before: Some(&entry),
            after: None,
            by: WrittenBy::Sync(self.connection.parse().unwrap()),
            links: links.into_iter().map(LinkWrite::Delete).collect(),
            now: self.world.clock.now(),
        };
        store.write_entry(write).await.unwrap();
    }
}

#[tokio::test]
async fn a_calendar_whose_notices_arrive_is_left_alone_for_an_hour() {
    let mia = Connected::start().await;
    assert!(mia.left_alone_for().await <= QUARTER, "not proven yet");

    mia.is_told_of("boiler", 3).await;

    assert!(mia.left_alone_for().await > QUARTER * 3);
    let page = format!("/connections/{}", mia.connection);
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(shown.contains("Notices active"));
}

#[tokio::test]
async fn what_push_missed_is_found_and_counted_and_push_has_to_prove_itself_again() {
    let mia = Connected::start().await;
    mia.is_told_of("boiler", 3).await;
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar.insert(google_visit("pump", 4)).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 1);

    mia.later(SignedDuration::from_hours(6)).await;

    mia.entry("pump").await;
    let run = mia.last_run().await;
    assert_eq!(
        (&run["trigger"], &run["counts"]["missed"]),
        (&json!("poll"), &json!(1))
    );
    assert!(mia.api("").await["last_miss_at"].is_string());
    assert!(mia.left_alone_for().await <= QUARTER);

    mia.faults_end().await;
    mia.is_told_of("heater", 5).await;
    assert!(mia.left_alone_for().await > QUARTER * 3);
}

#[tokio::test]
async fn an_expired_subscription_proves_nothing() {
    let mia = Connected::start().await;
    mia.is_told_of("boiler", 3).await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.watch", "status": 400 }))
        .await;

    mia.later(SignedDuration::from_hours(24 * 8)).await;

    assert!(mia.left_alone_for().await <= QUARTER);
}

#[tokio::test]
async fn what_nobody_told_of_is_found_once_a_day_and_the_cursor_stays() {
    let mia = Connected::start().await;
    mia.is_told_of("boiler", 3).await;
    mia.is_told_of("pump", 4).await;
    mia.create_entry(&visit("ours", 5)).await;
    mia.settle().await;
    mia.loses("boiler").await;
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 2);

    mia.later(SignedDuration::from_hours(37)).await;

    mia.entry("boiler").await;
    let run = mia.last_run().await;
    assert_eq!(run["trigger"], "reconcile", "{run:#}");
    assert_eq!(
        (&run["counts"]["missed"], &run["outcome"]),
        (&json!(1), &json!("succeeded"))
    );
    assert_eq!(run["cursors"][0]["before"], run["cursors"][0]["after"]);
    assert!(mia.api("").await["last_reconcile_at"].is_string());
    assert_eq!(mia.entries().await.len(), 3);
    assert_eq!(mia.calendar.events().await.unwrap().len(), 3);

    mia.later(SignedDuration::from_hours(11)).await;
    assert_eq!(mia.last_run().await["trigger"], "poll", "once a day");
}

#[tokio::test]
async fn the_daily_look_goes_on_over_many_runs_and_deaths() {
    let mia = Connected::start().await;
    for day in 3..20 {
        mia.calendar
            .insert(google_visit(&format!("visit {day}"), day))
            .await
            .unwrap();
    }
    mia.settle().await;
    mia.loses("visit 3").await;
    mia.loses("visit 19").await;
    mia.settle().await;
    // Eleven pages, more than one run reads.
    mia.fault(&json!({ "name": "short_page", "page": 1 })).await;
    for page in 2..=10 {
        mia.fault(&json!({ "name": "empty_page", "page": page }))
            .await;
    }
    let calls = mia.world.provider_calls() + 5;
    mia.world
        .clock
        .advance(SignedDuration::from_hours(37))
        .unwrap();
    while mia.world.provider_calls() < calls {
        tokio::select! {
            worked = mia.world.step() => {
                worked.unwrap();
                mia.world.clock.advance(SignedDuration::from_secs(1)).unwrap();
            }
            () = async {
                while mia.world.provider_calls() < calls {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    mia.settle().await;

    let titles: BTreeSet<String> = mia
        .entries()
        .await
        .iter()
        .map(|entry| entry["title"].to_string())
        .collect();
    assert_eq!(titles.len(), 17, "{titles:?}");
    assert_eq!(mia.entries().await.len(), 17, "nothing is doubled");
    let runs = mia.api("/runs").await;
    let compared = runs["items"].as_array().unwrap().iter();
    let outcomes: Vec<&Value> = compared
        .filter(|run| run["trigger"] == "reconcile")
        .map(|run| &run["outcome"])
        .collect();
    assert_eq!(outcomes[0], "succeeded", "{outcomes:?}");
    assert!(outcomes.contains(&&json!("continues")), "{outcomes:?}");
    let stored = mia.world.everything_stored().await.unwrap();
    assert!(!stored.contains("#SHOWN#"), "nothing is left of the read");
}

#[tokio::test]
async fn a_deletion_that_every_delta_missed_is_found_by_the_daily_look() {
    let mia = Connected::start().await;
    mia.is_told_of("boiler", 3).await;
    mia.is_told_of("pump", 4).await;
    let other = mia.calendar.insert(google_visit("heater", 5)).await;
    let other = other.unwrap()["id"].as_str().unwrap().to_owned();
    mia.calendar.delete(&other).await.unwrap();
    mia.settle().await;
    // The link points at an event that is gone: what a lost deletion leaves behind.
    let store = mia.world.tenant_of(MIA).await.unwrap();
    let shown = mia.entry("pump").await;
    let id: EntryId = shown["id"].as_str().unwrap().parse().unwrap();
    let mut link = store.links_of_entry(id).await.unwrap().remove(0);
    store
        .write_links(vec![LinkWrite::Delete(link.clone())])
        .await
        .unwrap();
    let event = link.external_id.0.clone();
    link.external_id = ExternalEventId(other);
    store
        .write_links(vec![LinkWrite::Create(link)])
        .await
        .unwrap();
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar.delete(&event).await.unwrap();

    mia.later(SignedDuration::from_hours(37)).await;

    let left = mia.entries().await;
    assert_eq!(left.len(), 1, "{left:#?}");
    assert_eq!(left[0]["title"], "boiler");
}

#[tokio::test]
async fn a_daily_look_whose_place_is_void_begins_again() {
    let mia = Connected::start().await;
    mia.is_told_of("boiler", 3).await;
    mia.is_told_of("pump", 4).await;
    mia.loses("pump").await;
    mia.settle().await;
    mia.fault(&json!({ "name": "short_page", "page": 1 })).await;
    for page in 2..=10 {
        mia.fault(&json!({ "name": "empty_page", "page": page }))
            .await;
    }
    mia.world
        .clock
        .advance(SignedDuration::from_hours(37))
        .unwrap();
    let why = "is still read for what was missed";
    while !mia.last_run().await["why"].to_string().contains(why) {
        mia.world.step().await.unwrap();
        let second = SignedDuration::from_secs(1);
        mia.world.clock.advance(second).unwrap();
    }

    mia.no_more_faults().await.unwrap();
    let gone = json!({ "name": "server_error", "status": 410, "page": 9 });
    mia.fault(&gone).await;
    mia.settle().await;

    assert_eq!(mia.last_run().await["outcome"], "succeeded");
    mia.entry("pump").await;
    let log = requests(&mia.world).await["requests"].clone();
    let mut log = log.as_array().unwrap().iter();
    assert!(log.any(|call| call["status"] == 410), "the place was void");
}
