//! Connections, and the row's part in keeping their credentials: it says which version of the secret counts.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    audit::AuditEntry,
    connection::{Auth, Connection, Provider},
    credential::Kept,
    id::{ConnectionId, IntegrationEventId, MemberId},
    integration::IntegrationEvent,
    item::Waiting,
    subscription::CHECK_EVERY,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    BundleWrite, Share, TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, Update, Write},
};
use crate::{ids, outbox::OutboxRow};

/// A connection as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    #[serde(flatten)]
    pub connection: Connection,
    pub secret: SecretPointer,
    /// Grows with every refresh; what was read under an older number may not be written back.
    pub token_generation: u64,
    #[serde(default)]
    pub token_lease: Option<TokenLease>,
    /// What it adds to what is known of its integration; kept by the store.
    #[serde(default)]
    pub share: Share,
}

/// Which version of which secret holds the refresh token. The row is the commit point that the vault lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretPointer {
    pub name: String,
    pub version: String,
    pub written_at: Timestamp,
    #[serde(default)]
    pub kept: Kept,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLease {
    pub owner: String,
    pub until_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Pointer {
    connection: ConnectionId,
}

/// More connections than anyone has; a page shows them all.
const CONNECTIONS_MAX: usize = 50;

/// More than a tenant has.
const ACCOUNTS_MAX: usize = 20_000;

#[derive(Serialize, Deserialize)]
struct CachedToken {
    sealed: String,
    expires_at: Timestamp,
    generation: u64,
}

impl TenantStore {
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<ConnectionRow>, StoreError> {
        self.table.get(&keys::connection(self.tenant, id)).await
    }

    /// Everybody's, at most so many.
    pub async fn connections_of_all(&self, limit: usize) -> Result<Vec<ConnectionRow>, StoreError> {
        let pk = keys::connections(self.tenant);
        self.table.range(Range::prefix(&pk, "", limit)).await
    }

    /// Those of them that are there.
    pub async fn connections(
        &self,
        ids: &[ConnectionId],
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        let key = |id: &ConnectionId| keys::connection(self.tenant, *id);
        let keys: Vec<_> = ids.iter().map(key).collect();
        self.table.get_many(&keys).await
    }

    pub async fn connections_of(&self, member: MemberId) -> Result<Vec<ConnectionRow>, StoreError> {
        let pk = keys::connections_of(self.tenant, member);
        let pointers: Vec<Pointer> = self
            .table
            .range(Range::prefix(&pk, "", CONNECTIONS_MAX))
            .await?;
        let keys: Vec<_> = pointers
            .iter()
            .map(|pointer| keys::connection(self.tenant, pointer.connection))
            .collect();
        let mut rows: Vec<ConnectionRow> = self.table.get_many(&keys).await?;
        rows.sort_by_key(|row| row.connection.created_at);
        Ok(rows)
    }

    /// The connection of this account, if the member has connected it before.
    pub async fn connection_of_account(
        &self,
        member: MemberId,
        provider: Provider,
        subject: &str,
    ) -> Result<Option<ConnectionId>, StoreError> {
        let key = keys::account(self.tenant, member, provider.name(), subject);
        Ok(self
            .table
            .get::<Pointer>(&key)
            .await?
            .map(|pointer| pointer.connection))
    }

    /// Whether anyone of the tenant has connected this account now.
    pub async fn is_account_connected(
        &self,
        provider: Provider,
        subject: &str,
    ) -> Result<bool, StoreError> {
        #[derive(Deserialize)]
        struct Keyed {
            #[serde(rename = "SK")]
            sk: String,
        }
        let pk = keys::accounts(self.tenant);
        let all: Vec<Keyed> = self
            .table
            .range(Range::prefix(&pk, "", ACCOUNTS_MAX))
            .await?;
        let ending = keys::account_of_anyone(provider.name(), subject);
        Ok(all.iter().any(|row| row.sk.ends_with(&ending)))
    }

    /// A new connection, with the row that counts what it is asked for. `Conflict`: the account is connected already,
    /// the member is deactivated, or the tenant is being erased.
    /// With it counts the version of the bundle that its credential was written to, if it was.
    pub async fn create_connection(
        &self,
        mut row: ConnectionRow,
        bundle: Option<&BundleWrite>,
        audit: &AuditEntry,
    ) -> Result<ConnectionRow, StoreError> {
        let share = self.share_write(&mut row, None);
        let connection = &row.connection;
        let pointer = Pointer {
            connection: connection.id,
        };
        let own = |kind, key, value: &Pointer| {
            Item::new(kind, key, Some(self.tenant), value).guarded(Guard::Absent)
        };
        let mut writes = vec![
            self.audit_write(audit)?,
            Item::new(
                "connection",
                keys::connection(self.tenant, connection.id),
                Some(self.tenant),
                &row,
            )
            .guarded(Guard::Absent)
            .put()?,
            own(
                "member_connection",
                keys::connection_of(self.tenant, connection.member, connection.id),
                &pointer,
            )
            .put()?,
            own(
                "account",
                keys::account(
                    self.tenant,
                    connection.member,
                    connection.provider.name(),
                    &connection.subject,
                ),
                &pointer,
            )
            .put()?,
            super::demand::new_row(self.tenant, connection.id, connection.provider)?,
            self.new_upkeep(
                connection.id,
                connection.provider,
                connection.created_at + CHECK_EVERY,
            )?,
            self.tenant_stands(),
            self.member_stands(connection.member),
        ];
        writes.extend(share);
        let id = ids::mint(
            self.tenant,
            connection.created_at,
            IntegrationEventId::from_parts,
        );
        let event = IntegrationEvent::connected(id, connection.created_at, connection);
        writes.extend(self.event_writes(&event)?);
        if let Some(bundle) = bundle {
            writes.push(self.bundle_write(bundle)?);
        }
        self.table.write(writes).await?;
        Ok(row)
    }

    /// Replaces a row that nobody has changed since it was read; `row.connection.version` is the version read.
    pub async fn update_connection(&self, row: ConnectionRow) -> Result<ConnectionRow, StoreError> {
        self.update_connection_with(row, Vec::new()).await
    }

    /// The same, and from now on the version of the bundle counts that its credential was written to, if it was.
    pub async fn update_connection_and_bundle(
        &self,
        row: ConnectionRow,
        bundle: Option<&BundleWrite>,
        audit: Option<&AuditEntry>,
    ) -> Result<ConnectionRow, StoreError> {
        let bundle = bundle.map(|bundle| self.bundle_write(bundle));
        let audit = audit.map(|audit| self.audit_write(audit));
        let writes = bundle.into_iter().chain(audit).collect::<Result<_, _>>()?;
        self.update_connection_with(row, writes).await
    }

    /// The same, and the world is told of it.
    pub async fn update_connection_and_tell(
        &self,
        row: ConnectionRow,
        news: &OutboxRow,
        now: Timestamp,
    ) -> Result<ConnectionRow, StoreError> {
        let news = self.told(news, now)?;
        self.update_connection_with(row, news).await
    }

    async fn update_connection_with(
        &self,
        mut row: ConnectionRow,
        mut writes: Vec<Write>,
    ) -> Result<ConnectionRow, StoreError> {
        writes.extend(self.connection_writes(row.clone(), None)?);
        self.table.write(writes).await?;
        row.connection.version += 1;
        Ok(row)
    }

    /// The connection, and what is known of all of its provider's where this changes it. `waiting`: where somebody looked.
    pub(super) fn connection_writes(
        &self,
        mut row: ConnectionRow,
        waiting: Option<Waiting>,
    ) -> Result<Vec<Write>, StoreError> {
        let read = row.connection.version;
        row.connection.version += 1;
        let before = row.share.standing();
        let share = self.share_write(&mut row, waiting);
        let key = keys::connection(self.tenant, row.connection.id);
        let item = Item::new("connection", key, Some(self.tenant), &row);
        let connection = item.guarded(Guard::Version(read)).put()?;
        let mut writes: Vec<Write> = share.into_iter().chain([connection]).collect();
        if let Auth::Granted { at } = row.connection.auth {
            let id = ids::mint(self.tenant, at, IntegrationEventId::from_parts);
            let event = IntegrationEvent::reconnected(id, before, &row.connection);
            if let Some(event) = event {
                writes.extend(self.event_writes(&event)?);
            }
        }
        Ok(writes)
    }

    /// One worker at a time refreshes a connection's tokens. `false`: somebody else does, or already did.
    pub async fn lease_tokens(
        &self,
        id: ConnectionId,
        generation: u64,
        lease: &TokenLease,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let number = |number: i128| AttributeValue::N(number.to_string());
        let lease =
            serde_dynamo::to_attribute_value(lease).map_err(|source| StoreError::Corrupt {
                what: "lease",
                source: Box::new(source),
            })?;
        let update = Update {
            key: keys::connection(self.tenant, id),
            expression: "SET token_lease = :lease, version = version + :one".into(),
            condition: "t = :t AND token_generation = :generation AND (attribute_not_exists(token_lease.until_ms) \
                        OR token_lease.until_ms < :now)"
                .into(),
            names: HashMap::new(),
            values: HashMap::from([
                (":lease".into(), lease),
                (":one".into(), number(1)),
                (":t".into(), AttributeValue::S(self.tenant.to_string())),
                (":generation".into(), number(generation.into())),
                (":now".into(), number(now.as_millisecond().into())),
            ]),
        };
        Ok(self.table.update(update).await?.is_ok())
    }

    pub async fn cached_token(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(String, Timestamp, u64)>, StoreError> {
        let row: Option<CachedToken> = self.table.get(&keys::access_token(self.tenant, id)).await?;
        Ok(row.map(|row| (row.sealed, row.expires_at, row.generation)))
    }

    pub async fn forget_cached_token(&self, id: ConnectionId) -> Result<(), StoreError> {
        let key = keys::access_token(self.tenant, id);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &Guard::Any)])
            .await
    }

    pub async fn cache_token(
        &self,
        id: ConnectionId,
        sealed: String,
        expires_at: Timestamp,
        generation: u64,
    ) -> Result<(), StoreError> {
        let row = CachedToken {
            sealed,
            expires_at,
            generation,
        };
        let item = Item::new(
            "access_token",
            keys::access_token(self.tenant, id),
            Some(self.tenant),
            &row,
        );
        self.table.put(item.expires_at(expires_at)).await
    }
}
