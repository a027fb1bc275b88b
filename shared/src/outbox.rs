//! What the world is told: rows written in the same transaction as the change they speak of, relayed afterwards.

use domain::{
    conflict::Conflict,
    connection::{Connection, ReauthReason},
    ending::Ending,
    entry::EntryChange,
    erasure::Erasure,
    hold::Hold,
    id::{ConnectionId, EntryId, IntegrationEventId, TenantId},
    integration::IntegrationEvent,
    run::{RunNews, RunState, SyncRun},
    subscription::Upkeep,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
pub use serde_dynamo::AttributeValue;
use serde_json::{Value, json};

use crate::ids;

/// One row of the outbox: an event for the bus, and the connections that have to sync because of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    pub tenant: TenantId,
    pub name: String,
    pub at: Timestamp,
    /// JSON text: what the bus carries is never taken apart here.
    pub detail: String,
    #[serde(default)]
    pub connections: Vec<ConnectionId>,
    /// What operators are told of it; it stands in a log of its own.
    #[serde(skip)]
    pub event: Option<IntegrationEvent>,
}

impl OutboxRow {
    pub fn entry_changed(
        tenant: TenantId,
        change: EntryChange,
        entry: EntryId,
        version: u64,
        connections: Vec<ConnectionId>,
        at: Timestamp,
    ) -> Self {
        let detail = json!({ "tenant": tenant, "entry": entry, "version": version, "at": at });
        Self::new(tenant, change.name(), &detail, connections, at)
    }

    pub fn conflict_detected(tenant: TenantId, conflict: &Conflict, at: Timestamp) -> Self {
        let detail = json!({
            "tenant": tenant,
            "conflict": conflict.id,
            "entry": conflict.entry,
            "connection": conflict.connection,
            "parts": conflict.parts,
            "at": at,
        });
        Self::new(
            tenant,
            "CALENDAR_CONFLICT_DETECTED",
            &detail,
            Vec::new(),
            at,
        )
    }

    /// `counts` are those at its end; a run that starts has done nothing yet.
    pub fn run(tenant: TenantId, news: RunNews, run: &SyncRun) -> Self {
        let (at, outcome) = match (&run.state, news) {
            (RunState::Queued { at }, _) => (*at, None),
            (RunState::Running { started_at }, _)
            | (RunState::Finished { started_at, .. }, RunNews::Started) => (*started_at, None),
            (
                RunState::Finished {
                    finished_at,
                    outcome,
                    ..
                },
                RunNews::Completed | RunNews::Failed,
            ) => (*finished_at, Some(outcome)),
        };
        let mut detail = json!({
            "tenant": tenant,
            "connection": run.connection,
            "run": run.id,
            "trigger": run.trigger,
            "at": at,
        });
        if let Some(outcome) = outcome {
            detail["counts"] = json!(run.counts);
            detail["result"] = json!(outcome);
        }
        Self::new(tenant, news.name(), &detail, Vec::new(), at)
    }

    pub fn changes_held(connection: &Connection, hold: &Hold, at: Timestamp) -> Self {
        let tenant = connection.tenant;
        let detail = json!({
            "tenant": tenant,
            "hold": hold.id,
            "connection": hold.connection,
            "calendar": hold.calendar,
            "brake": hold.brake,
            "count": hold.count,
            "at": at,
        });
        let event = IntegrationEvent::held(fresh(tenant, at), at, connection, hold);
        let name = "CALENDAR_CHANGES_HELD";
        Self::new(tenant, name, &detail, Vec::new(), at).logged(event)
    }

    /// Nothing is synced until the member authorises again.
    pub fn needs_reauth(connection: &Connection, reason: ReauthReason, at: Timestamp) -> Self {
        let tenant = connection.tenant;
        let detail = json!({
            "tenant": tenant,
            "connection": connection.id,
            "member": connection.member,
            "provider": connection.provider,
            "reason": reason,
            "at": at,
        });
        let name = "CALENDAR_CONNECTION_NEEDS_REAUTH";
        let event = IntegrationEvent::needs_reauth(fresh(tenant, at), at, connection, reason);
        Self::new(tenant, name, &detail, Vec::new(), at).logged(event)
    }

    /// The provider does not call for changes any more, and the connection is polled.
    pub fn subscriptions_failing(connection: &Connection, upkeep: &Upkeep, at: Timestamp) -> Self {
        let tenant = connection.tenant;
        let detail = json!({
            "tenant": tenant,
            "connection": connection.id,
            "failures": upkeep.failures,
            "failing_since": upkeep.failing_since,
            "why": upkeep.why,
            "at": at,
        });
        let name = "CALENDAR_SUBSCRIPTIONS_FAILING";
        let event = IntegrationEvent::renewal_failing(fresh(tenant, at), at, connection, upkeep);
        Self::new(tenant, name, &detail, Vec::new(), at).logged(event)
    }

