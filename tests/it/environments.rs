//! The template gives each function what it needs: a day's work in a world in which none sees another's variables.

use domain::connection::Provider;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{aws::PutEvent, person::Person, receiver::Receiver, world::World};

use crate::support::{ADA, Connected, MIA, google_visit, visit};

/// From sign-in over both ways of a sync, notices, polls, a conflict and a new consent to the next day.
async fn a_days_work(provider: Provider) {
    let world = World::start_apart(provider).await.unwrap();
    let mia = Connected::with(world, MIA).await;

    let event = google_visit("Boiler", 2);
    let event = mia.calendar.insert(event).await.unwrap();
    mia.settle().await;
    let entries = mia.entries_between("2027-03-01T00:00:00Z", "2027-04-01T00:00:00Z");
    let entry = entries.await.unwrap().remove(0);
    assert_eq!(entry["title"], "Boiler");
    mia.create_entry(&visit("Van service", 3)).await;
    mia.settle().await;
    assert_eq!(mia.calendar.events().await.unwrap().len(), 2);

    press(&mia, "pause").await;
    let id = event["id"].as_str().unwrap();
    let theirs = mia.calendar.patch(id, json!({ "summary": "theirs" }));
    theirs.await.unwrap();
    let ours = json!({ "title": "ours" });
    let patched = mia.patch_entry(entry["id"].as_str().unwrap(), &ours).await;
    patched.expect(200).unwrap();
    press(&mia, "resume").await;
    mia.settle().await;
    let open = mia.person.get("/api/v1/conflicts").await.unwrap();
    let conflict = &open.expect(200).unwrap().json()["items"][0];
    let path = format!(
        "/api/v1/conflicts/{}/resolve",
        conflict["id"].as_str().unwrap()
    );
    let keep = json!({ "keep": "local", "version": conflict["version"] });
    let decided = mia.person.post(&path, &keep).await.unwrap();
    assert!(decided.status.is_success(), "{}", decided.text);
    mia.settle().await;
    let shown = mia.calendar.get(id).await.unwrap();
    assert_eq!(shown["summary"], "ours");

    let again = mia.person.connect(provider).await.unwrap();
    assert_eq!(again, mia.connection);
    mia.settle().await;
    // Nobody calls: the sweep asks for a look.
    mia.world
        .clock
        .advance(SignedDuration::from_mins(65))
        .unwrap();
    preview(&mia).await;
    mia.settle().await;
    let runs = mia.api("/runs").await;
    assert_eq!(runs["items"][0]["trigger"], "poll", "{runs}");
    let stands = mia.api("").await;
    assert_eq!(stands["last_failure"], Value::Null, "{stands}");
    press(&mia, "sync").await;
    mia.settle().await;
    disconnect(&mia).await;
    mia.person.connect(provider).await.unwrap();
    delete_organisation(&mia).await;
}

/// The message is lost, so that the sweep has to send it again.
async fn disconnect(mia: &Connected) {
    let path = format!("/api/v1/connections/{}", mia.connection);
    let body = json!({ "remove_copies": true });
    let asked = mia.person.json(Method::DELETE, &path, &body).await;
    asked.unwrap().expect(202).unwrap();
    for message in mia.world.aws.receive("kalends-local-purge", 10) {
        mia.world
            .aws
            .delete("kalends-local-purge", &message.receipt_handle);
    }
    mia.world
        .clock
        .advance(SignedDuration::from_mins(7))
        .unwrap();
    mia.settle().await;
    let over = mia.api("/disconnection").await;
    assert_eq!(over["state"], "over", "{over:#}");
    assert_eq!(over["receipt"]["copies_removed"], 1, "{over:#}");
}

/// Everything goes that the others have left.
async fn delete_organisation(mia: &Connected) {
    let ada = Person::sign_in(&mia.world, "ada@northwind.test")
        .await
        .unwrap();
    let body = json!({ "name": "Northwind Field Service" });
    let asked = ada
        .json(Method::DELETE, "/api/v1/organization", &body)
        .await;
    asked.unwrap().expect(202).unwrap();
    mia.settle().await;
    let events = mia.world.aws.events_put();
    let is_over = |event: &PutEvent| event.detail_type == "ORGANIZATION_ERASED";
    assert!(events.iter().any(is_over));
}

/// By now the access has to be asked for anew.
async fn preview(mia: &Connected) {
    let listed = mia.api("/calendars").await;
    let choice = json!({ "calendars": [{
        "id": listed["calendars"][0]["id"], "selected": true, "direction": "bidirectional", "history_days": null,
        "receives_new": true,
    }] });
    let path = format!("/api/v1/connections/{}/preview", mia.connection);
    let shown = mia.person.post(&path, &choice).await.unwrap();
    shown.expect(200).unwrap();
    let page = mia.person.get("/connections").await.unwrap();
    for product in ["Google Calendar", "Microsoft 365"] {
        assert!(page.text.contains(&format!("Connect {product}")));
    }
}

async fn press(mia: &Connected, button: &str) {
    let path = format!("/api/v1/connections/{}/{button}", mia.connection);
    let pressed = mia.person.post(&path, &json!({})).await.unwrap();
    assert!(pressed.status.is_success(), "{button}: {}", pressed.text);
}

#[tokio::test]
async fn each_function_has_what_google_takes() {
    a_days_work(Provider::Google).await;
}

#[tokio::test]
async fn each_function_has_what_microsoft_takes() {
    a_days_work(Provider::Microsoft).await;
}

#[tokio::test]
async fn each_function_has_what_a_webhook_takes() {
    let world = World::start_apart(Provider::Google).await.unwrap();
    let receiver = Receiver::start().await.unwrap();
    receiver.answers(&[500, 500, 500]);
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let new = json!({ "url": receiver.url(), "events": ["schedule.entry.created"] });
    let made = ada.post("/api/v1/webhooks", &new).await.unwrap();
    let id = made.expect(201).unwrap().at("/id");
    let entry = visit("pump", 4);
    let made = ada.post("/api/v1/schedule/entries", &entry);
    made.await.unwrap().expect(201).unwrap();
    world.settle().await.unwrap();
    assert_eq!(receiver.heard().len(), 3);
    // What waits longer than a queue keeps it is asked for by the sweep.
    world.advance(SignedDuration::from_mins(35)).await.unwrap();
    assert_eq!(receiver.heard().len(), 4);

    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let test = format!("/api/v1/webhooks/{id}/test");
    let tested = ada.post(&test, &Value::Null).await.unwrap();
    tested.expect(202).unwrap();
    world.settle().await.unwrap();
    assert_eq!(receiver.heard().len(), 5);
}
