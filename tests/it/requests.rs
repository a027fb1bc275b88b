//! Requests that are wrong in any way: each route says so, changes nothing, and goes on working.

mod expected;
mod pointers;
pub(crate) mod routes;
mod wrong;

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::World,
};

use self::expected::{Expected, excerpt, shape_flaw};
use self::routes::{NOWHERE, Places, Reads, Route, all};
use crate::support::{ADA, Connected, Kept, api_key, google_visit, visit, webhook};

/// A member with a connection, an entry, a conflict and a run, and somebody whom nobody knows.
struct Story {
    ada: Connected,
    stranger: Person,
    entry: String,
    deleted: String,
    conflict: String,
    run: String,
    key: String,
    member: String,
    organization: String,
    invite: String,
    webhook: String,
    complaints: Vec<String>,
}

impl Story {
    async fn start() -> Self {
        let ada = Connected::with(World::start().await.unwrap(), ADA).await;
        let mut entry = visit("pump", 4);
        entry["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
        let entry = ada.create_entry(&entry).await;
        let deleted = ada.delete_one("lamp", 9).await;
        let conflict = ada.fall_apart("filter", 8).await;
        let profile = ada.person.get("/api/users/auth/profile").await.unwrap();
        let members = ada.person.get("/api/v1/members").await.unwrap().json();
        let members = members["items"].as_array().unwrap();
        let invite = json!({ "email": "eve@northwind.test", "role": "USER" });
        let invite = ada.person.post("/api/v1/invites", &invite).await.unwrap();
        let other = members
            .iter()
            .find(|one| one["email"] == "uwe@northwind.test");
        Self {
            stranger: Person::stranger(&ada.world).unwrap(),
            entry: entry["id"].as_str().unwrap().to_owned(),
            deleted,
            conflict: conflict["id"].as_str().unwrap().to_owned(),
            run: ada.last_run().await["id"].as_str().unwrap().to_owned(),
            key: api_key(&ada.person, json!({})).await.0,
            member: other.unwrap()["id"].as_str().unwrap().to_owned(),
            organization: profile.at("/organization/id"),
            invite: invite.at("/id"),
            webhook: webhook(&ada.person).await,
            ada,
            complaints: Vec::new(),
        }
    }

    fn places(&self) -> Places<'_> {
        Places {
            entry: &self.entry,
            connection: &self.ada.connection,
            deleted: &self.deleted,
            conflict: &self.conflict,
            run: &self.run,
            key: &self.key,
            member: &self.member,
            organization: &self.organization,
            invite: &self.invite,
            session: NOWHERE.session,
            webhook: &self.webhook,
        }
    }

    /// What a signed-in browser must not send in passing, such as a sign-out, comes from a stranger.
    fn sender(&self, route: &Route) -> &Person {
        if route.is_public() {
            &self.stranger
        } else {
            &self.ada.person
        }
    }

    /// Notes what is not as it should be; a table row per route would hide all but the first.
    fn check(&mut self, route: &Route, what: &str, answer: &Answer, expected: Expected) {
        let flaws = [expected.flaw(answer), shape_flaw(route, answer)];
        for flaw in flaws.into_iter().flatten() {
            let Route {
                method, pattern, ..
            } = route;
            self.complaints
                .push(format!("{method} {pattern}, {what}: {flaw}"));
        }
    }

    async fn check_kept(&mut self, route: &Route, before: &Kept) {
        let changed = Kept::of(&self.ada.world).await.differs_from(before);
        if !changed.is_empty() {
            let Route {
                method, pattern, ..
            } = route;
            self.complaints
                .push(format!("{method} {pattern} changed {changed:?}"));
        }
    }

