//! Deleting an organisation: everything of it goes, nothing of anybody else's does, whatever happens on the way.

use std::collections::BTreeMap;

use domain::{connection::Provider, credential::VaultMode, webhook::Topic};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    crypto::Secret,
    store::{AtErasure, FATES},
};
use tests::{
    person::{Answer, Person},
    world::{DEMO_MEMBERS, DEMO_PASSWORD, World},
};

use crate::deliveries::add_webhook;
use crate::support::{
    Connected, Kept, MIA, api_key, create_with_key, google_visit, kinds_that_name, visit,
};

mod trouble;

const NORTHWIND: &str = "Northwind Field Service";
const ADA: &str = "ada@northwind.test";
const MAX: &str = "max@northwind.test";
const BOB: &str = "bob@contoso.test";
const ORGANIZATION: &str = "/api/v1/organization";

/// As a program asks for it.
async fn erase(admin: &Person, name: &str, remove_copies: bool) -> Answer {
    let body = json!({ "name": name, "remove_copies": remove_copies });
    let asked = admin.json(Method::DELETE, ORGANIZATION, &body).await;
    asked.unwrap()
}

/// What an organisation and its members are known by.
async fn names_of(world: &World, organization: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (_, _, email, _) in DEMO_MEMBERS
        .iter()
        .filter(|(known, ..)| *known == organization)
    {
        let person = Person::sign_in(world, email).await.unwrap();
        let profile = person.get("/api/users/auth/profile").await.unwrap();
        names.extend([profile.at("/id"), profile.at("/organization/id")]);
        names.push((*email).to_owned());
    }
    names
}

/// The receipt that the world is told of.
fn receipt(world: &World) -> Value {
    let events = world.aws.events_put();
    let mut told = events
        .iter()
        .filter(|event| event.detail_type == "ORGANIZATION_ERASED");
    told.next_back().expect("it is over").detail["receipt"].clone()
}

/// What names an erased organisation and should not.
async fn left_behind(world: &World, names: &[String]) -> BTreeMap<String, usize> {
    let mut kinds = kinds_that_name(world, names).await;
    kinds.retain(|kind, _| {
        let fate = FATES.iter().find(|(known, _)| known == kind);
        !matches!(fate, Some((_, (_, AtErasure::Stays(_)))))
    });
    kinds
}

/// What is told of the end, for three days.
fn the_last_word() -> BTreeMap<String, usize> {
    BTreeMap::from([("outbox".to_owned(), 1)])
}

#[tokio::test]
async fn nothing_is_left_of_an_organisation_that_had_everything() {
    // Boxed: all of it together is more than a stack holds.
    Box::pin(everything_goes()).await;
}

/// What an administrator leaves behind: a key that was used, an invite, and cards in another order.
async fn administer(world: &World) {
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let (_, key) = api_key(&ada, json!({ "scopes": ["schedule.write"] })).await;
    let made = create_with_key(world, &key, "once").await;
    made.expect(201).unwrap();
    add_webhook(world, MIA, "https://127.0.0.1:1/", &Topic::OFFERED).await;
    let invite = json!({ "email": "eve@northwind.test", "role": "USER" });
    let invited = ada.post("/api/v1/invites", &invite).await.unwrap();
    invited.expect(201).unwrap();
    let pinned = json!({ "pinned": "business" });
    let pinned = ada.json(Method::PUT, "/api/integrations/pinned", &pinned);
    pinned.await.unwrap().expect(200).unwrap();
}

async fn everything_goes() {
    let mia = Box::pin(Connected::everything()).await;
    let world = mia.world.clone();
    let other = match world.provider {
        Provider::Google => Provider::Microsoft,
        Provider::Microsoft => Provider::Google,
    };
    // One credential in a secret of its own, one in a bundle.
    world.redeploy(VaultMode::Bundle).unwrap();
    let max = tests::connected::Connected::at(world.clone(), other, MAX, json!(30));
    Box::pin(max).await.unwrap();
    let gone = mia.create_entry(&visit("gone", 9)).await;
    let gone = gone["id"].as_str().unwrap();
    mia.delete_entry(gone).await.unwrap().expect(204).unwrap();
    Box::pin(administer(&world)).await;
    let bob = Box::pin(Connected::with(world.clone(), BOB)).await;
    bob.create_entry(&visit("ours", 4)).await;
    mia.settle().await;
    let names = names_of(&world, NORTHWIND).await;
    let before = kinds_that_name(&world, &names).await;
    let goes = FATES
        .iter()
        .filter(|(_, (_, fate))| !matches!(fate, AtErasure::Stays(_)))
        // Only a disconnection makes one.
        .filter(|(kind, _)| *kind != "ending");
    let missing: Vec<_> = goes
        .filter(|(kind, _)| !before.contains_key(*kind))
        .collect();
    assert!(
        missing.is_empty(),
        "the story lacks {missing:?}: {before:#?}"
    );
    let there = mia.titles_there().await;
    let tenant = world.tenant_of(MIA).await.unwrap().id();

    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let begun = erase(&ada, NORTHWIND, false).await.expect(202).unwrap();
    assert_eq!(begun.at("/stage"), "end_connections");
    world.settle().await.unwrap();

    assert_eq!(left_behind(&world, &names).await, the_last_word());
    assert_eq!(mia.titles_there().await, there);
    let receipt = receipt(&world);
    assert_eq!(receipt["connections_ended"], 2, "{receipt:#}");
    let members = DEMO_MEMBERS
        .iter()
        .filter(|(known, ..)| *known == NORTHWIND);
    assert_eq!(receipt["members_deleted"], members.count(), "{receipt:#}");
    assert_eq!(receipt["copies_kept"], 25, "{receipt:#}");
    // The grants of Microsoft can be ended by their owners alone.
    assert_eq!(receipt["access_left"], 1, "{receipt:#}");
    // The name of a credential that could be brought back would still be taken.
    let free = Secret::new("another".into());
    let connection = mia.connection.parse().unwrap();
    let slot = world.app.vault.own_slot(tenant, connection, 0);
    let put = world.app.vault.put_text(&slot, &free, "again");
    put.await.unwrap();
    let kept = world.aws.secret_texts().into_keys();
    let of_the_tenant = |name: &String| name.contains(&format!("/t/{tenant}/b/"));
    assert_eq!(kept.filter(of_the_tenant).count(), 0);
    assert_eq!(bob.titles_here().await, ["ours"]);
    bob.calendar
        .insert(google_visit("theirs", 5))
        .await
        .unwrap();
    bob.settle().await;
    assert_eq!(bob.titles_now().await, ["ours", "theirs"]);
}

