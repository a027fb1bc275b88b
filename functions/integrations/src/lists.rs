//! For people: the log and the error queue.

use axum::{
    extract::{OriginalUri, State},
    http::HeaderMap,
    response::Response,
};
use domain::{
    id::{ConnectionId, IntegrationEventId, ItemId},
    integration::Integration,
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Path, Query, local_path,
        page::{self, Visitor},
    },
};
use ui::{
    components::sentence,
    pages::{
        error_queue::{DeliveriesRow, ErrorQueuePage, QueueFilter, QueueRow, RetryPage},
        integration_events::IntegrationLogPage,
    },
    routes,
};

use crate::{
    errors::{self, Filter, Waits},
    filter::{LogFilled, QueueFilled},
    log::{self, Tried},
    log_file,
    pages::View,
    waiting::{self, Waiting},
};

pub(crate) async fn log_file(
    State(app): State<App>,
    visitor: Visitor,
    OriginalUri(uri): OriginalUri,
    Query(filled): Query<LogFilled>,
) -> Result<Response, Problem> {
    let (asked, flaws) = filled.read();
    flaws.none()?;
    log_file::of(&app, &visitor.session, &asked, &uri).await
}

pub(crate) async fn log(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(filled): Query<LogFilled>,
) -> Result<Response, Problem> {
    let (asked, flaws) = filled.read();
    let found = log::find(&app, &visitor.session, &asked, log::SHOWN).await?;
    let view = View::of(&visitor, &headers, app.clock.now());
    let page = IntegrationLogPage {
        filter: asked.shown(),
        errors: flaws.said(),
        events: view.rows(found.events),
        from: asked.cursor.map(|from| from.to_string()),
        next: found.next.map(|next| next.to_string()),
        exported_max: log_file::EVENTS_MAX,
        looked_through_max: log::SEEN_FOR_EACH * log_file::EVENTS_MAX,
        may_manage: view.may_manage,
        frame: visitor.frame,
    };
    Ok(flaws.answer(&app.config, &page.frame, page.render()))
}

/// Where the button stood.
#[derive(Deserialize)]
pub(crate) struct Pressed {
    #[serde(default)]
    next: String,
}

pub(crate) async fn retry_event(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<IntegrationEventId>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Problem> {
    let words = match log::retry_event(&app, &visitor.session, id).await? {
        Tried::Synced { by: Some(_) } | Tried::Sent => "It is being tried again.",
        Tried::Synced { by: None } => {
            "Its connection stands still: it is tried again when that goes on."
        }
    };
    let place = format!("{}#event-{id}", local_path(&pressed.next));
    Ok(page::done(&app.config, &place, words))
}

/// As it was understood.
fn shown(filter: &Filter) -> QueueFilter {
    let name = |integration: Integration| integration.name().to_owned();
    QueueFilter {
        state: filter.state.map(Waits::name).unwrap_or_default().to_owned(),
        integration_type: filter.integration_type.map(name).unwrap_or_default(),
    }
}

pub(crate) async fn queue(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(filled): Query<QueueFilled>,
) -> Result<Response, Problem> {
    let (filter, after, flaws) = filled.read();
    let store = app.store.tenant(&visitor.session);
    let (found, next) =
        errors::find(&store, &filter, after.clone(), errors::SHOWN, |_| false).await?;
    let deliveries = match after {
        None => waiting::deliveries(&app, &visitor.session, &filter).await?,
        // They stand where the list begins.
        Some(_) => Vec::new(),
    };
    let view = View::of(&visitor, &headers, app.clock.now());
    let page = ErrorQueuePage {
        filter: shown(&filter),
        errors: flaws.said(),
        deliveries: deliveries.into_iter().map(Waiting::row).collect(),
        items: found.into_iter().map(|found| view.item(found)).collect(),
        from: after.map(|from| from.to_string()),
        next: next.map(|next| next.to_string()),
        may_manage: view.may_manage,
        frame: visitor.frame,
    };
    Ok(flaws.answer(&app.config, &page.frame, page.render()))
}

impl Waiting {
    fn row(self) -> DeliveriesRow {
        DeliveriesRow {
            webhook: self.webhook_id.to_string(),
            url: self.url,
            retrying: self.retrying,
            dead: self.dead_letter,
        }
    }
}

impl View {
    fn item(&self, found: errors::Found) -> QueueRow {
        let errors::Found {
            waits,
            item,
            connection,
        } = found;
        let moment = |at| page::moment(at, &self.zone);
        QueueRow {
            id: item.id.to_string(),
            connection: connection.id.to_string(),
            integration: Integration::calendars_of(connection.provider),
            is_dead: waits == Waits::DeadLetter,
            account: self.sight.address(connection.account),
            error: sentence(&self.sight.text(item.words())),
            attempts: item.attempts,
            last_seen_at: moment(item.last_seen_at),
            next_try_at: item.next_try_at().map(moment),
        }
    }
}

pub(crate) async fn ask_to_retry(
    State(app): State<App>,
    visitor: Visitor,
    Query(filled): Query<QueueFilled>,
) -> Result<Response, Problem> {
    let (filter, _, flaws) = filled.read();
    flaws.none()?;
    let counted = errors::retry_some(&app, &visitor.session, &filter, true).await?;
    let page = RetryPage {
        filter: shown(&filter),
        items: counted.items,
        has_more: counted.has_more,
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// As the page that asks fills it in: what a filter cannot name must not mean everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryFilled {
    state: String,
    integration_type: String,
    /// Proven before the form is read.
    #[serde(rename = "csrf_token")]
    _proof: Option<String>,
}

impl RetryFilled {
    fn filter(&self) -> Result<Filter, Problem> {
        let unknown = |field| Problem::invalid(field, "There is no such choice.");
        let state = match self.state.as_str() {
            "" => None,
            name => Some(Waits::parse(name).ok_or_else(|| unknown("state"))?),
        };
        let integration_type = match self.integration_type.as_str() {
            "" => None,
            name => Some(name.parse().map_err(|_| unknown("integration_type"))?),
        };
        Ok(Filter {
            state,
            integration_type,
            connection: None,
        })
    }
}

pub(crate) async fn retry(
    State(app): State<App>,
    visitor: Visitor,
    Form(filled): Form<RetryFilled>,
) -> Result<Response, Problem> {
    let filter = filled.filter()?;
    let retried = errors::retry_some(&app, &visitor.session, &filter, false).await?;
    let words = match retried.items {
        1 => "One item is being tried again.".to_owned(),
        many => format!("{many} items are being tried again."),
    };
    Ok(page::done(&app.config, routes::ERROR_QUEUE, &words))
}

pub(crate) async fn retry_item(
    State(app): State<App>,
    visitor: Visitor,
    Path((connection, item)): Path<(ConnectionId, ItemId)>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Problem> {
    let run = errors::retry_item(&app, &visitor.session, connection, item).await?;
    let words = match run {
        Some(_) => "It is being tried again.",
        None => "Its connection stands still: it is tried again when that goes on.",
    };
    let place = match local_path(&pressed.next) {
        "/" => routes::ERROR_QUEUE,
        place => place,
    };
    Ok(page::done(&app.config, place, words))
}
