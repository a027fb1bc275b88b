//! Both sides changed: what can be joined is joined, what stands apart goes by the owner's policy.

use super::side::{EntryNow, EventNow};
use crate::{
    calendar::ConflictPolicy,
    content::{Content, Field, Fields, Parts},
    link::{Base, Choice},
    series::OriginalStart,
    sync::observe::Policy,
};

/// What flows where.
pub(super) enum Merged {
    Flows { pull: Parts, push: Parts },
    Apart(Parts),
}

/// Who has the last word where both changed apart.
#[derive(Clone, Copy)]
pub(super) enum Decider<'a> {
    Policy(ConflictPolicy),
    Person(&'a Choice),
}

impl<'a> Decider<'a> {
    /// A person's choice holds for what that person saw, and for nothing newer.
    pub(super) fn of(
        choice: Option<&'a Choice>,
        ours: Option<u64>,
        theirs: Option<&crate::event::Revision>,
        policy: Policy,
    ) -> Self {
        match choice {
            Some(choice) if choice.entry_version == ours && choice.revision.as_ref() == theirs => {
                Self::Person(choice)
            }
            Some(_) => Self::Policy(ConflictPolicy::Ask),
            None => Self::Policy(policy.conflicts),
        }
    }

    /// The parts of `apart` in which their side is kept; `None` asks.
    fn external(self, apart: &Parts, ours: &EntryNow, theirs: &EventNow) -> Option<Parts> {
        match self {
            Self::Person(choice) => Some(choice.external.clone()),
            Self::Policy(ConflictPolicy::Ask) => None,
            Self::Policy(ConflictPolicy::LocalWins) => Some(Parts::none()),
            Self::Policy(ConflictPolicy::ExternalWins) => Some(apart.clone()),
            Self::Policy(ConflictPolicy::NewestWins) => {
                let external_is_newer = theirs.changed_at? > ours.changed_at;
                Some(if external_is_newer {
                    apart.clone()
                } else {
                    Parts::none()
                })
            }
        }
    }

    /// Whether their side is kept where one side was deleted and the other changed; `None` asks.
    pub(super) fn keeps_external(self) -> Option<bool> {
        match self {
            Self::Person(choice) => Some(!choice.external.is_empty()),
            // When something was deleted is nowhere told.
            Self::Policy(ConflictPolicy::Ask | ConflictPolicy::NewestWins) => None,
            Self::Policy(ConflictPolicy::LocalWins) => Some(false),
            Self::Policy(ConflictPolicy::ExternalWins) => Some(true),
        }
    }
}

pub(super) fn merge(
    base: &Base,
    (ours, push): (&EntryNow, &Parts),
    (theirs, pull): (&EventNow, &Parts),
    decider: Decider<'_>,
) -> Merged {
    let both = pull.and(push);
    let apart = both
        .and(&ours.content.diff(&theirs.content))
        .or(&moved_under_an_exception(
            base,
            (&ours.content, push),
            (&theirs.content, pull),
        ));
    let (mut pull, mut push) = (pull.without(&both), push.without(&both));
    if !apart.is_empty() {
        let Some(external) = decider.external(&apart, ours, theirs) else {
            return Merged::Apart(apart);
        };
        let external = apart.and(&external);
        pull = pull.without(&apart).or(&external);
        push = push.without(&apart).or(&apart.without(&external));
    }
    Merged::Flows { pull, push }
}

/// One side moved the series while the other changed single occurrences: which of the new ones were meant, nobody knows.
fn moved_under_an_exception(
    base: &Base,
    (ours, push): (&Content, &Parts),
    (theirs, pull): (&Content, &Parts),
) -> Parts {
    let moved = |before: &Content, after: &Content, changed: &Parts| {
        changed.own.contains(Field::Timing)
            && OriginalStart::of(&before.timing.when) != OriginalStart::of(&after.timing.when)
    };
    let ours_moved = moved(&base.entry, ours, push);
    let theirs_moved = moved(base.event(), theirs, pull);
    let touches = (ours_moved && !pull.occurrences.is_empty())
        || (theirs_moved && !push.occurrences.is_empty());
    if !touches {
        return Parts::none();
    }
    let mut apart = Parts::from(Fields::NONE.with(Field::Timing));
    apart.occurrences = push.clone().or(pull).occurrences;
    apart
}
