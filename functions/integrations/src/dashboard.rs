//! The dashboard: how it goes with each integration, what happened last, and what failed. Its parts are read side by
//! side, each with a time of its own, so that one that fails or takes long takes none of the others with it.

use std::{future::Future, time::Duration};

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{
    audit::Action,
    integration::{Health, Integration, IntegrationEvent, Overall, Pinned},
};
use futures::future::join;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    app::App,
    clock::Stopwatch,
    problem::Problem,
    store::{KnownIntegrations, StoreError, TenantStore},
    telemetry::chain,
    web::{Json, Query, Session},
};

use crate::{
    answers::{
        ByName, ErrorSummary, EventAnswer, HealthAnswer, IntegrationsDashboard, IntegrationsHealth,
    },
    sight::Sight,
};

/// How many of the last events are shown.
pub(crate) const EVENTS_SHOWN: usize = 20;
const KNOWN_WITHIN: Duration = Duration::from_secs(2);
const RECOUNTED_WITHIN: Duration = Duration::from_secs(3);
const EVENTS_WITHIN: Duration = Duration::from_millis(700);

/// What could be read of the dashboard.
pub(crate) struct Parts {
    pub(crate) known: Option<KnownIntegrations>,
    pub(crate) events: Option<Vec<IntegrationEvent>>,
    pub(crate) at: Timestamp,
    known_took: Duration,
    events_took: Duration,
    since: Stopwatch,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DashboardQuery")]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Counts again before answering. What is known is exact without it but for items that were retried in the last
    /// moments.
    #[serde(default)]
    refresh: bool,
}

impl Parts {
    pub(crate) async fn read(app: &App, session: &Session, refresh: bool) -> Result<Self, Problem> {
        let since = Stopwatch::start();
        let (store, at) = (app.store.tenant(session), app.clock.now());
        if refresh {
            recount(&store).await;
        }
        let known = within("health", KNOWN_WITHIN, store.integrations(at));
        let events = store.integration_events(None, EVENTS_SHOWN);
        let events = within("feed", EVENTS_WITHIN, events);
        let ((known, known_took), (events, events_took)) = Box::pin(join(known, events)).await;
        Ok(Self {
            known,
            events,
            at,
            known_took,
            events_took,
            since,
        })
    }

    /// What each part took, and all of it with the answer that was made of them, for the tools of a browser.
    pub(crate) fn timed(&self, response: impl IntoResponse) -> Response {
        let name = HeaderName::from_static("server-timing");
        let response = response.into_response();
        let ms = |took: Duration| took.as_secs_f64() * 1_000.0;
        let (known, events) = (ms(self.known_took), ms(self.events_took));
        let total = ms(self.since.elapsed());
        let timing = format!(
            "health;dur={known:.1}, errors;dur={known:.1};desc=\"read with health\", feed;dur={events:.1}, total;dur={total:.1}"
        );
        ([(name, timing)], response).into_response()
    }

    fn unavailable(&self) -> Vec<&'static str> {
        let mut parts = Vec::new();
        if self.known.is_none() {
            parts.extend(["health_status", "error_summary", "success_rate_24h"]);
        }
        if self.events.is_none() {
            parts.push("recent_activity");
        }
        parts
    }
}

/// What was counted before is told where counting again fails, or takes too long: it goes on next time.
async fn recount(store: &TenantStore) {
    within("recount", RECOUNTED_WITHIN, store.recount_integrations()).await;
}

/// One part, if it comes in time, and how long it took.
async fn within<T>(
    name: &'static str,
    time: Duration,
    read: impl Future<Output = Result<T, StoreError>>,
) -> (Option<T>, Duration) {
    let watch = Stopwatch::start();
    let found = match tokio::time::timeout(time, read).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::error!(part = name, error = %chain(&error), "a part of the dashboard failed");
            None
        }
        Err(_) => {
            tracing::error!(part = name, "a part of the dashboard took too long");
            None
        }
    };
    (found, watch.elapsed())
}

/// How it goes with each that has a health.
fn each(
    known: &KnownIntegrations,
    sight: Sight,
    at: Timestamp,
) -> Vec<(Integration, Health, HealthAnswer)> {
    Integration::with_health()
        .map(|integration| {
            let (health, answer) = HealthAnswer::new(known, integration, sight, at);
            (integration, health, answer)
        })
        .collect()
}

fn overall(each: &[(Integration, Health, HealthAnswer)]) -> Overall {
    Overall::of(each.iter().map(|(_, health, _)| *health))
}

pub(crate) fn is_healthy(known: &KnownIntegrations, sight: Sight, at: Timestamp) -> bool {
    overall(&each(known, sight, at)) == Overall::Healthy
}

fn by_name(each: Vec<(Integration, Health, HealthAnswer)>) -> ByName<HealthAnswer> {
    each.into_iter()
        .map(|(integration, _, answer)| (integration.name(), answer))
        .collect()
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let sight = Sight::of(&session);
    let mut parts = Parts::read(&app, &session, asked.refresh).await?;
    let unavailable = parts.unavailable();
    let known = parts.known.take();
    let each = known.as_ref().map(|known| each(known, sight, parts.at));
    let rates = each.as_ref().map(|each| {
        let rate = |(integration, _, answer): &(Integration, Health, HealthAnswer)| {
            (integration.name(), answer.success_rate_24h)
        };
        each.iter().map(rate).collect()
    });
    let events = parts.events.take().map(|events| {
        let answer = |event| EventAnswer::new(event, sight);
        events.into_iter().map(answer).collect()
    });
    let answer = IntegrationsDashboard {
        overall_status: each.as_deref().map(overall),
        health_status: each.map(by_name),
        recent_activity: events,
        error_summary: known.as_ref().map(ErrorSummary::of),
        success_rate_24h: rates,
        pinned: known.map(|known| known.pinned),
        unavailable,
        timestamp: parts.at,
    };
    Ok(parts.timed(Answer(answer)))
}

pub(crate) async fn health(
    State(app): State<App>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Answer<IntegrationsHealth>, Problem> {
    let (store, at) = (app.store.tenant(&session), app.clock.now());
    if asked.refresh {
        recount(&store).await;
    }
    let known = store.integrations(at).await?;
    let each = each(&known, Sight::of(&session), at);
    Ok(Answer(IntegrationsHealth {
        overall_status: overall(&each),
        integrations: by_name(each),
        timestamp: at,
    }))
}

/// Which cards stand first on the dashboard of everybody.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinnedCards {
    pub(crate) pinned: Pinned,
}

pub(crate) async fn pin(
    State(app): State<App>,
    session: Session,
    Json(wanted): Json<PinnedCards>,
) -> Result<(StatusCode, Answer<PinnedCards>), Problem> {
    pin_cards(&app, &session, wanted.pinned).await?;
    Ok((StatusCode::OK, Answer(wanted)))
}

pub(crate) async fn pin_cards(app: &App, session: &Session, pinned: Pinned) -> Result<(), Problem> {
    let store = app.store.tenant(session);
    let before = store.integrations(app.clock.now()).await?.pinned;
    if before == pinned {
        return Ok(());
    }
    let audit = session.audit(app, Action::CardsPinned);
    let audit = audit.changing(json!({ "pinned": before }), json!({ "pinned": pinned }));
    Ok(store.pin(pinned, &audit).await?)
}
