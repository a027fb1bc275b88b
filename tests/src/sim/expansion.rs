//! Recurrence rules, expanded on the wall clock.
//!
//! The `rrule` crate expands in UTC what is really wall-clock time, and the event's zone is applied to each result.
//! So every occurrence keeps its local time over a clock change, and the crate's refusals of times in a gap or a
//! fold never arise.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rrule::RRuleSet;

/// A bound on what one expansion yields; a daily series reaches fifty years with it.
const OCCURRENCES_MAX: usize = 20_000;

/// Reads rules whose times are all wall-clock times written as UTC.
pub(super) fn rule_set(lines: &[String], start: DateTime) -> Result<RRuleSet, String> {
    let text = format!("DTSTART:{}\n{}", stamp(start), lines.join("\n"));
    text.parse::<RRuleSet>()
        .map(RRuleSet::limit)
        .map_err(|error| format!("Invalid recurrence rule: {error}"))
}

/// The starts up to and with `last`.
pub(super) fn expand(rules: &RRuleSet, last: DateTime) -> BTreeSet<DateTime> {
    rules
        .into_iter()
        .map(|at| {
            let at = Timestamp::from_second(at.timestamp()).expect("rrule stays inside the range");
            at.to_zoned(TimeZone::UTC).datetime()
        })
        .take_while(|wall| *wall <= last)
        .take(OCCURRENCES_MAX)
        .collect()
}

pub(super) fn stamp(wall: DateTime) -> String {
    wall.strftime("%Y%m%dT%H%M%SZ").to_string()
}
