//! What a file says of an entry, beside what the entry is.

use std::collections::BTreeMap;

use super::{is_blank, plain};
use crate::{
    content::{Content, Field, Fields},
    entry::{Ask, Draft, EntryEdit, EntryStatus, OccurrenceEdit, RecurrenceEdit, WorkItemType},
    id::MemberId,
    member::EmailAddress,
    recurrence,
    series::{Changes, Exception, Exceptions, OriginalStart},
    time::{LocalTime, When},
};

/// What a new entry is called that its file gives no title.
const UNTITLED: &str = "Untitled";

/// What a file says; what it does not say is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    pub content: Content,
    /// Which fields of the content are said.
    pub fields: Fields,
    /// Whether it is said that it repeats or does not.
    pub repetition: bool,
    pub work_item_type: Option<WorkItemType>,
    pub status: Option<EntryStatus>,
    pub attendees: Option<Vec<EmailAddress>>,
    pub assignees: Option<Vec<MemberId>>,
    pub overridden: Overridden,
}

/// The occurrences that a file changes, each with its line.
pub type Overridden = BTreeMap<OriginalStart, usize>;

impl Stated {
    /// The same of an entry that is there: what is not said is as the entry has it, in each of its occurrences.
    fn beside(&self, draft: &Draft) -> Self {
        let unsaid = Fields::ALL.without(self.fields);
        let mut stated = self.clone();
        let is = &draft.content;
        for field in unsaid.iter() {
            match field {
                Field::Title => stated.content.title.clone_from(&is.title),
                Field::Notes => stated.content.notes.clone_from(&is.notes),
                Field::Location => stated.content.location.clone_from(&is.location),
                Field::Private => stated.content.private = is.private,
                // Every part of a file says when it is.
                Field::Timing => {}
            }
        }
        let apart = is.exceptions.iter().filter_map(|(at, exception)| {
            let is_kept = |changes: &Changes| !changes.fields().and(unsaid).is_empty();
            matches!(exception, Exception::Changed(changes) if is_kept(changes)).then_some(at)
        });
        for at in recurrence::starts_among(&self.content.timing, &apart.collect()) {
            let said = &mut stated.content.exceptions;
            let says_itself = match said.get(at) {
                Some(Exception::Changed(changes)) => changes.fields(),
                Some(Exception::Cancelled) => continue,
                None => Fields::NONE,
            };
            said.take(&is.exceptions, at, unsaid.without(says_itself));
        }
        stated
    }

    /// Whether the entry is just so already.
    pub fn is_true_of(&self, draft: &Draft) -> bool {
        let said = self.beside(draft).content;
        let (mut said, is) = (comparable(&said), comparable(&draft.content));
        if !self.repetition {
            said.timing.recurrence = is.timing.recurrence.clone();
            said.exceptions = is.exceptions.clone();
        }
        let apart = said.diff(&is);
        apart.own.and(self.fields).is_empty()
            && apart.occurrences.is_empty()
            && self
                .work_item_type
                .is_none_or(|one| one == draft.work_item_type)
            && self.status.is_none_or(|one| one == draft.status)
            && is_same(self.attendees.as_deref(), &draft.attendees)
            && is_same(self.assignees.as_deref(), &draft.assignees)
    }

    /// The words that tell it from others which have no name either.
    pub(super) fn words(&self) -> String {
        let said = (
            &self.content,
            self.work_item_type,
            self.status,
            &self.attendees,
        );
        // Texts, numbers and lists of them are always written.
        serde_json::to_string(&said).unwrap_or_default()
    }

    /// What an entry must become to be as the file says.
    pub fn edit(&self, draft: &Draft) -> EntryEdit {
        self.beside(draft).said()
    }

    fn said(&self) -> EntryEdit {
        let Content {
            title,
            notes,
            location,
            timing,
            private,
            ..
        } = &self.content;
        let says = |field| self.fields.contains(field);
        let (start, end) = timing.when.moments();
        let title = plain(title);
        EntryEdit {
            title: Some(title).filter(|title| says(Field::Title) && !title.trim().is_empty()),
            notes: says(Field::Notes).then(|| plain(notes)),
            location: says(Field::Location).then(|| plain(location)),
            start: Some(start),
            end: Some(end),
            recurrence: self
                .repetition
                .then(|| RecurrenceEdit::Lines(self.content.recurrence_lines())),
            overrides: self.repetition.then(|| self.overrides()),
            private: says(Field::Private).then_some(*private),
            work_item_type: self.work_item_type,
            status: self.status,
            assignees: self.assignees.clone(),
            attendees: self.attendees.clone(),
        }
    }

