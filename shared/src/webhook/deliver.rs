//! Carries out what the queue of deliveries says: one try, and what follows from it. A message is deleted only once the
//! row shows what came of it; the row stands in the due index until nothing more is to come, so that a lost message
//! loses nothing. What is received twice may be sent twice: receivers tell by the id.

use domain::{
    audit::AuditEntry,
    id::{DeliveryId, IntegrationEventId, WebhookId},
    integration::IntegrationEvent,
    webhook::{Attempt, Delivery, WebhookState, WhyDead, WhySwitchedOff},
};
use jiff::{SignedDuration, Timestamp};

use super::{sending, signing};
use crate::{
    app::{App, BuildError},
    ids,
    problem::Problem,
    queue::{DELAY_MAX, Delay, QueueError},
    store::{Errand, KeptWebhook, StoreError, TenantStore, Told},
    sync::Handled,
    vault::VaultError,
};

#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error("the table")]
    Store(#[from] StoreError),
    #[error("the queue")]
    Queue(#[from] QueueError),
    #[error("the keys")]
    Vault(#[from] VaultError),
    #[error("the way out")]
    Client(#[from] BuildError),
}

impl From<DeliverError> for Problem {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::Store(error) => error.into(),
            DeliverError::Queue(error) => error.into(),
            DeliverError::Vault(error) => error.into(),
            DeliverError::Client(_) => Self::unavailable(error),
        }
    }
}

/// Writers of one delivery in the same moment.
const RECORDS_MAX: usize = 5;

/// Keeps a new delivery and has it tried at once. One that is there already is only looked at again.
pub async fn start(
    app: &App,
    store: &TenantStore,
    delivery: &Delivery,
) -> Result<(), DeliverError> {
    match store.create_delivery(delivery, app.clock.now()).await {
        Ok(()) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let errand = Errand::of_delivery(store.id(), delivery);
    Ok(app.queue.send_errand(&errand, Delay::ZERO).await?)
}

pub async fn handle(
    app: &App,
    store: &TenantStore,
    webhook: WebhookId,
    delivery: Option<DeliveryId>,
) -> Result<Handled, DeliverError> {
    match delivery {
        Some(delivery) => deliver(app, store, webhook, delivery).await,
        None => look_after_secret(app, store, webhook).await,
    }
}

async fn deliver(
    app: &App,
    store: &TenantStore,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<Handled, DeliverError> {
    let now = app.clock.now();
    let (kept, Some(delivery)) = store.webhook_and_delivery(webhook, id).await? else {
        return Ok(Handled::Delete);
    };
    let Some(kept) = kept else {
        store.forget_delivery(&delivery, false).await?;
        return Ok(Handled::Delete);
    };
    if delivery.ends_at() <= now {
        store.forget_delivery(&delivery, true).await?;
        return Ok(Handled::Delete);
    }
    let Some(next_at) = delivery.next_at() else {
        return Ok(Handled::Delete);
    };
    let early_by = next_at.duration_since(now);
    if early_by > DELAY_MAX {
        // The due index has it.
        return Ok(Handled::Delete);
    }
    if early_by.is_positive() {
        return Ok(Handled::PutBack {
            after: whole_seconds(early_by),
        });
    }
    let tried = attempt(app, store, &kept, &delivery, now).await?;
    record(app, store, kept, delivery, tried).await
}

/// What came of a turn.
enum Tried {
    Attempt(Attempt),
    /// Nothing was sent.
    SetAside {
        why: WhyDead,
        webhook: Option<WebhookState>,
    },
}

async fn attempt(
    app: &App,
    store: &TenantStore,
    kept: &KeptWebhook,
    delivery: &Delivery,
    at: Timestamp,
) -> Result<Tried, DeliverError> {
    let set_aside = match kept.webhook.state {
        WebhookState::Active { .. } => None,
        WebhookState::Disabled => Some(WhyDead::Disabled),
        WebhookState::SwitchedOff { why, .. } => Some(WhyDead::SwitchedOff { why }),
    };
    if let Some(why) = set_aside {
        return Ok(Tried::SetAside { why, webhook: None });
    }
    let secrets = signing::open(app, store.id(), kept).await?;
    let id = delivery.id.to_string();
    let signed = secrets.and_then(|secrets| signing::sign(&secrets, &id, at, &delivery.body));
    let Some(signature) = signed else {
        let why = WhySwitchedOff::SecretLost;
        return Ok(Tried::SetAside {
            why: WhyDead::SwitchedOff { why },
            webhook: Some(WebhookState::SwitchedOff { at, why }),
        });
    };
    let attempt = sending::send(app, &kept.webhook, delivery, signature, at).await?;
    Ok(Tried::Attempt(attempt))
}

/// Writes down what came of it, also where others write beside it: what was sent is not sent again for that.
async fn record(
    app: &App,
    store: &TenantStore,
    mut kept: KeptWebhook,
    delivery: Delivery,
    tried: Tried,
) -> Result<Handled, DeliverError> {
    for _ in 0..RECORDS_MAX {
        let now = app.clock.now();
        let told = judged(store, &kept, &delivery, &tried, now);
        match store.record(&kept, &delivery, &told, now).await {
            Ok(()) => return go_on(app, store, &told.delivery, now).await,
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let (found, there) = store
            .webhook_and_delivery(delivery.webhook, delivery.id)
            .await?;
        match (found, there) {
            (Some(found), Some(there)) if there.version == delivery.version => kept = found,
            (None, Some(there)) => {
                store.forget_delivery(&there, false).await?;
                return Ok(Handled::Delete);
            }
            // Somebody else's try was written down meanwhile, and is gone on with.
            (_, Some(_) | None) => return Ok(Handled::Delete),
        }
    }
    Err(StoreError::Conflict.into())
}

fn judged(
    store: &TenantStore,
    kept: &KeptWebhook,
    delivery: &Delivery,
    tried: &Tried,
    now: Timestamp,
) -> Told {
    let (next, webhook) = match tried {
        Tried::SetAside { why, webhook } => (delivery.clone().set_aside(*why), *webhook),
        Tried::Attempt(attempt) => {
            let webhook = kept.webhook.after(attempt);
            let stands = webhook.unwrap_or(kept.webhook.state);
            (delivery.clone().after(attempt.clone(), stands), webhook)
        }
    };
    let id = ids::mint(store.id(), now, IntegrationEventId::from_parts);
    Told {
        event: IntegrationEvent::of_delivery(id, now, &next),
        delivery: next,
        webhook,
        audit: None,
    }
}

/// The next try's message. What waits longer than a queue keeps it stands in the due index.
async fn go_on(
    app: &App,
    store: &TenantStore,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Handled, DeliverError> {
    if let Some(next_at) = delivery.next_at() {
        let wait = next_at.duration_since(now);
        if wait <= DELAY_MAX {
            let errand = Errand::of_delivery(store.id(), delivery);
            app.queue.send_errand(&errand, whole_seconds(wait)).await?;
        }
    }
    Ok(Handled::Delete)
}

/// Queues count in seconds; a message that comes too early would come for nothing.
fn whole_seconds(wait: SignedDuration) -> Delay {
    let ms = u64::try_from(wait.as_millis()).unwrap_or_default();
    Delay::from_secs(i64::try_from(ms.div_ceil(1_000)).unwrap_or(i64::MAX))
}

/// Seals the secret with the keys of today, so that none is lost that nobody needed for a while.
async fn look_after_secret(
    app: &App,
    store: &TenantStore,
    webhook: WebhookId,
) -> Result<Handled, DeliverError> {
    if let Some(kept) = store.webhook(webhook).await? {
        let secrets = signing::seal_anew(app, store.id(), &kept).await?;
        let now = app.clock.now();
        store.look_after_secrets(&kept, secrets, now).await?;
    }
    Ok(Handled::Delete)
}

/// Tries a dead letter anew, at once.
pub async fn redrive(
    app: &App,
    store: &TenantStore,
    webhook: WebhookId,
    id: DeliveryId,
    audit: &AuditEntry,
) -> Result<(), Problem> {
    let found = store.webhook_and_delivery(webhook, id).await?;
    let (Some(kept), Some(delivery)) = found else {
        return Err(Problem::not_found(Delivery::NOUN));
    };
    if !kept.webhook.is_active() {
        return Err(inactive());
    }
    let now = app.clock.now();
    let next = delivery.clone().redriven(now).map_err(|_| not_dead())?;
    let told = Told {
        delivery: next,
        webhook: None,
        event: None,
        audit: Some(audit.clone()),
    };
    store.record(&kept, &delivery, &told, now).await?;
    go_on(app, store, &told.delivery, now).await?;
    Ok(())
}

pub fn inactive() -> Problem {
    let words = "The webhook is disabled. Enable it first.";
    Problem::conflict("webhook_disabled", words)
}

pub fn not_dead() -> Problem {
    let words = "Only a delivery that was set aside can be tried anew; the others are tried by themselves, or have arrived.";
    Problem::conflict("delivery_not_dead", words)
}
