//! The world's own controls, under `/_world/` of the product's port. No deployed function has them.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::{CrashPoint, WeakWorld};

pub(super) fn router(world: WeakWorld) -> Router {
    Router::new()
        .route("/settle", post(settle))
        .route("/clock/advance", post(advance))
        .route("/crash", get(crash_state).post(crash).delete(calm))
        .route("/metrics", get(metrics))
        .with_state(world)
}

async fn settle(State(world): State<WeakWorld>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    match world.settle().await {
        Ok(settled) => Json(settled).into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

async fn advance(State(world): State<WeakWorld>, Json(request): Json<Advance>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    if !world.clock.is_virtual() {
        let error =
            json!({ "error": "the system clock cannot be advanced: start with --virtual-clock" });
        return (StatusCode::CONFLICT, Json(error)).into_response();
    }
    match world
        .advance(SignedDuration::from_secs(request.seconds.into()))
        .await
    {
        Ok(()) => Json(json!({ "now": world.clock.now() })).into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crash {
    point: String,
}

/// The next run that gets to the point ends there.
async fn crash(State(world): State<WeakWorld>, Json(request): Json<Crash>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    match request.point.parse::<CrashPoint>() {
        Ok(point) => {
            world.crash_next_run(point);
            Json(world.crashes()).into_response()
        }
        Err(error) => {
            let error = json!({ "error": error.to_string() });
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

async fn crash_state(State(world): State<WeakWorld>) -> Response {
    world
        .upgrade()
        .map_or_else(gone, |world| Json(world.crashes()).into_response())
}

async fn calm(State(world): State<WeakWorld>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    let unreached = world.unreached_point().map(|point| point.to_string());
    Json(json!({ "unreached": unreached })).into_response()
}

async fn metrics(State(world): State<WeakWorld>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    let counters = world.aws.counters();
    Json(json!({
        "table_requests": counters.table_requests,
        "queue_sends": counters.queue_sends,
        "secret_requests": counters.secret_requests,
        "event_puts": counters.event_puts,
        "operations": counters.operations,
        "invocations": world.invocations(),
        "measured": world.measured(),
        "provider_calls": {
            "google": world.google.calls(),
            "microsoft": world.microsoft.calls(),
        },
    }))
    .into_response()
}

fn gone() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "the world is stopping").into_response()
}

fn failed(error: &anyhow::Error) -> Response {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        Json(json!({ "error": format!("{error:#}") })),
    )
        .into_response()
}
