//! The erasure of a tenant: its row, which outlives all others, and every write that takes something away.

use domain::{
    audit::AuditEntry,
    connection::Connection,
    ending::Ending,
    erasure::{Deleted, Erasure},
    id::ConnectionId,
    member::Member,
};
use jiff::Timestamp;

use super::{
    ConnectionRow, TenantStore,
    demand::row::{Change, text},
    endings::AT_ONCE,
    item::{Guard, Item, Write},
    keys,
    purges::Timed,
    table::{Range, StoreError},
};
use crate::outbox::OutboxRow;

/// Records of a tenant that are found and deleted alike, in the order in which they go. Members are the way to what is
/// theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantFamily {
    Traces,
    Conflicts,
    Entries,
    DeletedEntries,
    Meetings,
    NamedCalls,
    /// Before what they count in.
    Deliveries,
    Webhooks,
    Integrations,
    IntegrationEvents,
    ApiKeys,
    Sessions,
    Invites,
    Members,
    /// After whom it tells of: a wrong password is written down as long as there is somebody whose it could be.
    Audits,
    OutboxRows,
}

impl TenantFamily {
    pub const ALL: [Self; 16] = [
        Self::Traces,
        Self::Conflicts,
        Self::Entries,
        Self::DeletedEntries,
        Self::Meetings,
        Self::NamedCalls,
        Self::Deliveries,
        Self::Webhooks,
        Self::Integrations,
        Self::IntegrationEvents,
        Self::ApiKeys,
        Self::Sessions,
        Self::Invites,
        Self::Members,
        Self::Audits,
        Self::OutboxRows,
    ];
}

/// Connections whose end is begun at a time.
const CONNECTIONS_AT_ONCE: usize = 50;
/// Ends that are forgotten at a time: each has a credential to be destroyed before.
const ENDINGS_AT_ONCE: usize = 20;

impl TenantStore {
    pub async fn erasure(&self) -> Result<Option<Erasure>, StoreError> {
        let found: Option<Timed<Erasure>> = self.table.get(&keys::erasure(self.tenant)).await?;
        Ok(found.map(|row| row.purge))
    }

    /// From this moment on nobody of the tenant is given a session, and nothing is connected.
    /// `Conflict`: it has begun already.
    pub async fn begin_erasure(
        &self,
        erasure: &Erasure,
        audit: &AuditEntry,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let since =
            serde_dynamo::to_attribute_value(now).map_err(|source| StoreError::Corrupt {
                what: "erasure",
                source: Box::new(source),
            })?;
        let standing = "t = :t AND attribute_not_exists(erasing_since)";
        let marked = Change::new("SET erasing_since = :now", standing)
            .value(":now", since)
            .value(":t", text(self.tenant));
        let mut writes = vec![
            Write::update(marked.to(keys::tenant(self.tenant))),
            self.erasure_write(erasure, now)?,
            self.audit_write(audit)?,
        ];
        writes.extend(self.told(&OutboxRow::erasure_began(erasure), now)?);
        self.table.write(writes).await
    }

    /// Fails what is written with it once the tenant is being erased.
    pub(super) fn tenant_stands(&self) -> Write {
        let key = keys::tenant(self.tenant);
        Write::check_that(key, self.tenant, "attribute_not_exists(erasing_since)")
    }

    /// `erasure.version` is the version read, 0 for a new one.
    fn erasure_write(&self, erasure: &Erasure, next_at: Timestamp) -> Result<Write, StoreError> {
        let guard = Guard::of_version(erasure.version);
        let next = Erasure {
            version: erasure.version + 1,
            ..erasure.clone()
        };
        let row = if next.is_over() {
            Timed::over(next)
        } else {
            Timed::until(next_at, self.tenant, next)
        };
        let key = keys::erasure(self.tenant);
        let item = Item::new("erasure", key, Some(self.tenant), &row);
        item.guarded(guard).put()
    }

    /// Keeps how far it has come. It is gone on with at `next_at`.
    pub async fn commit_erasure(
        &self,
        erasure: Erasure,
        next_at: Timestamp,
    ) -> Result<Erasure, StoreError> {
        self.erase(erasure, Vec::new(), next_at).await
    }

    pub(super) async fn erase(
        &self,
        erasure: Erasure,
        mut writes: Vec<Write>,
        next_at: Timestamp,
    ) -> Result<Erasure, StoreError> {
        writes.push(self.erasure_write(&erasure, next_at)?);
        self.table.write(writes).await?;
        Ok(Erasure {
            version: erasure.version + 1,
            ..erasure
        })
    }

    /// Some of the connections that have not begun to end, and whether there is any other.
    pub async fn connections_to_end(&self) -> Result<(Vec<ConnectionId>, bool), StoreError> {
        let pk = keys::connections(self.tenant);
        let all: Vec<ConnectionRow> = self.table.range(Range::prefix(&pk, "", usize::MAX)).await?;
        let standing = |connection: &Connection| connection.ending_since.is_none();
        let ids: Vec<_> = all
            .iter()
            .map(|row| &row.connection)
            .filter(|connection| standing(connection))
            .map(|connection| connection.id)
            .take(CONNECTIONS_AT_ONCE)
            .collect();
        Ok((ids, !all.is_empty()))
    }

