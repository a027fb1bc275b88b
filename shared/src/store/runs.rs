//! Sync runs: written while they go on, and left alone once they are finished.

use domain::{
    connection::Connection,
    id::{ConnectionId, IntegrationEventId, RunId},
    integration::{Integration, IntegrationEvent},
    item::Waiting,
    run::{RunNews, SyncRun},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    ConnectionRow, TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};
use crate::{ids, outbox::OutboxRow};

const RUNS_SHOWN: usize = 20;
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);

impl TenantStore {
    pub async fn put_run(&self, run: &SyncRun, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::run(self.tenant, run.connection, run.id);
        let item = Item::new("run", key, Some(self.tenant), run).expires_at(now + KEPT_FOR);
        let writes = vec![item.put()?, self.not_closed(run.connection)];
        self.table.write(writes).await
    }

    /// Writes the run together with what the world is told of it and what its connection shows of it.
    pub async fn record_run(
        &self,
        run: &SyncRun,
        news: &[RunNews],
        connection: Option<(ConnectionRow, Option<Waiting>)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::run(self.tenant, run.connection, run.id);
        let item = Item::new("run", key, Some(self.tenant), run).expires_at(now + KEPT_FOR);
        let mut writes = vec![item.put()?, self.not_closed(run.connection)];
        for news in news {
            let row = OutboxRow::run(self.tenant, *news, run);
            writes.extend(self.told(&row, now)?);
        }
        if let Some((row, waiting)) = connection {
            writes.extend(self.counted_writes(run, &row.connection, now)?);
            writes.extend(self.connection_writes(row, waiting)?);
        }
        self.table.write(writes).await
    }

    /// Each run that came to its end counts, whether or not there is anything to tell of it.
    fn counted_writes(
        &self,
        run: &SyncRun,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Vec<Write>, StoreError> {
        let mut writes = Vec::new();
        if run.is_successful() {
            let integration = Integration::calendars_of(connection.provider);
            writes.push(self.success_write(integration, connection.id, now));
        }
        let id = ids::mint(self.tenant, now, IntegrationEventId::from_parts);
        if let Some(event) = IntegrationEvent::of_run(id, connection, run) {
            writes.extend(self.event_writes(&event)?);
        }
        Ok(writes)
    }

    /// Writes a run that waits, unless a worker was faster and has written more.
    pub async fn put_queued_run(&self, run: &SyncRun, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::run(self.tenant, run.connection, run.id);
        let item = Item::new("run", key, Some(self.tenant), run).expires_at(now + KEPT_FOR);
        let item = item.guarded(Guard::Absent).put()?;
        let writes = vec![item, self.not_closed(run.connection)];
        match self.table.write(writes).await {
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
        let pk = keys::runs_of(self.tenant, connection);
        self.table
            .range(Range::prefix(&pk, "", RUNS_SHOWN).newest_first())
            .await
    }
}
