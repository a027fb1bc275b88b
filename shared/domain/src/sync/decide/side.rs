//! One side of a link, compared with its base.

use jiff::Timestamp;

use crate::{
    content::{Content, Fields, Parts},
    event::Revision,
    link::{Base, Origin, Sent},
    sync::observe::{EntrySeen, EventSeen, Policy},
};

pub(super) enum Side<T> {
    Unchanged(T),
    Changed(T, Parts),
    Deleted,
}

pub(super) struct EntryNow {
    pub(super) version: u64,
    /// As the other side may see it.
    pub(super) content: Content,
    pub(super) changed_at: Timestamp,
    pub(super) shared: bool,
    pub(super) origin: Origin,
}

impl EntryNow {
    /// Made here, and of nobody else: the event that a meeting gave it later takes it nowhere.
    pub(super) fn stays(&self) -> bool {
        self.origin == Origin::Entry && !self.shared
    }
}

pub(super) struct EventNow {
    pub(super) revision: Revision,
    /// As the schedule may see it.
    pub(super) content: Content,
    pub(super) changed_at: Option<Timestamp>,
}

pub(super) fn entry_side(
    seen: EntrySeen,
    base: &Base,
    origin: Origin,
    policy: Policy,
) -> Side<EntryNow> {
    match seen {
        EntrySeen::Gone => Side::Deleted,
        EntrySeen::Present {
            version,
            content,
            changed_at,
            shared,
            origin: entry_origin,
        } => {
            let content = policy.shown_entry(content, origin);
            let changed = if policy.direction.pushes() {
                let changed = content.diff(&base.entry);
                changed.masked(held_back(policy, origin, Origin::Event))
            } else {
                Parts::none()
            };
            let now = EntryNow {
                version,
                content,
                changed_at,
                shared,
                origin: entry_origin,
            };
            if changed.is_empty() {
                Side::Unchanged(now)
            } else {
                Side::Changed(now, changed)
            }
        }
    }
}

pub(super) fn event_side(
    seen: EventSeen,
    base: &Base,
    origin: Origin,
    policy: Policy,
) -> Side<EventNow> {
    match seen {
        EventSeen::Gone => Side::Deleted,
        EventSeen::Unreported | EventSeen::Unreadable => Side::Unchanged(EventNow {
            revision: base.revision.clone(),
            content: base.event().clone(),
            changed_at: None,
        }),
        EventSeen::Present {
            revision,
            content,
            changed_at,
        } => {
            let content = policy.shown_event(content, origin);
            let changed = if policy.direction.pulls() {
                let changed = content.diff(base.event());
                changed.masked(held_back(policy, origin, Origin::Entry))
            } else {
                Parts::none()
            };
            let now = EventNow {
                revision,
                content,
                changed_at,
            };
            if changed.is_empty() {
                Side::Unchanged(now)
            } else {
                Side::Changed(now, changed)
            }
        }
    }
}

/// Fields that no change of the side that is a copy may bring back to the original: what the provider cannot hold, and
/// what the copy was never shown.
pub(super) fn held_back(policy: Policy, origin: Origin, copy_of: Origin) -> Fields {
    if origin == copy_of {
        policy.masked.or(policy.privacy.hidden())
    } else {
        policy.masked
    }
}

/// The base, with what is seen of a write whose answer never came.
pub(super) fn known_base(base: &Base, sent: Option<&Sent>, event: &EventSeen) -> Base {
    match (sent, event) {
        (Some(sent), EventSeen::Present { content, .. }) => base.with_what_landed(sent, content),
        (
            None | Some(_),
            EventSeen::Unreported
            | EventSeen::Present { .. }
            | EventSeen::Gone
            | EventSeen::Unreadable,
        ) => base.clone(),
    }
}