    /// Ends that are over, whose credentials must be gone for good before they are forgotten.
    pub async fn some_endings(&self) -> Result<Vec<Ending>, StoreError> {
        let pk = keys::endings(self.tenant);
        let rows: Vec<Timed<Ending>> = self
            .table
            .range(Range::prefix(&pk, "", ENDINGS_AT_ONCE))
            .await?;
        Ok(rows.into_iter().map(|row| row.purge).collect())
    }

    pub async fn forget_endings(
        &self,
        erasure: Erasure,
        endings: Vec<Ending>,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let keys = endings
            .iter()
            .map(|ending| keys::ending(self.tenant, ending.connection));
        let writes = keys.map(|key| self.deletion(key)).collect();
        let deleted = Deleted {
            records: u32::try_from(endings.len()).unwrap_or(u32::MAX),
            members: 0,
            endings,
        };
        self.erase(erasure.deleted(&deleted), writes, now).await
    }

    /// Deletes some of what is left of these; `None` when nothing is.
    pub async fn erase_some(
        &self,
        family: TenantFamily,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let tenant = self.tenant;
        let pk = match family {
            TenantFamily::Traces => keys::traces(tenant),
            TenantFamily::Conflicts => keys::conflicts(tenant),
            TenantFamily::Entries => keys::entries(tenant),
            TenantFamily::DeletedEntries => keys::deleted_entries(tenant),
            TenantFamily::Meetings => keys::meetings(tenant),
            TenantFamily::Audits => keys::audits(tenant),
            TenantFamily::Sessions => keys::standing_sessions(tenant),
            TenantFamily::NamedCalls => keys::named_calls(tenant),
            TenantFamily::Deliveries => keys::deliveries(tenant),
            TenantFamily::Webhooks => keys::webhooks(tenant),
            TenantFamily::Integrations => keys::integrations(tenant),
            TenantFamily::IntegrationEvents => keys::integration_events(tenant),
            TenantFamily::ApiKeys => return self.erase_some_api_keys(erasure, now).await,
            TenantFamily::Invites => keys::invites(tenant),
            TenantFamily::OutboxRows => keys::outbox_rows(tenant),
            TenantFamily::Members => return self.erase_some_of_members(erasure, now).await,
        };
        self.erase_under(&pk, erasure, now).await
    }

    async fn erase_under(
        &self,
        pk: &str,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let there: Vec<keys::Key> = self.table.range(Range::prefix(pk, "", AT_ONCE)).await?;
        if there.is_empty() {
            return Ok(None);
        }
        let deleted = Deleted {
            records: u32::try_from(there.len()).unwrap_or(u32::MAX),
            ..Deleted::default()
        };
        let writes = there.into_iter().map(|key| self.deletion(key)).collect();
        let next = erasure.clone().deleted(&deleted);
        self.erase(next, writes, now).await.map(Some)
    }

    /// A key goes with the way to it.
    async fn erase_some_api_keys(
        &self,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let writes = self.some_api_key_deletions().await?;
        if writes.is_empty() {
            return Ok(None);
        }
        let deleted = Deleted {
            records: u32::try_from(writes.len()).unwrap_or(u32::MAX),
            ..Deleted::default()
        };
        let next = erasure.clone().deleted(&deleted);
        self.erase(next, writes, now).await.map(Some)
    }

    /// First what is a member's, then the member with the ways to sign in.
    async fn erase_some_of_members(
        &self,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let pk = keys::own(self.tenant);
        let first = Range::prefix(&pk, keys::MEMBER, 1);
        let Some(member) = self.table.range::<Member>(first).await?.pop() else {
            return Ok(None);
        };
        for pk in [
            keys::agenda(self.tenant, member.id),
            keys::conflicts_of(self.tenant, member.id),
        ] {
            if let Some(next) = self.erase_under(&pk, erasure, now).await? {
                return Ok(Some(next));
            }
        }
        let open = |key| Write::delete(key, None, &Guard::Any);
        let mut writes = vec![
            self.deletion(keys::member(self.tenant, member.id)),
            open(keys::email(&member.email)),
            open(keys::password(member.id)),
        ];
        let sign_in = keys::sign_in(self.tenant, member.id);
        if self.table.get_item(&sign_in).await?.is_some() {
            writes.push(self.deletion(sign_in));
        }
        let deleted = Deleted {
            records: u32::try_from(writes.len()).unwrap_or(u32::MAX),
            members: 1,
            endings: Vec::new(),
        };
        let next = erasure.clone().deleted(&deleted);
        self.erase(next, writes, now).await.map(Some)
    }

    /// Deletes the tenant itself, and tells the world. `erasure` is over.
    pub async fn end_erasure(
        &self,
        erasure: Erasure,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let deleted = Deleted {
            records: 1,
            ..Deleted::default()
        };
        let over = erasure.deleted(&deleted);
        let mut writes = vec![self.deletion(keys::tenant(self.tenant))];
        writes.extend(self.told(&OutboxRow::erased(&over), now)?);
        self.erase(over, writes, now).await
    }

    pub(super) fn deletion(&self, key: keys::Key) -> Write {
        Write::delete(key, Some(self.tenant), &Guard::Any)
    }
}
