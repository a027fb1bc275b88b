//! How long a webhook function takes for a notice that it believes. Its own time is what its code takes; the answer comes
//! after the calls of the table and the queue too, which here share the processors with all notices of the moment, while a
//! deployed function shares its with nobody.

use std::{future::poll_fn, pin::pin, time::Duration};

use anyhow::ensure;
use domain::connection::Provider;
use serde_json::{Value, json};
use tests::world::{Doors, World};
use tokio::{task::JoinSet, time::Instant};

use crate::{Measured, company, percentile, table::Table};

/// Each notice is for another connection: a second one for the same would find the work done.
const CONNECTIONS: usize = 50;
const ROUNDS: usize = 10;
const BUDGET_P99_MS: f64 = 50.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// One after another.
    Quiet,
    /// For all connections in the same moment.
    AllAtOnce,
}

impl Load {
    fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::AllAtOnce => "50 at once",
        }
    }
}

pub(crate) async fn run(providers: &[Provider]) -> anyhow::Result<Measured> {
    let table = Table::begin(
        "A webhook's own time in milliseconds",
        &[
            ("provider", 9),
            ("load", 10),
            ("notices", 7),
            ("p50", 6),
            ("p95", 6),
            ("p99", 6),
            ("answered p99", 12),
            ("budget", 6),
            ("table", 5),
            ("queue", 5),
        ],
    )?;
    let (mut rows, mut good) = (Vec::new(), true);
    for provider in providers {
        let world = World::start_with(*provider).await?;
        for number in 0..CONNECTIONS {
            company::join(&world, number).await?;
        }
        for load in [Load::Quiet, Load::AllAtOnce] {
            let figures = measure(&world, load).await?;
            table.row(&figures.cells())?;
            good &= figures.is_within_budget();
            rows.push(figures.json());
        }
    }
    Table::note("table, queue: requests for each notice; answered: with the time of both")?;
    Ok(Measured { rows, good })
}

async fn measure(world: &World, load: Load) -> anyhow::Result<Figures> {
    let (doors, mut taken) = (Doors::of(world), Vec::new());
    let (mut table_requests, mut queue_sends) = (0, 0);
    for _ in 0..ROUNDS {
        let tokens = world.channel_tokens().await?;
        ensure!(tokens.len() == CONNECTIONS, "{} channels", tokens.len());
        let before = world.aws.counters();
        match load {
            Load::Quiet => {
                for token in tokens {
                    taken.push(timed(doors.clone(), token).await?);
                }
            }
            Load::AllAtOnce => {
                let timed = tokens.into_iter().map(|token| timed(doors.clone(), token));
                let timed = timed.collect::<JoinSet<_>>().join_all().await;
                taken.extend(timed.into_iter().collect::<anyhow::Result<Vec<_>>>()?);
            }
        }
        let after = world.aws.counters();
        table_requests += after.table_requests - before.table_requests;
        queue_sends += after.queue_sends - before.queue_sends;
        // The next notice finds a connection at rest.
        world.settle().await?;
    }
    let (mut own, mut answered): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
    own.sort();
    answered.sort();
    Ok(Figures {
        provider: world.provider,
        load,
        own,
        answered,
        table_requests,
        queue_sends,
    })
}

/// Its own time, and the time until the answer.
async fn timed(doors: Doors, token: String) -> anyhow::Result<(Duration, Duration)> {
    let begun = Instant::now();
    let (mut notified, mut own) = (pin!(doors.notify(&token)), Duration::ZERO);
    let answer = poll_fn(|context| {
        let polled = Instant::now();
        let answer = notified.as_mut().poll(context);
        own += polled.elapsed();
        answer
    });
    let status = answer.await?;
    let answered = begun.elapsed();
    ensure!(status.is_success(), "answered {status}");
    Ok((own, answered))
}

struct Figures {
    provider: Provider,
    load: Load,
    /// Both in ascending order.
    own: Vec<Duration>,
    answered: Vec<Duration>,
    table_requests: u64,
    queue_sends: u64,
}

impl Figures {
    fn is_within_budget(&self) -> bool {
        let answered_in_time = match self.load {
            Load::Quiet => percentile(&self.answered, 99) <= BUDGET_P99_MS,
            Load::AllAtOnce => true,
        };
        percentile(&self.own, 99) <= BUDGET_P99_MS && answered_in_time
    }

    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    fn each(&self, count: u64) -> f64 {
        count as f64 / self.own.len() as f64
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.provider.to_string(),
            self.load.name().to_owned(),
            self.own.len().to_string(),
        ];
        let own = [50, 95, 99].map(|percent| percentile(&self.own, percent));
        cells.extend(own.map(|ms| format!("{ms:.1}")));
        cells.push(format!("{:.1}", percentile(&self.answered, 99)));
        cells.push(format!("{BUDGET_P99_MS:.0}"));
        let requests = [self.table_requests, self.queue_sends];
        cells.extend(requests.map(|count| format!("{:.1}", self.each(count))));
        cells
    }

    fn json(&self) -> Value {
        json!({
            "provider": self.provider,
            "load": self.load.name(),
            "notices": self.own.len(),
            "p50_ms": percentile(&self.own, 50),
            "p95_ms": percentile(&self.own, 95),
            "p99_ms": percentile(&self.own, 99),
            "answered_p99_ms": percentile(&self.answered, 99),
            "budget_p99_ms": BUDGET_P99_MS,
            "table_requests_per_notice": self.each(self.table_requests),
            "queue_sends_per_notice": self.each(self.queue_sends),
        })
    }
}
