//! One tenant's ids in another's hands: each is answered like an id of nothing, and nothing changes.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::World,
};

use crate::support::{Connected, Kept, google_visit, visit, webhook};

mod keys;
mod matrix;
mod paths;
mod ways;

use paths::in_paths;

const ADA: &str = "ada@northwind.test";
const BOB: &str = "bob@contoso.test";

/// Everything of a tenant that has an id.
struct Ids {
    entry: String,
    /// Private to its assignee.
    private: String,
    connection: String,
    calendar: String,
    run: String,
    member: String,
    conflict: String,
    /// An entry that was deleted.
    deleted: String,
    organization: String,
    invite: String,
    session: String,
    webhook: String,
}

impl Ids {
    /// Of the same tenant and kinds, from another time.
    fn of_nothing(&self) -> Self {
        let other = |id: &str| {
            let (prefix, ulid) = id.split_once('_').unwrap();
            format!("{prefix}_00{}", &ulid[2..])
        };
        Self {
            entry: other(&self.entry),
            private: other(&self.private),
            connection: other(&self.connection),
            calendar: other(&self.calendar),
            run: other(&self.run),
            member: other(&self.member),
            conflict: other(&self.conflict),
            deleted: other(&self.deleted),
            organization: other(&self.organization),
            invite: other(&self.invite),
            session: other(&self.session),
            webhook: other(&self.webhook),
        }
    }

