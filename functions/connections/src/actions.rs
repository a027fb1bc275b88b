//! What can be done with a connection, the same for people and for programs.

use std::collections::BTreeMap;

use crate::{answers::RetryAnswer, own::Own};
use axum::http::StatusCode;
use domain::{
    audit::Action,
    calendar::{Calendar, CalendarSettings},
    connection::{Connection, Idle},
    failure::FailureClass,
    id::{CalendarId, ItemId, RunId},
    item::StuckItem,
    run::Trigger,
};
use serde_json::json;
use shared::{
    app::App,
    oauth::AccessError,
    problem::Problem,
    store::{ConnectionRow, StoreError},
    sync::{
        SyncError, ask,
        calendars::{self, Chosen},
        replay::replay,
    },
};

/// A run may write the connection in the same moment.
const TRIES_MAX: u32 = 5;

/// Asks for a sync and answers its run; while one is under way or waits, that is the one.
pub(crate) async fn sync(app: &App, own: &Own, trigger: Trigger) -> Result<RunId, Problem> {
    let connection = own.connection();
    match connection.idle() {
        Some(Idle::Paused) => {
            return Err(paused());
        }
        Some(Idle::NeedsReauth) => return Err(needs_reauth()),
        Some(Idle::Ending) => return Err(disconnecting()),
        None => {}
    }
    let asked = ask::ask(app, &own.store, connection, trigger).await?;
    asked.ok_or_else(|| Problem::not_found("connection"))
}

/// Saves a checked choice and asks for the sync that carries it out, unless the connection stands still. `expected` is the
/// version that was seen; answers the version that it became.
pub(crate) async fn choose(
    app: &App,
    own: &Own,
    chosen: &BTreeMap<CalendarId, CalendarSettings>,
    expected: Option<u64>,
) -> Result<(u64, Option<RunId>), Problem> {
    let (store, now) = (&own.store, app.clock.now());
    let became = calendars::choose(store, own.connection(), chosen, expected, now).await;
    let version = match became.map_err(problem)? {
        Chosen::Saved { version } => version,
        Chosen::Stale { version } => return Err(stale(version, expected.unwrap_or_default())),
    };
    own.note(app, Action::SettingsChanged, json!(chosen))
        .await?;
    let run = sync_unless_idle(app, own, Trigger::Setup).await?;
    Ok((version, run))
}

pub(crate) fn stale(version: u64, expected: u64) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version",
        format!("Somebody was faster: the calendars are at version {version}, not {expected}."),
    )
}

pub(crate) async fn sync_unless_idle(
    app: &App,
    own: &Own,
    trigger: Trigger,
) -> Result<Option<RunId>, Problem> {
    match own.connection().idle() {
        Some(Idle::Paused | Idle::NeedsReauth | Idle::Ending) => Ok(None),
        None => sync(app, own, trigger).await.map(Some),
    }
}

/// The calendars as they are known; the provider is asked if told to, or if none is known yet.
pub(crate) async fn calendars(
    app: &App,
    own: &Own,
    ask_provider: bool,
) -> Result<Vec<Calendar>, Problem> {
    let known = own.store.calendars(own.connection().id).await?;
    let is_ending = own.connection().ending_since.is_some();
    if is_ending || (!known.is_empty() && !ask_provider) {
        return Ok(known);
    }
    calendars::list_again(app, &own.store, own.connection())
        .await
        .map_err(problem)
}

pub(crate) async fn pause(app: &App, own: &mut Own) -> Result<(), Problem> {
    let now = app.clock.now();
    edit(own, |connection| {
        connection.paused_at.get_or_insert(now);
    })
    .await
}

/// Goes on where it stopped.
pub(crate) async fn resume(app: &App, own: &mut Own) -> Result<Option<RunId>, Problem> {
    edit(own, |connection| connection.paused_at = None).await?;
    sync_unless_idle(app, own, Trigger::Member).await
}

/// Lets items be tried again from the first attempt, and asks for the sync that tries them.
pub(crate) async fn retry(
    app: &App,
    own: &Own,
    stuck: Vec<StuckItem>,
) -> Result<RetryAnswer, Problem> {
    let replayed = replay(app, &own.store, own.connection(), stuck).await?;
    let retried = replayed.items;
    if retried > 0 {
        own.note(app, Action::ItemRetried, json!({ "items": retried }))
            .await?;
    }
    Ok(RetryAnswer {
        retried,
        left: replayed.left,
        run: replayed.run,
    })
}

pub(crate) async fn retry_one(
    app: &App,
    own: &Own,
    item: ItemId,
) -> Result<Option<RunId>, Problem> {
    let found = own.store.stuck_item(own.connection().id, item).await?;
    let found = found.ok_or_else(|| Problem::not_found("item"))?;
    Ok(retry(app, own, vec![found]).await?.run)
}

async fn edit(own: &mut Own, change: impl Fn(&mut Connection)) -> Result<(), Problem> {
    for _ in 0..TRIES_MAX {
        let mut row: ConnectionRow = own.row.clone();
        change(&mut row.connection);
        if row == own.row {
            return Ok(());
        }
        match own.store.update_connection(row).await {
            Ok(row) => {
                own.row = row;
                return Ok(());
            }
            Err(StoreError::Conflict) => {
                let found = own.store.connection(own.connection().id).await?;
                own.row = found.ok_or_else(|| Problem::not_found("connection"))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

pub(crate) fn paused() -> Problem {
    Problem::conflict("paused", "The connection is paused. Resume it first.")
}

pub(crate) fn disconnecting() -> Problem {
    Problem::conflict(
        "disconnecting",
        "The connection is being disconnected. Connect the account again to go on.",
    )
}

pub(crate) fn needs_reauth() -> Problem {
    Problem::conflict(
        "needs_reauth",
        "The provider waits for the account to be authorised again. Reconnect first.",
    )
}

/// What the provider's failure means to the caller.
pub(crate) fn problem(error: SyncError) -> Problem {
    match error {
        SyncError::Access(AccessError::NeedsReauth) => needs_reauth(),
        SyncError::Store(error) => error.into(),
        SyncError::Provider(error) => match error.class {
            FailureClass::Authentication => needs_reauth(),
            FailureClass::Rejected | FailureClass::NotFound => Problem::new(
                StatusCode::BAD_GATEWAY,
                "provider_refused",
                format!("The provider refused: {}", error.detail),
            ),
            FailureClass::Transient
            | FailureClass::RateLimited
            | FailureClass::Conflict
            | FailureClass::CursorExpired => {
                let seconds = error.retry_after_s.unwrap_or(30);
                Problem::unavailable(error).retry_after(seconds)
            }
        },
        SyncError::Access(_)
        | SyncError::Vault(_)
        | SyncError::LeaseLost
        | SyncError::OutOfTime
        | SyncError::Paced { .. }
        | SyncError::Unsettled { .. } => Problem::unavailable(error),
    }
}
