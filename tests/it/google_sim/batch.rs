//! The batch is as strict as Google's, and each call in it as strict as alone.

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::harness::{EVENTS, Google, at, reason};

const BATCH: &str = "/batch/calendar/v3";

fn insert(id: &str, headers: &str, event: &Value) -> String {
    part(
        id,
        &format!(
            "POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json\r\n{headers}\r\n{event}"
        ),
    )
}

fn part(id: &str, inner: &str) -> String {
    format!("--x\r\nContent-Type: application/http\r\nContent-ID: <{id}>\r\n\r\n{inner}\r\n")
}

impl Google {
    async fn switch(&self, fault: &Value) {
        let (status, _) = self.call("POST", "/_sim/faults", fault.clone()).await;
        assert_eq!(status, 200);
    }

    /// The answer to a body as it is; status and text, or nothing where the connection was cut.
    async fn batch(&self, body: String) -> Option<(u16, String)> {
        let request = Request::post(BATCH)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "multipart/mixed; boundary=x")
            .body(Body::from(body))
            .unwrap();
        let answer = self.sim.router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    /// The statuses of the parts, by id.
    async fn statuses(&self, parts: &[String]) -> BTreeMap<String, u16> {
        let (status, text) = self
            .batch(format!("{}--x--", parts.concat()))
            .await
            .unwrap();
        assert_eq!(status, 200, "{text}");
        let parts = text.split("Content-ID: <response-").skip(1);
        parts
            .map(|part| {
                let (id, rest) = part.split_once('>').unwrap();
                let (_, status) = rest.split_once("HTTP/1.1 ").unwrap();
                (id.to_owned(), status[..3].parse().unwrap())
            })
            .collect()
    }
}

#[tokio::test]
async fn each_call_of_a_batch_is_judged_and_counted_for_itself() {
    let google = Google::start().await;
    google
        .switch(&json!({ "name": "rate_limited", "scope": "events.patch", "status": 429 }))
        .await;
    let calls = google.sim.calls();
    let own = "Authorization: Bearer nobody\r\n";
    let missing = format!("GET {EVENTS}/missing HTTP/1.1\r\n");
    let patch =
        format!("PATCH {EVENTS}/any HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{}}");

    let statuses = google
        .statuses(&[
            insert("inherits", "", &at(9)),
            insert("stranger", own, &at(10)),
            part("missing", &missing),
            part("hasty", &patch),
        ])
        .await;

    let expected = [
        ("hasty", 429),
        ("inherits", 200),
        ("missing", 404),
        ("stranger", 401),
    ];
    let expected = expected.map(|(id, status)| (id.to_owned(), status));
    assert_eq!(statuses, BTreeMap::from(expected));
    assert_eq!(google.sim.calls() - calls, 1, "a batch is one call");
    let log = google.get("/_sim/requests?since=0").await;
    assert_eq!(log["operations"]["events.insert"], 2);
    assert_eq!(log["batched"], 4);
}

#[tokio::test]
async fn a_batch_that_google_would_not_take_does_nothing() {
    let google = Google::start().await;
    let one = insert("one", "", &at(9));
    let whole = one.replace(EVENTS, &format!("https://www.googleapis.com{EVENTS}"));
    let fifty_one: Vec<String> = (0..51)
        .map(|n| insert(&n.to_string(), "", &at(9)))
        .collect();
    for body in [
        String::new(),
        one.clone(),
        format!("{}--x--", fifty_one.concat()),
        format!("{one}{one}--x--"),
        format!("{whole}--x--"),
        format!("{}--x--", one.replace("application/http", "text/plain")),
    ] {
        let (status, text) = google.batch(body).await.unwrap();
        assert_eq!(status, 400, "{text}");
    }
    assert_eq!(google.get(EVENTS).await["items"], json!([]));
}

#[tokio::test]
async fn a_batch_can_be_refused_or_lost_as_a_whole() {
    let google = Google::start().await;
    let refusal = json!({ "name": "rate_limited", "scope": "batch", "count": 1 });
    google.switch(&refusal).await;
    let body = || format!("{}--x--", insert("one", "", &at(9)));

    let (status, text) = google.batch(body()).await.unwrap();
    assert_eq!(status, 403);
    assert_eq!(
        reason(&serde_json::from_str(&text).unwrap()),
        "rateLimitExceeded"
    );
    assert_eq!(google.get(EVENTS).await["items"], json!([]));

    let loss = json!({ "name": "drop_response", "scope": "batch", "count": 1 });
    google.switch(&loss).await;
    assert_eq!(google.batch(body()).await, None);
    let there = google.get(EVENTS).await;
    assert_eq!(there["items"].as_array().unwrap().len(), 1);
}
