//! The integration log: appended to with what is told of, and forgotten after a month.

use domain::{
    audit::AuditEntry,
    id::IntegrationEventId,
    integration::{EventStatus, Integration, IntegrationEvent},
};
use jiff::SignedDuration;

use super::OWN;
use crate::store::{
    TenantStore,
    demand::row::{Change, number, text},
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

impl TenantStore {
    /// To be written with what it tells of. An error is counted with it, so that whoever counts errors and whoever lists
    /// them find as many.
    pub(in crate::store) fn event_writes(
        &self,
        event: &IntegrationEvent,
    ) -> Result<Vec<Write>, StoreError> {
        let key = keys::integration_event(self.tenant, event.id);
        let item = Item::new("integration_event", key, Some(self.tenant), event);
        let item = item.guarded(Guard::Absent).expires_at(event.at + KEPT_FOR);
        let mut writes = vec![item.put()?];
        if event.status == EventStatus::Error {
            writes.push(self.event_count(event));
        }
        Ok(writes)
    }

    /// Of what changed nothing else in the table.
    pub async fn append_event(&self, event: &IntegrationEvent) -> Result<(), StoreError> {
        self.table.write(self.event_writes(event)?).await
    }

    /// What a connector reports: counted whatever it says, and from now on the connector is set up.
    pub async fn append_report(&self, event: &IntegrationEvent) -> Result<(), StoreError> {
        let mut writes = self.event_writes(event)?;
        if event.status != EventStatus::Error {
            writes.push(self.event_count(event));
        }
        let seen = match event.status {
            EventStatus::Error => "last_error_at = :at, last_error = :error",
            EventStatus::Success | EventStatus::Warning => "last_success_at = :at",
        };
        let expression = format!("SET t = :t, et = :et, is_set_up = :yes, {seen}");
        let change = Change::new(&expression, OWN)
            .value(":yes", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .value(":at", number(event.at.as_millisecond()));
        let change = match event.status {
            EventStatus::Error => change.value(":error", text(event.what_went_wrong())),
            EventStatus::Success | EventStatus::Warning => change,
        };
        writes.push(self.health_write(event.integration, change));
        self.table.write(writes).await
    }

    /// The connector is not set up any more, until it reports again.
    pub async fn forget_connector(
        &self,
        integration: Integration,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let change = Change::new("SET t = :t, et = :et REMOVE is_set_up", OWN);
        let writes = vec![
            self.health_write(integration, change),
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// Newest first, from before an event on.
    pub async fn integration_events(
        &self,
        before: Option<IntegrationEventId>,
        limit: usize,
    ) -> Result<Vec<IntegrationEvent>, StoreError> {
        let pk = keys::integration_events(self.tenant);
        let range = Range::prefix(&pk, "", limit).newest_first();
        self.table.range(range.before(before)).await
    }

    pub async fn integration_event(
        &self,
        id: IntegrationEventId,
    ) -> Result<Option<IntegrationEvent>, StoreError> {
        let key = keys::integration_event(self.tenant, id);
        self.table.get(&key).await
    }
}
