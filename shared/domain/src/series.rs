//! Series whose single occurrences differ: cancelled, or changed in some fields.
//!
//! An occurrence is known by its original start (RFC 5545 `RECURRENCE-ID`), which never changes, whatever the occurrence
//! is moved to. An exception holds only what differs from the series, so that a change of the series reaches every
//! occurrence that does not say otherwise.

mod follow;
mod occurrence;
mod split;

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use occurrence::{NotAnOccurrence, Occurrence, Occurrences};
pub use split::{NotSplit, split};

use crate::{
    content::{Content, Field, Fields, Timing},
    recurrence::Recurrence,
    time::{DayOnly, LocalTime, Moment, When},
};

/// Which occurrence of a series: the start that its rule gives it. An instant for a timed series, a date for an all-day
/// one; written `20260302T130000Z` and `20260302`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^\d{8}(T\d{6}Z)?$", "examples" = ["20260302T130000Z", "20260302"]))]
pub enum OriginalStart {
    Day(Date),
    Time(Timestamp),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no occurrence: write its original start as 20260302T130000Z, or 20260302 for whole days"
)]
pub struct InvalidOriginalStart(pub String);

impl OriginalStart {
    /// The original start of the occurrence that is at `when`, as its series has it.
    pub fn of(when: &When) -> Self {
        match when {
            When::Timed { start, .. } => Self::Time(start.instant()),
            When::AllDay { start, .. } => Self::Day(*start),
        }
    }

    /// The same in the terms of its series; absent where a series of days is asked for an instant.
    pub fn moment(self, series: &When) -> Option<Moment> {
        match (self, series) {
            (Self::Day(date), When::AllDay { .. }) => Some(Moment::AllDay(DayOnly { date })),
            (Self::Time(at), When::Timed { start, .. }) => {
                Some(Moment::Timed(LocalTime::at(at, start.zone.clone())))
            }
            (Self::Day(_), When::Timed { .. }) | (Self::Time(_), When::AllDay { .. }) => None,
        }
    }
}

