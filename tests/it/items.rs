//! Items that the provider fails to take: put aside with their reason, tried again, given up, replayed; never in the way.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::person::Answer;

use crate::support::{Connected, http, visit};

impl Connected {
    /// The provider fails whatever is asked of this event.
    pub(crate) async fn breaks(&self, event: &str) {
        let path = self.calendar.path_of(event).await.unwrap();
        self.fault(&json!({ "name": "server_error", "scope": path }))
            .await;
    }

    pub(crate) async fn mended(&self) {
        let url = self.world.provider_base().join("/_sim/faults").unwrap();
        http().delete(url).send().await.unwrap();
    }

    pub(crate) async fn stuck(&self, filter: &str) -> Vec<Value> {
        let items = self.api(&format!("/items{filter}")).await["items"].clone();
        items.as_array().unwrap().clone()
    }

    pub(crate) async fn retry(&self, rest: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/connections/{}/items{rest}", self.connection);
        self.person.json(Method::POST, &path, body).await.unwrap()
    }

    pub(crate) async fn retitle(&self, entry: &Value, title: &str) {
        let id = entry["id"].as_str().unwrap();
        let answer = self.patch_entry(id, &json!({ "title": title })).await;
        answer.expect(200).unwrap();
    }

    /// An entry that is in the calendar, and the id of its event.
    pub(crate) async fn synced(&self, title: &str, day: u8) -> (Value, String) {
        let entry = self.create_entry(&visit(title, day)).await;
        self.settle().await;
        let event = self.event(title).await;
        (entry, event["id"].as_str().unwrap().to_owned())
    }

