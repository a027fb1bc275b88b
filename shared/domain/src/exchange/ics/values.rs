//! Single values: times, days, durations.

use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};

use super::{
    super::{compact_date, compact_time},
    SECOND_PASS_OF_OURS, ZONE_OF_OURS,
    lines::Line,
    zones::Zones,
};
use crate::{
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, When, Zone},
};

type Reason = String;

/// A time as it is written.
pub(super) enum Written {
    Day(Date),
    /// Of a zone that is named, or of whoever reads it.
    Local(DateTime),
    Utc(DateTime),
}

pub(super) fn written(text: &str) -> Option<Written> {
    let text = text.trim();
    if let Some(day) = compact_date(text) {
        return Some(Written::Day(day));
    }
    match text.strip_suffix('Z') {
        Some(local) => compact_time(local).map(Written::Utc),
        None => compact_time(text).map(Written::Local),
    }
}

/// Where times of a calendar stand.
pub(super) struct Clock<'a> {
    pub(super) zones: &'a Zones,
    /// What the calendar says is its zone: times in UTC are meant there.
    pub(super) calendar: Option<&'a Zone>,
    /// The zone of times that name none.
    pub(super) floating: &'a Zone,
}

impl Clock<'_> {
    /// `repeats`: a series is of the zone that it names, since it shifts with its clock.
    pub(super) fn moment(&self, line: &Line, repeats: bool) -> Result<Moment, Reason> {
        let wrong = || {
            format!(
                "{} {:?} is no date or time",
                line.name(),
                short(line.value())
            )
        };
        let named = line.parameter("TZID").filter(|name| !name.is_empty());
        match written(line.value()).ok_or_else(wrong)? {
            Written::Day(date) => Ok(Moment::AllDay(DayOnly { date })),
            Written::Utc(at) => {
                let at = at.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp();
                let ours = line
                    .parameter(ZONE_OF_OURS)
                    .and_then(|name| Zone::parse(name).ok());
                let meant = self.calendar.filter(|_| !repeats).cloned();
                let zone = ours.or(meant).unwrap_or_else(Zone::utc);
                Ok(Moment::Timed(LocalTime::at(at, zone)))
            }
            Written::Local(local) => {
                let time = match named {
                    None => LocalTime::new(local, self.floating.clone()),
                    Some(name) => LocalTime {
                        fold: line.parameter(SECOND_PASS_OF_OURS).is_some(),
                        ..LocalTime::new(local, self.zones.get(name)?)
                    },
                };
                Ok(Moment::Timed(time))
            }
        }
    }

    /// Which occurrence of a series that starts at `first` is meant.
    pub(super) fn original(&self, line: &Line, first: &When) -> Result<OriginalStart, Reason> {
        let at = self.moment(line, true)?;
        Ok(match (at, first) {
            (Moment::AllDay(day), When::AllDay { .. }) => OriginalStart::Day(day.date),
            (Moment::Timed(time), When::AllDay { .. }) => OriginalStart::Day(time.local.date()),
            (Moment::Timed(time), When::Timed { start, .. }) => {
                let floats = line.parameter("TZID").is_none() && !line.value().ends_with('Z');
                let zone = if floats {
                    start.zone.clone()
                } else {
                    time.zone.clone()
                };
                OriginalStart::Time(LocalTime { zone, ..time }.instant())
            }
            (Moment::AllDay(day), When::Timed { start, .. }) => {
                let local = day.date.to_datetime(start.local.time());
                OriginalStart::Time(LocalTime::new(local, start.zone.clone()).instant())
            }
        })
    }
}

/// The span from `start`; without an end it lasts a day, or no time at all.
pub(super) fn span(
    start: Moment,
    end: Option<Moment>,
    lasts: Option<&str>,
) -> Result<When, Reason> {
    let end = match (end, lasts, &start) {
        // Meant as that one day by those who do not know that the end is exclusive.
        (Some(Moment::AllDay(end)), _, Moment::AllDay(day)) if end.date == day.date => {
            Moment::AllDay(DayOnly {
                date: day.date.saturating_add(1.day()),
            })
        }
        (Some(end), ..) => end,
        (None, Some(text), _) => after(&start, text)?,
        (None, None, Moment::AllDay(day)) => Moment::AllDay(DayOnly {
            date: day.date.saturating_add(1.day()),
        }),
        (None, None, Moment::Timed(_)) => start.clone(),
    };
    When::new(start, end).map_err(|error| error.to_string())
}

/// Days are days of the clock, hours are time that passes (RFC 5545 section 3.3.6).
fn after(start: &Moment, text: &str) -> Result<Moment, Reason> {
    let (days, seconds) =
        duration(text).ok_or_else(|| format!("DURATION {:?} is no length of time", short(text)))?;
    Ok(match start {
        Moment::AllDay(day) => {
            let days = (days + (seconds + 86_399) / 86_400).max(1);
            Moment::AllDay(DayOnly {
                date: day.date.saturating_add(days.days()),
            })
        }
        Moment::Timed(time) => {
            let shifted = LocalTime {
                local: time.local.saturating_add(days.days()),
                ..time.clone()
            };
            let at = shifted.instant();
            let at = at.saturating_add(SignedDuration::from_secs(seconds));
            Moment::Timed(LocalTime::at(
                at.unwrap_or(shifted.instant()),
                time.zone.clone(),
            ))
        }
    })
}

/// Days and seconds; a length cannot be negative, and none is longer than ten years.
fn duration(text: &str) -> Option<(i64, i64)> {
    const DAYS_MAX: i64 = 3_660;
    let text = text.trim().strip_prefix('+').unwrap_or(text.trim());
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    let days = sum(days, &[('W', 7), ('D', 1)])?;
    let seconds = sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    (days <= DAYS_MAX && seconds <= DAYS_MAX * 86_400).then_some((days, seconds))
}

fn sum(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    let mut rest = text;
    for (unit, size) in units {
        if let Some((number, more)) = rest.split_once(*unit) {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number: i64 = number.parse().ok().filter(|_| is_number)?;
            sum = sum.checked_add(number.checked_mul(*size)?)?;
            rest = more;
        }
    }
    rest.is_empty().then_some(sum)
}

/// `+HHMM`, with seconds if there are any.
pub(super) fn offset(text: &str) -> Option<Offset> {
    let text = text.trim();
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let is_fit = matches!(digits.len(), 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize| digits.get(from..from + 2)?.parse::<i32>().ok();
    let (hours, minutes) = (part(0).filter(|_| is_fit)?, part(2)?);
    let seconds = part(4).unwrap_or(0);
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60 + seconds)).ok()
}

/// A value in words about it.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
