//! Those rules of ours that are patterns, and why the others are not. Nothing is written that only comes near.

use domain::{
    content::Timing,
    recurrence,
    series::OriginalStart,
    time::{LocalTime, When},
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use super::{
    Days, Ends, FIRST_DAY, INDICES, Index, Pattern, WEEKDAYS, days_always, in_order,
    to_rule::last_days,
};

/// Why Outlook has no such series, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    #[error("Outlook cannot add single dates to a series")]
    ExtraDates,
    #[error("Outlook cannot repeat by {0}")]
    Part(String),
    #[error("Outlook cannot repeat on chosen weekdays every {0} days")]
    DaysBetweenWeekdays(u32),
    #[error("in a month without a day {0}, Outlook takes the last day instead of none")]
    ShortMonths(i8),
    #[error("Outlook knows the first to the fourth and the last weekday of a month only, not {0}")]
    Place(String),
    #[error("Outlook cannot repeat on several days of a month in one series")]
    SeveralDays,
    #[error("Outlook cannot leave out months of the year")]
    SomeMonths,
    #[error("Outlook cannot repeat in several months of a year in one series")]
    SeveralMonths,
    #[error("the first date does not follow from the rule, and Outlook would leave it out")]
    StartNotInRule,
}

/// The parts of a rule in the normal form.
#[derive(Default)]
struct Parts<'a> {
    frequency: &'a str,
    interval: u32,
    until: Option<&'a str>,
    count: Option<u32>,
    months: Vec<i8>,
    month_days: Vec<i8>,
    /// Each with its place, 0 for every one.
    weekdays: Vec<(i8, Weekday)>,
    place: Option<i8>,
    week_start: Option<Weekday>,
}

impl<'a> Parts<'a> {
    fn of(rule: &'a str) -> Result<Self, NotAPattern> {
        let mut parts = Self {
            interval: 1,
            ..Self::default()
        };
        for part in rule.split(';') {
            let unknown = || NotAPattern::Part(part.to_owned());
            let (key, value) = part.split_once('=').ok_or_else(unknown)?;
            match key {
                "FREQ" => parts.frequency = value,
                "INTERVAL" => parts.interval = value.parse().map_err(|_| unknown())?,
                "UNTIL" => parts.until = Some(value),
                "COUNT" => parts.count = Some(value.parse().map_err(|_| unknown())?),
                "BYMONTH" => parts.months = numbers(value).ok_or_else(unknown)?,
                "BYMONTHDAY" => parts.month_days = numbers(value).ok_or_else(unknown)?,
                "BYDAY" => {
                    let days: Option<Vec<_>> = value.split(',').map(placed_weekday).collect();
                    parts.weekdays = days.ok_or_else(unknown)?;
                }
                "BYSETPOS" => parts.place = Some(value.parse().map_err(|_| unknown())?),
                "WKST" => {
                    parts.week_start = Some(placed_weekday(value).ok_or_else(unknown)?.1);
                }
                _ => return Err(unknown()),
            }
        }
        Ok(parts)
    }
}

fn numbers(values: &str) -> Option<Vec<i8>> {
    values.split(',').map(|value| value.parse().ok()).collect()
}

fn placed_weekday(value: &str) -> Option<(i8, Weekday)> {
    let (day, code) = WEEKDAYS
        .iter()
        .find_map(|(day, _, code)| value.ends_with(code).then_some((*day, *code)))?;
    match value.strip_suffix(code)? {
        "" => Some((0, day)),
        place => Some((place.parse().ok()?, day)),
    }
}

impl Pattern {
    /// The pattern of a series.
    pub fn of(timing: &Timing) -> Result<Self, NotAPattern> {
        let [line] = timing.recurrence.lines() else {
            return Err(NotAPattern::ExtraDates);
        };
        let rule = line.strip_prefix("RRULE:").ok_or(NotAPattern::ExtraDates)?;
        let parts = Parts::of(rule)?;
        let start = timing.when.first_day();
        let days = match parts.frequency {
            "DAILY" => daily(&parts)?,
            "WEEKLY" => weekly(&parts, start)?,
            "MONTHLY" => monthly(&parts, start)?,
            "YEARLY" => yearly(&parts, start)?,
            other => return Err(NotAPattern::Part(format!("FREQ={other}"))),
        };
        if recurrence::first_by_rule(timing) != Some(OriginalStart::of(&timing.when)) {
            return Err(NotAPattern::StartNotInRule);
        }
        let ends = match (parts.count, parts.until) {
            (Some(count), _) => Ends::After(count),
            (None, Some(until)) => {
                let last = last_day(until, &timing.when);
                Ends::On(last.ok_or_else(|| NotAPattern::Part(format!("UNTIL={until}")))?)
            }
            (None, None) => Ends::Never,
        };
        Ok(Self {
            interval: parts.interval,
            days,
            ends,
        })
    }
}

fn daily(parts: &Parts<'_>) -> Result<Days, NotAPattern> {
    everywhere(parts)?;
    if parts.weekdays.is_empty() {
        return Ok(Days::Daily);
    }
    if parts.interval > 1 {
        return Err(NotAPattern::DaysBetweenWeekdays(parts.interval));
    }
    Ok(Days::Weekly {
        days: every(parts)?,
        first: FIRST_DAY,
    })
}

