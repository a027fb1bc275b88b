//! `patternedRecurrence`: read strictly, answered as Graph words it, and expanded.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use rrule::RRuleSet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::times::When;
use super::wire::GraphError;
use super::zones;
use crate::sim::expansion::{expand, rule_set, stamp};

const DAYS: [(&str, &str); 7] = [
    ("sunday", "SU"),
    ("monday", "MO"),
    ("tuesday", "TU"),
    ("wednesday", "WE"),
    ("thursday", "TH"),
    ("friday", "FR"),
    ("saturday", "SA"),
];

const INDICES: [(&str, i8); 5] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("last", -1),
];

const KINDS: [&str; 6] = [
    "daily",
    "weekly",
    "absoluteMonthly",
    "relativeMonthly",
    "absoluteYearly",
    "relativeYearly",
];

/// Limits that the documents do not settle; these are Exchange's.
const INTERVAL_MAX: u64 = 999;
const OCCURRENCES_MAX: u64 = 999;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recurrence {
    kind: String,
    interval: u64,
    month: u64,
    day_of_month: u64,
    days: Vec<String>,
    first_day: String,
    index: String,
    start: Date,
    zone: String,
    end: End,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Never,
    After(u64),
    /// With this day.
    On(Date),
}

impl Recurrence {
    /// Reads a recurrence of an event that starts at `start`. Fields that the pattern's type ignores are read too.
    pub(super) fn parse(value: &Value, start: &When) -> Result<Self, GraphError> {
        let pattern = &value["pattern"];
        let range = &value["range"];
        let kind = required(
            choice(&pattern["type"], "pattern.type", &KINDS)?,
            "pattern.type",
        )?;
        let zone = match range["recurrenceTimeZone"].as_str() {
            None | Some("") => start.zone.clone(),
            Some(name) => zones::windows_name(name)
                .ok_or_else(|| GraphError::unknown_zone(name))?
                .to_owned(),
        };
        let days = DAYS.map(|(name, _)| name);
        let recurrence = Self {
            interval: number(&pattern["interval"], "interval", 1, INTERVAL_MAX)?.unwrap_or(1),
            month: number(&pattern["month"], "month", 0, 12)?.unwrap_or(0),
            day_of_month: number(&pattern["dayOfMonth"], "dayOfMonth", 0, 31)?.unwrap_or(0),
            days: read_days(&pattern["daysOfWeek"])?,
            first_day: choice(&pattern["firstDayOfWeek"], "firstDayOfWeek", &days)?
                .unwrap_or_else(|| "sunday".to_owned()),
            index: choice(&pattern["index"], "index", &INDICES.map(|(name, _)| name))?
                .unwrap_or_else(|| "first".to_owned()),
            start: required(date(&range["startDate"], "startDate")?, "range.startDate")?,
            end: read_end(range)?,
            kind,
            zone,
        };
        if pattern["interval"].is_null() {
            return Err(wrong("pattern.interval is missing"));
        }
        recurrence.check(start)?;
        Ok(recurrence)
    }

    fn check(&self, start: &When) -> Result<(), GraphError> {
        let needs_days = matches!(
            self.kind.as_str(),
            "weekly" | "relativeMonthly" | "relativeYearly"
        );
        let needs_day = matches!(self.kind.as_str(), "absoluteMonthly" | "absoluteYearly");
        let needs_month = matches!(self.kind.as_str(), "absoluteYearly" | "relativeYearly");
        if needs_days && self.days.is_empty() {
            return Err(wrong("pattern.daysOfWeek is missing"));
        }
        if needs_day && self.day_of_month == 0 {
            return Err(wrong("pattern.dayOfMonth is missing"));
        }
        if needs_month && self.month == 0 {
            return Err(wrong("pattern.month is missing"));
        }
        if self.start != start.wall.date() {
            return Err(wrong(
                "range.startDate must be the date of the event's start property",
            ));
        }
        if matches!(self.end, End::On(end) if end < self.start) {
            return Err(wrong("range.endDate lies before range.startDate"));
        }
        Ok(())
    }

    /// The starts up to and with `last`. A start that the pattern does not produce is none.
    pub(super) fn starts(&self, start: &When, last: DateTime) -> BTreeSet<DateTime> {
        expand(&self.rules(start), last)
    }

    /// The first start that the pattern produces.
    pub(super) fn first(&self, start: &When) -> Result<DateTime, GraphError> {
        let rules = self.rules(start);
        let within = |years: i32| {
            let last = start.wall.saturating_add(jiff::Span::new().years(years));
            expand(&rules, last).first().copied()
        };
        let first = within(1).or_else(|| within(100));
        first.ok_or_else(|| {
            GraphError::new(
                400,
                "ErrorRecurrenceHasNoOccurrence",
                "The recurrence has no occurrence.",
            )
        })
    }

    /// The same pattern from the date on that its first occurrence really has.
    pub(super) fn starting(mut self, date: Date) -> Self {
        self.start = date;
        self
    }

    /// Whether both produce the same starts as far as both go.
    pub(super) fn same_pattern(&self, other: &Self) -> bool {
        let unbounded = |of: &Self| Self {
            end: End::Never,
            ..of.clone()
        };
        unbounded(self) == unbounded(other)
    }

    fn rules(&self, start: &When) -> RRuleSet {
        rule_set(&[self.rule()], start.wall).expect("a checked pattern is a rule")
    }

