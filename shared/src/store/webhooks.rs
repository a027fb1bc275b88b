//! Webhooks: where an organisation wants to be told, and the sealed secrets that sign it.

use domain::{audit::AuditEntry, id::WebhookId, webhook::Webhook};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    demand::row::{Change, Lane, due_at, shard_of, text},
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptWebhook {
    #[serde(flatten)]
    pub webhook: Webhook,
    pub secrets: SealedSecrets,
}

/// Opened by `shared::webhook` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecrets {
    pub current: String,
    /// The one before, which signs on for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SealedBefore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBefore {
    pub sealed: String,
    pub until: Timestamp,
}

/// The row. It stands among the timers, so that its secret is sealed anew in time: eight days lie between two rotations
/// of the keys.
#[derive(Serialize)]
struct Timed<'a> {
    #[serde(flatten)]
    kept: &'a KeptWebhook,
    #[serde(rename = "GSI2PK")]
    shard: String,
    #[serde(rename = "GSI2SK")]
    due: String,
}

const SEALED_ANEW_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

fn sealed_anew_at(now: Timestamp) -> String {
    due_at(now + SEALED_ANEW_AFTER)
}

impl TenantStore {
    fn webhook_write(
        &self,
        kept: &KeptWebhook,
        guard: Guard,
        now: Timestamp,
    ) -> Result<Write, StoreError> {
        let id = kept.webhook.id;
        let row = Timed {
            kept,
            shard: shard_of(Lane::Delivery, id),
            due: sealed_anew_at(now),
        };
        let key = keys::webhook(self.tenant, id);
        Item::new("webhook", key, Some(self.tenant), &row)
            .guarded(guard)
            .put()
    }

    /// From now on it is told.
    pub async fn create_webhook(
        &self,
        kept: &KeptWebhook,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let webhook = &kept.webhook;
        let writes = vec![
            self.webhook_write(kept, Guard::Absent, webhook.created_at)?,
            self.known_webhook_write(webhook)?,
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// Oldest first.
    pub async fn webhooks(&self) -> Result<Vec<KeptWebhook>, StoreError> {
        let pk = keys::webhooks(self.tenant);
        // Two that are made at once may both have been the last that there is room for.
        let range = Range::prefix(&pk, "", 2 * Webhook::MAX);
        self.table.range(range).await
    }

    pub async fn webhook(&self, id: WebhookId) -> Result<Option<KeptWebhook>, StoreError> {
        self.table.get(&keys::webhook(self.tenant, id)).await
    }

    /// `kept.webhook.version` is the version read; answers what stands now. `Conflict`: it changed since.
    pub async fn update_webhook(
        &self,
        mut kept: KeptWebhook,
        audit: &AuditEntry,
        now: Timestamp,
    ) -> Result<KeptWebhook, StoreError> {
        let guard = Guard::Version(kept.webhook.version);
        kept.webhook.version += 1;
        let standing = kept.webhook.standing();
        let writes = vec![
            self.webhook_write(&kept, guard, now)?,
            self.told_webhook_write(kept.webhook.id, (0, 0), Some(standing))?,
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await?;
        Ok(kept)
    }

    /// It is told nothing more. What it was told goes when it is forgotten, or its turn comes.
    pub async fn delete_webhook(
        &self,
        webhook: &Webhook,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let key = keys::webhook(self.tenant, webhook.id);
        let guard = Guard::Version(webhook.version);
        let writes = vec![
            Write::delete(key, Some(self.tenant), &guard),
            self.forgotten_webhook_write(webhook.id),
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// `None`: they cannot be opened any more, which its next delivery will say.
    pub async fn look_after_secrets(
        &self,
        kept: &KeptWebhook,
        secrets: Option<SealedSecrets>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let secrets = secrets.unwrap_or_else(|| kept.secrets.clone());
        let secrets =
            serde_dynamo::to_attribute_value(secrets).map_err(|source| StoreError::Corrupt {
                what: "secret",
                source: Box::new(source),
            })?;
        // Whoever rotated meanwhile has sealed it anew.
        let unchanged = "t = :t AND secrets.#current = :sealed";
        let change = Change::new("SET secrets = :secrets, GSI2SK = :due", unchanged)
            .name("#current", "current")
            .value(":secrets", secrets)
            .value(":sealed", text(&*kept.secrets.current))
            .value(":due", text(sealed_anew_at(now)))
            .value(":t", text(self.tenant));
        let key = keys::webhook(self.tenant, kept.webhook.id);
        self.table.update(change.to(key)).await.map(drop)
    }
}
