//! Zones as readers want them described: the changes of the clock that were, one by one, and from where they follow a rule
//! of the calendar, that rule.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::{Dst, Offset, TimeZone},
};

use super::lines::Writer;
use crate::time::Zone;

/// So far zones are looked at, and as many years from their first use on: every one follows a rule long before, or never.
const YEAR: i16 = 2150;
const YEARS: i16 = 80;
/// In so many years every day of a month has been every day of a week.
const RULE_YEARS_MIN: usize = 28;

/// One kind of change: the clock goes from one offset to another, under a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    is_summer: bool,
    name: String,
    from_s: i32,
    to_s: i32,
}

/// The clock is changed, by the clock as it was before.
#[derive(Clone, Debug)]
struct Onset {
    kind: Kind,
    local: DateTime,
    at: Timestamp,
}

/// The days of a year on which one kind of change is made.
struct Rule {
    month: i8,
    weekday: Weekday,
    days: BTreeSet<i8>,
    is_last: bool,
}

/// Describes the zone between its first and last use; without a last one, for ever.
pub(super) fn write(writer: &mut Writer, zone: &Zone, from: Timestamp, to: Option<Timestamp>) {
    let onsets = onsets(&zone.time_zone(), from);
    let ruled = ruled_since(&onsets);
    writer.line("BEGIN:VTIMEZONE");
    writer.line(&format!("TZID:{zone}"));
    let is_used = |onset: &Onset| to.is_none_or(|to| onset.at <= to);
    let mut single: BTreeMap<&Kind, Vec<DateTime>> = BTreeMap::new();
    for (index, onset) in onsets[..ruled].iter().enumerate() {
        // The first says what the clock shows before anything changes.
        if index == 0 || is_used(onset) {
            single.entry(&onset.kind).or_default().push(onset.local);
        }
    }
    for (kind, dates) in single {
        let later: Vec<String> = dates[1..].iter().map(basic).collect();
        let rdate = (!later.is_empty()).then(|| format!("RDATE:{}", later.join(",")));
        change(writer, kind, dates[0], rdate.as_deref());
    }
    for first in onsets[ruled..].iter().take(2).filter(|one| is_used(one)) {
        let days = onsets[ruled..].iter().filter(|one| one.kind == first.kind);
        if let Some(rule) = Rule::of(days.map(|one| one.local.date())) {
            change(writer, &first.kind, first.local, Some(&rule.line()));
        }
    }
    writer.line("END:VTIMEZONE");
}

fn basic(local: &DateTime) -> String {
    local.strftime("%Y%m%dT%H%M%S").to_string()
}

fn change(writer: &mut Writer, kind: &Kind, first: DateTime, more: Option<&str>) {
    let name = if kind.is_summer {
        "DAYLIGHT"
    } else {
        "STANDARD"
    };
    writer.line(&format!("BEGIN:{name}"));
    writer.line(&format!("DTSTART:{}", basic(&first)));
    if let Some(more) = more {
        writer.line(more);
    }
    writer.line(&format!("TZOFFSETFROM:{}", offset(kind.from_s)));
    writer.line(&format!("TZOFFSETTO:{}", offset(kind.to_s)));
    writer.line(&format!("TZNAME:{}", kind.name));
    writer.line(&format!("END:{name}"));
}

fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.abs();
    let (hours, minutes, seconds) = (all / 3_600, all / 60 % 60, all % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{seconds:02}")
    }
}

/// What the clock shows at `from`, and every change after it.
fn onsets(clock: &TimeZone, from: Timestamp) -> Vec<Onset> {
    let before = clock.to_offset_info(from);
    let last = clock
        .preceding(
            from.saturating_add(jiff::SignedDuration::from_secs(1))
                .unwrap_or(from),
        )
        .next()
        .map(|transition| transition.timestamp());
    let begins = last.unwrap_or(Timestamp::UNIX_EPOCH.min(from));
    let is_summer = |dst| dst == Dst::Yes;
    let earlier = begins.saturating_sub(jiff::SignedDuration::from_secs(1));
    let was = match last {
        Some(_) => clock.to_offset(earlier.unwrap_or(begins)),
        None => before.offset(),
    };
    let onset = |at: Timestamp, was: Offset, (offset, name, dst): (Offset, &str, Dst)| Onset {
        kind: Kind {
            is_summer: is_summer(dst),
            name: name.to_owned(),
            from_s: was.seconds(),
            to_s: offset.seconds(),
        },
        local: was.to_datetime(at),
        at,
    };
    let first = (before.offset(), before.abbreviation(), before.dst());
    let mut all = vec![onset(begins, was, first)];
    let last_year = YEAR.max(from.to_zoned(TimeZone::UTC).year() + YEARS);
    let mut was = before.offset();
    for change in clock.following(from) {
        if was.to_datetime(change.timestamp()).year() > last_year {
            break;
        }
        let next = (change.offset(), change.abbreviation(), change.dst());
        all.push(onset(change.timestamp(), was, next));
        was = change.offset();
    }
    all
}

/// From which on there are two changes a year, each by one rule; as many as there are where that never comes.
fn ruled_since(onsets: &[Onset]) -> usize {
    let two_years_apart = |index: &usize| {
        let (one, next) = (&onsets[*index], &onsets[index + 2]);
        let kept = onsets[*index..]
            .iter()
            .step_by(2)
            .map(|one| one.local.date());
        one.kind == next.kind
            && one.local.year() + 1 == next.local.year()
            && one.local.time() == next.local.time()
            && Rule::of(kept).is_some()
    };
    let Some(last) = onsets.len().checked_sub(3) else {
        return onsets.len();
    };
    let ruled = (0..=last).rev().take_while(two_years_apart).count();
    let since = last + 1 - ruled;
    if ruled < 2 * RULE_YEARS_MIN {
        onsets.len()
    } else {
        since
    }
}

impl Rule {
    /// The rule that has all these days, one each year.
    fn of(days: impl Iterator<Item = Date>) -> Option<Self> {
        let days: Vec<Date> = days.collect();
        let first = days.first()?;
        let (month, weekday) = (first.month(), first.weekday());
        let fits = |day: &Date| day.month() == month && day.weekday() == weekday;
        let of_month: BTreeSet<i8> = days.iter().map(|day| day.day()).collect();
        let (low, high) = (*of_month.first()?, *of_month.last()?);
        (days.iter().all(fits) && high - low < 7).then(|| Self {
            month,
            weekday,
            is_last: days.iter().all(|day| day.day() > day.days_in_month() - 7),
            days: of_month,
        })
    }

    fn line(&self) -> String {
        let Self { month, weekday, .. } = self;
        let name = match weekday {
            Weekday::Monday => "MO",
            Weekday::Tuesday => "TU",
            Weekday::Wednesday => "WE",
            Weekday::Thursday => "TH",
            Weekday::Friday => "FR",
            Weekday::Saturday => "SA",
            Weekday::Sunday => "SU",
        };
        let (low, high) = (self.days.first().copied(), self.days.last().copied());
        let (low, high) = (low.unwrap_or(1), high.unwrap_or(1));
        let which = if self.is_last {
            format!("BYDAY=-1{name}")
        } else if (low - 1) / 7 == (high - 1) / 7 {
            format!("BYDAY={}{name}", (low - 1) / 7 + 1)
        } else {
            let days: Vec<String> = (low..low + 7).map(|day| day.to_string()).collect();
            format!("BYDAY={name};BYMONTHDAY={}", days.join(","))
        };
        format!("RRULE:FREQ=YEARLY;BYMONTH={month};{which}")
    }
}
