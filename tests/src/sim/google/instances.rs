//! Series and their instances.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::event::{Event, Occurrence, Status};
use super::recurrence::Recurrence;
use super::state::Calendar;
use super::times::EventTime;
use crate::sim::zones::{resolve, zone_or_utc};

/// The id of the instance of `series` that the rule starts at `original`. Undocumented, but seen everywhere.
pub(super) fn instance_id(series: &str, original: &EventTime) -> String {
    format!("{series}_{}", original.stamp())
}

/// An event by its id: stored, or an instance that the rule of its series produces.
pub(super) fn find(calendar: &Calendar, id: &str) -> Option<Event> {
    if let Some(event) = calendar.events.get(id)
        && !event.is_dropped()
    {
        return Some(event.clone());
    }
    let (series, stamp) = id.rsplit_once('_')?;
    let series = calendar.events.get(series).filter(|e| e.is_series())?;
    let original = original_start(series, stamp)?;
    recurrence_of(series)
        .has_start(&original)
        .then(|| instance(series, &original))
}

/// The occurrences of a series that start before `until` and are as the series says: no exception stands for them.
pub(super) fn plain_occurrences(
    calendar: &Calendar,
    series: &Event,
    until: Timestamp,
) -> Vec<Event> {
    let excepted: BTreeSet<&str> = exceptions(calendar, &series.id)
        .map(|exception| exception.id.as_str())
        .collect();
    recurrence_of(series)
        .starts_before(until)
        .iter()
        .map(|original| instance(series, original))
        .filter(|instance| !excepted.contains(instance.id.as_str()))
        .collect()
}

/// The exceptions of a series that still belong to it.
pub(super) fn exceptions<'a>(
    calendar: &'a Calendar,
    series: &'a str,
) -> impl Iterator<Item = &'a Event> {
    calendar.events.values().filter(move |event| {
        event
            .occurrence
            .as_ref()
            .is_some_and(|occ| occ.series == series && !occ.dropped)
    })
}

/// Whether any occurrence lies in the given range; both bounds are exclusive, as in listings.
pub(super) fn touches(
    series: &Event,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    calendar: &Calendar,
) -> bool {
    let zone = zone_or_utc(&calendar.zone);
    let Some(after) = after else {
        return before.is_none_or(|before| series.start.instant(&zone) < before);
    };
    // An endless rule has an occurrence within the span of its slowest frequency.
    let horizon = after.saturating_add(SignedDuration::from_hours(24 * 366 * 5));
    let until = before.unwrap_or(horizon.unwrap_or(Timestamp::MAX));
    recurrence_of(series)
        .starts_before(until)
        .iter()
        .any(|start| {
            let end = series.start.shifted_end(&series.end, start);
            end.instant(&zone) > after && start.instant(&zone) < until
        })
}

/// The rule of a stored series; it was checked when it was written.
pub(super) fn recurrence_of(series: &Event) -> Recurrence {
    Recurrence::parse(&series.recurrence, &series.start).expect("stored rules were checked")
}

fn rule_of_live(series: &Event) -> Option<Recurrence> {
    (series.is_series() && !series.is_cancelled()).then(|| recurrence_of(series))
}

/// What was dropped and is one of the series' occurrences again.
pub(super) fn dropped_that_fit(calendar: &Calendar, series: &Event) -> BTreeSet<String> {
    let Some(rule) = rule_of_live(series) else {
        return BTreeSet::new();
    };
    let fits_again = |event: &&Event| {
        let dropped = event.occurrence.as_ref().filter(|one| one.dropped);
        dropped.is_some_and(|one| one.series == series.id && rule.has_start(&one.original_start))
    };
    let again = calendar.events.values().filter(fits_again);
    again.map(|event| event.id.clone()).collect()
}

/// The exceptions that the series no longer has, as they are remembered.
pub(super) fn orphaned(calendar: &Calendar, series: &Event) -> Vec<Event> {
    let rule = rule_of_live(series);
    exceptions(calendar, &series.id)
        .filter_map(|exception| {
            let occurrence = exception.occurrence.as_ref()?;
            let fits = rule
                .as_ref()
                .is_some_and(|rule| rule.has_start(&occurrence.original_start));
            (!fits).then(|| Event {
                status: Status::Cancelled,
                occurrence: Some(Occurrence {
                    dropped: true,
                    ..occurrence.clone()
                }),
                ..exception.clone()
            })
        })
        .collect()
}

/// One plain instance: the series' content at another time.
fn instance(series: &Event, original: &EventTime) -> Event {
    Event {
        id: instance_id(&series.id, original),
        start: original.clone(),
        end: series.start.shifted_end(&series.end, original),
        recurrence: Vec::new(),
        occurrence: Some(Occurrence {
            series: series.id.clone(),
            original_start: original.clone(),
            dropped: false,
        }),
        ..series.clone()
    }
}

fn original_start(series: &Event, stamp: &str) -> Option<EventTime> {
    match &series.start {
        EventTime::Day(_) => {
            let day = Date::strptime("%Y%m%d", stamp).ok()?;
            Some(EventTime::Day(day))
        }
        EventTime::Moment { zone, .. } => {
            let wall = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
            let at = resolve(wall, &TimeZone::UTC);
            let zone = zone.clone();
            Some(EventTime::Moment { at, zone })
        }
    }
}
