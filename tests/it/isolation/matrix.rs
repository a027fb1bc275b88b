//! Every route that there is, tried by everybody: what comes of it is what the table of permissions says, and whatever is
//! refused changes nothing.

use domain::{
    api_key::ApiKey,
    audit::{Action, Actor, AuditEntry},
    member::Role,
    permission::{Permission, Rule},
    team::grantable,
};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode, header::COOKIE};
use serde_json::json;
use shared::web::{CONFIRMED_FOR, Need};
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use super::{
    ADA, Ids,
    keys::{is_for_programs, without_uses_of_keys},
    two_tenants,
};
use crate::{
    requests::routes::{Places, Reads, Route, all},
    support::{Connected, Kept, api_key},
    team,
};

/// One member of each role, by the first part of their address.
const MEMBERS: [(&str, Role); 5] = [
    ("ada", Role::Admin),
    ("ivo", Role::ItManager),
    ("mia", Role::TeamMember),
    ("vic", Role::Viewer),
    ("uwe", Role::User),
];

/// Ids in the form of a tenant's that name nothing.
pub(super) const NOTHING: Places<'static> = Places {
    entry: "ent_00000000010000000000000001",
    connection: "con_00000000010000000000000001",
    deleted: "ent_00000000010000000000000001",
    conflict: "cfl_00000000010000000000000001",
    run: "run_00000000010000000000000001",
    key: "key_00000000010000000000000001",
    member: "mem_00000000010000000000000001",
    organization: "ten_00000000010000000000000001",
    invite: "inv_00000000010000000000000001",
    session: "ses_00000000010000000000000001",
    webhook: "whe_00000000010000000000000001",
};

/// A request that is well formed, and asks for as little as the route lets it. With a key, as a program makes it.
pub(super) async fn ask(
    person: &Person,
    key: Option<&str>,
    route: &Route,
    places: &Places<'_>,
) -> Answer {
    let request = route.asked_by(person, &route.address(places)).await;
    let request = match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    };
    let request = match route.reads() {
        Reads::Nothing => request,
        Reads::Json => request.json(&json!({})),
        Reads::Form => request.form(&[("nothing", "")]),
    };
    person.send_once(request).await.unwrap()
}

pub(super) fn gated() -> impl Iterator<Item = Route> {
    all().into_iter().filter(|route| !route.is_public())
}

pub(super) fn is_not_permitted(route: &Route, answer: &Answer) -> bool {
    let said = if route.is_page() {
        answer.text.contains("You do not have access to this")
    } else {
        answer.at("/code") == "not_permitted"
    };
    answer.status == StatusCode::FORBIDDEN && said
}

/// What somebody meets at every route that is not as `may` says, or changes.
async fn complaints_of(
    world: &World,
    person: &Person,
    may: impl Fn(Permission) -> bool,
) -> Vec<String> {
    let before = Kept::of(world).await;
    let mut complaints = Vec::new();
    for route in gated() {
        let lets = match route.gate.need {
            Need::Nobody(_) | Need::SignedIn => true,
            Need::May(permission) => may(permission),
        };
        let answer = ask(person, None, &route, &NOTHING).await;
        let told = !is_not_permitted(&route, &answer);
        if told != lets || answer.status == StatusCode::UNAUTHORIZED {
            let Route {
                method, pattern, ..
            } = &route;
            complaints.push(format!("{method} {pattern}: {}", answer.status));
        }
    }
    let changed = Kept::of(world).await.differs_from(&before);
    complaints.extend(changed.into_iter().map(|key| format!("changed {key}")));
    complaints
}

#[tokio::test]
async fn each_role_gets_where_the_table_lets_it_and_nowhere_else() {
    let world = World::start().await.unwrap();

    for (name, role) in MEMBERS {
        let email = format!("{name}@northwind.test");
        let person = Person::sign_in(&world, &email).await.unwrap();
        let may = |permission: Permission| permission.rule(role) == Rule::Always;
        let complaints = complaints_of(&world, &person, may).await;
        assert_eq!(complaints, [""; 0], "{role}");
    }
}

