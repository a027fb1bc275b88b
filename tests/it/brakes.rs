//! Unusually many deletions or changes wait until the calendar's owner decides; everything else goes on.

mod growth;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::person::Person;

use crate::support::{ADA, Connected, MIA, control, google_visit, visit};

const MANY: u8 = 24;

async fn with_many() -> (Connected, Vec<String>) {
    let mia = Connected::start().await;
    let mut ids = Vec::new();
    for number in 0..MANY {
        let event = google_visit(&format!("visit {number:02}"), 1 + number);
        let made = mia.calendar.insert(event).await.unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), usize::from(MANY));
    (mia, ids)
}

async fn only_hold(mia: &Connected) -> Value {
    let holds = mia.api("/holds").await;
    assert_eq!(holds["items"].as_array().unwrap().len(), 1, "{holds:#}");
    holds["items"][0].clone()
}

/// What operators are told of it.
async fn held_events(mia: &Connected) -> Vec<Value> {
    let ada = Person::sign_in(&mia.world, ADA).await.unwrap();
    let path = "/api/integrations/logs?event_type=changes.held";
    let found = ada.get(path).await.unwrap().expect(200).unwrap().json();
    found["items"].as_array().unwrap().clone()
}

/// The address of its question.
fn page_of(mia: &Connected, hold: &Value) -> String {
    let id = hold["id"].as_str().unwrap();
    format!("/connections/{}/holds/{id}", mia.connection)
}

async fn decide(mia: &Connected, hold: &Value, decision: &str) {
    let path = format!("/api/v1{}", page_of(mia, hold));
    let body = json!({ "decision": decision, "version": hold["version"] });
    mia.person
        .post(&path, &body)
        .await
        .unwrap()
        .expect(202)
        .unwrap();
    mia.settle().await;
}

#[tokio::test]
async fn a_mass_deletion_at_the_provider_is_held_while_the_rest_syncs() {
    let (mia, ids) = with_many().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.calendar
        .insert(google_visit("new one", 28))
        .await
        .unwrap();
    mia.settle().await;

    assert_eq!(mia.entries().await.len(), usize::from(MANY) + 1);
    let hold = only_hold(&mia).await;
    assert_eq!(
        (&hold["count"], &hold["brake"]),
        (&json!(MANY), &json!("deletions"))
    );
    assert_eq!(hold["sample"].as_array().unwrap().len(), 20);
    let page = mia.person.get("/connections").await.unwrap();
    assert!(page.text.contains("Waits for your decision"));

    mia.calendar
        .insert(google_visit("another", 28))
        .await
        .unwrap();
    mia.settle().await;
    mia.entry("another").await;
    assert_eq!(mia.entries().await.len(), usize::from(MANY) + 2);
    assert_eq!(
        only_hold(&mia).await["id"],
        hold["id"],
        "one hold, however often it is met"
    );
    let told = held_events(&mia).await;
    assert_eq!(told.len(), 1, "told once: {told:#?}");
    assert_eq!(told[0]["status"], "warning");
    assert!(
        told[0]["message"].as_str().unwrap().starts_with("24 "),
        "{told:#?}"
    );

    decide(&mia, &hold, "confirm").await;
    assert_eq!(mia.entries().await.len(), 2);
    assert_eq!(mia.api("/holds").await["items"], json!([]));

    // The brakes hold again.
    let id = mia.event("another").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    mia.calendar.delete(&id).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 1);
}

