//! The integration log: what happened, newest first.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    audit::{Action, Resource},
    id::{ConnectionId, IntegrationEventId, RunId},
    integration::{About, EventStatus, Integration, IntegrationEvent, Quarter},
    run::Trigger,
    webhook::Delivery,
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    store::TenantStore,
    sync::ask,
    web::{Path, Query, Session},
    webhook,
};
use ui::pages::integration_events::LogFilter;

use crate::{
    answers::{EventAnswer, IntegrationEventDetails, IntegrationEventList, can_retry},
    errors,
    sight::Sight,
};

pub(crate) const SHOWN: usize = 50;
const SHOWN_MAX: usize = 200;
/// Read at a time.
const PAGE: usize = 200;
/// How many events are looked through for those that a filter asks for, in one answer: so many, or ten for each of those.
const SEEN_MAX: usize = 1_000;
/// How many for each that is wanted, where many are.
pub(crate) const SEEN_FOR_EACH: u32 = 10;

#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "IntegrationLogQuery")]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) status: Option<EventStatus>,
    pub(crate) integration_type: Option<Integration>,
    /// One kind of event, such as `sync.failed`.
    pub(crate) event_type: Option<String>,
    pub(crate) date_range: Option<DateRange>,
    /// A run, or a request: everything of the same cause.
    pub(crate) correlation_id: Option<String>,
    pub(crate) cursor: Option<IntegrationEventId>,
    /// At most 200 of a list, 50 unless given; of a file at most 2,000, and as many unless given.
    pub(crate) limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LogDateRange")]
pub(crate) enum DateRange {
    #[serde(rename = "1h")]
    Hour,
    /// From the quarter of an hour on in which it began: those that the dashboard counts.
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
}

impl DateRange {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The one that is named so.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.name() == name)
    }

    pub(crate) fn since(self, now: Timestamp) -> Timestamp {
        let days = |days: i64| now - SignedDuration::from_hours(24 * days);
        match self {
            Self::Hour => now - SignedDuration::from_hours(1),
            // As a dashboard counts: who goes there from a count finds as many.
            Self::Day => Quarter::first_counted(now).begins_at(),
            Self::Week => days(7),
            Self::Month => days(30),
        }
    }
}

impl Asked {
    /// How many are asked for.
    pub(crate) fn limit(&self, unless_given: usize, most: usize) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(unless_given);
        if (1..=most).contains(&limit) {
            Ok(limit)
        } else {
            let words = format!("Between 1 and {most}.");
            Err(Problem::invalid("limit", words))
        }
    }

    /// As the page shows it.
    pub(crate) fn shown(&self) -> LogFilter {
        let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
        LogFilter {
            status: name(self.status.map(EventStatus::name)),
            integration_type: name(self.integration_type.map(Integration::name)),
            date_range: name(self.date_range.map(DateRange::name)),
            correlation_id: name(self.correlation_id.as_deref()),
        }
    }

    fn wants(&self, event: &IntegrationEvent) -> bool {
        let is = |wanted: &Option<String>, text: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == text)
        };
        self.status.is_none_or(|status| status == event.status)
            && self
                .integration_type
                .is_none_or(|integration| integration == event.integration)
            && is(&self.event_type, event.event_type.as_str())
            && is(&self.correlation_id, &event.correlation_id)
    }
}

pub(crate) struct Found {
    pub(crate) events: Vec<IntegrationEvent>,
    /// Where the next answer goes on, if there is anything more to look at.
    pub(crate) next: Option<IntegrationEventId>,
}

