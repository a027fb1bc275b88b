//! Reading and normalising single recurrence lines.

use std::collections::BTreeSet;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::InvalidRecurrence;
use crate::{
    series::OriginalStart,
    time::{LocalTime, When, Zone},
};

/// One RDATE or EXDATE value in the terms of the series' start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SeriesDate {
    Day(Date),
    Time(DateTime),
}

impl SeriesDate {
    pub(super) fn original(self, when: &When) -> Option<OriginalStart> {
        match (self, when) {
            (Self::Day(day), When::AllDay { .. }) => Some(OriginalStart::Day(day)),
            (Self::Time(local), When::Timed { start, .. }) => Some(OriginalStart::Time(
                LocalTime::new(local, start.zone.clone()).instant(),
            )),
            (Self::Day(_), When::Timed { .. }) | (Self::Time(_), When::AllDay { .. }) => None,
        }
    }

    pub(super) fn of(original: OriginalStart, when: &When) -> Option<Self> {
        match (original, when) {
            (OriginalStart::Day(day), When::AllDay { .. }) => Some(Self::Day(day)),
            (OriginalStart::Time(at), When::Timed { start, .. }) => {
                Some(Self::Time(LocalTime::at(at, start.zone.clone()).local))
            }
            (OriginalStart::Day(_), When::Timed { .. })
            | (OriginalStart::Time(_), When::AllDay { .. }) => None,
        }
    }
}

/// The order in which parts are written; a part that is not here is refused.
const PARTS: [&str; 13] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSETPOS",
    "WKST",
];

fn malformed(line: &str, reason: impl Into<String>) -> InvalidRecurrence {
    InvalidRecurrence::Malformed {
        line: line.chars().take(200).collect(),
        reason: reason.into(),
    }
}

/// `KEY=value` pairs between a line's name and its colon.
pub(super) type Parameters = Vec<(String, String)>;

