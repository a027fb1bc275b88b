//! Google, the schedule and Outlook together: an entry of two people, and one person at both.

use domain::connection::Provider::{self, Google, Microsoft};
use serde_json::{Value, json};
use tests::world::World;

use crate::support::{Connected, MIA, google_visit, visit};

const ADA: &str = "ada@northwind.test";

/// Ada, who may assign others, and Mia: each at another provider.
struct Pair {
    ada: Connected,
    mia: Connected,
}

async fn connect(world: &World, provider: Provider, email: &str) -> Connected {
    let connected = tests::connected::Connected::at(world.clone(), provider, email, Value::Null);
    Connected::from(connected.await.unwrap())
}

impl Pair {
    async fn start(ada: Provider, mia: Provider) -> Self {
        let world = World::start_with(ada).await.unwrap();
        Self {
            ada: connect(&world, ada, ADA).await,
            mia: connect(&world, mia, MIA).await,
        }
    }

    /// An entry of both, made by Ada and settled; answers its id.
    async fn share(&self, title: &str) -> String {
        let mut assignees = Vec::new();
        for member in [&self.ada, &self.mia] {
            let profile = member.person.get("/api/users/auth/profile").await.unwrap();
            assignees.push(profile.expect(200).unwrap().at("/id"));
        }
        let mut entry = visit(title, 4);
        entry["assignees"] = json!(assignees);
        let made = self.ada.create_entry(&entry).await;
        self.ada.settle().await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Title and place in Ada's calendar, in the schedule and in Mia's calendar, each of which holds one thing.
    async fn shown(&self) -> [(String, String); 3] {
        let ada = only(&self.ada.calendar.events().await.unwrap(), "summary");
        let entry = only(&self.ada.entries().await, "title");
        let mia = only(&self.mia.calendar.events().await.unwrap(), "summary");
        [ada, entry, mia]
    }

    async fn conflicts(&self) -> Vec<Value> {
        let open = self.ada.person.get("/api/v1/conflicts").await.unwrap();
        let open = open.expect(200).unwrap().json();
        open["items"].as_array().unwrap().clone()
    }
}

fn only(items: &[Value], title: &str) -> (String, String) {
    assert_eq!(items.len(), 1, "{items:#?}");
    let text = |name: &str| items[0][name].as_str().unwrap_or_default().to_owned();
    (text(title), text("location"))
}

fn everywhere(title: &str, place: &str) -> [(String, String); 3] {
    std::array::from_fn(|_| (title.to_owned(), place.to_owned()))
}

/// The one event of a person's calendar.
async fn event(of: &Connected) -> String {
    let events = of.calendar.events().await.unwrap();
    assert_eq!(events.len(), 1, "{events:#?}");
    events[0]["id"].as_str().unwrap().to_owned()
}

async fn edit(of: &Connected, change: Value) {
    of.calendar.patch(&event(of).await, change).await.unwrap();
}

#[tokio::test]
async fn what_one_changes_in_their_calendar_is_in_the_others() {
    for (first, second) in [(Google, Microsoft), (Microsoft, Google)] {
        let pair = Pair::start(first, second).await;
        let entry = pair.share("pump").await;
        assert_eq!(pair.shown().await, everywhere("pump", ""));

        edit(&pair.ada, json!({ "location": "Depot" })).await;
        pair.ada.settle().await;
        assert_eq!(pair.shown().await, everywhere("pump", "Depot"));

        // Different fields at the same time, one of them here.
        edit(&pair.mia, json!({ "summary": "pump, urgent" })).await;
        let notes = json!({ "notes": "second floor" });
        pair.ada
            .patch_entry(&entry, &notes)
            .await
            .expect(200)
            .unwrap();
        pair.ada.settle().await;
        assert_eq!(pair.shown().await, everywhere("pump, urgent", "Depot"));
        for member in [&pair.ada, &pair.mia] {
            let there = member.calendar.get(&event(member).await).await.unwrap();
            assert_eq!(there["description"], "second floor");
        }
        assert_eq!(pair.conflicts().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn what_both_change_apart_is_one_conflict_and_one_decision_ends_it() {
    for (first, second) in [(Google, Microsoft), (Microsoft, Google)] {
        let pair = Pair::start(first, second).await;
        pair.share("pump").await;

        edit(&pair.ada, json!({ "summary": "Ada's" })).await;
        edit(&pair.mia, json!({ "summary": "Mia's" })).await;
        pair.ada.settle().await;

        let open = pair.conflicts().await;
        assert_eq!(open.len(), 1, "{open:#?}");
        let [ada, entry, mia] = pair.shown().await.map(|(title, _)| title);
        assert_eq!((ada.as_str(), mia.as_str()), ("Ada's", "Mia's"));
        assert!(entry == ada || entry == mia, "{entry}");

        let id = open[0]["id"].as_str().unwrap();
        let keep = json!({ "keep": "external", "version": open[0]["version"] });
        let path = format!("/api/v1/conflicts/{id}/resolve");
        let resolved = pair.ada.person.post(&path, &keep).await.unwrap();
        assert!(resolved.status.is_success(), "{}", resolved.text);
        pair.ada.settle().await;

        let kept = if entry == ada { mia } else { ada };
        assert_eq!(pair.shown().await, everywhere(&kept, ""));
        assert_eq!(pair.conflicts().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_deleted_entry_leaves_both_calendars_and_a_deleted_copy_only_its_own() {
    for (first, second) in [(Google, Microsoft), (Microsoft, Google)] {
        let pair = Pair::start(first, second).await;
        let entry = pair.share("pump").await;

        pair.mia
            .calendar
            .delete(&event(&pair.mia).await)
            .await
            .unwrap();
        pair.ada.settle().await;
        assert_eq!(pair.mia.calendar.events().await.unwrap().len(), 0);
        edit(&pair.ada, json!({ "location": "Depot" })).await;
        pair.ada.settle().await;
        assert_eq!(pair.ada.entry("pump").await["location"], "Depot");
        assert_eq!(pair.mia.calendar.events().await.unwrap().len(), 0);

        let deleted = pair.ada.delete_entry(&entry).await.unwrap();
        deleted.expect(204).unwrap();
        let second = pair.share("heater").await;
        assert_eq!(pair.shown().await, everywhere("heater", ""));
        let deleted = pair.ada.delete_entry(&second).await.unwrap();
        deleted.expect(204).unwrap();
        pair.ada.settle().await;
        for member in [&pair.ada, &pair.mia] {
            assert_eq!(member.calendar.events().await.unwrap(), Vec::<Value>::new());
            assert_eq!(member.entries().await, Vec::<Value>::new());
        }
    }
}

/// Calls to both providers.
fn calls(world: &World) -> (u64, u64) {
    (world.google.calls(), world.microsoft.calls())
}

#[tokio::test]
async fn one_person_at_both_providers_has_everything_once_and_nothing_goes_round() {
    let world = World::start_with(Google).await.unwrap();
    let google = connect(&world, Google, MIA).await;
    let outlook = connect(&world, Microsoft, MIA).await;
    google
        .calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    google.settle().await;
    assert_eq!(event_titles(&outlook).await, ["boiler"]);
    outlook
        .calendar
        .insert(google_visit("pump", 4))
        .await
        .unwrap();
    google.settle().await;
    google.create_entry(&visit("heater", 5)).await;
    google.settle().await;

    let all = ["boiler", "heater", "pump"];
    for side in [&google, &outlook] {
        assert_eq!(event_titles(side).await, all);
        let entries = side.entries().await;
        let titles: Vec<&str> = entries
            .iter()
            .filter_map(|one| one["title"].as_str())
            .collect();
        assert_eq!(titles, all);
    }

    // Each changes what came from the other side.
    rename(&outlook, "boiler", "boiler, urgent").await;
    google.settle().await;
    rename(&google, "pump", "pump, late").await;
    google.settle().await;
    let all = ["boiler, urgent", "heater", "pump, late"];
    for side in [&google, &outlook] {
        assert_eq!(event_titles(side).await, all);
    }

    // Nothing is left that goes round: a look at each is one call.
    let before = calls(&world);
    google.sync_now().await;
    outlook.sync_now().await;
    let own = (before.0 + 1, before.1 + 1);
    assert_eq!(calls(&world), own);

    // What goes where it was made goes everywhere.
    let boiler = google.event("boiler, urgent").await;
    google
        .calendar
        .delete(boiler["id"].as_str().unwrap())
        .await
        .unwrap();
    google.settle().await;
    assert_eq!(event_titles(&outlook).await, ["heater", "pump, late"]);
    assert_eq!(google.entries().await.len(), 2);
}

async fn event_titles(of: &Connected) -> Vec<String> {
    let events = of.calendar.events().await.unwrap();
    let title = |event: &Value| event["summary"].as_str().unwrap().to_owned();
    let mut titles: Vec<String> = events.iter().map(title).collect();
    titles.sort();
    titles
}

async fn rename(of: &Connected, title: &str, to: &str) {
    let event = of.event(title).await;
    let id = event["id"].as_str().unwrap();
    of.calendar
        .patch(id, json!({ "summary": to }))
        .await
        .unwrap();
}
