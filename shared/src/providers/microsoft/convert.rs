//! Outlook's events in our terms, and ours in Outlook's.

use domain::{
    content::{Content, Timing},
    entry::check_lengths,
    event::{
        CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen, Revision, Uid,
    },
    failure::Refusal,
    recurrence::{self, Recurrence},
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, When, Zone, windows},
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
};
use serde_json::Value;

use super::{meeting, pattern::Pattern, wire};

/// What one read of an event says, a series with everything that differs from it; then what of it cannot be held.
/// Nothing for what is no event at all.
pub fn changes(json: Value, calendar_zone: &Zone) -> Vec<Change> {
    match event(json) {
        Ok(event) => whole(event, calendar_zone),
        Err(refused) => refused.into_iter().map(|refused| *refused).collect(),
    }
}

pub(super) fn event(json: Value) -> Result<wire::Event, Option<Box<Change>>> {
    let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, title) = (text("id"), text("subject"));
    serde_json::from_value(json).map_err(|error| {
        let refused = Change::Refused {
            external_id: ExternalEventId(id?),
            title: title.unwrap_or_default(),
            refusal: malformed(error.to_string()),
        };
        Some(refused.into())
    })
}

pub(super) fn whole(mut event: wire::Event, calendar_zone: &Zone) -> Vec<Change> {
    let exceptions = event.exception_occurrences.take().unwrap_or_default();
    let cancelled = event.cancelled_occurrences.take().unwrap_or_default();
    let mut series = match change(event, calendar_zone) {
        Change::Upserted(series) if series.content.repeats() => series,
        other @ (Change::Upserted(_)
        | Change::Removed(_)
        | Change::Occurrence(_)
        | Change::Refused { .. }) => return vec![other],
    };
    for id in cancelled {
        if let Some(at) = cancelled_at(&id, &series.content) {
            series.content = series.content.with_occurrence(at, None);
        }
    }
    let mut refused = Vec::new();
    for json in exceptions {
        match self::event(json).map(|exception| change(exception, calendar_zone)) {
            Ok(Change::Occurrence(occurrence)) => {
                series.content = occurrence.over(series.content);
                if let OccurrenceSeen::Refused { title, refusal } = occurrence.seen {
                    let external_id = occurrence.external_id;
                    refused.push(Change::Refused {
                        external_id,
                        title,
                        refusal,
                    });
                }
            }
            Ok(other @ Change::Refused { .. }) => refused.push(other),
            Ok(Change::Upserted(_) | Change::Removed(_)) => {}
            Err(other) => refused.extend(other.map(|other| *other)),
        }
    }
    refused.insert(0, Change::Upserted(series));
    refused
}

/// Reads one event, without what its occurrences may have of their own. One that we cannot hold is a change too.
pub(super) fn change(event: wire::Event, calendar_zone: &Zone) -> Change {
    let external_id = ExternalEventId(event.id.clone());
    let title = event.subject.clone().unwrap_or_default();
    let is_gone = event.removed.is_some() || event.is_cancelled == Some(true);
    let Some(series) = event.series_master_id.clone() else {
        if is_gone {
            return Change::Removed(external_id);
        }
        return match read(event, calendar_zone) {
            Ok(event) => Change::Upserted(event),
            Err(refusal) => Change::Refused {
                external_id,
                title,
                refusal,
            },
        };
    };
    let original = match original_start(&event) {
        Ok(original) => original,
        Err(refusal) => {
            return Change::Refused {
                external_id,
                title,
                refusal,
            };
        }
    };
    let seen = if is_gone {
        OccurrenceSeen::Cancelled
    } else {
        match read(event, calendar_zone) {
            Ok(event) => OccurrenceSeen::Changed(event.into()),
            Err(refusal) => OccurrenceSeen::Refused { title, refusal },
        }
    };
    Change::Occurrence(OccurrenceChange {
        external_id,
        series: ExternalEventId(series),
        original,
        seen,
    })
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::Malformed {
        detail: detail.into(),
    }
}

/// `OID.{series}.{day}`: the day of the cancelled occurrence where the series is.
fn cancelled_at(id: &str, series: &Content) -> Option<OriginalStart> {
    let day: Date = id.rsplit('.').next()?.parse().ok()?;
    match &series.timing.when {
        When::AllDay { .. } => Some(OriginalStart::Day(day)),
        When::Timed { start, .. } => {
            let on = |day: Date| {
                let time = LocalTime::new(day.to_datetime(start.local.time()), start.zone.clone());
                OriginalStart::Time(time.instant())
            };
            // Should the day be that of UTC, it is the neighbour.
            let days = [Some(day), day.yesterday().ok(), day.tomorrow().ok()];
            let mut days = days.into_iter().flatten().map(on);
            let first = days.next();
            let known = first.filter(|at| series.has_occurrence(*at));
            known
                .or_else(|| days.find(|at| series.has_occurrence(*at) && utc_day(*at) == Some(day)))
        }
    }
}

fn utc_day(at: OriginalStart) -> Option<Date> {
    match at {
        OriginalStart::Time(at) => Some(LocalTime::at(at, Zone::utc()).local.date()),
        OriginalStart::Day(_) => None,
    }
}

pub(super) fn original_start(event: &wire::Event) -> Result<OriginalStart, Refusal> {
    let own = event.original_start.as_deref();
    let own = own.and_then(|at| at.parse::<Timestamp>().ok());
    let utc = |at: Timestamp| LocalTime::at(at, Zone::utc()).local;
    let (local, at) = match (own, &event.start) {
        (Some(at), _) => (utc(at), at),
        // One that was not moved begins where it always did.
        (None, Some(start)) if is_plain(event) => shown(start)?,
        (None, _) => return Err(malformed("an occurrence without its original start")),
    };
    if event.is_all_day != Some(true) {
        return Ok(OriginalStart::Time(at));
    }
    day(local, at, event.original_start_time_zone.as_deref()).map(OriginalStart::Day)
}

