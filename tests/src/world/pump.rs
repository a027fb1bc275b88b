//! What Lambda's event sources do: hand stream records, queue messages and ticks to the functions that the template
//! maps them to.

use std::{collections::BTreeMap, path::Path, path::PathBuf};

use anyhow::{Context as _, bail};
use aws_lambda_events::dynamodb;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::lambda::stream_batch;

use super::{World, worker::Gated};
use crate::aws::{Function, QueueMapping, StreamPosition};

/// Rounds after which a world that is not quiet will never be.
const ROUNDS_MAX: u32 = 5_000;
/// A virtual clock is moved up to that far for what is only waiting: a debounce, a provider's pause.
const PATIENCE: SignedDuration = SignedDuration::from_mins(20);
const STREAM_BATCH: usize = 100;

/// How far streams and schedules have been read; kept over restarts.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Progress {
    stream: Option<StreamPosition>,
    /// When each schedule was last due, by handler.
    #[serde(default)]
    ticked: BTreeMap<String, Timestamp>,
    /// Where a schedule was never due before.
    #[serde(skip)]
    began_at: Timestamp,
    #[serde(skip)]
    file: Option<PathBuf>,
    #[serde(skip)]
    ran: BTreeMap<String, u64>,
}

/// What ran until everything was quiet.
#[derive(Debug, Default, Serialize)]
pub struct Settled {
    pub ran: BTreeMap<String, u64>,
    pub now: Timestamp,
}

impl Progress {
    pub(super) fn load(directory: Option<&Path>, now: Timestamp) -> anyhow::Result<Self> {
        let file = directory.map(|directory| directory.join("pump.json"));
        let read = file.as_ref().filter(|file| file.exists());
        let mut progress: Self = match read {
            Some(file) => {
                serde_json::from_slice(&std::fs::read(file)?).context("read pump.json")?
            }
            None => Self::default(),
        };
        progress.file = file;
        progress.began_at = now;
        Ok(progress)
    }

    pub(super) fn save(&self) -> anyhow::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let written = file.with_extension("tmp");
        std::fs::write(&written, serde_json::to_vec(self)?)?;
        Ok(std::fs::rename(written, file)?)
    }
}

impl World {
    /// One round of everything that is due now; answers how much there was.
    pub async fn step(&self) -> anyhow::Result<usize> {
        let happened = match self.activity.try_lock() {
            Ok(mut activity) => match activity.as_mut() {
                Some(activity) => activity.step(self).await,
                None => 0,
            },
            Err(_) => 0,
        };
        Ok(happened + self.step_without_activity().await?)
    }

    async fn step_without_activity(&self) -> anyhow::Result<usize> {
        let mut progress = self.pump.lock().await;
        let mut worked = self.google.deliver_due().await + self.microsoft.deliver_due().await;
        for function in &self.functions {
            worked += self.step_function(function, &mut progress).await?;
        }
        if worked > 0 && self.clock.is_virtual() {
            // Work takes time: what follows is later, also where ids tell what came first.
            self.clock.advance(SignedDuration::from_millis(1))?;
        }
        Ok(worked)
    }

    async fn step_function(
        &self,
        function: &Function,
        progress: &mut Progress,
    ) -> anyhow::Result<usize> {
        let mut worked = 0;
        for mapping in &function.queues {
            worked += self.step_queue(function, mapping, progress).await?;
        }
        for mapping in &function.streams {
            worked += self.step_stream(function, mapping, progress).await?;
        }
        for every in &function.schedules {
            worked += self.step_schedule(function, *every, progress).await?;
        }
        Ok(worked)
    }

    async fn step_queue(
        &self,
        function: &Function,
        mapping: &QueueMapping,
        progress: &mut Progress,
    ) -> anyhow::Result<usize> {
        let of_it = |consumer: &Gated| consumer.handler() == function.handler;
        let consumer = Gated::ALL.into_iter().find(of_it);
        let consumer =
            consumer.with_context(|| format!("no consumer is called {}", function.handler))?;
        let received = self.step_worker(consumer, mapping).await?;
        if received > 0 {
            self.ran(function, progress);
        }
        Ok(received)
    }