fn weekly(parts: &Parts<'_>, start: Date) -> Result<Days, NotAPattern> {
    everywhere(parts)?;
    let days = if parts.weekdays.is_empty() {
        vec![start.weekday()]
    } else {
        every(parts)?
    };
    let first = parts.week_start.unwrap_or(Weekday::Monday);
    // It means nothing where every week counts, and most of Outlook's own series have this one.
    let first = if parts.interval > 1 { first } else { FIRST_DAY };
    Ok(Days::Weekly { days, first })
}

fn monthly(parts: &Parts<'_>, start: Date) -> Result<Days, NotAPattern> {
    in_every_month(parts)?;
    if parts.weekdays.is_empty() {
        return match month_day(parts, start, 28)? {
            Some(day) => Ok(Days::MonthDay(day)),
            None => Ok(Days::MonthWeekday(Index::Last, all_days())),
        };
    }
    let (index, days) = month_weekday(parts)?;
    Ok(Days::MonthWeekday(index, days))
}

fn yearly(parts: &Parts<'_>, start: Date) -> Result<Days, NotAPattern> {
    let month = match parts.months.as_slice() {
        [month] => *month,
        [] if parts.weekdays.is_empty() && parts.month_days.is_empty() => start.month(),
        [] => return Err(NotAPattern::Part("days that are not of one month".into())),
        [_, ..] => return Err(NotAPattern::SeveralMonths),
    };
    if parts.weekdays.is_empty() {
        return match month_day(parts, start, days_always(month))? {
            Some(day) => Ok(Days::YearDay { month, day }),
            None => Ok(Days::YearWeekday {
                month,
                index: Index::Last,
                days: all_days(),
            }),
        };
    }
    let (index, days) = month_weekday(parts)?;
    Ok(Days::YearWeekday { month, index, days })
}

/// Days and weeks count wherever they lie.
fn everywhere(parts: &Parts<'_>) -> Result<(), NotAPattern> {
    in_every_month(parts)?;
    if parts.month_days.is_empty() && parts.place.is_none() {
        return Ok(());
    }
    Err(NotAPattern::Part(
        "days or weeks of which only some count".into(),
    ))
}

fn in_every_month(parts: &Parts<'_>) -> Result<(), NotAPattern> {
    if parts.months.is_empty() {
        return Ok(());
    }
    Err(NotAPattern::SomeMonths)
}

/// The one day of the month; `None` is its last, whichever that is. `always` is what every such month has.
fn month_day(parts: &Parts<'_>, start: Date, always: i8) -> Result<Option<i8>, NotAPattern> {
    let day = match (parts.month_days.as_slice(), parts.place) {
        ([], None) => start.day(),
        ([-1], None | Some(-1 | 1)) => return Ok(None),
        ([day], None | Some(-1 | 1)) if *day > 0 => *day,
        (days, Some(-1)) => {
            let last = days.iter().copied().max().unwrap_or_default();
            let written: Vec<String> = days.iter().map(i8::to_string).collect();
            if last > always && written.join(",") == last_days(last, always) {
                return Ok(Some(last));
            }
            return Err(NotAPattern::SeveralDays);
        }
        (_, Some(_) | None) => return Err(NotAPattern::SeveralDays),
    };
    if day > always {
        return Err(NotAPattern::ShortMonths(day));
    }
    Ok(Some(day))
}

fn month_weekday(parts: &Parts<'_>) -> Result<(Index, Vec<Weekday>), NotAPattern> {
    if !parts.month_days.is_empty() {
        return Err(NotAPattern::Part(
            "a weekday and a day of the month together".into(),
        ));
    }
    let (place, days) = match (parts.weekdays.as_slice(), parts.place) {
        ([(0, _), ..], None) => return Err(NotAPattern::SeveralDays),
        ([(0, _), ..], Some(place)) => (place, every(parts)?),
        ([(place, day)], None | Some(1 | -1)) => (*place, vec![*day]),
        (_, Some(_) | None) => return Err(NotAPattern::SeveralDays),
    };
    let index = INDICES
        .iter()
        .find(|(.., known)| *known == place)
        .map(|(index, ..)| *index);
    let index = index.ok_or_else(|| {
        let words = match place {
            5 => "the fifth".to_owned(),
            -2 => "the last but one".to_owned(),
            other => format!("number {other}"),
        };
        NotAPattern::Place(words)
    })?;
    Ok((index, days))
}

/// Weekdays of which every one is meant.
fn every(parts: &Parts<'_>) -> Result<Vec<Weekday>, NotAPattern> {
    if parts.weekdays.iter().any(|(place, _)| *place != 0) {
        return Err(NotAPattern::SeveralDays);
    }
    Ok(in_order(
        parts.weekdays.iter().map(|(_, day)| *day).collect(),
    ))
}

fn all_days() -> Vec<Weekday> {
    WEEKDAYS.iter().map(|(day, ..)| *day).collect()
}

/// The last day on which an occurrence may begin.
fn last_day(until: &str, when: &When) -> Option<Date> {
    match when {
        When::AllDay { .. } => Date::strptime("%Y%m%d", until).ok(),
        When::Timed { start, .. } => {
            let until = DateTime::strptime("%Y%m%dT%H%M%S", until.strip_suffix('Z')?).ok()?;
            let until: Timestamp = until.to_zoned(TimeZone::UTC).ok()?.timestamp();
            let shown = LocalTime::at(until, start.zone.clone()).local;
            let is_before = shown.time() < start.local.time();
            let last = shown.date();
            Some(if is_before {
                last.saturating_sub(1.day())
            } else {
                last
            })
        }
    }
}
