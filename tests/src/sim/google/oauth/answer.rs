//! What the OAuth endpoints share: their errors, and the way from an answer to the wire.

use axum::extract::State as Shared;
use axum::response::Response;
use http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::faults::{FaultName, Target};
use crate::sim::google::server::{GoogleSim, GoogleSimOptions};
use crate::sim::google::state::State;
use crate::sim::google::wire::{ApiError, Reply};
use crate::sim::request_log::Entry;
use crate::sim::transport::cut_connection;

/// An OAuth error: the status, `error`, and `error_description`.
pub(in crate::sim::google) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: String,
    pub(super) account: Option<String>,
    pub(super) refused: bool,
}

impl Refusal {
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
            account: None,
            refused: false,
        }
    }

    pub(super) fn invalid_client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::new("invalid_client", "Unauthorized")
        }
    }
}

/// The answer of a token endpoint, and for whom.
pub(in crate::sim::google) type Answer = Result<(Value, Option<String>), Refusal>;

/// Faults, the record and the answer, the same for every endpoint here.
pub(in crate::sim::google) async fn answered(
    sim: &GoogleSim,
    method: &Method,
    path: &str,
    operation: &str,
    work: impl FnOnce(&mut State, &GoogleSimOptions, Timestamp) -> Answer,
) -> Response {
    let now = sim.now();
    let target = Target {
        method: operation,
        account: None,
        path,
        page: None,
    };
    let (reply, delay, cut) = sim.write(|state| {
        let failing = state.faults.strike(FaultName::ServerError, &target);
        let slow = state.faults.strike(FaultName::Slow, &target);
        let answer = match failing {
            Some(fault) => Err(Refusal {
                status: StatusCode::from_u16(fault.status.unwrap_or(500))
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                ..Refusal::new("internal_failure", "Backend Error")
            }),
            None => work(state, sim.options(), now),
        };
        let cut = state
            .faults
            .strike(FaultName::DropResponse, &target)
            .is_some();
        let (reply, account, refused) = match answer {
            Ok((body, account)) => (Reply::ok(body), account, None),
            Err(refusal) => {
                let body = json!({
                    "error": refusal.error,
                    "error_description": refusal.description,
                });
                let reply = Reply {
                    body: Some(body),
                    ..Reply::empty(refusal.status)
                };
                let refused = refusal.refused.then_some(refusal.description);
                (reply, refusal.account, refused)
            }
        };
        state.requests.record(Entry {
            seq: 0,
            at: now,
            method: method.to_string(),
            path: path.to_owned(),
            query: String::new(),
            route: path.to_owned(),
            operation: operation.to_owned(),
            account,
            status: (!cut).then(|| reply.status.as_u16()),
            refused,
            batched: false,
        });
        (reply, slow.map(|fault| fault.delay_s.unwrap_or(1.0)), cut)
    });
    if let Some(seconds) = delay {
        tokio::time::sleep(std::time::Duration::from_secs_f64(seconds)).await;
    }
    if cut {
        cut_connection()
    } else {
        reply.into_response()
    }
}

/// Everything that no route knows: an error, and a record of it.
pub(in crate::sim::google) async fn unknown(
    Shared(sim): Shared<GoogleSim>,
    method: Method,
    uri: Uri,
) -> Response {
    let now = sim.now();
    let why = format!("Unknown path: {method} {}", uri.path());
    sim.write(|state| {
        state.requests.record(Entry {
            seq: 0,
            at: now,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            route: uri.path().to_owned(),
            operation: "unknown".to_owned(),
            account: None,
            status: Some(404),
            refused: Some(why.clone()),
            batched: false,
        });
    });
    ApiError::new(404, "notFound", why)
        .into_reply()
        .into_response()
}
