//! Pub/Sub as its documents have it: what it refuses, and that it pushes until somebody takes a message.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::harness::Google;

const ADMIN: &str = "admin@p1.iam.gserviceaccount.com";
const TOPIC: &str = "/v1/projects/p1/topics/notices";
const SUBSCRIPTION: &str = "/v1/projects/p1/subscriptions/push";

async fn start() -> Google {
    let mut google = Google::start().await;
    google.token = google.token_of(ADMIN, &["roles/pubsub.admin"]).await;
    google
}

impl Google {
    async fn token_of(&self, email: &str, roles: &[&str]) -> String {
        let account = json!({ "email": email, "project": "p1", "roles": roles });
        self.call("POST", "/_sim/service_accounts", account).await;
        let account = json!({ "account": email });
        let (_, answer) = self.call("POST", "/_sim/token", account).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn answers(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    async fn refuses(&self, method: &str, path: &str, body: Value, with: (u16, &str)) {
        let (status, answer) = self.call(method, path, body.clone()).await;
        let code = answer["error"]["status"].as_str().unwrap_or_default();
        assert_eq!((status, code), with, "{method} {path} {body}: {answer}");
        assert_eq!(answer["error"]["code"], status);
    }
}

fn pushed_to(endpoint: &str) -> Value {
    json!({
        "topic": "projects/p1/topics/notices",
        "pushConfig": {
            "pushEndpoint": endpoint,
            "oidcToken": { "serviceAccountEmail": "push@p1.iam.gserviceaccount.com" },
        },
        "retryPolicy": { "minimumBackoff": "10s", "maximumBackoff": "25s" },
    })
}

#[tokio::test]
async fn what_is_there_twice_or_not_at_all_or_makes_no_sense_is_refused() {
    let google = start().await;
    let (missing, exists) = ((404, "NOT_FOUND"), (409, "ALREADY_EXISTS"));
    let invalid = (400, "INVALID_ARGUMENT");
    let hook = pushed_to("https://x.test/hook");
    google.refuses("GET", TOPIC, Value::Null, missing).await;
    google
        .refuses("PUT", SUBSCRIPTION, hook.clone(), missing)
        .await;
    google.answers("PUT", TOPIC, json!({})).await;
    google.refuses("PUT", TOPIC, json!({}), exists).await;
    google.answers("PUT", SUBSCRIPTION, hook.clone()).await;
    google
        .refuses("PUT", SUBSCRIPTION, hook.clone(), exists)
        .await;
    let elsewhere = "/v1/projects/p2/topics/notices";
    google.refuses("PUT", elsewhere, json!({}), missing).await;
    let long = "x".repeat(256);
    for name in ["ab", "1abc", "google", "a b", long.as_str()] {
        let path = format!("/v1/projects/p1/topics/{}", name.replace(' ', "%20!"));
        google.refuses("PUT", &path, json!({}), invalid).await;
    }
    let other = |name: &str, value: Value| {
        let mut body = hook.clone();
        body[name] = value;
        body
    };
    let path = "/v1/projects/p1/subscriptions/other";
    for body in [
        other("ackDeadlineSeconds", json!(9)),
        other("ackDeadlineSeconds", json!(601)),
        other(
            "pushConfig",
            json!({ "pushEndpoint": "http://x.test/hook" }),
        ),
        other("retryPolicy", json!({ "minimumBackoff": "601s" })),
        other("expirationPolicy", json!({ "ttl": "60s" })),
        other("colour", json!("red")),
    ] {
        google.refuses("PUT", path, body, invalid).await;
    }
    let publish = format!("{TOPIC}:publish");
    for body in [
        json!({}),
        json!({ "messages": [] }),
        json!({ "messages": [{}] }),
        json!({ "messages": [{ "data": "not base64" }] }),
        json!({ "messages": [{ "data": "aGk=", "colour": "red" }] }),
    ] {
        google.refuses("POST", &publish, body, invalid).await;
    }
    let moved = json!({ "subscription": {}, "updateMask": "topic" });
    google.refuses("PATCH", SUBSCRIPTION, moved, invalid).await;
}

#[tokio::test]
async fn only_whom_a_role_or_the_topic_lets_in_may_publish() {
    let mut google = start().await;
    google.answers("PUT", TOPIC, json!({})).await;
    let publisher = "publisher@p1.iam.gserviceaccount.com";
    let (admin, publisher_token) = (google.token.clone(), google.token_of(publisher, &[]).await);
    let publish = format!("{TOPIC}:publish");
    let message = json!({ "messages": [{ "data": "aGk=" }] });
    let denied = (403, "PERMISSION_DENIED");
    google.token.clone_from(&publisher_token);
    google
        .refuses("POST", &publish, message.clone(), denied)
        .await;

    google.token = admin;
    let policy = google
        .answers("GET", &format!("{TOPIC}:getIamPolicy"), Value::Null)
        .await;
    let member = format!("serviceAccount:{publisher}");
    let binding = json!([{ "role": "roles/pubsub.publisher", "members": [member] }]);
    let set = json!({ "policy": { "bindings": binding, "etag": policy["etag"] } });
    let path = format!("{TOPIC}:setIamPolicy");
    google.answers("POST", &path, set.clone()).await;
    google.refuses("POST", &path, set, (409, "ABORTED")).await;

    google.token = publisher_token;
    google.answers("POST", &publish, message.clone()).await;
    google.refuses("GET", TOPIC, Value::Null, denied).await;
    google.token = "ya29.stale".to_owned();
    let nobody = (401, "UNAUTHENTICATED");
    google.refuses("POST", &publish, message, nobody).await;
}

/// Answers with the next status of a script, and keeps what came.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: Vec<u16>,
    came: Vec<(HeaderMap, Value)>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    let mut inner = receiver.0.lock().unwrap();
    inner
        .came
        .push((headers, serde_json::from_str(&body).unwrap()));
    let status = if inner.answers.is_empty() {
        204
    } else {
        inner.answers.remove(0)
    };
    StatusCode::from_u16(status).unwrap()
}

#[tokio::test]
async fn a_message_is_pushed_with_a_proof_until_it_is_taken() {
    let google = start().await;
    let receiver = Receiver::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/hook", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/hook", post(receive))
        .with_state(receiver.clone());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    google.answers("PUT", TOPIC, json!({})).await;
    google
        .answers("PUT", SUBSCRIPTION, pushed_to(&endpoint))
        .await;
    receiver.0.lock().unwrap().answers = vec![500, 404, 302, 401, 200];
    let message = json!({ "messages": [{ "data": "aGk=", "attributes": { "a": "b" } }] });
    let published = google
        .answers("POST", &format!("{TOPIC}:publish"), message)
        .await;

