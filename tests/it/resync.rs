//! A calendar that has to be read again as a whole: over as many runs as it takes, at a price that is known before.

use serde_json::{Value, json};
use tests::{
    calendar_user::{calendar_user, operation},
    person::Person,
    world::World,
};

use crate::support::{Connected, MIA, control, google_visit, http};

/// Makes the next listings nine pages long, one more than a run reads.
async fn thin_pages(mia: &Connected) {
    mia.fault(&json!({ "name": "short_page", "page": 1 })).await;
    for page in 2..=8 {
        mia.fault(&json!({ "name": "empty_page", "page": page }))
            .await;
    }
}

/// A member whose calendar held `count` events when it was connected.
async fn with_events(count: u16) -> (Connected, Vec<Value>) {
    let world = World::start().await.unwrap();
    let calendar = calendar_user(&world, MIA).unwrap();
    let mut events = Vec::new();
    for number in 0..count {
        let day = u8::try_from(number % 28).unwrap() + 1;
        let event = google_visit(&format!("visit {number}"), day);
        events.push(calendar.insert(event).await.unwrap());
    }
    (Connected::with(world, MIA).await, events)
}

impl Connected {
    /// Deletes some of the events while nobody is told; then the provider forgets them, and the cursor.
    async fn lose_touch(&self, gone: &[&Value]) {
        self.fault(&json!({ "name": "notification_drop" })).await;
        for event in gone {
            let id = event["id"].as_str().unwrap();
            self.calendar.delete(id).await.unwrap();
        }
        control(&self.world, "forget_deleted", &json!({})).await;
    }

    async fn press_sync(&self) {
        let path = format!("/api/v1/connections/{}/sync", self.connection);
        let asked = self.person.post(&path, &json!({})).await.unwrap();
        asked.expect(202).unwrap();
    }

    /// Kills whatever runs as soon as the provider was called so often.
    async fn kill_after(&self, calls: u64) {
        let end = self.world.provider_calls() + calls;
        while self.world.provider_calls() < end {
            tokio::select! {
                worked = self.world.step() => assert!(worked.unwrap() > 0, "it came to its end first"),
                () = async {
                    while self.world.provider_calls() < end {
                        tokio::task::yield_now().await;
                    }
                } => {}
            }
        }
    }

    /// How often the operation was called since then in the log.
    async fn calls_since(&self, since: u64, google: &str) -> u64 {
        let path = format!("/_sim/requests?since={since}");
        let url = self.world.provider_base().join(&path).unwrap();
        let report: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        report["operations"][operation(self.world.provider, google)]
            .as_u64()
            .unwrap_or_default()
    }

    async fn titles(&self) -> Vec<String> {
        let list =
            "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z&limit=200";
        let list = self.person.get(list).await.unwrap().expect(200).unwrap();
        let list = list.json();
        assert_eq!(list["next_cursor"], Value::Null);
        let title = |entry: &Value| entry["title"].as_str().unwrap().to_owned();
        let mut titles: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(title)
            .collect();
        titles.sort();
        titles
    }
}

#[tokio::test]
async fn a_large_calendar_costs_a_call_for_each_page_and_each_missing_event() {
    let (mia, events) = with_events(400).await;
    let gone: Vec<&Value> = events.iter().step_by(99).collect();
    assert_eq!(gone.len(), 5);
    thin_pages(&mia).await;
    mia.lose_touch(&gone).await;
    let before = mia.world.last_request();

    mia.press_sync().await;
    mia.settle().await;

    assert_eq!(mia.calls_since(before, "events.get").await, 5);
    let lists = mia.calls_since(before, "events.list").await;
    assert!((10..=12).contains(&lists), "{lists} reads of nine pages");
    assert_eq!(mia.last_run().await["outcome"], "succeeded");
    let stored = mia.world.everything_stored().await.unwrap();
    assert!(!stored.contains("#SHOWN#"), "nothing is left of the read");
}

#[tokio::test]
async fn what_a_killed_run_had_begun_the_next_one_brings_to_its_end() {
    for calls in [1, 3, 9, 10, 12] {
        let (mia, events) = with_events(40).await;
        thin_pages(&mia).await;
        mia.lose_touch(&[&events[7], &events[20], &events[39]])
            .await;
        let before = mia.titles().await.len();

        mia.press_sync().await;
        mia.kill_after(calls).await;
        mia.settle().await;

        let titles = mia.titles().await;
        assert_eq!(titles.len(), before - 3, "killed after {calls} calls");
        for gone in ["visit 7", "visit 20", "visit 39"] {
            assert!(!titles.iter().any(|title| title == gone), "{gone}");
        }
    }
}

