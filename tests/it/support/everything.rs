//! A connection with everything that one can have, and what the table holds of it.

use std::collections::{BTreeMap, HashMap};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use serde_json::{Value, json};
use tests::world::World;

use super::{Connected, MIA, google_visit, visit};

/// The kinds of items that name one of these ids.
pub(crate) async fn kinds_that_name(world: &World, ids: &[String]) -> BTreeMap<String, usize> {
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

/// Writes an item past the product.
pub(crate) async fn put_item(world: &World, item: HashMap<String, AttributeValue>) {
    let put = table(world).put_item().set_item(Some(item));
    let table = &world.app.config.table;
    put.table_name(table).send().await.unwrap();
}

impl Connected {
    /// The connection and its calendars.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let listed = self.api("/calendars").await["calendars"].clone();
        let calendars = listed.as_array().unwrap().iter();
        let calendars = calendars.map(|one| one["id"].as_str().unwrap().to_owned());
        calendars.chain([self.connection.clone()]).collect()
    }

    /// What a comparison of a calendar too large for one run leaves in between.
    async fn put_shown(&self) {
        let ids = self.ids().await;
        let tenant = self.world.tenant_of(&self.person.email).await.unwrap().id();
        let fields = [
            ("PK", format!("T#{tenant}#SHOWN#{}", ids[0])),
            ("SK", "000000000001#000000000001".into()),
            ("et", "shown".into()),
            ("t", tenant.to_string()),
            ("marks", "0123456789".into()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
        put_item(&self.world, fields.into()).await;
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

    pub(crate) async fn everything() -> Self {
        Self::everything_at(World::start().await.unwrap()).await
    }

    pub(crate) async fn everything_at(world: World) -> Self {
        let mia = Self::with(world, MIA).await;
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
