//! Programs: `Authorization: Bearer kalends_…`. Every request is counted, also one that is refused for haste.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use domain::api_key::{Allowance, ApiKeyState};

use super::{Session, Trail, session::By};
use crate::{app::App, ids, problem::Problem};

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
    if !allowance.is_spent {
        return Ok(());
    }
    Err(too_hasty(allowance.limit, allowance.resets_in_s))
}

pub(super) fn too_hasty(limit: u32, wait_s: u32) -> Problem {
    let detail = format!("This key may ask {limit} times a minute. Wait {wait_s} seconds.");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    problem.retry_after(wait_s.into())
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