#[tokio::test]
async fn a_grant_opens_what_it_names_and_nothing_else() {
    const MAX: &str = "max@northwind.test";
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let max = Person::sign_in(&world, MAX).await.unwrap();
    let role = Role::TeamMember;
    let grants: Vec<_> = grantable(role).map(Some).chain([None]).collect();
    assert!(grants.len() > 3);

    for granted in grants {
        let change = json!({ "grants": granted.into_iter().collect::<Vec<_>>() });
        team::change(&ada, MAX, change).await.expect(200).unwrap();
        let may = |permission: Permission| {
            permission.rule(role) == Rule::Always || granted == Some(permission)
        };
        let complaints = complaints_of(&world, &max, may).await;
        assert_eq!(complaints, [""; 0], "{granted:?}");
    }
}

fn asks_for_password(route: &Route, answer: &Answer) -> bool {
    if route.is_page() {
        answer.status == StatusCode::SEE_OTHER
            && answer
                .header("location")
                .starts_with("/sign-in/confirm?next=%2F")
    } else {
        answer.status == StatusCode::FORBIDDEN && answer.at("/code") == "confirmation_required"
    }
}

/// What gives somebody power over others, or takes everything away: it must be declared so that the password is asked for.
fn must_be_confirmed(route: &Route) -> bool {
    use Permission::{IntegrationsManage, OrganizationManage, TeamManage};
    let managing = [TeamManage, OrganizationManage, IntegrationsManage].map(Need::May);
    // What is tried again or shown in another order gives nobody anything; a forgotten connector is back with its next report,
    // and a webhook is told or not told of the same at the same address.
    let harmless = [
        "/retry", "/pinned", "/forget", "/enable", "/disable", "/test",
    ];
    let connecting = ["/api/v1/connections", "/connections/connect"];
    let ending = ["/api/v1/connections/{id}", "/connections/{id}/disconnect"];
    let is_named = connecting
        .iter()
        .chain(&ending)
        .any(|path| route.pattern == *path);
    let is_harmless = harmless.iter().any(|end| route.pattern.ends_with(end));
    !route.is_safe() && !is_harmless && (managing.contains(&route.gate.need) || is_named)
}

#[tokio::test]
async fn whatever_asks_for_a_password_does_so_a_quarter_of_an_hour_after_the_last() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let moment = SignedDuration::from_secs(1);
    let mut complaints: Vec<String> = gated()
        .filter(|route| must_be_confirmed(route) && !route.gate.confirmed)
        .map(|route| format!("{} {} is not confirmed", route.method, route.pattern))
        .collect();
    assert!(gated().filter(must_be_confirmed).count() > 10);

    for (later, is_over) in [(CONFIRMED_FOR - moment, false), (moment, true)] {
        world.clock.advance(later).unwrap();
        // The proof of the session is younger than the password.
        ada.post("/api/users/auth/refresh/", &json!({}))
            .await
            .unwrap();
        let before = Kept::of(&world).await;
        for route in gated() {
            let answer = ask(&ada, None, &route, &NOTHING).await;
            let Route {
                method, pattern, ..
            } = &route;
            if asks_for_password(&route, &answer) != (is_over && route.gate.confirmed) {
                complaints.push(format!("{method} {pattern}: {}", answer.status));
            }
        }
        let changed = Kept::of(&world).await.differs_from(&before);
        complaints.extend(changed.into_iter().map(|key| format!("changed {key}")));
    }

    assert_eq!(complaints, [""; 0]);
}

/// As a browser that has only these cookies.
async fn ask_with(world: &World, route: &Route, cookies: &str) -> Answer {
    let stranger = Person::stranger(world).unwrap();
    let request = route.asked_by(&stranger, &route.address(&NOTHING)).await;
    stranger
        .send_once(request.header(COOKIE, cookies))
        .await
        .unwrap()
}

/// The cookies of a signed-in browser, and its proof of origin.
async fn browser_of_ada(world: &World) -> (String, String) {
    let login = json!({ "email": ADA, "password": DEMO_PASSWORD });
    let came = Person::stranger(world)
        .unwrap()
        .post("/api/users/auth/login/", &login)
        .await;
    let came = came.unwrap().expect(200).unwrap();
    let set = came.headers.get_all("set-cookie").iter();
    let pairs = set.map(|set| set.to_str().unwrap().split(';').next().unwrap());
    (pairs.collect::<Vec<_>>().join("; "), came.at("/csrf_token"))
}

