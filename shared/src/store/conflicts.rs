//! Conflicts and traces: what people read to understand and decide.

use domain::{
    conflict::Conflict,
    id::{ConflictId, EntryId},
    trace::Trace,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};
use crate::outbox::OutboxRow;

const CONFLICTS_MAX: usize = 1_000;
const TRACES_MAX: usize = 200;
/// A conflict that is over stays readable for three months.
const SETTLED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

impl TenantStore {
    pub async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError> {
        self.table.get(&keys::conflict(self.tenant, id)).await
    }

    /// Open and lately settled ones, newest first.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        let pk = keys::conflicts(self.tenant);
        let newest_first = Range {
            newest_first: true,
            ..Range::prefix(&pk, "", CONFLICTS_MAX)
        };
        self.table.range(newest_first).await
    }

    /// What happened to an entry, newest first.
    pub async fn traces(&self, entry: EntryId) -> Result<Vec<Trace>, StoreError> {
        let pk = keys::traces(self.tenant, entry);
        let newest_first = Range {
            newest_first: true,
            ..Range::prefix(&pk, "", TRACES_MAX)
        };
        self.table.range(newest_first).await
    }

    /// A new conflict is told to the world, once.
    pub(super) fn conflict_writes(&self, conflict: Conflict) -> Result<Vec<Write>, StoreError> {
        let is_new = conflict.version == 0;
        let key = keys::conflict(self.tenant, conflict.id);
        let guard = Guard::of_version(conflict.version);
        let next = Conflict {
            version: conflict.version + 1,
            ..conflict
        };
        let mut item = Item::new("conflict", key, Some(self.tenant), &next).guarded(guard);
        if let Some(over_since) = next.over_since() {
            item = item.expires_at(over_since + SETTLED_KEPT);
        }
        let mut writes = vec![item.put()?];
        if is_new {
            let now: Timestamp = next.detected_at;
            let row = OutboxRow::conflict_detected(self.tenant, &next, now);
            writes.push(self.outbox_write(&row, now)?);
        }
        Ok(writes)
    }
}
