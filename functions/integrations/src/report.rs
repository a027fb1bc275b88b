//! What connectors report that run elsewhere: a program with a key says how its last transfer went.

use axum::{Extension, Json as Answer, extract::State, http::StatusCode};
use domain::{
    id::IntegrationEventId,
    integration::{About, EventStatus, EventType, Integration, IntegrationEvent},
    scrub,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    store::StoreError,
    web::{By, CallId, Json, Session},
};

use crate::{answers::EventAnswer, named::Reporter, sight::Sight};

const WORDS_MAX: usize = 500;
const CORRELATION_MAX: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ConnectorReport")]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    status: EventStatus,
    event_type: EventType,
    /// A sentence for people, at most 500 characters.
    #[schemars(length(min = 1, max = 500))]
    message: String,
    /// Why it failed, where it did; at most 500 characters.
    #[schemars(length(max = 500))]
    error_message: Option<String>,
    /// What was sent: text, or anything in JSON. Secrets are taken out, and what is longer than 8 KB is cut.
    request_body: Option<Value>,
    /// What was answered, likewise.
    response_body: Option<Value>,
    /// How often it was tried again before.
    #[serde(default)]
    retry_count: u32,
    /// What else of the same cause is found by; the request's id unless said.
    #[schemars(length(min = 1, max = 100))]
    correlation_id: Option<String>,
}

pub(crate) async fn take(
    State(app): State<App>,
    session: Session,
    Reporter(integration): Reporter,
    call: Option<Extension<CallId>>,
    Json(report): Json<Report>,
) -> Result<(StatusCode, Answer<EventAnswer>), Problem> {
    report.check()?;
    let now = app.clock.now();
    let id = match call {
        Some(Extension(call)) => call.derive(IntegrationEventId::from_parts),
        None => ids::mint(session.tenant(), now, IntegrationEventId::from_parts),
    };
    let event = report.into_event(id, &session, integration, now);
    let store = app.store.tenant(&session);
    match store.append_report(&event).await {
        // The answer to the first try of a call that names itself was lost.
        Err(StoreError::Conflict) if store.integration_event(id).await?.is_some() => {}
        appended => appended?,
    }
    let answer = EventAnswer::new(event, Sight::of(&session));
    Ok((StatusCode::CREATED, Answer(answer)))
}

impl Report {
    fn check(&self) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        let mut check = |pointer: &str, text: &str, max: usize| {
            if text.trim().is_empty() || text.chars().count() > max {
                wrong.push(FieldProblem {
                    pointer: pointer.to_owned(),
                    detail: format!("Between 1 and {max} characters."),
                });
            }
        };
        check("/message", &self.message, WORDS_MAX);
        if let Some(words) = &self.error_message {
            check("/error_message", words, WORDS_MAX);
        }
        if let Some(id) = &self.correlation_id {
            check("/correlation_id", id, CORRELATION_MAX);
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid_fields(wrong))
        }
    }

    fn into_event(
        self,
        id: IntegrationEventId,
        session: &Session,
        integration: Integration,
        at: Timestamp,
    ) -> IntegrationEvent {
        let key = match &session.by {
            By::Key { key, .. } => Some(key.id),
            By::Browser(_) => None,
        };
        let correlation_id = self.correlation_id.map(|words| scrub::words(&words));
        IntegrationEvent {
            id,
            at,
            integration,
            event_type: self.event_type,
            status: self.status,
            message: scrub::words(&self.message),
            error_message: self.error_message.map(|words| scrub::words(&words)),
            correlation_id: correlation_id.unwrap_or_else(|| session.trail.request_id.clone()),
            about: About::Report { key },
            account: None,
            request_body: self.request_body.as_ref().map(body),
            response_body: self.response_body.as_ref().map(body),
            retry_count: self.retry_count,
        }
    }
}

fn body(sent: &Value) -> String {
    match sent.as_str() {
        Some(text) => scrub::body(text),
        None => scrub::body(&sent.to_string()),
    }
}
