//! A connection with everything that one can have, and what is left of it.

use std::collections::{BTreeMap, BTreeSet};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use shared::store::{FATES, Fate};
use tests::world::World;

use super::*;

/// The kinds of items that name one of these ids.
pub(super) async fn kinds_that_name(world: &World, ids: &[String]) -> BTreeMap<String, usize> {
    let dump = world.aws.dump_table(&world.app.config.table).await.unwrap();
    let items = serde_json::Deserializer::from_str(&dump)
        .into_iter::<Vec<Value>>()
        .flat_map(Result::unwrap);
    let mut kinds = BTreeMap::new();
    for item in items {
        let text = item.to_string();
        if ids.iter().any(|id| text.contains(id)) {
            let kind = item["et"]["S"].as_str().unwrap().to_owned();
            *kinds.entry(kind).or_default() += 1;
        }
    }
    kinds
}

pub(super) fn stays(kind: &str) -> bool {
    let fate = FATES.iter().find(|(known, _)| *known == kind);
    matches!(fate, Some((_, Fate::Stays(_))))
}

/// What names one of these ids, and should have gone with the connection.
pub(super) async fn left_behind(world: &World, ids: &[String]) -> Vec<String> {
    let kinds = kinds_that_name(world, ids).await.into_keys();
    kinds.filter(|kind| !stays(kind)).collect()
}

fn table(world: &World) -> Client {
    let aws = &world.app.config.aws;
    let (id, secret) = (&aws.access_key_id, &aws.secret_access_key);
    let credentials = Credentials::new(id, secret, None, None, "tests");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(aws.region.clone()))
        .endpoint_url(world.aws_base.as_str())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .build();
    Client::new(&config)
}

impl Connected {
    /// The connection and its calendars.
    pub(super) async fn ids(&self) -> Vec<String> {
        let listed = self.api("/calendars").await["calendars"].clone();
        let calendars = listed.as_array().unwrap().iter();
        let calendars = calendars.map(|one| one["id"].as_str().unwrap().to_owned());
        calendars.chain([self.connection.clone()]).collect()
    }

    /// What a comparison of a calendar too large for one run leaves in between.
    async fn put_shown(&self) {
        let ids = self.ids().await;
        let tenant = self.world.tenant_of(&self.person.email).await.unwrap().id();
        let text = |text: String| AttributeValue::S(text);
        table(&self.world)
            .put_item()
            .table_name(&self.world.app.config.table)
            .item("PK", text(format!("T#{tenant}#SHOWN#{}", ids[0])))
            .item("SK", text("000000000001#000000000001".into()))
            .item("et", text("shown".into()))
            .item("t", text(tenant.to_string()))
            .item("marks", text("0123456789".into()))
            .send()
            .await
            .unwrap();
    }

    /// More entries are deleted at once than the brakes let pass.
    async fn hold_deletions(&self) {
        let mut entries = Vec::new();
        for number in 0..22 {
            let title = format!("visit {number:02}");
            entries.push(self.create_entry(&visit(&title, 10 + number % 8)).await);
        }
        self.settle().await;
        for entry in &entries {
            let id = entry["id"].as_str().unwrap();
            self.delete_entry(id).await.unwrap().expect(204).unwrap();
        }
        self.settle().await;
        assert_ne!(self.api("/holds").await["items"], json!([]));
    }

    async fn everything() -> Self {
        let mia = Self::start().await;
        mia.hold_deletions().await;
        let mut series = visit("round", 4);
        series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
        mia.create_entry(&series).await;
        mia.calendar
            .insert(google_visit("theirs", 3))
            .await
            .unwrap();
        let conflict = mia.fall_apart("filter", 8).await;
        assert_eq!(conflict["connection"], mia.connection);
        let poisoned = mia.create_entry(&visit("poisoned", 5)).await;
        mia.settle().await;
        let event = mia.event("poisoned").await["id"].clone();
        let path = mia.calendar.path_of(event.as_str().unwrap()).await.unwrap();
        mia.fault(&json!({ "name": "server_error", "scope": path }))
            .await;
        let id = poisoned["id"].as_str().unwrap();
        let late = json!({ "title": "poisoned, late" });
        mia.patch_entry(id, &late).await.expect(200).unwrap();
        mia.settle().await;
        mia.no_more_faults().await.unwrap();
        let pause = format!("/api/v1/connections/{}/pause", mia.connection);
        let paused = mia.person.post(&pause, &json!({})).await.unwrap();
        paused.expect(200).unwrap();
        mia.create_entry(&visit("not told", 6)).await;
        mia.settle().await;
        mia.put_shown().await;
        mia
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_that_had_everything() {
    let mia = Connected::everything().await;
    let ids = mia.ids().await;
    let before = kinds_that_name(&mia.world, &ids).await;
    let goes = FATES.iter().filter(|(kind, _)| !stays(kind));
    let missing: Vec<_> = goes
        .filter(|(kind, _)| !before.contains_key(*kind))
        .collect();
    assert!(
        missing.is_empty(),
        "the story lacks {missing:?}: {before:#?}"
    );
    let (here, there) = (mia.titles_here().await, mia.titles_there().await);

    let receipt = mia.disconnect_whole(false).await;

    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
    assert_eq!(mia.titles_here().await, here);
    assert_eq!(mia.titles_there().await, there);
    assert_eq!(receipt["copies_removed"], 0);
    // Twenty-two whose entries were deleted, the series, the conflict's and the poisoned one.
    assert_eq!(receipt["copies_kept"], 25, "{receipt:#}");
    let conflicts = mia.person.get("/api/v1/conflicts").await.unwrap().json();
    assert_eq!(conflicts["items"], json!([]), "none waits any more");
    let events = mia.world.aws.events_put();
    let named = |name: &str| {
        events
            .iter()
            .filter(|event| event.detail_type == name)
            .count()
    };
    assert_eq!(named("CALENDAR_DISCONNECTED"), 1);
    assert_eq!(named("CALENDAR_DISCONNECTION_COMPLETED"), 1);
}

#[tokio::test]
async fn the_copies_go_where_that_was_asked_for_and_nothing_else_does() {
    let mia = Connected::everything().await;
    let ids = mia.ids().await;
    let here = mia.titles_here().await;

    let receipt = mia.disconnect_whole(true).await;

    assert_eq!(mia.titles_there().await, ["theirs"]);
    assert_eq!(mia.titles_here().await, here);
    assert_eq!(
        (&receipt["copies_removed"], &receipt["copies_kept"]),
        (&json!(25), &json!(0))
    );
    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
    assert_eq!(
        mia.calendar
            .control(Method::GET, "mail", &Value::Null)
            .await
            .unwrap()["count"],
        0
    );
}

/// A new kind of item does not compile into oblivion: somebody has to say what becomes of it.
#[test]
fn it_is_said_of_every_kind_of_item_what_becomes_of_it() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/src/store");
    let mut folders = vec![std::path::PathBuf::from(store)];
    let mut stored = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let calls =
                ["Item::new(", "own("].map(|call| text.split(call).skip(1).collect::<Vec<_>>());
            for call in calls.into_iter().flatten() {
                let argument = call.trim_start();
                if let Some(rest) = argument.strip_prefix('"') {
                    stored.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    let said: BTreeSet<String> = FATES.iter().map(|(kind, _)| (*kind).to_owned()).collect();

    assert!(stored.len() > 25, "{stored:?}");
    assert_eq!(stored, said);
    assert_eq!(said.len(), FATES.len(), "each once");
}
