//! Members of an organisation, and what an administrator changes of them.

use domain::audit::AuditEntry;
use futures::future::join;
use jiff::SignedDuration;
use reqwest::{Method, header::IF_MATCH};
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use crate::support::{ADA, Connected, Kept, MIA, google_visit, visit};

const IVO: &str = "ivo@northwind.test";
const MAX: &str = "max@northwind.test";
const UWE: &str = "uwe@northwind.test";
const MEMBERS: &str = "/api/v1/members";
const PROFILE: &str = "/api/users/auth/profile/";
const ORGANIZATIONS: &str = "/api/users/organizations/";

async fn member(admin: &Person, email: &str) -> Value {
    let listed = admin
        .get(MEMBERS)
        .await
        .unwrap()
        .expect(200)
        .unwrap()
        .json();
    let items = listed["items"].as_array().unwrap();
    let found = items.iter().find(|one| one["email"] == email);
    found
        .unwrap_or_else(|| panic!("no {email} in {listed:#}"))
        .clone()
}

async fn path_of(admin: &Person, email: &str) -> String {
    let found = member(admin, email).await;
    format!("{MEMBERS}/{}", found["id"].as_str().unwrap())
}

pub(crate) async fn change(admin: &Person, email: &str, change: Value) -> Answer {
    let path = path_of(admin, email).await;
    admin.json(Method::PATCH, &path, &change).await.unwrap()
}

async fn log_in(world: &World, email: &str) -> Answer {
    let login = json!({ "email": email, "password": DEMO_PASSWORD });
    let stranger = Person::stranger(world).unwrap();
    stranger
        .post("/api/users/auth/login/", &login)
        .await
        .unwrap()
}

/// The lines of the audit log with these actions, oldest first.
async fn told(world: &World, actions: &[&str]) -> Vec<AuditEntry> {
    let tenant = world.tenant_of(ADA).await.unwrap();
    let mut lines = tenant.audit(None, 1_000).await.unwrap();
    lines.retain(|line| actions.contains(&line.action.name()));
    lines.reverse();
    lines
}

