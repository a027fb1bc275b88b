//! What every HTTP function shares: sessions, proof of origin, strict reading of requests, pages and their headers.

pub mod api_key;
pub mod cookies;
mod cors;
mod csrf;
mod extract;
mod filter;
mod foreign;
mod gate;
mod headers;
mod named_call;
pub mod page;
mod routes;
mod session;
mod trail;

pub use csrf::csrf_token;
pub use extract::{
    CALENDAR, File, Form, IfMatch, Json, JsonIfAny, Path, Query, TABLE, Upload, etag, not_a_file,
    too_large,
};
pub use filter::{Flaws, listed};
pub use gate::{Gate, Need, may, open, signed_in};
pub use named_call::CallId;
pub use routes::{Route, Routes};
pub use session::{
    ACCESS_LIFETIME, By, CONFIRMED_FOR, Proof, REFRESH_LIFETIME, Session, issue, key_set,
};
pub use trail::{ClientAddress, Trail};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    problem::{self, Problem},
};

/// The largest request body that any function reads, but for files.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Routes with everything around them that no handler may forget.
pub fn layers(routes: Routes, app: &App) -> Router {
    routes
        .into_router()
        .fallback(async || Problem::not_found("page"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not answer that method.",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(app.clone(), csrf::guard))
        .layer(middleware::from_fn(problem::as_page_if_asked))
        .layer(middleware::from_fn(cors::preflight))
        .layer(middleware::from_fn(logged))
        .layer(middleware::from_fn(headers::secure))
        .layer(Extension(app.clone()))
        .with_state(app.clone())
}

/// One line per request, with the id that the answer carries too.
async fn logged(mut request: Request, next: middleware::Next) -> Response {
    let trail = Trail::begin(&request);
    let id = trail.request_id.clone();
    request.extensions_mut().insert(trail);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = problem::named(next.run(request).await, &id);
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        tracing::error!(request = id, %method, path, status, "answered");
    } else {
        tracing::info!(request = id, %method, path, status, "answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// Leads a browser on; the address is always ours.
pub fn see_other(path: &str) -> Response {
    led(StatusCode::SEE_OTHER, path)
}

/// Lets a browser repeat what it just sent, form and all, at another address of ours.
pub fn repeat_at(path: &str) -> Response {
    led(StatusCode::TEMPORARY_REDIRECT, path)
}

fn led(status: StatusCode, path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (status, [(header::LOCATION, location)]).into_response()
}

/// Leads a browser on that asked for a part of a page: its script goes there as a whole.
pub fn whole_page(path: &str) -> Response {
    let address = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::OK, [("hx-redirect", address)]).into_response()
}

/// Whether a script of ours asks, to replace a part of its page.
pub fn asks_for_fragment(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// The page whose script asks, as its script says; where that leads is looked at again before anyone is led there.
pub fn asking_page(headers: &HeaderMap) -> Option<String> {
    let page = headers.get("hx-current-url")?.to_str().ok()?;
    let page = url::Url::parse(page).ok()?;
    Some(page[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

/// An address that leads on to `next` once it has done its part.
pub fn address_with_next(path: &str, next: &str) -> String {
    format!("{path}?next={}", percent(next))
}

/// A path on this very host, or "/" for anything else: never a way out to another site.
pub fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && next.is_ascii()
        && !next.contains(|letter: char| letter == '\\' || letter.is_ascii_control());
    if local { next } else { "/" }
}

/// Percent-encodes a query value.
pub fn percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