/// Splits `NAME;PARAMETER=value:VALUE`.
pub(super) fn split(line: &str) -> Result<(String, Parameters, &str), InvalidRecurrence> {
    let (head, value) = line
        .split_once(':')
        .ok_or_else(|| malformed(line, "no colon"))?;
    let mut head = head.split(';');
    let name = head.next().unwrap_or_default().to_ascii_uppercase();
    let parameters = head
        .map(|parameter| match parameter.split_once('=') {
            Some((key, value)) => {
                Ok((key.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
            }
            None => Err(malformed(line, format!("{parameter:?} is not a parameter"))),
        })
        .collect::<Result<_, _>>()?;
    Ok((name, parameters, value))
}

/// The library breaks at letters beyond ASCII, and reads a place that it cannot read as every week.
fn weekdays(line: &str, value: &str) -> Result<String, InvalidRecurrence> {
    let value = value.replace('+', "");
    let is_known = |day: &str| {
        let place = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
            .iter()
            .find_map(|name| day.strip_suffix(name));
        place.is_some_and(|place| place.is_empty() || place.parse::<i16>().is_ok())
    };
    match value.split(',').find(|day| !is_known(day)) {
        Some(day) => Err(malformed(line, format!("{day:?} is not a weekday"))),
        None => Ok(value),
    }
}

/// Puts a rule's parts into the fixed order, drops defaults and restates `UNTIL` in the terms of the start.
pub(super) fn normalise_rule(
    line: &str,
    value: &str,
    when: &When,
) -> Result<String, InvalidRecurrence> {
    let mut parts: [Option<String>; PARTS.len()] = Default::default();
    for part in value.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| malformed(line, format!("{part:?} has no value")))?;
        let (key, value) = (
            key.trim().to_ascii_uppercase(),
            value.trim().to_ascii_uppercase(),
        );
        // Harmless at a start in whole seconds, and the only value that anyone writes.
        if key == "BYSECOND" && value == "0" {
            continue;
        }
        let place = PARTS
            .iter()
            .position(|name| *name == key)
            .ok_or_else(|| malformed(line, format!("{key} is not supported")))?;
        let value = match key.as_str() {
            "UNTIL" => until(line, &value, when)?,
            "BYDAY" => weekdays(line, &value)?,
            _ => value,
        };
        let is_default = matches!(
            (key.as_str(), value.as_str()),
            ("INTERVAL", "1") | ("WKST", "MO")
        );
        if parts[place].replace(value).is_some() {
            return Err(malformed(line, format!("{key} stands twice")));
        }
        if is_default {
            parts[place] = None;
        }
    }
    match parts[0].as_deref() {
        Some("DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => {}
        Some("SECONDLY" | "MINUTELY" | "HOURLY") => return Err(InvalidRecurrence::TooFrequent),
        Some(other) => return Err(malformed(line, format!("{other:?} is not a frequency"))),
        None => return Err(malformed(line, "FREQ is missing")),
    }
    if parts[1].is_some() && parts[2].is_some() {
        return Err(malformed(line, "UNTIL and COUNT exclude each other"));
    }
    let written: Vec<String> = PARTS
        .iter()
        .zip(parts)
        .filter_map(|(name, value)| value.map(|value| format!("{name}={value}")))
        .collect();
    Ok(format!("RRULE:{}", written.join(";")))
}

/// A bare date as the end of a timed series means the whole of that day in the zone of the start.
fn until(line: &str, value: &str, when: &When) -> Result<String, InvalidRecurrence> {
    match (when, value_of(line, value)?) {
        (When::AllDay { .. }, Value::Day(day)) => Ok(day.strftime("%Y%m%d").to_string()),
        (When::AllDay { .. }, Value::Local(time)) => Ok(time.date().strftime("%Y%m%d").to_string()),
        (When::AllDay { .. }, Value::Utc(instant)) => Ok(instant
            .to_zoned(TimeZone::UTC)
            .strftime("%Y%m%d")
            .to_string()),
        (When::Timed { start, .. }, Value::Day(day)) => Ok(utc(&LocalTime::new(
            day.at(23, 59, 59, 0),
            start.zone.clone(),
        ))),
        (When::Timed { start, .. }, Value::Local(time)) => {
            Ok(utc(&LocalTime::new(time, start.zone.clone())))
        }
        (When::Timed { .. }, Value::Utc(instant)) => {
            Ok(instant.strftime("%Y%m%dT%H%M%SZ").to_string())
        }
    }
}

fn utc(time: &LocalTime) -> String {
    time.instant().strftime("%Y%m%dT%H%M%SZ").to_string()
}

enum Value {
    Day(Date),
    Local(DateTime),
    Utc(Timestamp),
}

fn value_of(line: &str, text: &str) -> Result<Value, InvalidRecurrence> {
    let wrong = || malformed(line, format!("{text:?} is not a date or time"));
    // strptime alone would take signs, spaces and short years.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match (text.len(), digits) {
        (8, 8) => Date::strptime("%Y%m%d", text)
            .map(Value::Day)
            .map_err(|_| wrong()),
        (15, 14) => DateTime::strptime("%Y%m%dT%H%M%S", text)
            .map(Value::Local)
            .map_err(|_| wrong()),
        (16, 14) if text.ends_with('Z') => DateTime::strptime("%Y%m%dT%H%M%S", &text[..15])
            .ok()
            .and_then(|time| time.to_zoned(TimeZone::UTC).ok())
            .map(|time| Value::Utc(time.timestamp()))
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// The values of an RDATE or EXDATE line, restated in the terms of the start.
pub(super) fn dates(
    line: &str,
    parameters: &[(String, String)],
    value: &str,
    when: &When,
) -> Result<BTreeSet<SeriesDate>, InvalidRecurrence> {
    let zone = match parameters.iter().find(|(key, _)| key == "TZID") {
        Some((_, name)) => {
            Some(Zone::parse(name).map_err(|error| malformed(line, error.to_string()))?)
        }
        None => None,
    };
    let read = |text: &str| -> Result<SeriesDate, InvalidRecurrence> {
        Ok(match (when, value_of(line, text)?) {
            (When::AllDay { .. }, Value::Day(day)) => SeriesDate::Day(day),
            (When::AllDay { .. }, Value::Local(time)) => SeriesDate::Day(time.date()),
            (When::AllDay { .. }, Value::Utc(instant)) => {
                SeriesDate::Day(instant.to_zoned(TimeZone::UTC).date())
            }
            (When::Timed { start, .. }, Value::Day(day)) => {
                SeriesDate::Time(day.to_datetime(start.local.time()))
            }
            (When::Timed { start, .. }, Value::Local(time)) => {
                let zone = zone.clone().unwrap_or_else(|| start.zone.clone());
                let instant = LocalTime::new(time, zone).instant();
                SeriesDate::Time(LocalTime::at(instant, start.zone.clone()).local)
            }
            (When::Timed { start, .. }, Value::Utc(instant)) => {
                SeriesDate::Time(LocalTime::at(instant, start.zone.clone()).local)
            }
        })
    };
    value.split(',').map(|text| read(text.trim())).collect()
}

pub(super) fn dates_line(name: &str, dates: &BTreeSet<SeriesDate>, when: &When) -> String {
    let values: Vec<String> = dates
        .iter()
        .map(|date| match date {
            SeriesDate::Day(day) => day.strftime("%Y%m%d").to_string(),
            SeriesDate::Time(time) => time.strftime("%Y%m%dT%H%M%S").to_string(),
        })
        .collect();
    let values = values.join(",");
    match when {
        When::AllDay { .. } => format!("{name};VALUE=DATE:{values}"),
        When::Timed { start, .. } => format!("{name};TZID={}:{values}", start.zone),
    }
}
