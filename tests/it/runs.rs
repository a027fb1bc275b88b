//! What is left of a run: a record that says what it did, and a word to the world when it starts and when it ends.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Connected, google_visit, visit};

impl Connected {
    /// What the world was told of runs, in order: the event's name and its content.
    fn told_of_runs(&self) -> Vec<(String, Value)> {
        let told = self.world.aws.events_put().into_iter();
        told.filter(|event| event.detail_type.starts_with("CALENDAR_SYNC_"))
            .map(|event| (event.detail_type, event.detail))
            .collect()
    }

    async fn press_sync_now(&self) -> String {
        let path = format!("/api/v1/connections/{}/sync", self.connection);
        let asked = self.person.post(&path, &json!({})).await.unwrap();
        asked.expect(202).unwrap().at("/run")
    }

    async fn advance_mins(&self, minutes: i64) {
        let by = SignedDuration::from_mins(minutes);
        self.world.advance(by).await.unwrap();
    }
}

#[tokio::test]
async fn a_run_is_told_once_when_it_starts_and_once_when_it_ends() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;
    let before = mia.told_of_runs().len();

    let run = mia.press_sync_now().await;
    mia.settle().await;

    let told = mia.told_of_runs().split_off(before);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CALENDAR_SYNC_STARTED", "CALENDAR_SYNC_COMPLETED"]);
    assert!(told.iter().all(|(_, detail)| detail["run"] == json!(run)));
    assert_eq!(told[1].1["result"]["outcome"], "succeeded");
    assert_eq!(told[1].1["trigger"], "member");
}

#[tokio::test]
async fn a_run_that_fails_says_why_and_leaves_the_last_success_where_it_was() {
    let mia = Connected::start().await;
    let succeeded_at = mia.api("").await["last_sync_at"].clone();
    let before = mia.told_of_runs().len();
    mia.fault(&json!({ "name": "server_error", "scope": "events.list", "count": 1 }))
        .await;

    mia.press_sync_now().await;
    while mia.told_of_runs().len() < before + 2 {
        assert!(mia.world.step().await.unwrap() > 0);
    }

    let (name, detail) = mia.told_of_runs().remove(before + 1);
    assert_eq!(name, "CALENDAR_SYNC_FAILED");
    assert!(
        detail["result"]["why"]
            .as_str()
            .unwrap()
            .contains("transient")
    );
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "failed", "{run:#}");
    assert_eq!(mia.api("").await["last_sync_at"], succeeded_at);
}

#[tokio::test]
async fn a_poll_that_finds_nothing_is_one_write_and_no_news() {
    let mia = Connected::start().await;
    let told = mia.told_of_runs().len();
    let runs = mia.api("/runs").await["items"].as_array().unwrap().len();
    let writes = |mia: &Connected| {
        let operations = mia.world.aws.counters().operations;
        operations["DynamoDB_20120810.TransactWriteItems"]
    };
    let before = writes(&mia);

    mia.advance_mins(17).await;

    assert_eq!(writes(&mia) - before, 1);
    assert_eq!(mia.last_run().await["trigger"], "poll");
    let now = mia.api("/runs").await["items"].as_array().unwrap().len();
    assert_eq!(now, runs + 1);
    assert_eq!(mia.told_of_runs().len(), told);
}

#[tokio::test]
async fn a_poll_that_finds_something_is_news() {
    let mia = Connected::start().await;
    let told = mia.told_of_runs().len();
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();

    mia.advance_mins(17).await;

    let told = mia.told_of_runs().split_off(told);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CALENDAR_SYNC_STARTED", "CALENDAR_SYNC_COMPLETED"]);
    assert_eq!(told[1].1["counts"]["entries_created"], 1);
}

#[tokio::test]
async fn a_run_shows_whether_the_cursor_moved() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    let moved = mia.last_run().await["cursors"][0].clone();
    let still = mia.sync_now().await["cursors"][0].clone();

    assert_ne!(moved["before"], moved["after"], "{moved:#}");
    assert_eq!(moved["after"], still["before"]);
    assert_eq!(still["before"], still["after"]);
    assert_eq!(still["after"].as_str().unwrap().len(), 8);
}

#[tokio::test]
async fn a_press_hurries_a_run_that_waits_for_a_burst_to_end() {
    let mia = Connected::start().await;
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    while mia.api("").await["sync"]["state"] != "queued" {
        assert!(mia.world.step().await.unwrap() > 0);
    }
    while mia.world.step().await.unwrap() > 0 {}
    assert_eq!(mia.api("").await["sync"]["state"], "queued");
    let waited_since = mia.world.clock.now();

    let run = mia.press_sync_now().await;
    assert_eq!(mia.press_sync_now().await, run);
    while mia.world.step().await.unwrap() > 0 {}

    let waited = mia.world.clock.now().duration_since(waited_since);
    assert!(waited < SignedDuration::from_secs(1), "{waited}");
    mia.entry("boiler").await;
    let done = mia.api(&format!("/runs/{run}")).await;
    assert_eq!(done["outcome"], "succeeded", "{done:#}");
}

#[tokio::test]
async fn a_run_whose_worker_died_is_finished_under_its_own_id_and_told_once() {
    let mia = Connected::start().await;
    let before = mia.told_of_runs().len();
    let run = mia.press_sync_now().await;
    let calls = mia.world.provider_calls();
    while mia.world.provider_calls() == calls {
        tokio::select! {
            worked = mia.world.step() => assert!(worked.unwrap() > 0),
            () = async {
                while mia.world.provider_calls() == calls {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    assert_eq!(mia.api(&format!("/runs/{run}")).await["state"], "running");

    mia.settle().await;

    let done = mia.api(&format!("/runs/{run}")).await;
    assert_eq!(done["outcome"], "succeeded", "{done:#}");
    let told = mia.told_of_runs().split_off(before);
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[tokio::test]
async fn a_promised_run_of_a_connection_that_was_paused_since_says_so() {
    let mia = Connected::start().await;
    let run = mia.press_sync_now().await;
    let pause = format!("/api/v1/connections/{}/pause", mia.connection);
    let paused = mia.person.post(&pause, &json!({})).await.unwrap();
    paused.expect(200).unwrap();

    mia.settle().await;

    let run = mia.api(&format!("/runs/{run}")).await;
    assert_eq!(run["outcome"], "skipped", "{run:#}");
}
