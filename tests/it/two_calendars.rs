//! The same meeting in two calendars: its member's entry is gone once it is gone from both, and not before; and each
//! person's calendar stays theirs.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    calendar_user::{CalendarUser as _, GoogleUser},
    person::Person,
    world::World,
};

use crate::support::{Connected, MIA, google_visit, visit};

const HOME: &str = "mia@home.test";
const ADA: &str = "ada@northwind.test";

fn meeting() -> Value {
    let mut meeting = google_visit("round", 3);
    meeting["iCalUID"] = json!("round@partner.test");
    meeting
}

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap().to_owned()
}

fn both_ways(calendar: &Value) -> Value {
    json!({
        "id": calendar["id"], "selected": true, "direction": "bidirectional", "history_days": null,
        "receives_new": calendar["primary"],
    })
}

impl Connected {
    /// Syncs every calendar of a connection both ways.
    async fn sync_all_of(&self, connection: &str) {
        let path = format!("/api/v1/connections/{connection}/calendars");
        let listed = self.person.get(&path).await.unwrap().expect(200).unwrap();
        let listed = listed.json()["calendars"].clone();
        let lines: Vec<Value> = listed.as_array().unwrap().iter().map(both_ways).collect();
        let body = json!({ "calendars": lines });
        let saved = self.person.json(Method::PUT, &path, &body).await.unwrap();
        assert!(saved.status.is_success(), "{}", saved.text);
        self.settle().await;
    }

    /// Connects a second account, in which the meeting is too.
    async fn with_home(&self) -> (GoogleUser, Value) {
        self.world.google.add_account(HOME, "Europe/Berlin");
        let home = GoogleUser::of(&self.world, HOME).unwrap();
        let event = home.insert(meeting()).await.unwrap();
        let asked = json!({ "provider": "google" });
        let begun = self.person.post("/api/v1/connections", &asked).await;
        let url = begun.unwrap().expect(201).unwrap().at("/authorize_url");
        let back = self.person.consent(&url, &[("account", HOME)]).await;
        let answer = self.person.get(&back.unwrap()).await.unwrap();
        let page = answer.expect(303).unwrap().header("location").to_owned();
        self.sync_all_of(page.rsplit('/').next().unwrap()).await;
        (home, event)
    }
}

#[tokio::test]
async fn a_meeting_that_leaves_one_account_stays_in_the_other_and_in_the_schedule() {
    let mia = Connected::start().await;
    let at_work = mia.calendar.insert(meeting()).await.unwrap();
    mia.settle().await;
    let (home, at_home) = mia.with_home().await;
    let entry = mia.entry("round").await;

    mia.calendar.delete(&id(&at_work)).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.entry("round").await["id"], entry["id"]);
    assert_eq!(home.events().await.unwrap().len(), 1);
    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);

    let moved = json!({ "summary": "round, later" });
    home.patch(&id(&at_home), moved).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("round, later").await["id"], entry["id"]);

    home.delete(&id(&at_home)).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 0);
}

#[tokio::test]
async fn a_meeting_that_leaves_both_accounts_at_once_leaves_the_schedule() {
    let mia = Connected::start().await;
    let at_work = mia.calendar.insert(meeting()).await.unwrap();
    mia.settle().await;
    let (home, at_home) = mia.with_home().await;

    mia.calendar.delete(&id(&at_work)).await.unwrap();
    home.delete(&id(&at_home)).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.entries().await.len(), 0);
}

