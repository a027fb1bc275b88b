//! Conflicts from beginning to end: found, shown, decided, carried out, taken back.

mod deciding;
mod deleted;
mod finding;
mod pages;
mod series;

use serde_json::{Value, json};
use tests::person::Answer;

use crate::support::{Connected, visit};

/// A visit whose title was changed on both sides, differently, and whoever was asked about it.
struct Apart {
    mia: Connected,
    entry: String,
    event: String,
    conflict: Value,
}

impl Apart {
    async fn start() -> Self {
        Self::with(json!({ "title": "ours" }), json!({ "summary": "theirs" })).await
    }

    async fn with(ours: Value, theirs: Value) -> Self {
        let mia = Connected::start().await;
        let entry = id(&mia.create_entry(&visit("pump", 4)).await);
        mia.settle().await;
        let event = id(&mia.event("pump").await);
        mia.patch_entry(&entry, &ours).await.expect(200).unwrap();
        mia.calendar.patch(&event, theirs).await.unwrap();
        mia.settle().await;
        let conflict = mia.conflicts("open").await[0].clone();
        Self {
            mia,
            entry,
            event,
            conflict,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/conflicts/{}{rest}", id(&self.conflict))
    }

    async fn read(&self) -> Value {
        let answer = self.mia.person.get(&self.path("")).await.unwrap();
        answer.expect(200).unwrap().json()
    }

    /// Decides about the version that was found.
    async fn resolve(&self, mut decision: Value) -> Answer {
        decision["version"] = self.conflict["version"].clone();
        let path = self.path("/resolve");
        self.mia.person.post(&path, &decision).await.unwrap()
    }

    async fn resolved(&self, decision: Value) {
        self.resolve(decision).await.expect(200).unwrap();
        self.mia.settle().await;
        assert_eq!(self.read().await["state"], "settled");
        assert_eq!(self.mia.conflicts("open").await, Vec::<Value>::new());
    }

    async fn undo(&self) -> Answer {
        let path = self.path("/undo");
        self.mia.person.post(&path, &json!({})).await.unwrap()
    }

    /// What stands in the entry and in the event.
    async fn titles(&self) -> (String, String) {
        let entry = self.mia.read_entry(&self.entry).await;
        let event = self.mia.calendar.get(&self.event).await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&entry["title"]), text(&event["summary"]))
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn both(title: &str) -> (String, String) {
    (title.to_owned(), title.to_owned())
}

impl Connected {
    async fn conflicts(&self, state: &str) -> Vec<Value> {
        let path = format!("/api/v1/conflicts?state={state}");
        let list = self.person.get(&path).await.unwrap().expect(200).unwrap();
        list.json()["items"].as_array().unwrap().clone()
    }

    pub(crate) async fn read_entry(&self, id: &str) -> Value {
        let path = format!("/api/v1/schedule/entries/{id}");
        let entry = self.person.get(&path).await.unwrap();
        entry.expect(200).unwrap().json()
    }

    /// How often the world was told of a conflict.
    fn told(&self) -> usize {
        let told = self.world.aws.events_put();
        let detected = told
            .iter()
            .filter(|event| event.detail_type == "CALENDAR_CONFLICT_DETECTED");
        detected.count()
    }
}