    async fn step_stream(
        &self,
        function: &Function,
        mapping: &crate::aws::StreamMapping,
        progress: &mut Progress,
    ) -> anyhow::Result<usize> {
        let after = progress.stream.clone();
        let (records, position) = self
            .aws
            .stream_records(&mapping.table, after, STREAM_BATCH)
            .await?;
        let mut wanted = Vec::new();
        for record in records {
            if mapping.wants(&record)? {
                wanted.push(record);
            }
        }
        if wanted.is_empty() {
            // Reading on is work too: what is wanted may stand behind what is not.
            let moved = progress.stream.as_ref() != Some(&position);
            progress.stream = Some(position);
            return Ok(usize::from(moved));
        }
        self.ran(function, progress);
        let count = wanted.len();
        let event: dynamodb::Event = serde_json::from_value(json!({ "Records": wanted }))?;
        let response = match function.handler.as_str() {
            "outbox-relay" => {
                stream_batch(&self.app_of("outbox-relay"), event, &outbox_relay::handle).await
            }
            other => bail!("no stream reader is called {other}"),
        };
        // A failed record is read again, with all that follow it; those before it are repeated, as they may be.
        if response.batch_item_failures.is_empty() {
            progress.stream = Some(position);
        }
        Ok(count)
    }

    async fn step_schedule(
        &self,
        function: &Function,
        every: SignedDuration,
        progress: &mut Progress,
    ) -> anyhow::Result<usize> {
        let now = self.clock.now();
        let ticked_at = progress.ticked.get(&function.handler);
        if now < *ticked_at.unwrap_or(&progress.began_at) + every {
            return Ok(0);
        }
        progress.ticked.insert(function.handler.clone(), now);
        self.ran(function, progress);
        let app = self.app_of(&function.handler);
        let called = match function.handler.as_str() {
            "due-sweep" => due_sweep::handle(&app).await,
            "subscriptions-renew" if self.clock.is_virtual() => {
                return self.renew_alone().await.map(|()| 1);
            }
            "subscriptions-renew" => subscriptions_renew::handle(&app).await,
            other => bail!("no schedule is called {other}"),
        };
        called.map_err(|error| anyhow::anyhow!(error))?;
        Ok(1)
    }

    fn ran(&self, function: &Function, progress: &mut Progress) {
        self.count(&function.handler);
        *progress.ran.entry(function.handler.clone()).or_default() += 1;
    }

    /// Runs until nothing is due and nothing waits. A virtual clock is moved to what only waits for its time; the
    /// system clock is waited for.
    pub async fn settle(&self) -> anyhow::Result<Settled> {
        let _nothing_new = self.activity.lock().await;
        self.pump.lock().await.ran.clear();
        let patience_ends = self.clock.now() + PATIENCE;
        for _ in 0..ROUNDS_MAX {
            if self.step_without_activity().await? > 0 {
                continue;
            }
            let Some(next) = self.next_at().filter(|next| *next <= patience_ends) else {
                let ran = std::mem::take(&mut self.pump.lock().await.ran);
                return Ok(Settled {
                    ran,
                    now: self.clock.now(),
                });
            };
            let wait = next.duration_since(self.clock.now());
            if self.clock.is_virtual() {
                self.clock.advance(wait.max(SignedDuration::ZERO))?;
            } else {
                let wait = wait.clamp(
                    SignedDuration::from_millis(5),
                    SignedDuration::from_millis(100),
                );
                tokio::time::sleep(wait.unsigned_abs()).await;
            }
        }
        bail!("the world does not come to rest after {ROUNDS_MAX} rounds")
    }

    /// When the next message or notice is due, if any waits.
    fn next_at(&self) -> Option<Timestamp> {
        let queues = self.functions.iter().flat_map(|function| &function.queues);
        queues
            .filter_map(|mapping| self.aws.next_visible_at(&mapping.queue))
            .chain(self.google.next_notice_at())
            .chain(self.microsoft.next_notice_at())
            .min()
    }
}
