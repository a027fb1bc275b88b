//! The decision: what was seen of each pair, against what both sides last agreed on.

use crate::{
    content::{Content, Fields},
    event::Revision,
    link::{Base, EventLink, LinkState},
    sync::{
        observe::{EntrySeen, EventSeen, Observation, Pair, Policy},
        plan::{Plan, Step, WriteStep},
    },
};

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
    if policy.direction.pulls() {
        let created = seen.new_events.into_iter().map(|event| Step::CreateEntry {
            event: event.into(),
        });
        plan.steps.extend(created);
        let refused = seen.refused.into_iter().map(|event| Step::Refuse {
            event: event.into(),
        });
        plan.steps.extend(refused);
    }
    if policy.direction.pushes() {
        let created = seen.new_entries.into_iter().map(|entry| Step::CreateEvent {
            entry: entry.into(),
        });
        plan.steps.extend(created);
    }
    debug_assert_eq!(plan.check(), Ok(()));
    plan
}

fn decide_pair(pair: Pair, policy: Policy) -> Option<Step> {
    let Pair { link, entry, event } = pair;
    // Whatever changed here waits until the event can be read again.
    if matches!(event, EventSeen::Unreadable) {
        return None;
    }
    match &link.state {
        LinkState::Pending { .. } => decide_pending(link, entry, event),
        LinkState::Linked { base } => {
            let (entry, event) = (
                entry_side(entry, base, policy),
                event_side(event, base, policy),
            );
            decide_linked(link, entry, event, policy)
        }
        // Someone has to decide first; until then both sides stay as they are.
        LinkState::Conflict { .. } => None,
    }
}

/// A create whose answer never came: the event may or may not exist under its known id.
fn decide_pending(link: EventLink, entry: EntrySeen, event: EventSeen) -> Option<Step> {
    let link = Box::new(link);
    match (entry, event) {
        (
            EntrySeen::Present {
                version, content, ..
            },
            EventSeen::Present { .. } | EventSeen::Unreported | EventSeen::Gone,
        ) => Some(Step::FinishCreate {
            link,
            entry_version: version,
            content: content.into(),
        }),
        (EntrySeen::Gone, EventSeen::Present { revision, .. }) => Some(Step::DeleteEvent {
            link,
            revision: Some(revision),
        }),
        (EntrySeen::Gone, EventSeen::Unreported) => Some(Step::DeleteEvent {
            link,
            revision: None,
        }),
        (EntrySeen::Gone, EventSeen::Gone) => Some(Step::Unlink { link }),
        (EntrySeen::Present { .. } | EntrySeen::Gone, EventSeen::Unreadable) => None,
    }
}

/// One side of a link, compared with its base.
enum Side<T> {
    Unchanged(T),
    Changed(T, Fields),
    Deleted,
}

struct EntryNow {
    version: u64,
    content: Content,
    shared: bool,
}

struct EventNow {
    revision: Revision,
    content: Content,
}

fn entry_side(seen: EntrySeen, base: &Base, policy: Policy) -> Side<EntryNow> {
    match seen {
        EntrySeen::Gone => Side::Deleted,
        EntrySeen::Present {
            version,
            content,
            shared,
        } => {
            let pushable = if policy.direction.pushes() {
                content.diff(&base.entry)
            } else {
                Fields::NONE
            };
            let changed = pushable.without(policy.masked);
            let now = EntryNow {
                version,
                content,
                shared,
            };
            if changed.is_empty() {
                Side::Unchanged(now)
            } else {
                Side::Changed(now, changed)
            }
        }
    }
}

fn event_side(seen: EventSeen, base: &Base, policy: Policy) -> Side<EventNow> {
    match seen {
        EventSeen::Gone => Side::Deleted,
        EventSeen::Unreported | EventSeen::Unreadable => Side::Unchanged(EventNow {
            revision: base.revision.clone(),
            content: base.event().clone(),
        }),
        EventSeen::Present { revision, content } => {
            let pullable = if policy.direction.pulls() {
                content.diff(base.event())
            } else {
                Fields::NONE
            };
            let changed = pullable.without(policy.masked);
            let now = EventNow { revision, content };
            if changed.is_empty() {
                Side::Unchanged(now)
            } else {
                Side::Changed(now, changed)
            }
        }
    }
}

