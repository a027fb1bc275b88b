//! When something happens, in the terms its author used: local time and zone, or whole days.

pub mod windows;

use std::fmt;

use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of an IANA time zone that the bundled database knows, as the database spells it.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "iana-time-zone", "examples" = ["Europe/Berlin"]))]
pub struct Zone(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {0:?}: use an IANA name such as Europe/Berlin")]
pub struct UnknownZone(pub String);

impl Zone {
    pub fn utc() -> Self {
        Self("UTC".into())
    }

    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(name).map_err(|_| UnknownZone(name.into()))?;
        zone.iana_name()
            .map(|name| Self(name.into()))
            .ok_or_else(|| UnknownZone(name.into()))
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    /// Every zone that is named after a place, and UTC; the rest are old spellings of these.
    pub fn places() -> impl Iterator<Item = String> {
        const CONTINENTS: [&str; 10] = [
            "Africa",
            "America",
            "Antarctica",
            "Arctic",
            "Asia",
            "Atlantic",
            "Australia",
            "Europe",
            "Indian",
            "Pacific",
        ];
        let names = jiff::tz::db().available().map(|name| name.to_string());
        names.filter(|name| {
            let place = name.split_once('/');
            name == "UTC" || place.is_some_and(|(first, _)| CONTINENTS.contains(&first))
        })
    }

    /// The zone whose place was typed without its continent: Europe/Berlin for "Berlin".
    pub fn of_place(typed: &str) -> Option<String> {
        let place = typed.trim().replace(' ', "_");
        Self::places().find(|name| {
            let last = name.rsplit('/').next().unwrap_or_default();
            last.eq_ignore_ascii_case(&place)
        })
    }

    pub fn time_zone(&self) -> TimeZone {
        // Only names that the same bundled database answered for are ever constructed.
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A wall-clock time in a zone, in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalTime {
    /// Without an offset; seconds may be left out.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$"))]
    pub local: DateTime,
    pub zone: Zone,
    /// The second pass of an hour that the clock repeats when summer time ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fold: bool,
}

impl LocalTime {
    pub fn new(local: DateTime, zone: Zone) -> Self {
        Self {
            local: whole_seconds(local),
            zone,
            fold: false,
        }
    }

    /// The wall clock that `zone` shows at `instant`.
    pub fn at(instant: Timestamp, zone: Zone) -> Self {
        let shown = instant.to_zoned(zone.time_zone());
        let local = whole_seconds(shown.datetime());
        let first = zone.time_zone().to_ambiguous_zoned(shown.datetime());
        let fold = first
            .compatible()
            .is_ok_and(|earlier| earlier.offset() != shown.offset());
        Self { local, zone, fold }
    }

    /// The instant meant. A time that the clock skips is moved past the gap, as both providers do.
    pub fn zoned(&self) -> Zoned {
        let ambiguous = self.zone.time_zone().to_ambiguous_zoned(self.local);
        let resolved = if self.fold {
            ambiguous.later()
        } else {
            ambiguous.compatible()
        };
        resolved.unwrap_or_else(|_| Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC))
    }

    pub fn instant(&self) -> Timestamp {
        self.zoned().timestamp()
    }
}

fn whole_seconds(local: DateTime) -> DateTime {
    local.with().subsec_nanosecond(0).build().unwrap_or(local)
}

/// One end of a span as the API writes it: `{"local","zone"}` or `{"date"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Moment {
    Timed(LocalTime),
    AllDay(DayOnly),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayOnly {
    pub date: Date,
}

/// A span of time: two wall-clock times, or whole days with an exclusive end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "MomentPair", into = "MomentPair")]
pub enum When {
    Timed { start: LocalTime, end: LocalTime },
    AllDay { start: Date, end: Date },
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct MomentPair {
    start: Moment,
    end: Moment,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    #[error("start and end must both have a time, or both be dates")]
    Mixed,
    #[error("the end is before the start")]
    EndsBeforeStart,
    #[error("an all-day end is exclusive and must be after the start")]
    NoDays,
    #[error("the year must lie between 1900 and 2200")]
    OutOfRange,
}

/// Years beyond these are typing errors in every calendar we know, and overflow someone's arithmetic.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

impl When {
    pub fn new(start: Moment, end: Moment) -> Result<Self, InvalidSpan> {
        match (start, end) {
            (Moment::Timed(start), Moment::Timed(end)) => {
                let years = [start.local.year(), end.local.year()];
                if !years.iter().all(|year| YEARS.contains(year)) {
                    return Err(InvalidSpan::OutOfRange);
                }
                if end.instant() < start.instant() {
                    return Err(InvalidSpan::EndsBeforeStart);
                }
                Ok(Self::Timed { start, end })
            }
            (Moment::AllDay(start), Moment::AllDay(end)) => {
                let (start, end) = (start.date, end.date);
                if !YEARS.contains(&start.year()) || !YEARS.contains(&end.year()) {
                    return Err(InvalidSpan::OutOfRange);
                }
                if end <= start {
                    return Err(InvalidSpan::NoDays);
                }
                Ok(Self::AllDay { start, end })
            }
            (Moment::Timed(_), Moment::AllDay(_)) | (Moment::AllDay(_), Moment::Timed(_)) => {
                Err(InvalidSpan::Mixed)
            }
        }
    }

    pub fn moments(&self) -> (Moment, Moment) {
        match self {
            Self::Timed { start, end } => {
                (Moment::Timed(start.clone()), Moment::Timed(end.clone()))
            }
            Self::AllDay { start, end } => (
                Moment::AllDay(DayOnly { date: *start }),
                Moment::AllDay(DayOnly { date: *end }),
            ),
        }
    }

    pub fn is_all_day(&self) -> bool {
        matches!(self, Self::AllDay { .. })
    }

    /// The instants covered, with whole days taken as days of `zone`.
    pub fn bounds(&self, zone: &Zone) -> (Timestamp, Timestamp) {
        match self {
            Self::Timed { start, end } => (start.instant(), end.instant()),
            Self::AllDay { start, end } => (day_start(*start, zone), day_start(*end, zone)),
        }
    }

    /// Whether any of it lies within `from..to` (exclusive end), with whole days taken as days of `zone`.
    pub fn touches(&self, from: Timestamp, to: Timestamp, zone: &Zone) -> bool {
        let (start, end) = self.bounds(zone);
        start < to && (end > from || (start == end && start >= from))
    }

    /// The day on which it starts, where it takes place.
    pub fn first_day(&self) -> Date {
        match self {
            Self::Timed { start, .. } => start.local.date(),
            Self::AllDay { start, .. } => *start,
        }
    }

    /// The widest instants that whole days can mean anywhere on Earth; exact for timed spans.
    pub fn widest_bounds(&self) -> (Timestamp, Timestamp) {
        match self {
            Self::Timed { start, end } => (start.instant(), end.instant()),
            Self::AllDay { start, end } => {
                let (start, end) = (
                    day_start(*start, &Zone::utc()),
                    day_start(*end, &Zone::utc()),
                );
                (start - 14.hours(), end + 12.hours())
            }
        }
    }

    /// The same span, starting at another moment of the same kind.
    #[must_use]
    pub fn moved_to(&self, start: &Moment) -> Self {
        match (self, start) {
            (Self::Timed { start: old, end }, Moment::Timed(new)) => {
                let length = end.instant().duration_since(old.instant());
                let end = LocalTime::at(new.instant() + length, end.zone.clone());
                Self::Timed {
                    start: new.clone(),
                    end,
                }
            }
            (Self::AllDay { start: old, end }, Moment::AllDay(new)) => {
                let days = old.until(*end).map_or(1, |span| i64::from(span.get_days()));
                Self::AllDay {
                    start: new.date,
                    end: new.date.saturating_add(days.days()),
                }
            }
            (Self::Timed { .. }, Moment::AllDay(_)) | (Self::AllDay { .. }, Moment::Timed(_)) => {
                self.clone()
            }
        }
    }
}

fn day_start(date: Date, zone: &Zone) -> Timestamp {
    LocalTime::new(date.at(0, 0, 0, 0), zone.clone()).instant()
}

impl TryFrom<MomentPair> for When {
    type Error = InvalidSpan;

    fn try_from(pair: MomentPair) -> Result<Self, InvalidSpan> {
        Self::new(pair.start, pair.end)
    }
}

impl From<When> for MomentPair {
    fn from(when: When) -> Self {
        let (start, end) = when.moments();
        Self { start, end }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn berlin(local: DateTime) -> LocalTime {
        LocalTime::new(local, Zone::parse("Europe/Berlin").unwrap())
    }

    #[test]
    fn both_passes_of_a_repeated_hour_are_told_apart() {
        let first: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
        let second: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
        let zone = Zone::parse("Europe/Berlin").unwrap();

        let (earlier, later) = (
            LocalTime::at(first, zone.clone()),
            LocalTime::at(second, zone),
        );

        assert_eq!(earlier.local, later.local);
        assert_eq!((earlier.instant(), later.instant()), (first, second));
    }

    #[test]
    fn a_skipped_time_is_moved_past_the_gap() {
        let skipped = berlin(date(2026, 3, 29).at(2, 30, 0, 0));

        assert_eq!(skipped.instant(), "2026-03-29T01:30:00Z".parse().unwrap());
    }

    #[test]
    fn a_span_of_a_date_and_a_time_is_refused() {
        let json =
            r#"{"start":{"date":"2026-01-01"},"end":{"local":"2026-01-02T10:00:00","zone":"UTC"}}"#;

        let error = serde_json::from_str::<When>(json).unwrap_err().to_string();

        assert!(error.contains("both be dates"), "{error}");
    }

    #[test]
    fn an_all_day_span_needs_an_exclusive_end() {
        let json = r#"{"start":{"date":"2026-01-01"},"end":{"date":"2026-01-01"}}"#;

        assert!(serde_json::from_str::<When>(json).is_err());
    }

    #[test]
    fn a_zone_is_named_as_the_database_names_it() {
        assert_eq!(
            Zone::parse("europe/berlin").unwrap().name(),
            "Europe/Berlin"
        );
        assert_eq!(
            Zone::parse("Mars/Olympus"),
            Err(UnknownZone("Mars/Olympus".into()))
        );
    }
}
