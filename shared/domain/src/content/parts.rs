//! Which parts of a content: fields of its own and, in a series, fields of single occurrences.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fields;
use crate::series::OriginalStart;

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parts {
    /// Fields of the event or the series itself.
    #[serde(default, skip_serializing_if = "none")]
    pub own: Fields,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub occurrences: BTreeMap<OriginalStart, Fields>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn none(fields: &Fields) -> bool {
    fields.is_empty()
}

impl Parts {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.occurrences.is_empty()
    }

    fn of(&self, at: OriginalStart) -> Fields {
        self.occurrences.get(&at).copied().unwrap_or_default()
    }

    fn map(&self, own: Fields, each: impl Fn(OriginalStart, Fields) -> Fields) -> Self {
        let occurrences = self.occurrences.iter();
        let mapped = occurrences.map(|(at, fields)| (*at, each(*at, *fields)));
        Self {
            own,
            occurrences: mapped.filter(|(_, fields)| !fields.is_empty()).collect(),
        }
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.map(self.own.and(other.own), |at, fields| {
            fields.and(other.of(at))
        })
    }

    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.map(self.own.without(other.own), |at, fields| {
            fields.without(other.of(at))
        })
    }

    /// Without these fields, of the series and of every occurrence.
    #[must_use]
    pub fn masked(&self, masked: Fields) -> Self {
        self.map(self.own.without(masked), |_, fields| fields.without(masked))
    }

    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.own = self.own.or(other.own);
        for (at, fields) in &other.occurrences {
            let mine = self.occurrences.entry(*at).or_default();
            *mine = mine.or(*fields);
        }
        self
    }
}

impl From<Fields> for Parts {
    fn from(own: Fields) -> Self {
        Self {
            own,
            occurrences: BTreeMap::new(),
        }
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.occurrences.is_empty() || !self.own.is_empty() {
            write!(f, "{}", self.own)?;
        }
        for (index, (at, fields)) in self.occurrences.iter().enumerate() {
            let comma = if index == 0 && self.own.is_empty() {
                ""
            } else {
                ","
            };
            write!(f, "{comma}{at}:{fields}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}
