//! What one run saw of one calendar.

use jiff::Timestamp;

use crate::{
    calendar::{ConflictPolicy, Direction, Privacy},
    content::{Content, Fields},
    entry::Entry,
    event::{CalendarEvent, ExternalEventId, OccurrenceChange, OccurrenceSeen, Revision},
    failure::Refusal,
    id::{EntryId, MemberId},
    link::{EventLink, LinkState, Origin},
    sync::{brake::Brake, join::is_copy},
};

/// Everything that one decision is made from. Gathered by the shell, never asked for in between.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub policy: Policy,
    pub pairs: Vec<Pair>,
    /// Events without a link.
    pub new_events: Vec<NewEvent>,
    /// Entries that belong in this calendar and have no link in its connection.
    pub new_entries: Vec<Entry>,
    /// Events that we cannot hold.
    pub refused: Vec<RefusedEvent>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub event: CalendarEvent,
    pub known: Known,
    /// The version of what is known of the meeting; 0 where nothing is.
    pub claim: u64,
}

/// What is known of a meeting that has no link here, by its iCalendar identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    Nothing,
    /// It has an entry already, through another calendar.
    Entry {
        entry: EntryId,
        is_copy: bool,
    },
    /// It had an entry that was deleted: an event that is moved between calendars is first gone, then there.
    Deleted(Box<Entry>),
}

impl Known {
    pub fn of(entry: Option<&Entry>, deleted: Option<&Entry>, owner: MemberId) -> Self {
        match (entry, deleted) {
            (Some(entry), _) => Self::Entry {
                entry: entry.id,
                is_copy: is_copy(entry, owner),
            },
            (None, Some(was)) => Self::Deleted(was.clone().into()),
            (None, None) => Self::Nothing,
        }
    }

    pub fn is_copy(&self) -> bool {
        match self {
            Self::Entry { is_copy, .. } => *is_copy,
            Self::Nothing | Self::Deleted(_) => false,
        }
    }
}

/// What the calendar's owner allows and its provider can hold.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub direction: Direction,
    pub privacy: Privacy,
    pub conflicts: ConflictPolicy,
    /// Fields that the provider cannot represent: never read back from it as a change, never written to it.
    pub masked: Fields,
    /// Its owner was asked about many of these and wants them put back.
    pub restoring: Option<Brake>,
}

impl Policy {
    /// What the schedule may see of an event: a calendar that only shows busy times shows no more of its own events.
    pub fn shown_event(self, content: Content, origin: Origin) -> Content {
        match origin {
            Origin::Event => self.privacy.shown(content),
            Origin::Entry => content,
        }
    }

    /// What the calendar may see of an entry.
    pub fn shown_entry(self, content: Content, origin: Origin) -> Content {
        match origin {
            Origin::Entry => self.privacy.shown(content),
            Origin::Event => content,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            direction: Direction::Bidirectional,
            privacy: Privacy::Full,
            conflicts: ConflictPolicy::Ask,
            masked: Fields::NONE,
            restoring: None,
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
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one decision; a box would cost more than the empty variant wastes"
)]
pub enum EntrySeen {
    Present {
        version: u64,
        content: Content,
        changed_at: Timestamp,
        /// Other members are assigned too: losing this copy must not delete the entry.
        shared: bool,
        /// Whether it was made here: then no event takes it along.
        origin: Origin,
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
        changed_at: Option<Timestamp>,
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

/// Whether a changed entry is decided about only once its event was looked at too: where the link is undecided or let go,
/// whichever side moved. What is still to be created is found under its id, whatever became of an earlier try.
pub fn needs_a_look(link: &EventLink, entry: &EntrySeen, policy: Policy) -> bool {
    match &link.state {
        LinkState::Pending { .. } => match entry {
            EntrySeen::Present { .. } => !policy.direction.pushes(),
            EntrySeen::Gone => true,
        },
        LinkState::Conflict { .. }
        | LinkState::Severed {
            lost: Origin::Entry,
            ..
        } => true,
        // It may be back where its copy was removed.
        LinkState::Severed {
            lost: Origin::Event,
            ..
        } => matches!(entry, EntrySeen::Gone),
        LinkState::Linked { .. } => false,
    }
}

/// Whether a list that shows a series again, and `own` of its occurrences, leaves open how these differ: what a change of
/// the series did to them is not in it, and what was seen earlier of a series that is not agreed on was not kept. What
/// looks cancelled may have gone with the series for as long as that was deleted.
pub fn needs_the_whole_series(
    link: &EventLink,
    revision: &Revision,
    own: &[OccurrenceChange],
    direction: Direction,
) -> bool {
    match &link.state {
        LinkState::Pending { .. } => true,
        LinkState::Linked { base, sent: _ } => {
            let known = &base.event().exceptions;
            let is_news = |one: &OccurrenceChange| {
                matches!(one.seen, OccurrenceSeen::Cancelled) && !known.cancelled_at(one.original)
            };
            let moved = base.revision != *revision;
            own.iter().any(is_news) || (moved && (!known.is_empty() || !direction.pulls()))
        }
        LinkState::Conflict { base, .. } | LinkState::Severed { base, .. } => {
            base.revision != *revision
        }
    }
}
