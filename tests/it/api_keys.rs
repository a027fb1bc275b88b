//! Programs with a key: what they may, how often, and until when.

mod pages;

use jiff::SignedDuration;
use reqwest::{Method, header::AUTHORIZATION};
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::World,
};

use crate::{
    support::{ADA, Kept, MIA, api_key, visit},
    team,
};

const ENTRIES: &str = "/api/v1/schedule/entries";
const LIST: &str = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";
const KEYS: &str = "/api/v1/api-keys";
const MAX: &str = "max@northwind.test";

async fn ask(world: &World, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let program = Person::stranger(world).unwrap();
    let request = program.request(method, path).await.unwrap();
    let request = request.header(AUTHORIZATION, format!("Bearer {key}"));
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    program.send(request).await.unwrap()
}

async fn read(world: &World, key: &str) -> Answer {
    ask(world, key, Method::GET, LIST, None).await
}

#[tokio::test]
async fn a_program_does_what_its_scopes_name_and_nothing_else() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (_, reads) = api_key(&ada, json!({})).await;
    let (_, writes) = api_key(
        &ada,
        json!({ "scopes": ["schedule.read", "schedule.write"] }),
    )
    .await;

    read(&world, &reads).await.expect(200).unwrap();
    let refused = ask(
        &world,
        &reads,
        Method::POST,
        ENTRIES,
        Some(&visit("pump", 4)),
    )
    .await;
    assert_eq!(refused.expect(403).unwrap().at("/code"), "not_permitted");
    let made = ask(
        &world,
        &writes,
        Method::POST,
        ENTRIES,
        Some(&visit("pump", 4)),
    )
    .await;
    let id = made.expect(201).unwrap().at("/id");

    assert!(read(&world, &reads).await.text.contains(&id));
    let refused = ask(&world, &writes, Method::GET, "/api/v1/conflicts", None).await;
    assert_eq!(refused.expect(403).unwrap().at("/code"), "not_permitted");
}

#[tokio::test]
async fn what_a_person_has_to_confirm_or_look_at_is_not_for_programs() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let all = ["schedule.read", "connections.own", "ops.admin"];
    let (id, key) = api_key(&ada, json!({ "scopes": all })).await;

    for (method, path) in [
        (Method::GET, "/api/users/auth/profile/"),
        (Method::GET, "/schedule"),
        (Method::POST, "/api/v1/connections"),
        (Method::POST, KEYS),
        (Method::DELETE, &*format!("{KEYS}/{id}")),
        (Method::DELETE, "/api/v1/organization"),
        (Method::POST, "/api/users/auth/confirm/"),
    ] {
        let refused = ask(&world, &key, method.clone(), path, Some(&json!({}))).await;
        assert_eq!(refused.status, 403, "{method} {path}: {}", refused.text);
    }
    read(&world, &key).await.expect(200).unwrap();
}

#[tokio::test]
async fn nobody_gives_a_program_more_than_they_have() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    for scope in [
        "team.manage",
        "organization.manage",
        "integrations.manage",
        "everything",
    ] {
        let wanted = json!({ "name": "Too much", "scopes": [scope] });
        let refused = ada.post(KEYS, &wanted).await.unwrap();
        assert_eq!(refused.status, 422, "{scope}: {}", refused.text);
    }
    let wanted = json!({ "name": "Mine", "scopes": ["schedule.read"] });
    let refused = mia.post(KEYS, &wanted).await.unwrap().expect(403).unwrap();
    assert_eq!(refused.at("/code"), "not_permitted");
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_nowhere() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (_, key) = api_key(&ada, json!({})).await;
    read(&world, &key).await.expect(200).unwrap();

    let listed = ada.get(KEYS).await.unwrap().expect(200).unwrap();
    let page = ada
        .get("/integrations/api-keys")
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let stored = world.aws.dump_table(&world.app.config.table).await.unwrap();

    let secret = key.strip_prefix("kalends_").unwrap();
    for kept in [&listed.text, &page.text, &stored] {
        assert!(!kept.contains(secret));
        assert!(kept.contains(&key[..12]), "its beginning is to be seen");
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_or_too_old_opens_nothing_any_more() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (id, revoked) = api_key(&ada, json!({})).await;
    let (_, short) = api_key(&ada, json!({ "expires_in_days": 1 })).await;
    read(&world, &revoked).await.expect(200).unwrap();

    let path = format!("{KEYS}/{id}");
    ada.delete(&path).await.unwrap().expect(204).unwrap();
    ada.delete(&path).await.unwrap().expect(204).unwrap();

    read(&world, &revoked).await.expect(401).unwrap();
    read(&world, &short).await.expect(200).unwrap();
    world.clock.advance(SignedDuration::from_hours(24)).unwrap();
    read(&world, &short).await.expect(401).unwrap();
    for nobodys in [
        "kalends_",
        "kalends_made-up",
        "sk_live_1",
        "",
        &"kalends_x".repeat(50),
    ] {
        read(&world, nobodys).await.expect(401).unwrap();
    }
}

