//! Credentials of a tenant in one secret, or each in its own, and on the way from one to the other.

use std::collections::BTreeMap;

use domain::{
    connection::Provider,
    credential::{Home, VaultMode},
    id::ConnectionId,
};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use shared::oauth::access_token;
use tests::{
    aws::ApiError,
    person::Person,
    world::{CrashPoint, Traffic, World},
};

use crate::support::{Connected, MIA};

mod moving;

const MAX: &str = "max@northwind.test";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Longer than any lease.
const ASLEEP: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn bundled(provider: Provider) -> World {
    let world = World::start_with(provider).await.unwrap();
    world.redeploy(VaultMode::Bundle).unwrap();
    world
}

/// A second member of the tenant, at the same provider.
pub(super) async fn max_of(world: &World) -> Connected {
    let max = tests::connected::Connected::at(world.clone(), world.provider, MAX, json!(30));
    max.await.unwrap().into()
}

impl Connected {
    pub(super) fn id(&self) -> ConnectionId {
        self.connection.parse().unwrap()
    }

    pub(super) async fn home(&self) -> Home {
        let store = self.world.tenant_of(MIA).await.unwrap();
        let row = store.connection(self.id()).await.unwrap().unwrap();
        row.secret.kept.home
    }

    /// The access has run out, and is asked for with what is in the vault.
    pub(super) async fn assert_has_access(&self, when: &str) {
        let store = self.world.tenant_of(MIA).await.unwrap();
        store.forget_cached_token(self.id()).await.unwrap();
        let access = access_token(&self.world.app, &store, self.id()).await;
        assert!(access.is_ok(), "{when}: {:?}", access.err());
    }

    async fn is_disconnected(&self) {
        let member = Person::sign_in(&self.world, &self.person.email).await;
        let path = format!("/api/v1/connections/{}", self.connection);
        let asked = member.unwrap().delete(&path).await.unwrap();
        asked.expect(202).unwrap();
        self.settle().await;
    }
}

