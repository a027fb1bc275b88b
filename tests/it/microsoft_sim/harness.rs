//! A simulator on a virtual clock, called in the process, and a client that follows its links.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Collected};
use serde_json::{Value, json};
use tests::clock::WorldClock;
use tests::sim::microsoft::{MicrosoftSim, MicrosoftSimOptions};
use tower::ServiceExt as _;

pub(super) const ADA: &str = "ada@northwind.test";
pub(super) const EVENTS: &str = "/v1.0/me/events";
pub(super) const REDIRECT: &str = "http://127.0.0.1:8787/oauth/microsoft/callback";
const BASE: &str = "http://127.0.0.1:8789";

pub(super) struct Microsoft {
    pub(super) sim: MicrosoftSim,
    pub(super) clock: WorldClock,
    pub(super) token: String,
}

/// An answer as it came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn code(&self) -> (u16, &str) {
        let code = self.body["error"]["code"].as_str();
        (self.status, code.unwrap_or_default())
    }

    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

impl Microsoft {
    pub(super) async fn start() -> Self {
        Self::open(None).await
    }

    pub(super) async fn open(storage: Option<std::path::PathBuf>) -> Self {
        let clock = WorldClock::virtual_at("2027-03-01T08:00:00Z".parse().unwrap());
        let sim = MicrosoftSim::open(MicrosoftSimOptions {
            clock: clock.clone(),
            public_base: BASE.parse().unwrap(),
            client_id: "client".to_owned(),
            client_secret: "secret".to_owned(),
            redirect_uris: vec![REDIRECT.to_owned()],
            storage,
        })
        .unwrap();
        sim.add_account(ADA, "Europe/Berlin");
        let mut microsoft = Self {
            sim,
            clock,
            token: String::new(),
        };
        microsoft.token = microsoft.token_of(ADA).await;
        microsoft
    }

    pub(super) async fn token_of(&self, account: &str) -> String {
        let answer = self.control("token", json!({ "account": account })).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// One request, with these headers; a link of the simulator is taken whole.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        // A text is a form, sent as it is.
        let bytes = match (body.is_null(), body.as_str()) {
            (true, _) => Vec::new(),
            (false, Some(form)) => form.as_bytes().to_vec(),
            (false, None) => body.to_string().into_bytes(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path.strip_prefix(BASE).unwrap_or(path))
            .header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(bytes)).unwrap();
        let answer = self.sim.router().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        // A cut connection has a status in the process, but no body that could be read.
        let body = answer.into_body().collect().await;
        let status = if body.is_ok() { status } else { 0 };
        let bytes = body.map(Collected::to_bytes).unwrap_or_default();
        Answer {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(method, path, &[], &body).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).await.expect(200)
    }

    pub(super) async fn get_with(&self, path: &str, prefer: &str) -> Value {
        let headers = [("prefer", prefer)];
        let answer = self.send("GET", path, &headers, &Value::Null).await;
        answer.expect(200)
    }

    pub(super) async fn create(&self, event: Value) -> Value {
        self.call("POST", EVENTS, event).await.expect(201)
    }

    pub(super) async fn patch(&self, id: &str, change: Value) -> Value {
        let path = format!("{EVENTS}/{id}");
        self.call("PATCH", &path, change).await.expect(200)
    }

    pub(super) async fn delete(&self, id: &str) {
        let path = format!("{EVENTS}/{id}");
        self.call("DELETE", &path, Value::Null).await.expect(204);
    }

    pub(super) async fn control(&self, path: &str, body: Value) -> Value {
        let path = format!("/_sim/{path}");
        self.call("POST", &path, body).await.expect(200)
    }

    pub(super) async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    /// The series' occurrences of March and April 2027.
    pub(super) async fn instances(&self, id: &str) -> Vec<Value> {
        let path = format!(
            "{EVENTS}/{id}/instances?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z&$top=100"
        );
        self.get(&path).await["value"].as_array().unwrap().clone()
    }

    /// Reads one page of the round that the replica is in, and applies it as a syncing client does.
    pub(super) async fn read_page(&self, replica: &mut Replica, page_size: usize) {
        let link = replica.link.clone().unwrap_or_else(|| WINDOW.to_owned());
        let prefer = format!("odata.maxpagesize={page_size}");
        let body = self.get_with(&link, &prefer).await;
        replica.take(&body);
    }

    /// Reads the round to its end.
    pub(super) async fn sync(&self, replica: &mut Replica, page_size: usize) {
        self.read_page(replica, page_size).await;
        while !replica.at_rest {
            self.read_page(replica, page_size).await;
        }
    }
}

/// March and April 2027.
pub(super) const WINDOW: &str = "/v1.0/me/calendarView/delta?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z";

#[derive(Debug, Default)]
pub(super) struct Replica {
    pub(super) link: Option<String>,
    pub(super) at_rest: bool,
    /// Single events and masters by id.
    pub(super) titles: BTreeMap<String, String>,
}

impl Replica {
    fn take(&mut self, body: &Value) {
        for event in body["value"].as_array().unwrap() {
            let id = event["id"].as_str().unwrap().to_owned();
            if event.get("@removed").is_some() {
                self.titles.remove(&id);
            } else if event["type"] == "singleInstance" || event["type"] == "seriesMaster" {
                let title = event["subject"].as_str().unwrap_or_default().to_owned();
                self.titles.insert(id, title);
            }
        }
        let link = |name: &str| body[name].as_str().map(str::to_owned);
        let (next, delta) = (link("@odata.nextLink"), link("@odata.deltaLink"));
        assert!(
            next.is_some() != delta.is_some(),
            "one of two links: {body}"
        );
        self.at_rest = delta.is_some();
        self.link = next.or(delta);
    }
}

pub(super) fn berlin(date_time: &str) -> Value {
    json!({ "dateTime": date_time, "timeZone": "W. Europe Standard Time" })
}

pub(super) fn at(hour: u8) -> Value {
    json!({
        "subject": format!("At {hour}"),
        "start": berlin(&format!("2027-03-02T{hour:02}:00:00")),
        "end": berlin(&format!("2027-03-02T{hour:02}:30:00")),
    })
}

/// Four Tuesdays over the change to summer time.
pub(super) fn weekly() -> Value {
    json!({
        "subject": "Round",
        "start": berlin("2027-03-16T10:00:00"),
        "end": berlin("2027-03-16T11:00:00"),
        "recurrence": {
            "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"] },
            "range": { "type": "numbered", "startDate": "2027-03-16", "numberOfOccurrences": 4 },
        },
    })
}

pub(super) fn id(event: &Value) -> &str {
    event["id"].as_str().unwrap()
}

/// The texts at a pointer of each.
pub(super) fn each<'a>(events: &'a [Value], pointer: &str) -> Vec<&'a str> {
    let text = |event: &'a Value| event.pointer(pointer).and_then(Value::as_str);
    events
        .iter()
        .map(|event| text(event).unwrap_or_default())
        .collect()
}
