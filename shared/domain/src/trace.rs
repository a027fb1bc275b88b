//! Traces: why an entry is as it is, and what it was before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    content::Content,
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
    /// In words, such as "pull title, push nothing".
    pub what: String,
    /// What was replaced, on either side: no version that anyone wrote is forgotten at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwritten: Vec<Overwritten>,
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
