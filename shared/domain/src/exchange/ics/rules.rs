//! A zone as a calendar describes it (RFC 5545 section 3.6.5): when its clock is changed, and to what.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

use super::{
    lines::Line,
    parts::Part,
    values::{Written, offset, written},
};
use crate::{
    content::Timing,
    recurrence::{self, Recurrence},
    time::{LocalTime, When, Zone},
};

/// A zone has a few; what has more is not looked at.
const CHANGES_MAX: usize = 100;
/// Of one rule: since 1601, where some have it begin.
const ONSETS_MAX: u16 = 1_000;

/// From then on the clock is so far from UTC.
pub(super) struct Onset {
    at: Timestamp,
    from: Offset,
    to: Offset,
}

/// Every change of the clock until then, in order; absent where it cannot be told.
pub(super) fn onsets(zone: &Part, until: Timestamp) -> Option<Vec<Onset>> {
    if zone.within.is_empty() || zone.within.len() > CHANGES_MAX {
        return None;
    }
    let mut all = Vec::new();
    for change in &zone.within {
        all.extend(onsets_of(change, until)?);
    }
    all.sort_by_key(|onset| onset.at);
    Some(all)
}

/// How far the clock is from UTC at each of these times.
pub(super) fn offsets_at(onsets: &[Onset], times: &[Timestamp]) -> Option<Vec<Offset>> {
    let first = onsets.first()?.from;
    let at = |time: &Timestamp| {
        let before = onsets.partition_point(|onset| onset.at <= *time);
        before.checked_sub(1).map_or(first, |last| onsets[last].to)
    };
    Some(times.iter().map(at).collect())
}

/// Just before and at each change since then.
pub(super) fn around(onsets: &[Onset], since: Timestamp) -> impl Iterator<Item = Timestamp> {
    let later = onsets.iter().filter(move |onset| onset.at > since);
    later.flat_map(|onset| [onset.at - SignedDuration::from_secs(1), onset.at])
}

fn onsets_of(change: &Part, until: Timestamp) -> Option<Vec<Onset>> {
    let read = |name: &str| offset(change.get(name)?.value());
    let (from, to) = (read("TZOFFSETFROM")?, read("TZOFFSETTO")?);
    let begins = match written(change.get("DTSTART")?.value())? {
        Written::Local(local) | Written::Utc(local) => local,
        Written::Day(day) => day.at(0, 0, 0, 0),
    };
    let rules = change.all("RRULE").map(|line| in_local_time(line, from));
    let dates = change
        .all("RDATE")
        .map(|line| format!("RDATE:{}", line.value()));
    let lines: Vec<String> = rules.chain(dates).collect();
    // The clock of the place is taken for that of a place without changes.
    let clock = |local: DateTime| LocalTime::new(local, Zone::utc());
    let when = When::Timed {
        start: clock(begins),
        end: clock(begins),
    };
    let (recurrence, _) = Recurrence::parse(&lines, &when).ok()?;
    let first = clock(begins).instant();
    let timing = Timing { when, recurrence };
    let found = recurrence::expand(&timing, first, until, &Zone::utc(), ONSETS_MAX);
    let starts = found.spans.into_iter().filter_map(|span| match span {
        When::Timed { start, .. } => Some(start.local),
        When::AllDay { .. } => None,
    });
    let onset = |local: DateTime| {
        let at = from.to_timestamp(local).ok()?;
        Some(Onset { at, from, to })
    };
    let mut all: Vec<Onset> = starts.filter_map(onset).collect();
    if all.is_empty() {
        all.extend(onset(begins));
    }
    Some(all)
}

/// The rule with an end in the clock of the place, as all its other times are.
fn in_local_time(rule: &Line, from: Offset) -> String {
    let parts = rule.value().split(';').map(|part| {
        let until = part.strip_prefix("UNTIL=");
        let local = until.and_then(|until| match written(until)? {
            Written::Utc(at) => {
                let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
                let local = from.to_datetime(at);
                Some(format!("UNTIL={}", local.strftime("%Y%m%dT%H%M%S")))
            }
            Written::Day(_) | Written::Local(_) => None,
        });
        local.unwrap_or_else(|| part.to_owned())
    });
    format!("RRULE:{}", parts.collect::<Vec<_>>().join(";"))
}
