//! Pages of other sites that call the API with a key (CORS). Their browsers ask first whether they may ask; every site is
//! told yes, because nobody knows yet whose key will come. The call itself is held to the list of the key's organisation.
//! Cookies are never allowed: what a browser sends with them it does not let such a page read.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{By, Session, api_key};
use crate::{config::Config, problem::Problem};

/// Where programs call.
const API: &str = "/api/v1/";
/// The same, as API Gateway writes it.
pub(super) const PREFLIGHTS: &str = "/api/v1/{proxy+}";

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
/// What a call may carry. `Authorization` has to be named: no wildcard stands for it.
const CARRIED: &str = "authorization, content-type, if-match, idempotency-key";
/// What the page may read of an answer beside its body.
const READABLE: &str =
    "etag, idempotency-replayed, location, ratelimit, ratelimit-policy, retry-after, x-request-id";
/// Browsers believe it no longer than two hours.
const BELIEVED_FOR_S: &str = "7200";

/// Answers what a browser asks before it lets a page call. It brings no key: the answer is the same for every site, and
/// costs nothing.
pub(super) async fn preflight(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_preflight = request.method() == Method::OPTIONS
        && request.uri().path().starts_with(API)
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return next.run(request).await;
    }
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, CARRIED),
        (header::ACCESS_CONTROL_MAX_AGE, BELIEVED_FOR_S),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

/// Whether a request proves itself with a key alone. No site can make a browser send one that it does not have, so it does
/// not matter here where the request comes from.
pub(super) fn is_with_key_alone(request: &Request) -> bool {
    let headers = request.headers();
    request.uri().path().starts_with(API)
        && api_key::is_brought(headers)
        && !headers.contains_key(header::COOKIE)
}

/// The origin of the page that calls, if it is of another site.
fn elsewhere<'a>(headers: &'a HeaderMap, config: &Config) -> Option<&'a HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let ours = config.public_base.origin().ascii_serialization();
    (origin.as_bytes() != ours.as_bytes()).then_some(origin)
}

/// Refuses a page of a site that the key's organisation does not allow; answers the origin that may read the answer.
pub(super) fn check(
    session: &Session,
    headers: &HeaderMap,
    config: &Config,
) -> Result<Option<HeaderValue>, Problem> {
    let By::Key { origins, .. } = &session.by else {
        return Ok(None);
    };
    let Some(origin) = elsewhere(headers, config) else {
        return Ok(None);
    };
    if !origin.to_str().is_ok_and(|origin| origins.allow(origin)) {
        return Err(not_allowed());
    }
    let has_cookies = headers.contains_key(header::COOKIE);
    Ok((!has_cookies).then(|| origin.clone()))
}

pub(super) fn not_allowed() -> Problem {
    let words =
        "Pages of this site may not use the organisation's keys. An administrator can allow it.";
    Problem::forbidden("origin_not_allowed", words)
}

/// Lets the page read the answer.
pub(super) fn headers(origin: HeaderValue) -> [(HeaderName, HeaderValue); 3] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(READABLE),
        ),
        (header::VARY, HeaderValue::from_static("origin")),
    ]
}
