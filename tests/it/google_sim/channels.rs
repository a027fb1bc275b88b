//! Notices reach a real receiver over a real connection.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::harness::{EVENTS, Google, at, reason};

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
    let kinds: Vec<&str> = came
        .iter()
        .map(|headers| headers["x-goog-resource-state"].to_str().unwrap())
        .collect();
    assert_eq!(kinds, ["sync", "exists", "exists"]);
    assert_eq!(came[0]["x-goog-message-number"], "1");
    assert_eq!(came[0]["x-goog-channel-token"], "t");
    assert_eq!(came[0]["content-length"], "0");
}