/// What the vault holds of tenants: the end of each name, without ids, and how many credentials.
pub(super) fn kept(world: &World) -> Vec<(String, usize)> {
    let of_tenants = world.aws.secret_texts().into_iter();
    let of_tenants = of_tenants.filter(|(name, _)| name.contains("/t/ten_"));
    let counted = of_tenants.map(|(name, text)| {
        let place: Vec<&str> = name.split('/').skip(4).collect();
        match place[..] {
            ["b", shard, ..] => {
                let entries: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
                (format!("bundle {shard}"), entries.len())
            }
            ["c", _] => ("own".to_owned(), 1),
            ["c", _, life] => (format!("own {life}"), 1),
            _ => (name, 0),
        }
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort();
    counted
}

/// The numbers of requests that change something: to die before another is to die before the next of these.
pub(super) fn changes(watched: &[Traffic]) -> Vec<u32> {
    let reads = ["GetItem", "Query", "GetSecretValue", "events.get"];
    let changes = |name: &str| !reads.iter().any(|read| name.ends_with(read));
    let numbered = (1..).zip(watched).filter(|(_, one)| changes(&one.name));
    numbered.map(|(nth, _)| nth).collect()
}

pub(super) fn one_bundle_of(credentials: usize) -> Vec<(String, usize)> {
    vec![("bundle 0".to_owned(), credentials)]
}

#[tokio::test]
async fn the_credentials_of_a_tenant_stand_in_one_secret_until_the_last_is_disconnected() {
    for provider in Provider::ALL {
        let mia = Connected::with(bundled(provider).await, MIA).await;
        let world = mia.world.clone();
        assert_eq!(kept(&world), one_bundle_of(1));
        let max = max_of(&world).await;
        assert_eq!(kept(&world), one_bundle_of(2));
        // Their rows name different versions.
        mia.assert_has_access("the first").await;
        max.assert_has_access("the second").await;

        mia.is_disconnected().await;
        assert_eq!(kept(&world), one_bundle_of(1));
        max.assert_has_access("after the first has gone").await;
        max.is_disconnected().await;
        assert_eq!(kept(&world), []);

        Connected::with(world.clone(), MIA).await;
        assert_eq!(kept(&world), one_bundle_of(1), "it can be filled again");
    }
}

#[tokio::test]
async fn credentials_that_are_rotated_at_once_are_both_kept() {
    let mia = Connected::with(bundled(Provider::Microsoft).await, MIA).await;
    let (world, max) = (&mia.world, max_of(&mia.world).await);
    let store = world.tenant_of(MIA).await.unwrap();
    // Before anybody else comes to it.
    world.clock.advance(WEEK).unwrap();
    let app = world.app_with(VaultMode::Bundle).unwrap();
    let before = world.aws.secret_texts();

    let both = [mia.id(), max.id()].map(|id| access_token(&app, &store, id));
    for access in futures::future::join_all(both).await {
        assert!(access.is_ok(), "{:?}", access.err());
    }

    let after = world.aws.secret_texts();
    let name = after.keys().find(|name| name.contains("/b/")).unwrap();
    let entries = |text: &str| serde_json::from_str::<BTreeMap<String, String>>(text).unwrap();
    let (before, after) = (entries(&before[name]), entries(&after[name]));
    for id in [mia.id(), max.id()] {
        assert_ne!(before[&id.to_string()], after[&id.to_string()], "{id}");
    }
    mia.assert_has_access("one").await;
    max.assert_has_access("the other").await;
}

#[tokio::test]
async fn a_bundle_that_takes_no_more_versions_is_passed_over() {
    let mia = Connected::with(bundled(Provider::Google).await, MIA).await;
    let full = ApiError::new("LimitExceededException", "100 versions in a day");
    // The SDK takes it for haste, and tries three times.
    for _ in 0..3 {
        mia.world.aws.refuse_next("PutSecretValue", full.clone());
    }

    let max = max_of(&mia.world).await;

    assert_eq!(max.home().await, Home::Bundle { shard: 1 });
    assert_eq!(mia.home().await, Home::Bundle { shard: 0 });
    mia.assert_has_access("the first").await;
    max.assert_has_access("the second").await;
}

#[tokio::test]
async fn what_a_callback_left_that_died_goes_with_the_next_write() {
    let mia = Connected::with(bundled(Provider::Google).await, MIA).await;
    let world = mia.world.clone();
    let max = Person::sign_in(&world, MAX).await.unwrap();
    let begun = json!({ "provider": Provider::Google });
    let begun = max.post("/api/v1/connections", &begun).await.unwrap();
    let back = max.consent(&begun.at("/authorize_url"), &[]).await.unwrap();
    let away = ApiError::new("ThrottlingException", "Rate exceeded");
    for _ in 0..8 {
        world.aws.refuse_next("TransactWriteItems", away.clone());
    }
    max.get(&back).await.unwrap().expect(503).unwrap();
    assert_eq!(kept(&world), one_bundle_of(2), "that of nobody is there");
    world.aws.refuse_nothing();

    mia.assert_has_access("meanwhile").await;
    max_of(&world).await;
    assert_eq!(kept(&world), one_bundle_of(2));
}

#[tokio::test]
async fn nothing_is_left_in_the_vault_of_an_organisation_that_is_deleted() {
    for provider in Provider::ALL {
        let mia = Connected::with(bundled(provider).await, MIA).await;
        max_of(&mia.world).await;
        let bob = Connected::with(mia.world.clone(), "bob@contoso.test").await;
        assert_eq!(kept(&mia.world).len(), 2, "each tenant has its own");
        let ada = Person::sign_in(&mia.world, "ada@northwind.test").await;
        let body = json!({ "name": "Northwind Field Service", "remove_copies": false });
        let asked = ada.unwrap();
        let asked = asked.json(Method::DELETE, "/api/v1/organization", &body);
        asked.await.unwrap().expect(202).unwrap();
        mia.settle().await;

        assert_eq!(kept(&mia.world), one_bundle_of(1));
        let list = bob.person.get("/api/v1/connections").await.unwrap();
        assert_ne!(list.expect(200).unwrap().json()["items"], Value::Null);
    }
}

#[tokio::test]
async fn a_disconnection_that_dies_at_any_request_leaves_no_credential_and_no_other_out() {
    let world = bundled(Provider::Google).await;
    let max = max_of(&world).await;
    let mia = Connected::with(world.clone(), MIA).await;
    world.watch_worker();
    mia.is_disconnected().await;
    let points = changes(&world.take_watched());
    assert!(points.len() > 6, "{points:?}");

    for nth in points {
        let mia = Connected::with(world.clone(), MIA).await;
        assert_eq!(kept(&world), one_bundle_of(2));
        world.crash_next_run(CrashPoint::before(nth));
        mia.is_disconnected().await;
        mia.later(ASLEEP).await;
        world.unreached_point();

        assert_eq!(kept(&world), one_bundle_of(1), "before {nth}");
        max.assert_has_access(&format!("before {nth}")).await;
    }
}
