//! Changing an entry: what is asked for is checked field by field, and all that is wrong is said at once.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{
    ASSIGNEES_MAX, ATTENDEES_MAX, Entry, EntryStatus, LOCATION_BYTES_MAX, NOTES_BYTES_MAX,
    TITLE_BYTES_MAX, WorkItemType,
    occurrence::{OccurrenceEdit, overridden, too_much},
};
use crate::{
    content::{Content, Timing},
    id::{EntryId, MemberId, TenantId},
    link::Origin,
    member::EmailAddress,
    recurrence::{self, Recurrence},
    series::{Exception, Exceptions, OriginalStart},
    time::{InvalidSpan, Moment, When},
};

/// What a person or program may set on an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub content: Content,
    pub work_item_type: WorkItemType,
    pub status: EntryStatus,
    pub assignees: Vec<MemberId>,
    pub attendees: Vec<EmailAddress>,
}

/// How an entry is to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecurrenceEdit {
    /// These lines and no others: an occurrence that no `EXDATE` names takes place.
    Lines(Vec<String>),
    /// Another rule; occurrences that were left out stay out.
    Rule(Vec<String>),
}

/// What is asked for. A field that is absent is left as it is, or takes its default in a new entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryEdit {
    pub title: Option<String>,
    pub notes: Option<String>,
    pub location: Option<String>,
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    pub recurrence: Option<RecurrenceEdit>,
    /// Every occurrence that is to differ, besides those that are left out.
    pub overrides: Option<Vec<(OriginalStart, OccurrenceEdit)>>,
    pub private: Option<bool>,
    pub work_item_type: Option<WorkItemType>,
    pub status: Option<EntryStatus>,
    pub assignees: Option<Vec<MemberId>>,
    pub attendees: Option<Vec<EmailAddress>>,
}

/// One field that cannot be what was asked for, by the name of the field in [`EntryEdit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// Which of the overrides it is a field of, if it is.
    pub line: Option<usize>,
    /// Empty for the thing as a whole.
    pub field: &'static str,
    pub reason: String,
}

impl InvalidField {
    pub fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            line: None,
            field,
            reason: reason.into(),
        }
    }
}

