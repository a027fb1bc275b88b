//! What an entry and a calendar event both hold, field by field: the part of each that is synced.

mod parts;
mod words;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use parts::Parts;

use crate::{recurrence::Recurrence, series::Exceptions, time::When};

/// The synced content. Each field is compared, merged and written on its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    pub title: String,
    /// Plain text, also where the provider keeps HTML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub location: String,
    #[serde(flatten)]
    pub timing: Timing,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Single occurrences of a series that differ from it.
    #[serde(default, skip_serializing_if = "Exceptions::is_empty")]
    pub exceptions: Exceptions,
}

/// When it happens and how it repeats. One field, because a rule means nothing without its start: half of each side's
/// change would be a series that neither side asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    #[serde(flatten)]
    pub when: When,
    #[serde(default, skip_serializing_if = "Recurrence::is_none")]
    pub recurrence: Recurrence,
}

/// The fields of [`Content`], as they are named in conflicts, traces and the API.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Title,
    Notes,
    Location,
    Timing,
    Private,
}

impl Field {
    pub const ALL: [Self; 5] = [
        Self::Title,
        Self::Notes,
        Self::Location,
        Self::Timing,
        Self::Private,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Notes => "notes",
            Self::Location => "location",
            Self::Timing => "timing",
            Self::Private => "private",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of fields.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Field>", into = "Vec<Field>")]
pub struct Fields(u8);

impl Fields {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self((1 << Field::ALL.len()) - 1);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, field: Field) -> bool {
        self.0 & field.bit() != 0
    }

    #[must_use]
    pub fn with(self, field: Field) -> Self {
        Self(self.0 | field.bit())
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL
            .into_iter()
            .filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Vec<Field>> for Fields {
    fn from(fields: Vec<Field>) -> Self {
        fields.into_iter().collect()
    }
}

impl From<Fields> for Vec<Field> {
    fn from(fields: Fields) -> Self {
        fields.iter().collect()
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        for (index, field) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", field.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl Content {
    /// The parts in which `self` differs from `other`.
    pub fn diff(&self, other: &Self) -> Parts {
        // Almost every comparison ends here.
        if self == other {
            return Parts::none();
        }
        Parts {
            own: Field::ALL
                .into_iter()
                .filter(|field| self.field_differs(other, *field))
                .collect(),
            occurrences: self.exceptions.diff(&other.exceptions),
        }
    }

    /// Without occurrences that are as their series says after all: what an entry is made of.
    #[must_use]
    pub fn as_entry(self) -> Self {
        Self {
            exceptions: self.exceptions.that_differ(),
            ..self
        }
    }

    pub fn field_differs(&self, other: &Self, field: Field) -> bool {
        match field {
            Field::Title => self.title != other.title,
            Field::Notes => self.notes != other.notes,
            Field::Location => self.location != other.location,
            Field::Timing => self.timing != other.timing,
            Field::Private => self.private != other.private,
        }
    }

    /// `self` with `parts` taken from `other`.
    #[must_use]
    pub fn with_parts_of(&self, other: &Self, parts: &Parts) -> Self {
        let mut mixed = self.clone();
        for field in parts.own.iter() {
            match field {
                Field::Title => mixed.title.clone_from(&other.title),
                Field::Notes => mixed.notes.clone_from(&other.notes),
                Field::Location => mixed.location.clone_from(&other.location),
                Field::Timing => mixed.timing.clone_from(&other.timing),
                Field::Private => mixed.private = other.private,
            }
        }
        for (at, fields) in &parts.occurrences {
            mixed.exceptions.take(&other.exceptions, *at, *fields);
        }
        mixed
    }
}
