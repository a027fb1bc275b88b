//! What is known of integrations: what is set up, what was counted, and what happened. A dashboard reads all of it but
//! the last in one request.

mod counts;
mod known;
mod log;
mod webhooks;

pub use known::{KeyLimit, KnownIntegrations};
pub use webhooks::KnownWebhook;

use std::collections::BTreeMap;

use domain::{
    api_key::ApiKey,
    audit::AuditEntry,
    connection::{Connection, Standing},
    id::{ApiKeyId, ConnectionId},
    integration::{Integration, Pinned},
    item::{StuckItem, Waiting},
};
use serde::{Deserialize, Serialize};

use super::{
    ConnectionRow, TenantStore,
    demand::row::{Change, number, text},
    item::{Item, Write},
    keys,
    table::{Range, StoreError},
};

/// What a connection adds to what is known of all connections to its provider. It stands on the connection, and both
/// are changed in one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    #[serde(flatten)]
    waiting: Waiting,
    /// In which it last synced well, since the epoch. What is counted is forgotten after a day; that somebody synced is
    /// not, and written down once an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hour: Option<i64>,
}

impl Share {
    pub(super) const fn standing(self) -> Option<Standing> {
        self.standing
    }

    /// Its items that wait.
    pub const fn waiting(self) -> Waiting {
        self.waiting
    }

    fn of(connection: &Connection, waiting: Waiting) -> Self {
        match connection.standing() {
            Some(standing) => Self {
                standing: Some(standing),
                waiting,
                hour: connection.last_sync_at.map(|at| at.as_second() / 3_600),
            },
            None => Self::default(),
        }
    }
}

/// The attribute in which connections of a standing are counted.
const fn attribute(standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => "pending",
        Standing::Connected => "connected",
        Standing::Failing => "failing",
        Standing::NeedsReauth => "needs_reauth",
        Standing::Paused => "paused",
    }
}

/// Attributes and by how much they change.
fn differences(before: Share, after: Share) -> Vec<(&'static str, i64)> {
    let moved = match (before.standing, after.standing) {
        (before, after) if before == after => [None, None],
        (before, after) => [
            before.map(|standing| (attribute(standing), -1)),
            after.map(|standing| (attribute(standing), 1)),
        ],
    };
    let by = |name, before: u32, after: u32| (name, i64::from(after) - i64::from(before));
    let items = [
        by("retrying", before.waiting.retrying, after.waiting.retrying),
        by("dead", before.waiting.dead, after.waiting.dead),
    ];
    let changes = moved.into_iter().flatten().chain(items);
    changes.filter(|(_, by)| *by != 0).collect()
}

impl TenantStore {
    /// Brings what is known of the provider's connections up to what this one is now, and says on it what it adds.
    /// `None`: it adds what it did.
    pub(super) fn share_write(
        &self,
        row: &mut ConnectionRow,
        waiting: Option<Waiting>,
    ) -> Option<Write> {
        let (before, connection) = (row.share, &row.connection);
        row.share = Share::of(connection, waiting.unwrap_or(before.waiting));
        let changes = differences(before, row.share);
        let synced_at = connection.last_sync_at;
        let synced_at = synced_at.filter(|_| before.hour < row.share.hour);
        if changes.is_empty() && synced_at.is_none() {
            return None;
        }
        let mut expression = "SET t = :t, et = :et".to_owned();
        if synced_at.is_some() {
            expression.push_str(", last_success_at = :synced");
        }
        let added: Vec<String> = changes
            .iter()
            .map(|(name, _)| format!("{name} :{name}"))
            .collect();
        if !added.is_empty() {
            expression.extend([" ADD ", &added.join(", ")]);
        }
        let mut change = Change::new(&expression, OWN);
        for (name, by) in changes {
            change = change.value(&format!(":{name}"), number(by));
        }
        if let Some(at) = synced_at {
            change = change.value(":synced", number(at.as_millisecond()));
        }
        let integration = Integration::calendars_of(connection.provider);
        Some(self.health_write(integration, change))
    }

    fn health_write(&self, integration: Integration, change: Change) -> Write {
        let change = change
            .value(":t", text(self.tenant))
            .value(":et", text("health"));
        Write::update(change.to(keys::health(self.tenant, integration)))
    }

    /// A dashboard knows of the key from now on.
    pub(super) fn known_key_write(&self, key: &ApiKey) -> Result<Write, StoreError> {
        let limit = KeyLimit {
            expires_at: key.expires_at,
            requests_per_minute: key.requests_per_minute,
        };
        let limit =
            serde_dynamo::to_attribute_value(limit).map_err(|source| StoreError::Corrupt {
                what: "key",
                source: Box::new(source),
            })?;
        let change = Change::new("SET t = :t, et = :et, #key = :limit", OWN)
            .name("#key", key.id)
            .value(":limit", limit);
        Ok(self.health_write(Integration::ApiKeys, change))
    }

    pub(super) fn forgotten_key_write(&self, key: ApiKeyId) -> Write {
        let change = Change::new("SET t = :t, et = :et REMOVE #key", OWN).name("#key", key);
        self.health_write(Integration::ApiKeys, change)
    }

    /// Counts again what waits at each connection, and corrects what is known of all.
    pub async fn recount_integrations(&self) -> Result<(), StoreError> {
        let pk = keys::connections(self.tenant);
        let rows: Vec<ConnectionRow> = self.table.range(Range::prefix(&pk, "", usize::MAX)).await?;
        let mut waiting: BTreeMap<ConnectionId, Vec<StuckItem>> = BTreeMap::new();
        for one in self.stuck_items_of_all(None, None, usize::MAX).await? {
            waiting.entry(one.connection).or_default().push(one.item);
        }
        for row in rows {
            let of_row = waiting.remove(&row.connection.id).unwrap_or_default();
            let waiting = Waiting::of(&of_row);
            if Share::of(&row.connection, waiting) == row.share {
                continue;
            }
            match self
                .table
                .write(self.connection_writes(row, Some(waiting))?)
                .await
            {
                // Whoever was faster has counted.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub async fn pin(&self, pinned: Pinned, audit: &AuditEntry) -> Result<(), StoreError> {
        let row = PinnedRow { pinned };
        let key = keys::pinned(self.tenant);
        let item = Item::new("pinned", key, Some(self.tenant), &row);
        let writes = vec![item.put()?, self.audit_write(audit)?];
        self.table.write(writes).await
    }
}

#[derive(Serialize, Deserialize)]
struct PinnedRow {
    pinned: Pinned,
}

/// A row of the tenant's own, or a new one.
const OWN: &str = "attribute_not_exists(PK) OR t = :t";

fn range_of_all(pk: &str, from: String) -> Range<'_> {
    Range {
        from,
        to: keys::PINNED.to_owned(),
        ..Range::prefix(pk, "", usize::MAX)
    }
}