#[tokio::test]
async fn the_second_calendar_of_an_account_takes_over_a_meeting_that_leaves_the_first() {
    let world = World::start().await.unwrap();
    let team = world.google.add_calendar(MIA, "Team", "Europe/Berlin");
    let google = GoogleUser::of(&world, MIA).unwrap();
    let team = GoogleUser::at(&world, MIA, &team).unwrap();
    let synced = google.insert(meeting()).await.unwrap();
    let mia = Connected::with(world, MIA).await;
    mia.settle().await;
    let second = team.insert(meeting()).await.unwrap();
    mia.sync_all_of(&mia.connection).await;
    let entry = mia.entry("round").await;
    let refused = mia.api("/items").await;
    assert_eq!(refused["items"][0]["entry"], entry["id"], "{refused:#}");

    google.delete(&id(&synced)).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.entry("round").await["id"], entry["id"]);
    assert_eq!(mia.api("/items").await["items"], json!([]));
    let moved = json!({ "summary": "round, later" });
    team.patch(&id(&second), moved).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("round, later").await["id"], entry["id"]);

    team.delete(&id(&second)).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 0);
}

#[tokio::test]
async fn a_meeting_that_one_member_removed_comes_to_another_alone() {
    let mia = Connected::start().await;
    let at_work = mia.calendar.insert(meeting()).await.unwrap();
    mia.settle().await;
    mia.calendar.delete(&id(&at_work)).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 0);

    let google = GoogleUser::of(&mia.world, ADA).unwrap();
    google.insert(meeting()).await.unwrap();
    let ada = Connected::with(mia.world.clone(), ADA).await;
    ada.settle().await;

    let profile = ada.person.get("/api/users/auth/profile/").await.unwrap();
    let entry = ada.entry("round").await;
    assert_eq!(entry["assignees"], json!([profile.at("/id")]));
    assert_eq!(ada.calendar.events().await.unwrap().len(), 1);
    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_stood_aside_for_a_copy_is_synced_once_the_copy_is_gone() {
    let world = World::start().await.unwrap();
    let team = world.google.add_calendar(MIA, "Team", "Europe/Berlin");
    let team = GoogleUser::at(&world, MIA, &team).unwrap();
    let mia = Connected::with(world, MIA).await;
    let (home, at_home) = mia.with_home().await;
    let entry = mia.entry("round").await;
    assert_eq!(mia.calendar.events().await.unwrap().len(), 1, "its copy");
    let second = team.insert(meeting()).await.unwrap();
    mia.sync_all_of(&mia.connection).await;
    assert_eq!(mia.api("/items").await["items"][0]["entry"], entry["id"]);

    home.delete(&id(&at_home)).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
    assert_eq!(mia.api("/items").await["items"], json!([]));
    let moved = json!({ "summary": "round, later" });
    team.patch(&id(&second), moved).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("round, later").await["id"], entry["id"]);
    assert_eq!(mia.entries().await.len(), 1);
}

#[tokio::test]
async fn a_copy_whose_create_was_never_answered_is_known_when_it_moves() {
    let world = World::start().await.unwrap();
    let team = world.google.add_calendar(MIA, "Team", "Europe/Berlin");
    let team = GoogleUser::at(&world, MIA, &team).unwrap();
    let mia = Connected::with(world, MIA).await;
    mia.sync_all_of(&mia.connection).await;
    mia.fault(&json!({ "name": "drop_response", "scope": "events.insert", "count": 2 }))
        .await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    while mia.calls("events.insert").await == 0 {
        let second = SignedDuration::from_secs(1);
        mia.world.clock.advance(second).unwrap();
        mia.world.step().await.unwrap();
    }
    let path = format!("/api/v1/schedule/entries/{}", id(&entry));
    mia.person.delete(&path).await.unwrap().expect(204).unwrap();
    let mut copy = mia.event("pump").await;
    let change = json!({ "summary": "pump, urgent" });
    mia.calendar.patch(&id(&copy), change).await.unwrap();
    mia.settle().await;
    let open = mia.person.get("/api/v1/conflicts").await.unwrap().json();
    let open = &open["items"][0];
    let keep = json!({ "keep": "external", "version": open["version"] });
    let path = format!("/api/v1/conflicts/{}/resolve", id(open));
    let kept = mia.person.post(&path, &keep).await.unwrap();
    kept.expect(200).unwrap();
    mia.settle().await;
    let back = mia.entry("pump, urgent").await;
    assert_eq!(back["id"], entry["id"]);

    mia.calendar.delete(&id(&copy)).await.unwrap();
    copy["summary"] = json!("pump, urgent");
    copy.as_object_mut()
        .unwrap()
        .retain(|name, _| ["summary", "start", "end", "iCalUID"].contains(&name.as_str()));
    team.insert(copy).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.entry("pump, urgent").await["id"], entry["id"]);
    assert_eq!(mia.entries().await.len(), 1);
}

