//! The fault scenarios at full size. Everything but the last four columns may be any number; those must be zero.

use domain::connection::Provider;
use serde_json::json;
use tests::scenarios::{Scale, Scenario};

use crate::{Measured, table::Table};

pub(crate) async fn run(
    scenarios: &[Scenario],
    providers: &[Provider],
) -> anyhow::Result<Measured> {
    let table = Table::begin(
        "Fault scenarios",
        &[
            ("scenario", 37),
            ("provider", 9),
            ("changes", 7),
            ("calls", 6),
            ("per change", 10),
            ("stops", 5),
            ("s", 6),
            ("duplicates", 10),
            ("lost", 5),
            ("wrong deletes", 13),
            ("invitations", 11),
        ],
    )?;
    let (mut rows, mut good) = (Vec::new(), true);
    let played = scenarios.iter().copied();
    for (scenario, provider) in played.flat_map(|one| providers.iter().map(move |at| (one, *at))) {
        let name = format!("{scenario:?} {}", scenario.title());
        let row = match scenario.play(provider, Scale::Full).await {
            Ok(row) => row,
            Err(error) => {
                good = false;
                Table::note(&format!(
                    "{name:<37}  did not come to its end at {provider}: {error:#}"
                ))?;
                rows.push(json!({ "scenario": scenario, "provider": provider, "error": format!("{error:#}") }));
                continue;
            }
        };
        table.row(&[
            name,
            provider.to_string(),
            row.changes.to_string(),
            row.calls.to_string(),
            format!("{:.2}", row.calls_per_change),
            row.crashes.to_string(),
            format!("{:.1}", row.seconds),
            row.duplicates.to_string(),
            row.lost_updates.to_string(),
            row.wrong_deletes.to_string(),
            row.invitations.to_string(),
        ])?;
        for finding in &row.findings {
            Table::note(&format!("      {finding}"))?;
        }
        if let Some(max) = row.calls_max.filter(|_| !row.is_within_budget()) {
            Table::note(&format!("      more than {max} calls"))?;
        }
        good &= row.is_clean() && row.is_within_budget();
        rows.push(serde_json::to_value(row)?);
    }
    Ok(Measured { rows, good })
}
