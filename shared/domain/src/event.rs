//! Calendar events: the provider's record, in our terms.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{content::Content, failure::Refusal};

/// The provider's id of an event within its calendar. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalEventId(pub String);

impl fmt::Display for ExternalEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The provider's version of one event: compared for equality only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

/// The cross-system iCalendar identity. Not an id: several events may share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarEvent {
    pub external_id: ExternalEventId,
    pub uid: Option<Uid>,
    pub revision: Revision,
    pub content: Content,
}

/// One item of a provider's list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Upserted(CalendarEvent),
    Removed(ExternalEventId),
    /// The event exists, but we cannot hold it.
    Refused {
        external_id: ExternalEventId,
        title: String,
        refusal: Refusal,
    },
}

impl Change {
    pub fn external_id(&self) -> &ExternalEventId {
        match self {
            Self::Upserted(event) => &event.external_id,
            Self::Removed(external_id) | Self::Refused { external_id, .. } => external_id,
        }
    }
}
