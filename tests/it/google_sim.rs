//! What others rely on from the Google simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::clock::WorldClock;
use tests::sim::google::{GoogleSim, GoogleSimOptions};
use tower::ServiceExt as _;

const ADA: &str = "ada@northwind.test";
const EVENTS: &str = "/calendar/v3/calendars/primary/events";

struct Google {
    sim: GoogleSim,
    clock: WorldClock,
    token: String,
}

impl Google {
    async fn start() -> Self {
        Self::open(None).await
    }

    async fn open(storage: Option<std::path::PathBuf>) -> Self {
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
        google.token = answer["access_token"].as_str().unwrap().to_owned();
        google
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
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

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn insert(&self, event: Value) -> Value {
        let (status, body) = self.call("POST", EVENTS, event).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Reads all pages from a listing's first one, and applies them as a syncing client does.
    async fn sync(&self, replica: &mut Replica, page_size: usize) {
        loop {
            let mut path = format!("{EVENTS}?maxResults={page_size}");
            for (name, token) in [("syncToken", &replica.sync), ("pageToken", &replica.page)] {
                if let Some(token) = token {
                    path.push_str(&format!("&{name}={token}"));
                }
            }
            let body = self.get(&path).await;
            assert!(replica.take(&body), "one of two tokens, in {body}");
            if replica.page.is_none() {
                return;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Replica {
    sync: Option<String>,
    page: Option<String>,
    titles: BTreeMap<String, String>,
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

fn at(hour: u8) -> Value {
    json!({
        "summary": format!("At {hour}"),
        "start": { "dateTime": format!("2027-03-02T{hour:02}:00:00+01:00") },
        "end": { "dateTime": format!("2027-03-02T{hour:02}:30:00+01:00") },
    })
}

fn weekly(id: &str) -> Value {
    json!({
        "id": id,
        "summary": "Round",
        "start": { "dateTime": "2027-03-16T10:00:00", "timeZone": "Europe/Berlin" },
        "end": { "dateTime": "2027-03-16T11:00:00", "timeZone": "Europe/Berlin" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    })
}

fn reason(body: &Value) -> &str {
    body["error"]["errors"][0]["reason"]
        .as_str()
        .unwrap_or_default()
}

#[tokio::test]
async fn a_deleted_event_comes_back_as_a_tombstone() {
    let google = Google::start().await;
    let event = google.insert(at(9)).await;
    let mut replica = Replica::default();
    google.sync(&mut replica, 10).await;
    let path = format!("{EVENTS}/{}", event["id"].as_str().unwrap());

    assert_eq!(google.call("DELETE", &path, Value::Null).await.0, 204);
    let (status, again) = google.call("DELETE", &path, Value::Null).await;
    assert_eq!((status, reason(&again)), (410, "deleted"));
    assert_eq!(google.get(&path).await["status"], "cancelled");

    let changes = format!("{EVENTS}?syncToken={}", replica.sync.as_ref().unwrap());
    let changes = google.get(&changes).await;
    assert_eq!(changes["items"][0]["status"], "cancelled");
    assert_eq!(
        changes["items"][0]["summary"],
        Value::Null,
        "only the id is promised"
    );
    assert_eq!(google.get(EVENTS).await["items"], json!([]));

    let mut same_id = at(10);
    same_id["id"] = event["id"].clone();
    let (status, taken) = google.call("POST", EVENTS, same_id).await;
    assert_eq!((status, reason(&taken)), (409, "duplicate"));
}

#[tokio::test]
async fn a_weekly_series_keeps_its_local_time_over_the_clock_change() {
    let google = Google::start().await;
    google.insert(weekly("round1")).await;
    let page = google.get(&format!("{EVENTS}/round1/instances")).await;
    let starts: Vec<&str> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["start"]["dateTime"].as_str().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "2027-03-16T10:00:00+01:00",
            "2027-03-23T10:00:00+01:00",
            "2027-03-30T10:00:00+02:00",
            "2027-04-06T10:00:00+02:00",
        ]
    );
}

#[tokio::test]
async fn an_exception_lives_as_long_as_its_series_has_the_occurrence() {
    let google = Google::start().await;
    google.insert(weekly("round1")).await;
    let second = format!("{EVENTS}/round1_20270323T090000Z");
    let (status, moved) = google
        .call("PATCH", &second, json!({ "summary": "Moved" }))
        .await;
    assert_eq!(
        (status, &moved["recurringEventId"]),
        (200, &json!("round1"))
    );
    let third = format!("{EVENTS}/round1_20270330T080000Z");
    assert_eq!(google.call("DELETE", &third, Value::Null).await.0, 204);

    let listed = google.get(EVENTS).await;
    let cancelled = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["status"] == "cancelled");
    let cancelled = cancelled.expect("a gap in a living series is listed without being asked for");
    assert_eq!(
        cancelled["originalStartTime"]["dateTime"],
        "2027-03-30T10:00:00+02:00"
    );

    let earlier = json!({
        "start": { "dateTime": "2027-03-16T08:00:00+01:00" },
        "end": { "dateTime": "2027-03-16T09:00:00+01:00" },
    });
    assert_eq!(
        google
            .call("PATCH", &format!("{EVENTS}/round1"), earlier)
            .await
            .0,
        200
    );
    assert_eq!(google.call("GET", &second, Value::Null).await.0, 404);
    assert_eq!(
        google.get(EVENTS).await["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_stale_writer_is_stopped() {
    let google = Google::start().await;
    let event = google.insert(at(9)).await;
    let path = format!("{EVENTS}/{}", event["id"].as_str().unwrap());
    let etag = event["etag"].as_str().unwrap();
    let write = |title: &str| {
        Request::patch(&path)
            .header("authorization", format!("Bearer {}", google.token))
            .header("if-match", etag)
            .body(Body::from(json!({ "summary": title }).to_string()))
            .unwrap()
    };
    let first = google.sim.router().oneshot(write("mine")).await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let second = google.sim.router().oneshot(write("theirs")).await.unwrap();
    assert_eq!(second.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(google.get(&path).await["summary"], "mine");
}

#[tokio::test]
async fn a_misspelt_field_is_refused_and_recorded() {
    let google = Google::start().await;
    let mut event = at(9);
    event["sumary"] = json!("typo");
    assert_eq!(google.call("POST", EVENTS, event).await.0, 400);
    assert_eq!(
        google
            .call("GET", &format!("{EVENTS}?maxResult=3"), Value::Null)
            .await
            .0,
        400
    );
    assert_eq!(
        google
            .call("GET", "/calendar/v3/colours", Value::Null)
            .await
            .0,
        404
    );

    let log = google.get("/_sim/requests?since=0").await;
    let refused: Vec<&str> = log["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["refused"].as_str().unwrap())
        .collect();
    assert_eq!(refused[0], "Unknown field \"sumary\".");
    assert_eq!(refused[1], "Unknown parameter \"maxResult\".");
    assert_eq!(refused.len(), 3);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_done() {
    let google = Google::start().await;
    let fault = json!({ "name": "drop_response", "scope": "events.insert", "count": 1 });
    assert_eq!(google.call("POST", "/_sim/faults", fault).await.0, 200);
    let mut event = at(9);
    event["id"] = json!("chosen1");
    assert_eq!(google.call("POST", EVENTS, event.clone()).await.0, 0);
    assert_eq!(
        google.call("POST", EVENTS, event).await.0,
        409,
        "the id tells that it is there"
    );
    assert_eq!(
        google.get(EVENTS).await["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn no_guest_is_written_to_unless_the_caller_says_so() {
    let google = Google::start().await;
    let mut event = at(9);
    event["attendees"] = json!([{ "email": "guest@example.com" }]);
    let quiet = google.insert(event.clone()).await;
    assert_eq!(google.get("/_sim/mail").await["count"], 0);
    let path = format!("{EVENTS}/{}?sendUpdates=all", quiet["id"].as_str().unwrap());
    google.call("DELETE", &path, Value::Null).await;
    let mails = google.get("/_sim/mail").await;
    assert_eq!(
        (&mails["count"], &mails["mails"][0]["kind"]),
        (&json!(1), &json!("cancellation"))
    );
}

#[tokio::test]
async fn an_access_token_dies_by_the_clock() {
    let google = Google::start().await;
    google
        .clock
        .advance(SignedDuration::from_secs(3598))
        .unwrap();
    assert_eq!(google.call("GET", EVENTS, Value::Null).await.0, 200);
    google.clock.advance(SignedDuration::from_secs(1)).unwrap();
    let (status, body) = google.call("GET", EVENTS, Value::Null).await;
    assert_eq!((status, reason(&body)), (401, "authError"));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let folder = std::env::temp_dir().join(format!("google-sim-{}", std::process::id()));
    let file = folder.join("google.json");
    let first = Google::open(Some(file.clone())).await;
    first.insert(weekly("round1")).await;
    let mut replica = Replica::default();
    first.sync(&mut replica, 10).await;
    assert!(first.sim.is_dirty());
    first.sim.save().unwrap();
    assert!(!first.sim.is_dirty());

    let second = Google::open(Some(file)).await;
    second.insert(at(9)).await;
    second.sync(&mut replica, 10).await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        replica.titles.len(),
        2,
        "the old position still holds: {replica:?}"
    );
}

/// Answers every notice with the next status of a script, and keeps what came.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<(Vec<u16>, Vec<HeaderMap>)>>);

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap) -> StatusCode {
    let mut inner = receiver.0.lock().unwrap();
    inner.1.push(headers);
    let status = if inner.0.is_empty() {
        204
    } else {
        inner.0.remove(0)
    };
    StatusCode::from_u16(status).unwrap()
}

#[tokio::test]
async fn a_channel_says_sync_then_exists_and_repeats_only_after_a_server_error() {
    let google = Google::start().await;
    let receiver = Receiver::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/hook", post(receive))
        .with_state(receiver.clone());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    let channel = json!({ "id": "ch-1", "type": "web_hook", "address": address, "token": "t" });
    let watch = format!("{EVENTS}/watch");
    let (status, opened) = google.call("POST", &watch, channel.clone()).await;
    assert_eq!(status, 200, "{opened}");
    assert!(opened["expiration"].is_string());
    let (_, twice) = google.call("POST", &watch, channel).await;
    assert_eq!(reason(&twice), "channelIdNotUnique");

    assert_eq!(google.sim.deliver_due().await, 1);
    receiver.0.lock().unwrap().0 = vec![503, 403];
    google.insert(at(9)).await;
    assert_eq!(google.sim.deliver_due().await, 1, "answered with 503");
    assert_eq!(google.sim.deliver_due().await, 0, "not due yet");
    assert_eq!(google.sim.pending_notices(), 1);
    let due = google.sim.next_notice_at().unwrap();
    google
        .clock
        .advance(due.duration_since(google.clock.now()))
        .unwrap();
    assert_eq!(google.sim.deliver_due().await, 1, "answered with 403");
    assert_eq!(google.sim.pending_notices(), 0, "which is the end of it");

    let stop = json!({ "id": "ch-1", "resourceId": opened["resourceId"] });
    assert_eq!(
        google
            .call("POST", "/calendar/v3/channels/stop", stop.clone())
            .await
            .0,
        204
    );
    assert_eq!(
        google
            .call("POST", "/calendar/v3/channels/stop", stop)
            .await
            .0,
        404
    );
    google.insert(at(10)).await;
    assert_eq!(google.sim.pending_notices(), 0);

    server.abort();
    let came = receiver.0.lock().unwrap().1.clone();
    let states: Vec<&str> = came
        .iter()
        .map(|headers| headers["x-goog-resource-state"].to_str().unwrap())
        .collect();
    assert_eq!(states, ["sync", "exists", "exists"]);
    assert_eq!(came[0]["x-goog-message-number"], "1");
    assert_eq!(came[0]["x-goog-channel-token"], "t");
    assert_eq!(came[0]["content-length"], "0");
}

#[derive(Clone, Debug)]
enum Act {
    Insert,
    Retitle(usize),
    Delete(usize),
    /// Reads one page of the round under way.
    ReadPage,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Insert),
        2 => (0..8_usize).prop_map(Act::Retitle),
        1 => (0..8_usize).prop_map(Act::Delete),
        3 => Just(Act::ReadPage),
    ];
    proptest::collection::vec(act, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The law of sync tokens: whoever follows pages and tokens ends with what a fresh listing shows, whatever
    /// happens between two pages.
    #[test]
    fn whoever_follows_the_tokens_misses_nothing(acts in acts(), page_size in 1..4_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let google = Google::start().await;
            let mut replica = Replica::default();
            for (step, act) in acts.iter().enumerate() {
                let listed = google.get(EVENTS).await;
                let listed = listed["items"].as_array().unwrap();
                let path = |pick: usize| {
                    let event = listed.get(pick % listed.len().max(1))?;
                    Some(format!("{EVENTS}/{}", event["id"].as_str()?))
                };
                match act {
                    Act::Insert => drop(google.insert(at(9)).await),
                    Act::Retitle(pick) => if let Some(path) = path(*pick) {
                        google.call("PATCH", &path, json!({ "summary": step.to_string() })).await;
                    },
                    Act::Delete(pick) => if let Some(path) = path(*pick) {
                        google.call("DELETE", &path, Value::Null).await;
                    },
                    Act::ReadPage => {
                        let mut url = format!("{EVENTS}?maxResults={page_size}");
                        if let Some(token) = &replica.sync { url.push_str(&format!("&syncToken={token}")); }
                        if let Some(token) = &replica.page { url.push_str(&format!("&pageToken={token}")); }
                        assert!(replica.take(&google.get(&url).await));
                    }
                }
            }
            // The round under way is finished, and one more brings whatever came during its last page.
            google.sync(&mut replica, page_size).await;
            google.sync(&mut replica, page_size).await;
            let mut fresh = Replica::default();
            google.sync(&mut fresh, 250).await;
            assert_eq!(replica.titles, fresh.titles);
        });
    }
}
