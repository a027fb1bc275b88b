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

use super::{CrashPoint, WeakWorld, page};
use crate::demo::{self, Activity};

pub(super) fn router(world: WeakWorld) -> Router {
    let controls = Router::new()
        .route("/settle", post(settle))
        .route("/clock/advance", post(advance))
        .route("/crash", get(crash_state).post(crash).delete(calm))
        .route("/metrics", get(metrics))
        .route("/activity", get(activity).post(be_active).delete(be_still));
    Router::new()
        .nest("/_world", controls)
        .route("/_world/", get(overview))
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

async fn overview(State(world): State<WeakWorld>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    match page::show(&world).await {
        Ok(page) => page.into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    seed: Option<u64>,
}

fn shown(activity: Option<&Activity>) -> Response {
    let Some(activity) = activity else {
        return Json(json!({ "on": false })).into_response();
    };
    Json(json!({
        "on": true,
        "seed": activity.seed,
        "happened": activity.happened,
        "failed": activity.failed,
    }))
    .into_response()
}

async fn activity(State(world): State<WeakWorld>) -> Response {
    match world.upgrade() {
        Some(world) => shown(world.activity.lock().await.as_ref()),
        None => gone(),
    }
}

/// The same seed has the same happen; without one it is drawn from the time. What is on stays as it is.
async fn be_active(State(world): State<WeakWorld>, request: Option<Json<Begin>>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    let is_lived = match demo::is_in(&world).await {
        Ok(is_lived) => is_lived,
        Err(error) => return failed(&error),
    };
    if !is_lived {
        let error = json!({ "error": "the firm is not here: start with --demo --fresh" });
        return (StatusCode::CONFLICT, Json(error)).into_response();
    }
    let mut activity = world.activity.lock().await;
    if activity.is_none() {
        let Json(begin) = request.unwrap_or_default();
        let drawn = world.clock.now().as_millisecond().unsigned_abs();
        match Activity::begin(&world, begin.seed.unwrap_or(drawn)).await {
            Ok(new) => *activity = Some(new),
            Err(error) => return failed(&error),
        }
    }
    shown(activity.as_ref())
}

async fn be_still(State(world): State<WeakWorld>) -> Response {
    let Some(world) = world.upgrade() else {
        return gone();
    };
    let ended = world.activity.lock().await.take();
    let ended = match ended {
        Some(activity) => activity.end().await,
        None => Ok(()),
    };
    match ended {
        Ok(()) => shown(None),
        Err(error) => failed(&error),
    }
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