impl fmt::Display for OriginalStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(f, "{}", date.strftime("%Y%m%d")),
            Self::Time(at) => write!(f, "{}", at.strftime("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl FromStr for OriginalStart {
    type Err = InvalidOriginalStart;

    fn from_str(text: &str) -> Result<Self, InvalidOriginalStart> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let read = match (text.len(), digits, text.strip_suffix('Z')) {
            (8, 8, _) => Date::strptime("%Y%m%d", text).ok().map(Self::Day),
            (16, 14, Some(local)) => DateTime::strptime("%Y%m%dT%H%M%S", local)
                .ok()
                .and_then(|local| local.to_zoned(TimeZone::UTC).ok())
                .map(|at| Self::Time(at.timestamp())),
            _ => None,
        };
        read.ok_or_else(|| InvalidOriginalStart(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for OriginalStart {
    type Error = InvalidOriginalStart;

    fn try_from(text: String) -> Result<Self, InvalidOriginalStart> {
        text.parse()
    }
}

impl From<OriginalStart> for String {
    fn from(original: OriginalStart) -> Self {
        original.to_string()
    }
}

/// How one occurrence differs from its series.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exception {
    Cancelled,
    Changed(Changes),
}

impl Exception {
    /// Whether and when it takes place, and nothing else.
    #[must_use]
    pub(crate) fn timing_only(&self) -> Self {
        match self {
            Self::Cancelled => Self::Cancelled,
            Self::Changed(changes) => Self::Changed(Changes {
                when: changes.when.clone(),
                private: changes.private,
                ..Changes::default()
            }),
        }
    }
}

/// The fields in which an occurrence differs; what is absent is as in the series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

impl Changes {
    /// What `occurrence` has that `plain`, the same occurrence as its series has it, has not.
    fn between(plain: &Content, occurrence: &Content) -> Self {
        let differs = |field| plain.field_differs(occurrence, field);
        Self {
            title: differs(Field::Title).then(|| occurrence.title.clone()),
            notes: differs(Field::Notes).then(|| occurrence.notes.clone()),
            location: differs(Field::Location).then(|| occurrence.location.clone()),
            when: differs(Field::Timing).then(|| occurrence.timing.when.clone()),
            private: differs(Field::Private).then_some(occurrence.private),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fields that differ.
    pub fn fields(&self) -> Fields {
        self.diff(&Self::default())
    }

    fn over(&self, plain: Content) -> Content {
        Content {
            title: self.title.clone().unwrap_or(plain.title),
            notes: self.notes.clone().unwrap_or(plain.notes),
            location: self.location.clone().unwrap_or(plain.location),
            timing: Timing {
                when: self.when.clone().unwrap_or(plain.timing.when),
                recurrence: Recurrence::none(),
            },
            private: self.private.unwrap_or(plain.private),
            exceptions: Exceptions::default(),
        }
    }

    fn diff(&self, other: &Self) -> Fields {
        let differs = |field: &Field| match field {
            Field::Title => self.title != other.title,
            Field::Notes => self.notes != other.notes,
            Field::Location => self.location != other.location,
            Field::Timing => self.when != other.when,
            Field::Private => self.private != other.private,
        };
        Field::ALL.into_iter().filter(differs).collect()
    }

    fn with_fields_of(mut self, other: &Self, fields: Fields) -> Self {
        for field in fields.iter() {
            match field {
                Field::Title => self.title.clone_from(&other.title),
                Field::Notes => self.notes.clone_from(&other.notes),
                Field::Location => self.location.clone_from(&other.location),
                Field::Timing => self.when.clone_from(&other.when),
                Field::Private => self.private = other.private,
            }
        }
        self
    }
}

/// What an exception takes besides its texts: its name, its two times, and the names of its fields.
const EXCEPTION_BYTES: usize = 140;

/// Every occurrence of a series that is not as the series says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Exceptions(BTreeMap<OriginalStart, Exception>);

impl Exceptions {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, at: OriginalStart) -> Option<&Exception> {
        self.0.get(&at)
    }

    pub fn iter(&self) -> impl Iterator<Item = (OriginalStart, &Exception)> {
        self.0.iter().map(|(at, exception)| (*at, exception))
    }

    pub fn cancelled(&self) -> impl Iterator<Item = OriginalStart> {
        self.iter()
            .filter_map(|(at, exception)| matches!(exception, Exception::Cancelled).then_some(at))
    }

    pub fn cancelled_at(&self, at: OriginalStart) -> bool {
        self.get(at) == Some(&Exception::Cancelled)
    }

    /// About as many bytes as they take where they are kept.
    pub fn bytes(&self) -> usize {
        let texts = |exception: &Exception| match exception {
            Exception::Cancelled => 0,
            Exception::Changed(Changes {
                title,
                notes,
                location,
                ..
            }) => [title, notes, location]
                .into_iter()
                .flatten()
                .map(String::len)
                .sum(),
        };
        self.0
            .values()
            .map(|exception| EXCEPTION_BYTES + texts(exception))
            .sum()
    }

    /// An exception that changes nothing is none.
    pub fn set(&mut self, at: OriginalStart, exception: Option<Exception>) {
        match exception {
            Some(Exception::Changed(changes)) if changes.is_empty() => self.0.remove(&at),
            Some(exception) => self.0.insert(at, exception),
            None => self.0.remove(&at),
        };
    }

    /// An exception as a calendar keeps it: one that changes nothing is still a copy of its own there, which a change of
    /// the series may not reach.
    pub fn keep(&mut self, at: OriginalStart, exception: Exception) {
        self.0.insert(at, exception);
    }

    /// Without those that change nothing.
    #[must_use]
    pub fn that_differ(mut self) -> Self {
        let same = Exception::Changed(Changes::default());
        self.0.retain(|_, exception| *exception != same);
        self
    }

    /// Without the changed occurrences: what one write of the series alone can say.
    #[must_use]
    pub fn only_cancelled(&self) -> Self {
        self.cancelled().collect()
    }

    /// The occurrences that differ between two sides, each with its fields; every field where one side cancelled it.
    pub(crate) fn diff(&self, other: &Self) -> BTreeMap<OriginalStart, Fields> {
        let keys = self
            .0
            .keys()
            .chain(other.0.keys().filter(|at| !self.0.contains_key(at)));
        let differing = |at: &OriginalStart| {
            let fields = match (self.get(*at), other.get(*at)) {
                (Some(Exception::Cancelled), Some(Exception::Cancelled)) => Fields::NONE,
                (Some(Exception::Cancelled), _) | (_, Some(Exception::Cancelled)) => Fields::ALL,
                (ours, theirs) => changes_of(ours).diff(&changes_of(theirs)),
            };
            (!fields.is_empty()).then_some((*at, fields))
        };
        keys.filter_map(differing).collect()
    }

    /// `fields` of one occurrence as `other` has them. Whether it takes place at all goes with any of its fields.
    pub(crate) fn take(&mut self, other: &Self, at: OriginalStart, fields: Fields) {
        let mixed = match (self.get(at), other.get(at)) {
            (_, Some(Exception::Cancelled)) => Some(Exception::Cancelled),
            (Some(Exception::Cancelled), theirs) => theirs.cloned(),
            (ours, theirs) => Some(Exception::Changed(
                changes_of(ours).with_fields_of(&changes_of(theirs), fields),
            )),
        };
        self.set(at, mixed);
    }
}

fn changes_of(exception: Option<&Exception>) -> Changes {
    match exception {
        Some(Exception::Changed(changes)) => changes.clone(),
        Some(Exception::Cancelled) | None => Changes::default(),
    }
}

impl FromIterator<OriginalStart> for Exceptions {
    fn from_iter<I: IntoIterator<Item = OriginalStart>>(cancelled: I) -> Self {
        let each = |at| (at, Exception::Cancelled);
        Self(cancelled.into_iter().map(each).collect())
    }
}

#[cfg(test)]
mod tests;
