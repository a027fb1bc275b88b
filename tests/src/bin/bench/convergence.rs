//! The law that both sides come to agree, with many more cases than a test run has time for. It lives in `domain`; the
//! number of cases is given to it by `CONVERGENCE_CASES`.

use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::json;

use crate::{Measured, table::Table};

const CASES: u32 = 100_000;

pub(crate) fn run() -> anyhow::Result<Measured> {
    Table::note(&format!("\nConvergence: the law with {CASES} cases"))?;
    let tested = Command::new("cargo")
        .args(["test", "-p", "domain", "convergence"])
        .env("CONVERGENCE_CASES", CASES.to_string())
        .stderr(Stdio::inherit())
        .output()
        .context("run cargo")?;
    let said = String::from_utf8_lossy(&tested.stdout);
    Table::note(said.trim())?;
    let laws = said.lines().filter(|line| line.ends_with("... ok")).count();
    // No law at all is not a law that holds.
    let holds = tested.status.success() && laws > 0;
    Ok(Measured {
        rows: vec![json!({ "cases": CASES, "laws": laws, "holds": holds })],
        good: holds,
    })
}
