//! The decision: what was seen of each pair, against what both sides last agreed on.

mod merge;
mod side;

use crate::{
    content::{Content, Field, Fields, Parts},
    event::CalendarEvent,
    link::{Base, Choice, EventLink, LinkState, Origin, Sent},
    sync::{
        brake::Brake,
        observe::{EntrySeen, EventSeen, Known, NewEvent, Observation, Pair, Policy},
        plan::{Plan, Step, WriteStep},
    },
};
use merge::{Decider, Merged, merge};
use side::{EntryNow, EventNow, Side, entry_side, event_side, held_back, known_base};

/// What to do about everything that one run saw.
pub fn decide(seen: Observation) -> Plan {
    let policy = seen.policy;
    let mut plan = Plan::default();
    for pair in seen.pairs {
        match decide_pair(pair, policy) {
            Some(step) => plan.steps.push(step),
            None => plan.unchanged += 1,
        }
    }
    let pulls = policy.direction.pulls();
    let new = seen.new_events.into_iter();
    // A copy of ours is known again even where nothing is taken over.
    let taken = new.filter(|new| pulls || new.known.is_copy());
    plan.steps.extend(taken.map(|new| first_sight(new, policy)));
    if pulls {
        let refused = seen.refused.into_iter().map(|mut event| {
            event.title = policy.privacy.shown_title(event.title);
            Step::Refuse {
                event: event.into(),
            }
        });
        plan.steps.extend(refused);
    }
    if policy.direction.pushes() {
        let created = seen.new_entries.into_iter().map(|mut entry| {
            entry.content = policy.privacy.shown(entry.content);
            Step::CreateEvent {
                entry: entry.into(),
            }
        });
        plan.steps.extend(created);
    }
    debug_assert_eq!(plan.check(), Ok(()));
    plan
}

fn first_sight(new: NewEvent, policy: Policy) -> Step {
    let NewEvent {
        event,
        known,
        claim,
    } = new;
    let content = policy.shown_event(event.content, Origin::Event);
    let event = Box::new(CalendarEvent { content, ..event });
    let was = match known {
        Known::Entry { entry, .. } => return Step::JoinEntry { event, entry },
        Known::Nothing => None,
        Known::Deleted(was) => Some(was),
    };
    Step::CreateEntry { event, was, claim }
}

fn decide_pair(pair: Pair, policy: Policy) -> Option<Step> {
    let Pair { link, entry, event } = pair;
    // Whatever changed here waits until the event can be read again.
    if matches!(event, EventSeen::Unreadable) {
        return None;
    }
    match &link.state {
        LinkState::Pending { sent } => {
            let sent = sent.clone();
            decide_pending(link, &sent, entry, event, policy)
        }
        LinkState::Linked { base, sent } => {
            let base = known_base(base, sent.as_ref(), &event);
            decide_linked(link, &base, entry, event, None, policy)
        }
        LinkState::Conflict {
            conflict: _,
            base,
            choice,
            sent,
        } => {
            // What is undecided on their side is not known from silence.
            if matches!(event, EventSeen::Unreported) {
                return None;
            }
            let base = known_base(base, sent.as_ref(), &event);
            let choice = choice.clone();
            decide_linked(link, &base, entry, event, choice.as_ref(), policy)
        }
        LinkState::Severed { lost, base } => {
            let (lost, base) = (*lost, base.clone());
            decide_severed(link, lost, &base, entry, event, policy)
        }
    }
}

/// A create or a deletion whose answer never came: the event may or may not exist under its known id.
fn decide_pending(
    link: EventLink,
    sent: &Sent,
    entry: EntrySeen,
    event: EventSeen,
    policy: Policy,
) -> Option<Step> {
    let origin = link.origin;
    let pushes = policy.direction.pushes();
    if let (
        EntrySeen::Gone,
        EventSeen::Present {
            revision, content, ..
        },
    ) = (&entry, &event)
    {
        let shown = policy.shown_event(content.clone(), origin);
        let landed = sent.as_it_landed(&shown);
        let base = Base::new(
            sent.entry_version,
            sent.content.clone(),
            revision.clone(),
            landed,
        );
        return decide_linked(link, &base, entry, event, None, policy);
    }
    let link = Box::new(link);
    match (entry, event) {
        (EntrySeen::Present { .. }, EventSeen::Gone) if !pushes => Some(Step::Unlink { link }),
        // Should it exist after all, it will be reported, and must then be known.
        (EntrySeen::Present { .. }, EventSeen::Unreported) if !pushes => None,
        (
            EntrySeen::Present {
                version, content, ..
            },
            EventSeen::Present { .. } | EventSeen::Unreported | EventSeen::Gone,
        ) => Some(Step::FinishCreate {
            link,
            entry_version: version,
            content: policy.shown_entry(content, origin).into(),
        }),
        (EntrySeen::Gone, EventSeen::Gone) => Some(Step::Unlink { link }),
        // Nothing is deleted unseen.
        (EntrySeen::Gone, EventSeen::Present { .. } | EventSeen::Unreported)
        | (EntrySeen::Present { .. } | EntrySeen::Gone, EventSeen::Unreadable) => None,
    }
}

