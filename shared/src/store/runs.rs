//! Sync runs: written while they go on, and left alone once they are finished.

use domain::{
    id::{ConnectionId, RunId},
    run::SyncRun,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError},
};

const RUNS_SHOWN: usize = 20;
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);

impl TenantStore {
    pub async fn put_run(&self, run: &SyncRun, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::run(self.tenant, run.connection, run.id);
        self.table
            .put(Item::new("run", key, Some(self.tenant), run).expires_at(now + KEPT_FOR))
            .await
    }

    /// Writes a run that waits, unless a worker was faster and has written more.
    pub async fn put_queued_run(&self, run: &SyncRun, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::run(self.tenant, run.connection, run.id);
        let item = Item::new("run", key, Some(self.tenant), run).expires_at(now + KEPT_FOR);
        match self.table.put(item.guarded(Guard::Absent)).await {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }

    pub async fn run(
        &self,
        connection: ConnectionId,
        id: RunId,
    ) -> Result<Option<SyncRun>, StoreError> {
        self.table
            .get(&keys::run(self.tenant, connection, id))
            .await
    }

    /// The latest runs, newest first.
    pub async fn runs(&self, connection: ConnectionId) -> Result<Vec<SyncRun>, StoreError> {
        let pk = format!("T#{}#RUN#{connection}", self.tenant);
        self.table
            .range(Range::prefix(&pk, "", RUNS_SHOWN).newest_first())
            .await
    }
}
