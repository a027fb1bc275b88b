//! What there is to choose in a conflict: a choice for each thing that makes sense on its own.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Conflict;
use crate::{
    content::{Content, Field, Fields, Parts},
    series::{Exception, OriginalStart},
};

/// What one choice is about; written as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One side was deleted: the other is kept as a whole, or not at all.
    Whole,
    Field(Field),
    /// One side cancelled the occurrence: it takes place as the other has it, or not at all.
    Occurrence(OriginalStart),
    OccurrenceField(OriginalStart, Field),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("entry"),
            Self::Field(field) => f.write_str(field.name()),
            Self::Occurrence(at) => write!(f, "{at}"),
            Self::OccurrenceField(at, field) => write!(f, "{at}/{}", field.name()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub subject: Subject,
    /// All that goes with the choice.
    pub parts: Parts,
}

/// Which side's words stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    Local,
    External,
}

/// Why choices do not make a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    #[error("{0}: choose \"local\" or \"external\"")]
    Missing(String),
    #[error("{0} is not in conflict: leave it out")]
    Unknown(String),
}

impl Difference {
    /// What `content` says of it: names and values, or nothing where that side is gone.
    pub fn words(&self, content: Option<&Content>) -> Option<Vec<(String, String)>> {
        content.map(|content| content.parts_words(&self.parts))
    }
}

impl Conflict {
    /// Everything that can be chosen on its own; together they are the parts of the conflict.
    pub fn differences(&self) -> Vec<Difference> {
        let (Some(ours), Some(theirs)) = (self.local.content(), self.external.content()) else {
            let parts = self.parts.clone();
            return vec![Difference {
                subject: Subject::Whole,
                parts,
            }];
        };
        // Where a series is moved, its single occurrences mean nothing under the other side's rule.
        let together = self.parts.own.contains(Field::Timing);
        let mut all = Vec::new();
        for field in self.parts.own.iter() {
            let mut parts = Parts::from(Fields::NONE.with(field));
            if field == Field::Timing {
                parts.occurrences.clone_from(&self.parts.occurrences);
            }
            all.push(Difference {
                subject: Subject::Field(field),
                parts,
            });
        }
        for (at, fields) in self.parts.occurrences.iter().filter(|_| !together) {
            let of_occurrence = |fields| Parts {
                own: Fields::NONE,
                occurrences: BTreeMap::from([(*at, fields)]),
            };
            let is_cancelled =
                |side: &Content| matches!(side.exceptions.get(*at), Some(Exception::Cancelled));
            if is_cancelled(ours) || is_cancelled(theirs) {
                all.push(Difference {
                    subject: Subject::Occurrence(*at),
                    parts: of_occurrence(*fields),
                });
            } else {
                all.extend(fields.iter().map(|field| Difference {
                    subject: Subject::OccurrenceField(*at, field),
                    parts: of_occurrence(Fields::NONE.with(field)),
                }));
            }
        }
        all
    }

    /// The parts in which the external side is kept, if every difference was decided and nothing else.
    pub fn decided(&self, chosen: &BTreeMap<String, Keep>) -> Result<Parts, Vec<Undecided>> {
        let mut external = Parts::none();
        let mut problems = Vec::new();
        let mut unknown = chosen.clone();
        for difference in self.differences() {
            let name = difference.subject.to_string();
            match unknown.remove(&name) {
                Some(Keep::External) => external = external.or(&difference.parts),
                Some(Keep::Local) => {}
                None => problems.push(Undecided::Missing(name)),
            }
        }
        problems.extend(unknown.into_keys().map(Undecided::Unknown));
        if problems.is_empty() {
            Ok(external)
        } else {
            Err(problems)
        }
    }

    /// Everything of one side.
    pub fn all_of(&self, keep: Keep) -> Parts {
        match keep {
            Keep::External => self.parts.clone(),
            Keep::Local => Parts::none(),
        }
    }
}
