//! What is wrong with a readable request is said with its place, so that a program can show it beside the field.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{person::Person, world::World};

use crate::support::{ADA, Connected, Kept, visit};

const ENTRIES: &str = "/api/v1/schedule/entries";
const LOG_IN: &str = "/api/users/auth/login/";
const SIGN_UP: &str = "/api/users/auth/signup/";

/// A field of a good sign-up, and what it cannot be.
fn sign_up_flaws() -> [(&'static str, Value); 12] {
    [
        ("email", json!("eve at fabrikam")),
        ("email", json!("eve\u{0}@fabrikam.test")),
        ("email", json!(7)),
        ("name", json!(" ")),
        ("name", json!("Eve\r\nEvers")),
        ("organization", json!("x".repeat(201))),
        ("organization", json!("Fabri\u{0}kam")),
        ("organization", json!(null)),
        ("password", json!("too short")),
        ("password", json!("x".repeat(257))),
        ("account_type", json!("owner")),
        ("role", json!("ADMIN")),
    ]
}

/// A field of a good entry, what it cannot be, and where that is said below the field.
fn entry_flaws() -> Vec<(&'static str, Value, &'static str)> {
    let at = |local: &str, zone: &str| json!({ "local": local, "zone": zone });
    vec![
        ("title", json!(7), ""),
        ("title", json!("pump\u{0}"), ""),
        ("title", json!("\u{1b}[31m"), ""),
        ("title", json!("x".repeat(1_025)), ""),
        ("location", json!("Mill\u{7}Lane"), ""),
        ("notes", json!("bell\u{7}"), ""),
        ("notes", json!("x".repeat(32_769)), ""),
        ("start", json!("tomorrow"), ""),
        ("start", json!({ "date": "2027-02-30" }), "/date"),
        (
            "start",
            json!({ "date": "2027-03-04", "zone": "UTC" }),
            "/zone",
        ),
        ("end", at("2027-03-04T25:00:00", "UTC"), "/local"),
        ("end", at("2027-03-04T11:00:00", "Mars/Base"), "/zone"),
        ("end", at("2026-03-04T11:00:00", "UTC"), ""),
        ("recurrence", json!(["RRULE:FREQ=SECONDLY"]), ""),
        ("recurrence", json!("RRULE:FREQ=DAILY"), ""),
        ("assignees", json!(["ada"]), "/0"),
        ("attendees", json!(["a@b.test", "nobody"]), "/1"),
        ("status", json!("done and dusted"), ""),
        ("tenant", json!("ten_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8"), ""),
    ]
}

fn list_flaws() -> Vec<(&'static str, &'static str)> {
    vec![
        ("from=yesterday&to=2027-04-01T00:00:00Z", "from"),
        ("from=2027-03-01&to=2027-04-01T00:00:00Z", "from"),
        ("from=2027-03-01T00:00:00Z", "to"),
        ("from=2027-04-01T00:00:00Z&to=2027-03-01T00:00:00Z", "to"),
        ("from=2027-03-01T00:00:00Z&to=2029-03-01T00:00:00Z", "to"),
        (
            "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&limit=0",
            "limit",
        ),
        (
            "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&limit=501",
            "limit",
        ),
        (
            "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&limit=1e2",
            "limit",
        ),
        (
            "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&zone=Mars",
            "zone",
        ),
        (
            "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&expand=all",
            "expand",
        ),
    ]
}

struct Asker {
    world: World,
    ada: Person,
    stranger: Person,
    complaints: Vec<String>,
}

impl Asker {
    async fn start() -> Self {
        let world = World::start().await.unwrap();
        Self {
            ada: Person::sign_in(&world, ADA).await.unwrap(),
            stranger: Person::stranger(&world).unwrap(),
            world,
            complaints: Vec::new(),
        }
    }

    async fn told(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
        expected: (u16, &str, &str),
    ) {
        // Signing in and up is for those who are not.
        let is_signed_in = !path.contains("/auth/");
        let person = if is_signed_in {
            &self.ada
        } else {
            &self.stranger
        };
        let answer = person.json(method.clone(), path, body).await.unwrap();
        let (code, pointer) = (answer.at("/code"), answer.at("/errors/0/pointer"));
        if (answer.status.as_u16(), code.as_str(), pointer.as_str()) != expected {
            let flaw = format!("{method} {path} {body}: {}", answer.text);
            self.complaints.push(flaw);
        }
    }

    async fn invalid(&mut self, path: &str, body: &Value, pointer: &str) {
        let expected = (422, "invalid", pointer);
        self.told(Method::POST, path, body, expected).await;
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    let mut asker = Asker::start().await;
    let before = Kept::of(&asker.world).await;

    for (field, value) in sign_up_flaws() {
        let mut form = json!({
            "account_type": "admin", "organization": "Fabrikam", "name": "Eve Evers",
            "email": "eve@fabrikam.test", "password": "a long enough one",
        });
        form[field] = value;
        asker.invalid(SIGN_UP, &form, &format!("/{field}")).await;
    }
    for (field, value, below) in entry_flaws() {
        let mut entry = visit("pump", 4);
        entry[field] = value;
        let pointer = format!("/{field}{below}");
        asker.invalid(ENTRIES, &entry, &pointer).await;
    }
    for (query, parameter) in list_flaws() {
        let path = format!("{ENTRIES}?{query}");
        let expected = (422, "invalid", parameter);
        asker.told(Method::GET, &path, &Value::Null, expected).await;
    }
    for (path, body, pointer) in [
        (
            LOG_IN,
            json!({ "email": ADA, "password": ["x"] }),
            "/password",
        ),
        (LOG_IN, json!({ "email": ADA }), ""),
        (
            "/api/v1/connections",
            json!({ "provider": "yahoo" }),
            "/provider",
        ),
        (
            "/api/v1/connections",
            json!({ "provider": { "a": 1 } }),
            "/provider",
        ),
    ] {
        asker.invalid(path, &body, pointer).await;
    }
    let page = format!("{ENTRIES}?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&cursor=AAAA");
    asker
        .told(Method::GET, &page, &Value::Null, (400, "bad_cursor", ""))
        .await;

    assert!(asker.complaints.is_empty(), "{:#?}", asker.complaints);
    let after = Kept::of(&asker.world).await;
    assert_eq!(after.differs_from(&before), [].into());
}

#[tokio::test]
async fn a_flaw_deep_in_a_document_is_pointed_at() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let path = format!("/api/v1/connections/{}/calendars", ada.connection);
    let line = json!({
        "id": "cal_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8", "selected": true, "direction": "bidirectional", "history_days": 30,
    });
    let before = Kept::of(&ada.world).await;

    for (field, value) in [
        ("id", json!("primary")),
        ("id", json!("con_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8")),
        ("selected", json!("yes")),
        ("direction", json!("sideways")),
        ("history_days", json!(-1)),
        ("history_days", json!(70_000)),
        ("a~/b", json!(1)),
    ] {
        let mut wrong = line.clone();
        wrong[field] = value;
        let body = json!({ "calendars": [line, wrong] });
        let refused = ada.person.json(Method::PUT, &path, &body).await.unwrap();
        let field = field.replace('~', "~0").replace('/', "~1");
        let told = refused.expect(422).unwrap();
        assert_eq!(
            told.at("/errors/0/pointer"),
            format!("/calendars/1/{field}")
        );
    }

    assert_eq!(Kept::of(&ada.world).await.differs_from(&before), [].into());
}
