//! What webhooks are told: each delivery, and what is to be done for one when its time has come.

use std::fmt::{self, Display};

use domain::{
    audit::AuditEntry,
    id::{DeliveryId, TenantId, WebhookId},
    integration::{EventStatus, Integration, IntegrationEvent},
    webhook::{Delivery, WebhookStanding, WebhookState},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    KeptWebhook, Store, TenantStore,
    demand::row::{Change, Lane, due_at, number, shard_of, text},
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};
use crate::queue::DELAY_MAX;

/// What a message of deliveries says: look at this delivery, or, without one, after the secret of the webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    pub tenant: TenantId,
    pub webhook: WebhookId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
}

impl Errand {
    pub fn of_delivery(tenant: TenantId, delivery: &Delivery) -> Self {
        Self {
            tenant,
            webhook: delivery.webhook,
            delivery: Some(delivery.id),
        }
    }

    fn of_key(key: &keys::Key) -> Option<Self> {
        if let Some((tenant, webhook)) = keys::webhook_due(key) {
            return Some(Self {
                tenant,
                webhook,
                delivery: None,
            });
        }
        let (tenant, webhook, delivery) = keys::delivery_due(key)?;
        Some(Self {
            tenant,
            webhook,
            delivery: Some(delivery),
        })
    }

    fn key(&self) -> keys::Key {
        match self.delivery {
            Some(delivery) => keys::delivery(self.tenant, self.webhook, delivery),
            None => keys::webhook(self.tenant, self.webhook),
        }
    }
}

impl Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.delivery {
            Some(delivery) => delivery.fmt(f),
            None => self.webhook.fmt(f),
        }
    }
}

/// What came of a delivery's turn, written as one.
pub struct Told {
    pub delivery: Delivery,
    /// How its webhook stands from now on, where that changes.
    pub webhook: Option<WebhookState>,
    pub event: Option<IntegrationEvent>,
    /// Who wanted it so.
    pub audit: Option<AuditEntry>,
}

/// The row. As long as anything is to come of it, it stands among the timers.
#[derive(Serialize)]
struct Timed<'a> {
    #[serde(flatten)]
    delivery: &'a Delivery,
    #[serde(rename = "GSI2PK", skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    #[serde(rename = "GSI2SK", skip_serializing_if = "Option::is_none")]
    due: Option<String>,
}

/// When a message must be presumed lost.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// A dead letter is taken off the count by whoever deletes it; the table itself forgets what that has missed.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

fn due(delivery: &Delivery, now: Timestamp) -> Option<Timestamp> {
    match delivery.next_at() {
        // A message is on its way.
        Some(at) if at <= now + DELAY_MAX => Some(at + LOOK_AGAIN_AFTER),
        Some(at) => Some(at),
        None => delivery.is_dead().then(|| delivery.ends_at()),
    }
}

/// What a delivery adds to what waits, and to what is given up.
fn waiting(delivery: &Delivery) -> (i64, i64) {
    (delivery.is_retrying().into(), delivery.is_dead().into())
}

impl Store {
    /// What of one shard is to be done, the longest overdue first.
    pub async fn errands_due(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<Errand>, StoreError> {
        let due = self.timers(Lane::Delivery, shard, now, limit).await?;
        Ok(due.iter().filter_map(Errand::of_key).collect())
    }

    /// Another message is sent, should nothing happen until then. `false`: it is not due any more, whatever the index
    /// still says.
    pub async fn look_at_errand_again(
        &self,
        errand: &Errand,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::new("SET GSI2SK = :due", "GSI2SK <= :now")
            .value(":due", text(due_at(now + LOOK_AGAIN_AFTER)))
            .value(":now", text(due_at(now)));
        Ok(self.table.update(change.to(errand.key())).await?.is_ok())
    }

    /// Whether there is what it speaks of, of this tenant's.
    pub async fn errand_stands(&self, errand: &Errand) -> Result<bool, StoreError> {
        Ok(self.table.get_item(&errand.key()).await?.is_some())
    }
}

impl TenantStore {
    fn delivery_write(&self, delivery: &Delivery, now: Timestamp) -> Result<Write, StoreError> {
        let guard = Guard::of_version(delivery.version);
        let next = Delivery {
            version: delivery.version + 1,
            ..delivery.clone()
        };
        let due = due(delivery, now);
        let row = Timed {
            delivery: &next,
            shard: due.map(|_| shard_of(Lane::Delivery, next.id)),
            due: due.map(due_at),
        };
        let key = keys::delivery(self.tenant, next.webhook, next.id);
        Item::new("delivery", key, Some(self.tenant), &row)
            .guarded(guard)
            .expires_at(next.ends_at() + FORGOTTEN_AFTER)
            .put()
    }

