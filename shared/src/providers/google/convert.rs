//! Google's events in our terms, and ours in Google's.

use domain::{
    content::{Content, Field, Fields, Timing},
    entry::check_lengths,
    event::{CalendarEvent, Change, ExternalEventId, Revision, Uid},
    failure::Refusal,
    recurrence::Recurrence,
    time::{DayOnly, LocalTime, Moment, When, Zone},
};
use jiff::{Timestamp, civil::DateTime};

use super::{
    super::text,
    wire::{self, EventBody, MomentBody},
};

/// Reads one item of a list. An event that we cannot hold is a change too: nothing is silently skipped.
pub(super) fn change(event: wire::Event, calendar_zone: &Zone) -> Change {
    let external_id = ExternalEventId(event.id.clone());
    if event.status.as_deref() == Some("cancelled") && event.recurring_event_id.is_none() {
        return Change::Removed(external_id);
    }
    let title = event.summary.clone().unwrap_or_default();
    match read(event, calendar_zone) {
        Ok(event) => Change::Upserted(event),
        Err(refusal) => Change::Refused {
            external_id,
            title,
            refusal,
        },
    }
}

fn read(event: wire::Event, calendar_zone: &Zone) -> Result<CalendarEvent, Refusal> {
    if let Some(series) = event.recurring_event_id {
        return Err(Refusal::ChangedOccurrence { series });
    }
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
    let recurrence =
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
    };
    check_lengths(&content).map_err(|error| Refusal::TooLong {
        field: error.field.into(),
        bytes_max: error.bytes_max,
    })?;
    Ok(CalendarEvent {
        external_id: ExternalEventId(event.id),
        uid: event.i_cal_uid.map(Uid),
        revision: Revision(event.etag.unwrap_or_default()),
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
                body.recurrence = Some(content.timing.recurrence.lines());
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
