//! Invites. Of a link only the digest is kept.

use domain::{audit::AuditEntry, id::InviteId, invite::Invite, member::Member};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    item::{Guard, Item, Write},
    keys, members,
    table::{Range, StoreError},
};

/// How long it is shown what became of an invite.
const SHOWN_AFTERWARDS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The latest that are listed.
const INVITES_MAX: usize = 500;

#[derive(Serialize, Deserialize)]
struct InviteRow {
    #[serde(flatten)]
    invite: Invite,
    digest: String,
}

impl TenantStore {
    pub async fn create_invite(
        &self,
        invite: &Invite,
        digest: String,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let made = self.invite_write(invite, digest, Guard::Absent)?;
        let writes = vec![made, self.tenant_stands(), self.audit_write(audit)?];
        self.table.write(writes).await
    }

    /// The invite, and the digest of its link.
    pub async fn invite(&self, id: InviteId) -> Result<Option<(Invite, String)>, StoreError> {
        let row: Option<InviteRow> = self.table.get(&keys::invite(self.tenant, id)).await?;
        Ok(row.map(|row| (row.invite, row.digest)))
    }

    /// Newest first.
    pub async fn invites(&self) -> Result<Vec<Invite>, StoreError> {
        let pk = keys::invites(self.tenant);
        let range = Range::prefix(&pk, "", INVITES_MAX).newest_first();
        let rows: Vec<InviteRow> = self.table.range(range).await?;
        Ok(rows.into_iter().map(|row| row.invite).collect())
    }

    /// `Conflict`: it came to another end meanwhile.
    pub async fn revoke_invite(
        &self,
        revoked: &Invite,
        digest: String,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let writes = vec![
            self.end_of_invite(revoked, digest)?,
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// The member joins, and the invite is used up, or neither. `Conflict`: the invite is over, the address is taken, or the
    /// tenant is being erased.
    pub async fn accept_invite(
        &self,
        accepted: &Invite,
        digest: String,
        (member, password_hash): (&Member, String),
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut writes = members::new_member(member, password_hash)?;
        writes.push(self.end_of_invite(accepted, digest)?);
        writes.push(self.tenant_stands());
        writes.push(self.audit_write(audit)?);
        self.table.write(writes).await
    }

    fn end_of_invite(&self, ended: &Invite, digest: String) -> Result<Write, StoreError> {
        let was = Guard::Version(ended.version - 1);
        self.invite_write(ended, digest, was)
    }

    fn invite_write(
        &self,
        invite: &Invite,
        digest: String,
        guard: Guard,
    ) -> Result<Write, StoreError> {
        let row = InviteRow {
            invite: invite.clone(),
            digest,
        };
        let key = keys::invite(self.tenant, invite.id);
        let item = Item::new("invite", key, Some(self.tenant), &row);
        let item = item.expires_at(invite.expires_at + SHOWN_AFTERWARDS);
        item.guarded(guard).put()
    }
}
