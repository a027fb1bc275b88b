//! The process of the queues' consumers: what their queues hand to them, and what a crash leaves of it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde::Serialize;
use serde_json::json;
use shared::{app::App, config::Config, lambda::consume_batch, metrics::Metrics};
use tokio::task::JoinHandle;

use super::{
    World,
    crash::{CrashPoint, Gate, Stop, Traffic},
};
use crate::{
    aws::{QueueMapping, Received},
    clock::WorldClock,
};

type Invocation = Pin<Box<dyn Future<Output = SqsBatchResponse> + Send>>;

/// Which function's messages are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Consumer {
    Sync,
    Purge,
}

impl Consumer {
    pub(super) const ALL: [Self; 2] = [Self::Sync, Self::Purge];

    pub(super) const fn handler(self) -> &'static str {
        match self {
            Self::Sync => "sync-worker",
            Self::Purge => "tenant-purge",
        }
    }
}

pub(super) struct Worker {
    configs: BTreeMap<Consumer, Config>,
    clock: WorldClock,
    pub(super) gate: Gate,
    metrics: Metrics,
    apps: Mutex<BTreeMap<Consumer, App>>,
    /// Invocations under way by queue, where they do not end within the step that began them.
    under_way: Mutex<BTreeMap<String, u64>>,
    stalled: Mutex<Vec<Batch<JoinHandle<SqsBatchResponse>>>>,
}

/// Messages that were received, and who answers for them.
struct Batch<T> {
    queue: String,
    messages: Vec<Received>,
    worker: T,
}

/// Where the next run is to be stopped, and how many were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crashes {
    pub armed: Option<String>,
    pub stopped_runs: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    pub(super) fn start(
        configs: BTreeMap<Consumer, Config>,
        clock: &WorldClock,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let worker = Self {
            configs,
            clock: clock.clone(),
            metrics: metrics.clone(),
            gate: Gate::new(clock.clone()),
            apps: Mutex::default(),
            under_way: Mutex::default(),
            stalled: Mutex::default(),
        };
        worker.start_again()?;
        Ok(worker)
    }

    /// A new process: nothing of the old one's memory is left.
    fn start_again(&self) -> anyhow::Result<()> {
        let app = |(consumer, config): (&Consumer, &Config)| {
            let clock = Arc::new(self.clock.clone());
            let app = App::new(config.clone(), clock, self.metrics.clone())?;
            anyhow::Ok((*consumer, app))
        };
        *locked(&self.apps) = self
            .configs
            .iter()
            .map(app)
            .collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    fn invoke(&self, consumer: Consumer, messages: &[Received]) -> anyhow::Result<Invocation> {
        let app = locked(&self.apps).get(&consumer).cloned();
        let app = app.context("a consumer that was started")?;
        let batch: SqsEvent = serde_json::from_value(json!({ "Records": messages }))?;
        Ok(match consumer {
            Consumer::Sync => {
                Box::pin(async move { consume_batch(&app, batch, &sync_worker::handle).await })
            }
            Consumer::Purge => {
                Box::pin(async move { consume_batch(&app, batch, &tenant_purge::handle).await })
            }
        })
    }

    fn is_busy(&self, mapping: &QueueMapping) -> bool {
        let under_way = locked(&self.under_way)
            .get(&mapping.queue)
            .copied()
            .unwrap_or_default();
        mapping
            .max_concurrency
            .is_some_and(|most| under_way >= most)
    }
}

