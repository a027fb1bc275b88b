//! An account of what people did: every value that somebody wrote, who saw it go, and what was taken away on purpose.

use std::collections::BTreeSet;

use domain::{
    content::{Content, Field},
    id::{EntryId, MemberId},
    series::{Exception, Exceptions},
    time::{LocalTime, When, Zone},
};
use jiff::{
    Timestamp, ToSpan as _, Zoned,
    civil::{DateTime, date},
    tz::TimeZone,
};
use serde_json::{Value, json};

use super::cast::ZONE;

/// Series repeat daily, so many times.
pub(super) const OCCURRENCES: u32 = 4;
/// The first origin's time of day.
const FIRST_MINUTE: i64 = 6 * 60;

/// Something that a person took away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Removal {
    Entry(Origin),
    /// Somebody's own event of this origin.
    Event(Origin, MemberId),
    /// In this place, under this id.
    Item(usize, String),
    Unassigned(Origin, MemberId),
}

/// What was there first, whatever became of it: each has a time of day of its own, which nobody changes and nothing
/// hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin(pub(super) i64);

/// Where somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    Entry(EntryId),
    Event(usize, String),
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    words: u32,
    days: i64,
    moments: i64,
    origins: i64,
    /// Every value that somebody wrote; no two are the same.
    pub(super) written: BTreeSet<String>,
    /// Values that somebody saw where they stood and replaced, or removed with what they stood in.
    pub(super) seen_to_go: BTreeSet<String>,
    /// What was replaced where: it must not stand there again.
    pub(super) replaced: Vec<(Spot, Origin, String)>,
    /// Somebody decided about it, and may have wanted old words back.
    pub(super) decided: BTreeSet<EntryId>,
    /// What was given to others.
    pub(super) assigned: BTreeSet<Origin>,
    pub(super) removed: BTreeSet<Removal>,
    pub(super) entries_by_person: Vec<(EntryId, Origin)>,
    pub(super) events_by_person: Vec<(usize, String, Origin)>,
    /// What people of the other tenant were given to see.
    pub(super) given_away: BTreeSet<String>,
}

fn local(at: Timestamp) -> DateTime {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    Zoned::new(at, zone).datetime()
}

/// How a start is known among all that is written.
pub(super) fn day_and_minute(start: DateTime) -> String {
    start.strftime("%Y-%m-%dT%H:%M").to_string()
}

pub(super) fn start_of(when: &When) -> DateTime {
    match when {
        When::Timed { start, .. } => local(start.instant()),
        When::AllDay { start, .. } => start.at(0, 0, 0, 0),
    }
}

impl Origin {
    fn minute(self) -> i64 {
        FIRST_MINUTE + self.0
    }

    pub(super) fn of(start: DateTime) -> Self {
        let minute = i64::from(start.hour()) * 60 + i64::from(start.minute());
        Self(minute - FIRST_MINUTE)
    }

    pub(super) fn of_event(event: &Value) -> anyhow::Result<Self> {
        Ok(Self::of(event_start(event)?))
    }
}

pub(super) fn event_start(event: &Value) -> anyhow::Result<DateTime> {
    let start = event["start"]["dateTime"].as_str().unwrap_or_default();
    let at: Timestamp = start
        .parse()
        .map_err(|_| anyhow::anyhow!("no start: {event}"))?;
    Ok(local(at))
}

/// The same, as either side is told of it: ten minutes, at a local time.
pub(super) fn for_schedule(start: DateTime) -> anyhow::Result<(Value, Value)> {
    let zone = Zone::parse(ZONE)?;
    let at = |local: DateTime| serde_json::to_value(LocalTime::new(local, zone.clone()));
    Ok((at(start)?, at(start.checked_add(10.minutes())?)?))
}

pub(super) fn for_google(start: DateTime) -> anyhow::Result<(Value, Value)> {
    let zone = TimeZone::get(ZONE)?;
    let at = |local: DateTime| -> anyhow::Result<Value> {
        let zoned = local.to_zoned(zone.clone())?;
        let text = zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        Ok(json!({ "dateTime": text, "timeZone": ZONE }))
    };
    Ok((at(start)?, at(start.checked_add(10.minutes())?)?))
}

fn texts(title: &str, notes: &str, location: &str) -> Vec<String> {
    let said = [title, notes, location].map(|text| text.trim().to_owned());
    said.into_iter().filter(|text| !text.is_empty()).collect()
}

