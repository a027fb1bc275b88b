//! The queues. A message carries no meaning but "look at this connection's row".

use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use domain::{
    connection::Provider,
    id::{self, ConnectionId, DeliveryId, TenantId, WebhookId},
    run::Trigger,
    sync::demand::AfterAsk,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    config::{QueueUrl, QueueUrls},
    store::{Asked, Errand, Purge, Store, StoreError},
    verified::verified,
};

/// A span of time, named for functions that have no other business with time.
pub type Delay = SignedDuration;

/// If a sweep's wish is lost, the next look comes this much later.
pub const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// SQS keeps a message back at most that long.
pub const DELAY_MAX: SignedDuration = SignedDuration::from_mins(15);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncMessage {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    pub trigger: Trigger,
}

/// A message whose tenant is its connection's.
#[derive(Debug)]
pub struct CheckedMessage {
    tenant: TenantId,
    pub connection: ConnectionId,
    pub provider: Provider,
    pub trigger: Trigger,
}
verified!(CheckedMessage);

/// A purge that its tenant has begun.
#[derive(Debug)]
pub struct CheckedPurge {
    tenant: TenantId,
    pub connection: Option<ConnectionId>,
}
verified!(CheckedPurge);

/// An errand for what is its tenant's.
#[derive(Debug)]
pub struct CheckedErrand {
    tenant: TenantId,
    pub webhook: WebhookId,
    pub delivery: Option<DeliveryId>,
}
verified!(CheckedErrand);

/// A wish that was recorded speaks for the tenant of its row.
#[derive(Debug)]
pub struct RecordedWish {
    tenant: TenantId,
}
verified!(RecordedWish);

#[derive(Debug, thiserror::Error)]
#[error("the queue does not answer {operation}")]
pub struct QueueError {
    operation: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl From<QueueError> for crate::problem::Problem {
    fn from(error: QueueError) -> Self {
        Self::unavailable(error)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("the wish could not be recorded")]
    Record(#[from] StoreError),
    #[error("the message could not be sent")]
    Send(#[from] QueueError),
}

impl From<AskError> for crate::problem::Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Record(error) => error.into(),
            AskError::Send(error) => error.into(),
        }
    }
}

/// What a message turns out to be when it is held against its row.
#[derive(Debug)]
pub enum Checked<M> {
    Message(M),
    /// What it speaks of is no longer there.
    Gone,
    /// The connection is another tenant's.
    Foreign,
}

impl SyncMessage {
    /// A message is believed only as far as the row agrees with it.
    pub async fn check(self, store: &Store) -> Result<Checked<CheckedMessage>, StoreError> {
        Ok(match store.demand(self.connection).await? {
            None => Checked::Gone,
            Some(row) if row.tenant != self.tenant => Checked::Foreign,
            Some(row) => Checked::Message(CheckedMessage {
                tenant: row.tenant,
                connection: row.connection,
                provider: row.provider,
                trigger: self.trigger,
            }),
        })
    }
}

impl CheckedPurge {
    /// As with syncs: the rows decide.
    pub async fn check(purge: Purge, store: &Store) -> Result<Checked<Self>, StoreError> {
        let Purge { tenant, connection } = purge;
        if store.was_begun(&purge).await? {
            return Ok(Checked::Message(Self { tenant, connection }));
        }
        let asked = match connection {
            Some(connection) => store.demand(connection).await?,
            None => None,
        };
        Ok(match asked {
            Some(row) if row.tenant != tenant => Checked::Foreign,
            // It stands, and there is something to be tidied up after it.
            Some(_) => Checked::Message(Self { tenant, connection }),
            None => Checked::Gone,
        })
    }
}

impl CheckedErrand {
    /// Where nothing stands, nothing is to be done. An id that was made for somebody else is no accident.
    pub async fn check(errand: Errand, store: &Store) -> Result<Checked<Self>, StoreError> {
        let Errand {
            tenant,
            webhook,
            delivery,
        } = errand;
        Ok(if id::is_foreign(&errand.to_string(), tenant) {
            Checked::Foreign
        } else if store.errand_stands(&errand).await? {
            Checked::Message(Self {
                tenant,
                webhook,
                delivery,
            })
        } else {
            Checked::Gone
        })
    }
}

#[derive(Clone)]
pub struct Queue {
    client: Client,
    urls: QueueUrls,
}