impl World {
    /// Hands what is visible in a queue to the worker; answers how many messages.
    pub(super) async fn step_worker(
        &self,
        consumer: Consumer,
        mapping: &QueueMapping,
    ) -> anyhow::Result<usize> {
        let worker = &self.worker;
        // Requests of a run are counted, so the run that is to be stopped has to be the only one.
        let alone = self.clock.is_virtual() || worker.gate.armed().is_some();
        if worker.is_busy(mapping) || alone && self.is_worker_under_way() {
            return Ok(0);
        }
        let messages = self
            .aws
            .receive(&mapping.queue, usize::try_from(mapping.batch_size)?);
        if messages.is_empty() {
            return Ok(0);
        }
        let count = messages.len();
        worker.gate.begin(alone);
        let mut invocation = worker.invoke(consumer, &messages)?;
        let batch = Batch {
            queue: mapping.queue.clone(),
            messages,
            worker: (),
        };
        if !alone {
            self.go_on_beside(batch, invocation);
            return Ok(count);
        }
        tokio::select! {
            stop = worker.gate.stopped() => match stop {
                // The messages come back when their visibility ends.
                Stop::Crash => {
                    drop(invocation);
                    worker.start_again()?;
                }
                // What is asked meanwhile is asked of another process.
                Stop::Stall => {
                    worker.start_again()?;
                    locked(&worker.stalled).push(Batch {
                        queue: batch.queue,
                        messages: batch.messages,
                        worker: tokio::spawn(invocation),
                    });
                }
            },
            response = &mut invocation => self.give_back(&batch, &response),
        }
        Ok(count)
    }

    /// As Lambda does it: one slow run holds up no other.
    fn go_on_beside(&self, batch: Batch<()>, invocation: Invocation) {
        *locked(&self.worker.under_way)
            .entry(batch.queue.clone())
            .or_default() += 1;
        let world = self.clone();
        tokio::spawn(async move {
            let response = invocation.await;
            world.give_back(&batch, &response);
            if let Some(under_way) = locked(&world.worker.under_way).get_mut(&batch.queue) {
                *under_way -= 1;
            }
        });
    }

    fn is_worker_under_way(&self) -> bool {
        locked(&self.worker.under_way)
            .values()
            .any(|count| *count > 0)
    }

    /// What failed stays in the queue, the rest is deleted.
    fn give_back<T>(&self, batch: &Batch<T>, response: &SqsBatchResponse) {
        let failed: Vec<&str> = response
            .batch_item_failures
            .iter()
            .map(|failure| failure.item_identifier.as_str())
            .collect();
        for message in &batch.messages {
            if failed.contains(&message.message_id.as_str()) {
                self.aws.release(&batch.queue, &message.receipt_handle);
            } else {
                self.aws.delete(&batch.queue, &message.receipt_handle);
            }
        }
    }

    /// The next run that gets to this point ends there, as if its process had died: its messages come back when their
    /// visibility ends, its lease runs out. Runs that do not get there leave the point where it is.
    pub fn crash_next_run(&self, point: CrashPoint) {
        self.worker.gate.arm(point, Stop::Crash);
    }

    /// The next run that gets to this point stands still there until [`World::resume_stalled_runs`].
    pub fn stall_next_run(&self, point: CrashPoint) {
        self.worker.gate.arm(point, Stop::Stall);
    }

    /// Where the next run is to be stopped, and how many were.
    pub fn crashes(&self) -> Crashes {
        let gate = &self.worker.gate;
        Crashes {
            armed: gate.armed().map(|point| point.to_string()),
            stopped_runs: gate.stopped_runs(),
        }
    }

    /// Takes the point away and answers it, if no run has reached it.
    pub fn unreached_point(&self) -> Option<CrashPoint> {
        self.worker.gate.disarm()
    }

    /// Lets runs that stand still go on, and waits for their ends, or for where they are stopped again.
    pub async fn resume_stalled_runs(&self) -> anyhow::Result<()> {
        let worker = &self.worker;
        let stalled = std::mem::take(&mut *locked(&worker.stalled));
        for mut batch in stalled {
            worker.gate.let_go_on();
            tokio::select! {
                stop = worker.gate.stopped() => match stop {
                    Stop::Crash => {
                        batch.worker.abort();
                        worker.start_again()?;
                    }
                    Stop::Stall => locked(&worker.stalled).push(batch),
                },
                response = &mut batch.worker => {
                    let response = response.context("a stalled run")?;
                    self.give_back(&batch, &response);
                }
            }
        }
        Ok(())
    }

    /// Keeps what the worker is answered from now on.
    pub fn watch_worker(&self) {
        self.worker.gate.watch();
    }

    /// What the worker was answered since the last call.
    pub fn take_watched(&self) -> Vec<Traffic> {
        self.worker.gate.take_watched()
    }
}
