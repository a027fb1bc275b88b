//! Links: which entry is which calendar event, and what both last agreed on.

use serde::{Deserialize, Serialize};

use crate::{
    content::Content,
    event::{ExternalEventId, Revision, Uid},
    id::{CalendarId, ConflictId, ConnectionId, EntryId},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLink {
    pub entry: EntryId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub external_id: ExternalEventId,
    pub uid: Option<Uid>,
    pub state: LinkState,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// Written before the event is created at the provider; found again if the answer is lost.
    Pending {
        sent: Sent,
    },
    Linked {
        base: Base,
    },
    /// Both sides changed the same field; nothing is written until someone decides.
    Conflict {
        conflict: ConflictId,
        base: Base,
    },
}

/// What a create was asked to write. Every try writes the same: only then is anything else in the event an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub entry_version: u64,
    pub content: Content,
}

/// What both sides last agreed on. A provider may have answered with other words than ours (it trims, re-orders,
/// converts), so each side is compared with its own copy: a difference the provider made is not a change by anyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub entry_version: u64,
    pub revision: Revision,
    pub entry: Content,
    /// Absent where it equals the entry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Content>,
}

impl Base {
    pub fn new(entry_version: u64, entry: Content, revision: Revision, event: Content) -> Self {
        let event = (event != entry).then_some(event);
        Self {
            entry_version,
            revision,
            entry,
            event,
        }
    }

    /// The event's content as the provider last answered it.
    pub fn event(&self) -> &Content {
        self.event.as_ref().unwrap_or(&self.entry)
    }
}

impl EventLink {
    pub fn base(&self) -> Option<&Base> {
        match &self.state {
            LinkState::Pending { .. } => None,
            LinkState::Linked { base } | LinkState::Conflict { base, .. } => Some(base),
        }
    }
}
