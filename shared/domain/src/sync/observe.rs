//! What one run saw of one calendar.

use crate::{
    calendar::Direction,
    content::{Content, Fields},
    entry::Entry,
    event::{CalendarEvent, ExternalEventId, Revision},
    failure::Refusal,
    link::EventLink,
};

/// Everything that one decision is made from. Gathered by the shell, never asked for in between.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub policy: Policy,
    pub pairs: Vec<Pair>,
    /// Events without a link.
    pub new_events: Vec<CalendarEvent>,
    /// Entries that belong in this calendar and have no link in its connection.
    pub new_entries: Vec<Entry>,
    /// Events that we cannot hold.
    pub refused: Vec<RefusedEvent>,
}

/// What the calendar's owner allows and its provider can hold.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub direction: Direction,
    /// Fields that the provider cannot represent: never read back from it as a change, never written to it.
    pub masked: Fields,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            direction: Direction::Bidirectional,
            masked: Fields::NONE,
        }
    }
}

/// A link and what was seen of both its ends.
#[derive(Clone, Debug)]
pub struct Pair {
    pub link: EventLink,
    pub entry: EntrySeen,
    pub event: EventSeen,
}

#[derive(Clone, Debug)]
pub enum EntrySeen {
    Present {
        version: u64,
        content: Content,
        /// Other members are assigned too: losing this copy must not delete the entry.
        shared: bool,
    },
    /// Deleted, or no longer assigned to the calendar's owner.
    Gone,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one decision; a box would cost more than the empty variants waste"
)]
pub enum EventSeen {
    /// A delta that does not mention an event says that it did not change.
    Unreported,
    Present {
        revision: Revision,
        content: Content,
    },
    Gone,
    /// It is there, but its newest state cannot be held: nothing may be concluded from it.
    Unreadable,
}

#[derive(Clone, Debug)]
pub struct RefusedEvent {
    pub external_id: ExternalEventId,
    pub title: String,
    pub refusal: Refusal,
}
