//! Entries that were deleted, for as long as they can be brought back.

use domain::{entry::Entry, id::EntryId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    EntryWrite, TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};

const DELETED_MAX: usize = 1_000;
/// How long a deleted entry can be brought back.
const DELETED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// An entry that was deleted, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedEntry {
    pub entry: Entry,
    pub deleted_at: Timestamp,
}

impl DeletedEntry {
    pub fn kept_until(&self) -> Timestamp {
        self.deleted_at + DELETED_KEPT
    }
}

impl TenantStore {
    /// What is deleted can be brought back for a while; what is brought back is no longer deleted.
    pub(super) fn deleted_writes(
        &self,
        write: &EntryWrite<'_>,
    ) -> Result<Option<Write>, StoreError> {
        match (write.before, write.after) {
            (Some(before), None) => {
                let key = keys::deleted_entry(self.tenant, before.id);
                let row = DeletedEntry {
                    entry: before.clone(),
                    deleted_at: write.now,
                };
                let item = Item::new("deleted_entry", key, Some(self.tenant), &row);
                item.expires_at(row.kept_until()).put().map(Some)
            }
            (None, Some(after)) if after.version > 1 => {
                let key = keys::deleted_entry(self.tenant, after.id);
                Ok(Some(Write::delete(key, Some(self.tenant), &Guard::Any)))
            }
            (None, _) | (Some(_), Some(_)) => Ok(None),
        }
    }

    /// Those of these entries that were deleted and can still be brought back.
    pub async fn deleted_of(&self, ids: &[EntryId]) -> Result<Vec<DeletedEntry>, StoreError> {
        let key = |id: &EntryId| keys::deleted_entry(self.tenant, *id);
        let keys: Vec<_> = ids.iter().map(key).collect();
        self.table.get_many(&keys).await
    }

    /// Every deleted entry that can still be brought back, the latest deletion first.
    pub async fn deleted_entries(&self, now: Timestamp) -> Result<Vec<DeletedEntry>, StoreError> {
        let pk = keys::deleted_entries(self.tenant);
        let newest_first = Range::prefix(&pk, "", DELETED_MAX).newest_first();
        let mut rows: Vec<DeletedEntry> = self.table.range(newest_first).await?;
        rows.retain(|row| now < row.kept_until());
        rows.sort_by_key(|row| std::cmp::Reverse(row.deleted_at));
        Ok(rows)
    }

    /// The entry as it was deleted, while it can be brought back.
    pub async fn deleted_entry(
        &self,
        id: EntryId,
        now: Timestamp,
    ) -> Result<Option<DeletedEntry>, StoreError> {
        let row: Option<DeletedEntry> = self
            .table
            .get(&keys::deleted_entry(self.tenant, id))
            .await?;
        Ok(row.filter(|row| now < row.kept_until()))
    }
}
