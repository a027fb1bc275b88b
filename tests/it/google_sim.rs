//! What others rely on from the Google simulator.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without ends it"
)]

mod batch;
mod channels;
mod harness;
mod pubsub;
mod sync_law;

use axum::body::Body;
use http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use harness::{EVENTS, Google, Replica, at, reason, weekly};

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
async fn what_went_with_a_series_takes_place_as_it_says_once_it_is_back() {
    let google = Google::start().await;
    google.insert(weekly("round1")).await;
    let (round, second) = (
        format!("{EVENTS}/round1"),
        format!("{EVENTS}/round1_20270323T090000Z"),
    );
    for (method, path, change) in [
        ("PATCH", &second, json!({ "summary": "Late round" })),
        ("DELETE", &round, Value::Null),
        ("PATCH", &round, json!({ "status": "confirmed" })),
    ] {
        let (status, answer) = google.call(method, path, change).await;
        assert!(status < 300, "{method} {path}: {answer}");
    }
    assert_eq!(google.get(&second).await["summary"], "Round");
    let whole = google
        .get(&format!(
            "{EVENTS}?iCalUID=round1@google.test&showDeleted=true"
        ))
        .await;
    let shown = whole["items"].as_array().unwrap();
    assert_eq!(shown.len(), 1, "nothing of it is cancelled: {whole}");
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
