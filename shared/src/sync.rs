//! The shell around the rules in [`domain::sync`]: fetch what both sides say, decide, apply, commit the cursor.

mod apply;
pub mod ask;
mod audit;
mod calendar;
pub mod calendars;
pub mod channel;
mod compare;
mod fetch;
mod holds;
pub mod preview;
mod record;
mod renew;
pub mod replay;
mod run;
mod subscribe;
mod visit;

use std::collections::HashMap;

use domain::{
    calendar::Calendar,
    connection::Connection,
    event::ExternalEventId,
    id::{ConnectionId, ItemId},
    item::StuckItem,
    link::EventLink,
    run::{Counts, CursorMove},
    sync::pace::Pace,
};
use jiff::{SignedDuration, Timestamp};

use holds::Holds;
pub use renew::{RenewalError, Renewed, renew};
pub use run::{Handled, handle};
use tokio::sync::OnceCell;
pub use visit::watch_of;

use crate::{
    app::App,
    crypto::{Secret, fingerprint},
    oauth::AccessError,
    providers::{CalendarProvider, ProviderError},
    store::{Asked, Shown, StoreError, SyncPosition, TenantStore},
    vault::VaultError,
};

/// Two thirds of the time limit: the last page begun still comes to its end.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(40);

/// Proof of holding the lease: what is written under it fails once somebody else holds it.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    pub(crate) connection: ConnectionId,
    pub(crate) number: u64,
}

/// What stops a run. What concerns one item alone does not: it stands beside the item.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the provider is written to as fast as it allows")]
    Paced { pause: SignedDuration },
    #[error("there is more to write than one run has time for")]
    OutOfTime,
    #[error("{item} changes faster than it can be synced")]
    Unsettled { item: String },
    #[error("another run took over: this one took too long")]
    LeaseLost,
}

/// One run's surroundings.
struct Context<'a> {
    app: &'a App,
    store: &'a TenantStore,
    connection: &'a Connection,
    /// The row as it was when the lease was taken.
    asked: &'a Asked,
    provider: &'a dyn CalendarProvider,
    access: Secret,
    fence: Fence,
    pace: Pace,
    counts: Counts,
    cursors: Vec<CursorMove>,
    /// After that no new page or handful of entries is begun; what is left becomes another run.
    ends_at: Timestamp,
    /// The copy whose link this run has just written: nothing was asked of the provider under its id before.
    untried: Option<ExternalEventId>,
    /// Copies that may have been created without us hearing of it, by the id that the provider gave them. Looked for once
    /// in a run, when it is first of interest; and again after one has failed.
    unanswered: OnceCell<HashMap<ExternalEventId, EventLink>>,
    /// Items that did not sync before: cleared once they do.
    stuck: Vec<StuckItem>,
    /// Items that the provider failed to take, one after the other.
    failed_in_a_row: Vec<ItemId>,
    holds: Holds,
}

impl<'a> Context<'a> {
    async fn begin(
        app: &'a App,
        store: &'a TenantStore,
        connection: &'a Connection,
        asked: &'a Asked,
        access: Secret,
        fence: Fence,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            app,
            store,
            connection,
            asked,
            provider: app.provider(connection.provider),
            access,
            fence,
            pace: asked.pace,
            counts: Counts::default(),
            cursors: Vec::new(),
            ends_at: app.clock.now() + WORK_TIME,
            untried: None,
            unanswered: OnceCell::new(),
            stuck: store.stuck_items(connection.id).await?,
            failed_in_a_row: Vec::new(),
            holds: Holds::of(store.holds(connection.id).await?),
        })
    }
}

impl Context<'_> {
    fn out_of_time(&self) -> bool {
        self.app.clock.now() >= self.ends_at
    }

    async fn holds_lease(&self) -> Result<bool, StoreError> {
        let row = self.store.demand(self.fence.connection).await?;
        Ok(row.is_some_and(|row| row.demand.fence == self.fence.number))
    }

    /// Moves the cursor, and notes that it moved.
    async fn commit(
        &mut self,
        calendar: &Calendar,
        position: &SyncPosition,
        shown: &Shown,
    ) -> Result<SyncPosition, SyncError> {
        let now = self.app.clock.now();
        let commit = self
            .store
            .commit_position(calendar.id, position, shown, &self.fence, now);
        let committed = commit.await?;
        let moved = self.cursors.iter_mut();
        for cursor in moved.filter(|cursor| cursor.calendar == calendar.id) {
            cursor.after = glance(position.cursor.as_deref());
        }
        Ok(committed)
    }

    fn note_cursor(&mut self, calendar: &Calendar, position: &SyncPosition) {
        let before = glance(position.cursor.as_deref());
        self.cursors.push(CursorMove {
            calendar: calendar.id,
            after: before.clone(),
            before,
        });
    }
}

/// Enough of a cursor to see whether it is another.
fn glance(cursor: Option<&str>) -> Option<String> {
    let print = fingerprint(cursor?);
    Some(print.get(..8).unwrap_or(&print).to_owned())
}
