//! An event whose meeting has an entry already: found in one more calendar, or found again after its calendar was
//! disconnected.

use crate::{
    entry::Entry,
    event::CalendarEvent,
    id::MemberId,
    link::{Base, Origin},
    sync::observe::Policy,
};

/// How the two come together.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub origin: Origin,
    pub base: Base,
    /// The calendar's owner is assigned from here on.
    pub assigns: bool,
    /// They were one before.
    pub again: bool,
}

/// Whether an event of the entry's meeting is a copy of the entry: no event is why it is in the calendar of this member.
pub fn is_copy(entry: &Entry, member: MemberId) -> bool {
    entry.origin == Origin::Entry && entry.assignees.contains(&member)
}

/// `elsewhere`: the entry is in other calendars too. Of what was parted and meets again it is not known which side changed
/// meanwhile: the one that was written last counts.
pub fn join(
    entry: &Entry,
    event: &CalendarEvent,
    member: MemberId,
    policy: Policy,
    elsewhere: bool,
) -> Join {
    let is_copy = is_copy(entry, member);
    let origin = if is_copy {
        Origin::Entry
    } else {
        Origin::Event
    };
    let again = is_copy || !elsewhere;
    let assigns = !again || !entry.assignees.contains(&member);
    let version = entry.version + u64::from(assigns);
    let ours = policy.shown_entry(entry.content.clone(), origin);
    let theirs = policy.shown_event(event.content.clone(), origin);
    let revision = event.revision.clone();
    let base = if again {
        let newer = newer(entry, event, policy);
        Base::of_parted((version, ours), (revision, theirs), newer)
    } else {
        Base::new(version, ours, revision, theirs)
    };
    Join {
        origin,
        base,
        assigns,
        again,
    }
}

fn newer(entry: &Entry, event: &CalendarEvent, policy: Policy) -> Origin {
    match (policy.direction.pulls(), policy.direction.pushes()) {
        (true, false) => Origin::Event,
        (false, true) => Origin::Entry,
        // Nobody here has changed what came from there, be it in a file.
        (true, true) if entry.origin == Origin::Event && entry.version == 1 => Origin::Event,
        (true, true) | (false, false) => {
            let is_later = |at| at > entry.updated_at;
            if event.changed_at.is_some_and(is_later) {
                Origin::Event
            } else {
                Origin::Entry
            }
        }
    }
}