    let start = google.clock.now();
    let mut waits = Vec::new();
    while let Some(due) = google.sim.next_notice_at() {
        let wait = due.duration_since(google.clock.now());
        google
            .clock
            .advance(wait.max(SignedDuration::ZERO))
            .unwrap();
        assert_eq!(google.sim.deliver_due().await, 1);
        waits.push(google.clock.now().duration_since(start).as_secs());
    }

    assert_eq!(
        waits,
        [0, 10, 30, 55, 80],
        "10, 20, and then 25 seconds apart"
    );
    let inner = receiver.0.lock().unwrap();
    for (headers, body) in &inner.came {
        let id = &published["messageIds"][0];
        assert_eq!(body["message"]["messageId"], *id);
        assert_eq!(body["message"]["data"], "aGk=");
        assert_eq!(body["message"]["attributes"]["a"], "b");
        assert_eq!(
            body["subscription"],
            SUBSCRIPTION.trim_start_matches("/v1/")
        );
        let proof = headers["authorization"].to_str().unwrap();
        let claims = proof.split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["aud"], endpoint, "of whom none is named");
        assert_eq!(claims["email"], "push@p1.iam.gserviceaccount.com");
    }
    server.abort();
}

#[tokio::test]
async fn a_deleted_topic_leaves_its_subscription_without_one() {
    let google = start().await;
    google.answers("PUT", TOPIC, json!({})).await;
    google
        .answers("PUT", SUBSCRIPTION, pushed_to("https://x.test/"))
        .await;
    google.answers("DELETE", TOPIC, Value::Null).await;
    let left = google.answers("GET", SUBSCRIPTION, Value::Null).await;
    assert_eq!(left["topic"], "_deleted-topic_");
    google.answers("PUT", TOPIC, json!({})).await;
    let left = google.answers("GET", SUBSCRIPTION, Value::Null).await;
    assert_eq!(left["topic"], "_deleted-topic_");
    google.answers("DELETE", SUBSCRIPTION, Value::Null).await;
    let missing = (404, "NOT_FOUND");
    google
        .refuses("DELETE", SUBSCRIPTION, Value::Null, missing)
        .await;
}
