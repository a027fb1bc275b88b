//! Reading a calendar: whatever can be an entry is one, and what cannot says why.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    STATUS_OF_OURS,
    lines::{Line, unescaped},
    parts::{Calendar, Part, calendars},
    values::{Clock, span},
    zones::{Zones, by_name},
};
use crate::{
    content::{Content, Field, Fields, Timing},
    entry::{EntryStatus, WorkItemType},
    event::Uid,
    exchange::{Contents, ENTRIES_MAX, Item, Overridden, Reader, Stated, Unreadable, is_blank},
    member::EmailAddress,
    recurrence::Recurrence,
    series::{Exceptions, OriginalStart},
    time::When,
};

type Reason = String;

/// Reads a file as calendars write it. Times that name no zone are the reader's.
pub fn read(bytes: &[u8], reader: &Reader) -> Result<Contents, Unreadable> {
    let text = text_of(bytes)?;
    let mut contents = Contents::default();
    for calendar in calendars(&text, &mut contents.remarks)? {
        read_calendar(&calendar, reader, &mut contents);
    }
    if contents.items.len() > ENTRIES_MAX {
        return Err(Unreadable::TooMany);
    }
    contents.items.sort_by_key(|item| item.line);
    contents.refused.sort_by_key(|refused| refused.line);
    Ok(contents)
}

/// Some fold lines in the middle of a character.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let mut whole = Vec::with_capacity(bytes.len());
    for row in bytes.split_inclusive(|byte| *byte == b'\n') {
        match row {
            [b' ' | b'\t', rest @ ..] if whole.ends_with(b"\n") => {
                whole.pop();
                whole.pop_if(|last| *last == b'\r');
                whole.extend_from_slice(rest);
            }
            row => whole.extend_from_slice(row),
        }
    }
    let text = String::from_utf8(whole).map_err(|_| Unreadable::NotText)?;
    Ok(Cow::Owned(text))
}

fn read_calendar(calendar: &Calendar, reader: &Reader, contents: &mut Contents) {
    let home = calendar.zone.as_deref().and_then(by_name);
    let zones = Zones::of(&calendar.zones, &calendar.events, home.as_ref());
    let clock = Clock {
        zones: &zones,
        calendar: home.as_ref(),
        floating: home.as_ref().unwrap_or(&reader.zone),
    };
    let mut series: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
    for event in &calendar.events {
        let uid = event.get("UID").map_or("", |line| line.value().trim());
        let title = title(event);
        if let Some(reason) = event.broken {
            contents.refuse(event.line, &title, reason);
        } else if event.get("RECURRENCE-ID").is_some() && !uid.is_empty() {
            series.entry(uid).or_default().push(event);
        }
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let is_whole = |event: &&Part| event.broken.is_none() && event.get("RECURRENCE-ID").is_none();
    for event in calendar.events.iter().filter(is_whole) {
        let uid = event.get("UID").map_or("", |line| line.value().trim());
        if let Some(line) = known.get(uid).filter(|_| !uid.is_empty()) {
            let reason = format!("it has the UID of the event in line {line}");
            contents.refuse(event.line, &title(event), reason);
            continue;
        }
        known.insert(uid, event.line);
        let overrides = series.remove(uid).unwrap_or_default();
        match whole(event, &clock) {
            Ok(mut item) => {
                for one in overrides {
                    if let Err(reason) = override_with(&mut item.stated, one, &clock) {
                        contents.refuse(one.line, &title(one), reason);
                    }
                }
                contents.items.push(item);
            }
            Err(reason) => {
                contents.refuse(event.line, &title(event), reason);
                for one in overrides {
                    let reason = format!("its series in line {} cannot be read", event.line);
                    contents.refuse(one.line, &title(one), reason);
                }
            }
        }
    }
    for one in series.into_values().flatten() {
        match alone(one, &clock) {
            Ok(item) => contents.items.push(item),
            Err(reason) => contents.refuse(one.line, &title(one), reason),
        }
    }
}

fn title(event: &Part) -> String {
    event
        .get("SUMMARY")
        .map_or_else(String::new, |line| unescaped(line.value()))
}

fn text(event: &Part, name: &str) -> String {
    event
        .get(name)
        .map_or_else(String::new, |line| unescaped(line.value()))
}

/// An event, or a series as its rule has it.
fn whole(event: &Part, clock: &Clock) -> Result<Item, Reason> {
    let lines = repetition(event, clock)?;
    let when = when(event, clock, !lines.is_empty())?;
    let (recurrence, exceptions) =
        Recurrence::parse(&lines, &when).map_err(|error| error.to_string())?;
    Ok(item(event, Timing { when, recurrence }, exceptions))
}

fn item(event: &Part, timing: Timing, exceptions: Exceptions) -> Item {
    let uid = event.get("UID").map(|line| line.value().trim().to_owned());
    let attendees = event.all("ATTENDEE").filter_map(address).collect();
    Item {
        line: event.line,
        uid: uid.filter(|uid| !uid.is_empty()).map(Uid),
        original: None,
        stated: Stated {
            content: Content {
                title: title(event),
                notes: text(event, "DESCRIPTION"),
                location: text(event, "LOCATION"),
                timing,
                private: is_private(event),
                exceptions,
            },
            fields: fields(&title(event)),
            repetition: true,
            work_item_type: event.all("CATEGORIES").find_map(kind),
            status: Some(status(event)),
            attendees: Some(attendees),
            assignees: None,
            overridden: Overridden::new(),
        },
    }
}

/// An event without a title says nothing of it; every other field that is not there is empty.
fn fields(title: &str) -> Fields {
    if is_blank(title) {
        Fields::ALL.without(Fields::NONE.with(Field::Title))
    } else {
        Fields::ALL
    }
}

fn when(event: &Part, clock: &Clock, repeats: bool) -> Result<When, Reason> {
    let start = event.get("DTSTART").ok_or("it has no DTSTART")?;
    let start = clock.moment(start, repeats)?;
    let end = event
        .get("DTEND")
        .map(|line| clock.moment(line, repeats))
        .transpose()?;
    span(start, end, event.get("DURATION").map(Line::value))
}

/// The lines of the rule and its dates, those of one kind as one, in zones by their own names.
fn repetition(event: &Part, clock: &Clock) -> Result<Vec<String>, Reason> {
    let mut lines: Vec<String> = Vec::new();
    for line in event.all("RRULE").chain(event.all("EXRULE")) {
        lines.push(format!("{}:{}", line.name(), line.value()));
    }
    let mut dates: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for line in event.all("RDATE").chain(event.all("EXDATE")) {
        if line
            .parameter("VALUE")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("PERIOD"))
        {
            return Err("an RDATE of periods is not understood".to_owned());
        }
        let name = line.name().to_uppercase();
        let zone = match line.parameter("TZID") {
            Some(zone) => format!(";TZID={}", clock.zones.get(zone)?),
            None => String::new(),
        };
        let values = line
            .value()
            .split(',')
            .filter(|value| !value.trim().is_empty());
        dates
            .entry(format!("{name}{zone}"))
            .or_default()
            .extend(values);
    }
    let dates = dates.into_iter().filter(|(_, values)| !values.is_empty());
    lines.extend(dates.map(|(head, values)| format!("{head}:{}", values.join(","))));
    Ok(lines)
}