    /// Hours go by, a quarter at a time.
    pub(crate) async fn hours_pass(&self, hours: u32) {
        for _ in 0..hours * 4 {
            let quarter = SignedDuration::from_mins(14);
            self.world.clock.advance(quarter).unwrap();
            self.world
                .advance(SignedDuration::from_mins(1))
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn an_item_that_fails_holds_up_nobody_and_is_tried_again() {
    let mia = Connected::start().await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    let (other, _) = mia.synced("other", 5).await;
    mia.breaks(&event).await;

    mia.retitle(&poisoned, "poisoned, late").await;
    mia.retitle(&other, "other, late").await;
    mia.settle().await;

    mia.event("other, late").await;
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "succeeded", "{run:#}");
    let items = mia.stuck("?state=failing").await;
    assert_eq!(items.len(), 1, "{items:#?}");
    assert_eq!(items[0]["entry"], poisoned["id"]);
    assert_eq!(items[0]["attempts"], 2, "once more in the same run");
    assert!(items[0]["words"].as_str().unwrap().contains("transient"));
    let next_try: jiff::Timestamp = items[0]["next_try_at"].as_str().unwrap().parse().unwrap();
    assert!(next_try > mia.world.clock.now());

    mia.mended().await;
    mia.world
        .advance(SignedDuration::from_mins(4))
        .await
        .unwrap();

    mia.event("poisoned, late").await;
    assert_eq!(mia.stuck("").await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_item_that_fails_for_hours_is_given_up_until_it_is_replayed() {
    let mia = Connected::start().await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    mia.breaks(&event).await;
    mia.retitle(&poisoned, "poisoned, late").await;
    mia.settle().await;

    mia.hours_pass(24).await;

    let dead = mia.stuck("?state=dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (&dead[0]["attempts"], &dead[0]["next_try_at"]),
        (&json!(8), &Value::Null)
    );
    let calls = mia.calls("events.get").await;
    mia.hours_pass(2).await;
    assert_eq!(mia.calls("events.get").await, calls, "it is left alone");
    assert_eq!(mia.stuck("?state=dead").await, dead);

    mia.mended().await;
    let id = dead[0]["id"].as_str().unwrap();
    mia.retry(&format!("/{id}/retry"), &json!({}))
        .await
        .expect(202)
        .unwrap();
    mia.settle().await;

    mia.event("poisoned, late").await;
    assert_eq!(mia.stuck("").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_when_its_entry_changes() {
    let mia = Connected::start().await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    mia.breaks(&event).await;
    mia.retitle(&poisoned, "poisoned, late").await;
    mia.settle().await;
    mia.hours_pass(24).await;
    assert_eq!(mia.stuck("?state=dead").await.len(), 1);
    mia.mended().await;
    mia.retitle(&poisoned, "poisoned, later").await;
    mia.settle().await;

    mia.event("poisoned, later").await;
    assert_eq!(mia.stuck("").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_provider_that_is_down_stops_the_run_and_is_held_against_no_item() {
    let mia = Connected::start().await;
    let mut entries = Vec::new();
    for day in 4..9 {
        entries.push(mia.create_entry(&visit(&format!("visit {day}"), day)).await);
    }
    mia.settle().await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.patch" }))
        .await;
    for entry in &entries {
        mia.retitle(
            entry,
            &format!("{}, late", entry["title"].as_str().unwrap()),
        )
        .await;
    }
    while mia.api("").await["sync"]["not_before"].is_null() {
        let second = SignedDuration::from_secs(1);
        mia.world.clock.advance(second).unwrap();
        mia.world.step().await.unwrap();
    }

    assert_eq!(
        mia.calls("events.patch").await,
        3,
        "three in a row are enough"
    );
    assert_eq!(mia.last_run().await["outcome"], "failed");
    let stuck = mia.stuck("").await;
    assert!(stuck.iter().all(|item| item["attempts"] == 0), "{stuck:#?}");

    mia.mended().await;
    mia.settle().await;

    for day in 4..9 {
        mia.event(&format!("visit {day}, late")).await;
    }
    assert_eq!(mia.stuck("").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_filter_replays_what_it_names_and_nothing_else() {
    let mia = Connected::start().await;
    let refusal = json!({ "name": "server_error", "scope": "events.patch", "status": 400 });
    let (first, _) = mia.synced("first", 4).await;
    let (second, event) = mia.synced("second", 5).await;
    mia.fault(&refusal).await;
    mia.retitle(&first, "first, late").await;
    mia.settle().await;
    mia.mended().await;
    mia.breaks(&event).await;
    mia.retitle(&second, "second, late").await;
    mia.settle().await;
    mia.mended().await;
    assert_eq!(mia.stuck("?state=refused").await.len(), 1);

    let wrong = mia.retry("/retry", &json!({ "state": "asleep" })).await;
    assert_eq!(wrong.status, 400);
    let none = mia.retry("/retry", &json!({ "reason": "span" })).await;
    assert_eq!(
        none.expect(200).unwrap().json(),
        json!({ "retried": 0, "left": 0, "run": null })
    );
    let one = mia
        .retry(
            "/retry",
            &json!({ "state": "refused", "reason": "provider" }),
        )
        .await;
    assert_eq!(one.expect(200).unwrap().at("/retried"), "1");
    mia.settle().await;

    mia.event("first, late").await;
    let left = mia.stuck("").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["entry"], second["id"]);
}

#[tokio::test]
async fn a_failed_item_can_be_retried_from_the_page() {
    let mia = Connected::start().await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    mia.breaks(&event).await;
    mia.retitle(&poisoned, "poisoned, late").await;
    mia.settle().await;
    let id = mia.stuck("").await[0]["id"].as_str().unwrap().to_owned();
    let page = format!("/connections/{}", mia.connection);
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(shown.contains(&format!("{id}-retry")) && shown.contains("Tried 2 times"));
    mia.mended().await;

    let action = format!("{page}/items/{id}/retry");
    mia.person
        .submit(&action, &[])
        .await
        .unwrap()
        .expect(303)
        .unwrap();
    mia.settle().await;

    mia.event("poisoned, late").await;
}

#[tokio::test]
async fn all_failed_items_can_be_retried_from_the_page_at_once() {
    let mia = Connected::start().await;
    let page = format!("/connections/{}", mia.connection);
    let all = format!("{page}/items/retry");
    let refusal = json!({ "name": "server_error", "scope": "events.patch", "status": 400 });
    let (first, _) = mia.synced("first", 4).await;
    let (second, _) = mia.synced("second", 5).await;
    mia.fault(&refusal).await;
    mia.retitle(&first, "first, late").await;
    mia.settle().await;
    let one = mia.person.get(&page).await.unwrap().text;
    assert!(!one.contains("retry-all"), "one item has its own button");
    mia.retitle(&second, "second, late").await;
    mia.settle().await;
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(shown.contains("Retry all 2") && shown.contains(&all));
    mia.mended().await;

    let pressed = mia.person.submit(&all, &[]).await.unwrap();
    pressed.expect(303).unwrap();
    mia.settle().await;

    mia.event("first, late").await;
    mia.event("second, late").await;
    assert!(mia.stuck("").await.is_empty());
}
