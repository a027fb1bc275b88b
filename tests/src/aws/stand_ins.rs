//! The four services together.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::{
    ApiError, AwsCounters, PutEvent, QueueDepth, QueueSpec, Received, StreamPosition, Template,
    counters::Counting,
    dynamo::Dynamo,
    endpoint,
    events::Events,
    faults::{Faults, Trouble},
    names::ACCOUNT,
    secrets::Secrets,
    sqs::Sqs,
};
use crate::clock::WorldClock;

/// Cheap to clone; all clones are the same account.
#[derive(Clone)]
pub struct AwsStandIns {
    pub(super) dynamo: Arc<Dynamo>,
    pub(super) sqs: Arc<Sqs>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) events: Arc<Events>,
    pub(super) counting: Counting,
    pub(super) faults: Faults,
}

impl AwsStandIns {
    /// With a directory everything is kept there, without one it lives in memory.
    pub async fn open(clock: WorldClock, directory: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory)?;
        }
        Ok(Self {
            dynamo: Arc::new(Dynamo::open(clock.clone(), directory).await?),
            sqs: Arc::new(Sqs::open(clock.clone(), directory)?),
            secrets: Arc::new(Secrets::open(clock.clone(), directory)?),
            events: Arc::new(Events::open(clock, directory)?),
            counting: Counting::default(),
            faults: Faults::default(),
        })
    }

    /// The one endpoint: what `AWS_ENDPOINT_URL` names.
    pub fn router(&self) -> Router {
        endpoint::router(self.clone())
    }

    /// Makes the queue, or gives an existing one this specification.
    pub fn create_queue(&self, name: &str, spec: QueueSpec) {
        self.sqs.create_queue(name, spec);
    }

    /// Every queue of the template, dead-letter queues included.
    pub fn create_queues_from_template(&self, template: &Template) -> anyhow::Result<()> {
        for (name, spec) in template.queues()? {
            self.create_queue(&name, spec);
        }
        Ok(())
    }

    pub fn queue_url(&self, base: &Url, name: &str) -> String {
        let base = base.as_str().trim_end_matches('/');
        format!("{base}/{ACCOUNT}/{name}")
    }

    pub fn queue_depth(&self, name: &str) -> QueueDepth {
        self.sqs.depth(name)
    }

    /// When the next message can be received: now or earlier for a visible one.
    pub fn next_visible_at(&self, name: &str) -> Option<Timestamp> {
        self.sqs.next_visible_at(name)
    }

    /// What Lambda's poller takes for one invocation.
    pub fn receive(&self, queue: &str, max: usize) -> Vec<Received> {
        self.sqs.receive(queue, max)
    }

    pub fn delete(&self, queue: &str, receipt_handle: &str) {
        self.sqs.delete(queue, receipt_handle);
    }

    /// A failed item stays: it comes back when its visibility ends, the queue's or the one the function gave it.
    pub fn release(&self, queue: &str, receipt_handle: &str) {
        let back_at = self.sqs.visible_at(queue, receipt_handle);
        tracing::debug!(queue, ?back_at, "message stays in its queue");
    }

    /// A second delivery while the first is in flight, as a standard queue may do at any time.
    pub fn deliver_again(&self, queue: &str, receipt_handle: &str) {
        self.sqs.deliver_again(queue, receipt_handle);
    }

    /// The table of the template: keys, indexes, stream, TTL. A table that exists stays as it is.
    #[expect(
        clippy::unused_async,
        reason = "callers await what a remote account would do"
    )]
    pub async fn create_table_from_template(&self, template: &Template) -> anyhow::Result<()> {
        for properties in template.tables()? {
            self.dynamo.create_table(&properties)?;
        }
        Ok(())
    }

    /// The current text of each secret that stands, by name.
    pub fn secret_texts(&self) -> BTreeMap<String, String> {
        self.secrets.texts()
    }

    /// The secrets of the template. One that exists keeps its value.
    pub fn create_secrets_from_template(&self, template: &Template) -> anyhow::Result<()> {
        for (name, spec) in template.secrets()? {
            self.secrets.create_once(&name, spec)?;
        }
        Ok(())
    }

    /// Gives a secret a new random value; the one before becomes the previous version.
    pub fn rotate_secret(&self, id: &str) -> Result<(), ApiError> {
        self.secrets.rotate(id)
    }

    /// Deletes items whose TTL has passed; DynamoDB does so within days, here it is when asked.
    pub fn sweep_expired_items(&self) -> anyhow::Result<usize> {
        self.dynamo.sweep_expired()
    }

    /// Stream records after a position, in the shape that Lambda hands to a function.
    #[expect(
        clippy::unused_async,
        reason = "callers await what a remote account would do"
    )]
    pub async fn stream_records(
        &self,
        table: &str,
        after: Option<StreamPosition>,
        limit: usize,
    ) -> anyhow::Result<(Vec<Value>, StreamPosition)> {
        self.dynamo.stream_records(table, after, limit)
    }

    /// Every item of a table as text, to search in.
    #[expect(
        clippy::unused_async,
        reason = "callers await what a remote account would do"
    )]
    pub async fn dump_table(&self, table: &str) -> anyhow::Result<String> {
        self.dynamo.dump(table)
    }

    /// The latest accepted events, oldest first.
    pub fn events_put(&self) -> Vec<PutEvent> {
        self.events.seen()
    }

    pub fn counters(&self) -> AwsCounters {
        self.counting.seen()
    }

    /// Before whatever is refused next, one more is let through.
    pub fn let_pass(&self, operation: &str) {
        self.faults.add(operation, None);
    }

    /// The next request for this operation gets this refusal instead of an answer; for `PutEvents.Entry` the next entry.
    pub fn refuse_next(&self, operation: &str, error: ApiError) {
        self.faults.add(operation, Some(error));
    }

    /// Every request that says this meets the trouble, until `refuse_nothing`.
    pub fn trouble_about(&self, what: &str, trouble: Trouble) {
        self.faults.add_about(what, trouble);
    }

    /// What was to be refused and was not asked for is answered again.
    pub fn refuse_nothing(&self) {
        self.faults.forget();
    }

    /// Writes what is not on disk yet. Acknowledged requests already are; this is for in-process changes.
    pub fn save(&self) -> anyhow::Result<()> {
        self.sqs.save()?;
        self.secrets.save()?;
        self.events.save()
    }
}