/// Changes one occurrence of the series, or leaves it out.
fn override_with(series: &mut Stated, one: &Part, clock: &Clock) -> Result<(), Reason> {
    let at = original(one, clock, Some(&series.content.timing.when))?;
    // A series that is cancelled is so with all its occurrences.
    let is_cancelled = status(one) == EntryStatus::Cancelled;
    if is_cancelled && series.status != Some(EntryStatus::Cancelled) {
        return series.change(at, one.line, None);
    }
    let timing = Timing {
        when: when(one, clock, false)?,
        recurrence: Recurrence::none(),
    };
    let occurrence = item(one, timing, Exceptions::default()).stated.content;
    series.change(at, one.line, Some(occurrence))
}

fn original(one: &Part, clock: &Clock, series: Option<&When>) -> Result<OriginalStart, Reason> {
    let line = one.get("RECURRENCE-ID").ok_or("it has no RECURRENCE-ID")?;
    if line.parameter("RANGE").is_some() {
        return Err("a change of all that follow (RANGE) is not understood".to_owned());
    }
    match series {
        Some(series) => clock.original(line, series),
        None => clock.original(line, &when(one, clock, false)?),
    }
}

/// An occurrence whose series is not in the file.
fn alone(one: &Part, clock: &Clock) -> Result<Item, Reason> {
    if status(one) == EntryStatus::Cancelled {
        return Err("it cancels an occurrence of a series that is not in the file".to_owned());
    }
    let at = original(one, clock, None)?;
    let when = when(one, clock, false)?;
    let timing = Timing {
        when,
        recurrence: Recurrence::none(),
    };
    let item = item(one, timing, Exceptions::default());
    Ok(Item {
        original: Some(at),
        ..item
    })
}

fn is_private(event: &Part) -> bool {
    let class = event
        .get("CLASS")
        .map(|line| line.value().trim().to_uppercase());
    matches!(class.as_deref(), Some("PRIVATE" | "CONFIDENTIAL"))
}

fn status(event: &Part) -> EntryStatus {
    let value = |name| {
        event
            .get(name)
            .map(|line| line.value().trim().to_uppercase())
    };
    match (value(STATUS_OF_OURS).as_deref(), value("STATUS").as_deref()) {
        (Some("COMPLETED"), _) => EntryStatus::Completed,
        (_, Some("TENTATIVE")) => EntryStatus::Tentative,
        (_, Some("CANCELLED")) => EntryStatus::Cancelled,
        _ => EntryStatus::Scheduled,
    }
}

/// The kind of work that a category names, if one does.
fn kind(line: &Line) -> Option<WorkItemType> {
    let mut names = line.value().split(',').map(unescaped);
    names.find_map(|name| {
        let name = name.trim().to_lowercase();
        WorkItemType::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
    })
}

/// Some have no address; they are nobody whom an entry could name.
fn address(line: &Line) -> Option<EmailAddress> {
    let value = line.value().trim();
    let (scheme, address) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case("mailto:").then_some(())?;
    EmailAddress::parse(address).ok()
}
