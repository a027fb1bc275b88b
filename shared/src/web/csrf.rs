//! Proof that an unsafe request comes from our own pages. Checked around every route, so that none can forget it.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::id::SessionId;

use super::{Proof, cors, extract, extract::Upload};
use crate::{
    app::App,
    config::Config,
    crypto::{Keys, Purpose, same},
    problem::Problem,
    vault::VaultError,
};

const HEADER: &str = "x-csrf-token";
const FIELD: &str = "csrf_token";

/// Bound to the session: a token of one browser is worth nothing in another.
pub fn csrf_token(keys: &Keys, session: SessionId) -> String {
    let mac = URL_SAFE_NO_PAD.encode(keys.mac(Purpose::Csrf, &[&session.to_string()]));
    format!("{}.{mac}", keys.kid)
}

async fn is_ours(app: &App, session: SessionId, given: &str) -> Result<bool, VaultError> {
    let Some((kid, _)) = given.split_once('.') else {
        return Ok(false);
    };
    let keys = app.keys_of(kid).await?;
    Ok(keys.is_some_and(|keys| same(given.as_bytes(), csrf_token(&keys, session).as_bytes())))
}

pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn check(app: &App, request: Request) -> Result<Request, Problem> {
    if request.method().is_safe() {
        return Ok(request);
    }
    if cors::is_with_key_alone(&request) {
        return Ok(request);
    }
    if !is_same_origin(request.headers(), &app.config) {
        return Err(Problem::forbidden(
            "wrong_origin",
            "The request comes from another site.",
        ));
    }
    // Without a session there is nothing to abuse.
    let Some(proof) = Proof::of(request.headers(), app).await? else {
        return Ok(request);
    };
    let (given, request) = token_of(request).await?;
    match given {
        Some(given) if is_ours(app, proof.session, &given).await? => Ok(request),
        Some(_) | None => Err(Problem::forbidden(
            "csrf",
            "The page is out of date. Load it again and repeat what you did.",
        )),
    }
}

/// Browsers say where an unsafe request comes from; programs say nothing.
fn is_same_origin(headers: &HeaderMap, config: &Config) -> bool {
    let ours = config.public_base.origin().ascii_serialization();
    let origin_fits = headers
        .get(header::ORIGIN)
        .is_none_or(|origin| origin.as_bytes() == ours.as_bytes());
    let site_fits = headers
        .get("sec-fetch-site")
        .is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    origin_fits && site_fits
}

/// The token from the header, or from the form, which is then read for the handler too.
async fn token_of(request: Request) -> Result<(Option<String>, Request), Problem> {
    if let Some(token) = request.headers().get(HEADER) {
        return Ok((token.to_str().ok().map(str::to_owned), request));
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| {
            kind.as_bytes()
                .starts_with(b"application/x-www-form-urlencoded")
        });
    let is_upload = extract::is_upload(request.headers());
    if !(is_form || is_upload) {
        return Ok((None, request));
    }
    let (parts, body) = request.into_parts();
    let body = extract::whole(&parts.headers, body).await?;
    if is_upload {
        let form = Upload::read(&parts.headers, body.clone()).await?;
        let token = form.text(FIELD).map(str::to_owned);
        return Ok((token, Request::from_parts(parts, Body::from(body))));
    }
    let token = url::form_urlencoded::parse(&body).find(|(name, _)| name == FIELD);
    let token = token.map(|(_, value)| value.into_owned());
    Ok((token, Request::from_parts(parts, Body::from(body))))
}
