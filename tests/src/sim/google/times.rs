//! Event times: a day, or a moment in a named zone.

use jiff::civil::{self, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::wire::ApiError;
use crate::sim::zones::{known_zone, resolve, zone_or_utc};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventTime {
    Day(civil::Date),
    Moment { at: Timestamp, zone: String },
}

impl EventTime {
    /// Reads `start`, `end` or `originalStartTime`; `which` names it in errors.
    pub(super) fn parse(
        value: Option<&Value>,
        which: &str,
        calendar_zone: &str,
    ) -> Result<Self, ApiError> {
        let missing = || ApiError::required(format!("Missing {which} time."));
        let fields = value.and_then(Value::as_object).ok_or_else(missing)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let zone = match text("timeZone") {
            Some(name) => known_zone(name).map(|_| name).ok_or_else(|| {
                ApiError::invalid(format!("Invalid time zone definition for {which} time."))
            })?,
            None => calendar_zone,
        };
        match (text("date"), text("dateTime")) {
            (None, None) => Err(missing()),
            (Some(_), Some(_)) => Err(ApiError::invalid(format!(
                "Invalid {which} time: date and dateTime exclude each other."
            ))),
            (Some(date), None) => date.parse().map(Self::Day).map_err(|_| {
                ApiError::invalid(format!("Invalid value for {which}.date: {date:?}."))
            }),
            (None, Some(text)) => {
                let offset_needed = !fields.contains_key("timeZone");
                let at = parse_moment(text, zone, offset_needed).ok_or_else(|| {
                    ApiError::invalid(format!(
                        "Invalid value for {which}.dateTime: {text:?} (RFC 3339; an offset is required unless timeZone is set)."
                    ))
                })?;
                let zone = zone.to_owned();
                Ok(Self::Moment { at, zone })
            }
        }
    }

    pub(super) fn is_day(&self) -> bool {
        matches!(self, Self::Day(_))
    }

    pub(super) fn same_kind(&self, other: &Self) -> bool {
        self.is_day() == other.is_day()
    }

    /// The instant that listings sort and compare by.
    pub(super) fn instant(&self, calendar_zone: &TimeZone) -> Timestamp {
        match self {
            Self::Day(day) => resolve(day.at(0, 0, 0, 0), calendar_zone),
            Self::Moment { at, .. } => *at,
        }
    }

    /// The time on the wall clock of its own zone: what recurrence rules count in.
    pub(super) fn wall_clock(&self) -> DateTime {
        match self {
            Self::Day(day) => day.at(0, 0, 0, 0),
            Self::Moment { at, zone } => at.to_zoned(zone_or_utc(zone)).datetime(),
        }
    }

    /// The same kind of time at another wall-clock time.
    pub(super) fn at_wall_clock(&self, wall: DateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(wall.date()),
            Self::Moment { zone, .. } => Self::Moment {
                at: resolve(wall, &zone_or_utc(zone)),
                zone: zone.clone(),
            },
        }
    }

    /// `later - self`, applied to another start.
    pub(super) fn shifted_end(&self, end: &Self, new_start: &Self) -> Self {
        match (self, end, new_start) {
            (Self::Day(from), Self::Day(to), Self::Day(start)) => Self::Day(*start + (*to - *from)),
            (
                Self::Moment { at: from, .. },
                Self::Moment { at: to, zone },
                Self::Moment { at, .. },
            ) => Self::Moment {
                at: *at + to.duration_since(*from),
                zone: zone.clone(),
            },
            _ => end.clone(),
        }
    }

    /// As stored, with the offset of its own zone: the form that patches are merged into.
    pub(super) fn to_own_json(&self) -> Value {
        match self {
            Self::Day(day) => json!({ "date": day.to_string() }),
            Self::Moment { zone, .. } => self.to_json(&zone_or_utc(zone)),
        }
    }

    /// As answered: with the offset of the zone that the answer is shown in, beside the event's own zone.
    pub(super) fn to_json(&self, shown_in: &TimeZone) -> Value {
        let mut shown = Map::new();
        match self {
            Self::Day(day) => {
                shown.insert("date".to_owned(), json!(day.to_string()));
            }
            Self::Moment { at, zone } => {
                shown.insert("dateTime".to_owned(), json!(with_offset(*at, shown_in)));
                shown.insert("timeZone".to_owned(), json!(zone));
            }
        }
        Value::Object(shown)
    }

    /// The part of an instance's id that names its original start.
    pub(super) fn stamp(&self) -> String {
        match self {
            Self::Day(day) => day.strftime("%Y%m%d").to_string(),
            Self::Moment { at, .. } => at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        }
    }
}

/// RFC 3339 with an offset, as `timeMin` and its like require. Fractions of a second are ignored.
pub(super) fn parse_bound(text: &str) -> Option<Timestamp> {
    text.parse().ok().and_then(whole_seconds)
}

pub(super) fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn parse_moment(text: &str, zone: &str, offset_needed: bool) -> Option<Timestamp> {
    if !text.contains('T') {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return whole_seconds(at);
    }
    if offset_needed {
        return None;
    }
    let wall: DateTime = text.parse().ok()?;
    let zone = known_zone(zone)?;
    zone.to_timestamp(wall).ok().and_then(whole_seconds)
}

fn whole_seconds(at: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second(at.as_second()).ok()
}

fn with_offset(at: Timestamp, zone: &TimeZone) -> String {
    let shown: Zoned = at.to_zoned(zone.clone());
    if shown.offset().is_zero() {
        shown.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    } else {
        shown.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}