    /// From now on nothing of the connection is synced.
    pub fn disconnected(connection: &Connection, ending: &Ending) -> Self {
        let tenant = connection.tenant;
        let detail = json!({
            "tenant": tenant,
            "connection": ending.connection,
            "member": ending.member,
            "provider": ending.provider,
            "remove_copies": ending.remove_copies,
            "at": ending.asked_at,
        });
        let at = ending.asked_at;
        let event = IntegrationEvent::disconnected(fresh(tenant, at), at, connection);
        Self::new(tenant, "CALENDAR_DISCONNECTED", &detail, Vec::new(), at).logged(event)
    }

    /// Nothing is left of the connection but its receipt.
    pub fn disconnection_completed(tenant: TenantId, ending: &Ending) -> Self {
        let at = ending.finished_at.unwrap_or(ending.asked_at);
        let detail = json!({
            "tenant": tenant,
            "connection": ending.connection,
            "receipt": ending.receipt,
            "at": at,
        });
        let name = "CALENDAR_DISCONNECTION_COMPLETED";
        Self::new(tenant, name, &detail, Vec::new(), at)
    }

    /// From now on nobody of the tenant signs in, and nothing is synced.
    pub fn erasure_began(erasure: &Erasure) -> Self {
        let (tenant, at) = (erasure.tenant, erasure.asked_at);
        let detail = json!({
            "tenant": tenant,
            "member": erasure.asked_by,
            "remove_copies": erasure.remove_copies,
            "at": at,
        });
        Self::new(
            tenant,
            "ORGANIZATION_ERASURE_STARTED",
            &detail,
            Vec::new(),
            at,
        )
    }

    /// Nothing is left of the tenant but its receipt.
    pub fn erased(erasure: &Erasure) -> Self {
        let tenant = erasure.tenant;
        let at = erasure.finished_at.unwrap_or(erasure.asked_at);
        let detail = json!({ "tenant": tenant, "receipt": erasure.receipt, "at": at });
        Self::new(tenant, "ORGANIZATION_ERASED", &detail, Vec::new(), at)
    }

    fn logged(self, event: IntegrationEvent) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }

    fn new(
        tenant: TenantId,
        name: &str,
        detail: &Value,
        connections: Vec<ConnectionId>,
        at: Timestamp,
    ) -> Self {
        Self {
            tenant,
            name: name.into(),
            at,
            detail: detail.to_string(),
            connections,
            event: None,
        }
    }
}

fn fresh(tenant: TenantId, at: Timestamp) -> IntegrationEventId {
    ids::mint(tenant, at, IntegrationEventId::from_parts)
}

/// A row that came out of our own table's stream speaks for the tenant it was written by.
#[derive(Debug)]
pub struct Relayed {
    tenant: TenantId,
    /// Names the row: what is made of it once is named after it.
    pub id: String,
    pub row: OutboxRow,
}
crate::verified::verified!(Relayed);

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "SK")]
    id: String,
}

impl Relayed {
    /// Reads the new image of a stream record.
    pub fn from_stream(image: serde_dynamo::Item) -> Result<Self, serde_dynamo::Error> {
        let Key { id } = serde_dynamo::from_item(image.clone())?;
        let row: OutboxRow = serde_dynamo::from_item(image)?;
        Ok(Self {
            tenant: row.tenant,
            id,
            row,
        })
    }
}

/// The event bus.
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("the event bus does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The call succeeds even when an entry does not.
    #[error("the event bus refused an event: {0}")]
    Refused(String),
}

impl Bus {
    pub(crate) fn new(client: aws_sdk_eventbridge::Client, name: String) -> Self {
        Self { client, name }
    }

    pub async fn put(&self, row: &OutboxRow) -> Result<(), BusError> {
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source("kalends")
            .detail_type(&row.name)
            .detail(&row.detail)
            .build();
        let answer = self
            .client
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|source| BusError::Unavailable(Box::new(source)))?;
        let refused = answer
            .entries
            .into_iter()
            .flatten()
            .find_map(|entry| entry.error_message);
        match refused {
            Some(why) => Err(BusError::Refused(why)),
            None if answer.failed_entry_count > 0 => {
                Err(BusError::Refused("no reason given".into()))
            }
            None => Ok(()),
        }
    }
}
