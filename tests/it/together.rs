//! Entries that go out together: few calls, and each of them as safe as alone.

mod parts;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::world::World;

use crate::support::{Connected, MIA, visit};

impl Connected {
    /// As many new entries, none of them in the calendar yet.
    async fn with_waiting(count: usize) -> Self {
        let mia = Self::start().await;
        for number in 0..count {
            let day = u8::try_from(number % 28 + 1).unwrap();
            mia.create_entry(&visit(&format!("visit {number}"), day))
                .await;
        }
        mia
    }

    /// Every entry is in the calendar once, and nothing else is.
    async fn shows_each_once(&self, count: usize) {
        let mut wanted: Vec<String> = (0..count).map(|n| format!("visit {n}")).collect();
        wanted.sort();
        let events = self.calendar.events().await.unwrap();
        let titles = |of: &[Value], name: &str| -> Vec<String> {
            let mut titles: Vec<String> = of
                .iter()
                .map(|item| item[name].as_str().unwrap().to_owned())
                .collect();
            titles.sort();
            titles
        };
        assert_eq!(titles(&events, "summary"), wanted);
        assert_eq!(titles(&self.entries().await, "title"), wanted);
    }

    async fn step_until_stopped(&self) {
        let stopped = self.world.crashes().stopped_runs;
        for _ in 0..60 {
            let second = SignedDuration::from_secs(1);
            self.world.clock.advance(second).unwrap();
            self.world.step().await.unwrap();
            if self.world.crashes().stopped_runs > stopped {
                return;
            }
        }
        panic!("no run was stopped within a minute");
    }

    async fn creating(&self) -> (u64, u64) {
        (self.calls("batch").await, self.calls("events.insert").await)
    }
}

#[tokio::test]
async fn a_schedule_of_120_entries_goes_out_in_few_calls() {
    let world = World::start().await.unwrap();
    let mia = tests::person::Person::sign_in(&world, MIA).await.unwrap();
    for number in 0..120 {
        let entry = visit(&format!("visit {number}"), number % 28 + 1);
        let made = mia.post("/api/v1/schedule/entries", &entry).await.unwrap();
        made.expect(201).unwrap();
    }

    let mia = Connected::with_history(world, MIA, Value::Null).await;

    mia.shows_each_once(120).await;
    let calls = 120_u64.div_ceil(mia.world.habits().creates_at_once);
    assert_eq!(mia.creating().await, (calls, 120));
    let created = |run: &Value| run["counts"]["events_created"].as_u64().unwrap();
    let runs = mia.api("/runs").await["items"].clone();
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.iter().map(created).sum::<u64>(), 120);
    let before = mia.world.provider_calls();
    mia.sync_now().await;
    assert_eq!(mia.world.provider_calls() - before, 1, "nothing is left");
}

#[tokio::test]
async fn one_entry_goes_out_by_itself() {
    let mia = Connected::with_waiting(1).await;

    mia.settle().await;

    assert_eq!(mia.creating().await, (0, 1));
    mia.shows_each_once(1).await;
}

#[tokio::test]
async fn one_that_is_refused_stands_aside_with_its_reason() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({
        "name": "server_error", "scope": "events.insert", "status": 400, "count": 1,
    }))
    .await;

    mia.settle().await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 6);
    assert_eq!(mia.creating().await, (1, 7));
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "succeeded", "{run:#}");
    let items = mia.api("/items").await["items"].clone();
    let items = items.as_array().unwrap();
    assert_eq!(items.len(), 1, "{items:#?}");
    assert_eq!(items[0]["state"], "refused");
}

#[tokio::test]
async fn one_that_fails_is_tried_again_by_itself() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.insert", "count": 1 }))
        .await;

    mia.settle().await;

    mia.shows_each_once(7).await;
    assert_eq!(mia.creating().await, (1, 8));
    assert_eq!(mia.api("/items").await["items"], json!([]));
}