/// One side was let go on purpose. It is taken up again where it comes back by itself.
fn decide_severed(
    link: EventLink,
    lost: Origin,
    base: &Base,
    entry: EntrySeen,
    event: EventSeen,
    policy: Policy,
) -> Option<Step> {
    match (lost, &entry, &event) {
        (Origin::Event, EntrySeen::Gone, EventSeen::Gone) | (Origin::Entry, _, EventSeen::Gone) => {
            Some(Step::Unlink { link: link.into() })
        }
        (_, EntrySeen::Present { .. }, EventSeen::Present { .. })
        | (Origin::Event, EntrySeen::Gone, EventSeen::Present { .. }) => {
            decide_linked(link, base, entry, event, None, policy)
        }
        // What became of an event that was let go is not known from silence.
        (_, _, EventSeen::Unreported | EventSeen::Unreadable)
        | (Origin::Event, EntrySeen::Present { .. }, EventSeen::Gone)
        | (Origin::Entry, EntrySeen::Gone, _) => None,
    }
}

fn decide_linked(
    link: EventLink,
    base: &Base,
    entry: EntrySeen,
    event: EventSeen,
    choice: Option<&Choice>,
    policy: Policy,
) -> Option<Step> {
    use Side::{Changed, Deleted, Unchanged};

    let entry = entry_side(entry, base, link.origin, policy);
    let event = event_side(event, base, link.origin, policy);
    let (pulls, pushes) = (policy.direction.pulls(), policy.direction.pushes());
    let undeleting = policy.restoring == Some(Brake::Deletions);
    let none = Parts::none();
    match (entry, event) {
        (Unchanged(ours), Unchanged(theirs)) => rebase_if_stale(link, base, ours, theirs, policy),
        (Unchanged(ours), Changed(theirs, parts))
            if pushes && policy.restoring == Some(Brake::Overwrites) =>
        {
            Some(write(link, base, ours, theirs, (none, parts), policy))
        }
        (Unchanged(ours), Changed(theirs, pull)) => {
            Some(write(link, base, ours, theirs, (pull, none), policy))
        }
        (Changed(ours, push), Unchanged(theirs)) => {
            Some(write(link, base, ours, theirs, (none, push), policy))
        }
        (Changed(ours, push), Changed(theirs, pull)) => {
            let decider = Decider::of(choice, Some(ours.version), Some(&theirs.revision), policy);
            match merge(base, (&ours, &push), (&theirs, &pull), decider) {
                Merged::Flows { pull, push } => {
                    Some(write(link, base, ours, theirs, (pull, push), policy))
                }
                Merged::Apart(parts) => Some(conflict(link, base, parts, Some(ours), Some(theirs))),
            }
        }
        // The copy was removed by hand where only we write, or its owner wants it back.
        (Unchanged(ours) | Changed(ours, _), Deleted) if pushes && (!pulls || undeleting) => {
            Some(put_back(link, ours))
        }
        // A copy that is gone takes nothing with it: the entry was here first.
        (Unchanged(ours) | Changed(ours, _), Deleted)
            if link.origin == Origin::Entry || undeleting || ours.stays() =>
        {
            Some(sever(link, base, Origin::Event))
        }
        (Unchanged(ours) | Changed(ours, _), Deleted) if ours.shared => Some(Step::Unassign {
            link: link.into(),
            entry_version: ours.version,
        }),
        (Unchanged(ours), Deleted) => Some(Step::DeleteEntry {
            link: link.into(),
            entry_version: ours.version,
        }),
        (Changed(ours, parts), Deleted) => {
            match Decider::of(choice, Some(ours.version), None, policy).keeps_external() {
                Some(true) => Some(Step::DeleteEntry {
                    link: link.into(),
                    entry_version: ours.version,
                }),
                Some(false) => Some(put_back(link, ours)),
                None => Some(conflict(link, base, parts, Some(ours), None)),
            }
        }
        (Deleted, Unchanged(_) | Changed(..)) if !pushes => Some(sever(link, base, Origin::Entry)),
        (Deleted, Unchanged(theirs) | Changed(theirs, _)) if undeleting => {
            Some(restore(link, theirs))
        }
        (Deleted, Unchanged(theirs)) => Some(delete_event(link, theirs)),
        (Deleted, Changed(theirs, parts)) => {
            match Decider::of(choice, None, Some(&theirs.revision), policy).keeps_external() {
                Some(true) => Some(restore(link, theirs)),
                Some(false) => Some(delete_event(link, theirs)),
                None => Some(conflict(link, base, parts, None, Some(theirs))),
            }
        }
        (Deleted, Deleted) => Some(Step::Unlink { link: link.into() }),
    }
}

