//! Holds of the brakes, and the changed entries that wait with them.

use domain::{
    connection::Connection,
    hold::Hold,
    id::{ConnectionId, HoldId},
};
use jiff::Timestamp;

use super::{
    DirtyEntry, TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};
use crate::outbox::OutboxRow;

/// Three ways of each calendar, two brakes each: more than a connection ever has.
const HOLDS_MAX: usize = 300;
const PARKED_AT_ONCE: usize = 200;

impl TenantStore {
    pub async fn holds(&self, connection: ConnectionId) -> Result<Vec<Hold>, StoreError> {
        let pk = keys::holds(self.tenant, connection);
        self.table.range(Range::prefix(&pk, "", HOLDS_MAX)).await
    }

    pub async fn hold(
        &self,
        connection: ConnectionId,
        hold: HoldId,
    ) -> Result<Option<Hold>, StoreError> {
        self.table
            .get(&keys::hold(self.tenant, connection, hold))
            .await
    }

    /// Writes a hold that asks what was not asked before, and tells the world.
    pub async fn tell_hold(
        &self,
        connection: &Connection,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<Hold, StoreError> {
        let row = OutboxRow::changes_held(connection, hold, now);
        self.write_hold(hold, self.told(&row, now)?).await
    }

    pub async fn put_hold(&self, hold: &Hold) -> Result<Hold, StoreError> {
        self.write_hold(hold, Vec::new()).await
    }

    async fn write_hold(&self, hold: &Hold, news: Vec<Write>) -> Result<Hold, StoreError> {
        let key = keys::hold(self.tenant, hold.connection, hold.id);
        let next = Hold {
            version: hold.version + 1,
            ..hold.clone()
        };
        let item = Item::new("hold", key, Some(self.tenant), &next);
        let mut writes = vec![
            item.guarded(Guard::of_version(hold.version)).put()?,
            self.not_closed(hold.connection),
        ];
        writes.extend(news);
        self.table.write(writes).await?;
        Ok(next)
    }

    pub async fn delete_hold(&self, hold: &Hold) -> Result<(), StoreError> {
        let key = keys::hold(self.tenant, hold.connection, hold.id);
        let guard = Guard::Version(hold.version);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &guard)])
            .await
    }

    /// Sets a changed entry aside. One that changed again meanwhile stays where it is.
    pub async fn park(&self, connection: ConnectionId, row: &DirtyEntry) -> Result<(), StoreError> {
        let dirty = keys::dirty(self.tenant, connection, row.entry);
        let parked = keys::parked(self.tenant, connection, row.entry);
        let writes = vec![
            Write::delete(dirty, Some(self.tenant), &Guard::Version(row.version)),
            Item::new("parked_entry", parked, Some(self.tenant), row).put()?,
            self.not_closed(connection),
        ];
        match self.table.write(writes).await {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }

    /// Puts back before the connection what was set aside. Cut short, it can be called again.
    pub async fn unpark(&self, connection: ConnectionId) -> Result<(), StoreError> {
        let pk = keys::parked_of(self.tenant, connection);
        loop {
            let rows: Vec<DirtyEntry> = self
                .table
                .range(Range::prefix(&pk, "", PARKED_AT_ONCE))
                .await?;
            if rows.is_empty() {
                return Ok(());
            }
            self.mark_dirty(connection, &rows).await?;
            for chunk in rows.chunks(50) {
                let delete = |row: &DirtyEntry| {
                    let key = keys::parked(self.tenant, connection, row.entry);
                    Write::delete(key, Some(self.tenant), &Guard::Any)
                };
                self.table.write(chunk.iter().map(delete).collect()).await?;
            }
        }
    }
}
