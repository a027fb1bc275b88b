//! The processes that can be stopped, of the queues' consumers and of the renewals: what is handed to them, and what a
//! crash leaves of it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::credential::VaultMode;
use serde::Serialize;
use serde_json::json;
use shared::{app::App, config::Config, lambda::consume_batch, metrics::Metrics};
use tokio::task::JoinHandle;

use super::{
    World,
    crash::{CrashPoint, Gate, Runs, Stop, Traffic},
};
use crate::{
    aws::{QueueMapping, Received},
    clock::WorldClock,
};

type Answer = anyhow::Result<SqsBatchResponse>;
type Invocation = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A function that runs behind the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gated {
    Sync,
    Purge,
    Deliveries,
    Renewals,
}

impl Gated {
    pub(super) const ALL: [Self; 4] = [Self::Sync, Self::Purge, Self::Deliveries, Self::Renewals];

    pub(super) const fn handler(self) -> &'static str {
        match self {
            Self::Sync => "sync-worker",
            Self::Purge => "tenant-purge",
            Self::Deliveries => "deliveries",
            Self::Renewals => "subscriptions-renew",
        }
    }

    const fn runs(self) -> Runs {
        match self {
            Self::Sync | Self::Purge | Self::Deliveries => Runs::OfQueues,
            Self::Renewals => Runs::OfRenewals,
        }
    }
}

pub(super) struct Worker {
    configs: Mutex<BTreeMap<Gated, Config>>,
    clock: WorldClock,
    pub(super) gate: Gate,
    metrics: Metrics,
    apps: Mutex<BTreeMap<Gated, App>>,
    /// Invocations under way by queue, where they do not end within the step that began them.
    under_way: Mutex<BTreeMap<String, u64>>,
    stalled: Mutex<Vec<Batch<JoinHandle<Answer>>>>,
}

/// Messages that were received, and who answers for them. A tick brings none.
struct Batch<T> {
    gated: Gated,
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
        configs: BTreeMap<Gated, Config>,
        clock: &WorldClock,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let worker = Self {
            configs: Mutex::new(configs),
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
        let app = |(gated, config): (&Gated, &Config)| {
            let clock = Arc::new(self.clock.clone());
            let app = App::new(config.clone(), clock, self.metrics.clone())?;
            anyhow::Ok((*gated, app))
        };
        *locked(&self.apps) = locked(&self.configs)
            .iter()
            .map(app)
            .collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    pub(super) fn redeploy(&self, mode: VaultMode) -> anyhow::Result<()> {
        for config in locked(&self.configs).values_mut() {
            config.vault_mode = mode;
        }
        self.start_again()
    }

    fn invoke(&self, gated: Gated, messages: &[Received]) -> anyhow::Result<Invocation> {
        let app = locked(&self.apps).get(&gated).cloned();
        let app = app.context("a function that was started")?;
        let batch: SqsEvent = serde_json::from_value(json!({ "Records": messages }))?;
        Ok(match gated {
            Gated::Sync => {
                Box::pin(async move { Ok(consume_batch(&app, batch, &sync_worker::handle).await) })
            }
            Gated::Purge => {
                Box::pin(async move { Ok(consume_batch(&app, batch, &tenant_purge::handle).await) })
            }
            Gated::Deliveries => {
                Box::pin(async move { Ok(consume_batch(&app, batch, &deliveries::handle).await) })
            }
            Gated::Renewals => Box::pin(async move {
                let called = subscriptions_renew::handle(&app).await;
                called.map_err(|error| anyhow::anyhow!(error))?;
                Ok(SqsBatchResponse::default())
            }),
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
        gated: Gated,
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
        let batch = Batch {
            gated,
            queue: mapping.queue.clone(),
            messages,
            worker: (),
        };
        if alone {
            self.run_alone(batch).await?;
        } else {
            self.go_on_beside(batch)?;
        }
        Ok(count)
    }

    /// One tick, beside which nothing runs.
    pub(super) async fn renew_alone(&self) -> anyhow::Result<()> {
        let tick = Batch {
            gated: Gated::Renewals,
            queue: String::new(),
            messages: Vec::new(),
            worker: (),
        };
        self.run_alone(tick).await
    }

    /// Until the run's end, or until it is stopped.
    async fn run_alone(&self, batch: Batch<()>) -> anyhow::Result<()> {
        let worker = &self.worker;
        worker.gate.begin(batch.gated.runs(), true);
        let mut invocation = worker.invoke(batch.gated, &batch.messages)?;
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
                        gated: batch.gated,
                        queue: batch.queue,
                        messages: batch.messages,
                        worker: tokio::spawn(invocation),
                    });
                }
            },
            response = &mut invocation => self.give_back(&batch, &response?),
        }
        Ok(())
    }

    /// As Lambda does it: one slow run holds up no other.
    fn go_on_beside(&self, batch: Batch<()>) -> anyhow::Result<()> {
        self.worker.gate.begin(batch.gated.runs(), false);
        let invocation = self.worker.invoke(batch.gated, &batch.messages)?;
        *locked(&self.worker.under_way)
            .entry(batch.queue.clone())
            .or_default() += 1;
        let world = self.clone();
        tokio::spawn(async move {
            // What has no answer comes back when its visibility ends.
            if let Ok(response) = invocation.await {
                world.give_back(&batch, &response);
            }
            if let Some(under_way) = locked(&world.worker.under_way).get_mut(&batch.queue) {
                *under_way -= 1;
            }
        });
        Ok(())
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
        self.worker.gate.arm(Runs::OfQueues, point, Stop::Crash);
    }

    /// The next run that gets to this point stands still there until [`World::resume_stalled_runs`].
    pub fn stall_next_run(&self, point: CrashPoint) {
        self.worker.gate.arm(Runs::OfQueues, point, Stop::Stall);
    }

    /// The next tick of the renewals that gets to this point ends there; only where the clock is virtual.
    pub fn crash_next_renewals(&self, point: CrashPoint) {
        self.worker.gate.arm(Runs::OfRenewals, point, Stop::Crash);
    }

    /// The next tick of the renewals that gets to this point stands still there, as a run does.
    pub fn stall_next_renewals(&self, point: CrashPoint) {
        self.worker.gate.arm(Runs::OfRenewals, point, Stop::Stall);
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
            worker.gate.let_go_on(batch.gated.runs());
            tokio::select! {
                stop = worker.gate.stopped() => match stop {
                    Stop::Crash => {
                        batch.worker.abort();
                        worker.start_again()?;
                    }
                    Stop::Stall => locked(&worker.stalled).push(batch),
                },
                response = &mut batch.worker => {
                    let response = response.context("a stalled run")??;
                    self.give_back(&batch, &response);
                }
            }
        }
        Ok(())
    }

    /// Keeps what the worker is answered from now on.
    pub fn watch_worker(&self) {
        self.worker.gate.watch(Runs::OfQueues);
    }

    /// Keeps what the renewals are answered from now on, and nothing else.
    pub fn watch_renewals(&self) {
        self.worker.gate.watch(Runs::OfRenewals);
    }

    /// What whoever is watched was answered since the last call.
    pub fn take_watched(&self) -> Vec<Traffic> {
        self.worker.gate.take_watched()
    }
}