#[tokio::test]
async fn what_goes_while_the_first_read_is_broken_off_is_found_by_the_next() {
    for calls in [4, 6, 8] {
        let world = World::start().await.unwrap();
        let calendar = calendar_user(&world, MIA).unwrap();
        let mut events = Vec::new();
        for day in 1..=9 {
            let event = google_visit(&format!("visit {day}"), day);
            events.push(calendar.insert(event).await.unwrap());
        }
        let person = Person::sign_in(&world, MIA).await.unwrap();
        let connection = person.connect(world.provider).await.unwrap();
        let mia = Connected::from(tests::connected::Connected {
            world,
            person,
            calendar,
            connection,
        });
        thin_pages(&mia).await;
        mia.choose_primary(&Value::Null).await;
        mia.kill_after(calls).await;
        let taken_over = mia.titles().await;
        let gone: Vec<&Value> = events.iter().collect();

        mia.lose_touch(&gone).await;
        mia.settle().await;

        let left = mia.titles().await;
        assert!(
            left.is_empty(),
            "after {calls} calls: {taken_over:?}, then {left:?}"
        );
    }
}

#[tokio::test]
async fn what_changes_while_links_are_compared_is_not_missed() {
    let (mia, events) = with_events(40).await;
    thin_pages(&mia).await;
    mia.lose_touch(&[&events[7]]).await;
    mia.press_sync().await;
    // The first run ends after its share of pages, with the read unfinished.
    let before = mia.world.last_request();
    while mia.calls_since(before, "events.list").await == 0 {
        assert!(mia.world.step().await.unwrap() > 0);
    }

    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    assert_eq!(mia.last_run().await["outcome"], "continues");
    mia.calendar.delete(&id(&events[8])).await.unwrap();
    let change = json!({ "summary": "visit 9, urgent" });
    mia.calendar.patch(&id(&events[9]), change).await.unwrap();
    mia.calendar.insert(google_visit("new", 9)).await.unwrap();
    mia.settle().await;
    mia.sync_now().await;

    let titles = mia.titles().await;
    let has = |title: &str| titles.iter().any(|known| known == title);
    assert!(has("new") && has("visit 9, urgent"), "{titles:?}");
    assert!(!has("visit 7") && !has("visit 8") && !has("visit 9"));
    assert_eq!(titles.len(), 39);
}

#[tokio::test]
async fn what_ended_before_the_history_is_neither_asked_for_nor_deleted() {
    let world = World::start().await.unwrap();
    let google = calendar_user(&world, MIA).unwrap();
    let mut long_ago = google_visit("long ago", 1);
    long_ago["start"]["dateTime"] = json!("2027-01-11T10:00:00+01:00");
    long_ago["end"]["dateTime"] = json!("2027-01-11T11:00:00+01:00");
    google.insert(long_ago).await.unwrap();
    google.insert(google_visit("boiler", 3)).await.unwrap();
    let mia = Connected::with(world, MIA).await;
    mia.choose(&json!({
        "selected": true, "direction": "to_external", "history_days": 7, "receives_new": true,
    }))
    .await;
    mia.settle().await;
    let gets = mia.calls("events.get").await;

    // Imports again: what the calendar holds is read once more, from seven days ago.
    mia.choose_primary(&json!(7)).await;
    mia.fault(&json!({ "name": "cursor_expired", "count": 1 }))
        .await;
    mia.settle().await;

    assert_eq!(mia.titles().await, ["boiler", "long ago"]);
    assert_eq!(mia.calls("events.get").await - gets, 0);
}

#[tokio::test]
async fn a_page_that_is_never_accepted_fails_the_run_and_comes_to_rest() {
    let (mia, _) = with_events(3).await;
    mia.fault(&json!({ "name": "empty_page", "page": 1 })).await;
    mia.fault(&json!({ "name": "server_error", "status": 410, "page": 2 }))
        .await;
    mia.calendar.insert(google_visit("new", 9)).await.unwrap();

    mia.settle().await;

    assert_eq!(mia.last_run().await["outcome"], "failed");
    assert!(!mia.titles().await.contains(&"new".to_owned()));
    mia.no_more_faults().await.unwrap();
    let hour = jiff::SignedDuration::from_hours(1);
    mia.world.advance(hour).await.unwrap();
    assert_eq!(mia.last_run().await["outcome"], "succeeded");
    assert!(mia.titles().await.contains(&"new".to_owned()));
}
