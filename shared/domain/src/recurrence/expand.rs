//! Expansion of a series into occurrences: the one place that knows the `rrule` crate.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rrule::{RRuleSet, Tz};

use super::{InvalidRecurrence, Recurrence};
use crate::{
    content::Timing,
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, When, Zone},
};

/// What the expansion of a rule found; exceptions are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    pub spans: Vec<When>,
    /// There are more in the range than were asked for.
    pub cut: bool,
}

/// The spans that touch `from..to` (exclusive end), at most `limit`, in order. Days are taken in `zone`.
///
/// The start itself is an occurrence even where it does not fit the rule, as Google shows it (RFC 5545 leaves it open).
pub fn expand(timing: &Timing, from: Timestamp, to: Timestamp, zone: &Zone, limit: u16) -> Spans {
    let Timing { when, recurrence } = timing;
    if recurrence.is_none() {
        return Spans {
            spans: Some(when.clone())
                .into_iter()
                .filter(|span| span.touches(from, to, zone))
                .collect(),
            cut: false,
        };
    }
    let Ok(set) = rule_set(recurrence, when) else {
        return Spans::default();
    };
    let (start, end) = when.bounds(zone);
    // All-day occurrences are expanded at UTC midnight, which may lie half a day off the zone's.
    let slack = jiff::SignedDuration::from_hours(15);
    let earliest = from - end.duration_since(start) - slack;
    let found = set
        .after(to_chrono(earliest))
        .before(to_chrono(to + slack))
        .all(limit);
    let mut spans: Vec<When> = found
        .dates
        .iter()
        .map(|date| when.moved_to(&moment_of(date.timestamp(), when)))
        .filter(|span| span.touches(from, to, zone))
        .collect();
    if when.touches(from, to, zone) && !spans.contains(when) {
        spans.insert(0, when.clone());
    }
    Spans {
        spans,
        cut: found.limited,
    }
}

/// Whether the rule has an occurrence that starts there; the start of the series is one.
pub fn has_start(timing: &Timing, at: OriginalStart) -> bool {
    if at == OriginalStart::of(&timing.when) {
        return true;
    }
    let Some(at) = instant(at, timing) else {
        return false;
    };
    let Ok(set) = rule_set(&timing.recurrence, &timing.when) else {
        return false;
    };
    let found = set.after(to_chrono(at)).before(to_chrono(at)).all(1);
    found
        .dates
        .iter()
        .any(|date| date.timestamp() == at.as_second())
}

/// Those of the `wanted` starts that the rule has, found in one expansion.
pub fn starts_among(timing: &Timing, wanted: &BTreeSet<OriginalStart>) -> BTreeSet<OriginalStart> {
    let last = wanted.iter().filter_map(|at| instant(*at, timing)).max();
    let (Some(last), Ok(set)) = (last, rule_set(&timing.recurrence, &timing.when)) else {
        return BTreeSet::new();
    };
    let found: BTreeSet<i64> = set
        .before(to_chrono(last))
        .all(u16::MAX)
        .dates
        .iter()
        .map(chrono::DateTime::timestamp)
        .collect();
    let first = OriginalStart::of(&timing.when);
    let starts = |at: &OriginalStart| {
        *at == first || instant(*at, timing).is_some_and(|at| found.contains(&at.as_second()))
    };
    wanted.iter().copied().filter(starts).collect()
}

/// The first occurrence by the rule alone, which need not be the start of the series.
pub fn first_by_rule(timing: &Timing) -> Option<OriginalStart> {
    let set = rule_set(&timing.recurrence, &timing.when).ok()?;
    let found = set.all(1);
    let first = found.dates.first()?;
    Some(match moment_of(first.timestamp(), &timing.when) {
        Moment::Timed(time) => OriginalStart::Time(time.instant()),
        Moment::AllDay(day) => OriginalStart::Day(day.date),
    })
}

/// How many occurrences start before `at`, cancelled or not.
pub fn starts_before(timing: &Timing, at: OriginalStart) -> u32 {
    let (Some(at), Ok(set)) = (
        instant(at, timing),
        rule_set(&timing.recurrence, &timing.when),
    ) else {
        return 0;
    };
    let before = at - jiff::SignedDuration::from_secs(1);
    let found = set.before(to_chrono(before)).all(u16::MAX);
    u32::try_from(found.dates.len()).unwrap_or(u32::MAX)
}

/// Where the library expands this occurrence: all-day ones stand at UTC midnight.
fn instant(at: OriginalStart, timing: &Timing) -> Option<Timestamp> {
    match (at, &timing.when) {
        (OriginalStart::Time(at), When::Timed { .. }) => Some(at),
        (OriginalStart::Day(day), When::AllDay { .. }) => {
            Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
        }
        (OriginalStart::Time(_), When::AllDay { .. })
        | (OriginalStart::Day(_), When::Timed { .. }) => None,
    }
}

/// Refuses what cannot be expanded, so that an accepted series is always expandable.
pub(super) fn check(recurrence: &Recurrence, when: &When) -> Result<(), InvalidRecurrence> {
    rule_set(recurrence, when).map(drop)
}

fn rule_set(recurrence: &Recurrence, when: &When) -> Result<RRuleSet, InvalidRecurrence> {
    let start = match when {
        // A start in a repeated hour is ambiguous to the library; as an instant in UTC it would lose the zone, so the
        // first pass is taken, which is what both providers do.
        When::Timed { start, .. } => {
            let shown = start.zoned().datetime();
            format!(
                "DTSTART;TZID={}:{}",
                start.zone,
                shown.strftime("%Y%m%dT%H%M%S")
            )
        }
        When::AllDay { start, .. } => format!("DTSTART:{}", midnight(*start)),
    };
    let lines = recurrence.lines().iter().map(|line| match when {
        When::Timed { .. } => line.clone(),
        When::AllDay { .. } => all_day_in_utc(line),
    });
    let text = std::iter::once(start)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n");
    text.parse()
        .map_err(|error: rrule::RRuleError| InvalidRecurrence::Malformed {
            line: recurrence.to_string().chars().take(200).collect(),
            reason: error.to_string(),
        })
}

fn midnight(day: Date) -> String {
    day.strftime("%Y%m%dT000000Z").to_string()
}

/// The library wants times: every date of an all-day series becomes UTC midnight.
fn all_day_in_utc(line: &str) -> String {
    if let Some((name, values)) = line.split_once(";VALUE=DATE:") {
        let times: Vec<String> = values
            .split(',')
            .map(|day| format!("{day}T000000Z"))
            .collect();
        return format!("{name}:{}", times.join(","));
    }
    let parts = line
        .split(';')
        .map(|part| match part.strip_prefix("UNTIL=") {
            Some(day) => format!("UNTIL={day}T000000Z"),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join(";")
}

fn moment_of(unix_seconds: i64, when: &When) -> Moment {
    let instant = Timestamp::from_second(unix_seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    match when {
        When::Timed { start, .. } => Moment::Timed(LocalTime::at(instant, start.zone.clone())),
        When::AllDay { .. } => Moment::AllDay(DayOnly {
            date: instant.to_zoned(TimeZone::UTC).date(),
        }),
    }
}

fn to_chrono(instant: Timestamp) -> chrono::DateTime<Tz> {
    chrono::DateTime::from_timestamp(instant.as_second(), 0)
        .unwrap_or_default()
        .with_timezone(&Tz::UTC)
}
