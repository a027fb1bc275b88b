//! Writing a calendar.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime};

use super::{SECOND_PASS_OF_OURS, STATUS_OF_OURS, ZONE_OF_OURS, lines::Writer, vtimezone};
use crate::{
    content::Content,
    entry::{Entry, EntryStatus},
    exchange::{Exported, stated::is_second_pass},
    series::{Exception, OriginalStart},
    time::{LocalTime, When, Zone},
};

/// A file with these entries, series as series.
pub fn write(entries: &[Exported]) -> String {
    let mut writer = Writer::default();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kalends//Kalends//EN",
        "CALSCALE:GREGORIAN",
    ] {
        writer.line(line);
    }
    for (zone, (from, to)) in zones(entries) {
        vtimezone::write(&mut writer, &zone, from, to);
    }
    for exported in entries {
        event(&mut writer, exported);
    }
    writer.line("END:VCALENDAR");
    writer.done()
}

/// Every zone in which a time is written, with its first and its last use; a series may go on for ever.
fn zones(entries: &[Exported]) -> BTreeMap<Zone, (Timestamp, Option<Timestamp>)> {
    let mut all: BTreeMap<Zone, (Timestamp, Option<Timestamp>)> = BTreeMap::new();
    let mut used = |time: &LocalTime, ends: Option<Timestamp>| {
        if time.zone == Zone::utc() {
            return;
        }
        let at = time.instant();
        let span = all.entry(time.zone.clone()).or_insert((at, Some(at)));
        let last = span.1.zip(ends).map(|(one, other)| one.max(other));
        *span = (span.0.min(at), last);
    };
    for Exported { entry, .. } in entries {
        let content = &entry.content;
        let (_, end) = content.timing.when.widest_bounds();
        let ends = (!content.repeats()).then_some(end);
        let changed = content.exceptions.iter().filter_map(|(_, one)| match one {
            Exception::Changed(changes) => changes.when.as_ref(),
            Exception::Cancelled => None,
        });
        for when in changed.chain([&content.timing.when]) {
            if let When::Timed { start, end } = when {
                used(start, ends);
                used(end, ends);
            }
        }
    }
    all
}

fn event(writer: &mut Writer, Exported { uid, entry }: &Exported) {
    let content = &entry.content;
    let when = &content.timing.when;
    begin(writer, &uid.0, entry);
    span(writer, when, content.repeats());
    for line in content.recurrence_lines() {
        writer.line(&in_utc(line));
    }
    words(writer, content, entry);
    for (at, exception) in content.exceptions.iter() {
        if let (Exception::Changed(_), Some(one)) = (exception, content.occurrence(at)) {
            begin(writer, &uid.0, entry);
            if let Some(line) = recurrence_id(at, when) {
                writer.line(&line);
            }
            span(writer, &one.timing.when, false);
            words(writer, &one, entry);
        }
    }
}

fn begin(writer: &mut Writer, uid: &str, entry: &Entry) {
    let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    writer.line("BEGIN:VEVENT");
    writer.line(&format!("UID:{uid}"));
    writer.line(&format!("DTSTAMP:{}", stamp(entry.updated_at)));
    writer.line(&format!("CREATED:{}", stamp(entry.created_at)));
    writer.line(&format!("LAST-MODIFIED:{}", stamp(entry.updated_at)));
    writer.line(&format!("SEQUENCE:{}", entry.version));
}

fn words(writer: &mut Writer, content: &Content, entry: &Entry) {
    writer.text("SUMMARY", &content.title);
    writer.text("LOCATION", &content.location);
    writer.text("DESCRIPTION", &content.notes);
    let (status, ours) = match entry.status {
        EntryStatus::Scheduled => ("CONFIRMED", None),
        EntryStatus::Tentative => ("TENTATIVE", None),
        EntryStatus::Cancelled => ("CANCELLED", None),
        EntryStatus::Completed => ("CONFIRMED", Some("COMPLETED")),
    };
    writer.line(&format!("STATUS:{status}"));
    if let Some(ours) = ours {
        writer.line(&format!("{STATUS_OF_OURS}:{ours}"));
    }
    let class = if content.private { "PRIVATE" } else { "PUBLIC" };
    writer.line(&format!("CLASS:{class}"));
    writer.line(&format!("CATEGORIES:{}", entry.work_item_type.name()));
    for attendee in &entry.attendees {
        writer.line(&format!("ATTENDEE:mailto:{}", attendee.as_str()));
    }
    writer.line("END:VEVENT");
}

fn span(writer: &mut Writer, when: &When, repeats: bool) {
    match when {
        When::AllDay { start, end } => {
            for (name, day) in [("DTSTART", start), ("DTEND", end)] {
                writer.line(&format!("{name};VALUE=DATE:{}", day.strftime("%Y%m%d")));
            }
        }
        When::Timed { start, end } => {
            writer.line(&time("DTSTART", start, repeats));
            writer.line(&time("DTEND", end, repeats));
        }
    }
}

/// The second pass of a repeated hour can only be said in UTC. A series is of its zone all the same.
fn time(name: &str, time: &LocalTime, repeats: bool) -> String {
    let LocalTime { local, zone, .. } = time;
    if *zone == Zone::utc() {
        format!("{name}:{}Z", basic(*local))
    } else if is_second_pass(time) && repeats {
        format!(
            "{name};TZID={zone};{SECOND_PASS_OF_OURS}=1:{}",
            basic(*local)
        )
    } else if is_second_pass(time) {
        let at = time.instant().strftime("%Y%m%dT%H%M%SZ");
        format!("{name};{ZONE_OF_OURS}={zone}:{at}")
    } else {
        format!("{name};TZID={zone}:{}", basic(*local))
    }
}

fn basic(local: DateTime) -> String {
    local.strftime("%Y%m%dT%H%M%S").to_string()
}

fn recurrence_id(at: OriginalStart, series: &When) -> Option<String> {
    match (at, series) {
        (OriginalStart::Day(day), _) => Some(format!(
            "RECURRENCE-ID;VALUE=DATE:{}",
            day.strftime("%Y%m%d")
        )),
        (OriginalStart::Time(at), When::Timed { start, .. }) => {
            let shown = LocalTime::at(at, start.zone.clone());
            Some(time("RECURRENCE-ID", &shown, false))
        }
        (OriginalStart::Time(_), When::AllDay { .. }) => None,
    }
}

/// No zone need be described for UTC.
fn in_utc(line: String) -> String {
    let Some((name, values)) = line.split_once(";TZID=UTC:") else {
        return line;
    };
    let values: Vec<String> = values.split(',').map(|value| format!("{value}Z")).collect();
    format!("{name}:{}", values.join(","))
}
