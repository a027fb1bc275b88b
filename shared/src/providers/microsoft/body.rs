//! Our events as Outlook takes them.

use domain::{
    content::{Content, Field, Fields},
    time::{LocalTime, When, Zone, windows},
};
use jiff::{Timestamp, civil::Date};

use super::{
    pattern::{NotAPattern, Pattern},
    wire::{self, EventBody},
};

/// Why an event cannot be written, for people.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotWritable {
    #[error(transparent)]
    Rule(#[from] NotAPattern),
    #[error("Outlook has no time zone that keeps the time of {0}, by which it repeats")]
    Zone(Zone),
}

/// The body that writes `fields` of `content`. Whole days are days of `calendar_zone`.
pub(super) fn body<'a>(
    content: &'a Content,
    fields: Fields,
    calendar_zone: &Zone,
) -> Result<EventBody<'a>, NotWritable> {
    let mut body = EventBody::default();
    for field in fields.iter() {
        match field {
            Field::Title => body.subject = Some(&content.title),
            Field::Notes => body.body = Some(text(&content.notes)),
            Field::Location => {
                let display_name = Some(content.location.clone());
                body.location = Some(wire::Location { display_name });
            }
            Field::Timing => time(&mut body, content, calendar_zone)?,
            Field::Private => {
                body.sensitivity = Some(if content.private { "private" } else { "normal" });
            }
        }
    }
    Ok(body)
}

/// With the line breaks of mail, which is what Exchange makes lines of.
pub(super) fn text(content: &str) -> wire::Body {
    wire::Body {
        content_type: "text".into(),
        content: content.replace('\n', "\r\n"),
    }
}

pub(super) fn html(content: String) -> wire::Body {
    wire::Body {
        content_type: "html".into(),
        content,
    }
}

fn time(
    body: &mut EventBody<'_>,
    content: &Content,
    calendar_zone: &Zone,
) -> Result<(), NotWritable> {
    let repeats = content.repeats();
    body.is_all_day = Some(content.timing.when.is_all_day());
    let (first, zone) = match &content.timing.when {
        When::AllDay { start, end } => {
            let zone = windows::name(calendar_zone, midnight(*start)).unwrap_or("UTC");
            body.start = Some(moment(start.at(0, 0, 0, 0), zone));
            body.end = Some(moment(end.at(0, 0, 0, 0), zone));
            (*start, zone)
        }
        When::Timed { start, end } => {
            let zone = windows::name(&start.zone, start.instant());
            if repeats && zone.is_none() {
                return Err(NotWritable::Zone(start.zone.clone()));
            }
            body.start = Some(instant(start));
            // A series ends each time by the clock by which it begins.
            let by_clock = LocalTime::at(end.instant(), start.zone.clone());
            body.end = Some(instant(if repeats { &by_clock } else { end }));
            (start.local.date(), zone.unwrap_or("UTC"))
        }
    };
    body.recurrence = Some(if repeats {
        wire::Repeats::By(Pattern::of(&content.timing)?.wire(first, zone).into())
    } else {
        wire::Repeats::Never
    });
    Ok(())
}

fn midnight(day: Date) -> Timestamp {
    LocalTime::new(day.at(0, 0, 0, 0), Zone::utc()).instant()
}

/// By the clock where it is; a time that this clock shows twice, and a clock that Windows does not have, by UTC.
fn instant(time: &LocalTime) -> wire::Moment {
    match windows::name(&time.zone, time.instant()) {
        Some(zone) if !time.fold => moment(time.zoned().datetime(), zone),
        Some(_) | None => moment(LocalTime::at(time.instant(), Zone::utc()).local, "UTC"),
    }
}

fn moment(local: jiff::civil::DateTime, zone: &str) -> wire::Moment {
    wire::Moment {
        date_time: local.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        time_zone: Some(zone.to_owned()),
    }
}
