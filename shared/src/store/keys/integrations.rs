//! What is known of integrations: one partition for all that a dashboard reads at once, and one for what happened.

use domain::{
    id::{ApiKeyId, DeliveryId, IntegrationEventId, TenantId, WebhookId},
    integration::{Hour, Integration},
};

use super::{Key, key};

/// What one hour counted of an integration, first in the partition and in the order of time. Many may count at once:
/// each counts in a `shard`.
pub(crate) fn tally(tenant: TenantId, hour: Hour, integration: Integration, shard: u32) -> Key {
    key(
        integrations(tenant),
        format!("{}#{integration}#{shard}", tallies_from(hour)),
    )
}

/// What one hour counted of a key's use.
pub(crate) fn api_key_use(tenant: TenantId, hour: Hour, id: ApiKeyId) -> Key {
    let integration = Integration::ApiKeys;
    key(
        integrations(tenant),
        format!("{}#{integration}#{id}", tallies_from(hour)),
    )
}

/// How the keys of an hour's counts begin.
pub(crate) fn tallies_from(hour: Hour) -> String {
    format!("CTR#{:010}", hour.0)
}

/// Behind every hour.
pub(crate) fn health(tenant: TenantId, integration: Integration) -> Key {
    key(integrations(tenant), format!("HEALTH#{integration}"))
}

/// Which cards stand first. The last of the partition.
pub(crate) fn pinned(tenant: TenantId) -> Key {
    key(integrations(tenant), PINNED)
}

pub(crate) const PINNED: &str = "PINNED";

pub(crate) fn integrations(tenant: TenantId) -> String {
    format!("T#{tenant}#INT")
}

/// The integration log, oldest first.
pub(crate) fn integration_event(tenant: TenantId, event: IntegrationEventId) -> Key {
    key(integration_events(tenant), event.to_string())
}

pub(crate) fn integration_events(tenant: TenantId) -> String {
    format!("T#{tenant}#LOG")
}

pub(crate) fn webhook(tenant: TenantId, webhook: WebhookId) -> Key {
    key(webhooks(tenant), webhook.to_string())
}

pub(crate) fn webhooks(tenant: TenantId) -> String {
    format!("T#{tenant}#HOOK")
}

/// Whose [`webhook`] it is, and which.
pub(crate) fn webhook_due(key: &Key) -> Option<(TenantId, WebhookId)> {
    let tenant = key.pk.strip_prefix("T#")?.strip_suffix("#HOOK")?;
    Some((tenant.parse().ok()?, key.sk.parse().ok()?))
}

/// One thing that a webhook is told; those of each webhook in the order of time.
pub(crate) fn delivery(tenant: TenantId, webhook: WebhookId, delivery: DeliveryId) -> Key {
    key(
        deliveries(tenant),
        format!("{}{delivery}", deliveries_of(webhook)),
    )
}

pub(crate) fn deliveries(tenant: TenantId) -> String {
    format!("T#{tenant}#SENT")
}

pub(crate) fn deliveries_of(webhook: WebhookId) -> String {
    format!("{webhook}#")
}

/// Whose [`delivery`] it is, and which.
pub(crate) fn delivery_due(key: &Key) -> Option<(TenantId, WebhookId, DeliveryId)> {
    let tenant = key.pk.strip_prefix("T#")?.strip_suffix("#SENT")?;
    let (webhook, delivery) = key.sk.split_once('#')?;
    Some((
        tenant.parse().ok()?,
        webhook.parse().ok()?,
        delivery.parse().ok()?,
    ))
}
