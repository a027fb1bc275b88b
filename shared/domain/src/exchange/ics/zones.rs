//! Which zone a calendar means by a name: one of IANA's, one of Windows', or one that it describes itself.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp,
    tz::{Offset, TimeZone},
};

use super::{
    parts::Part,
    rules,
    values::{Written, short, written},
};
use crate::time::{Zone, windows};

/// More zones than a calendar describes itself and no list knows.
const OWN_MAX: usize = 20;

/// The zones of one calendar, by what it calls them.
#[derive(Debug, Default)]
pub(super) struct Zones(BTreeMap<String, Zone>);

impl Zones {
    /// `home` is where the calendar says that it is.
    pub(super) fn of(zones: &[Part], events: &[Part], home: Option<&Zone>) -> Self {
        let mut known = BTreeMap::new();
        let mut own = 0;
        for part in zones {
            let Some(name) = part.get("TZID").map(|line| line.value().trim()) else {
                continue;
            };
            let place = part.get("X-LIC-LOCATION");
            let named = by_name(name).or_else(|| by_name(place?.value()));
            let zone = named.or_else(|| {
                own += 1;
                let since = first_use(name, events).filter(|_| own <= OWN_MAX)?;
                by_its_clock(part, since, home)
            });
            known.extend(zone.map(|zone| (name.to_owned(), zone)));
        }
        Self(known)
    }

    pub(super) fn get(&self, name: &str) -> Result<Zone, String> {
        let known = self.0.get(name.trim()).cloned();
        known.or_else(|| by_name(name)).ok_or_else(|| {
            format!(
                "{:?} is no time zone that is known, and keeps the time of no place",
                short(name)
            )
        })
    }
}

/// Some put who wrote the zone before its name: `/example.org/20250101/Europe/Berlin`.
pub(super) fn by_name(name: &str) -> Option<Zone> {
    let name = name.trim();
    if let Some(zone) = windows::zone(name) {
        return Some(zone);
    }
    let path = name.strip_prefix('/')?;
    let mut rests = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    rests.find_map(|rest| Zone::parse(rest).ok())
}

/// When the first event of the zone is.
fn first_use(name: &str, events: &[Part]) -> Option<Timestamp> {
    let starts = events.iter().filter_map(|event| event.get("DTSTART"));
    let of_zone = starts.filter(|line| line.parameter("TZID") == Some(name));
    let locals = of_zone.filter_map(|line| match written(line.value())? {
        Written::Local(local) => Some(local),
        Written::Day(_) | Written::Utc(_) => None,
    });
    let first = locals.min()?;
    Some(first.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A place whose clock shows what the calendar describes, for three years: no rule takes longer to show itself.
fn by_its_clock(part: &Part, since: Timestamp, home: Option<&Zone>) -> Option<Zone> {
    let mut times: Vec<Timestamp> = (0..110)
        .map_while(|step| {
            since
                .checked_add(SignedDuration::from_hours(240 * step))
                .ok()
        })
        .collect();
    let until = *times.last()?;
    let onsets = rules::onsets(part, until)?;
    times.extend(rules::around(&onsets, since));
    let wanted = rules::offsets_at(&onsets, &times)?;
    let first = *wanted.first()?;
    let fixed = wanted
        .iter()
        .all(|one| *one == first)
        .then(|| without_changes(first));
    let places = Zone::places().filter_map(|name| Zone::parse(&name).ok());
    let mut candidates = home
        .cloned()
        .into_iter()
        .chain(fixed.flatten())
        .chain(windows::places())
        .chain(places);
    candidates.find(|zone| {
        let clock = zone.time_zone();
        let shown = times.iter().map(|at| clock.to_offset(*at));
        shown.eq(wanted.iter().copied())
    })
}

/// The zone of whole hours that never changes its clock. Its name counts westwards.
fn without_changes(offset: Offset) -> Option<Zone> {
    let hours = offset.seconds() / 3_600;
    let name = match hours {
        _ if offset.seconds() % 3_600 != 0 => return None,
        0 => "UTC".to_owned(),
        hours => format!("Etc/GMT{:+}", -hours),
    };
    Zone::parse(&name).ok()
}
