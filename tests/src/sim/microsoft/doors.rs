//! How requests come in and answers go out: one by one, or as a batch.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use http::{HeaderMap, Method, Uri, header};
use jiff::Timestamp;
use url::Url;

use super::api::{self, Answer, ApiRequest, Noted, Outcome};
use super::batch::{self, Part};
use super::endpoints::BATCH;
use super::server::MicrosoftSim;
use super::subscriptions;
use super::wire::{GraphError, RequestIds};
use crate::sim::credentials;
use crate::sim::faults::{FaultName, Target};
use crate::sim::request_log::Entry;
use crate::sim::transport::cut_connection;

/// A place among the calls that a mailbox answers at once; given back when it is dropped.
struct Place {
    sim: MicrosoftSim,
    account: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sim.write(|state| state.throttle.leave(&self.account));
    }
}

pub(super) async fn call(
    Shared(sim): Shared<MicrosoftSim>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut request = ApiRequest {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
        batched: false,
        crowded: false,
    };
    let place = enter(&sim, &request.headers);
    request.crowded = place.is_err();
    let outcome = serve(&sim, &request).await;
    wait(outcome.delay).await;
    drop(place);
    if outcome.cut {
        return cut_connection();
    }
    outcome.reply.into_response()
}

/// What a fault strikes that is meant for a batch as a whole.
const WHOLE_BATCH: Target<'static> = Target {
    method: BATCH,
    account: None,
    path: "/v1.0/$batch",
    page: None,
};

/// Each part is judged by itself; Outlook runs at most four of them at once, so that they never crowd each other out.
pub(super) async fn batch(
    Shared(sim): Shared<MicrosoftSim>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = sim.now();
    let ids = RequestIds::of(&headers, now);
    let parts = match batch::read(&body) {
        Ok(parts) => parts,
        Err(error) => {
            note(
                &sim,
                &Method::POST,
                "/v1.0/$batch",
                "batch",
                400,
                Some(error.message()),
            );
            return ids.on(error.into_reply(&ids)).into_response();
        }
    };
    if let Err(error) = sim.write(|state| api::refuse_by_fault(state, &WHOLE_BATCH)) {
        let reply = error.into_reply(&ids);
        let status = reply.status.as_u16();
        note(&sim, &Method::POST, "/v1.0/$batch", "batch", status, None);
        return ids.on(reply).into_response();
    }
    note(&sim, &Method::POST, "/v1.0/$batch", "batch", 200, None);
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let mut outcomes = Vec::new();
    let mut responses = Vec::new();
    for part in parts {
        let blocked = part
            .depends_on
            .iter()
            .any(|on| failed.contains(&on.to_ascii_lowercase()));
        let reply = if blocked {
            Part::failed_dependency(&ids)
        } else {
            match part.request(&headers) {
                Err(error) => error.into_reply(&ids),
                Ok(request) => {
                    let outcome = serve(&sim, &request).await;
                    let reply = outcome.reply.clone();
                    outcomes.push(outcome);
                    reply
                }
            }
        };
        if !reply.status.is_success() {
            failed.insert(part.id.to_ascii_lowercase());
        }
        responses.push(batch::shown(&part.id, &reply));
    }
    let delay = outcomes.iter().map(|outcome| outcome.delay).max();
    wait(delay.unwrap_or_default()).await;
    let lost = sim.write(|state| state.faults.strike(FaultName::DropResponse, &WHOLE_BATCH));
    if lost.is_some() {
        return cut_connection();
    }
    batch::answer(responses, &outcomes)
}

/// Everything that no route knows: an error, and a record of it.
pub(super) async fn unknown(
    Shared(sim): Shared<MicrosoftSim>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let why = format!("Unknown path: {method} {}", uri.path());
    note(&sim, &method, uri.path(), "unknown", 404, Some(&why));
    let ids = RequestIds::of(&headers, sim.now());
    let error = GraphError::new(404, "UnknownError", why);
    ids.on(error.into_reply(&ids)).into_response()
}

/// A request that is no call of Graph, for the record.
pub(super) fn note(
    sim: &MicrosoftSim,
    method: &Method,
    path: &str,
    operation: &str,
    status: u16,
    refused: Option<&str>,
) {
    let at: Timestamp = sim.now();
    sim.write(|state| {
        state.requests.record(Entry {
            seq: 0,
            at,
            method: method.to_string(),
            path: path.to_owned(),
            query: String::new(),
            route: path.to_owned(),
            operation: operation.to_owned(),
            account: None,
            status: Some(status),
            refused: refused.map(str::to_owned),
            batched: false,
        });
    });
}

/// Links lead back to where the caller came from: it may have reached us through somebody's door.
fn reached_at(headers: &HeaderMap) -> Option<Url> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    format!("http://{host}/").parse().ok()
}

async fn serve(sim: &MicrosoftSim, request: &ApiRequest) -> Outcome {
    let now = sim.now();
    let base = &reached_at(&request.headers).unwrap_or_else(|| sim.options().public_base.clone());
    let mut noted = Noted::new(request, now);
    let answer = sim.write(|state| api::answer(state, base, now, request, &mut noted));
    match answer {
        Ok(Answer::Reply(reply)) => sim.write(|state| noted.end(state, Ok(reply))),
        Err(error) => sim.write(|state| noted.end(state, Err(error))),
        Ok(Answer::Ask(handshake)) => {
            let refusal = sim.shake_hands(&handshake).await;
            sim.write(|state| {
                let opened = subscriptions::open(state, *handshake, refusal);
                noted.end(state, opened)
            })
        }
    }
}

/// The mailbox's place for one more call, if it has one; nothing to take where nobody is known to call.
fn enter(sim: &MicrosoftSim, headers: &HeaderMap) -> Result<Option<Place>, ()> {
    let Some(bearer) = credentials::bearer(headers) else {
        return Ok(None);
    };
    sim.write(|state| {
        let Some(account) = state.grants.account_of(bearer) else {
            return Ok(None);
        };
        let entered = state.throttle.enter(&account);
        entered.then_some(account).ok_or(()).map(Some)
    })
    .map(|account| {
        account.map(|account| Place {
            sim: sim.clone(),
            account,
        })
    })
}

async fn wait(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}