impl Queue {
    pub(crate) fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls }
    }

    async fn send(
        &self,
        provider: Provider,
        message: &SyncMessage,
        delay: SignedDuration,
    ) -> Result<(), QueueError> {
        let url = self.url(provider, message.trigger);
        self.send_to(url, message.tenant, message, delay).await
    }

    /// Work on a purge; the due sweep sends another where this one gets lost.
    pub async fn send_purge(&self, purge: &Purge, delay: SignedDuration) -> Result<(), QueueError> {
        let url = &self.urls.purge.live;
        self.send_to(url, purge.tenant, purge, delay).await
    }

    /// The due sweep sends another where this one gets lost.
    pub async fn send_errand(&self, errand: &Errand, delay: Delay) -> Result<(), QueueError> {
        let url = &self.urls.deliveries.live;
        self.send_to(url, errand.tenant, errand, delay).await
    }

    async fn send_to(
        &self,
        url: &str,
        tenant: TenantId,
        message: &impl Serialize,
        delay: SignedDuration,
    ) -> Result<(), QueueError> {
        let failed = |source| QueueError {
            operation: "SendMessage",
            source,
        };
        let body = serde_json::to_string(message).map_err(|source| failed(Box::new(source)))?;
        let delay_s = delay.clamp(SignedDuration::ZERO, DELAY_MAX).as_secs();
        self.client
            .send_message()
            .queue_url(url)
            .message_body(body)
            .delay_seconds(i32::try_from(delay_s).unwrap_or(0))
            // On a standard queue the group is what fairness is measured by.
            .message_group_id(tenant.to_string())
            .send()
            .await
            .map(drop)
            .map_err(|source| failed(Box::new(source)))
    }

    /// A person does not wait behind a backlog.
    fn url(&self, provider: Provider, trigger: Trigger) -> &str {
        match trigger {
            Trigger::Member | Trigger::Setup => &self.urls.interactive.live,
            Trigger::Notice
            | Trigger::EntryChange
            | Trigger::Poll
            | Trigger::Reconcile
            | Trigger::Continuation => &self.urls.sync.of(provider).live,
        }
    }

    /// Puts a message that was received back for a while. `queue_arn` says which queue it came from.
    pub async fn put_back(
        &self,
        queue_arn: &str,
        receipt: &str,
        after: SignedDuration,
    ) -> Result<(), QueueError> {
        let operation = "ChangeMessageVisibility";
        let queue = self
            .of_arn(queue_arn)
            .ok_or_else(|| unknown_queue(operation, queue_arn))?;
        self.client
            .change_message_visibility()
            .queue_url(&queue.live)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(after.as_secs().clamp(0, 43_200)).unwrap_or(0))
            .send()
            .await
            .map(drop)
            .map_err(|source| QueueError {
                operation,
                source: Box::new(source),
            })
    }

    /// Gives a message that nothing can ever be done with to the dead letters, with the reason beside it. The caller
    /// deletes it afterwards.
    pub async fn bury(&self, queue_arn: &str, body: &str, reason: &str) -> Result<(), QueueError> {
        let operation = "SendMessage";
        let queue = self
            .of_arn(queue_arn)
            .ok_or_else(|| unknown_queue(operation, queue_arn))?;
        let failed = |source| QueueError { operation, source };
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason)
            .build()
            .map_err(|source| failed(Box::new(source)))?;
        self.client
            .send_message()
            .queue_url(&queue.dead)
            // SQS refuses an empty body.
            .message_body(if body.is_empty() { "(empty)" } else { body })
            .message_attributes(REASON, reason)
            .send()
            .await
            .map(drop)
            .map_err(|source| failed(Box::new(source)))
    }

    fn of_arn(&self, arn: &str) -> Option<&QueueUrl> {
        let name = arn.rsplit(':').next().unwrap_or_default();
        Provider::ALL
            .into_iter()
            .map(|provider| self.urls.sync.of(provider))
            .chain([
                &self.urls.interactive,
                &self.urls.purge,
                &self.urls.deliveries,
            ])
            .find(|queue| queue.live.rsplit('/').next() == Some(name))
    }
}

fn unknown_queue(operation: &'static str, arn: &str) -> QueueError {
    QueueError {
        operation,
        source: format!("{arn} is none of our queues").into(),
    }
}

/// The attribute that says why a message is dead.
pub const REASON: &str = "reason";

/// How long a burst is gathered before it is synced; a person is not made to wait.
pub fn debounce(app: &App, asked: &Asked) -> SignedDuration {
    match asked.trigger {
        Trigger::Member | Trigger::Setup => SignedDuration::ZERO,
        Trigger::Notice
        | Trigger::EntryChange
        | Trigger::Poll
        | Trigger::Reconcile
        | Trigger::Continuation => app.provider(asked.provider).burst(),
    }
}

/// Sends a message for a recorded wish, unless one that will see it is already on its way.
pub async fn follow_up(app: &App, asked: &Asked) -> Result<(), AskError> {
    follow_up_after(app, asked, SignedDuration::ZERO).await
}

/// The same, held back for `wait` at least.
pub async fn follow_up_after(app: &App, asked: &Asked, wait: Delay) -> Result<(), AskError> {
    let now = app.clock.now();
    // A person's press must not wait for a message that sits out a burst.
    let hurried = matches!(asked.trigger, Trigger::Member | Trigger::Setup);
    match asked.demand.after_ask(now, debounce(app, asked).max(wait)) {
        AfterAsk::AlreadySent if !hurried => Ok(()),
        AfterAsk::Waits { .. } => Ok(()),
        AfterAsk::AlreadySent => send(app, asked, SignedDuration::ZERO).await,
        AfterAsk::Send { delay } => send(app, asked, delay).await,
    }
}

/// Sends first, then says so: a crash in between sends twice, never not at all.
pub async fn send(app: &App, asked: &Asked, delay: SignedDuration) -> Result<(), AskError> {
    let message = SyncMessage {
        tenant: asked.tenant,
        connection: asked.connection,
        trigger: asked.trigger,
    };
    app.queue.send(asked.provider, &message, delay).await?;
    Ok(app
        .store
        .record_send(asked.connection, asked.demand.asked, app.clock.now())
        .await?)
}

/// A connection whose timer ran out is looked at again, with the tenant that its row names.
pub fn wish_of(asked: &Asked) -> RecordedWish {
    RecordedWish {
        tenant: asked.tenant,
    }
}
