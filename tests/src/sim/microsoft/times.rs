//! Times of events: `dateTimeTimeZone`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::wire::GraphError;
use super::zones;
use crate::sim::zones::{resolve, resolve_later};

/// A wall-clock time in a zone that Graph knows by this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct When {
    pub(super) wall: DateTime,
    pub(super) zone: String,
    /// The second pass of an hour that the clocks repeat; nobody can write it, but an end can come to lie there.
    #[serde(default)]
    later: bool,
}

impl When {
    /// Reads `start` or `end`, with the zone under its Windows name.
    pub(super) fn parse(value: &Value, which: &str) -> Result<Self, GraphError> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let given = text("timeZone").unwrap_or_default();
        let zone = zones::windows_name(given).ok_or_else(|| GraphError::unknown_zone(given))?;
        let wall = text("dateTime").and_then(read_wall).ok_or_else(|| {
            GraphError::invalid(format!(
                "The value of '{which}.dateTime' is not a date and time without an offset."
            ))
        })?;
        Ok(Self {
            wall,
            zone: zone.to_owned(),
            later: false,
        })
    }

    pub(super) fn time_zone(&self) -> TimeZone {
        zones::zone(&self.zone).unwrap_or(TimeZone::UTC)
    }

    pub(super) fn instant(&self) -> Timestamp {
        let zone = self.time_zone();
        if self.later {
            return resolve_later(self.wall, &zone);
        }
        resolve(self.wall, &zone)
    }

    pub(super) fn is_midnight(&self) -> bool {
        self.wall.time() == jiff::civil::Time::midnight()
    }

    /// The same zone, another time of the wall clock.
    pub(super) fn at(&self, wall: DateTime) -> Self {
        Self {
            wall,
            zone: self.zone.clone(),
            later: false,
        }
    }

    /// The end of an occurrence that starts at `start`, where the series has `self` to `end`.
    pub(super) fn end_from(&self, end: &Self, start: &Self, all_day: bool) -> Self {
        if all_day {
            let days = end.wall - self.wall;
            return end.at(start.wall.saturating_add(days));
        }
        let at = start.instant() + end.instant().duration_since(self.instant());
        let end = end.at(at.to_zoned(end.time_zone()).datetime());
        let later = end.instant() != at;
        Self { later, ..end }
    }

    /// An all-day time is the midnight of its day in whatever zone it is looked at from.
    pub(super) fn show(&self, shown_in: &ShownZone, all_day: bool) -> Value {
        let wall = if all_day {
            self.wall
        } else {
            self.instant().to_zoned(shown_in.zone.clone()).datetime()
        };
        json!({ "dateTime": seven_digits(wall), "timeZone": shown_in.name })
    }

    /// Where the day begins for comparisons with a window: an all-day event's day is the window's own.
    pub(super) fn compared(&self, all_day: bool) -> Timestamp {
        if all_day {
            resolve(self.wall, &TimeZone::UTC)
        } else {
            self.instant()
        }
    }
}

/// The zone that an answer shows its times in.
#[derive(Clone, Debug)]
pub(super) struct ShownZone {
    pub(super) name: String,
    pub(super) zone: TimeZone,
}

impl ShownZone {
    pub(super) fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }
}

pub(super) fn seven_digits(wall: DateTime) -> String {
    wall.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string()
}

/// As time stamps stand in answers.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f0000Z").to_string()
}

/// A bound of a window: an offset counts, without one it is UTC.
pub(super) fn read_bound(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let wall: DateTime = text.parse().ok()?;
    Some(resolve(wall, &TimeZone::UTC))
}

/// A moment with an offset, as `expirationDateTime` is.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn read_wall(text: &str) -> Option<DateTime> {
    let offset =
        text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    if offset || !text.contains('T') {
        return None;
    }
    let wall: DateTime = text.parse().ok()?;
    wall.with().subsec_nanosecond(0).build().ok()
}