pub(crate) async fn find(
    app: &App,
    session: &Session,
    asked: &Asked,
    limit: usize,
) -> Result<Found, Problem> {
    let seen_max = SEEN_MAX.max(SEEN_FOR_EACH as usize * limit);
    let since = asked.date_range.map(|range| range.since(app.clock.now()));
    let store = app.store.tenant(session);
    let (mut events, mut at, mut seen) = (Vec::new(), asked.cursor, 0);
    loop {
        let page = store.integration_events(at, PAGE).await?;
        let is_last = page.len() < PAGE;
        for event in page {
            if since.is_some_and(|since| event.at < since) {
                return Ok(Found { events, next: None });
            }
            if events.len() == limit {
                return Ok(Found { events, next: at });
            }
            (at, seen) = (Some(event.id), seen + 1);
            events.extend(Some(event).filter(|event| asked.wants(event)));
        }
        if is_last {
            return Ok(Found { events, next: None });
        }
        if seen >= seen_max {
            return Ok(Found { events, next: at });
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Answer<IntegrationEventList>, Problem> {
    let (sight, limit) = (Sight::of(&session), asked.limit(SHOWN, SHOWN_MAX)?);
    let found = find(&app, &session, &asked, limit).await?;
    let answer = |event| EventAnswer::new(event, sight);
    Ok(Answer(IntegrationEventList {
        items: found.events.into_iter().map(answer).collect(),
        next_cursor: found.next.map(|next| next.to_string()),
    }))
}

pub(crate) async fn find_one(
    store: &TenantStore,
    id: IntegrationEventId,
) -> Result<IntegrationEvent, Problem> {
    let found = store.integration_event(id).await?;
    found.ok_or_else(|| Problem::not_found("integration event"))
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Path(id): Path<IntegrationEventId>,
) -> Result<Answer<IntegrationEventDetails>, Problem> {
    let event = find_one(&app.store.tenant(&session), id).await?;
    let answer = IntegrationEventDetails::new(event, Sight::of(&session));
    Ok(Answer(answer))
}

/// What tries it again. Null where the connection stands still: then it is tried when that goes on; and for deliveries.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventRetry")]
pub(crate) struct Retried {
    run: Option<RunId>,
}

pub(crate) async fn retry(
    State(app): State<App>,
    session: Session,
    Path(id): Path<IntegrationEventId>,
) -> Result<(StatusCode, Answer<Retried>), Problem> {
    let run = match retry_event(&app, &session, id).await? {
        Tried::Synced { by } => by,
        Tried::Sent => None,
    };
    Ok((StatusCode::ACCEPTED, Answer(Retried { run })))
}

/// What a retry came to.
pub(crate) enum Tried {
    /// By no run, where the connection stands still.
    Synced { by: Option<RunId> },
    /// A delivery has no connection, and goes out by itself.
    Sent,
}

pub(crate) async fn retry_event(
    app: &App,
    session: &Session,
    id: IntegrationEventId,
) -> Result<Tried, Problem> {
    let store = app.store.tenant(session);
    let event = find_one(&store, id).await?;
    if !can_retry(&event) {
        return Err(nothing_to_retry());
    }
    let by = match event.about {
        About::Run { connection, .. } => sync(app, session, connection).await?,
        About::Item { connection, item } => {
            errors::retry_item(app, session, connection, item).await?
        }
        About::Delivery { webhook, delivery } => {
            let note = session
                .audit(app, Action::DeliveryRetried)
                .about(Resource::new(Delivery::NOUN, delivery));
            webhook::redrive(app, &store, webhook, delivery, &note).await?;
            return Ok(Tried::Sent);
        }
        About::Connection { .. }
        | About::Report { .. }
        | About::ApiCall { .. }
        | About::File { .. } => return Err(nothing_to_retry()),
    };
    Ok(Tried::Synced { by })
}

pub(crate) fn nothing_to_retry() -> Problem {
    Problem::conflict(
        "nothing_to_retry",
        "Only a sync that failed, or an item or a delivery that was set aside, can be tried again from here.",
    )
}

async fn sync(
    app: &App,
    session: &Session,
    connection: ConnectionId,
) -> Result<Option<RunId>, Problem> {
    let store = app.store.tenant(session);
    let row = store.connection(connection).await?;
    let row = row.ok_or_else(|| Problem::not_found("connection"))?;
    if row.connection.idle().is_some() {
        return Ok(None);
    }
    errors::note(app, session, connection, 0).await?;
    Ok(ask::ask(app, &store, &row.connection, Trigger::Member).await?)
}