#[tokio::test]
async fn a_session_that_is_over_opens_nothing() {
    let world = World::start().await.unwrap();
    let (signed_out, csrf) = browser_of_ada(&world).await;
    let (expiring, _) = browser_of_ada(&world).await;
    let browser = Person::stranger(&world).unwrap();
    let leaving = browser
        .request(Method::POST, "/api/users/auth/logout/")
        .await
        .unwrap();
    let leaving = leaving
        .header(COOKIE, &signed_out)
        .header("x-csrf-token", csrf);
    browser.send(leaving).await.unwrap().expect(204).unwrap();
    let mut complaints = Vec::new();

    for (what, cookies) in [("signed out", signed_out), ("expired", expiring)] {
        if what == "expired" {
            world.clock.advance(shared::web::ACCESS_LIFETIME).unwrap();
        }
        for route in gated().filter(|route| route.method == Method::GET) {
            let answer = ask_with(&world, &route, &cookies).await;
            let refused = if route.is_page() {
                answer.header("location").starts_with("/sign-in/continue")
            } else {
                answer.status == StatusCode::UNAUTHORIZED
            };
            if !refused {
                let Route {
                    method, pattern, ..
                } = &route;
                complaints.push(format!("{what}, {method} {pattern}: {}", answer.status));
            }
        }
    }

    assert_eq!(complaints, [""; 0]);
}

impl Ids {
    fn places<'a>(&'a self, key: &'a str) -> Places<'a> {
        Places {
            entry: &self.entry,
            connection: &self.connection,
            deleted: &self.deleted,
            conflict: &self.conflict,
            run: &self.run,
            member: &self.member,
            organization: &self.organization,
            invite: &self.invite,
            session: &self.session,
            webhook: &self.webhook,
            key,
        }
    }
}

/// What the audit log of somebody's organisation says of ids of others.
async fn denied(person: &Connected) -> Vec<AuditEntry> {
    let tenant = person.world.tenant_of(&person.person.email).await.unwrap();
    let mut lines = tenant.audit(None, 10_000).await.unwrap();
    lines.retain(|line| line.action == Action::CrossTenantDenied);
    lines
}

#[tokio::test]
async fn every_address_with_an_id_of_another_tenant_is_refused_and_written_down() {
    let (ada, _, bob, of_bob) = two_tenants().await;
    let (their_key, _) = api_key(&bob.person, json!({})).await;
    let (_, own_key) = api_key(&ada.person, json!({ "scopes": ApiKey::SCOPES })).await;
    let nothing = of_bob.of_nothing();
    let before = Kept::of(&ada.world).await;
    let mut complaints = Vec::new();
    let with_ids = |route: &Route| route.address(&NOTHING).contains("_0000000001");
    let members = gated().map(|route| (route, None));
    let in_scope = |route: &Route| {
        let need = route.gate.need;
        is_for_programs(route) && ApiKey::SCOPES.map(Need::May).contains(&need)
    };
    let programs = gated().filter(in_scope);
    let programs = programs.map(|route| (route, Some(own_key.as_str())));

    for (route, key) in members.chain(programs).filter(|(route, _)| with_ids(route)) {
        let places = of_bob.places(&their_key);
        let told = ask(&ada.person, key, &route, &places).await;
        let places = nothing.places(NOTHING.key);
        let expected = ask(&ada.person, key, &route, &places).await;
        let said = |answer: &Answer, ids: &Ids, key: &str| {
            ids.struck_from(&answer.said()).replace(key, "<key>")
        };
        let same = told.status == expected.status
            && said(&told, &of_bob, &their_key) == said(&expected, &nothing, NOTHING.key);
        let audited = denied(&ada).await;
        let actor = if key.is_some() { "api_key" } else { "member" };
        let Route {
            method, pattern, ..
        } = &route;
        if !told.status.is_client_error() || !same {
            complaints.push(format!(
                "{actor}, {method} {pattern}: {} and {}",
                told.status, expected.status
            ));
        }
        let is_it = |line: &&AuditEntry| line.request_id == told.header("x-request-id");
        let by_key = |line: &AuditEntry| matches!(line.actor, Actor::ApiKey { .. });
        let line = audited.iter().find(is_it);
        if line.is_none_or(|line| by_key(line) != key.is_some()) {
            complaints.push(format!("{actor}, {method} {pattern}: not written down"));
        }
    }

    assert_eq!(complaints, [""; 0]);
    let changed = Kept::of(&ada.world).await.differs_from(&before);
    assert_eq!(without_uses_of_keys(changed), [""; 0]);
    let told = denied(&bob).await;
    assert_eq!(told, [], "nobody of the other organisation is told");
}
