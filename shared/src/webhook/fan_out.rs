//! From the outbox to the webhooks that want it.

use domain::{
    id::DeliveryId,
    webhook::{Delivery, Topic},
};
use serde_json::Value;

use super::{DeliverError, start};
use crate::{app::App, ids, outbox::Relayed, store::TenantStore};

/// Makes a delivery for each webhook that wants what is relayed. Its id follows from both, so that a repeat makes none
/// twice.
pub async fn fan_out(
    app: &App,
    store: &TenantStore,
    relayed: &Relayed,
) -> Result<(), DeliverError> {
    let row = &relayed.row;
    let Some(topic) = Topic::of_told(&row.name) else {
        return Ok(());
    };
    let wanting = store.webhooks().await?;
    for kept in wanting.iter().filter(|kept| kept.webhook.wants(topic)) {
        let webhook = kept.webhook.id;
        let name = format!("{} {webhook}", relayed.id);
        let id = ids::derive(store.id(), row.at, &name, DeliveryId::from_parts);
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let body = topic.payload(row.at, &detail);
        let delivery = Delivery::new(id, webhook, topic, body, app.clock.now());
        start(app, store, &delivery).await?;
    }
    Ok(())
}