fn decide_linked(
    link: EventLink,
    entry: Side<EntryNow>,
    event: Side<EventNow>,
    policy: Policy,
) -> Option<Step> {
    use Side::{Changed, Deleted, Unchanged};

    match (entry, event) {
        (Unchanged(ours), Unchanged(theirs)) => rebase_if_stale(link, ours, theirs, policy),
        (Unchanged(ours), Changed(theirs, pull)) => {
            Some(write(link, &ours, theirs, pull, Fields::NONE))
        }
        (Changed(ours, push), Unchanged(theirs)) => {
            Some(write(link, &ours, theirs, Fields::NONE, push))
        }
        (Changed(ours, push), Changed(theirs, pull)) => Some(merge(link, ours, theirs, pull, push)),
        (Unchanged(ours), Deleted) if !policy.direction.pulls() => {
            // The copy was removed by hand where only we write: it is put back.
            let (link, content) = (Box::new(link), ours.content.into());
            Some(Step::FinishCreate {
                link,
                entry_version: ours.version,
                content,
            })
        }
        (Unchanged(ours), Deleted) if ours.shared => Some(Step::Unassign {
            link: link.into(),
            entry_version: ours.version,
        }),
        (Unchanged(ours), Deleted) => Some(Step::DeleteEntry {
            link: link.into(),
            entry_version: ours.version,
        }),
        (Deleted, Unchanged(theirs)) => {
            if policy.direction.pushes() {
                Some(Step::DeleteEvent {
                    link: link.into(),
                    revision: Some(theirs.revision),
                })
            } else {
                Some(Step::Unlink { link: link.into() })
            }
        }
        (Deleted, Deleted) => Some(Step::Unlink { link: link.into() }),
        (Changed(ours, fields), Deleted) => {
            let local = Some(ours.content.into());
            Some(Step::Conflict {
                link: link.into(),
                fields,
                local,
                external: None,
            })
        }
        (Deleted, Changed(theirs, fields)) => {
            let external = Some(theirs.content.into());
            Some(Step::Conflict {
                link: link.into(),
                fields,
                local: None,
                external,
            })
        }
    }
}

/// Nothing to write; but the next guarded write needs the newest revision, and the next comparison the newest words. A
/// side whose changes may not flow keeps its old words: should the direction be changed, they are changes still.
fn rebase_if_stale(
    link: EventLink,
    ours: EntryNow,
    theirs: EventNow,
    policy: Policy,
) -> Option<Step> {
    let base = link.base()?;
    if base.entry_version == ours.version && base.revision == theirs.revision {
        return None;
    }
    let content = if policy.direction.pushes() {
        ours.content
    } else {
        base.entry.clone()
    };
    let event = if policy.direction.pulls() {
        theirs.content
    } else {
        base.event().clone()
    };
    Some(Step::Rebase {
        entry_version: ours.version,
        content: content.into(),
        revision: theirs.revision,
        event: event.into(),
        link: link.into(),
    })
}

fn merge(link: EventLink, ours: EntryNow, theirs: EventNow, pull: Fields, push: Fields) -> Step {
    let both = pull.and(push);
    let apart = both.and(ours.content.diff(&theirs.content));
    if !apart.is_empty() {
        let (local, external) = (Some(ours.content.into()), Some(theirs.content.into()));
        return Step::Conflict {
            link: link.into(),
            fields: apart,
            local,
            external,
        };
    }
    let (pull, push) = (pull.without(both), push.without(both));
    if pull.or(push).is_empty() {
        return Step::Rebase {
            link: link.into(),
            entry_version: ours.version,
            content: ours.content.into(),
            revision: theirs.revision,
            event: theirs.content.into(),
        };
    }
    write(link, &ours, theirs, pull, push)
}

fn write(link: EventLink, ours: &EntryNow, theirs: EventNow, pull: Fields, push: Fields) -> Step {
    let content = ours.content.with_fields_of(&theirs.content, pull);
    Step::Write(Box::new(WriteStep {
        link,
        entry_version: ours.version,
        revision: theirs.revision,
        content,
        event: theirs.content,
        pull,
        push,
    }))
}
