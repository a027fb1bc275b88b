//! Figures: `bench [faults|latency|throughput|webhooks|dashboard|subscriptions|convergence|all] [--provider google|microsoft|both]
//! [--scenario S12] [--days N] [--json FILE]`. Each row is printed as it comes; FILE gets all of them under `rows`. Of the faults, `--scenario` plays only
//! this one. `bench --history SEED` plays one random history again and looks for the least of it that still breaks a law;
//! `bench --history FIRST..END` plays those.

mod company;
mod convergence;
mod dashboard;
mod faults;
mod histories;
mod latency;
mod subscriptions;
mod table;
mod throughput;
mod webhooks;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use domain::connection::Provider;
use serde_json::{Value, json};
use tests::scenarios::Scenario;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bench {
    Faults,
    Latency,
    Throughput,
    Webhooks,
    Dashboard,
    Subscriptions,
    Convergence,
}

impl Bench {
    const ALL: [Self; 7] = [
        Self::Faults,
        Self::Latency,
        Self::Throughput,
        Self::Webhooks,
        Self::Dashboard,
        Self::Subscriptions,
        Self::Convergence,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Latency => "latency",
            Self::Throughput => "throughput",
            Self::Webhooks => "webhooks",
            Self::Dashboard => "dashboard",
            Self::Subscriptions => "subscriptions",
            Self::Convergence => "convergence",
        }
    }

    async fn run(self, arguments: &Arguments) -> anyhow::Result<Measured> {
        let providers = &arguments.providers;
        match self {
            Self::Faults => faults::run(&arguments.scenarios, providers).await,
            Self::Latency => Box::pin(latency::run(providers)).await,
            Self::Throughput => Box::pin(throughput::run(providers)).await,
            Self::Webhooks => Box::pin(webhooks::run(providers)).await,
            Self::Dashboard => Box::pin(dashboard::run()).await,
            Self::Subscriptions => Box::pin(subscriptions::run(providers, arguments.days)).await,
            // Histories draw the providers of their accounts.
            Self::Convergence => {
                let mut measured = convergence::run()?;
                let worlds = Box::pin(histories::run(0..histories::HISTORIES)).await?;
                measured.rows.extend(worlds.rows);
                measured.good &= worlds.good;
                Ok(measured)
            }
        }
    }
}

/// One JSON object per row, and whether all is as it should be.
struct Measured {
    rows: Vec<Value>,
    good: bool,
}

/// In milliseconds.
fn percentile(ascending: &[Duration], percent: usize) -> f64 {
    let rank = (ascending.len() * percent).div_ceil(100).saturating_sub(1);
    let taken = ascending.get(rank);
    taken.map_or(f64::NAN, |taken| taken.as_secs_f64() * 1_000.0)
}

struct Arguments {
    benches: Vec<Bench>,
    providers: Vec<Provider>,
    scenarios: Vec<Scenario>,
    /// That subscriptions are played for.
    days: i64,
    json: Option<PathBuf>,
    history: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if let Some(seed) = arguments.history {
        return Box::pin(histories::play_again(&seed)).await;
    }
    let (mut rows, mut good) = (Vec::new(), true);
    for bench in &arguments.benches {
        let measured = bench.run(&arguments).await.with_context(|| bench.name())?;
        for mut row in measured.rows {
            row["bench"] = json!(bench.name());
            rows.push(row);
        }
        good &= measured.good;
    }
    if let Some(file) = arguments.json {
        let text = serde_json::to_string_pretty(&json!({ "rows": rows }))?;
        std::fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let (mut benches, mut json, mut history) = (Vec::new(), None, None);
        let mut providers = Provider::ALL.to_vec();
        let mut scenarios = Scenario::ALL.to_vec();
        let mut days = 90;
        while let Some(word) = given.next() {
            if word == "--json" {
                json = Some(given.next().context("--json needs a file")?.into());
            } else if word == "--provider" {
                let named = given.next().context("--provider needs a name, or both")?;
                if named != "both" {
                    providers = vec![named.parse()?];
                }
            } else if word == "--scenario" {
                let named = given
                    .next()
                    .context("--scenario needs a name, such as S12")?;
                scenarios.retain(|one| format!("{one:?}") == named);
                anyhow::ensure!(!scenarios.is_empty(), "no scenario is called {named:?}");
            } else if word == "--days" {
                days = given.next().context("--days needs a number")?.parse()?;
            } else if word == "--history" {
                history = Some(given.next().context("--history needs a seed")?);
            } else if word == "all" {
                benches.extend(Bench::ALL);
            } else if let Some(bench) = Bench::ALL.into_iter().find(|bench| bench.name() == word) {
                benches.push(bench);
            } else {
                let names = Bench::ALL.map(Bench::name).join(", ");
                bail!(
                    "no bench is called {word:?}: there are {names} and all, --provider NAME and --json FILE"
                );
            }
        }
        if benches.is_empty() {
            benches.extend(Bench::ALL);
        }
        Ok(Self {
            benches,
            providers,
            scenarios,
            days,
            json,
            history,
        })
    }
}
