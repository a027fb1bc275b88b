//! Time zones by their IANA names, and wall-clock times in them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A zone by exactly the name that the IANA database gives it.
pub(super) fn known_zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// Zones were checked when they were stored.
pub(super) fn zone_or_utc(name: &str) -> TimeZone {
    known_zone(name).unwrap_or(TimeZone::UTC)
}

/// A wall-clock time in a gap moves forward by the gap, one in a fold is its first: as both providers do.
pub(super) fn resolve(wall: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(wall)
        .expect("event times lie far inside the calendar's range")
}

/// The same, but the second pass of one in a fold.
pub(super) fn resolve_later(wall: DateTime, zone: &TimeZone) -> Timestamp {
    let later = zone.to_ambiguous_timestamp(wall).later();
    later.expect("event times lie far inside the calendar's range")
}