fn is_plain(event: &wire::Event) -> bool {
    let kind = event.r#type.as_deref();
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("occurrence"))
}

fn read(event: wire::Event, calendar_zone: &Zone) -> Result<CalendarEvent, Refusal> {
    let when = when(&event, calendar_zone)?;
    let timing = match &event.recurrence {
        Some(wire) => series(wire, when)?,
        None => Timing {
            when,
            recurrence: Recurrence::none(),
        },
    };
    let content = Content {
        notes: meeting::notes(&event),
        title: event.subject.unwrap_or_default(),
        location: event
            .location
            .and_then(|place| place.display_name)
            .unwrap_or_default(),
        timing,
        private: event.sensitivity.is_some_and(|sensitivity| {
            ["private", "personal", "confidential"]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&sensitivity))
        }),
        exceptions: domain::series::Exceptions::default(),
    };
    check_lengths(&content).map_err(|error| Refusal::TooLong {
        field: error.field.into(),
        bytes_max: error.bytes_max,
    })?;
    Ok(CalendarEvent {
        external_id: ExternalEventId(event.id),
        uid: event.i_cal_u_id.filter(|uid| !uid.is_empty()).map(Uid),
        revision: Revision(event.etag.unwrap_or_default()),
        changed_at: event.last_modified_date_time.and_then(|at| at.parse().ok()),
        content,
    })
}

/// The first date of a series may not be one of its pattern; Outlook leaves it out then.
fn series(wire: &super::pattern::PatternedRecurrence, when: When) -> Result<Timing, Refusal> {
    let refused = |detail: String| Refusal::Recurrence { detail };
    let line = Pattern::read(wire)?.line();
    let (recurrence, _) =
        Recurrence::parse(&[line], &when).map_err(|error| refused(error.to_string()))?;
    let mut timing = Timing { when, recurrence };
    let first = recurrence::first_by_rule(&timing).and_then(|at| at.moment(&timing.when));
    let first = first.ok_or_else(|| refused("no date follows from it".into()))?;
    timing.when = timing.when.moved_to(&first);
    Ok(timing)
}

fn when(event: &wire::Event, calendar_zone: &Zone) -> Result<When, Refusal> {
    let (Some(start), Some(end)) = (&event.start, &event.end) else {
        return Err(malformed("start or end is missing"));
    };
    let range = event.recurrence.as_ref().map(|series| &series.range);
    let repeats_in = range.and_then(|range| range.recurrence_time_zone.as_deref());
    let start_zone = repeats_in.or(event.original_start_time_zone.as_deref());
    let end_zone = repeats_in
        .or(event.original_end_time_zone.as_deref())
        .or(start_zone);
    let moment = |moment: &wire::Moment, zone: Option<&str>| {
        let (shown, instant) = shown(moment)?;
        if event.is_all_day == Some(true) {
            return day(shown, instant, zone).map(|date| Moment::AllDay(DayOnly { date }));
        }
        let zone = match (zone.and_then(windows::zone), zone) {
            (Some(zone), _) => zone,
            // A series needs the zone to repeat; a single event is an instant, whatever its zone was called.
            (None, Some(name)) if event.recurrence.is_some() => {
                return Err(Refusal::UnknownZone {
                    zone: name.to_owned(),
                });
            }
            (None, _) => calendar_zone.clone(),
        };
        Ok(Moment::Timed(LocalTime::at(instant, zone)))
    };
    When::new(moment(start, start_zone)?, moment(end, end_zone)?).map_err(|error| Refusal::Span {
        detail: error.to_string(),
    })
}

/// The wall clock of the answer, and the instant that it means.
fn shown(moment: &wire::Moment) -> Result<(DateTime, Timestamp), Refusal> {
    let text = &moment.date_time;
    let wrong = || malformed(format!("{text:?} is not a date or time"));
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok((LocalTime::at(instant, Zone::utc()).local, instant));
    }
    let local: DateTime = text.parse().map_err(|_| wrong())?;
    let name = moment.time_zone.as_deref().unwrap_or("UTC");
    let zone = windows::zone(name).ok_or_else(|| Refusal::UnknownZone {
        zone: name.to_owned(),
    })?;
    Ok((local, LocalTime::new(local, zone).instant()))
}

/// A whole day begins at midnight: as it is shown, or in the zone where it was made, which is the same day there.
fn day(shown: DateTime, instant: Timestamp, made_in: Option<&str>) -> Result<Date, Refusal> {
    if shown.time() == Time::midnight() {
        return Ok(shown.date());
    }
    let there = made_in
        .and_then(windows::zone)
        .map(|zone| LocalTime::at(instant, zone).local);
    let there = there.filter(|there| there.time() == Time::midnight());
    there
        .map(DateTime::date)
        .ok_or_else(|| malformed("a whole day that begins within one"))
}

/// How far around an occurrence it is looked for.
pub(super) fn around(at: OriginalStart) -> Option<(Timestamp, Timestamp)> {
    let at = match at {
        OriginalStart::Time(at) => at,
        OriginalStart::Day(day) => LocalTime::new(day.at(0, 0, 0, 0), Zone::utc()).instant(),
    };
    // A whole day begins up to half a day earlier or later elsewhere.
    Some((
        at.checked_sub(15.hours()).ok()?,
        at.checked_add(40.hours()).ok()?,
    ))
}