#[tokio::test]
async fn the_copies_in_peoples_calendars_go_where_that_was_asked_for() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("theirs", 3))
        .await
        .unwrap();
    mia.create_entry(&visit("ours", 4)).await;
    mia.settle().await;
    let ada = Person::sign_in(&mia.world, ADA).await.unwrap();

    erase(&ada, NORTHWIND, true).await.expect(202).unwrap();
    mia.settle().await;

    assert_eq!(mia.titles_there().await, ["theirs"]);
    let receipt = receipt(&mia.world);
    assert_eq!(
        (&receipt["copies_removed"], &receipt["copies_kept"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn only_an_administrator_who_knows_the_name_deletes_an_organisation() {
    let world = World::start().await.unwrap();
    let (ada, mia) = (
        Person::sign_in(&world, ADA).await.unwrap(),
        Person::sign_in(&world, MIA).await.unwrap(),
    );
    let before = Kept::of(&world).await;

    let refused = erase(&mia, NORTHWIND, false).await.expect(403).unwrap();
    assert_eq!(refused.at("/code"), "not_permitted");
    let refused = erase(&ada, "Contoso Care", false)
        .await
        .expect(422)
        .unwrap();
    assert_eq!(refused.at("/errors/0/pointer"), "/name");
    for path in ["/organization/delete", "/organization"] {
        let shown = mia.get(path).await.unwrap();
        assert_eq!(shown.status == 200, path == "/organization");
        assert!(
            !shown.text.contains("delete-organization"),
            "{}",
            shown.text
        );
    }
    let press = [("name", NORTHWIND)];
    let pressed = mia.submit("/organization/delete", &press).await.unwrap();
    pressed.expect(403).unwrap();
    let typed = ada
        .submit("/organization/delete", &[("name", "Northwind")])
        .await;
    let again = typed.unwrap().expect(422).unwrap();
    assert!(again.text.contains("Nothing was deleted"), "{}", again.text);

    assert!(Kept::of(&world).await == before);
}

#[tokio::test]
async fn an_organisation_that_is_being_deleted_can_be_looked_at_and_nobody_else_signs_in() {
    let mia = Connected::start().await;
    let world = &mia.world;
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let provider = json!({ "provider": world.provider });
    let connecting = ada.post("/api/v1/connections", &provider).await.unwrap();
    let consent = ada.consent(&connecting.at("/authorize_url"), &[]).await;

    let asked = ada
        .submit("/organization/delete", &[("name", NORTHWIND)])
        .await;
    asked.unwrap().expect(303).unwrap();
    let again = erase(&ada, NORTHWIND, true).await.expect(202).unwrap();
    assert_eq!(again.json()["remove_copies"], false, "it is the same one");

    let page = ada.get("/organization").await.unwrap().expect(200).unwrap();
    assert!(page.text.contains("Being deleted"), "{}", page.text);
    let shown = ada.get(ORGANIZATION).await.unwrap().json();
    assert_eq!(shown["erasure"]["stage"], "end_connections", "{shown:#}");
    let login = json!({ "email": MIA, "password": DEMO_PASSWORD });
    let stranger = Person::stranger(world).unwrap();
    let refused = stranger.post("/api/users/auth/login/", &login).await;
    let refused = refused.unwrap().expect(403).unwrap();
    assert_eq!(refused.at("/code"), "organization_erasing");
    let refreshed = ada.post("/api/users/auth/refresh/", &json!({})).await;
    refreshed.unwrap().expect(401).unwrap();
    let came_back = ada.get(&consent.unwrap()).await.unwrap();
    assert!(
        came_back.text.contains("organisation is being deleted"),
        "{}",
        came_back.text
    );
    assert_eq!(mia.calls("oauth.token").await, 1, "that of the start");
    mia.settle().await;
    let login = json!({ "email": ADA, "password": DEMO_PASSWORD });
    let stranger = Person::stranger(world).unwrap();
    let refused = stranger.post("/api/users/auth/login/", &login).await;
    refused.unwrap().expect(401).unwrap();
}