    /// `Conflict`: it is there already, or its tenant is being erased.
    pub async fn create_delivery(
        &self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let writes = vec![self.delivery_write(delivery, now)?, self.tenant_stands()];
        self.table.write(writes).await
    }

    pub async fn webhook_and_delivery(
        &self,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<(Option<KeptWebhook>, Option<Delivery>), StoreError> {
        let kept = keys::webhook(self.tenant, webhook);
        let delivery = keys::delivery(self.tenant, webhook, delivery);
        self.table.get_both(&kept, &delivery).await
    }

    /// Newest first, from before a delivery on.
    pub async fn deliveries(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let pk = keys::deliveries(self.tenant);
        let prefix = keys::deliveries_of(webhook);
        let range = Range::prefix(&pk, &prefix, limit).newest_first();
        let before = before.map(|before| format!("{prefix}{before}"));
        self.table.range(range.before(before)).await
    }

    /// What came of a turn. `Conflict`: the delivery or its webhook is not what was read any more.
    pub async fn record(
        &self,
        kept: &KeptWebhook,
        before: &Delivery,
        told: &Told,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let next = &told.delivery;
        let mut writes = vec![self.delivery_write(next, now)?];
        let (was, is) = (waiting(before), waiting(next));
        let standing = told.webhook.map(WebhookState::standing);
        let standing = standing.filter(|standing| *standing != kept.webhook.standing());
        let by = (is.0 - was.0, is.1 - was.1);
        if by != (0, 0) || standing.is_some() {
            // One row of all webhooks: it is left alone where nothing of it changes.
            writes.push(self.told_webhook_write(next.webhook, by, standing)?);
        }
        if let Some(state) = told.webhook {
            writes.push(self.webhook_state_write(kept, state)?);
        }
        writes.extend(self.outcome_count(before, told));
        if let Some(event) = &told.event {
            writes.extend(self.event_writes(event)?);
        }
        if let Some(audit) = &told.audit {
            writes.push(self.audit_write(audit)?);
        }
        self.table.write(writes).await
    }

    /// A version tells of what its owner sees; that it has begun to fail, or to work again, is none of it.
    fn webhook_state_write(
        &self,
        kept: &KeptWebhook,
        state: WebhookState,
    ) -> Result<Write, StoreError> {
        let bump = state.standing() != WebhookStanding::Active;
        let attribute = |state: WebhookState| {
            serde_dynamo::to_attribute_value(state).map_err(|source| StoreError::Corrupt {
                what: "webhook",
                source: Box::new(source),
            })
        };
        // What another delivery has found meanwhile counts, too.
        let change = Change::new(
            "SET #state = :state, version = version + :bump",
            "t = :t AND version = :v AND #state = :was",
        )
        .name("#state", "state")
        .value(":state", attribute(state)?)
        .value(":was", attribute(kept.webhook.state)?)
        .value(":bump", number(u8::from(bump)))
        .value(":v", number(kept.webhook.version))
        .value(":t", text(self.tenant));
        let key = keys::webhook(self.tenant, kept.webhook.id);
        Ok(Write::update(change.to(key)))
    }

    /// A delivery counts when it has arrived, or was given up: that counts with the error that is logged of it.
    fn outcome_count(&self, before: &Delivery, told: &Told) -> Option<Write> {
        let is_error = |event: &IntegrationEvent| event.status == EventStatus::Error;
        let next = &told.delivery;
        if next.attempts == before.attempts || told.event.as_ref().is_some_and(is_error) {
            return None;
        }
        let last = next.last.as_ref()?;
        Some(if last.succeeded() {
            self.success_write(Integration::Webhooks, next.id, last.at)
        } else {
            self.failing_write(Integration::Webhooks, next.id, last.at, &last.words())
        })
    }

    /// Nothing is to come of it any more. `counted`: its webhook stands, and with it what is known of it.
    pub async fn forget_delivery(
        &self,
        delivery: &Delivery,
        counted: bool,
    ) -> Result<(), StoreError> {
        let key = keys::delivery(self.tenant, delivery.webhook, delivery.id);
        let guard = Guard::Version(delivery.version);
        let mut writes = vec![Write::delete(key, Some(self.tenant), &guard)];
        if counted {
            let (retrying, dead) = waiting(delivery);
            writes.push(self.told_webhook_write(delivery.webhook, (-retrying, -dead), None)?);
        }
        self.table.write(writes).await
    }
}
