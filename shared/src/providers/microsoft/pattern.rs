//! Microsoft's recurrence patterns, in their own terms. Every pattern is a rule of ours; not every rule is a pattern.

mod from_rule;
mod to_rule;

pub use from_rule::NotAPattern;

use domain::failure::Refusal;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// How a series repeats, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Every so many days, weeks, months or years.
    pub interval: u32,
    pub days: Days,
    pub ends: Ends,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    Daily,
    Weekly {
        days: Vec<Weekday>,
        /// Which weeks count as the same one, where only every other counts.
        first: Weekday,
    },
    /// The last day of the month where the month is too short.
    MonthDay(i8),
    MonthWeekday(Index, Vec<Weekday>),
    YearDay {
        month: i8,
        day: i8,
    },
    YearWeekday {
        month: i8,
        index: Index,
        days: Vec<Weekday>,
    },
}

/// Which of the days in a month that are one of the weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Never,
    After(u32),
    /// On that day it may still take place.
    On(Date),
}

/// The pattern as Microsoft writes it: what a kind of pattern does not use may stand there all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PatternedRecurrence {
    pub pattern: WirePattern,
    pub range: WireRange,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WirePattern {
    pub r#type: String,
    pub interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub month: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub day_of_month: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days_of_week: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day_of_week: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireRange {
    pub r#type: String,
    pub start_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_time_zone: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub number_of_occurrences: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

const WEEKDAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "monday", "MO"),
    (Weekday::Tuesday, "tuesday", "TU"),
    (Weekday::Wednesday, "wednesday", "WE"),
    (Weekday::Thursday, "thursday", "TH"),
    (Weekday::Friday, "friday", "FR"),
    (Weekday::Saturday, "saturday", "SA"),
    (Weekday::Sunday, "sunday", "SU"),
];

/// Graph's own where nothing else is said.
const FIRST_DAY: Weekday = Weekday::Sunday;

const INDICES: [(Index, &str, i8); 5] = [
    (Index::First, "first", 1),
    (Index::Second, "second", 2),
    (Index::Third, "third", 3),
    (Index::Fourth, "fourth", 4),
    (Index::Last, "last", -1),
];

fn weekday(name: &str) -> Option<Weekday> {
    let named = |(_, known, _): &&(Weekday, &str, &str)| known.eq_ignore_ascii_case(name);
    WEEKDAYS.iter().find(named).map(|(day, ..)| *day)
}

fn in_order(mut days: Vec<Weekday>) -> Vec<Weekday> {
    days.sort_by_key(|day| day.to_monday_zero_offset());
    days.dedup();
    days
}

