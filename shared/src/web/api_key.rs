//! Programs: `Authorization: Bearer kalends_…`. Every request is counted, also one that is refused for haste.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use domain::{
    api_key::{Allowance, ApiKey, ApiKeyState},
    id::IntegrationEventId,
    integration::{CallTrouble, IntegrationEvent},
};

use super::{Session, Trail, session::By};
use crate::{app::App, ids, problem::Problem, telemetry::chain};

const PREFIX: &str = "kalends_";
const HINT_CHARACTERS: usize = PREFIX.len() + 4;

/// A new key, and how it begins.
pub fn mint() -> (String, String) {
    let secret = format!("{PREFIX}{}", ids::opaque());
    let hint = secret[..HINT_CHARACTERS].to_owned();
    (secret, hint)
}

pub(super) fn is_brought(headers: &HeaderMap) -> bool {
    brought(headers).is_some()
}

/// What a program brings, if one asks.
pub(super) fn brought(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(secret.trim())
}

/// The member whose key it is, if it holds.
pub(super) async fn session(
    app: &App,
    secret: &str,
    trail: Trail,
) -> Result<Option<Session>, Problem> {
    // What is no key of ours is nobody's, and costs nothing.
    if !secret.starts_with(PREFIX) || secret.len() > 100 {
        return Ok(None);
    }
    let Some(holder) = app.store.key_holder(secret).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let store = app.store.tenant(&holder);
    let Some((key, member)) = store.key_and_member(&holder).await? else {
        return Ok(None);
    };
    if key.state(now) != ApiKeyState::Active || !member.is_active() {
        return Ok(None);
    }
    // Nobody renews a key, as a session has to be: it would go on behind what an erasure deletes.
    let standing = store.details().await?;
    let Some(tenant) = standing.filter(|tenant| tenant.erasing_since.is_none()) else {
        return Ok(None);
    };
    let used = store.count_key_use(key.id, now).await?;
    let allowance = Allowance::after(used, key.requests_per_minute, now);
    let permissions = key.permissions(&member.permissions());
    let by = By::Key {
        key,
        allowance,
        origins: tenant.allowed_origins,
    };
    Ok(Some(Session::new(
        by,
        member,
        permissions,
        tenant.name,
        trail,
    )))
}

/// Refuses what is too much for one minute.
pub(super) fn check(allowance: Allowance) -> Result<(), Problem> {
    if allowance.beyond == 0 {
        return Ok(());
    }
    Err(too_hasty(allowance.limit, allowance.resets_in_s))
}

pub(super) fn too_hasty(limit: u32, wait_s: u32) -> Problem {
    let detail = format!("This key may ask {limit} times a minute. Wait {wait_s} seconds.");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    problem.retry_after(wait_s.into())
}

/// Writes down a call that failed, and the first of a minute that was too many: a dashboard tells of both.
pub(super) async fn note(
    app: &App,
    session: &Session,
    (key, allowance): (&ApiKey, Allowance),
    call: &str,
    status: StatusCode,
) {
    let trouble = if status.is_server_error() {
        let status = status.as_u16();
        CallTrouble::Failed { status }
    } else if allowance.beyond == 1 {
        let limit = allowance.limit;
        CallTrouble::TooMany { limit }
    } else {
        return;
    };
    let now = app.clock.now();
    let id = ids::mint(session.tenant(), now, IntegrationEventId::from_parts);
    let request_id = &session.trail.request_id;
    let event = IntegrationEvent::of_call(id, now, key, call, &trouble, request_id);
    // The answer stands whether or not it can be written down.
    if let Err(error) = app.store.tenant(session).append_event(&event).await {
        tracing::error!(error = %chain(&error), "trouble of an API key was not written to the log");
    }
}

/// What is left, as draft-ietf-httpapi-ratelimit-headers has it.
pub(super) fn headers(allowance: Allowance) -> [(HeaderName, HeaderValue); 2] {
    let policy = format!("\"minute\";q={};w=60", allowance.limit);
    let left = format!(
        "\"minute\";r={};t={}",
        allowance.left, allowance.resets_in_s
    );
    [("ratelimit-policy", policy), ("ratelimit", left)].map(|(name, value)| {
        let value = HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""));
        (HeaderName::from_static(name), value)
    })
}
