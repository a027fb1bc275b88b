//! Google's events in our terms, and ours in Google's.

use domain::{
    content::{Content, Field, Fields, Timing},
    entry::check_lengths,
    event::{
        CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen, Revision, Uid,
    },
    failure::Refusal,
    recurrence::Recurrence,
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, When, Zone},
};
use jiff::{Timestamp, civil::DateTime};
use serde_json::Value;

use super::{
    super::{ListedCalendar, text},
    wire::{self, EventBody, MomentBody},
};

/// What one item of a list says; an item of another shape is refused by itself, and holds up no other. Nothing for what is
/// no event at all.
pub fn item(json: Value, calendar_zone: &Zone) -> Option<Change> {
    let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, title) = (text("id"), text("summary"));
    match serde_json::from_value(json) {
        Ok(event) => Some(change(event, calendar_zone)),
        Err(error) => Some(Change::Refused {
            external_id: ExternalEventId(id?),
            title: title.unwrap_or_default(),
            refusal: Refusal::Malformed {
                detail: error.to_string(),
            },
        }),
    }
}

/// Reads one event. One that we cannot hold is a change too: nothing is silently skipped.
pub(super) fn change(event: wire::Event, calendar_zone: &Zone) -> Change {
    let external_id = ExternalEventId(event.id.clone());
    let cancelled = event.status.as_deref() == Some("cancelled");
    let title = event.summary.clone().unwrap_or_default();
    let refused = |external_id, title, refusal| Change::Refused {
        external_id,
        title,
        refusal,
    };
    let Some(series) = event.recurring_event_id.clone() else {
        if cancelled {
            return Change::Removed(external_id);
        }
        return match read(event, calendar_zone) {
            Ok(event) => Change::Upserted(event),
            Err(refusal) => refused(external_id, title, refusal),
        };
    };
    let original = match original_start(&event, calendar_zone) {
        Ok(original) => original,
        Err(refusal) => return refused(external_id, title, refusal),
    };
    let seen = if cancelled {
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

/// An occurrence whose series its reader may not see is an event of its own: someone was invited to this one time.
pub(super) fn standing_alone(change: Change) -> Change {
    match change {
        Change::Occurrence(occurrence) => occurrence.standing_alone(),
        other @ (Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. }) => other,
    }
}

fn original_start(event: &wire::Event, calendar_zone: &Zone) -> Result<OriginalStart, Refusal> {
    let Some(start) = &event.original_start_time else {
        return Err(Refusal::Malformed {
            detail: "an occurrence without its original start".into(),
        });
    };
    match moment(start, calendar_zone, false)? {
        Moment::Timed(time) => Ok(OriginalStart::Time(time.instant())),
        Moment::AllDay(day) => Ok(OriginalStart::Day(day.date)),
    }
}

fn read(event: wire::Event, calendar_zone: &Zone) -> Result<CalendarEvent, Refusal> {
    match event.event_type.as_deref() {
        None | Some("default" | "fromGmail" | "outOfOffice") => {}
        Some(kind) => {
            return Err(Refusal::ProviderKind {
                kind: kind.to_owned(),
            });
        }
    }
    let (Some(start), Some(end)) = (event.start, event.end) else {
        return Err(Refusal::Malformed {
            detail: "start or end is missing".into(),
        });
    };
    let repeats = !event.recurrence.is_empty();
    let (start, end) = (
        moment(&start, calendar_zone, repeats)?,
        moment(&end, calendar_zone, repeats)?,
    );
    let when = When::new(start, end).map_err(|error| Refusal::Span {
        detail: error.to_string(),
    })?;
    let (recurrence, exceptions) =
        Recurrence::parse(&event.recurrence, &when).map_err(|error| Refusal::Recurrence {
            detail: error.to_string(),
        })?;
    let content = Content {
        title: event.summary.unwrap_or_default(),
        notes: text::plain(event.description.as_deref().unwrap_or_default()),
        location: event.location.unwrap_or_default(),
        timing: Timing { when, recurrence },
        private: matches!(
            event.visibility.as_deref(),
            Some("private" | "confidential")
        ),
        exceptions,
    };
    check_lengths(&content).map_err(|error| Refusal::TooLong {
        field: error.field.into(),
        bytes_max: error.bytes_max,
    })?;
    Ok(CalendarEvent {
        external_id: ExternalEventId(event.id),
        uid: event.i_cal_uid.map(Uid),
        revision: Revision(event.etag.unwrap_or_default()),
        changed_at: event.updated.and_then(|at| at.parse().ok()),
        content,
    })
}

fn moment(moment: &wire::Moment, calendar_zone: &Zone, repeats: bool) -> Result<Moment, Refusal> {
    let malformed = |what: &str| Refusal::Malformed {
        detail: format!("{what:?} is not a date or time"),
    };
    if let Some(date) = &moment.date {
        return Ok(Moment::AllDay(DayOnly {
            date: date.parse().map_err(|_| malformed(date))?,
        }));
    }
    let Some(text) = &moment.date_time else {
        return Err(Refusal::Malformed {
            detail: "neither a date nor a time".into(),
        });
    };
    let named = moment.time_zone.as_deref().map(Zone::parse).transpose();
    let zone = match named {
        Ok(zone) => zone.unwrap_or_else(|| calendar_zone.clone()),
        // A single event is an instant, whatever its zone was called; a series needs the zone to repeat.
        Err(_) if !repeats => calendar_zone.clone(),
        Err(unknown) => return Err(Refusal::UnknownZone { zone: unknown.0 }),
    };
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Moment::Timed(LocalTime::at(instant, zone)));
    }
    let local: DateTime = text.parse().map_err(|_| malformed(text))?;
    Ok(Moment::Timed(LocalTime::new(local, zone)))
}

/// The body that writes `fields` of `content`.
pub(super) fn body(content: &Content, fields: Fields) -> EventBody<'_> {
    let mut body = EventBody::default();
    for field in fields.iter() {
        match field {
            Field::Title => body.summary = Some(&content.title),
            Field::Notes => body.description = Some(&content.notes),
            Field::Location => body.location = Some(&content.location),
            Field::Timing => {
                let (start, end) = content.timing.when.moments();
                body.start = Some(moment_body(&start));
                body.end = Some(moment_body(&end));
                body.recurrence = Some(content.recurrence_lines());
            }
            Field::Private => {
                body.visibility = Some(if content.private {
                    "private"
                } else {
                    "default"
                });
            }
        }
    }
    body
}

/// The body that writes `fields` of one occurrence, which has no rule of its own.
pub(super) fn occurrence_body(occurrence: &Content, fields: Fields) -> EventBody<'_> {
    let mut body = body(occurrence, fields);
    body.recurrence = None;
    body
}

fn moment_body(moment: &Moment) -> MomentBody {
    match moment {
        Moment::Timed(time) => MomentBody {
            date: None,
            date_time: Some(time.zoned().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            time_zone: Some(time.zone.name().into()),
        },
        Moment::AllDay(day) => MomentBody {
            date: Some(day.date.to_string()),
            date_time: None,
            time_zone: None,
        },
    }
}

pub(super) fn listed(entry: wire::CalendarListEntry) -> ListedCalendar {
    ListedCalendar {
        name: entry
            .summary_override
            .or(entry.summary)
            .unwrap_or_else(|| entry.id.clone()),
        zone: entry
            .time_zone
            .and_then(|name| Zone::parse(&name).ok())
            .unwrap_or_else(Zone::utc),
        writable: matches!(entry.access_role.as_str(), "owner" | "writer"),
        primary: entry.primary,
        external_id: entry.id,
    }
}
