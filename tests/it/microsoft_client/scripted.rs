//! Answers in the words of Graph, given in their order, and what was asked for.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::IF_MATCH},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{Calendar, CalendarSettings},
    content::{Content, Fields, Timing},
    event::ExternalEventId,
    recurrence::Recurrence,
    time::{LocalTime, Moment, When, Zone},
};
use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};
use shared::{
    clock::Clock,
    config::MicrosoftEndpoints,
    crypto::Secret,
    providers::{
        CalendarProvider as _, Created, NewEvent, ProviderError, Tried, microsoft::Microsoft,
    },
};

pub(super) const NOW: &str = "2026-11-02T12:00:00Z";

struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Method and path below the version.
    pub(super) what: String,
    pub(super) query: String,
    pub(super) prefer: String,
    pub(super) if_match: Option<String>,
    pub(super) body: Value,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(u16, Option<u32>, Value)>,
    asked: Vec<Asked>,
}

pub(super) struct Graph {
    script: Arc<Mutex<Script>>,
    pub(super) base: String,
    pub(super) client: Microsoft,
}

impl Graph {
    /// Gives these answers, one after the other.
    pub(super) async fn answering(answers: Vec<(u16, Value)>) -> Self {
        let answers = answers
            .into_iter()
            .map(|(status, json)| (status, None, json));
        Self::start(answers.collect()).await
    }

    pub(super) async fn refusing(status: u16, retry_after_s: Option<u32>, code: &str) -> Self {
        let error = json!({ "error": { "code": code, "message": "No." } });
        Self::start(VecDeque::from([(status, retry_after_s, error)])).await
    }

    async fn start(answers: VecDeque<(u16, Option<u32>, Value)>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers,
            asked: Vec::new(),
        }));
        let router = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = listener.await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = |path: &str| format!("{base}{path}").parse().unwrap();
        let endpoints = MicrosoftEndpoints {
            authorize: url("/common/oauth2/v2.0/authorize"),
            token: url("/common/oauth2/v2.0/token"),
            graph: url("/v1.0/"),
        };
        // A second call finds the provider installed, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let clock = Arc::new(Still(NOW.parse().unwrap()));
        Self {
            script,
            client: Microsoft::new(http, endpoints, clock),
            base,
        }
    }

    /// The next answers, where they need to know the address.
    pub(super) fn then(&self, status: u16, json: Value) {
        self.script
            .lock()
            .unwrap()
            .answers
            .push_back((status, None, json));
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// Methods and paths only.
    /// Creates one event.
    pub(super) async fn create(
        &self,
        id: &ExternalEventId,
        content: &Content,
        tried: Tried,
    ) -> Result<Created, ProviderError> {
        let event = NewEvent {
            id,
            content,
            hidden: Fields::NONE,
            tried,
        };
        let answers = self.client.create(&access(), &calendar(), &[event]).await;
        answers?.pop().unwrap()
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let query: String = uri.query().unwrap_or_default().to_owned();
    let path = uri.path().trim_start_matches("/v1.0");
    let mut script = script.lock().unwrap();
    script.asked.push(Asked {
        what: format!("{method} {path}"),
        query,
        prefer: text("prefer").unwrap_or_default(),
        if_match: text(IF_MATCH.as_str()),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    });
    let (status, retry_after_s, json) = script.answers.pop_front().unwrap_or((
        500,
        None,
        json!({ "error": { "code": "unscripted" } }),
    ));
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, axum::Json(json)).into_response();
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

pub(super) fn access() -> Secret {
    Secret::new("access".into())
}

pub(super) fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

pub(super) fn calendar() -> Calendar {
    Calendar {
        id: "cal_01JCMZ4Q5R6S7T8V9W0X1Y2Z3A".parse().unwrap(),
        connection: "con_01JCMZ4Q5R6S7T8V9W0X1Y2Z3A".parse().unwrap(),
        member: "mem_01JCMZ4Q5R6S7T8V9W0X1Y2Z3A".parse().unwrap(),
        external_id: "CAL".into(),
        name: "Calendar".into(),
        zone: berlin(),
        primary: true,
        writable: true,
        settings: CalendarSettings::default(),
        version: 1,
    }
}

/// From nine to ten in Berlin.
pub(super) fn content(day: Date, lines: &[&str]) -> Content {
    let at = |hour| Moment::Timed(LocalTime::new(day.at(hour, 0, 0, 0), berlin()));
    let when = When::new(at(9), at(10)).unwrap();
    let (recurrence, exceptions) = Recurrence::parse(lines, &when).unwrap();
    Content {
        title: "Repair".into(),
        notes: "Bring it".into(),
        location: "Hall 4".into(),
        timing: Timing { when, recurrence },
        private: false,
        exceptions,
    }
}

/// The same as Graph answers it, from 2 November 2026, with some fields replaced.
pub(super) fn event(with: Value) -> Value {
    let event = json!({
        "@odata.etag": "W/\"1\"", "id": "AAMk1", "iCalUId": "U1", "type": "singleInstance", "subject": "Repair",
        "body": { "contentType": "html", "content": "<html><body>Bring it</body></html>" },
        "location": { "displayName": "Hall 4" }, "isAllDay": false, "sensitivity": "normal",
        "start": { "dateTime": "2026-11-02T08:00:00.0000000", "timeZone": "UTC" },
        "end": { "dateTime": "2026-11-02T09:00:00.0000000", "timeZone": "UTC" },
        "originalStartTimeZone": "W. Europe Standard Time", "originalEndTimeZone": "W. Europe Standard Time",
    });
    replaced(event, with)
}

/// Every Monday.
pub(super) fn series(with: Value) -> Value {
    let recurrence = json!({
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "sunday" },
        "range": { "type": "noEnd", "startDate": "2026-11-02", "recurrenceTimeZone": "W. Europe Standard Time" },
    });
    let series = event(json!({ "type": "seriesMaster", "recurrence": recurrence }));
    replaced(series, with)
}

/// The occurrence of a day in November 2026.
pub(super) fn occurrence(id: &str, day: i8, with: Value) -> Value {
    let one = event(json!({
        "id": id, "type": "occurrence", "seriesMasterId": "AAMk1", "@odata.etag": format!("W/\"{id}\""),
        "originalStart": format!("2026-11-{day:02}T08:00:00Z"),
        "start": { "dateTime": format!("2026-11-{day:02}T08:00:00"), "timeZone": "UTC" },
        "end": { "dateTime": format!("2026-11-{day:02}T09:00:00"), "timeZone": "UTC" },
    }));
    replaced(one, with)
}

fn replaced(mut event: Value, with: Value) -> Value {
    let Value::Object(with) = with else {
        panic!("{with}");
    };
    event.as_object_mut().unwrap().extend(with);
    event
}

pub(super) fn list(value: Value) -> Value {
    let mut list = json!({});
    list["value"] = value;
    list
}
