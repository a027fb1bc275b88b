//! The error queue: items of all connections that wait for their next try, or for somebody to retry them. What they are
//! called stays with their owners.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    audit::{Action, Resource},
    connection::Connection,
    id::{CalendarId, ConnectionId, ItemId, MemberId, RunId},
    integration::Integration,
    item::{ItemState, StuckItem},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    app::App,
    problem::Problem,
    queue::AskError,
    store::{NoPlace, StoreError, StuckPlace, TenantStore},
    sync::replay::{ITEMS_MAX, replay},
    web::{Json, Path, Query, Session},
};

use crate::{
    sight::Sight,
    waiting::{self, Waiting},
};

pub(crate) const SHOWN: usize = 50;
const SHOWN_MAX: usize = 200;
/// How many items are looked through for those that a filter asks for, in one answer.
const SEEN_MAX: usize = 2_000;
/// What passing over the refused ones of a connection counts as: they are not looked at, but it is another read.
const SEEN_WITH_REFUSED: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErrorQueueState")]
pub(crate) enum Waits {
    /// For its next try.
    Retrying,
    /// For somebody to retry it.
    DeadLetter,
}

impl Waits {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::DeadLetter => "dead_letter",
        }
    }

    /// The one that is named so.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Retrying, Self::DeadLetter]
            .into_iter()
            .find(|waits| waits.name() == name)
    }

    pub(crate) fn of(item: &StuckItem) -> Option<Self> {
        match item.state {
            ItemState::Failing { .. } => Some(Self::Retrying),
            ItemState::Dead { .. } => Some(Self::DeadLetter),
            // It cannot be held as it is: its owner is told, and trying again changes nothing.
            ItemState::Refused { .. } => None,
        }
    }
}

/// Which items: all that are named, where something is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ErrorQueueFilter")]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) state: Option<Waits>,
    pub(crate) integration_type: Option<Integration>,
    pub(crate) connection: Option<ConnectionId>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ErrorQueueQuery")]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    state: Option<Waits>,
    integration_type: Option<Integration>,
    connection: Option<ConnectionId>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// An item that waits, with its connection.
pub(crate) struct Found {
    pub(crate) waits: Waits,
    pub(crate) item: StuckItem,
    pub(crate) connection: Connection,
}

impl Filter {
    fn wants(&self, waits: Waits, connection: &Connection) -> bool {
        let integration = Integration::calendars_of(connection.provider);
        // What is being disconnected takes its items with it, and none of them is tried any more.
        connection.ending_since.is_none()
            && self.state.is_none_or(|wanted| wanted == waits)
            && self
                .integration_type
                .is_none_or(|wanted| wanted == integration)
            && self.connection.is_none_or(|wanted| wanted == connection.id)
    }
}

