//! The audit log: appended to, read, and gone with its tenant.

use domain::{audit::AuditEntry, id::AuditId};

use super::{
    TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};

impl TenantStore {
    /// To be written with what it tells of, so that neither is there without the other.
    pub(super) fn audit_write(&self, entry: &AuditEntry) -> Result<Write, StoreError> {
        let key = keys::audit(self.tenant, entry.id);
        let item = Item::new("audit", key, Some(self.tenant), entry);
        item.guarded(Guard::Absent).put()
    }

    /// Of what changed nothing in the table, such as a refusal.
    pub async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.table.write(vec![self.audit_write(entry)?]).await
    }

    /// Newest first, from before an entry on.
    pub async fn audit(
        &self,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let pk = keys::audits(self.tenant);
        let range = Range::prefix(&pk, "", limit).newest_first();
        self.table.range(range.before(before)).await
    }
}
