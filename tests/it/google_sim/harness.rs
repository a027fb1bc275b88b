//! A simulator on a virtual clock, called in the process, and a client that follows its tokens.

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tests::clock::WorldClock;
use tests::sim::google::{GoogleSim, GoogleSimOptions};
use tower::ServiceExt as _;

const ADA: &str = "ada@northwind.test";
pub(super) const EVENTS: &str = "/calendar/v3/calendars/primary/events";

pub(super) struct Google {
    pub(super) sim: GoogleSim,
    pub(super) clock: WorldClock,
    pub(super) token: String,
}

impl Google {
    pub(super) async fn start() -> Self {
        Self::open(None).await
    }

    pub(super) async fn open(storage: Option<std::path::PathBuf>) -> Self {
        let clock = WorldClock::virtual_at("2027-03-01T08:00:00Z".parse().unwrap());
        let sim = GoogleSim::open(GoogleSimOptions {
            clock: clock.clone(),
            public_base: "http://127.0.0.1:8788".parse().unwrap(),
            client_id: "client".to_owned(),
            client_secret: "secret".to_owned(),
            redirect_uris: vec!["http://127.0.0.1:8787/oauth/google/callback".to_owned()],
            storage,
        })
        .unwrap();
        sim.add_account(ADA, "Europe/Berlin");
        let mut google = Self {
            sim,
            clock,
            token: String::new(),
        };
        let (_, answer) = google
            .call("POST", "/_sim/token", json!({ "account": ADA }))
            .await;
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut google.token);
        google
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(bytes))
            .unwrap();
        let answer = self.sim.router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        // A cut connection has a status in the process, but no body that could be read.
        let Ok(body) = answer.into_body().collect().await else {
            return (0, Value::Null);
        };
        (
            status,
            serde_json::from_slice(&body.to_bytes()).unwrap_or_default(),
        )
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(super) async fn insert(&self, event: Value) -> Value {
        let (status, body) = self.call("POST", EVENTS, event).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Reads one page of the round that the replica is in, and applies it as a syncing client does.
    pub(super) async fn read_page(&self, replica: &mut Replica, page_size: usize) {
        let tokens = [("syncToken", &replica.sync), ("pageToken", &replica.page)];
        let tokens: String = tokens
            .into_iter()
            .filter_map(|(name, token)| Some(format!("&{name}={}", token.as_ref()?)))
            .collect();
        let path = format!("{EVENTS}?maxResults={page_size}{tokens}");
        let body = self.get(&path).await;
        assert!(replica.take(&body), "one of two tokens, in {body}");
    }

    /// Reads the round to its end.
    pub(super) async fn sync(&self, replica: &mut Replica, page_size: usize) {
        self.read_page(replica, page_size).await;
        while replica.page.is_some() {
            self.read_page(replica, page_size).await;
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Replica {
    pub(super) sync: Option<String>,
    pub(super) page: Option<String>,
    pub(super) titles: BTreeMap<String, String>,
}

impl Replica {
    fn take(&mut self, body: &Value) -> bool {
        for event in body["items"].as_array().unwrap() {
            let id = event["id"].as_str().unwrap().to_owned();
            if event["status"] == "cancelled" {
                self.titles.remove(&id);
            } else {
                let title = event["summary"].as_str().unwrap_or_default().to_owned();
                self.titles.insert(id, title);
            }
        }
        let token = |name: &str| body[name].as_str().map(str::to_owned);
        self.page = token("nextPageToken");
        let next = token("nextSyncToken");
        let exactly_one = self.page.is_some() != next.is_some();
        if next.is_some() {
            self.sync = next;
        }
        exactly_one
    }
}

pub(super) fn at(hour: u8) -> Value {
    json!({
        "summary": format!("At {hour}"),
        "start": { "dateTime": format!("2027-03-02T{hour:02}:00:00+01:00") },
        "end": { "dateTime": format!("2027-03-02T{hour:02}:30:00+01:00") },
    })
}

pub(super) fn weekly(id: &str) -> Value {
    json!({
        "id": id,
        "summary": "Round",
        "start": { "dateTime": "2027-03-16T10:00:00", "timeZone": "Europe/Berlin" },
        "end": { "dateTime": "2027-03-16T11:00:00", "timeZone": "Europe/Berlin" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    })
}

pub(super) fn reason(body: &Value) -> &str {
    body["error"]["errors"][0]["reason"]
        .as_str()
        .unwrap_or_default()
}