/// Days that every such month has; Outlook takes the last day where a later one is asked for and missing.
const fn days_always(month: i8) -> i8 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Pattern {
    pub fn read(wire: &PatternedRecurrence) -> Result<Self, Refusal> {
        let PatternedRecurrence { pattern, range } = wire;
        let refused = |detail: String| Refusal::Recurrence { detail };
        let interval = u32::try_from(pattern.interval.max(1))
            .map_err(|_| refused(format!("an interval of {}", pattern.interval)))?;
        let weekdays = || {
            let days: Option<Vec<Weekday>> = pattern
                .days_of_week
                .iter()
                .map(|day| weekday(day))
                .collect();
            let days = days.filter(|days| !days.is_empty()).map(in_order);
            days.ok_or_else(|| refused(format!("the weekdays {:?}", pattern.days_of_week)))
        };
        let index = || {
            let name = pattern.index.as_deref().unwrap_or("first");
            let found = INDICES
                .iter()
                .find(|(_, known, _)| known.eq_ignore_ascii_case(name));
            found
                .map(|(index, ..)| *index)
                .ok_or_else(|| refused(format!("the index {name:?}")))
        };
        let within = |number: i64, most: i8, what: &str| {
            let number = i8::try_from(number)
                .ok()
                .filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| refused(format!("no {what} from 1 to {most}")))
        };
        let month = || within(pattern.month, 12, "month");
        let day = || within(pattern.day_of_month, 31, "day of the month");
        let kind = pattern.r#type.to_ascii_lowercase();
        let days = match kind.as_str() {
            "daily" => Days::Daily,
            "weekly" => {
                let first = pattern.first_day_of_week.as_deref().and_then(weekday);
                Days::Weekly {
                    days: weekdays()?,
                    first: first.unwrap_or(FIRST_DAY),
                }
            }
            "absolutemonthly" => Days::MonthDay(day()?),
            "relativemonthly" => Days::MonthWeekday(index()?, weekdays()?),
            "absoluteyearly" => Days::YearDay {
                month: month()?,
                day: day()?,
            },
            "relativeyearly" => Days::YearWeekday {
                month: month()?,
                index: index()?,
                days: weekdays()?,
            },
            _ => return Err(refused(format!("the pattern {:?}", pattern.r#type))),
        };
        Ok(Self {
            interval,
            days,
            ends: Ends::read(range)?,
        })
    }

    /// As Microsoft takes it, for a series that begins on `start` and repeats by the clock of `zone`.
    pub fn wire(&self, start: Date, zone: &str) -> PatternedRecurrence {
        let mut pattern = WirePattern {
            interval: self.interval.into(),
            ..WirePattern::default()
        };
        let names = |days: &[Weekday]| days.iter().map(|day| name(*day).to_owned()).collect();
        let index_name = |index: Index| {
            INDICES
                .iter()
                .find(|(known, ..)| *known == index)
                .map(|(_, name, _)| (*name).to_owned())
        };
        let kind = match &self.days {
            Days::Daily => "daily",
            Days::Weekly { days, first } => {
                pattern.days_of_week = names(days);
                pattern.first_day_of_week = Some(name(*first).to_owned());
                "weekly"
            }
            Days::MonthDay(day) => {
                pattern.day_of_month = (*day).into();
                "absoluteMonthly"
            }
            Days::MonthWeekday(index, days) => {
                pattern.index = index_name(*index);
                pattern.days_of_week = names(days);
                "relativeMonthly"
            }
            Days::YearDay { month, day } => {
                pattern.month = (*month).into();
                pattern.day_of_month = (*day).into();
                "absoluteYearly"
            }
            Days::YearWeekday { month, index, days } => {
                pattern.month = (*month).into();
                pattern.index = index_name(*index);
                pattern.days_of_week = names(days);
                "relativeYearly"
            }
        };
        kind.clone_into(&mut pattern.r#type);
        PatternedRecurrence {
            pattern,
            range: self.ends.wire(start, zone),
        }
    }
}

fn name(day: Weekday) -> &'static str {
    WEEKDAYS[usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)].1
}

fn code(day: Weekday) -> &'static str {
    WEEKDAYS[usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)].2
}

impl Ends {
    fn read(range: &WireRange) -> Result<Self, Refusal> {
        let refused = |detail: String| Refusal::Recurrence { detail };
        match range.r#type.to_ascii_lowercase().as_str() {
            "noend" => Ok(Self::Never),
            "numbered" => match u32::try_from(range.number_of_occurrences) {
                Ok(count) if count > 0 => Ok(Self::After(count)),
                Ok(_) | Err(_) => Err(refused("an end after no occurrence at all".into())),
            },
            "enddate" => {
                let date = range.end_date.as_deref().and_then(|date| date.parse().ok());
                date.map(Self::On)
                    .ok_or_else(|| refused("an end date that is none".into()))
            }
            _ => Err(refused(format!("the range {:?}", range.r#type))),
        }
    }

    fn wire(self, start: Date, zone: &str) -> WireRange {
        let range = WireRange {
            start_date: start.to_string(),
            recurrence_time_zone: Some(zone.to_owned()),
            ..WireRange::default()
        };
        match self {
            Self::Never => WireRange {
                r#type: "noEnd".into(),
                ..range
            },
            Self::After(count) => WireRange {
                r#type: "numbered".into(),
                number_of_occurrences: count.into(),
                ..range
            },
            Self::On(date) => WireRange {
                r#type: "endDate".into(),
                end_date: Some(date.to_string()),
                ..range
            },
        }
    }
}
