//! A subscriber at a real address.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::microsoft_sim::harness::Microsoft;

pub(super) const SUBSCRIPTIONS: &str = "/v1.0/subscriptions";

/// Repeats tokens unless it is to be rude, answers notices with the next status of a script, and keeps what came.
#[derive(Clone, Default)]
pub(super) struct Receiver(pub(super) Arc<Mutex<Inner>>);

#[derive(Default)]
pub(super) struct Inner {
    pub(super) rude: Option<Rude>,
    pub(super) statuses: Vec<u16>,
    pub(super) handshakes: Vec<String>,
    pub(super) came: Vec<Value>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Rude {
    Status,
    Kind,
    Text,
}

pub(super) async fn receive(
    State(receiver): State<Receiver>,
    RawQuery(query): RawQuery,
    body: String,
) -> Response {
    let query = query.unwrap_or_default();
    let mut inner = receiver.0.lock().unwrap();
    let told = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "validationToken");
    let Some((_, token)) = told else {
        inner.came.push(serde_json::from_str(&body).unwrap());
        let status = inner.statuses.pop().unwrap_or(202);
        return StatusCode::from_u16(status).unwrap().into_response();
    };
    inner.handshakes.push(query.clone());
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match inner.rude {
        None => (plain, token.into_owned()).into_response(),
        Some(Rude::Status) => (StatusCode::ACCEPTED, plain, token.into_owned()).into_response(),
        Some(Rude::Kind) => axum::Json(token.into_owned()).into_response(),
        Some(Rude::Text) => (plain, "hello").into_response(),
    }
}

pub(super) struct Stage {
    pub(super) microsoft: Microsoft,
    pub(super) receiver: Receiver,
    pub(super) address: String,
    pub(super) server: tokio::task::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stage {
    pub(super) async fn start() -> Self {
        let receiver = Receiver::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/hook", post(receive))
            .route("/life", post(receive))
            .with_state(receiver.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            microsoft: Microsoft::start().await,
            receiver,
            address,
            server,
        }
    }

    pub(super) fn wish(&self) -> Value {
        json!({
            "changeType": "created,updated,deleted",
            "notificationUrl": format!("{}/hook?from=graph", self.address),
            "lifecycleNotificationUrl": format!("{}/life", self.address),
            "resource": "me/events",
            "expirationDateTime": "2027-03-03T08:00:00Z",
            "clientState": "secret",
        })
    }

    pub(super) async fn subscribe(&self) -> Value {
        self.microsoft
            .call("POST", SUBSCRIPTIONS, self.wish())
            .await
            .expect(201)
    }

    pub(super) async fn deliver(&self) -> Vec<Value> {
        self.microsoft.sim.deliver_due().await;
        std::mem::take(&mut self.receiver.0.lock().unwrap().came)
    }

    /// Moves the clock to the next notice.
    pub(super) fn wait(&self) -> SignedDuration {
        let due = self.microsoft.sim.next_notice_at().unwrap();
        let wait = due.duration_since(self.microsoft.clock.now());
        self.microsoft.clock.advance(wait).unwrap();
        wait
    }
}

pub(super) fn stage_of(stage: &Stage) -> Microsoft {
    Microsoft {
        sim: stage.microsoft.sim.clone(),
        clock: stage.microsoft.clock.clone(),
        token: stage.microsoft.token.clone(),
    }
}
