//! Expansion of a series into occurrences: the one place that knows the `rrule` crate.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use rrule::{RRuleSet, Tz};

use super::{InvalidRecurrence, Recurrence};
use crate::time::{DayOnly, LocalTime, Moment, When, Zone};

/// What an expansion found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrences {
    pub spans: Vec<When>,
    /// There are more in the range than were asked for.
    pub cut: bool,
}

/// The occurrences that touch `from..to` (exclusive end), at most `limit`, in order. Days are taken in `zone`.
///
/// The start itself is an occurrence even where it does not fit the rule, as Google shows it (RFC 5545 leaves it open).
pub fn expand(
    when: &When,
    recurrence: &Recurrence,
    from: Timestamp,
    to: Timestamp,
    zone: &Zone,
    limit: u16,
) -> Occurrences {
    let touches = |span: &When| {
        let (start, end) = span.bounds(zone);
        start < to && (end > from || (start == end && start >= from))
    };
    if recurrence.is_none() {
        return Occurrences {
            spans: Some(when.clone()).into_iter().filter(touches).collect(),
            cut: false,
        };
    }
    let Ok(set) = rule_set(recurrence, when) else {
        return Occurrences {
            spans: Vec::new(),
            cut: false,
        };
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
        .filter(touches)
        .collect();
    if touches(when) && !spans.contains(when) && !excludes_start(recurrence, when) {
        spans.insert(0, when.clone());
    }
    Occurrences {
        spans,
        cut: found.limited,
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

fn excludes_start(recurrence: &Recurrence, when: &When) -> bool {
    let start: DateTime = match when {
        When::Timed { start, .. } => start.local,
        When::AllDay { start, .. } => start.at(0, 0, 0, 0),
    };
    let (day, time) = (
        start.strftime("%Y%m%d").to_string(),
        start.strftime("%Y%m%dT%H%M%S").to_string(),
    );
    recurrence
        .lines()
        .iter()
        .filter(|line| line.starts_with("EXDATE"))
        .filter_map(|line| line.split_once(':'))
        .any(|(_, values)| values.split(',').any(|value| value == day || value == time))
}

fn to_chrono(instant: Timestamp) -> chrono::DateTime<Tz> {
    chrono::DateTime::from_timestamp(instant.as_second(), 0)
        .unwrap_or_default()
        .with_timezone(&Tz::UTC)
}
