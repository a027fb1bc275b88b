//! Conflicts: both sides of a link changed the same field to different values.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    content::{Content, Fields},
    event::ExternalEventId,
    id::{CalendarId, ConflictId, ConnectionId, EntryId},
};

/// Everything a person needs to decide, as it stood when the conflict was found. `None` is a side that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub id: ConflictId,
    pub entry: EntryId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub external_id: ExternalEventId,
    pub fields: Fields,
    pub base: Content,
    pub local: Option<Content>,
    pub external: Option<Content>,
    pub detected_at: Timestamp,
}
