//! What the product makes of Microsoft's recurrence patterns, for a check by other libraries: reads one
//! `patternedRecurrence` a line, and writes a line with its rule, the dates of that rule, and the pattern made of it.

use std::io::{self, BufRead as _, Write as _};

use anyhow::Context as _;
use domain::{
    content::Timing,
    recurrence::{self, Recurrence},
    time::{DayOnly, LocalTime, Moment, When, Zone},
};
use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};
use shared::providers::microsoft::pattern::{Pattern, PatternedRecurrence};

/// Days after the start that are looked at.
const DAYS: i32 = 3_000;

fn main() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let wire = serde_json::from_str(&line?)?;
        writeln!(out, "{}", made_of(&wire)?)?;
    }
    Ok(())
}

fn made_of(wire: &PatternedRecurrence) -> anyhow::Result<Value> {
    let pattern = Pattern::read(wire).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    let start: Date = wire.range.start_date.parse()?;
    let zone = Zone::utc();
    let day = |date| Moment::AllDay(DayOnly { date });
    let when = When::new(day(start), day(start.tomorrow()?))?;
    let (recurrence, _) = Recurrence::parse(&[pattern.line()], &when)?;
    let timing = Timing { when, recurrence };
    let bounds = |day: Date| LocalTime::new(day.at(0, 0, 0, 0), zone.clone()).instant();
    let end = start.saturating_add(DAYS.days());
    let found = recurrence::expand(&timing, bounds(start), bounds(end), &zone, u16::MAX);
    let dates: Vec<String> = found
        .spans
        .iter()
        .map(|span| span.first_day().to_string())
        .collect();
    let back = Pattern::of(&timing).ok().context("it is a pattern")?;
    Ok(json!({ "rule": pattern.line(), "dates": dates, "back": back.wire(start, "UTC") }))
}
