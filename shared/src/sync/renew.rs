//! Renewing what is due, beside the runs: a connection that cannot sync for hours is still called.

use domain::{connection::Connection, failure::FailureClass, run::Trigger, subscription::Upkeep};
use jiff::SignedDuration;

use super::{
    SyncError,
    subscribe::{Care, Keeper, end},
};
use crate::{
    app::App,
    oauth::{AccessError, access_token},
    queue::{self, AskError},
    store::{DueUpkeep, StoreError, TenantStore, Turn},
    telemetry::chain,
};

/// A connection that is paused or waits for its member is subscribed by the run that follows.
const IDLE_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// What it says of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    Done,
    /// It wants to be left alone for a while; what else is due can wait a quarter of an hour.
    TooFast,
}

/// Sees to the subscriptions of one connection.
pub async fn renew(app: &App, due: &DueUpkeep) -> Result<Renewed, RenewalError> {
    let store = app.store.tenant(due);
    let id = due.connection;
    let Some(row) = store.connection(id).await? else {
        return Ok(Renewed::Done);
    };
    let connection = row.connection;
    if connection.idle().is_some() {
        postpone(app, &store, &connection, None).await?;
        return Ok(Renewed::Done);
    }
    let access = match access_token(app, &store, id).await {
        Ok(access) => access,
        Err(AccessError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let why = Some(chain(&error).to_string());
            postpone(app, &store, &connection, why).await?;
            return Ok(Renewed::Done);
        }
    };
    let Some(asked) = store.demand(id).await? else {
        return Ok(Renewed::Done);
    };
    let keeper = Keeper {
        app,
        store: &store,
        connection: &connection,
        access: &access,
        channels: &asked.channels,
    };
    let calendars = store.calendars(id).await?;
    let kept = keeper.see_to(&calendars, Care::ForDue).await?;
    if kept.made {
        // Between the end of the one and the begin of the other nobody may have called.
        if let Some(asked) = store.ask(id, Trigger::Poll, None).await? {
            queue::follow_up(app, &asked).await?;
        }
    }
    match kept.failure.map(|failure| failure.class) {
        Some(FailureClass::RateLimited) => Ok(Renewed::TooFast),
        Some(FailureClass::Authentication) => {
            // It may have died before its time; the next try asks for another.
            store.forget_cached_token(id).await?;
            Ok(Renewed::Done)
        }
        Some(_) | None => Ok(Renewed::Done),
    }
}

/// Looks again later; `why` is a failure.
async fn postpone(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    why: Option<String>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let claimed = store.claim_upkeep(connection.id, Turn::Now, now).await?;
    let Some(claim) = claimed else { return Ok(()) };
    let (upkeep, next_at) = match why {
        None => (Upkeep::default(), now + IDLE_FOR),
        Some(why) => {
            let failed = claim.upkeep.failed(why, now);
            let next_at = failed.next_at(&[], now);
            (failed, next_at)
        }
    };
    end(app, store, connection, &claim, &upkeep, next_at).await
}
