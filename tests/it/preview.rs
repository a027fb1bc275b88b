//! What a first sync would do is shown before any of it is done.

use serde_json::{Value, json};
use tests::{
    calendar_user::{CalendarUser, calendar_user},
    person::Person,
    world::World,
};

use crate::support::{Connected, MIA, google_visit, visit};

struct Unsaved {
    world: World,
    calendar: Box<dyn CalendarUser>,
    person: Person,
    connection: String,
    choice: Value,
}

/// Twelve visits and a series in the calendar, two entries here, and a choice that nobody saved.
async fn unsaved() -> Unsaved {
    let world = World::start().await.unwrap();
    let calendar = calendar_user(&world, MIA).unwrap();
    for day in 1..=12 {
        let event = google_visit(&format!("visit {day}"), day);
        calendar.insert(event).await.unwrap();
    }
    let round = json!({
        "summary": "round", "recurrence": ["RRULE:FREQ=WEEKLY"],
        "start": { "date": "2027-03-01" }, "end": { "date": "2027-03-02" },
    });
    let series = calendar.insert(round).await.unwrap();
    let second = format!("{}_20270308", series["id"].as_str().unwrap());
    calendar.delete(&second).await.unwrap();
    let person = Person::sign_in(&world, MIA).await.unwrap();
    for day in [3, 4] {
        let made = person
            .post("/api/v1/schedule/entries", &visit("ours", day))
            .await;
        made.unwrap().expect(201).unwrap();
    }
    let id = person.connect(world.provider).await.unwrap();
    let connection = format!("/api/v1/connections/{id}");
    let calendars = read(&person, &format!("{connection}/calendars")).await;
    let mut calendars = calendars["calendars"].as_array().unwrap().iter();
    let primary = calendars
        .find(|calendar| calendar["primary"] == true)
        .unwrap();
    let choice = json!({ "calendars": [{
        "id": primary["id"], "selected": true, "direction": "bidirectional", "history_days": null,
        "receives_new": true,
    }] });
    world.settle().await.unwrap();
    Unsaved {
        world,
        calendar,
        person,
        connection,
        choice,
    }
}

async fn read(person: &Person, path: &str) -> Value {
    person.get(path).await.unwrap().expect(200).unwrap().json()
}

async fn preview(mia: &Unsaved) -> Value {
    let path = format!("{}/preview", mia.connection);
    let shown = mia.person.post(&path, &mia.choice).await.unwrap();
    shown.expect(200).unwrap().json()["calendars"][0].clone()
}

#[tokio::test]
async fn a_preview_counts_what_the_first_sync_then_does_and_writes_nothing() {
    let mia = unsaved().await;
    let before = mia.world.everything_stored().await.unwrap();
    let there = mia.calendar.events().await.unwrap();

    let shown = preview(&mia).await;

    assert_eq!(shown["whole"], true, "{shown:#}");
    let created = |counts: &Value| {
        (
            counts["entries_created"].clone(),
            counts["events_created"].clone(),
        )
    };
    assert_eq!(created(&shown), (json!(13), json!(2)));
    assert_eq!(
        (&shown["changed"], &shown["deleted"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(shown["sample"].as_array().unwrap().len(), 15);
    assert_eq!(mia.calendar.events().await.unwrap(), there);
    mia.world.settle().await.unwrap();
    let after = mia.world.everything_stored().await.unwrap();
    assert_eq!(after.len(), before.len(), "nothing is written");

    let path = format!("{}/calendars", mia.connection);
    let saved = mia
        .person
        .json(reqwest::Method::PUT, &path, &mia.choice)
        .await;
    saved.unwrap().expect(202).unwrap();
    mia.world.settle().await.unwrap();
    let runs = read(&mia.person, &format!("{}/runs", mia.connection)).await;
    let counts = runs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["counts"]);
    let did: Vec<_> = counts
        .map(created)
        .filter(|did| *did != (json!(0), json!(0)))
        .collect();
    assert_eq!(did, [(json!(13), json!(2))]);
    assert_eq!(created(&preview(&mia).await), (json!(0), json!(0)));
}

#[tokio::test]
async fn what_is_linked_already_is_counted_once() {
    let mia = Connected::start().await;
    mia.fall_apart("pump", 3).await;
    let mut entries = Vec::new();
    for day in 4..7 {
        entries.push(mia.synced(&format!("visit {day}"), day).await.0);
    }
    mia.press("pause").await.expect(200).unwrap();
    for entry in &entries {
        mia.retitle(entry, "later").await;
    }
    let calendars = mia.api("/calendars").await["calendars"].clone();
    let mut calendars = calendars.as_array().unwrap().iter();
    let chosen = calendars
        .find(|calendar| calendar["selected"] == true)
        .unwrap();
    let choice = json!({ "calendars": [{
        "id": chosen["id"], "selected": true, "direction": "bidirectional", "history_days": null,
        "receives_new": true,
    }] });

    let path = format!("/api/v1/connections/{}/preview", mia.connection);
    let shown = mia.person.post(&path, &choice).await.unwrap();
    let shown = shown.expect(200).unwrap().json()["calendars"][0].clone();

    assert_eq!(
        (&shown["changed"], &shown["conflicts"]),
        (&json!(3), &json!(1)),
        "{shown:#}"
    );
    assert_eq!(shown["sample"].as_array().unwrap().len(), 4);
}
