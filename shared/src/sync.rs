//! The shell around the rules in [`domain::sync`]: fetch what both sides say, decide, apply, commit the cursor.

mod apply;
mod calendar;
pub mod calendars;
pub mod channel;
mod compare;
mod fetch;
mod run;
mod subscribe;

use domain::{calendar::Calendar, connection::Connection, id::ConnectionId, run::Counts};
use jiff::Timestamp;

pub use run::{Handled, handle};

use crate::{
    app::App,
    crypto::Secret,
    oauth::AccessError,
    providers::{CalendarProvider, ProviderError},
    store::{RefusedItem, Shown, StoreError, SyncPosition, TenantStore},
    vault::VaultError,
};

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
    #[error("{item} changes faster than it can be synced")]
    Unsettled { item: String },
}

/// One run's surroundings.
struct Context<'a> {
    app: &'a App,
    store: &'a TenantStore,
    connection: &'a Connection,
    provider: &'a dyn CalendarProvider,
    access: Secret,
    fence: Fence,
    counts: Counts,
    /// After that no new page or handful of entries is begun; what is left becomes another run.
    ends_at: Timestamp,
    /// Items that were refused before: cleared once they sync.
    refused: Vec<RefusedItem>,
}

impl Context<'_> {
    fn out_of_time(&self) -> bool {
        self.app.clock.now() >= self.ends_at
    }

    async fn commit(
        &self,
        calendar: &Calendar,
        position: &SyncPosition,
        shown: &Shown,
    ) -> Result<SyncPosition, SyncError> {
        let now = self.app.clock.now();
        let commit = self
            .store
            .commit_position(calendar.id, position, shown, &self.fence, now);
        Ok(commit.await?)
    }

    /// The key from which a provider derives the id of an entry's copy.
    fn copy_key(&self, calendar: &Calendar, entry: domain::id::EntryId) -> String {
        format!("{}|{entry}|{}", self.store.id(), calendar.id)
    }
}
