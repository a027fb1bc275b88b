//! For programs that a person signed in to.

use std::collections::BTreeSet;

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    api_key::{ApiKey, ApiKeyState, Usage},
    id::{ApiKeyId, MemberId},
    permission::Permission,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    web::{Json, Path, Session},
};

use crate::keys::{self, Listed, Wanted};

#[derive(Serialize, JsonSchema)]
pub(crate) struct ApiKeyList {
    items: Vec<ApiKeyAnswer>,
    usage: UsageOfAll,
}

/// Of all keys together, in the last day.
#[derive(Serialize, JsonSchema)]
struct UsageOfAll {
    active_keys: usize,
    requests_24h: u32,
    /// The highest share of its limit that any key asked in a minute.
    peak_percent_24h: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub(crate) struct ApiKeyAnswer {
    id: ApiKeyId,
    name: String,
    /// How the key begins.
    hint: String,
    state: ApiKeyState,
    /// Whom it acts for.
    member: MemberId,
    scopes: BTreeSet<Permission>,
    requests_per_minute: u32,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    usage: Usage,
}

impl ApiKeyAnswer {
    fn new(key: ApiKey, state: ApiKeyState, usage: Usage) -> Self {
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            state,
            member: key.member,
            scopes: key.scopes,
            requests_per_minute: key.requests_per_minute,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            usage,
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<ApiKeyList>, Problem> {
    let listed = keys::list(&app, &session).await?;
    let active = listed
        .iter()
        .filter(|listed| listed.state == ApiKeyState::Active);
    let usage = UsageOfAll {
        active_keys: active.count(),
        requests_24h: listed.iter().map(|listed| listed.usage.requests_24h).sum(),
        peak_percent_24h: listed
            .iter()
            .map(|listed| listed.usage.peak_percent_24h)
            .max()
            .unwrap_or_default(),
    };
    let answer = |Listed { key, state, usage }| ApiKeyAnswer::new(key, state, usage);
    let items = listed.into_iter().map(answer).collect();
    Ok(Answer(ApiKeyList { items, usage }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    name: String,
    scopes: BTreeSet<Permission>,
    /// Left out, it holds until it is revoked.
    expires_in_days: Option<u32>,
    #[serde(default = "usual_haste")]
    requests_per_minute: u32,
}

fn usual_haste() -> u32 {
    ApiKey::REQUESTS_PER_MINUTE
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CreatedApiKey {
    #[serde(flatten)]
    about: ApiKeyAnswer,
    /// Shown once: it is not kept.
    key: String,
}

pub(crate) async fn create(
    State(app): State<App>,
    session: Session,
    Json(new): Json<NewApiKey>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        name: new.name,
        scopes: new.scopes,
        expires_in_days: new.expires_in_days,
        requests_per_minute: new.requests_per_minute,
    };
    let (key, secret) = keys::create(&app, &session, wanted)
        .await
        .map_err(Problem::in_document)?;
    let location = format!("/api/v1/api-keys/{}", key.id);
    let created = CreatedApiKey {
        about: ApiKeyAnswer::new(key, ApiKeyState::Active, Usage::default()),
        key: secret,
    };
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Answer(created),
    )
        .into_response())
}

pub(crate) async fn revoke(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    keys::revoke(&app, &session, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
