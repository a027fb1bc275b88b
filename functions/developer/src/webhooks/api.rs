//! For programs that a person signed in to.

use std::{borrow::Cow, collections::BTreeSet};

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{DeliveryId, WebhookId},
    mask,
    permission::Permission,
    webhook::{
        Attempt, Delivery, DeliveryState, Topic, Webhook, WebhookStanding, WebhookState, WhyDead,
        WhySwitchedOff,
    },
};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    web::{IfMatch, Json, Path, Query, Session, etag},
};

use super::{
    Wanted,
    deliveries::{self, DeliveryStanding},
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct WebhookAnswer {
    id: WebhookId,
    url: String,
    description: String,
    /// What it is told of.
    events: BTreeSet<Topic>,
    state: WebhookStanding,
    /// Nothing has arrived since.
    failing_since: Option<Timestamp>,
    /// Why we have switched it off.
    switched_off_because: Option<WhySwitchedOff>,
    switched_off_at: Option<Timestamp>,
    created_at: Timestamp,
    version: u64,
}

impl From<Webhook> for WebhookAnswer {
    fn from(webhook: Webhook) -> Self {
        let (failing_since, off) = match webhook.state {
            WebhookState::Active { failing_since } => (failing_since, None),
            WebhookState::Disabled => (None, None),
            WebhookState::SwitchedOff { at, why } => (None, Some((at, why))),
        };
        Self {
            id: webhook.id,
            state: webhook.standing(),
            url: webhook.url,
            description: webhook.description,
            events: webhook.topics,
            failing_since,
            switched_off_because: off.map(|(_, why)| why),
            switched_off_at: off.map(|(at, _)| at),
            created_at: webhook.created_at,
            version: webhook.version,
        }
    }
}

impl WebhookAnswer {
    fn tagged(self) -> Response {
        let tag = etag(self.version);
        ([(header::ETAG, tag)], Answer(self)).into_response()
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct WebhookList {
    items: Vec<WebhookAnswer>,
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<WebhookList>, Problem> {
    let kept = app.store.tenant(&session).webhooks().await?;
    let items = kept.into_iter().map(|kept| kept.webhook.into()).collect();
    Ok(Answer(WebhookList { items }))
}

/// What can be subscribed to, some of it.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Events(BTreeSet<Topic>);

impl JsonSchema for Events {
    fn schema_name() -> Cow<'static, str> {
        "WebhookEvents".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Topic::OFFERED.map(Topic::name);
        json_schema!({
            "type": "array", "minItems": 1, "items": { "type": "string", "enum": names },
        })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// On the public internet, over https.
    #[schemars(length(max = Webhook::URL_BYTES_MAX))]
    url: String,
    #[serde(default)]
    #[schemars(length(max = Webhook::DESCRIPTION_CHARACTERS_MAX))]
    description: String,
    events: Events,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CreatedWebhook {
    #[serde(flatten)]
    about: WebhookAnswer,
    /// Proves that a delivery is ours. Shown once.
    secret: String,
}

pub(crate) async fn create(
    State(app): State<App>,
    session: Session,
    Json(new): Json<NewWebhook>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        url: Some(new.url),
        description: Some(new.description),
        topics: Some(new.events.0),
    };
    let (webhook, secret) = super::create(&app, &session, wanted)
        .await
        .map_err(Problem::in_document)?;
    let headers = [
        (header::LOCATION, format!("/api/v1/webhooks/{}", webhook.id)),
        (header::ETAG, etag(webhook.version)),
    ];
    let created = CreatedWebhook {
        about: webhook.into(),
        secret: secret.expose().to_owned(),
    };
    Ok((StatusCode::CREATED, headers, Answer(created)).into_response())
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let kept = super::find(&app, &session, id).await?;
    Ok(WebhookAnswer::from(kept.webhook).tagged())
}

/// What is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookChange")]
pub(crate) struct Patch {
    #[schemars(length(max = Webhook::URL_BYTES_MAX))]
    url: Option<String>,
    #[schemars(length(max = Webhook::DESCRIPTION_CHARACTERS_MAX))]
    description: Option<String>,
    events: Option<Events>,
}

pub(crate) async fn patch(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
    IfMatch(expected): IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        url: patch.url,
        description: patch.description,
        topics: patch.events.map(|events| events.0),
    };
    let changed = super::patch(&app, &session, id, expected, wanted)
        .await
        .map_err(Problem::in_document)?;
    Ok(WebhookAnswer::from(changed).tagged())
}

pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    super::delete(&app, &session, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn enable(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let enabled = super::enable(&app, &session, id).await?;
    Ok(WebhookAnswer::from(enabled).tagged())
}

pub(crate) async fn disable(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let disabled = super::disable(&app, &session, id).await?;
    Ok(WebhookAnswer::from(disabled).tagged())
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RotatedSecret {
    /// Shown once. The one before signs on beside it for a day.
    secret: String,
}

pub(crate) async fn rotate(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
) -> Result<Answer<RotatedSecret>, Problem> {
    let (_, secret) = super::rotate(&app, &session, id).await?;
    Ok(Answer(RotatedSecret {
        secret: secret.expose().to_owned(),
    }))
}

pub(crate) async fn test(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
) -> Result<(StatusCode, Answer<DeliveryAnswer>), Problem> {
    let delivery = super::test(&app, &session, id).await?;
    let answer = DeliveryAnswer::new(delivery, &session);
    Ok((StatusCode::ACCEPTED, Answer(answer)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryQuery {
    state: Option<DeliveryStanding>,
    cursor: Option<DeliveryId>,
    limit: Option<usize>,
}

const SHOWN: usize = 50;
const SHOWN_MAX: usize = 200;

#[derive(Serialize, JsonSchema)]
pub(crate) struct DeliveryList {
    items: Vec<DeliveryAnswer>,
    next_cursor: Option<String>,
}

pub(crate) async fn list_deliveries(
    State(app): State<App>,
    session: Session,
    Path(id): Path<WebhookId>,
    Query(asked): Query<DeliveryQuery>,
) -> Result<Answer<DeliveryList>, Problem> {
    let limit = asked.limit.unwrap_or(SHOWN);
    if !(1..=SHOWN_MAX).contains(&limit) {
        let words = format!("Between 1 and {SHOWN_MAX}.");
        return Err(Problem::invalid("limit", words));
    }
    super::find(&app, &session, id).await?;
    let found = deliveries::find(&app, &session, id, asked.state, asked.cursor, limit).await?;
    let answer = |delivery| DeliveryAnswer::new(delivery, &session);
    Ok(Answer(DeliveryList {
        items: found.deliveries.into_iter().map(answer).collect(),
        next_cursor: found.next.map(|next| next.to_string()),
    }))
}

pub(crate) async fn retry(
    State(app): State<App>,
    session: Session,
    Path((id, delivery)): Path<(WebhookId, DeliveryId)>,
) -> Result<StatusCode, Problem> {
    super::retry(&app, &session, id, delivery).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryAnswer {
    /// Sent as `webhook-id`, the same with each attempt.
    id: DeliveryId,
    event: Topic,
    state: DeliveryStanding,
    created_at: Timestamp,
    /// How often it was tried.
    attempts: u32,
    next_attempt_at: Option<Timestamp>,
    last_attempt: Option<AttemptAnswer>,
    /// Why it is not tried again by itself.
    dead_because: Option<WhyDead>,
    /// The text that is signed and sent.
    request_body: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliveryAttempt")]
pub(crate) struct AttemptAnswer {
    at: Timestamp,
    duration_ms: u32,
    status: Option<u16>,
    /// Why there was no answer.
    error: Option<String>,
    /// Without secrets, and at most 8 KB.
    response_body: Option<String>,
}

impl DeliveryAnswer {
    pub(crate) fn new(delivery: Delivery, session: &Session) -> Self {
        let dead_because = match delivery.state {
            DeliveryState::DeadLetter { why } => Some(why),
            DeliveryState::Queued | DeliveryState::Retrying { .. } | DeliveryState::Succeeded => {
                None
            }
        };
        Self {
            state: DeliveryStanding::of(&delivery),
            next_attempt_at: delivery.next_at(),
            id: delivery.id,
            event: delivery.topic,
            created_at: delivery.created_at,
            attempts: delivery.attempts,
            last_attempt: delivery.last.map(|last| AttemptAnswer::new(last, session)),
            dead_because,
            request_body: delivery.body,
        }
    }
}

impl AttemptAnswer {
    fn new(attempt: Attempt, session: &Session) -> Self {
        Self {
            at: attempt.at,
            duration_ms: attempt.took_ms,
            status: attempt.status,
            error: attempt.error,
            response_body: attempt.response_body.map(|body| seen(body, session)),
        }
    }
}

/// What others answer may name persons.
pub(crate) fn seen(body: String, session: &Session) -> String {
    if session.may(Permission::OpsFullAccess) {
        body
    } else {
        mask::text(&body)
    }
}
