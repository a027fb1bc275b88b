//! What is taken away as a whole: message by message, and looked at again should nobody work on it.

use std::fmt::{self, Display};

use domain::id::{ConnectionId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store,
    demand::row::{Change, Lane, due_at, shard_of, text},
    keys,
    table::StoreError,
};

/// A connection that is being disconnected, or a tenant that is being erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    pub tenant: TenantId,
    /// Without one, everything that the tenant has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
}

impl Purge {
    pub fn of_connection(tenant: TenantId, connection: ConnectionId) -> Self {
        Self {
            tenant,
            connection: Some(connection),
        }
    }

    pub fn of_tenant(tenant: TenantId) -> Self {
        Self {
            tenant,
            connection: None,
        }
    }

    fn of_key(key: &keys::Key) -> Option<Self> {
        let connection = keys::connection_ended(key);
        let connection =
            connection.map(|(tenant, connection)| Self::of_connection(tenant, connection));
        connection.or_else(|| keys::tenant_erased(key).map(Self::of_tenant))
    }

    fn key(&self) -> keys::Key {
        match self.connection {
            Some(connection) => keys::ending(self.tenant, connection),
            None => keys::erasure(self.tenant),
        }
    }
}

impl Display for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connection {
            Some(connection) => connection.fmt(f),
            None => self.tenant.fmt(f),
        }
    }
}

/// The row of a purge. Until it is over it stands among the timers.
#[derive(Serialize, Deserialize)]
pub(super) struct Timed<T> {
    #[serde(flatten)]
    pub(super) purge: T,
    #[serde(rename = "GSI2PK", default, skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    #[serde(rename = "GSI2SK", default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
}

/// When a message for a purge must be presumed lost.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

impl<T> Timed<T> {
    /// `next_at` is when its message is due.
    pub(super) fn until(next_at: Timestamp, id: impl Display, purge: T) -> Self {
        Self {
            purge,
            shard: Some(shard_of(Lane::Purge, id)),
            due: Some(due_at(next_at + LOOK_AGAIN_AFTER)),
        }
    }

    pub(super) fn over(purge: T) -> Self {
        Self {
            purge,
            shard: None,
            due: None,
        }
    }
}

impl Store {
    /// Purges of one shard that have not been worked on for too long.
    pub async fn purges_due(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<Purge>, StoreError> {
        let due = self.timers(Lane::Purge, shard, now, limit).await?;
        Ok(due.iter().filter_map(Purge::of_key).collect())
    }

    /// The worker has died or its message is lost, should nothing happen until then.
    pub async fn look_at_purge_again(
        &self,
        purge: &Purge,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = Change::new("SET GSI2SK = :due", "attribute_exists(GSI2PK)")
            .value(":due", text(due_at(now + LOOK_AGAIN_AFTER)));
        self.table.update(change.to(purge.key())).await.map(drop)
    }

    /// Whether this was begun, by this tenant.
    pub async fn was_begun(&self, purge: &Purge) -> Result<bool, StoreError> {
        Ok(self.table.get_item(&purge.key()).await?.is_some())
    }
}