    /// The edit that makes a new entry.
    pub fn new_entry(&self) -> EntryEdit {
        let mut edit = self.said();
        edit.title.get_or_insert_with(|| UNTITLED.to_owned());
        edit
    }

    /// What one occurrence of a series must become.
    pub fn occurrence(&self) -> OccurrenceEdit {
        let changes = Changes {
            title: Some(self.content.title.clone()).filter(|_| self.fields.contains(Field::Title)),
            notes: Some(self.content.notes.clone()).filter(|_| self.fields.contains(Field::Notes)),
            location: Some(self.content.location.clone())
                .filter(|_| self.fields.contains(Field::Location)),
            when: Some(self.content.timing.when.clone()),
            private: Some(self.content.private).filter(|_| self.fields.contains(Field::Private)),
        };
        asked(&changes)
    }

    /// Says how one occurrence of the series is; `None` leaves it out. An occurrence without a title has its series'.
    pub(super) fn change(
        &mut self,
        at: OriginalStart,
        line: usize,
        occurrence: Option<Content>,
    ) -> Result<(), String> {
        let refused = if !self.content.repeats() {
            Some("the entry that it is an occurrence of does not repeat")
        } else if self.content.exceptions.get(at).is_some() {
            Some("the file says something else of this occurrence before")
        } else if self.content.plain_occurrence(at).is_none() {
            Some("it is of another kind than its series")
        } else {
            None
        };
        if let Some(reason) = refused {
            return Err(reason.to_owned());
        }
        let occurrence = occurrence.map(|mut one| {
            if is_blank(&one.title) {
                one.title.clone_from(&self.content.title);
            }
            one
        });
        self.content.set_occurrence(at, occurrence.as_ref());
        if occurrence.is_some() {
            self.overridden.insert(at, line);
        }
        Ok(())
    }

    /// Every occurrence that is to differ, but for those that the series does not have.
    fn overrides(&self) -> Vec<(OriginalStart, OccurrenceEdit)> {
        let strays = self.strays();
        let changed = self
            .content
            .exceptions
            .iter()
            .filter_map(|(at, exception)| {
                let Exception::Changed(changes) = exception else {
                    return None;
                };
                (!strays.contains_key(&at)).then(|| (at, asked(changes)))
            });
        changed.collect()
    }

    /// The occurrences that the file changes, and that its series does not have.
    pub fn strays(&self) -> Overridden {
        let mut strays = self.overridden.clone();
        let wanted = strays.keys().copied().collect();
        for at in recurrence::starts_among(&self.content.timing, &wanted) {
            strays.remove(&at);
        }
        strays
    }
}

/// Files keep no order of people.
fn is_same<T: Ord + Clone>(said: Option<&[T]>, are: &[T]) -> bool {
    let sorted = |list: &[T]| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    };
    said.is_none_or(|said| sorted(said) == sorted(are))
}

fn asked(changes: &Changes) -> OccurrenceEdit {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map_or(Ask::Keep, |text| Ask::Set(plain(text)))
    };
    let moments = changes.when.as_ref().map(When::moments);
    let (start, end) = moments.map_or((Ask::Keep, Ask::Keep), |(start, end)| {
        (Ask::Set(start), Ask::Set(end))
    });
    OccurrenceEdit {
        title: text(&changes.title),
        notes: text(&changes.notes),
        location: text(&changes.location),
        start,
        end,
        private: changes.private.map_or(Ask::Keep, Ask::Set),
    }
}

/// A content as files can say it, with every exception holding just what differs.
fn comparable(content: &Content) -> Content {
    let mut series = said(content);
    series.exceptions = Exceptions::default();
    for (at, _) in content.exceptions.iter() {
        let occurrence = content.occurrence(at).map(|occurrence| said(&occurrence));
        series.set_occurrence(at, occurrence.as_ref());
    }
    series
}

fn said(content: &Content) -> Content {
    let mut said = content.clone();
    plain(&content.title).trim().clone_into(&mut said.title);
    said.notes = plain(&content.notes);
    said.location = plain(&content.location);
    if let When::Timed { start, end } = &mut said.timing.when {
        for time in [start, end] {
            time.fold = is_second_pass(time);
        }
    }
    said
}

/// Whether the clock shows that time twice, and the second is meant.
pub(super) fn is_second_pass(time: &LocalTime) -> bool {
    time.fold && LocalTime::at(time.instant(), time.zone.clone()).fold
}