#[tokio::test]
async fn what_changes_and_a_whole_read_both_miss_is_asked_about_once() {
    let (mia, ids) = with_many().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;
    for _ in 0..16 {
        mia.later(SignedDuration::from_hours(3)).await;
    }
    let mia = mia.signed_in_again(MIA).await;
    let holds = mia.api("/holds").await["items"].clone();
    // Two at Microsoft, where days of reading find again what the changes had told; one at Google.
    let last = holds.as_array().unwrap().last().unwrap();

    let told = mia.person.get("/api/v1/notifications").await.unwrap();
    assert_eq!(told.json()["items"].as_array().unwrap().len(), 1);
    let path = format!("/connections/{}", mia.connection);
    let page = mia.person.get(&path).await.unwrap().text;
    assert_eq!(page.matches("<strong>24 events are gone").count(), 1);
    assert_eq!(held_events(&mia).await.len(), 1, "told once as well");

    decide(&mia, last, "confirm").await;
    assert_eq!(mia.entries().await, Vec::<Value>::new());
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

#[tokio::test]
async fn what_was_held_can_be_put_back_into_the_calendar() {
    let (mia, ids) = with_many().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;
    let hold = only_hold(&mia).await;

    decide(&mia, &hold, "restore").await;

    assert_eq!(
        mia.calendar.events().await.unwrap().len(),
        usize::from(MANY)
    );
    assert_eq!(mia.entries().await.len(), usize::from(MANY));
    assert_eq!(mia.api("/holds").await["items"], json!([]));
    mia.sync_now().await;
    assert_eq!(
        mia.calendar.events().await.unwrap().len(),
        usize::from(MANY)
    );
    assert_eq!(mia.entries().await.len(), usize::from(MANY));
}

#[tokio::test]
async fn what_is_put_back_keeps_what_only_its_calendar_knew() {
    let (mia, ids) = with_many().await;
    mia.choose(&json!({
        "selected": true, "direction": "bidirectional", "history_days": null, "receives_new": true,
        "privacy": "busy_only",
    }))
    .await;
    mia.settle().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;
    let hold = only_hold(&mia).await;

    decide(&mia, &hold, "restore").await;

    // Where a deleted event never comes back, what takes its place knows no more than we do.
    let is_busy = mia.world.habits().gives_ids;
    let events = mia.calendar.events().await.unwrap();
    assert_eq!(events.len(), usize::from(MANY));
    for event in events {
        assert_eq!(event["summary"] == "Busy", is_busy, "{event:#}");
    }
    for entry in mia.entries().await {
        assert_eq!(entry["title"], "Busy");
    }
}

#[tokio::test]
async fn a_mass_deletion_found_by_a_complete_read_is_held_too() {
    let (mia, ids) = with_many().await;
    mia.fault(&json!({ "name": "notification_drop", "count": 1000 }))
        .await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    // The cursor is void, and nothing tells of the deletions any more.
    control(&mia.world, "forget_deleted", &json!({})).await;
    mia.sync_now().await;

    assert_eq!(mia.entries().await.len(), usize::from(MANY));
    let hold = only_hold(&mia).await;
    assert_eq!(hold["way"], "comparison");
    let probes = mia.calls("events.get").await;
    mia.sync_now().await;
    assert_eq!(
        mia.calls("events.get").await,
        probes,
        "nothing is looked for twice while it waits"
    );

    decide(&mia, &hold, "confirm").await;
    assert_eq!(mia.entries().await.len(), 0);
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

#[tokio::test]
async fn a_mass_deletion_in_the_schedule_is_held_and_can_be_taken_back() {
    let (mia, _) = with_many().await;
    for entry in mia.entries().await {
        let path = format!("/api/v1/schedule/entries/{}", entry["id"].as_str().unwrap());
        mia.person.delete(&path).await.unwrap().expect(204).unwrap();
    }
    mia.create_entry(&visit("new here", 27)).await;
    mia.settle().await;

    mia.event("new here").await;
    let hold = only_hold(&mia).await;
    assert_eq!(hold["way"], "entries");
    let left = mia.calendar.events().await.unwrap().len();
    assert!(left > usize::from(MANY) - 20, "{left} are left");

    decide(&mia, &hold, "restore").await;

    let count = usize::try_from(hold["count"].as_u64().unwrap()).unwrap();
    assert_eq!(mia.entries().await.len(), count + 1);
    assert_eq!(mia.calendar.events().await.unwrap().len(), count + 1);
    assert_eq!(mia.api("/holds").await["items"], json!([]));
}

#[tokio::test]
async fn a_decision_is_made_once() {
    let (mia, ids) = with_many().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;
    let hold = only_hold(&mia).await;
    let path = format!("/api/v1{}", page_of(&mia, &hold));
    let press = async |decision: &str| {
        let body = json!({ "decision": decision, "version": hold["version"] });
        mia.person.post(&path, &body).await
    };

    press("maybe").await.unwrap().expect(422).unwrap();
    press("restore").await.unwrap().expect(202).unwrap();
    press("restore").await.unwrap().expect(202).unwrap();
    press("confirm").await.unwrap().expect(409).unwrap();
    let elsewhere = path.replace("hld_0", "hld_1");
    mia.person
        .post(&elsewhere, &json!({ "decision": "confirm", "version": 1 }))
        .await
        .unwrap()
        .expect(404)
        .unwrap();
}

#[tokio::test]
async fn what_came_to_be_held_since_is_not_decided_unseen() {
    let (mia, ids) = with_many().await;
    let (last, others) = ids.split_last().unwrap();
    for id in others {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;
    let asked = only_hold(&mia).await;
    let path = page_of(&mia, &asked);
    let version = asked["version"].to_string();
    let question = mia.person.get(&path).await.unwrap().text;
    assert!(question.contains(&format!("name=\"version\" value=\"{version}\"")));

    mia.calendar.delete(last).await.unwrap();
    mia.settle().await;
    for decision in ["confirm", "restore"] {
        let body = json!({ "decision": decision, "version": asked["version"] });
        let api = mia.person.post(&format!("/api/v1{path}"), &body).await;
        api.unwrap().expect(409).unwrap();
        let fields = [("decision", decision), ("version", &version)];
        let page = mia.person.submit(&path, &fields).await.unwrap();
        let page = page.expect(409).unwrap().text;
        assert!(page.contains("More came to be held meanwhile."), "{page}");
    }
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), usize::from(MANY));

    let grown = only_hold(&mia).await;
    assert_eq!(grown["count"], MANY);
    decide(&mia, &grown, "confirm").await;
    assert_eq!(mia.entries().await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_question_says_of_entries_that_were_made_here_that_they_stay() {
    let mia = Connected::start().await;
    let mut events = Vec::new();
    for number in 0..MANY {
        let entry = visit(&format!("visit {number:02}"), 1 + number);
        mia.create_entry(&entry).await;
    }
    mia.settle().await;
    for event in mia.calendar.events().await.unwrap() {
        events.push(event["id"].as_str().unwrap().to_owned());
    }
    for id in &events {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;

    let hold = only_hold(&mia).await;
    let path = page_of(&mia, &hold);
    let question = mia.person.get(&path).await.unwrap().text;
    assert!(
        question.contains("24 entries stay in the schedule, without a copy in "),
        "{question}"
    );
    assert!(
        !question.contains("deleted from the schedule"),
        "{question}"
    );

    decide(&mia, &hold, "confirm").await;
    assert_eq!(mia.entries().await.len(), usize::from(MANY));
}