#[tokio::test]
async fn one_that_came_too_fast_waits_and_the_others_are_kept() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({
        "name": "rate_limited", "scope": "events.insert", "status": 429, "count": 1, "retry_after_s": 600,
    }))
    .await;

    let began_at = mia.world.clock.now();
    while mia.api("").await["sync"]["not_before"].is_null() {
        let second = SignedDuration::from_secs(1);
        mia.world.clock.advance(second).unwrap();
        while mia.world.step().await.unwrap() > 0 {}
        assert!(mia.world.clock.now() < began_at + SignedDuration::from_mins(1));
    }

    assert_eq!(mia.calendar.events().await.unwrap().len(), 6);
    let until = mia.api("").await["sync"]["not_before"].clone();
    let until: jiff::Timestamp = until.as_str().unwrap().parse().unwrap();
    assert!(until >= began_at + SignedDuration::from_mins(10));
    mia.settle().await;
    mia.shows_each_once(7).await;
    assert_eq!(mia.creating().await, (1, 8), "only what was refused again");
    assert_eq!(
        mia.calls("events.get").await,
        0,
        "and without a look before"
    );
}

#[tokio::test]
async fn a_batch_that_came_too_fast_is_not_tried_piece_by_piece() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({ "name": "rate_limited", "scope": "batch", "count": 1 }))
        .await;

    mia.settle().await;

    mia.shows_each_once(7).await;
    assert_eq!(mia.creating().await, (2, 7));
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_doubles_nothing() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({ "name": "drop_response", "scope": "batch", "count": 1 }))
        .await;

    mia.settle().await;

    mia.shows_each_once(7).await;
    // Each is asked for once more, unless it is found by its name.
    let again = if mia.world.habits().gives_ids { 0 } else { 7 };
    assert_eq!(mia.creating().await, (1, 7 + again));
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "succeeded", "{run:#}");
    assert_eq!(mia.api("/items").await["items"], json!([]));
}

#[tokio::test]
async fn a_provider_that_takes_no_batches_takes_each_by_itself() {
    let mia = Connected::with_waiting(7).await;
    mia.fault(&json!({ "name": "server_error", "scope": "batch", "status": 400 }))
        .await;

    mia.settle().await;

    mia.shows_each_once(7).await;
    assert_eq!(mia.creating().await, (1, 7));
}

#[tokio::test]
async fn a_crash_before_the_answer_is_written_down_doubles_nothing_and_loses_no_edit() {
    let mia = Connected::with_waiting(7).await;
    mia.world.crash_next_run(mia.crash_point("after", "batch"));
    mia.step_until_stopped().await;
    let events = mia.calendar.events().await.unwrap();
    assert_eq!(events.len(), 7);
    let edited = events.iter().find(|event| event["summary"] == "visit 3");
    let id = edited.unwrap()["id"].as_str().unwrap();
    mia.calendar
        .patch(id, json!({ "location": "Depot" }))
        .await
        .unwrap();

    mia.settle().await;

    mia.shows_each_once(7).await;
    assert_eq!(mia.entry("visit 3").await["location"], "Depot");
    // Each id is taken, so each is found; or by its name, before it is created again.
    let is_found = mia.world.habits().gives_ids;
    assert_eq!(mia.creating().await.0, 2 - u64::from(is_found));
    // What is found so is looked at as soon as the calendar is read.
    let looks = 1 + u64::from(is_found);
    assert_eq!(mia.calls("events.get").await, 7 * looks);
}

#[tokio::test]
async fn a_run_that_slept_through_its_lease_creates_nothing_twice() {
    let mia = Connected::with_waiting(7).await;
    mia.world.stall_next_run(mia.crash_point("before", "batch"));
    mia.settle().await;
    mia.shows_each_once(7).await;

    mia.world.resume_stalled_runs().await.unwrap();
    mia.settle().await;

    mia.shows_each_once(7).await;
    assert_eq!(mia.creating().await, (2, 14));
}

#[tokio::test]
async fn a_removed_event_among_them_comes_back() {
    let mia = Connected::with_waiting(3).await;
    mia.world.crash_next_run(mia.crash_point("after", "batch"));
    mia.step_until_stopped().await;
    let event = mia.event("visit 1").await;
    let id = event["id"].as_str().unwrap();
    mia.calendar.delete(id).await.unwrap();

    mia.settle().await;

    mia.shows_each_once(3).await;
    let back = mia.event("visit 1").await;
    let under_its_id = back["id"] == event["id"];
    assert_eq!(under_its_id, !mia.world.habits().gives_ids);
}
