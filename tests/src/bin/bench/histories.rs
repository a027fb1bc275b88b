//! The random histories of the engine over the product itself, many of them; and one of them again.

use std::{collections::BTreeMap, ops::Range, process::ExitCode};

use anyhow::Context as _;
use futures::{StreamExt as _, stream};
use serde_json::json;
use tests::histories::{Finding, History, Law, Outcome};

use crate::{Measured, table::Table};

pub(crate) const HISTORIES: u64 = 2_000;
/// One for each core of a small machine.
const AT_ONCE: usize = 2;

const TOLD_EACH: u64 = 100;

/// The product's ids are random, and with them the order of what comes to be in one moment: a history may break a law
/// only now and then.
const TRIES: u32 = 5;

/// What all of them came to.
#[derive(Default)]
struct Sum {
    histories: u64,
    happenings: u64,
    met: BTreeMap<String, u64>,
    broken: BTreeMap<Law, u64>,
    failed: u64,
}

impl Sum {
    fn add(&mut self, played: &anyhow::Result<Outcome>) {
        self.histories += 1;
        let Ok(outcome) = played else {
            self.failed += 1;
            return;
        };
        self.happenings += outcome.happenings;
        for (name, times) in &outcome.met {
            *self.met.entry(name.clone()).or_default() += times;
        }
        for finding in &outcome.findings {
            *self.broken.entry(finding.law).or_default() += 1;
        }
    }

    fn of(&self, laws: &[Law]) -> u64 {
        laws.iter()
            .filter_map(|law| self.broken.get(law))
            .sum::<u64>()
    }
}

pub(crate) async fn run(seeds: Range<u64>) -> anyhow::Result<Measured> {
    let table = Table::begin(
        "Convergence: random histories over the product",
        &[
            ("histories", 9),
            ("happenings", 10),
            ("faults met", 10),
            ("stops", 6),
            ("duplicates", 10),
            ("lost", 5),
            ("wrong deletes", 13),
            ("invitations", 11),
            ("other", 5),
        ],
    )?;
    let play = |seed| async move {
        let history = History::drawn(seed)?;
        // A task of its own: histories are large, and one that panics is one that failed.
        anyhow::Ok((
            seed,
            tokio::spawn(async move { history.play().await }).await,
        ))
    };
    let mut played = stream::iter(seeds).map(play).buffer_unordered(AT_ONCE);
    let mut sum = Sum::default();
    while let Some(one) = played.next().await {
        let (seed, joined) = one?;
        let played = joined.map_err(anyhow::Error::from).flatten();
        sum.add(&played);
        tell(seed, &played)?;
        if sum.histories % TOLD_EACH == 0 {
            Table::note(&format!("      {} played", sum.histories))?;
        }
    }
    let stops = sum.met.get("stopped_runs").copied().unwrap_or_default();
    let met: u64 = sum.met.values().sum();
    let (duplicates, lost, deletes, invitations) = (
        sum.of(&[Law::NothingDoubled]),
        sum.of(&[
            Law::Agree,
            Law::Complete,
            Law::NothingLost,
            Law::NothingBack,
        ]),
        sum.of(&[Law::NothingGone]),
        sum.of(&[Law::NobodyInvited]),
    );
    let other = sum.of(&[Law::NothingLingers, Law::TenantsApart, Law::Rest]) + sum.failed;
    let figures = [
        sum.histories,
        sum.happenings,
        met - stops,
        stops,
        duplicates,
        lost,
        deletes,
        invitations,
        other,
    ];
    table.row(&figures.map(|figure| figure.to_string()))?;
    Table::note(&format!("      met: {:?}", sum.met))?;
    let row = json!({
        "histories": sum.histories, "happenings": sum.happenings, "faults": sum.met, "duplicates": duplicates,
        "lost_updates": lost, "wrong_deletes": deletes, "invitations": invitations, "other": other,
    });
    Ok(Measured {
        rows: vec![row],
        good: sum.broken.is_empty() && sum.failed == 0,
    })
}

fn tell(seed: u64, played: &anyhow::Result<Outcome>) -> anyhow::Result<()> {
    match played {
        Err(error) => Table::note(&format!("      history {seed} did not end: {error:#}")),
        Ok(outcome) => {
            for finding in &outcome.findings {
                Table::note(&format!("      history {seed}: {finding}"))?;
            }
            Ok(())
        }
    }
}

/// Whether it breaks a law, and how.
async fn broken(history: &History) -> Vec<Finding> {
    for _ in 0..TRIES {
        let history = history.clone();
        let findings = match tokio::spawn(async move { history.play().await }).await {
            Ok(Ok(outcome)) => outcome.findings,
            Ok(Err(error)) => vec![Finding::of_failure(&error)],
            Err(error) => vec![Finding::of_failure(&error.into())],
        };
        if !findings.is_empty() {
            return findings;
        }
    }
    Vec::new()
}

/// Plays it; where it breaks a law, smaller and smaller while it still breaks that law.
pub(crate) async fn play_again(seed: &str) -> anyhow::Result<ExitCode> {
    if let Some((first, end)) = seed.split_once("..") {
        let measured = run(first.parse()?..end.parse()?).await?;
        return Ok(ExitCode::from(u8::from(!measured.good)));
    }
    let mut tree = History::tree(seed.parse().context("a seed is a number")?)?;
    let mut smallest = tree.current();
    Table::note(&format!("{smallest:#?}"))?;
    let mut findings = broken(&smallest).await;
    let Some(law) = findings.first().map(|finding| finding.law) else {
        Table::note("breaks no law")?;
        return Ok(ExitCode::SUCCESS);
    };
    for finding in &findings {
        Table::note(&finding.to_string())?;
    }
    let mut goes_on = tree.simplify();
    while goes_on {
        let found = broken(&tree.current()).await;
        if found.iter().any(|finding| finding.law == law) {
            (smallest, findings) = (tree.current(), found);
            goes_on = tree.simplify();
        } else {
            goes_on = tree.complicate();
        }
    }
    Table::note(&format!("at least\n{smallest:?}"))?;
    for finding in findings {
        Table::note(&finding.to_string())?;
    }
    Ok(ExitCode::FAILURE)
}