impl Draft {
    /// The first version of a new entry.
    pub fn into_entry(self, id: EntryId, tenant: TenantId, now: Timestamp) -> Entry {
        Entry {
            id,
            tenant,
            version: 1,
            content: self.content,
            work_item_type: self.work_item_type,
            status: self.status,
            assignees: self.assignees,
            attendees: self.attendees,
            origin: Origin::Entry,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Entry {
    pub fn draft(&self) -> Draft {
        Draft {
            content: self.content.clone(),
            work_item_type: self.work_item_type,
            status: self.status,
            assignees: self.assignees.clone(),
            attendees: self.attendees.clone(),
        }
    }

    /// The next version of the entry.
    #[must_use]
    pub fn changed_to(&self, draft: Draft, now: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            origin: self.origin,
            created_at: self.created_at,
            ..draft.into_entry(self.id, self.tenant, now)
        }
    }
}

impl EntryEdit {
    /// `before` with the edit made to it; without `before`, a new entry of `owner`.
    pub fn apply(
        self,
        before: Option<&Draft>,
        owner: MemberId,
    ) -> Result<Draft, Vec<InvalidField>> {
        let mut problems = Vec::new();
        let typed = [
            ("title", &self.title),
            ("notes", &self.notes),
            ("location", &self.location),
        ];
        problems.extend(typed.into_iter().filter_map(unprintable));
        let content = before.map(|before| &before.content);
        let kept = |part: fn(&Content) -> &String| content.map(part).cloned();
        let title = self.title.map(|title| title.trim().to_owned());
        let title = title.or_else(|| kept(|content| &content.title));
        let title = checked_text("title", title, TITLE_BYTES_MAX, &mut problems);
        // An event from a calendar may lack a title; that must not keep anyone from changing the rest of its entry.
        if title.is_empty() && kept(|content| &content.title).is_none_or(|old| !old.is_empty()) {
            problems.push(InvalidField::new("title", "a title is required"));
        }
        let notes = self.notes.or_else(|| kept(|content| &content.notes));
        let notes = checked_text("notes", notes, NOTES_BYTES_MAX, &mut problems);
        let location = self.location.or_else(|| kept(|content| &content.location));
        let location = checked_text("location", location, LOCATION_BYTES_MAX, &mut problems);
        let timing = timing(
            self.start,
            self.end,
            self.recurrence,
            content,
            &mut problems,
        );
        let assignees = self.assignees.or(before.map(|old| old.assignees.clone()));
        let assignees = checked_assignees(assignees.unwrap_or(vec![owner]), &mut problems);
        let attendees = self.attendees.or(before.map(|old| old.attendees.clone()));
        let attendees = checked_attendees(attendees.unwrap_or_default(), &mut problems);
        let private = self.private.or(content.map(|content| content.private));
        let Some((timing, exceptions)) = timing else {
            return Err(problems);
        };
        let draft = Draft {
            content: Content {
                title,
                notes,
                location,
                timing,
                private: private.unwrap_or_default(),
                exceptions,
            },
            work_item_type: self
                .work_item_type
                .or(before.map(|old| old.work_item_type))
                .unwrap_or_default(),
            status: self
                .status
                .or(before.map(|old| old.status))
                .unwrap_or_default(),
            assignees,
            attendees,
        };
        let (draft, field) = match &self.overrides {
            Some(list) => (overridden(draft, list, owner, &mut problems), "overrides"),
            None => (draft, "recurrence"),
        };
        let known = before.map_or_else(Exceptions::default, |old| old.content.exceptions.clone());
        let too_much = too_much(&draft.content.exceptions, &known);
        problems.extend(too_much.map(|reason| InvalidField::new(field, reason)));
        if problems.is_empty() {
            Ok(draft)
        } else {
            Err(problems)
        }
    }
}

/// What is typed has lines and tabs and nothing else that cannot be seen; what a calendar brought is taken as it is.
fn unprintable((field, text): (&'static str, &Option<String>)) -> Option<InvalidField> {
    let breaks = ['\n', '\r', '\t'];
    text.as_ref()?
        .contains(|letter: char| letter.is_control() && !breaks.contains(&letter))
        .then(|| {
            InvalidField::new(
                field,
                format!("{field} contains characters that cannot be shown"),
            )
        })
}

fn checked_text(
    field: &'static str,
    text: Option<String>,
    bytes_max: usize,
    problems: &mut Vec<InvalidField>,
) -> String {
    let text = text.unwrap_or_default();
    if text.len() > bytes_max {
        let reason = format!("{field} may have at most {bytes_max} bytes");
        problems.push(InvalidField::new(field, reason));
    }
    text
}

/// Absent when a problem was found.
fn timing(
    start: Option<Moment>,
    end: Option<Moment>,
    recurrence: Option<RecurrenceEdit>,
    before: Option<&Content>,
    problems: &mut Vec<InvalidField>,
) -> Option<(Timing, Exceptions)> {
    if let Some(before) = before
        && (&start, &end, &recurrence) == (&None, &None, &None)
    {
        return Some((before.timing.clone(), before.exceptions.clone()));
    }
    let (old_start, old_end) = before.map(|before| before.timing.when.moments()).unzip();
    let (start, end) = (start.or(old_start), end.or(old_end));
    for (field, moment) in [("start", &start), ("end", &end)] {
        if moment.is_none() {
            problems.push(InvalidField::new(field, format!("{field} is required")));
        }
    }
    let when = When::new(start?, end?)
        .map_err(|error| {
            let field = match error {
                InvalidSpan::OutOfRange => "start",
                InvalidSpan::Mixed | InvalidSpan::EndsBeforeStart | InvalidSpan::NoDays => "end",
            };
            problems.push(InvalidField::new(field, error.to_string()));
        })
        .ok()?;
    let (lines, says_cancelled) = match recurrence {
        Some(RecurrenceEdit::Lines(lines)) => (lines, true),
        Some(RecurrenceEdit::Rule(lines)) => (lines, false),
        None => {
            let timing = before.map(|before| &before.timing);
            let follow = |timing: &Timing| timing.recurrence.lines_following(&timing.when, &when);
            (timing.map_or_else(Vec::new, follow), false)
        }
    };
    let (recurrence, cancelled) = Recurrence::parse(&lines, &when)
        .map_err(|error| problems.push(InvalidField::new("recurrence", error.to_string())))
        .ok()?;
    let timing = Timing { when, recurrence };
    let old = before.map(|before| before.exceptions.following(&before.timing, &timing));
    let exceptions = exceptions(&timing, &old.unwrap_or_default(), cancelled, says_cancelled);
    Some((timing, exceptions))
}

/// What stays of the old exceptions beside those that the new lines cancel. What differs stays only where the series
/// still has it: it would take place all by itself.
fn exceptions(
    timing: &Timing,
    old: &Exceptions,
    cancelled: Exceptions,
    says_cancelled: bool,
) -> Exceptions {
    let changed = |(at, exception): (OriginalStart, &Exception)| match exception {
        Exception::Cancelled => None,
        Exception::Changed(_) => Some(at),
    };
    let starts = recurrence::starts_among(timing, &old.iter().filter_map(changed).collect());
    let mut all = cancelled;
    for (at, exception) in old.iter() {
        let stays = match exception {
            Exception::Cancelled => !says_cancelled,
            Exception::Changed(_) => all.get(at).is_none() && starts.contains(&at),
        };
        if stays {
            all.set(at, Some(exception.clone()));
        }
    }
    all
}

fn checked_assignees(assignees: Vec<MemberId>, problems: &mut Vec<InvalidField>) -> Vec<MemberId> {
    if !(1..=ASSIGNEES_MAX).contains(&assignees.len()) {
        let reason = format!("an entry has 1 to {ASSIGNEES_MAX} assignees");
        problems.push(InvalidField::new("assignees", reason));
    } else if assignees.iter().collect::<HashSet<_>>().len() < assignees.len() {
        problems.push(InvalidField::new("assignees", "a member is assigned twice"));
    }
    assignees
}

fn checked_attendees(
    mut attendees: Vec<EmailAddress>,
    problems: &mut Vec<InvalidField>,
) -> Vec<EmailAddress> {
    let mut seen = HashSet::new();
    attendees.retain(|address| seen.insert(address.clone()));
    if attendees.len() > ATTENDEES_MAX {
        let reason = format!("an entry has at most {ATTENDEES_MAX} attendees");
        problems.push(InvalidField::new("attendees", reason));
    }
    attendees
}

#[cfg(test)]
mod tests;
