//! Traces: why an entry is as it is, and what it was before.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    content::{Content, Parts},
    id::{CalendarId, ConnectionId, EntryId, MemberId, TraceId},
    link::Origin,
};

/// One thing that happened to an entry or its copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub id: TraceId,
    pub entry: EntryId,
    pub at: Timestamp,
    pub by: TracedBy,
    pub deed: Deed,
    /// What was replaced, on either side: no version that anyone wrote is forgotten at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwritten: Vec<Overwritten>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Deed {
    CreateEntry,
    /// The same meeting was met in another calendar, whose owner is assigned from then on.
    JoinEntry,
    /// An event of the entry was found that had no link: the calendar is connected again, or the entry's copy came by
    /// invitation as well.
    MeetAgain,
    ChangeEntry {
        parts: Parts,
    },
    DeleteEntry,
    RestoreEntry,
    Unassign,
    CreateEvent,
    ChangeEvent {
        parts: Parts,
    },
    DeleteEvent,
    /// The calendar was disconnected, and the copies in it were not wanted any more.
    EndCopy,
    /// The event was moved to another calendar of the account.
    FollowEvent,
    Conflict {
        parts: Parts,
    },
    /// Somebody decided a conflict; in `external` their side is kept.
    Decide {
        external: Parts,
    },
    /// The copy was removed there, and the entry stays.
    LoseEvent,
    /// The entry was deleted here, and the event stays.
    LeaveEvent,
    /// Somebody asked for a copy that had been removed.
    PutBack,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TracedBy {
    Sync {
        connection: ConnectionId,
        calendar: CalendarId,
        external_id: String,
    },
    Member {
        member: MemberId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overwritten {
    pub side: Origin,
    pub content: Content,
}

impl Trace {
    /// What happened, as a sentence about the entry.
    pub fn words(&self) -> String {
        let was = self.overwritten.first();
        let series = was.map(|was| &was.content.timing.when);
        let of = |parts: &Parts| parts.words(series);
        match (&self.deed, &self.by) {
            (Deed::CreateEntry, TracedBy::Sync { .. }) => "Taken over from the calendar".to_owned(),
            (Deed::CreateEntry, TracedBy::Member { .. }) => "Created here".to_owned(),
            (Deed::JoinEntry, _) => {
                "The same meeting was found in one more calendar; its owner was assigned".to_owned()
            }
            (Deed::MeetAgain, _) => {
                "An event of it was found in the calendar; where both differed, what was written last counts"
                    .to_owned()
            }
            (Deed::ChangeEntry { parts }, TracedBy::Sync { .. }) => {
                format!("Changed as it was in the calendar: {}", of(parts))
            }
            (Deed::ChangeEntry { parts }, TracedBy::Member { .. }) if parts.is_empty() => {
                "Changed here: other details".to_owned()
            }
            (Deed::ChangeEntry { parts }, TracedBy::Member { .. }) => {
                format!("Changed here: {}", of(parts))
            }
            (Deed::DeleteEntry, TracedBy::Sync { .. }) => {
                "Deleted, as it was in the calendar".to_owned()
            }
            (Deed::DeleteEntry, TracedBy::Member { .. }) => "Deleted here".to_owned(),
            (Deed::RestoreEntry, TracedBy::Sync { .. }) => {
                "Brought back, as the calendar has it".to_owned()
            }
            (Deed::RestoreEntry, TracedBy::Member { .. }) => "Brought back here".to_owned(),
            (Deed::Unassign, _) => {
                "Removed from the calendar by its owner, who is no longer assigned".to_owned()
            }
            (Deed::CreateEvent, _) => "Copied to the calendar".to_owned(),
            (Deed::ChangeEvent { parts }, _) => {
                format!("Written to the calendar: {}", of(parts))
            }
            (Deed::DeleteEvent, _) => "Removed from the calendar, as it was here".to_owned(),
            (Deed::EndCopy, _) => {
                "Removed from the calendar, which was disconnected; the entry stays".to_owned()
            }
            (Deed::FollowEvent, _) => {
                "The event went to another calendar of the account".to_owned()
            }
            (Deed::Conflict { parts }, _) => {
                format!(
                    "Changed here and in the calendar, differently: {}",
                    of(parts)
                )
            }
            (Deed::Decide { external }, _) if external.is_empty() => {
                "The conflict was decided: keep what stands here".to_owned()
            }
            (Deed::Decide { external }, _) => {
                format!(
                    "The conflict was decided: keep of the calendar {}",
                    of(external)
                )
            }
            (Deed::LoseEvent, _) => {
                "Removed from the calendar by its owner; the entry stays".to_owned()
            }
            (Deed::LeaveEvent, _) => {
                "Deleted here; the event stays in its calendar, which is only read".to_owned()
            }
            (Deed::PutBack, _) => "Asked for in the calendar again".to_owned(),
        }
    }
}
