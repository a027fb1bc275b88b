//! What comes to be held while somebody is asked, and reads that take more than one run.

use domain::{
    connection::Provider,
    entry::Entry,
    event::Revision,
    id::EntryId,
    link::{Base, LinkState},
};
use shared::store::{EntryWrite, LinkWrite, WrittenBy};
use tests::world::CrashPoint;

use super::*;

impl Connected {
    /// Events that no run has to create alone.
    async fn put_there(&self, title: &str, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            let day = u8::try_from(1 + number % 27).unwrap();
            let event = google_visit(&format!("{title} {number:03}"), day);
            let made = self.calendar.insert(event).await.unwrap();
            ids.push(made["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    async fn delete_there(&self, ids: &[String]) {
        for id in ids {
            self.calendar.delete(id).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_confirmed_lets_no_more_pass_than_was_asked_about() {
    let (mia, ids) = with_many().await;
    let others = mia.put_there("other", 45).await;
    mia.settle().await;
    mia.delete_there(&ids).await;
    mia.settle().await;
    let asked = only_hold(&mia).await;

    // In the moment between the answer and the run that carries it out.
    mia.fault(&json!({ "name": "notification_drop", "count": 1000 }))
        .await;
    mia.delete_there(&others).await;
    decide(&mia, &asked, "confirm").await;

    assert_eq!(mia.entries().await.len(), usize::from(MANY) + 45);
    let grown = only_hold(&mia).await;
    assert_eq!(grown["count"], usize::from(MANY) + 45, "asked anew");
    assert_eq!(held_events(&mia).await.len(), 2, "and said so");
    decide(&mia, &grown, "confirm").await;
    assert_eq!(mia.entries().await, Vec::<Value>::new());
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

#[tokio::test]
async fn what_is_deleted_here_while_somebody_is_asked_is_part_of_the_question() {
    let (mia, _) = with_many().await;
    mia.put_there("other", 40).await;
    mia.settle().await;
    let delete = async |title: &str| {
        for entry in mia.entries().await {
            if entry["title"].as_str().unwrap().starts_with(title) {
                let id = entry["id"].as_str().unwrap();
                mia.delete_entry(id).await.unwrap().expect(204).unwrap();
            }
        }
        mia.settle().await;
    };
    delete("other").await;
    let first = only_hold(&mia).await;
    let there = mia.calendar.events().await.unwrap().len();
    assert_eq!(first["count"], there - usize::from(MANY));

    delete("visit").await;

    let left = mia.calendar.events().await.unwrap().len();
    let grown = only_hold(&mia).await;
    assert_eq!(grown["count"], left, "{grown:#}");
    decide(&mia, &grown, "confirm").await;
    assert_eq!(mia.calendar.events().await.unwrap(), Vec::<Value>::new());
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

/// A read whose first run ends before its last page: there is no more time.
#[tokio::test]
async fn what_is_held_on_the_first_page_of_a_long_read_is_held_at_its_end() {
    let (mia, ids) = with_many().await;
    let more = match mia.world.provider {
        Provider::Google => 240,
        Provider::Microsoft => 490,
    };
    mia.fault(&json!({ "name": "notification_drop", "count": 10_000 }))
        .await;
    mia.delete_there(&ids).await;
    mia.put_there("new", more).await;
    let point: CrashPoint = mia.crash_point("after", "events.list");
    mia.world.stall_next_run(point);
    mia.press("sync").await;
    while mia.world.step().await.unwrap() > 0 {}
    mia.world
        .clock
        .advance(SignedDuration::from_secs(41))
        .unwrap();
    mia.world.resume_stalled_runs().await.unwrap();
    mia.settle().await;

    let all = usize::from(MANY) + more;
    assert_eq!(mia.entries().await.len(), all, "nothing is gone");
    let hold = only_hold(&mia).await;
    assert_eq!(hold["count"], MANY);
    decide(&mia, &hold, "confirm").await;
    assert_eq!(mia.entries().await.len(), more);
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

impl Connected {
    /// As if every event had been changed since, and no notice and no delta had told of it.
    async fn missed_everything(&self) {
        let store = self.world.tenant_of(MIA).await.unwrap();
        for shown in self.entries().await {
            let id: EntryId = shown["id"].as_str().unwrap().parse().unwrap();
            let is: Entry = store.entry(id).await.unwrap().unwrap();
            let mut was = is.changed_to(is.draft(), self.world.clock.now());
            was.content.location = "Old yard".into();
            let mut links = store.links_of_entry(id).await.unwrap();
            for link in &mut links {
                let (content, known) = (was.content.clone(), Revision("\"old\"".into()));
                link.state = LinkState::Linked {
                    base: Base::new(was.version, content.clone(), known, content),
                    sent: None,
                };
            }
            let write = EntryWrite {
                before: Some(&is),
                after: Some(&was),
                by: WrittenBy::Sync(self.connection.parse().unwrap()),
                links: links.into_iter().map(LinkWrite::Update).collect(),
                now: self.world.clock.now(),
            };
            store.write_entry(write).await.unwrap();
        }
    }
}

#[tokio::test]
async fn many_changes_that_only_the_daily_look_finds_are_asked_about_and_then_done() {
    let mia = Connected::start().await;
    mia.put_there("visit", 105).await;
    mia.settle().await;
    mia.missed_everything().await;

    mia.later(SignedDuration::from_hours(37)).await;
    let mia = mia.signed_in_again(MIA).await;

    let hold = only_hold(&mia).await;
    assert_eq!(
        (&hold["brake"], &hold["count"]),
        (&json!("overwrites"), &json!(105))
    );
    for entry in mia.entries().await {
        assert_eq!(entry["location"], "Old yard", "nothing before the answer");
    }
    decide(&mia, &hold, "confirm").await;
    for entry in mia.entries().await {
        assert_ne!(entry["location"], "Old yard");
    }
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}