/// Items that a filter names, but for those to be left out, and where to go on if there may be more.
pub(crate) async fn find(
    store: &TenantStore,
    filter: &Filter,
    after: Option<StuckPlace>,
    limit: usize,
    leaves_out: impl Fn(&StuckItem) -> bool,
) -> Result<(Vec<Found>, Option<StuckPlace>), Problem> {
    let (mut found, mut at, mut seen) = (Vec::new(), after, 0);
    let mut known: BTreeMap<ConnectionId, Option<Connection>> = BTreeMap::new();
    loop {
        let page = store
            .stuck_items_of_all(filter.connection, at.as_ref(), SHOWN_MAX)
            .await?;
        let is_last = page.len() < SHOWN_MAX;
        let unknown: BTreeSet<_> = page.iter().map(|one| one.connection).collect();
        let unknown: Vec<_> = unknown
            .into_iter()
            .filter(|id| !known.contains_key(id))
            .collect();
        known.extend(unknown.iter().map(|id| (*id, None)));
        for row in store.connections(&unknown).await? {
            known.insert(row.connection.id, Some(row.connection));
        }
        for one in page {
            if at.as_ref().is_some_and(|at| one.place <= *at) {
                continue;
            }
            if found.len() == limit {
                return Ok((found, at));
            }
            if let Some(behind) = one.behind_refused() {
                (at, seen) = (Some(behind), seen + SEEN_WITH_REFUSED);
                continue;
            }
            (at, seen) = (Some(one.place.clone()), seen + 1);
            let connection = known.get(&one.connection).cloned().flatten();
            let (Some(waits), Some(connection)) = (Waits::of(&one.item), connection) else {
                continue;
            };
            if filter.wants(waits, &connection) && !leaves_out(&one.item) {
                found.push(Found {
                    waits,
                    item: one.item,
                    connection,
                });
            }
        }
        if is_last {
            return Ok((found, None));
        }
        if seen >= SEEN_MAX {
            return Ok((found, at));
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorQueue {
    items: Vec<ErrorQueueItem>,
    next_cursor: Option<String>,
    /// Deliveries that wait as well, by webhook. They are listed and retried there.
    deliveries: Vec<Waiting>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorQueueItem {
    id: ItemId,
    state: Waits,
    integration_type: Integration,
    connection_id: ConnectionId,
    calendar_id: CalendarId,
    member_id: MemberId,
    /// Whose account; masked for whoever may not see personal details.
    account: String,
    error: String,
    attempts: u32,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    next_try_at: Option<Timestamp>,
}

impl ErrorQueueItem {
    fn new(found: Found, sight: Sight) -> Self {
        let Found {
            waits,
            item,
            connection,
        } = found;
        Self {
            id: item.id,
            state: waits,
            integration_type: Integration::calendars_of(connection.provider),
            connection_id: connection.id,
            calendar_id: item.calendar,
            member_id: connection.member,
            account: sight.address(connection.account),
            error: sight.text(item.words()),
            attempts: item.attempts,
            first_seen_at: item.first_seen_at,
            last_seen_at: item.last_seen_at,
            next_try_at: item.next_try_at(),
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Answer<ErrorQueue>, Problem> {
    let limit = asked.limit.unwrap_or(SHOWN);
    if !(1..=SHOWN_MAX).contains(&limit) {
        let words = format!("Between 1 and {SHOWN_MAX}.");
        return Err(Problem::invalid("limit", words));
    }
    let filter = Filter {
        state: asked.state,
        integration_type: asked.integration_type,
        connection: asked.connection,
    };
    let after = asked.cursor.map(|cursor| cursor.parse()).transpose();
    let after = after.map_err(|error: NoPlace| Problem::invalid("cursor", error.to_string()))?;
    let store = app.store.tenant(&session);
    let (found, next_cursor) = find(&store, &filter, after, limit, |_| false).await?;
    let deliveries = waiting::deliveries(&app, &session, &filter).await?;
    let sight = Sight::of(&session);
    let item = |found| ErrorQueueItem::new(found, sight);
    Ok(Answer(ErrorQueue {
        deliveries,
        items: found.into_iter().map(item).collect(),
        next_cursor: next_cursor.map(|next| next.to_string()),
    }))
}

pub(crate) async fn retry_one(
    State(app): State<App>,
    session: Session,
    Path((connection, item)): Path<(ConnectionId, ItemId)>,
) -> Result<(StatusCode, Answer<RetriedOne>), Problem> {
    let run = retry_item(&app, &session, connection, item).await?;
    Ok((StatusCode::ACCEPTED, Answer(RetriedOne { run })))
}

/// What tries it again. Null where the connection stands still: then it is tried when that goes on.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ItemRetry")]
pub(crate) struct RetriedOne {
    run: Option<RunId>,
}

pub(crate) async fn retry_item(
    app: &App,
    session: &Session,
    connection: ConnectionId,
    item: ItemId,
) -> Result<Option<RunId>, Problem> {
    let store = app.store.tenant(session);
    let row = store.connection(connection).await?;
    let item = store.stuck_item(connection, item).await?;
    let waits = item.filter(|item| Waits::of(item).is_some());
    let (row, item) = row.zip(waits).ok_or_else(|| Problem::not_found("item"))?;
    let replayed = replay(app, &store, &row.connection, vec![item]).await?;
    note(app, session, connection, 1).await?;
    Ok(replayed.run)
}

/// A retry of all that a filter names.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ErrorQueueRetry")]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    filter: Filter,
    /// Only counts what would be retried.
    #[serde(default)]
    preview: bool,
}

/// What came of a retry, or would come of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErrorQueueRetried")]
pub(crate) struct Retried {
    /// At most 100 in one call.
    pub(crate) items: usize,
    /// Whether the filter names more, for another call.
    pub(crate) has_more: bool,
    /// The runs that try them. A connection that stands still has none: its items are tried when it goes on.
    pub(crate) runs: Vec<RunId>,
}

pub(crate) async fn retry(
    State(app): State<App>,
    session: Session,
    Json(wanted): Json<Wanted>,
) -> Result<Answer<Retried>, Problem> {
    Ok(Answer(
        retry_some(&app, &session, &wanted.filter, wanted.preview).await?,
    ))
}

pub(crate) async fn retry_some(
    app: &App,
    session: &Session,
    filter: &Filter,
    is_preview: bool,
) -> Result<Retried, Problem> {
    let store = app.store.tenant(session);
    let now = app.clock.now();
    // What waits for a run already does not keep what comes after it from being tried.
    let is_asked = |item: &StuckItem| item.is_replayed(now);
    let (found, next) = find(&store, filter, None, ITEMS_MAX, is_asked).await?;
    let mut retried = Retried {
        items: if is_preview { found.len() } else { 0 },
        has_more: next.is_some(),
        runs: Vec::new(),
    };
    if is_preview {
        return Ok(retried);
    }
    let mut by_connection: BTreeMap<ConnectionId, (Connection, Vec<StuckItem>)> = BTreeMap::new();
    for one in found {
        let of_connection = by_connection
            .entry(one.connection.id)
            .or_insert_with(|| (one.connection, Vec::new()));
        of_connection.1.push(one.item);
    }
    for (connection, items) in by_connection.into_values() {
        let count = items.len();
        match replay(app, &store, &connection, items).await {
            Ok(replayed) => {
                note(app, session, connection.id, count).await?;
                retried.items += count;
                retried.runs.extend(replayed.run);
            }
            // One of them changed meanwhile: those of this connection wait for another call, others need not.
            Err(AskError::Record(StoreError::Conflict)) => retried.has_more = true,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(retried)
}

/// Who let something of a connection be tried again; the connection as a whole where no item is counted.
pub(crate) async fn note(
    app: &App,
    session: &Session,
    connection: ConnectionId,
    items: usize,
) -> Result<(), Problem> {
    let entry = session
        .audit(app, Action::ItemRetried)
        .about(Resource::new("connection", connection))
        .changing(Value::Null, json!({ "items": items }));
    Ok(app.store.tenant(session).append_audit(&entry).await?)
}