#[tokio::test]
async fn a_key_opens_nothing_once_the_erasure_of_its_organisation_has_begun() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();
    let scopes = json!({ "scopes": ["schedule.read", "schedule.write"] });
    let (_, key) = api_key(&ada, scopes).await;
    let (_, of_bob) = api_key(&bob, json!({})).await;
    read(&world, &key).await.expect(200).unwrap();

    let wanted = json!({ "name": "Northwind Field Service" });
    let begun = ada.json(Method::DELETE, "/api/v1/organization", &wanted);
    begun.await.unwrap().expect(202).unwrap();

    let before = Kept::of(&world).await;
    read(&world, &key).await.expect(401).unwrap();
    let visit = visit("pump", 4);
    let refused = ask(&world, &key, Method::POST, ENTRIES, Some(&visit)).await;
    assert_eq!(refused.expect(401).unwrap().at("/code"), "unauthenticated");
    assert_eq!(Kept::of(&world).await.differs_from(&before), [].into());
    read(&world, &of_bob).await.expect(200).unwrap();
}

#[tokio::test]
async fn a_key_opens_nothing_while_its_member_is_deactivated() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let max = Person::sign_in(&world, MAX).await.unwrap();
    let granted = json!({ "grants": ["integrations.manage"] });
    team::change(&ada, MAX, granted).await.expect(200).unwrap();
    let (_, key) = api_key(&max, json!({})).await;
    let (_, of_ada) = api_key(&ada, json!({})).await;

    for (state, status) in [("active", 200), ("deactivated", 401), ("active", 200)] {
        let state = json!({ "state": state });
        team::change(&ada, MAX, state).await.expect(200).unwrap();
        read(&world, &key).await.expect(status).unwrap();
        read(&world, &of_ada).await.expect(200).unwrap();
    }
}

#[tokio::test]
async fn a_key_does_only_what_the_role_of_its_member_still_allows() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let administrator = json!({ "role": "ADMIN" });
    let changed = team::change(&ada, MAX, administrator).await;
    changed.expect(200).unwrap();
    let max = Person::sign_in(&world, MAX).await.unwrap();
    let scopes = ["schedule.read", "schedule.write", "ops.admin"];
    let (_, key) = api_key(&max, json!({ "scopes": scopes })).await;

    for (role, audits, writes) in [
        ("ADMIN", 200, 201),
        ("TEAM_MEMBER", 403, 201),
        ("VIEWER", 403, 403),
        ("USER", 403, 201),
        // The key kept its scopes: what its member may again, it may again.
        ("ADMIN", 200, 201),
    ] {
        let role = json!({ "role": role });
        team::change(&ada, MAX, role).await.expect(200).unwrap();

        let audit = ask(&world, &key, Method::GET, "/api/v1/ops/audit", None).await;
        let visit = visit("pump", 4);
        let write = ask(&world, &key, Method::POST, ENTRIES, Some(&visit)).await;

        read(&world, &key).await.expect(200).unwrap();
        audit.expect(audits).unwrap();
        write.expect(writes).unwrap();
    }
}

#[tokio::test]
async fn a_key_asks_as_often_as_it_may_in_a_minute_and_is_told_when_it_may_again() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (_, hasty) = api_key(&ada, json!({ "requests_per_minute": 3 })).await;
    let (_, other) = api_key(&ada, json!({})).await;

    for left in ["2", "1", "0"] {
        let answer = read(&world, &hasty).await.expect(200).unwrap();
        assert_eq!(answer.header("ratelimit-policy"), "\"minute\";q=3;w=60");
        assert!(
            answer
                .header("ratelimit")
                .starts_with(&format!("\"minute\";r={left};t="))
        );
    }
    let refused = read(&world, &hasty).await.expect(429).unwrap();
    assert_eq!(refused.at("/code"), "rate_limited");
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    read(&world, &other).await.expect(200).unwrap();

    world
        .clock
        .advance(SignedDuration::from_secs(wait))
        .unwrap();
    read(&world, &hasty).await.expect(200).unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let listed = ada.get(KEYS).await.unwrap();
    assert_eq!(listed.at("/usage/requests_24h"), "6");
    assert_eq!(listed.at("/usage/active_keys"), "2");
    assert_eq!(listed.at("/usage/peak_percent_24h"), "100");
}