    /// A text without the ids, to compare what is said about different ones.
    fn struck_from(&self, text: &str) -> String {
        let all = [
            (&self.entry, "<entry>"),
            (&self.private, "<private>"),
            (&self.connection, "<connection>"),
            (&self.calendar, "<calendar>"),
            (&self.run, "<run>"),
            (&self.member, "<member>"),
            (&self.conflict, "<conflict>"),
            (&self.deleted, "<deleted>"),
            (&self.organization, "<organization>"),
            (&self.invite, "<invite>"),
            (&self.session, "<session>"),
            (&self.webhook, "<webhook>"),
        ];
        all.into_iter()
            .fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn ids(side: &Connected) -> Ids {
    let entry = side.create_entry(&visit("pump", 4)).await;
    let mut private = visit("doctor", 5);
    private["private"] = json!(true);
    let private = side.create_entry(&private).await;
    side.calendar
        .insert(google_visit("boiler", 9))
        .await
        .unwrap();
    side.settle().await;
    let deleted = side.delete_one("lamp", 10).await;
    let conflict = side.fall_apart("filter", 8).await;
    let profile = side.person.get("/api/users/auth/profile/").await.unwrap();
    let invite = json!({ "email": "eve@fabrikam.test", "role": "USER" });
    let invite = side.person.post("/api/v1/invites", &invite).await.unwrap();
    let sessions = side.person.get("/api/v1/sessions").await.unwrap();
    Ids {
        entry: text(&entry["id"]),
        private: text(&private["id"]),
        connection: side.connection.clone(),
        calendar: text(&side.api("/calendars").await["calendars"][0]["id"]),
        run: text(&side.last_run().await["id"]),
        member: profile.at("/id"),
        conflict: text(&conflict["id"]),
        deleted,
        organization: profile.at("/organization/id"),
        invite: invite.at("/id"),
        session: sessions.at("/items/0/id"),
        webhook: webhook(&side.person).await,
    }
}

struct Attempt {
    method: Method,
    path: String,
    body: Option<Body>,
}

enum Body {
    Json(Value),
    Form(Vec<(&'static str, String)>),
}

fn attempt(method: Method, path: impl Into<String>, body: Option<Body>) -> Attempt {
    let path = path.into();
    Attempt { method, path, body }
}

/// In parameters and bodies.
fn in_requests(own: &Ids, named: &Ids) -> Vec<Attempt> {
    let mut assigned = visit("ours", 6);
    assigned["assignees"] = json!([own.member, named.member]);
    let line = json!({ "id": named.calendar, "selected": true, "direction": "bidirectional", "history_days": 30 });
    let list = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";
    let own_entry = format!("/api/v1/schedule/entries/{}", own.entry);
    let own_connection = format!("/api/v1/connections/{}", own.connection);
    let settings = format!("/connections/{}/settings", own.connection);
    vec![
        attempt(
            Method::GET,
            format!("{list}&assignee={}", named.member),
            None,
        ),
        attempt(
            Method::POST,
            "/api/v1/schedule/entries",
            Some(Body::Json(assigned.clone())),
        ),
        attempt(Method::PUT, &own_entry, Some(Body::Json(assigned))),
        attempt(
            Method::PATCH,
            &own_entry,
            Some(Body::Json(json!({ "assignees": [named.member] }))),
        ),
        attempt(
            Method::PUT,
            format!("{own_connection}/calendars"),
            Some(Body::Json(json!({ "calendars": [line] }))),
        ),
        attempt(
            Method::POST,
            settings,
            Some(Body::Form(vec![
                ("receives_new", named.calendar.clone()),
                ("version", "1".into()),
            ])),
        ),
    ]
}

impl Attempt {
    async fn make(&self, person: &Person) -> Answer {
        let request = person
            .request(self.method.clone(), &self.path)
            .await
            .unwrap();
        let request = match &self.body {
            None => request,
            Some(Body::Json(body)) => request.json(body),
            Some(Body::Form(fields)) => request.form(fields),
        };
        person.send(request).await.unwrap()
    }
}

/// Two tenants side by side, with the same kinds of things in each.
async fn two_tenants() -> (Connected, Ids, Connected, Ids) {
    let world = World::start().await.unwrap();
    let ada = Connected::with(world.clone(), ADA).await;
    let bob = Connected::with(world, BOB).await;
    let of_ada = ids(&ada).await;
    let of_bob = ids(&bob).await;
    (ada, of_ada, bob, of_bob)
}

#[tokio::test]
async fn an_id_of_another_tenant_in_a_path_is_answered_like_one_of_nothing() {
    let (ada, of_ada, bob, of_bob) = two_tenants().await;
    let before = Kept::of(&ada.world).await;

    for (person, own, foreign) in [(&ada, &of_ada, &of_bob), (&bob, &of_bob, &of_ada)] {
        let nothing = foreign.of_nothing();
        let pairs = in_paths(own, foreign)
            .into_iter()
            .zip(in_paths(own, &nothing));
        for (theirs, nobodys) in pairs {
            let (told, expected) = (
                theirs.make(&person.person).await,
                nobodys.make(&person.person).await,
            );
            let Attempt { method, path, .. } = &theirs;
            assert_eq!(told.status, 404, "{method} {path}: {}", told.text);
            assert_same(&theirs, (&told, foreign), (&expected, &nothing));
        }
    }

    assert_eq!(Kept::of(&ada.world).await.differs_from(&before), [].into());
}

#[tokio::test]
async fn an_id_of_another_tenant_in_a_request_is_refused_like_one_of_nothing() {
    let (ada, of_ada, bob, of_bob) = two_tenants().await;
    let before = Kept::of(&ada.world).await;

    for (person, own, foreign) in [(&ada, &of_ada, &of_bob), (&bob, &of_bob, &of_ada)] {
        let nothing = foreign.of_nothing();
        let pairs = in_requests(own, foreign)
            .into_iter()
            .zip(in_requests(own, &nothing));
        for (theirs, nobodys) in pairs {
            let (told, expected) = (
                theirs.make(&person.person).await,
                nobodys.make(&person.person).await,
            );
            let Attempt { method, path, .. } = &theirs;
            let refused = [404, 422].contains(&told.status.as_u16());
            assert!(refused, "{method} {path}: {} {}", told.status, told.text);
            assert_same(&theirs, (&told, foreign), (&expected, &nothing));
        }
    }

    assert_eq!(Kept::of(&ada.world).await.differs_from(&before), [].into());
}

/// Nothing tells the two apart but the id that was sent, and the id under which the answer was logged.
fn assert_same(attempt: &Attempt, told: (&Answer, &Ids), expected: (&Answer, &Ids)) {
    let Attempt { method, path, .. } = attempt;
    let said = |(answer, ids): (&Answer, &Ids)| {
        let text = ids.struck_from(&answer.text);
        // Pages show the id to quote when asking for help.
        let text = text.replace(answer.header("x-request-id"), "<request>");
        let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        (answer.status, names, text)
    };
    assert_eq!(said(told), said(expected), "{method} {path}");
}

#[tokio::test]
async fn what_a_tenant_sees_is_its_own() {
    let (ada, of_ada, bob, of_bob) = two_tenants().await;

    for (side, own, foreign) in [(&ada, &of_ada, &of_bob), (&bob, &of_bob, &of_ada)] {
        let mut seen = json!(side.entries().await).to_string();
        for path in [
            "/api/v1/connections",
            "/schedule?week=2027-03-04",
            "/connections",
            "/conflicts",
            "/api/v1/conflicts",
            "/api/v1/schedule/deleted",
            "/schedule/deleted",
        ] {
            let answer = side.person.get(path).await.unwrap().expect(200).unwrap();
            seen += &answer.text;
        }

        let all = [&own.entry, &own.private, &own.connection];
        for id in all.into_iter().chain([&own.conflict, &own.deleted]) {
            assert!(seen.contains(id.as_str()), "{id} is to be seen");
        }
        assert_eq!(foreign.struck_from(&seen), seen);
    }
}

#[tokio::test]
async fn a_list_does_not_go_on_where_another_tenants_list_stopped() {
    let (ada, _, bob, _) = two_tenants().await;
    let list = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&limit=1";
    let begun = ada.person.get(list).await.unwrap().expect(200).unwrap();
    let path = format!("{list}&cursor={}", begun.at("/next_cursor"));
    ada.person.get(&path).await.unwrap().expect(200).unwrap();

    let refused = bob.person.get(&path).await.unwrap().expect(400).unwrap();

    assert_eq!(refused.at("/code"), "bad_cursor");
}
