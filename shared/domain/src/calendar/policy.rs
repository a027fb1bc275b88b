//! How much of a calendar is shown, and who wins when both sides changed the same.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    content::{Content, Field, Fields},
    link::Origin,
    series::Exceptions,
};

/// How much crosses between a calendar and the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    #[default]
    Full,
    /// Times only: what comes from the other side is called "Busy".
    BusyOnly,
}

/// What a busy time is called.
pub const BUSY: &str = "Busy";

impl Privacy {
    pub const ALL: [Self; 2] = [Self::Full, Self::BusyOnly];

    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::BusyOnly => "busy_only",
        }
    }

    /// What the other side may see of `content`.
    #[must_use]
    pub fn shown(self, content: Content) -> Content {
        match self {
            Self::Full => content,
            Self::BusyOnly => Content {
                title: self.shown_title(content.title),
                notes: String::new(),
                location: String::new(),
                exceptions: content.exceptions.timing_only(),
                ..content
            },
        }
    }

    /// What the other side may see of a title that stands alone.
    #[must_use]
    pub fn shown_title(self, title: String) -> String {
        match self {
            Self::Full => title,
            Self::BusyOnly => BUSY.into(),
        }
    }

    /// Fields of an event that the schedule is not shown, for a link of this origin.
    pub fn hidden_of_event(self, origin: Origin) -> Fields {
        match origin {
            Origin::Event => self.hidden(),
            Origin::Entry => Fields::NONE,
        }
    }

    /// Fields in which the side that is shown less may differ without having changed them.
    pub fn hidden(self) -> Fields {
        match self {
            Self::Full => Fields::NONE,
            Self::BusyOnly => [Field::Title, Field::Notes, Field::Location]
                .into_iter()
                .collect(),
        }
    }
}

impl Exceptions {
    /// Which occurrences are cancelled or moved, and nothing else of them.
    #[must_use]
    fn timing_only(&self) -> Self {
        let mut shown = Self::default();
        for (at, exception) in self.iter() {
            shown.keep(at, exception.timing_only());
        }
        shown
    }
}

/// Which side's value is taken where both changed the same field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictPolicy {
    /// Nobody's, until somebody decides.
    #[default]
    Ask,
    LocalWins,
    ExternalWins,
    /// Whoever changed last; where that cannot be known, somebody is asked.
    NewestWins,
}

impl ConflictPolicy {
    pub const ALL: [Self; 4] = [
        Self::Ask,
        Self::LocalWins,
        Self::ExternalWins,
        Self::NewestWins,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::LocalWins => "local_wins",
            Self::ExternalWins => "external_wins",
            Self::NewestWins => "newest_wins",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a choice: expected {1}")]
pub struct UnknownPolicy(pub String, pub &'static str);

impl FromStr for Privacy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        let found = Self::ALL.into_iter().find(|privacy| privacy.name() == name);
        found.ok_or_else(|| UnknownPolicy(name.into(), "full or busy_only"))
    }
}

impl FromStr for ConflictPolicy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        let found = Self::ALL.into_iter().find(|policy| policy.name() == name);
        let expected = "ask, local_wins, external_wins or newest_wins";
        found.ok_or_else(|| UnknownPolicy(name.into(), expected))
    }
}
