//! For people: the dashboard, one integration, the log, the error queue.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    audit::{Action, Resource},
    connection::Standing,
    integration::{Integration, IntegrationEvent, Pinned, Setup},
    permission::Permission,
    time::Zone,
};
use jiff::Timestamp;
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    store::{ConnectionRow, KnownIntegrations},
    web::{
        Form, Query,
        page::{self, Visitor},
        see_other,
    },
};
use ui::{
    components::sentence,
    layout::Section,
    pages::{
        confirmation::Confirmation,
        integration::{ConnectionLine, IntegrationPage, SetupView},
        integration_events::EventRow,
        integrations::{Errors, IntegrationCard, IntegrationsPage, Known, grouped},
    },
    routes,
};

use crate::{
    answers::{HealthAnswer, can_retry},
    dashboard::{self, Parts},
    log,
    named::{Named, no_such_integration},
    sight::Sight,
};

pub(crate) async fn index() -> Response {
    see_other(routes::INTEGRATIONS_DASHBOARD)
}

/// A page has no use for a complaint about its address: what cannot be read is left out.
#[derive(Deserialize)]
pub(crate) struct Shown {
    refresh: Option<String>,
}

pub(crate) async fn dashboard(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    let refresh = shown.refresh.as_deref() == Some("true");
    let mut parts = Parts::read(&app, &visitor.session, refresh).await?;
    let view = View::of(&visitor, &headers, parts.at);
    let known = parts.known.take().map(|known| {
        let card = |integration| view.card(&known, integration);
        Known {
            pinned: known.pinned,
            cards: known.pinned.cards().into_iter().map(card).collect(),
            others: known.pinned.others().map(card).collect(),
            errors: Errors {
                all_healthy: dashboard::is_healthy(&known, view.sight, parts.at),
                failed_24h: known.failed_24h(),
                retrying: known.retrying(),
                dead: known.dead(),
            },
        }
    });
    let page = IntegrationsPage {
        known,
        events: parts.events.take().map(|events| view.rows(events)),
        may_manage: view.may_manage,
        frame: visitor.frame,
    };
    let shown = page::show(&app.config, &page.frame, page.render());
    Ok(parts.timed(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pinning {
    pinned: Pinned,
    /// Proven before the form is read.
    #[serde(rename = "csrf_token")]
    _proof: Option<String>,
}

pub(crate) async fn pin(
    State(app): State<App>,
    visitor: Visitor,
    Form(fields): Form<Pinning>,
) -> Result<Response, Problem> {
    dashboard::pin_cards(&app, &visitor.session, fields.pinned).await?;
    let path = routes::INTEGRATIONS_DASHBOARD;
    Ok(page::done(
        &app.config,
        path,
        "The cards stand in their new order.",
    ))
}

/// What a reader sees, and how.
pub(crate) struct View {
    pub(crate) sight: Sight,
    pub(crate) zone: Zone,
    pub(crate) may_manage: bool,
    at: Timestamp,
}

impl View {
    pub(crate) fn of(visitor: &Visitor, headers: &HeaderMap, at: Timestamp) -> Self {
        Self {
            sight: Sight::of(&visitor.session),
            zone: page::zone(headers),
            may_manage: visitor.session.may(Permission::IntegrationsManage),
            at,
        }
    }

    fn card(&self, known: &KnownIntegrations, integration: Integration) -> IntegrationCard {
        let (health, answer) = HealthAnswer::new(known, integration, self.sight, self.at);
        let moment = |at| page::moment(at, &self.zone);
        let last_error = answer.error_message.clone().zip(answer.last_error_at);
        IntegrationCard {
            integration,
            badge: health.badge,
            is_configured: health.is_configured(),
            lost: health.lost,
            last_success_at: answer.last_sync_at.map(moment),
            last_error: last_error.map(|(words, at)| (sentence(&words), moment(at))),
            tally: known.facts(integration).tally,
            hours: known.hours(integration),
            facts: facts(&answer),
        }
    }

    pub(crate) fn rows(&self, events: Vec<IntegrationEvent>) -> Vec<EventRow> {
        events.into_iter().map(|event| self.row(event)).collect()
    }

    fn row(&self, event: IntegrationEvent) -> EventRow {
        let body = |body: Option<String>| body.map(|body| self.sight.text(page::laid_out(body)));
        EventRow {
            can_retry: can_retry(&event),
            id: event.id.to_string(),
            at: page::moment(event.at, &self.zone),
            integration: event.integration,
            event_type: event.event_type.to_string(),
            status: event.status,
            message: self.sight.text(event.message),
            error: event
                .error_message
                .map(|words| sentence(&self.sight.text(words))),
            account: event.account.map(|account| self.sight.address(account)),
            correlation_id: self.sight.text(event.correlation_id),
            retry_count: event.retry_count,
            request_body: body(event.request_body),
            response_body: body(event.response_body),
        }
    }
}

fn facts(answer: &HealthAnswer) -> Vec<(&'static str, String)> {
    let metadata = &answer.metadata;
    let mut facts = Vec::new();
    if let Some(standings) = metadata.connections {
        let words = match (standings.connected, standings.total()) {
            (1, 1) => "1 account".to_owned(),
            (connected, total) if connected == total => format!("{total} accounts"),
            (connected, total) => format!("{connected} of {total} accounts"),
        };
        facts.push(("Connected", words));
        let troubled = standings.failing + standings.needs_reauth;
        if troubled > 0 {
            facts.push(("Need attention", troubled.to_string()));
        }
    }
    if let Some(active) = metadata.active_keys {
        facts.push(("Active Keys", active.to_string()));
        let asked = answer.success_count_24h + answer.error_count_24h;
        facts.push(("Total Requests (24h)", grouped(asked)));
    }
    if let Some(share) = metadata.rate_limit_usage {
        facts.push(("Rate Limit Usage", format!("{share}%")));
    }
    if let Some(active) = metadata.active_webhooks {
        facts.push(("Active Webhooks", active.to_string()));
        facts.push(("Failed Deliveries", grouped(answer.error_count_24h)));
    }
    let told_if_any = [
        ("Being retried", metadata.retrying_deliveries),
        ("Switched off", metadata.switched_off_webhooks),
    ];
    for (name, count) in told_if_any {
        let count = count.filter(|count| *count > 0);
        facts.extend(count.map(|count| (name, grouped(count))));
    }
    facts
}

/// Connections of one integration that are shown; those that need somebody first.
const CONNECTIONS_SHOWN: usize = 50;
pub(crate) const CONNECTIONS_SEEN: usize = 2_000;

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Named(integration): Named,
) -> Result<Response, Problem> {
    let (store, at) = (app.store.tenant(&visitor.session), app.clock.now());
    let view = View::of(&visitor, &headers, at);
    let setup = match integration {
        Integration::Calendars(_) => {
            let rows = store.connections_of_all(CONNECTIONS_SEEN).await?;
            view.connections(integration, rows)
        }
        Integration::Reported(_) => SetupView::Reported {
            address: reports_go_to(&app, integration),
        },
        Integration::ApiKeys | Integration::Webhooks | Integration::Files => {
            return Err(no_such_integration());
        }
    };
    let known = store.integrations(at).await?;
    let asked = log::Asked {
        integration_type: Some(integration),
        ..log::Asked::default()
    };
    let found = log::find(&app, &visitor.session, &asked, dashboard::EVENTS_SHOWN).await?;
    let page = IntegrationPage {
        card: view.card(&known, integration),
        setup,
        events: view.rows(found.events),
        older: found.next.map(|next| next.to_string()),
        may_manage: view.may_manage,
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn reports_go_to(app: &App, integration: Integration) -> String {
    let mut address = app.config.public_base.clone();
    address.set_path(&format!("/api/v1/integrations/{integration}/events"));
    address.to_string()
}

impl View {
    fn connections(&self, integration: Integration, rows: Vec<ConnectionRow>) -> SetupView {
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|row| Integration::calendars_of(row.connection.provider) == integration)
            .collect();
        rows.sort_by_key(|row| match row.connection.standing() {
            Some(Standing::NeedsReauth | Standing::Failing) => 0,
            Some(_) | None if row.share.waiting().dead > 0 => 1,
            Some(Standing::Pending | Standing::Paused) | None => 2,
            Some(Standing::Connected) => 3,
        });
        let has_more = rows.len() > CONNECTIONS_SHOWN;
        let shown = rows.into_iter().take(CONNECTIONS_SHOWN);
        SetupView::Calendars {
            connections: shown.map(|one| self.line(one)).collect(),
            has_more,
        }
    }

    pub(crate) fn line(&self, row: ConnectionRow) -> ConnectionLine {
        let (waiting, one) = (row.share.waiting(), row.connection);
        ConnectionLine {
            retrying: waiting.retrying,
            dead: waiting.dead,
            id: one.id.to_string(),
            standing: one.standing(),
            account: self.sight.address(one.account),
            last_sync_at: one.last_sync_at.map(|at| page::moment(at, &self.zone)),
            last_failure: one
                .last_failure
                .map(|failure| sentence(&self.sight.text(failure.unnamed()))),
        }
    }
}

/// A connector that has been set up.
async fn known(app: &App, visitor: &Visitor, integration: Integration) -> Result<(), Problem> {
    let store = app.store.tenant(&visitor.session);
    let known = store.integrations(app.clock.now()).await?;
    match known.facts(integration).setup {
        Setup::Reported { is_set_up: true } => Ok(()),
        Setup::Reported { is_set_up: false }
        | Setup::Calendars(_)
        | Setup::ApiKeys { .. }
        | Setup::Endpoints { .. } => Err(Problem::not_found("connector")),
    }
}

pub(crate) async fn ask_to_forget(
    State(app): State<App>,
    visitor: Visitor,
    Named(integration): Named,
) -> Result<Response, Problem> {
    known(&app, &visitor, integration).await?;
    let page = Confirmation {
        frame: visitor.frame,
        section: Section::Integration(integration),
        confirm: IntegrationPage::forget(integration),
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn forget(
    State(app): State<App>,
    visitor: Visitor,
    Named(integration): Named,
) -> Result<Response, Problem> {
    known(&app, &visitor, integration).await?;
    let audit = visitor.session.audit(&app, Action::ConnectorForgotten);
    let audit = audit.about(Resource::new("integration", integration));
    let store = app.store.tenant(&visitor.session);
    store.forget_connector(integration, &audit).await?;
    let words = format!("{} is forgotten.", integration.title());
    Ok(page::done(
        &app.config,
        &routes::integration_page(integration),
        &words,
    ))
}
