//! What is done with keys, whoever asks.

use std::collections::BTreeSet;

use domain::{
    api_key::{ApiKey, ApiKeyState, Usage},
    audit::{Action, Resource},
    id::ApiKeyId,
    permission::Permission,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    web::{Session, api_key},
};

/// A key that is wanted, as far as it could be read.
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<Permission>,
    pub(crate) expires_in_days: Option<u32>,
    pub(crate) requests_per_minute: u32,
}

pub(crate) const DAYS_MAX: u32 = 730;

/// A key with what it was used for in the last day.
pub(crate) struct Listed {
    pub(crate) key: ApiKey,
    pub(crate) state: ApiKeyState,
    pub(crate) usage: Usage,
}

/// Newest first.
pub(crate) async fn list(app: &App, session: &Session) -> Result<Vec<Listed>, Problem> {
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let keys = store.api_keys().await?;
    let known = store.integrations(now).await?;
    let listed = keys.into_iter().rev().map(|key| Listed {
        state: key.state(now),
        usage: known.key_usage(key.id, key.requests_per_minute),
        key,
    });
    Ok(listed.collect())
}

/// The new key, and the secret that is shown once.
pub(crate) async fn create(
    app: &App,
    session: &Session,
    wanted: Wanted,
) -> Result<(ApiKey, String), Problem> {
    check(session, &wanted)?;
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let keys = store.api_keys().await?;
    let active = keys
        .iter()
        .filter(|key| key.state(now) == ApiKeyState::Active);
    if active.count() >= ApiKey::ACTIVE_MAX {
        return Err(too_many());
    }
    let (secret, hint) = api_key::mint();
    let key = ApiKey {
        id: ids::mint(session.tenant(), now, ApiKeyId::from_parts),
        member: session.member,
        name: wanted.name.trim().to_owned(),
        hint,
        scopes: wanted.scopes,
        requests_per_minute: wanted.requests_per_minute,
        created_at: now,
        expires_at: wanted
            .expires_in_days
            .map(|days| now + SignedDuration::from_hours(24 * i64::from(days))),
        revoked_at: None,
        version: 1,
    };
    let made = session.audit(app, Action::ApiKeyCreated);
    let made = made
        .about(Resource::new(ApiKey::NOUN, key.id))
        .changing(Value::Null, told(&key));
    store.create_api_key(&key, &secret, &made).await?;
    Ok((key, secret))
}

pub(crate) fn too_many() -> Problem {
    let words = format!(
        "An organisation has at most {} active keys. Revoke one first.",
        ApiKey::ACTIVE_MAX
    );
    Problem::conflict("too_many_keys", words)
}

/// What the audit log keeps of a key.
fn told(key: &ApiKey) -> Value {
    json!({
        "name": key.name, "scopes": key.scopes, "expires_at": key.expires_at,
        "requests_per_minute": key.requests_per_minute,
    })
}

fn check(session: &Session, wanted: &Wanted) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let mut flaw = |pointer: &str, detail: String| {
        let pointer = pointer.to_owned();
        wrong.push(FieldProblem { pointer, detail });
    };
    let name = wanted.name.trim();
    if name.is_empty()
        || name.chars().count() > ApiKey::NAME_CHARACTERS_MAX
        || name.contains(char::is_control)
    {
        flaw(
            "name",
            format!(
                "Say what the key is for, in 1 to {} characters.",
                ApiKey::NAME_CHARACTERS_MAX
            ),
        );
    }
    if wanted.scopes.is_empty() {
        flaw("scopes", "Choose at least one scope.".into());
    }
    for scope in &wanted.scopes {
        if !ApiKey::SCOPES.contains(scope) {
            flaw("scopes", format!("{scope} is not for keys."));
        } else if !session.may(*scope) {
            flaw("scopes", format!("You may not {scope} yourself."));
        }
    }
    if wanted
        .expires_in_days
        .is_some_and(|days| !(1..=DAYS_MAX).contains(&days))
    {
        flaw("expires_in_days", format!("Between 1 and {DAYS_MAX} days."));
    }
    if !(1..=ApiKey::REQUESTS_PER_MINUTE_MAX).contains(&wanted.requests_per_minute) {
        flaw(
            "requests_per_minute",
            format!(
                "Between 1 and {} requests per minute.",
                ApiKey::REQUESTS_PER_MINUTE_MAX
            ),
        );
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_fields(wrong))
    }
}

pub(crate) async fn find(app: &App, session: &Session, id: ApiKeyId) -> Result<ApiKey, Problem> {
    let found = app.store.tenant(session).api_key(id).await?;
    found.ok_or_else(|| Problem::not_found(ApiKey::NOUN))
}

/// Revoking what is revoked changes nothing.
pub(crate) async fn revoke(app: &App, session: &Session, id: ApiKeyId) -> Result<(), Problem> {
    let key = find(app, session, id).await?;
    if key.revoked_at.is_some() {
        return Ok(());
    }
    let revoked = session.audit(app, Action::ApiKeyRevoked);
    let revoked = revoked
        .about(Resource::new(ApiKey::NOUN, id))
        .changing(told(&key), Value::Null);
    let now: Timestamp = app.clock.now();
    Ok(app
        .store
        .tenant(session)
        .revoke_api_key(&key, now, &revoked)
        .await?)
}