/// Nothing to write; but the next guarded write needs the newest revision, and the next comparison the newest words. A
/// side whose changes may not flow keeps its old words: should the direction be changed, they are changes still. Theirs
/// keep their revision with them, so that nothing is written over words that nobody has read.
fn rebase_if_stale(
    link: EventLink,
    base: &Base,
    ours: EntryNow,
    theirs: EventNow,
    policy: Policy,
) -> Option<Step> {
    let content = if policy.direction.pushes() {
        ours.content
    } else {
        base.entry.clone()
    };
    let (revision, event) = if policy.direction.pulls() || theirs.content == *base.event() {
        (theirs.revision, theirs.content)
    } else {
        (base.revision.clone(), base.event().clone())
    };
    let settled =
        matches!(&link.state, LinkState::Linked { base: kept, sent: None } if kept == base);
    if settled && base.entry_version == ours.version && base.revision == revision {
        return None;
    }
    Some(rebase(
        link,
        Base::new(ours.version, content, revision, event),
    ))
}

fn rebase(link: EventLink, base: Base) -> Step {
    Step::Rebase {
        link: link.into(),
        base: base.into(),
    }
}

fn write(
    link: EventLink,
    base: &Base,
    ours: EntryNow,
    theirs: EventNow,
    (pull, push): (Parts, Parts),
    policy: Policy,
) -> Step {
    // As when nothing is written: what may not flow stays a change.
    let ours_agreed = if policy.direction.pushes() {
        ours.content
    } else {
        base.entry.clone()
    };
    let content = ours_agreed.with_parts_of(&theirs.content, &pull);
    let unsayable = held_back(policy, link.origin, Origin::Event);
    let push = with_dropped(push, &content, &theirs.content, unsayable);
    if pull.is_empty() && push.is_empty() {
        let agreed = Base::new(ours.version, content, theirs.revision, theirs.content);
        return rebase(link, agreed);
    }
    let before = Base::new(
        base.entry_version,
        base.entry.clone(),
        theirs.revision,
        base.event().clone(),
    );
    Step::Write(Box::new(WriteStep {
        link,
        entry_version: ours.version,
        base: before,
        content,
        event: theirs.content,
        pull,
        push,
    }))
}

/// A provider drops what no longer fits a series that is moved. Where we move it back, how its occurrences differ has to
/// be said anew, though both sides had agreed on it.
fn with_dropped(mut push: Parts, ours: &Content, theirs: &Content, unsayable: Fields) -> Parts {
    if push.own.contains(Field::Timing) {
        let apart = ours.diff(theirs).masked(unsayable).occurrences;
        let dropped = apart
            .into_iter()
            .filter(|(at, _)| theirs.exceptions.get(*at).is_none());
        for (at, fields) in dropped {
            let said = push.occurrences.entry(at).or_default();
            *said = said.or(fields);
        }
    }
    push
}

fn put_back(link: EventLink, ours: EntryNow) -> Step {
    Step::FinishCreate {
        link: link.into(),
        entry_version: ours.version,
        content: ours.content.into(),
    }
}

fn sever(link: EventLink, base: &Base, lost: Origin) -> Step {
    Step::Sever {
        link: link.into(),
        base: base.clone().into(),
        lost,
    }
}

fn restore(link: EventLink, theirs: EventNow) -> Step {
    Step::RestoreEntry {
        link: link.into(),
        revision: theirs.revision,
        content: theirs.content.into(),
    }
}

fn delete_event(link: EventLink, theirs: EventNow) -> Step {
    Step::DeleteEvent {
        link: link.into(),
        seen: (theirs.revision, theirs.content.into()),
    }
}

fn conflict(
    link: EventLink,
    base: &Base,
    parts: Parts,
    ours: Option<EntryNow>,
    theirs: Option<EventNow>,
) -> Step {
    let boxed = |content: Content| Box::new(content);
    Step::Conflict {
        link: link.into(),
        base: base.clone().into(),
        parts,
        local: ours.map(|ours| (ours.version, boxed(ours.content))),
        external: theirs.map(|theirs| (theirs.revision, boxed(theirs.content))),
    }
}