#[tokio::test]
async fn an_administrator_sees_who_can_sign_in_what_they_may_and_when_they_last_did() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(3)).unwrap();
    Person::sign_in(&world, MAX).await.unwrap();
    let now = world.clock.now();

    let max = member(&ada, MAX).await;

    assert_eq!(max["role"], "TEAM_MEMBER");
    assert_eq!(max["grants"], json!(["ops.full_access"]));
    assert_eq!(max["state"], "active");
    assert_eq!(max["last_sign_in_at"], json!(now));
    assert_eq!(member(&ada, UWE).await["last_sign_in_at"], Value::Null);
    let page = ada.get("/members").await.unwrap().expect(200).unwrap();
    for words in [
        "Max Maurer",
        "See personal details unmasked",
        "Uwe Unger",
        "Never",
    ] {
        assert!(page.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn members_are_managed_by_administrators_only_and_with_a_fresh_password() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let path = path_of(&ada, UWE).await;
    for email in [IVO, MIA, MAX] {
        let other = Person::sign_in(&world, email).await.unwrap();
        for page in [MEMBERS, &path, "/members"] {
            assert_eq!(other.get(page).await.unwrap().status, 403, "{email} {page}");
        }
        let role = json!({ "role": "ADMIN" });
        let tried = other.json(Method::PATCH, &path, &role).await.unwrap();
        assert_eq!(tried.expect(403).unwrap().at("/code"), "not_permitted");
        assert!(
            !other
                .get("/schedule")
                .await
                .unwrap()
                .text
                .contains("nav-members")
        );
    }

    world.clock.advance(SignedDuration::from_mins(16)).unwrap();
    ada.get(PROFILE).await.unwrap();
    let request = ada.request(Method::PATCH, &path).await.unwrap();
    let request = request.json(&json!({ "role": "VIEWER" }));
    let unconfirmed = ada.send_once(request).await.unwrap().expect(403).unwrap();
    assert_eq!(unconfirmed.at("/code"), "confirmation_required");
    assert_eq!(member(&ada, UWE).await["role"], "USER");
}

#[tokio::test]
async fn a_role_and_a_grant_count_from_the_next_request_on_and_are_written_down() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let max = Person::sign_in(&world, MAX).await.unwrap();
    let may = async || max.get(PROFILE).await.unwrap().at("/permissions");

    let grants = json!({ "grants": ["integrations.read"] });
    change(&ada, MAX, grants).await.expect(200).unwrap();
    assert!(may().await.contains("integrations.read"));
    assert!(!may().await.contains("ops.full_access"));

    let viewer = change(&ada, MAX, json!({ "role": "VIEWER" })).await;
    assert_eq!(viewer.expect(200).unwrap().at("/grants"), "[]");
    assert!(!may().await.contains("integrations.read"));
    let back = change(&ada, MAX, json!({ "role": "TEAM_MEMBER" })).await;
    back.expect(200).unwrap();
    assert!(
        !may().await.contains("integrations.read"),
        "grants do not come back"
    );

    let lines = told(&world, &["member.role_changed", "member.grants_changed"]).await;
    let mut said: Vec<_> = lines
        .iter()
        .map(|line| (line.action.name(), line.before.clone(), line.after.clone()))
        .collect();
    // The clock stands still, and with it the order.
    said.sort_by_key(|line| format!("{line:?}"));
    let grants = |all: &[&str]| Some(json!({ "grants": all }));
    let role = |role: &str| Some(json!({ "role": role }));
    let (of_role, of_grants) = ("member.role_changed", "member.grants_changed");
    assert_eq!(
        said,
        [
            (of_grants, grants(&["integrations.read"]), grants(&[])),
            (
                of_grants,
                grants(&["ops.full_access"]),
                grants(&["integrations.read"])
            ),
            (of_role, role("TEAM_MEMBER"), role("VIEWER")),
            (of_role, role("VIEWER"), role("TEAM_MEMBER")),
        ]
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_changes_nothing() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let before = Kept::of(&world).await;

    let oneself = change(&ada, ADA, json!({ "role": "VIEWER" })).await;
    assert_eq!(oneself.expect(409).unwrap().at("/code"), "oneself");
    let oneself = change(&ada, ADA, json!({ "state": "deactivated" })).await;
    assert_eq!(oneself.expect(409).unwrap().at("/code"), "oneself");
    for (grants, email) in [(["ops.full_access"], UWE), (["team.manage"], MAX)] {
        let beyond = change(&ada, email, json!({ "grants": grants })).await;
        let beyond = beyond.expect(422).unwrap();
        assert_eq!(beyond.at("/errors/0/pointer"), "/grants");
    }
    let path = path_of(&ada, UWE).await;
    let request = ada.request(Method::PATCH, &path).await.unwrap();
    let request = request.header(IF_MATCH, "\"7\"");
    let stale = ada.send(request.json(&json!({ "role": "VIEWER" }))).await;
    assert_eq!(stale.unwrap().expect(412).unwrap().at("/code"), "version");

    assert_eq!(Kept::of(&world).await.differs_from(&before), [].into());
    let tag = ada.get(&path).await.unwrap();
    let request = ada.request(Method::PATCH, &path).await.unwrap();
    let request = request.header(IF_MATCH, tag.header("etag"));
    let fresh = ada.send(request.json(&json!({ "role": "VIEWER" }))).await;
    let fresh = fresh.unwrap().expect(200).unwrap();
    assert_ne!(fresh.header("etag"), tag.header("etag"));
}

#[tokio::test]
async fn of_administrators_who_take_each_others_role_in_the_same_moment_one_remains() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let ivo = Person::sign_in(&world, IVO).await.unwrap();
    let (to_ada, to_ivo) = (path_of(&ada, ADA).await, path_of(&ada, IVO).await);
    let admin = json!({ "role": "ADMIN" });
    let made = ada.json(Method::PATCH, &to_ivo, &admin).await.unwrap();
    made.expect(200).unwrap();

    for taken in [json!({ "role": "USER" }), json!({ "state": "deactivated" })] {
        let (by_ada, by_ivo) = join(
            ada.json(Method::PATCH, &to_ivo, &taken),
            ivo.json(Method::PATCH, &to_ada, &taken),
        )
        .await;
        let mut said = [by_ada.unwrap().status, by_ivo.unwrap().status];
        said.sort();
        assert_eq!(said[0], 200, "{said:?}");
        assert!([401, 403].contains(&said[1].as_u16()), "{said:?}");

        let leader = if ada.get(MEMBERS).await.is_ok_and(|list| list.status == 200) {
            &ada
        } else {
            &ivo
        };
        let listed = leader
            .get(MEMBERS)
            .await
            .unwrap()
            .expect(200)
            .unwrap()
            .json();
        let leads = |one: &&Value| one["role"] == "ADMIN" && one["state"] == "active";
        let admins = listed["items"].as_array().unwrap().iter().filter(leads);
        assert_eq!(admins.count(), 1, "{listed:#}");
        let other = if leader.email == ADA {
            &to_ivo
        } else {
            &to_ada
        };
        let again = json!({ "role": "ADMIN", "state": "active" });
        let again = leader.json(Method::PATCH, other, &again).await.unwrap();
        again.expect(200).unwrap();
    }
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once_and_nothing_leaves_or_comes_in() {
    let mia = Connected::start().await;
    let world = mia.world.clone();
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    let out = change(&ada, MIA, json!({ "state": "deactivated" })).await;
    assert_eq!(out.expect(200).unwrap().at("/state"), "deactivated");

    let asked = mia.person.request(Method::GET, PROFILE).await.unwrap();
    assert_eq!(mia.person.send_once(asked).await.unwrap().status, 401);
    let renewed = mia
        .person
        .post("/api/users/auth/refresh/", &json!({}))
        .await;
    assert_eq!(renewed.unwrap().status, 401);
    let refused = log_in(&world, MIA).await.expect(403).unwrap();
    assert_eq!(refused.at("/code"), "member_deactivated");
    let id = member(&ada, MIA).await["id"].as_str().unwrap().to_owned();
    let mut ours = visit("ours", 5);
    ours["assignees"] = json!([id]);
    let entry = ada.post("/api/v1/schedule/entries", &ours).await.unwrap();
    entry.expect(201).unwrap();
    mia.calendar
        .insert(google_visit("theirs", 6))
        .await
        .unwrap();
    mia.later(SignedDuration::from_mins(70)).await;
    assert_eq!(mia.titles_there().await, ["pump", "theirs"]);
    ada.get(PROFILE).await.unwrap();
    let page = ada.get(&format!("/members/{id}")).await.unwrap();
    assert!(
        page.text.contains("Their calendar is paused"),
        "{}",
        page.text
    );

    let back = change(&ada, MIA, json!({ "state": "active" })).await;
    back.expect(200).unwrap();
    let asked = mia.person.request(Method::GET, PROFILE).await.unwrap();
    assert_eq!(mia.person.send_once(asked).await.unwrap().status, 401);
    let mia = mia.signed_in_again(MIA).await;
    assert_ne!(mia.api("").await["paused_at"], Value::Null);
    assert_eq!(mia.titles_here().await, ["ours", "pump"]);
    mia.press("resume").await;
    mia.settle().await;
    assert_eq!(mia.titles_here().await, ["ours", "pump", "theirs"]);
    assert_eq!(mia.titles_there().await, ["ours", "pump", "theirs"]);
    let lines = told(&world, &["member.deactivated", "member.reactivated"]).await;
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn everybody_belongs_to_one_organisation_and_finds_no_other() {
    let world = World::start().await.unwrap();
    let uwe = Person::sign_in(&world, UWE).await.unwrap();
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();

    let own = uwe.get(ORGANIZATIONS).await.unwrap().expect(200).unwrap();

    assert_eq!(own.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(own.at("/items/0/name"), "Northwind Field Service");
    assert_eq!(own.at("/items/0/role"), "USER");
    let path = format!("{ORGANIZATIONS}{}/", own.at("/items/0/id"));
    let one = uwe.get(&path).await.unwrap().expect(200).unwrap();
    assert_eq!(one.json(), own.json()["items"][0]);
    bob.get(&path).await.unwrap().expect(404).unwrap();
}