    /// Nothing was found, and both directions still work.
    async fn end(self) {
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
        self.ada
            .calendar
            .insert(google_visit("boiler", 9))
            .await
            .unwrap();
        self.ada.create_entry(&visit("valve", 10)).await;
        self.ada.settle().await;
        self.ada.entry("boiler").await;
        self.ada.event("valve").await;
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_by_every_route_and_changes_nothing() {
    let mut story = Story::start().await;

    for route in all() {
        let (bodies, expected, path) = match route.reads() {
            Reads::Json => (
                wrong::json_bodies(),
                Expected::Refused,
                route.address(&story.places()),
            ),
            Reads::Form => (
                wrong::form_bodies(),
                Expected::Refused,
                route.address(&story.places()),
            ),
            // What is not read does not matter; where it is sent must not matter either.
            Reads::Nothing if route.is_safe() => continue,
            Reads::Nothing => (
                wrong::json_bodies(),
                Expected::Survived,
                route.address(&NOWHERE),
            ),
        };
        let before = Kept::of(&story.ada.world).await;
        for body in bodies {
            let person = story.sender(&route);
            let mut request = route.asked_by(person, &path).await;
            if let Some(kind) = body.kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let answer = person.send(request.body(body.bytes)).await.unwrap();
            story.check(&route, body.what, &answer, expected);
        }
        story.check_kept(&route, &before).await;
    }
    story.end().await;
}

#[tokio::test]
async fn an_id_that_is_none_names_nothing() {
    let mut story = Story::start().await;
    let before = Kept::of(&story.ada.world).await;

    for route in all() {
        for parameter in route.parameters() {
            let long = "9".repeat(2_000);
            for garbage in wrong::IDS.into_iter().chain([long.as_str()]) {
                let other = Route {
                    pattern: route.pattern.replace(parameter, garbage),
                    ..route.clone()
                };
                let path = other.address(&story.places());
                let answer = ask(&story.ada.person, &route, &path, None).await;
                story.check(&route, garbage, &answer, Expected::Missing);
            }
        }
        story.check_kept(&route, &before).await;
    }
    story.end().await;
}

/// A request that could be read, if there was anything to read it for.
async fn ask(person: &Person, route: &Route, path: &str, query: Option<&str>) -> Answer {
    let path = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let request = route.asked_by(person, &path).await;
    let request = match route.reads() {
        Reads::Nothing => request,
        Reads::Json => request.json(&readable(route)),
        Reads::Form => request.form(&[
            ("version", "1"),
            ("provider", "google"),
            ("email", ADA),
            ("role", "USER"),
        ]),
    };
    person.send(request).await.unwrap()
}

fn readable(route: &Route) -> Value {
    if route.pattern.ends_with("/calendars") {
        json!({ "calendars": [] })
    } else if route.pattern.ends_with("/resolve") {
        json!({ "keep": "local", "version": 1 })
    } else if route.pattern.starts_with("/api/v1/members/") {
        json!({ "role": "USER" })
    } else {
        visit("pump", 4)
    }
}

#[tokio::test]
async fn every_form_may_bring_its_proof_of_origin_as_a_field() {
    let story = Story::start().await;
    let mut forms = all();
    forms.retain(|route| route.reads() == Reads::Form);
    assert!(forms.len() > 20, "{} forms", forms.len());
    // An empty form means something there, and takes the connection from the others.
    forms.sort_by_key(|route| route.pattern.ends_with("/disconnect"));

    for route in forms {
        let path = route.address(&story.places());
        let answer = story.sender(&route).submit(&path, &[]).await.unwrap();
        let is_known = !answer.text.contains("unknown field `csrf_token`");
        assert!(
            is_known,
            "{} {}: {}",
            route.method, route.pattern, answer.text
        );
    }
}

#[tokio::test]
async fn parameters_that_mean_nothing_break_no_route() {
    let mut story = Story::start().await;
    let before = Kept::of(&story.ada.world).await;

    for route in all().into_iter().filter(Route::is_safe) {
        let long = format!("next={0}&cursor={0}&week={0}", "x".repeat(3_000));
        for query in wrong::QUERIES.into_iter().chain([long.as_str()]) {
            let path = route.address(&story.places());
            let answer = ask(story.sender(&route), &route, &path, Some(query)).await;
            story.check(&route, query, &answer, Expected::Survived);
        }
        story.check_kept(&route, &before).await;
    }
    story.end().await;
}

#[tokio::test]
async fn headers_that_mean_nothing_break_no_route() {
    let mut story = Story::start().await;
    let before = Kept::of(&story.ada.world).await;

    for route in all() {
        let places = if route.is_safe() {
            story.places()
        } else {
            NOWHERE
        };
        let path = route.address(&places);
        for (name, value) in wrong::headers() {
            let person = story.sender(&route);
            let request = route.asked_by(person, &path).await;
            let answer = person.send(request.header(name, &value)).await.unwrap();
            let what = format!("{name}: {value:?}");
            story.check(&route, &excerpt(&what), &answer, Expected::Survived);
        }
        story.check_kept(&route, &before).await;
    }
    story.end().await;
}

#[tokio::test]
async fn only_an_etag_as_it_was_given_names_a_version() {
    let story = Story::start().await;
    let person = &story.ada.person;
    let path = format!("/api/v1/schedule/entries/{}", story.entry);
    let known = person.get(&path).await.unwrap().expect(200).unwrap();
    let tag = known.header("etag");
    let version = tag.trim_matches('"');
    let change = async |tags: &[&str]| {
        let mut request = person.request(Method::PATCH, &path).await.unwrap();
        for tag in tags {
            request = request.header("if-match", *tag);
        }
        let change = json!({ "private": true });
        person.send(request.json(&change)).await.unwrap()
    };

    for wrong in [
        version.to_owned(),
        format!("\"{tag}\""),
        format!("\"+{version}\""),
        format!("\"0{version}\""),
        format!("\" {version}\""),
        format!("W/{tag}"),
        "*".to_owned(),
    ] {
        let answer = change(&[&wrong]).await;
        assert_eq!(answer.at("/code"), "if_match", "{wrong}");
    }
    assert_eq!(change(&[tag, tag]).await.at("/code"), "if_match");
    change(&["\"99\""]).await.expect(412).unwrap();
    change(&[tag]).await.expect(200).unwrap();
}

#[tokio::test]
async fn a_stranger_is_led_to_sign_in_or_refused_by_every_route() {
    let mut story = Story::start().await;
    let before = Kept::of(&story.ada.world).await;

    for route in all().into_iter().filter(|route| !route.is_public()) {
        let path = route.address(&story.places());
        let answer = ask(&story.stranger, &route, &path, None).await;
        if route.is_page() {
            assert!(answer.status.is_redirection(), "{route:?}");
            let next = answer.header("location");
            assert!(
                next.starts_with("/sign-in/continue?next=%2F"),
                "{route:?}: {next}"
            );
        } else {
            assert_eq!(answer.status, 401, "{route:?}");
            assert_eq!(answer.at("/code"), "unauthenticated");
        }
        story.check(&route, "a stranger", &answer, Expected::Survived);
        story.check_kept(&route, &before).await;
    }
    story.end().await;
}

#[tokio::test]
async fn an_address_that_nothing_answers_is_told_as_its_neighbours_would() {
    let story = Story::start().await;
    let ask = async |method: Method, path: &str| {
        let person = &story.ada.person;
        let request = person.request(method, path).await.unwrap();
        let program = ["/api/", "/webhooks/"]
            .iter()
            .any(|start| path.starts_with(start));
        let accept = if program {
            "application/json"
        } else {
            "text/html"
        };
        person.send(request.header("accept", accept)).await.unwrap()
    };

    for (method, path, status) in [
        (Method::GET, "/api/v1/nothing", 404),
        (Method::POST, "/api/v2/connections", 404),
        (Method::GET, "/webhooks/yahoo", 404),
        (Method::DELETE, "/api/v1/connections", 405),
        (Method::GET, "/webhooks/google", 405),
    ] {
        let told = ask(method, path).await.expect(status).unwrap();
        assert_eq!(told.header("content-type"), "application/problem+json");
        assert_eq!(told.json()["status"], status, "{path}");
    }
    for (method, path, status) in [
        (Method::GET, "/scheduel", 404),
        (Method::GET, "/schedule/", 404),
        (Method::DELETE, "/schedule", 405),
    ] {
        let told = ask(method, path).await.expect(status).unwrap();
        assert!(told.text.starts_with("<!DOCTYPE html>"), "{path}");
        // The id on the page is the one in the log.
        assert!(told.text.contains(told.header("x-request-id")), "{path}");
    }
}
