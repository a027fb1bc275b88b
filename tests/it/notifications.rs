//! What waits for a member: told once for as long as it waits, with what they can choose.

use serde_json::{Value, json};
use tests::{person::Person, world::World};

use crate::support::{ADA, Connected, MIA, google_visit};

const NOTIFICATIONS: &str = "/api/v1/notifications";

async fn told(person: &Person) -> Vec<Value> {
    let answer = person.get(NOTIFICATIONS).await.unwrap().expect(200);
    answer.unwrap().json()["items"].as_array().unwrap().clone()
}

async fn only(person: &Person) -> Value {
    let told = told(person).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    told[0].clone()
}

/// What the page and the menu show.
async fn shown(person: &Person) -> (String, String) {
    let text = async |path| person.get(path).await.unwrap().expect(200).unwrap().text;
    (
        text("/notifications").await,
        text("/notifications/count").await,
    )
}

#[tokio::test]
async fn nothing_waits_where_everything_syncs() {
    let mia = Connected::start().await;
    assert_eq!(told(&mia.person).await, Vec::<Value>::new());
    let (page, count) = shown(&mia.person).await;
    assert!(page.contains("Nothing waits for you"));
    assert_eq!(count, "");
}

#[tokio::test]
async fn a_conflict_waits_until_its_owner_decides_and_for_nobody_else() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let mia = Connected::with(world, MIA).await;
    let conflict = mia.fall_apart("pump", 4).await;

    let notification = only(&mia.person).await;
    assert_eq!(notification["kind"], "conflict");
    assert_eq!(notification["conflict_id"], conflict["id"]);
    assert_eq!(notification["since"], conflict["detected_at"]);
    let choices = json!(["compare", "keep_local", "keep_external"]);
    assert_eq!(notification["choices"], choices);
    assert_eq!(
        told(&ada).await,
        Vec::<Value>::new(),
        "an administrator has an inbox for those of others"
    );
    let (page, count) = shown(&mia.person).await;
    assert!(page.contains("pump, ours"));
    let id = notification["id"].as_str().unwrap();
    assert!(count.contains(&format!("id=\"news-{id}\"")), "{count}");

    let path = format!("/conflicts/{}", conflict["id"].as_str().unwrap());
    let version = conflict["version"].to_string();
    let pressed = [("version", version.as_str()), ("keep", "local")];
    let pressed = mia.person.submit(&path, &pressed).await.unwrap();
    assert_eq!(pressed.status, 303, "as the page's button sends it");
    assert_eq!(told(&mia.person).await, Vec::<Value>::new());
}

#[tokio::test]
async fn lost_access_waits_for_a_reconnection() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "token_revoked", "scope": MIA, "count": 1 }))
        .await;
    mia.sync_now().await;

    let notification = only(&mia.person).await;

    assert_eq!(notification["kind"], "needs_reauth");
    assert_eq!(notification["connection_id"], mia.connection);
    assert_eq!(notification["choices"], json!(["reconnect", "disconnect"]));
    let (page, _) = shown(&mia.person).await;
    let form = format!("action=\"/connections/{}/reconnect\"", mia.connection);
    assert!(page.contains(&form));

    let path = format!("/api/v1/connections/{}", mia.connection);
    mia.person.delete(&path).await.unwrap().expect(202).unwrap();
    assert_eq!(
        told(&mia.person).await,
        Vec::<Value>::new(),
        "what is being disconnected waits for nothing"
    );
}

#[tokio::test]
async fn held_changes_wait_for_a_decision() {
    let mia = Connected::start().await;
    let mut ids = Vec::new();
    for number in 1..25 {
        let event = google_visit(&format!("visit {number:02}"), number);
        let made = mia.calendar.insert(event).await.unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    mia.settle().await;
    for id in &ids {
        mia.calendar.delete(id).await.unwrap();
    }
    mia.settle().await;

    let notification = only(&mia.person).await;
    assert_eq!(notification["kind"], "changes_held");
    assert_eq!(notification["choices"], json!(["restore", "confirm"]));
    assert!(
        notification["message"]
            .as_str()
            .unwrap()
            .starts_with("24 events are gone from ")
    );
    let (page, _) = shown(&mia.person).await;
    assert!(page.contains("visit "));
    assert!(page.contains("and 4 more"));

    let hold = notification["hold_id"].as_str().unwrap();
    let path = format!("/connections/{}/holds/{hold}", mia.connection);
    let question = mia.person.get(&path).await.unwrap().expect(200).unwrap();
    assert!(
        question
            .text
            .contains("Under Deleted entries each can be brought back")
    );
    let answer = [("decision", "restore"), ("version", "1")];
    let pressed = mia.person.submit(&path, &answer);
    assert_eq!(pressed.await.unwrap().status, 303);
    assert_eq!(told(&mia.person).await, Vec::<Value>::new());
}

#[tokio::test]
async fn items_that_are_given_up_wait_together_to_be_retried() {
    let mia = Connected::start().await;
    for (title, day) in [("one", 4), ("two", 5)] {
        let (entry, event) = mia.synced(title, day).await;
        mia.breaks(&event).await;
        mia.retitle(&entry, &format!("{title}, late")).await;
        mia.settle().await;
    }
    assert_eq!(
        told(&mia.person).await,
        Vec::<Value>::new(),
        "they are tried again by themselves"
    );
    mia.hours_pass(24).await;
    let mia = mia.signed_in_again(MIA).await;

    let notification = only(&mia.person).await;
    assert_eq!(
        (&notification["kind"], &notification["items"]),
        (&json!("items_not_synced"), &json!(2))
    );
    let (page, _) = shown(&mia.person).await;
    assert!(page.contains("one, late") || page.contains("two, late"));

    mia.mended().await;
    let path = format!("/connections/{}/items/retry", mia.connection);
    let pressed = mia.person.submit(&path, &[]).await.unwrap();
    assert_eq!(pressed.status, 303);
    mia.settle().await;
    assert_eq!(told(&mia.person).await, Vec::<Value>::new());
}