/// Everything that an entry says.
pub(super) fn values(content: &Content) -> Vec<String> {
    let mut said = texts(&content.title, &content.notes, &content.location);
    said.push(day_and_minute(start_of(&content.timing.when)));
    said.extend(own_values(&content.exceptions));
    said
}

pub(super) fn own_values(exceptions: &Exceptions) -> Vec<String> {
    let own = |exception: &Exception| match exception {
        Exception::Cancelled => Vec::new(),
        Exception::Changed(changes) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let mut said = texts(
                &text(&changes.title),
                &text(&changes.notes),
                &text(&changes.location),
            );
            let start = changes.when.as_ref().map(start_of);
            said.extend(start.map(day_and_minute));
            said
        }
    };
    exceptions.iter().flat_map(|(_, one)| own(one)).collect()
}

/// The same of one event of the calendar.
pub(super) fn event_values(event: &Value) -> anyhow::Result<Vec<String>> {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let mut said = texts(&text("summary"), &text("description"), &text("location"));
    said.push(day_and_minute(event_start(event)?));
    Ok(said)
}

/// One field of what somebody sees.
pub(super) fn event_value(event: &Value, field: Field) -> anyhow::Result<Option<String>> {
    let text = |name: &str| Some(event[name].as_str().unwrap_or_default().trim().to_owned());
    Ok(match field {
        Field::Title => text("summary"),
        Field::Notes => text("description"),
        Field::Location => text("location"),
        Field::Timing => Some(day_and_minute(event_start(event)?)),
        Field::Private => None,
    })
}

pub(super) fn entry_value(content: &Content, field: Field) -> Option<String> {
    match field {
        Field::Title => Some(content.title.trim().to_owned()),
        Field::Notes => Some(content.notes.trim().to_owned()),
        Field::Location => Some(content.location.trim().to_owned()),
        Field::Timing => Some(day_and_minute(start_of(&content.timing.when))),
        Field::Private => None,
    }
}

/// What somebody writes into a new item.
pub(super) struct Fresh {
    pub(super) origin: Origin,
    pub(super) title: String,
    pub(super) notes: String,
    pub(super) location: String,
    pub(super) start: DateTime,
    pub(super) recurrence: Vec<String>,
}

impl Ledger {
    /// A word that nobody wrote before. Some people leave spaces behind.
    pub(super) fn word(&mut self, kind: char) -> String {
        self.words += 1;
        let word = format!("{kind}{:05}.", self.words);
        self.written.insert(word.clone());
        let space = kind != 't' && self.words.is_multiple_of(3);
        if space { format!("{word} ") } else { word }
    }

    /// A day on which nobody planned anything, nor an occurrence of it; at the origin's time of day.
    pub(super) fn start(&mut self, origin: Origin) -> DateTime {
        self.days += 1;
        let day = date(2028, 1, 3) + (5 * self.days).days();
        let start = day.at(0, 0, 0, 0) + origin.minute().minutes();
        self.written.insert(day_and_minute(start));
        start
    }

    /// Another time of that day, at which nothing else begins.
    pub(super) fn later_that_day(&mut self, start: DateTime) -> DateTime {
        self.moments += 1;
        let start = start.date().at(12, 0, 0, 0) + self.moments.minutes();
        self.written.insert(day_and_minute(start));
        start
    }

    pub(super) fn fresh(&mut self, series: bool) -> Fresh {
        let origin = Origin(self.origins);
        self.origins += 1;
        let rule = format!("RRULE:FREQ=DAILY;COUNT={OCCURRENCES}");
        Fresh {
            origin,
            title: self.word('t'),
            notes: self.word('n'),
            location: self.word('l'),
            start: self.start(origin),
            recurrence: if series { vec![rule] } else { Vec::new() },
        }
    }

    /// Somebody saw `old` there and wrote something else.
    pub(super) fn replaces(&mut self, spot: Spot, origin: Origin, old: String) {
        self.seen_to_go.insert(old.clone());
        self.replaced.push((spot, origin, old));
    }

    /// A copy that takes the place of what somebody removed is a new one, and says what its entry says.
    pub(super) fn takes_away(&mut self, place: usize, id: String) {
        let gone = Spot::Event(place, id.clone());
        self.replaced.retain(|(spot, _, _)| *spot != gone);
        self.removed.insert(Removal::Item(place, id));
    }

    pub(super) fn removes(&mut self, values: impl IntoIterator<Item = String>) {
        self.seen_to_go.extend(values);
    }
}