    /// The pattern as an RFC 5545 rule over wall-clock times.
    fn rule(&self) -> String {
        let days: Vec<&str> = DAYS
            .iter()
            .filter(|(name, _)| self.days.iter().any(|day| day == name))
            .map(|(_, short)| *short)
            .collect();
        let days = days.join(",");
        let index = INDICES.iter().find(|(name, _)| *name == self.index);
        let index = index.map_or(1, |(_, number)| *number);
        let first_day = DAYS.iter().find(|(name, _)| *name == self.first_day);
        let week_start = first_day.map_or("SU", |(_, short)| *short);
        let month = self.month;
        let by = match self.kind.as_str() {
            "daily" => "FREQ=DAILY".to_owned(),
            "weekly" => format!("FREQ=WEEKLY;BYDAY={days};WKST={week_start}"),
            "absoluteMonthly" => format!("FREQ=MONTHLY;{}", self.month_day()),
            "relativeMonthly" => format!("FREQ=MONTHLY;BYDAY={days};BYSETPOS={index}"),
            "absoluteYearly" => format!("FREQ=YEARLY;BYMONTH={month};{}", self.month_day()),
            _ => format!("FREQ=YEARLY;BYMONTH={month};BYDAY={days};BYSETPOS={index}"),
        };
        let end = match self.end {
            End::Never => String::new(),
            End::After(count) => format!(";COUNT={count}"),
            End::On(date) => format!(";UNTIL={}", stamp(date.at(23, 59, 59, 0))),
        };
        format!("RRULE:{by};INTERVAL={}{end}", self.interval)
    }

    /// A day that a month lacks is its last one, as in Outlook; a rule by itself would skip the month.
    fn month_day(&self) -> String {
        let day = self.day_of_month;
        if day <= 28 {
            return format!("BYMONTHDAY={day}");
        }
        let days: Vec<String> = (28..=day).map(|day| day.to_string()).collect();
        format!("BYMONTHDAY={};BYSETPOS=-1", days.join(","))
    }

    /// As answered: what a type does not use is there at its zero.
    pub(super) fn show(&self) -> Value {
        let mut pattern = json!({
            "type": self.kind,
            "interval": self.interval,
            "month": self.month,
            "dayOfMonth": self.day_of_month,
            "firstDayOfWeek": self.first_day,
            "index": self.index,
        });
        if !self.days.is_empty() {
            pattern["daysOfWeek"] = json!(self.days);
        }
        let (kind, end, count) = match self.end {
            End::Never => ("noEnd", "0001-01-01".to_owned(), 0),
            End::After(count) => ("numbered", "0001-01-01".to_owned(), count),
            End::On(date) => ("endDate", date.to_string(), 0),
        };
        json!({
            "pattern": pattern,
            "range": {
                "type": kind,
                "startDate": self.start.to_string(),
                "endDate": end,
                "recurrenceTimeZone": self.zone,
                "numberOfOccurrences": count,
            },
        })
    }
}

fn read_days(value: &Value) -> Result<Vec<String>, GraphError> {
    let names = DAYS.map(|(name, _)| name);
    let given = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut days = Vec::new();
    for day in given {
        let day = required(choice(day, "daysOfWeek", &names)?, "pattern.daysOfWeek")?;
        if !days.contains(&day) {
            days.push(day);
        }
    }
    Ok(days)
}

fn read_end(range: &Value) -> Result<End, GraphError> {
    let kinds = ["endDate", "noEnd", "numbered"];
    let kind = required(choice(&range["type"], "range.type", &kinds)?, "range.type")?;
    let count = number(
        &range["numberOfOccurrences"],
        "numberOfOccurrences",
        0,
        OCCURRENCES_MAX,
    )?;
    let until = date(&range["endDate"], "endDate")?;
    match kind.as_str() {
        "noEnd" => Ok(End::Never),
        "numbered" => match count {
            None | Some(0) => Err(wrong("range.numberOfOccurrences is missing")),
            Some(count) => Ok(End::After(count)),
        },
        _ => Ok(End::On(required(until, "range.endDate")?)),
    }
}

/// One of `known`, which Graph compares without regard to case.
fn choice(value: &Value, name: &str, known: &[&str]) -> Result<Option<String>, GraphError> {
    let Some(given) = value.as_str() else {
        return Ok(None);
    };
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(given));
    match found {
        Some(known) => Ok(Some((*known).to_owned())),
        None => Err(wrong(&format!("{name} is {given:?}, not one of {known:?}"))),
    }
}

fn number(value: &Value, name: &str, least: u64, most: u64) -> Result<Option<u64>, GraphError> {
    if value.is_null() {
        return Ok(None);
    }
    match value.as_u64() {
        Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(wrong(&format!(
            "{name} must lie between {least} and {most}"
        ))),
    }
}

fn date(value: &Value, name: &str) -> Result<Option<Date>, GraphError> {
    match value.as_str() {
        None | Some("0001-01-01") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| wrong(&format!("{name} is {text:?}, not a date"))),
    }
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, GraphError> {
    value.ok_or_else(|| wrong(&format!("{name} is missing")))
}

fn wrong(why: &str) -> GraphError {
    GraphError::unfit(format!("Property 'Recurrence' is not valid: {why}."))
}
