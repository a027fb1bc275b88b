//! What the stories begin with.

mod everything;
mod kept;
mod notices;

pub(crate) use everything::{kinds_that_name, put_item};
pub(crate) use kept::{Kept, is_use_of_key};

use std::ops::Deref;

use domain::connection::Provider;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::{CrashPoint, World},
};

/// A member of the demo whose Google calendar is connected and settled. What a story cannot go on without ends it.
pub(crate) struct Connected(tests::connected::Connected);

pub(crate) const MIA: &str = "mia@northwind.test";
pub(crate) const ADA: &str = "ada@northwind.test";

impl From<tests::connected::Connected> for Connected {
    fn from(connected: tests::connected::Connected) -> Self {
        Self(connected)
    }
}

impl Deref for Connected {
    type Target = tests::connected::Connected;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Connected {
    pub(crate) async fn start() -> Self {
        Self::with(World::start().await.unwrap(), MIA).await
    }

    /// With this provider, whichever the stories are told of.
    pub(crate) async fn at(provider: Provider) -> Self {
        Self::with(World::start_with(provider).await.unwrap(), MIA).await
    }

    /// Connects in a world that may already hold events.
    pub(crate) async fn with(world: World, email: &str) -> Self {
        Self::with_history(world, email, Value::Null).await
    }

    /// `days` of history, or null for everything.
    pub(crate) async fn with_history(world: World, email: &str, days: Value) -> Self {
        let connected = tests::connected::Connected::with_history(world, email, days).await;
        Self(connected.unwrap())
    }

    /// Syncs the primary calendar both ways, with so many days of history.
    pub(crate) async fn choose_primary(&self, days: &Value) {
        self.0.choose_primary(days).await.unwrap();
    }

    /// Saves these settings for the primary calendar.
    pub(crate) async fn choose(&self, settings: &Value) {
        self.0.choose(settings).await.unwrap();
    }

    /// The version of the calendars as a whole.
    pub(crate) async fn calendars_version(&self) -> String {
        let path = format!("/api/v1/connections/{}/calendars", self.connection);
        let listed = self.person.get(&path).await.unwrap().expect(200).unwrap();
        listed.header("etag").trim_matches('"').to_owned()
    }

    /// Sends the settings' form as it is filled in now.
    pub(crate) async fn submit_settings(&self, fields: &[(&str, &str)]) -> Answer {
        let version = self.calendars_version().await;
        let fields = [fields, &[("version", &version)]].concat();
        let path = format!("/connections/{}/settings", self.connection);
        self.person.submit(&path, &fields).await.unwrap()
    }

    pub(crate) async fn signed_in_again(self, email: &str) -> Self {
        Self(self.0.signed_in_again(email).await.unwrap())
    }

    /// The clock jumps, and what became due is done.
    pub(crate) async fn later(&self, by: SignedDuration) {
        self.world.clock.advance(by).unwrap();
        self.world
            .advance(SignedDuration::from_mins(2))
            .await
            .unwrap();
    }

    pub(crate) async fn settle(&self) {
        self.world.settle().await.unwrap();
    }

    /// The member's entries of 2027, by title.
    pub(crate) async fn entries(&self) -> Vec<Value> {
        let (from, to) = ("2027-01-01T00:00:00Z", "2027-12-31T00:00:00Z");
        let mut entries = self.entries_between(from, to).await.unwrap();
        entries.sort_by_key(|entry| entry["title"].to_string());
        entries
    }

    /// The same, with each occurrence by itself, in order of start.
    pub(crate) async fn occurrences(&self) -> Vec<Value> {
        let path = "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z&expand=occurrences&limit=500";
        let list = self.person.get(path).await.unwrap().expect(200).unwrap();
        list.json()["items"].as_array().unwrap().clone()
    }

    /// What is planned for March 2027, as the member sees it who signs in now: the session of the start may be over.
    pub(crate) async fn titles_now(&self) -> Vec<String> {
        let member = Person::sign_in(&self.world, &self.person.email)
            .await
            .unwrap();
        let path = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";
        let entries = member.get(path).await.unwrap().expect(200).unwrap().json();
        let entries = entries["items"].as_array().unwrap().iter();
        let title = |entry: &Value| entry["title"].as_str().unwrap().to_owned();
        entries.map(title).collect()
    }

    pub(crate) async fn titles_there(&self) -> Vec<String> {
        let events = self.calendar.events().await.unwrap();
        let mut titles: Vec<String> = events
            .iter()
            .map(|event| event["summary"].as_str().unwrap_or_default().to_owned())
            .collect();
        titles.sort();
        titles
    }

    pub(crate) async fn titles_here(&self) -> Vec<String> {
        let entries = self.entries().await;
        let title = |entry: &Value| entry["title"].as_str().unwrap().to_owned();
        entries.iter().map(title).collect()
    }

    pub(crate) async fn entry(&self, title: &str) -> Value {
        let entries = self.entries().await;
        let found = entries.iter().find(|entry| entry["title"] == title);
        found
            .unwrap_or_else(|| panic!("no entry {title:?} in {entries:#?}"))
            .clone()
    }

    /// The one event of the calendar with this title.
    pub(crate) async fn event(&self, title: &str) -> Value {
        let events = self.calendar.events().await.unwrap();
        let found: Vec<&Value> = events
            .iter()
            .filter(|event| event["summary"] == title)
            .collect();
        assert_eq!(found.len(), 1, "events called {title:?} in {events:#?}");
        found[0].clone()
    }

    pub(crate) async fn create_entry(&self, entry: &Value) -> Value {
        self.0.create_entry(entry).await.unwrap()
    }

    pub(crate) async fn patch_entry(&self, id: &str, change: &Value) -> Answer {
        self.0.patch_entry(id, change).await.unwrap()
    }

    pub(crate) async fn api(&self, rest: &str) -> Value {
        self.0.api(rest).await.unwrap()
    }

    /// A new visit whose title both sides change, differently; answers the conflict.
    pub(crate) async fn fall_apart(&self, title: &str, day: u8) -> Value {
        let entry = self.create_entry(&visit(title, day)).await;
        self.settle().await;
        let event = self.event(title).await;
        let theirs = json!({ "summary": format!("{title}, theirs") });
        let event = event["id"].as_str().unwrap();
        self.calendar.patch(event, theirs).await.unwrap();
        let ours = json!({ "title": format!("{title}, ours") });
        let entry = entry["id"].as_str().unwrap();
        self.patch_entry(entry, &ours).await.expect(200).unwrap();
        self.settle().await;
        let open = self.person.get("/api/v1/conflicts").await.unwrap().json();
        open["items"][0].clone()
    }

    /// An entry that was deleted and can be brought back; answers its id.
    pub(crate) async fn delete_one(&self, title: &str, day: u8) -> String {
        let entry = self.create_entry(&visit(title, day)).await;
        let id = entry["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/schedule/entries/{id}");
        self.person
            .delete(&path)
            .await
            .unwrap()
            .expect(204)
            .unwrap();
        self.settle().await;
        id
    }

    /// The latest run of the connection.
    pub(crate) async fn last_run(&self) -> Value {
        self.api("/runs").await["items"][0].clone()
    }

    /// Asks for a sync as the button does, and waits for it.
    pub(crate) async fn sync_now(&self) -> Value {
        self.press_sync().await.unwrap();
        self.settle().await;
        self.last_run().await
    }

    pub(crate) async fn press(&self, action: &str) -> Answer {
        let path = format!("/api/v1/connections/{}/{action}", self.connection);
        self.person.post(&path, &json!({})).await.unwrap()
    }

    /// Makes the simulated provider misbehave.
    pub(crate) async fn fault(&self, fault: &Value) {
        self.0.fault(fault).await.unwrap();
    }

    /// Before or after the worker's request for what Google calls so.
    pub(crate) fn crash_point(&self, moment: &str, google: &str) -> CrashPoint {
        self.world.crash_point(moment, google).unwrap()
    }

    /// How often an operation was called since the start.
    pub(crate) async fn calls(&self, operation: &str) -> u64 {
        let operation = tests::calendar_user::operation(self.world.provider, operation);
        requests(&self.world).await["operations"][operation]
            .as_u64()
            .unwrap_or_default()
    }
}

pub(crate) async fn control(world: &World, path: &str, body: &Value) -> Value {
    let url = world
        .provider_base()
        .join(&format!("/_sim/{path}"))
        .unwrap();
    let answer = http().post(url).json(body).send().await.unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
    answer.json().await.unwrap_or_default()
}

pub(crate) async fn requests(world: &World) -> Value {
    let url = world
        .provider_base()
        .join("/_sim/requests?since=0")
        .unwrap();
    http().get(url).send().await.unwrap().json().await.unwrap()
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// One hour on a day of March 2027.
pub(crate) fn visit(title: &str, day: u8) -> Value {
    let at = |hour| json!({ "local": format!("2027-03-{day:02}T{hour}:00:00"), "zone": "Europe/Berlin" });
    json!({ "title": title, "start": at(10), "end": at(11) })
}

/// The same, as Google writes it.
pub(crate) fn google_visit(title: &str, day: u8) -> Value {
    let at = |hour| json!({ "dateTime": format!("2027-03-{day:02}T{hour}:00:00+01:00"), "timeZone": "Europe/Berlin" });
    json!({ "summary": title, "start": at(10), "end": at(11) })
}

/// Makes an API key; answers its id, and the key.
pub(crate) async fn api_key(admin: &Person, changes: Value) -> (String, String) {
    let mut wanted = json!({ "name": "Invoices at night", "scopes": ["schedule.read"] });
    for (field, value) in changes.as_object().unwrap() {
        wanted[field] = value.clone();
    }
    let made = admin.post("/api/v1/api-keys", &wanted).await.unwrap();
    let made = made.expect(201).unwrap();
    (made.at("/id"), made.at("/key"))
}

/// One of an administrator, that is told nothing by itself.
pub(crate) async fn webhook(admin: &Person) -> String {
    let new = json!({ "url": "http://127.0.0.1:1/", "events": ["sync.failed"] });
    let made = admin.post("/api/v1/webhooks", &new).await.unwrap();
    made.expect(201).unwrap().at("/id")
}

/// A program makes an entry with a key, in a call that names itself.
pub(crate) async fn create_with_key(world: &World, key: &str, name: &str) -> Answer {
    let program = Person::stranger(world).unwrap();
    let asked = program.request(Method::POST, "/api/v1/schedule/entries");
    let asked = asked.await.unwrap().bearer_auth(key);
    let asked = asked.header("idempotency-key", name);
    program.send(asked.json(&visit("round", 9))).await.unwrap()
}
