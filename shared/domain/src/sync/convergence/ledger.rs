//! An account of what people did: every value that somebody wrote, who saw it go, and what was taken away on purpose.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::{ToSpan, civil::date};

use super::items::{Item, OCCURRENCES};
use crate::{
    content::{Content, Field, Fields, Timing},
    event::{ExternalEventId, Uid},
    id::{CalendarId, ConnectionId, EntryId, MemberId},
    recurrence::Recurrence,
    series::{Changes, Exception, Exceptions},
    sync::moves::OccurrenceEdit,
    time::When,
};

static DAILY: LazyLock<Recurrence> = LazyLock::new(|| {
    let line = format!("RRULE:FREQ=DAILY;COUNT={OCCURRENCES}");
    let (rule, _) = Recurrence::parse(&[line], &day(0)).unwrap();
    rule
});

/// Something that a person took away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Removal {
    Entry(u32),
    /// Somebody's own event of this origin.
    Event(u32, MemberId),
    Item(CalendarId, ExternalEventId),
    Unassigned(u32, MemberId),
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    last: u32,
    /// Every value that somebody wrote; no two are the same.
    pub(super) written: BTreeSet<String>,
    /// What each value was written over by somebody who saw it.
    replaced: BTreeMap<String, String>,
    /// Values that somebody put in a second place, where they are as new as anything else.
    said_twice: BTreeSet<String>,
    /// Values that somebody saw where they stood and replaced, or removed with what they stood in.
    pub(super) seen_to_go: BTreeSet<String>,
    pub(super) entries: BTreeMap<EntryId, u32>,
    pub(super) uids: BTreeMap<String, u32>,
    pub(super) by_person: BTreeSet<EntryId>,
    pub(super) removed: BTreeSet<Removal>,
    /// What was given to others, or brought back for what a copy says.
    pub(super) held: BTreeSet<u32>,
    /// Links between an event and an entry that were both there before.
    pub(super) joined: BTreeSet<(EntryId, ConnectionId)>,
}

fn day(number: u32) -> When {
    let start = date(2026, 1, 1) + (7 * i64::from(number)).days();
    When::AllDay {
        start,
        end: start + 1.day(),
    }
}

fn start(when: &When) -> String {
    when.first_day().to_string()
}

fn value(content: &Content, field: Field) -> Option<String> {
    match field {
        Field::Title => Some(content.title.trim().into()),
        Field::Notes => Some(content.notes.trim().into()),
        Field::Location => Some(content.location.trim().into()),
        Field::Timing => Some(start(&content.timing.when)),
        Field::Private => None,
    }
}

pub(super) fn own_values(exception: &Exception) -> Vec<String> {
    let Exception::Changed(changes) = exception else {
        return Vec::new();
    };
    let Changes {
        title,
        notes,
        location,
        when,
        private: _,
    } = changes.clone();
    [title, notes, location, when.as_ref().map(start)]
        .into_iter()
        .flatten()
        .collect()
}

/// Everything that a content says.
pub(super) fn values(content: &Content) -> Vec<String> {
    let own = Field::ALL
        .into_iter()
        .filter_map(|field| value(content, field));
    let exceptions = content.exceptions.iter();
    own.chain(exceptions.flat_map(|(_, exception)| own_values(exception)))
        .collect()
}

impl Ledger {
    pub(super) fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    pub(super) fn origin_of(&self, entry: EntryId) -> u32 {
        self.entries[&entry]
    }

    pub(super) fn origin_of_event(&self, item: &Item) -> u32 {
        self.uids[&item.uid.0]
    }

    pub(super) fn came_from(&mut self, entry: EntryId, uid: Option<&Uid>) {
        let origin = uid.and_then(|uid| self.uids.get(&uid.0)).copied();
        self.entries
            .insert(entry, origin.expect("every event has a uid"));
    }

    /// A copy that a worker made; its id names the entry.
    pub(super) fn copied(&mut self, item: &Item) {
        let entry = item.id.0.split('-').nth(1).and_then(|id| id.parse().ok());
        let origin = self.entries[&entry.expect("copies are named after their entry")];
        self.uids.insert(item.uid.0.clone(), origin);
    }

    pub(super) fn removes(&mut self, content: &Content) {
        self.seen_to_go.extend(values(content));
    }

    /// A value here gives way to none from there that its author had seen and replaced: that would be our own echo.
    pub(super) fn goes_forward(&self, before: &Content, after: &Content, fields: Fields) {
        // When one side moved a series under the other's exceptions, its old time is a choice too.
        let fields = fields.without(Fields::NONE.with(Field::Timing));
        for field in fields.iter() {
            let (Some(mut old), Some(new)) = (value(before, field), value(after, field)) else {
                continue;
            };
            while old != new {
                let Some(older) = self.replaced.get(&old) else {
                    break;
                };
                let again = self.said_twice.contains(&new);
                assert!(
                    *older != new || again,
                    "{new} came back over what replaced it"
                );
                old.clone_from(older);
            }
        }
    }

    pub(super) fn says_twice(&mut self, content: &Content) {
        self.said_twice.extend(values(content));
    }

    /// What a calendar keeps to itself goes with its event: we were never shown it, and must not keep it.
    pub(super) fn goes_unshown(&mut self, content: &Content, hidden: Fields) {
        let unshown = hidden.iter().filter_map(|field| value(content, field));
        self.seen_to_go.extend(unshown);
    }

    pub(super) fn fresh(&mut self, series: bool) -> Content {
        let number = self.next();
        let recurrence = if series {
            DAILY.clone()
        } else {
            Recurrence::none()
        };
        let content = Content {
            title: format!("t{number}"),
            notes: format!("n{number}"),
            location: format!("l{number}"),
            timing: Timing {
                when: day(number),
                recurrence,
            },
            private: false,
            exceptions: Exceptions::default(),
        };
        self.written.extend(values(&content));
        content
    }

    /// With a new value in one field, written by somebody who sees the old one.
    pub(super) fn edited(&mut self, content: &Content, field: Field) -> Content {
        let number = self.next();
        // Some people leave spaces behind.
        let space = if number.is_multiple_of(3) { " " } else { "" };
        let mut after = content.clone();
        match field {
            Field::Title => after.title = format!("t{number}"),
            Field::Notes => after.notes = format!("n{number}{space}"),
            Field::Location => after.location = format!("l{number}{space}"),
            Field::Timing => after.timing.when = day(number),
            Field::Private => after.private = !content.private,
        }
        if let (Some(old), Some(new)) = (value(content, field), value(&after, field)) {
            self.replaced.insert(new, old);
        }
        self.seen_to_go.extend(value(content, field));
        self.written.extend(value(&after, field));
        after
    }

    /// One occurrence after an edit; `None` is cancelled. `old` is how it differed before.
    pub(super) fn edited_occurrence(
        &mut self,
        occurrence: &Content,
        old: Option<&Exception>,
        edit: OccurrenceEdit,
    ) -> Option<Content> {
        let field = match edit {
            OccurrenceEdit::Retitle => Field::Title,
            OccurrenceEdit::Move => Field::Timing,
            OccurrenceEdit::Cancel => {
                self.seen_to_go.extend(old.into_iter().flat_map(own_values));
                return None;
            }
        };
        let own = old.map(own_values).unwrap_or_default();
        let series_value = value(occurrence, field).filter(|value| !own.contains(value));
        let known = self.seen_to_go.clone();
        let after = self.edited(occurrence, field);
        // What the series says is still said of its other occurrences.
        if let Some(value) = series_value
            && !known.contains(&value)
        {
            self.seen_to_go.remove(&value);
        }
        Some(after)
    }
}
