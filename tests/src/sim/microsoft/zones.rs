//! Time zones as Graph takes and names them: Windows names, and IANA names that have one.

use chrono_tz::Tz;
use jiff::tz::TimeZone;
use windows_timezones::WindowsTimezone;

use crate::sim::zones::zone_or_utc;

/// What stands where a legacy client stored a zone of its own making.
pub(super) const CUSTOM: &str = "tzone://Microsoft/Custom";

/// IANA names younger than the mapping's own, which Graph takes as well.
const ALIASES: &[(&str, &str)] = &[
    ("America/Argentina/Buenos_Aires", "America/Buenos_Aires"),
    ("America/Indiana/Indianapolis", "America/Indianapolis"),
    ("Asia/Ho_Chi_Minh", "Asia/Saigon"),
    ("Asia/Kathmandu", "Asia/Katmandu"),
    ("Asia/Kolkata", "Asia/Calcutta"),
    ("Asia/Yangon", "Asia/Rangoon"),
    ("Europe/Kyiv", "Europe/Kiev"),
    ("GMT", "Etc/UTC"),
    ("UTC", "Etc/UTC"),
];

/// The Windows name of what a request calls its zone; names are compared exactly.
pub(super) fn windows_name(given: &str) -> Option<&'static str> {
    if let Ok(known) = given.parse::<WindowsTimezone>() {
        return Some(known.name());
    }
    let alias = ALIASES.iter().find(|(young, _)| *young == given);
    let name = alias.map_or(given, |(_, old)| old);
    let zone: Tz = name.parse().ok()?;
    WindowsTimezone::try_from(zone)
        .ok()
        .map(WindowsTimezone::name)
}

/// The zone behind any name that [`windows_name`] knows. An IANA name keeps its own history.
pub(super) fn zone(given: &str) -> Option<TimeZone> {
    windows_name(given)?;
    let known = given.parse::<WindowsTimezone>();
    Some(zone_or_utc(known.map_or(given, |zone| zone.tzdb_id())))
}

/// Every Windows name with its IANA name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    use strum::IntoEnumIterator as _;
    WindowsTimezone::iter().map(|zone| (zone.name(), zone.tzdb_id()))
}
