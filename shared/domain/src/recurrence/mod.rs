//! How a series repeats: recurrence lines in one normal form, so that equal rules compare equal whoever wrote them.
//!
//! The normal form (RFC 5545 section 3.8.5): one `RRULE` with its parts in a fixed order and defaults left out, then at
//! most one `RDATE` line with sorted values. `UNTIL` is UTC for a timed series and a date for an all-day one. Zoned values
//! are written in the zone of the start. `EXDATE` lines are read as cancelled occurrences, which stand with the other
//! exceptions of the series.

mod cut;
mod expand;
mod lines;
mod simple;

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cut::cut;
pub use expand::{Spans, expand, first_by_rule, has_start, starts_among, starts_before};
pub use simple::{Frequency, Simple};

use crate::{
    series::{Exceptions, OriginalStart},
    time::When,
};

/// The recurrence of an entry or event; empty for a single one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Recurrence(Vec<String>);

/// Why recurrence lines are refused. Each names what is wrong and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecurrence {
    #[error("{0:?} is not a recurrence line: expected RRULE, RDATE or EXDATE")]
    UnknownLine(String),
    #[error("EXRULE is obsolete and not supported")]
    ExclusionRule,
    #[error("more than one RRULE")]
    SeveralRules,
    #[error("EXDATE without an RRULE or RDATE")]
    NothingToRepeat,
    #[error("in {line:?}: {reason}")]
    Malformed { line: String, reason: String },
    #[error("a series may repeat daily or less often")]
    TooFrequent,
    #[error(
        "too long: at most {LINES_MAX} lines, {DATES_MAX} dates and {LINE_BYTES_MAX} bytes a line"
    )]
    TooLong,
}

/// More lines than any provider keeps.
pub const LINES_MAX: usize = 100;
/// Exceptions of ten years of a daily series.
pub const DATES_MAX: usize = 4_000;
pub const LINE_BYTES_MAX: usize = 100_000;

impl Recurrence {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    pub fn lines(&self) -> &[String] {
        &self.0
    }

    /// The lines for a series that is moved from `old` to `new`. A date at the series' own time of day is written as a
    /// bare day, which reads as the new time of day; a rule that names the day on which it starts names it no longer.
    pub fn lines_following(&self, old: &When, new: &When) -> Vec<String> {
        let moved = old.first_day() != new.first_day();
        let own_time = match old {
            When::Timed { start, .. } => Some(start.local.strftime("T%H%M%S").to_string()),
            When::AllDay { .. } => None,
        };
        let follow = |line: &String| match (line.split_once(':'), &own_time) {
            (Some(("RRULE", rule)), _) if moved => simple::without_own_day(rule, old),
            (Some((head, values)), Some(own_time)) if head.starts_with("RDATE") => {
                let days: Vec<&str> = values
                    .split(',')
                    .map(|value| value.strip_suffix(own_time).unwrap_or(value))
                    .collect();
                format!("{head}:{}", days.join(","))
            }
            (Some(_) | None, _) => line.clone(),
        };
        self.0.iter().map(follow).collect()
    }

    /// Reads lines as providers, files and API callers write them, for a series that starts at `when`. Occurrences that
    /// they exclude are answered as cancelled.
    pub fn parse<S: AsRef<str>>(
        lines: &[S],
        when: &When,
    ) -> Result<(Self, Exceptions), InvalidRecurrence> {
        let too_long = |line: &S| line.as_ref().len() > LINE_BYTES_MAX;
        if lines.len() > LINES_MAX || lines.iter().any(too_long) {
            return Err(InvalidRecurrence::TooLong);
        }
        let mut rule = None;
        let (mut extra, mut excluded) = (BTreeSet::new(), BTreeSet::new());
        for line in lines
            .iter()
            .map(|line| line.as_ref().trim())
            .filter(|line| !line.is_empty())
        {
            let (name, parameters, value) = lines::split(line)?;
            match name.as_str() {
                "RRULE" if rule.is_some() => return Err(InvalidRecurrence::SeveralRules),
                "RRULE" => rule = Some(lines::normalise_rule(line, value, when)?),
                "RDATE" => extra.extend(lines::dates(line, &parameters, value, when)?),
                "EXDATE" => excluded.extend(lines::dates(line, &parameters, value, when)?),
                "EXRULE" => return Err(InvalidRecurrence::ExclusionRule),
                _ => return Err(InvalidRecurrence::UnknownLine(line.into())),
            }
        }
        if extra.len() + excluded.len() > DATES_MAX {
            return Err(InvalidRecurrence::TooLong);
        }
        if rule.is_none() && extra.is_empty() {
            return if excluded.is_empty() {
                Ok((Self::none(), Exceptions::default()))
            } else {
                Err(InvalidRecurrence::NothingToRepeat)
            };
        }
        let dates = (!extra.is_empty()).then(|| lines::dates_line("RDATE", &extra, when));
        let normal = Self(rule.into_iter().chain(dates).collect());
        expand::check(&normal, when)?;
        let cancelled = excluded.into_iter().filter_map(|date| date.original(when));
        Ok((normal, cancelled.collect()))
    }
}

/// The `EXDATE` line that leaves these occurrences out, if there are any.
pub fn excluding(cancelled: impl Iterator<Item = OriginalStart>, when: &When) -> Option<String> {
    let dates: BTreeSet<_> = cancelled
        .filter_map(|at| lines::SeriesDate::of(at, when))
        .collect();
    (!dates.is_empty()).then(|| lines::dates_line("EXDATE", &dates, when))
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

#[cfg(test)]
mod tests;
