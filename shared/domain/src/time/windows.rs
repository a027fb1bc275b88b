//! Windows names of time zones and the names of IANA: some calendars know only the former, and some write them into files.

use jiff::{SignedDuration, Timestamp};

use super::Zone;

/// A Windows name, the zone that it means where nothing else is known, and all others that Windows keeps under it.
const TABLE: &str = include_str!("windows.tsv");

fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        let (windows, first) = (columns.next()?, columns.next()?);
        Some((windows, first, columns.next().unwrap_or_default()))
    })
}

/// The zone that Windows means by `name`, in either spelling. Absent for what nobody can know, such as a zone that
/// somebody's old Outlook made up.
pub fn zone(name: &str) -> Option<Zone> {
    let found = lines().find(|(windows, ..)| windows.eq_ignore_ascii_case(name));
    match found {
        None => Zone::parse(name).ok(),
        Some(("UTC", ..)) => Some(Zone::utc()),
        Some((_, first, _)) => Zone::parse(first).ok(),
    }
}

/// The zones that Windows names first, each a place that keeps its time.
pub fn places() -> impl Iterator<Item = Zone> {
    lines().filter_map(|(_, first, _)| Zone::parse(first).ok())
}

/// What Windows calls the zone; absent for the few that it does not have, and for those that keep other time from `from`
/// on than their name means: a place may leave its zone faster than tables follow.
pub fn name(zone: &Zone, from: Timestamp) -> Option<&'static str> {
    let has = |(_, first, others): &(&str, &str, &str)| {
        *first == zone.name() || others.split(' ').any(|name| name == zone.name())
    };
    let (windows, first, _) = lines().find(has)?;
    let meant = Zone::parse(first).ok()?;
    same_time(zone, &meant, from).then_some(windows)
}

/// Looked at once in ten days for three years: no clock is changed for less.
fn same_time(one: &Zone, other: &Zone, from: Timestamp) -> bool {
    let (one, other) = (one.time_zone(), other.time_zone());
    (0..110).all(|step| {
        let at = from.saturating_add(SignedDuration::from_hours(240 * step));
        at.is_ok_and(|at| one.to_offset(at) == other.to_offset(at))
    })
}
