//! How it goes with integrations: what is counted, what is logged, what waits, and what connectors report.

mod apart;
mod counted;
mod error_queue;
mod log_file;
mod long_log;
mod pages;
mod reported;
mod suppliers;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{person::Person, world::World};

use crate::support::{ADA, Connected};

const DASHBOARD: &str = "/api/integrations/dashboard";
const HEALTH: &str = "/api/integrations/health";
const LOGS: &str = "/api/integrations/logs";

pub(crate) const IVO: &str = "ivo@northwind.test";

async fn read(person: &Person, path: &str) -> Value {
    let answer = person.get(path).await.unwrap().expect(200).unwrap();
    serde_json::from_str(&answer.text).unwrap()
}

/// How it goes with the calendars of the story's provider.
async fn health(person: &Person, world: &World) -> Value {
    read(person, HEALTH).await["integrations"][world.provider.name()].clone()
}

async fn logged(person: &Person, filter: &str) -> Vec<Value> {
    let found = read(person, &format!("{LOGS}?limit=200&{filter}")).await;
    found["items"].as_array().unwrap().clone()
}

impl Connected {
    /// Nothing that is asked of the provider succeeds.
    async fn everything_breaks(&self) {
        self.fault(&json!({ "name": "server_error" })).await;
    }
}

#[tokio::test]
async fn who_may_not_see_integrations_is_told_so() {
    let world = World::start().await.unwrap();
    for (email, status) in [
        (ADA, 200),
        (IVO, 200),
        ("mia@northwind.test", 403),
        ("vic@northwind.test", 403),
        ("uwe@northwind.test", 403),
    ] {
        let person = Person::sign_in(&world, email).await.unwrap();
        let answer = person.get(DASHBOARD).await.unwrap();
        assert_eq!(answer.status, status, "{email}");
    }
    let ivo = Person::sign_in(&world, IVO).await.unwrap();
    let wanted = json!({ "pinned": "business" });
    let refused = ivo
        .json(Method::PUT, "/api/integrations/pinned", &wanted)
        .await
        .unwrap();
    assert_eq!(
        refused.status, 403,
        "an IT manager reads, and changes nothing"
    );
}

#[tokio::test]
async fn which_cards_stand_first_is_decided_for_everybody() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    assert_eq!(read(&ada, DASHBOARD).await["pinned"], "calendars");

    let wanted = json!({ "pinned": "business" });
    let put = ada
        .json(Method::PUT, "/api/integrations/pinned", &wanted)
        .await
        .unwrap();
    put.expect(200).unwrap();
    let log = "/api/v1/ops/audit?action=integrations.cards_pinned";
    let told = &read(&ada, log).await["items"][0];
    assert_eq!(
        (&told["before"]["pinned"], &told["after"]["pinned"]),
        (&json!("calendars"), &json!("business"))
    );

    let ivo = Person::sign_in(&world, IVO).await.unwrap();
    assert_eq!(read(&ivo, DASHBOARD).await["pinned"], "business");
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();
    assert_eq!(read(&bob, DASHBOARD).await["pinned"], "calendars");
}
