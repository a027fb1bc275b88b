//! `Idempotency-Key`: an unsafe call that names itself is carried out once. A repeat is answered like the first.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts, response},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::id::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Session, extract};
use crate::{
    app::App,
    crypto::{Secret, fingerprint},
    ids,
    problem::Problem,
    store::{CallName, NamedCall, REMEMBERED_FOR, StoreError, TenantStore},
    telemetry::chain,
};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const NAME_BYTES_MAX: usize = 255;
/// Longer than any function may run: who has not answered by then never will.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// What is kept of an answer; a row holds 400 KB.
const ANSWER_BYTES_MAX: usize = 200 * 1024;
/// What a repeat is told beside status and body.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// What the call under way calls itself: ids derived from it are the same when it is tried again after a crash.
#[derive(Clone)]
pub struct CallId {
    tenant: TenantId,
    name: String,
    first_at: Timestamp,
}

impl CallId {
    pub fn derive<T>(&self, from_parts: fn(u64, u128) -> T) -> T {
        ids::derive(self.tenant, self.first_at, &self.name, from_parts)
    }
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Goes on with the request, once for each name.
pub(super) async fn run(app: &App, session: &Session, request: Request, next: Next) -> Response {
    let name = request.headers().get(HEADER).cloned();
    let Some(name) = name.filter(|_| !request.method().is_safe()) else {
        return next.run(request).await;
    };
    match run_named(app, session, &name, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn run_named(
    app: &App,
    session: &Session,
    name: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let name = name
        .to_str()
        .ok()
        .filter(|name| !name.is_empty() && name.len() <= NAME_BYTES_MAX);
    let name = name.ok_or_else(no_name)?;
    let (mut parts, body) = request.into_parts();
    let body = extract::whole(&parts.headers, body).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let name = CallName::new(session.member, parts.method.as_str(), path, name);
    let store = app.store.tenant(session);
    let call = match begin(app, &store, &name, &fingerprint_of(&parts, &body)).await? {
        Begun::Now(call) => call,
        Begun::Before(response) => return Ok(response),
    };
    parts.extensions.insert(CallId {
        tenant: session.tenant(),
        name: name.as_str().to_owned(),
        first_at: call.first_at,
    });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    Ok(keep(app, &store, &name, call, response).await)
}

/// Of what is asked for. How the body is written counts: who repeats a call repeats its bytes.
fn fingerprint_of(parts: &Parts, body: &Bytes) -> String {
    // One that is empty is not the same as none.
    let condition = parts.headers.get(header::IF_MATCH);
    let (named, condition): (&[u8], &[u8]) = match condition {
        Some(condition) => (b"if-match ", condition.as_bytes()),
        None => (b"", b""),
    };
    fingerprint([named, condition, b"\n", body.as_ref()].concat())
}

enum Begun {
    Now(NamedCall),
    /// What it was answered.
    Before(Response),
}

async fn begin(
    app: &App,
    store: &TenantStore,
    name: &CallName,
    request: &str,
) -> Result<Begun, Problem> {
    let now = app.clock.now();
    let known = store.named_call(name).await?;
    let version = known.as_ref().map_or(0, |call| call.version);
    // The table forgets in its own time.
    let known = known.filter(|call| now < call.first_at + REMEMBERED_FOR);
    if let Some(call) = &known {
        if call.request != request {
            return Err(used_otherwise());
        }
        if let Some(answer) = &call.answer {
            return Ok(Begun::Before(replay(app, store, name, answer).await?));
        }
        if now < call.begun_at + GIVEN_UP_AFTER {
            return Err(under_way());
        }
    }
    let call = NamedCall {
        request: request.to_owned(),
        first_at: known.as_ref().map_or(now, |call| call.first_at),
        begun_at: now,
        answer: None,
        version,
    };
    match store.put_named_call(name, call).await {
        Ok(call) => Ok(Begun::Now(call)),
        Err(StoreError::Conflict) => Err(under_way()),
        Err(error) => Err(error.into()),
    }
}

/// How a call that names itself is refused.
pub(super) fn problems() -> [Problem; 4] {
    [no_name(), used_otherwise(), under_way(), answer_gone()]
}

fn no_name() -> Problem {
    let detail = format!("Idempotency-Key takes 1 to {NAME_BYTES_MAX} printable characters.");
    Problem::bad_request("idempotency_key", detail)
}

fn used_otherwise() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request. Take a new one for each request.",
    )
}

fn answer_gone() -> Problem {
    let words = "This request was carried out before, but its answer can no longer be read.";
    Problem::conflict("idempotency_answer_gone", words)
}

fn under_way() -> Problem {
    let detail =
        "The first request with this Idempotency-Key is still under way. Ask again in a moment.";
    Problem::conflict("idempotency_in_progress", detail).retry_after(1)
}

fn context(store: &TenantStore, name: &CallName) -> String {
    format!("call|{}|{}", store.id(), name.as_str())
}

async fn replay(
    app: &App,
    store: &TenantStore,
    name: &CallName,
    sealed: &str,
) -> Result<Response, Problem> {
    let opened = app.open(&context(store, name), sealed).await?;
    let answer: Option<Answer> = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
    let answer = answer.ok_or_else(answer_gone)?;
    let status = StatusCode::from_u16(answer.status).map_err(Problem::unavailable)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok((status, headers, answer.body).into_response())
}

/// Keeps the answer for repeats. What failed on our side, or for haste, may be tried again under its name.
async fn keep(
    app: &App,
    store: &TenantStore,
    name: &CallName,
    call: NamedCall,
    response: Response,
) -> Response {
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Problem::unavailable(error).into_response(),
    };
    let again = parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS;
    let text = std::str::from_utf8(&body)
        .ok()
        .filter(|text| text.len() <= ANSWER_BYTES_MAX);
    let kept = match text.filter(|_| !again) {
        Some(text) => put_answer(app, store, name, call, &parts, text).await,
        None => store
            .forget_named_call(name, &call)
            .await
            .map_err(Problem::from),
    };
    if let Err(error) = kept {
        // The caller has the answer; a repeat finds the call under way, and then carries it out anew.
        tracing::error!(error = %chain(&error), "the answer to a named call was not kept");
    }
    Response::from_parts(parts, Body::from(body))
}

async fn put_answer(
    app: &App,
    store: &TenantStore,
    name: &CallName,
    call: NamedCall,
    parts: &response::Parts,
    body: &str,
) -> Result<(), Problem> {
    let header = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(header).collect(),
        body: body.to_owned(),
    };
    let text = serde_json::to_string(&answer).map_err(Problem::unavailable)?;
    let sealed = app
        .keys()
        .await?
        .seal(&context(store, name), &Secret::new(text));
    let answered = NamedCall {
        answer: Some(sealed),
        ..call
    };
    store.put_named_call(name, answered).await?;
    Ok(())
}