#[tokio::test]
async fn a_meeting_beside_its_copy_is_not_forgotten_when_the_entry_changes() {
    let mia = Connected::start().await;
    let (home, at_home) = mia.with_home().await;
    let entry = mia.entry("round").await;
    let second = mia.calendar.insert(meeting()).await.unwrap();
    mia.settle().await;
    let aside = mia.api("/items").await;
    assert_eq!(aside["items"][0]["entry"], entry["id"], "{aside:#}");

    let retitled = json!({ "title": "round, later" });
    let patched = mia.patch_entry(&id(&entry), &retitled).await;
    patched.expect(200).unwrap();
    mia.settle().await;
    assert_eq!(mia.api("/items").await, aside);

    home.delete(&id(&at_home)).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.api("/items").await["items"], json!([]));
    let moved = json!({ "summary": "round, much later" });
    mia.calendar.patch(&id(&second), moved).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("round, much later").await["id"], entry["id"]);
    assert_eq!(mia.calendar.events().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_calendar_is_called_is_told_to_its_owner_alone() {
    let world = World::start().await.unwrap();
    let therapy = "Jane Doe, therapy";
    let calendar = world.google.add_calendar(MIA, therapy, "Europe/Berlin");
    let mia = Connected::with(world, MIA).await;
    mia.sync_all_of(&mia.connection).await;
    let (begin, _) = calendar.split_once('@').unwrap();
    let scope = format!("/calendar/v3/calendars/{begin}");
    mia.fault(&json!({ "name": "server_error", "scope": scope, "status": 404 }))
        .await;

    let run = mia.sync_now().await;

    assert_eq!(run["outcome"], "failed", "{run:#}");
    assert!(run["why"].as_str().unwrap().contains(therapy), "{run:#}");
    let ada = Person::sign_in(&mia.world, ADA).await.unwrap();
    for path in [
        "/api/integrations/dashboard",
        "/api/integrations/logs",
        "/api/integrations/logs.csv",
        "/integrations/dashboard",
        "/integrations/google",
        "/integrations/logs",
    ] {
        let seen = ada.get(path).await.unwrap().expect(200).unwrap().text;
        assert!(seen.contains("A calendar: "), "{path}: {seen}");
        assert!(!seen.contains("Jane"), "{path}: {seen}");
    }
    let own = format!("/connections/{}", mia.connection);
    let own = mia.person.get(&own).await.unwrap().expect(200).unwrap();
    assert!(own.text.contains(therapy), "{}", own.text);
}

#[tokio::test]
async fn an_entry_is_exported_under_the_name_of_its_meeting_and_not_of_a_copy() {
    let mia = Connected::start().await;
    let (home, _) = mia.with_home().await;
    let made = mia.calendar.insert(google_visit("inspection", 9)).await;
    mia.settle().await;
    let events = home.events().await.unwrap();
    let copy = events.iter().find(|event| event["summary"] == "inspection");
    let copy = copy.unwrap()["iCalUID"].as_str().unwrap();
    let meeting = made.unwrap()["iCalUID"].as_str().unwrap().to_owned();

    let path =
        "/api/v1/schedule/export?from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z&format=ics";
    let file = mia.person.get(path).await.unwrap().expect(200).unwrap();
    let file = file.text.replace("\r\n ", "");

    assert!(file.contains(&format!("UID:{meeting}\r\n")), "{file}");
    assert!(!file.contains(copy), "{file}");
}
