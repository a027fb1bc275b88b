//! What tests, benches and people steer every simulator with, under `/_sim/`: faults and the request log.

use axum::Router;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::faults::{Fault, Faults};
use super::request_log::RequestLog;
use super::strict::Params;

/// A simulator, as far as its switches and its record go.
pub(super) trait Steered: Clone + Send + Sync + 'static {
    fn switches<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T;

    fn record<T>(&self, look: impl FnOnce(&RequestLog) -> T) -> T;

    /// What a fault may be scoped to, beside accounts and paths.
    fn targets() -> Vec<&'static str>;

    /// What this vendor makes of a fault that is well-formed in general.
    fn check(fault: &Fault) -> Result<(), String>;
}

pub(super) fn routes<S: Steered>() -> Router<S> {
    Router::new()
        .route(
            "/_sim/faults",
            get(faults::<S>)
                .post(set_fault::<S>)
                .delete(clear_faults::<S>),
        )
        .route("/_sim/requests", get(requests::<S>))
}

async fn set_fault<S: Steered>(Shared(sim): Shared<S>, body: String) -> Response {
    let fault: Fault = match read(&body) {
        Ok(fault) => fault,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let set = S::check(&fault).and_then(|()| {
        sim.switches(|faults| {
            faults.set(fault, &S::targets())?;
            Ok(json!({ "faults": faults.list() }))
        })
    });
    match set {
        Ok(set) => answer(set),
        Err(why) => refused(StatusCode::BAD_REQUEST, &why),
    }
}

async fn faults<S: Steered>(Shared(sim): Shared<S>) -> Response {
    sim.switches(|faults| answer(json!({ "faults": faults.list() })))
}

async fn clear_faults<S: Steered>(Shared(sim): Shared<S>) -> Response {
    sim.switches(Faults::clear);
    StatusCode::NO_CONTENT.into_response()
}

async fn requests<S: Steered>(Shared(sim): Shared<S>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(&query.unwrap_or_default());
    let since = params
        .only(&[&["since"]])
        .and_then(|()| params.one("since"));
    let since = match since {
        Ok(text) => text.unwrap_or("0").parse::<u64>(),
        Err(bad) => return refused(StatusCode::BAD_REQUEST, &bad.why),
    };
    match since {
        Ok(since) => sim.record(|log| answer(log.report(since))),
        Err(_) => refused(
            StatusCode::BAD_REQUEST,
            "since is not a number of a request",
        ),
    }
}

/// The body, whatever its content type says; what is wrong with it is named.
pub(super) fn read<T: DeserializeOwned>(body: &str) -> serde_json::Result<T> {
    serde_json::from_str(body)
}

pub(super) fn answer(body: Value) -> Response {
    axum::Json(body).into_response()
}

pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}
