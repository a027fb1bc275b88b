//! `POST /webhooks/google/pubsub`: verify, mark, enqueue, answer. Nothing runs after the answer, and nothing is read
//! from the table before every proof holds.

pub mod command;

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use domain::connection::Provider;
use shared::{
    app::App,
    problem::Problem,
    providers::google::pubsub::Push,
    relay::{self, PushError},
    sync::channel,
    web::{Routes, open},
};

pub fn routes() -> Routes {
    Routes::new().post(
        relay::PUSH_PATH,
        open("a signature of Google, and a channel token"),
        pushed,
    )
}

/// A notice is a token in an envelope: under a kilobyte.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What is answered with anything but 2xx, Pub/Sub delivers again: that is right for what could not be kept, and for a
/// proof that we may yet come to believe. A message that means nothing now never will, and is taken off its hands.
async fn pushed(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    match take(&app, &headers, body).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(PushError::Meaningless(reason)) => {
            channel::refused(&app, Provider::Google, reason);
            Ok(StatusCode::NO_CONTENT)
        }
        Err(PushError::Unidentified(reason)) => {
            channel::refused(&app, Provider::Google, reason);
            Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Only the push account of this installation is heard here.",
            ))
        }
        Err(PushError::Vault(error)) => Err(error.into()),
        Err(PushError::Keys(error)) => Err(Problem::unavailable(error)),
        Err(PushError::Ask(error)) => Err(error.into()),
    }
}

async fn take(app: &App, headers: &HeaderMap, body: Body) -> Result<(), PushError> {
    let proof = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let proof = proof.ok_or(PushError::Unidentified("no proof"))?;
    let relay = relay::identify(app, proof).await?;
    let body = to_bytes(body, BODY_BYTES_MAX).await;
    let body = body.map_err(|_| PushError::Meaningless("too_large"))?;
    let push = Push::read(&body).map_err(|_| PushError::Meaningless("garbage"))?;
    relay::pushed(app, &relay, &push).await
}
