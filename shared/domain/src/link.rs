//! Links: which entry is which calendar event, and what both last agreed on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Privacy,
    content::{Content, Fields, Parts},
    entry::Entry,
    event::{CalendarEvent, ExternalEventId, Revision, Uid},
    id::{CalendarId, ConflictId, ConnectionId, EntryId},
    series::OriginalStart,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLink {
    pub entry: EntryId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub external_id: ExternalEventId,
    pub uid: Option<Uid>,
    /// Which of the two was there first.
    pub origin: Origin,
    pub state: LinkState,
    pub version: u64,
}

/// Where a linked pair began. The other side is a copy, and losing a copy is not losing the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Entry,
    Event,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// Written before the event is created or deleted at the provider: while the answer is not known, it may be there,
    /// and then says what was sent.
    Pending { sent: Sent },
    Linked {
        base: Base,
        /// What a write was about to say whose answer is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent: Option<Sent>,
    },
    /// Both sides changed the same; nothing is written until someone decides.
    Conflict {
        conflict: ConflictId,
        base: Base,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Choice>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent: Option<Sent>,
    },
    /// One side was removed and the other stays, on purpose: it is not made anew.
    Severed { lost: Origin, base: Base },
}

/// What someone decided about a conflict, and what they had seen: it holds for nothing newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The parts in which the external side is kept; in all others ours is.
    pub external: Parts,
    /// Absent where that side was deleted.
    pub entry_version: Option<u64>,
    pub revision: Option<Revision>,
}

/// What a write was asked to say. Every try to create writes the same: only then is anything else in the event an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub entry_version: u64,
    pub content: Content,
}

impl Sent {
    /// A create says nothing of changed occurrences; they are written after it like any other change.
    pub fn creating(entry_version: u64, content: &Content) -> Self {
        let content = content.clone();
        let sent = Self {
            entry_version,
            content,
        };
        sent.as_created()
    }

    #[must_use]
    pub fn as_created(mut self) -> Self {
        self.content.exceptions = self.content.exceptions.only_cancelled();
        self
    }

    /// What was sent, in the words in which `event` shows it: what the provider only trimmed is nobody's edit.
    #[must_use]
    pub fn as_it_landed(&self, event: &Content) -> Content {
        let apart = self.content.diff(event);
        let edited = trimmed(&self.content).diff(&trimmed(event));
        let landed = apart.without(&edited);
        self.content.with_parts_of(event, &landed)
    }
}

/// What both sides last agreed on. A provider may have answered with other words than ours (it trims, re-orders,
/// converts), so each side is compared with its own copy: a difference the provider made is not a change by anyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub entry_version: u64,
    pub revision: Revision,
    pub entry: Content,
    /// Absent where it equals the entry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Content>,
}

impl Base {
    pub fn new(entry_version: u64, entry: Content, revision: Revision, event: Content) -> Self {
        let event = (event != entry).then_some(event);
        Self {
            entry_version,
            revision,
            entry,
            event,
        }
    }

    /// The base of a pair that was parted and meets again, where nobody knows any more what both agreed on. The side that
    /// is `newer` counts as changed, in all in which the two differ by more than a provider's wording.
    pub fn of_parted(entry: (u64, Content), event: (Revision, Content), newer: Origin) -> Self {
        let ((version, ours), (revision, theirs)) = (entry, event);
        let differing = trimmed(&ours).diff(&trimmed(&theirs));
        match newer {
            Origin::Event => {
                let agreed = theirs.with_parts_of(&ours, &differing);
                Self::new(version, ours, revision, agreed)
            }
            Origin::Entry => {
                let agreed = ours.with_parts_of(&theirs, &differing);
                Self::new(version, agreed, revision, theirs)
            }
        }
    }

    /// The event's content as the provider last answered it.
    pub fn event(&self) -> &Content {
        self.event.as_ref().unwrap_or(&self.entry)
    }

    /// The base once whatever `event` shows of a write that was never answered counts as agreed. Without this, our own
    /// write would look like an edit of theirs. Nor is it one if the provider trimmed it.
    #[must_use]
    pub fn with_what_landed(&self, sent: &Sent, event: &Content) -> Self {
        let written = sent.content.diff(self.event());
        let landed = written.without(&trimmed(&sent.content).diff(&trimmed(event)));
        // A series that is moved drops what no longer fits it: whoever moved it, that is still to be said.
        let unsaid = sent.content.diff(event).occurrences.into_iter();
        let is_dropped = |at: &OriginalStart| event.exceptions.get(*at).is_none();
        let unsaid = Parts {
            own: Fields::NONE,
            occurrences: unsaid.filter(|(at, _)| is_dropped(at)).collect(),
        };
        Self::new(
            self.entry_version,
            // An occurrence that takes place again may have landed without all of its fields.
            self.entry
                .with_parts_of(event, &unsaid)
                .with_parts_of(&sent.content, &landed.own.into())
                .with_parts_of(event, &landed.without(&landed.own.into())),
            self.revision.clone(),
            self.event()
                .with_parts_of(event, &unsaid)
                .with_parts_of(event, &landed),
        )
    }
}

fn trimmed(content: &Content) -> Content {
    Content {
        title: content.title.trim().into(),
        notes: content.notes.trim().into(),
        location: content.location.trim().into(),
        ..content.clone()
    }
}

impl EventLink {
    /// What the entry was called when both sides last agreed.
    pub fn title(&self) -> &str {
        match &self.state {
            LinkState::Pending { sent } => &sent.content.title,
            LinkState::Linked { base, .. }
            | LinkState::Conflict { base, .. }
            | LinkState::Severed { base, .. } => &base.entry.title,
        }
    }

    /// The link of a copy that was removed there and is wanted back, with what is to be created again under its id.
    /// `None`: nothing was removed.
    #[must_use]
    pub fn put_back(self, entry: &Entry, privacy: Privacy) -> Option<Self> {
        match &self.state {
            LinkState::Severed {
                lost: Origin::Event,
                ..
            } => {}
            LinkState::Severed {
                lost: Origin::Entry,
                ..
            }
            | LinkState::Pending { .. }
            | LinkState::Linked { .. }
            | LinkState::Conflict { .. } => return None,
        }
        let content = privacy.shown(entry.content.clone());
        let state = LinkState::Pending {
            sent: Sent::creating(entry.version, &content),
        };
        Some(Self {
            state,
            origin: Origin::Entry,
            ..self
        })
    }

    /// Before its event is deleted: should the answer be lost, and the entry be back by then, our own deletion must not
    /// look like theirs. What somebody has decided stays until it is done.
    #[must_use]
    pub fn before_deletion(self, seen: &Content) -> Self {
        let LinkState::Linked { base, .. } = &self.state else {
            return self;
        };
        let sent = Sent {
            entry_version: base.entry_version,
            content: seen.clone(),
        };
        let state = LinkState::Pending { sent };
        Self { state, ..self }
    }

    /// The link once its meeting is in another calendar of the account, as `to` names it. What the old calendar kept to
    /// itself was never agreed on; what the new one keeps to itself is no longer known of their event.
    #[must_use]
    pub fn moved(&self, to: Self, from: Privacy, into: Privacy) -> Self {
        let shown = |base: &Base| match self.origin {
            Origin::Entry => base.clone(),
            Origin::Event => {
                let apart = base.entry.diff(base.event());
                let kept = apart.without(&apart.masked(from.hidden()));
                Base::new(
                    base.entry_version,
                    base.entry.with_parts_of(base.event(), &kept),
                    base.revision.clone(),
                    into.shown(base.event().clone()),
                )
            }
        };
        let mut state = self.state.clone();
        match &mut state {
            LinkState::Pending { .. } => {}
            LinkState::Linked { base, .. } | LinkState::Conflict { base, .. } => {
                *base = shown(base);
            }
            LinkState::Severed { base, .. } => {
                state = LinkState::Linked {
                    base: shown(base),
                    sent: None,
                };
            }
        }
        // Under another identity it is no longer the copy that its person moved, but an event of theirs.
        let origin = if to.uid == self.uid {
            self.origin
        } else {
            Origin::Event
        };
        Self {
            origin,
            state,
            ..to
        }
    }

    /// The link of an event that is there, though no create or deletion of it was ever answered, and that no entry asks for
    /// any more: known by the event's own names, and by what it says. `None` where nothing was open.
    pub fn adopted(&self, event: &CalendarEvent, shown: &Content) -> Option<Self> {
        let LinkState::Pending { sent } = &self.state else {
            return None;
        };
        let base = Base::new(
            sent.entry_version,
            sent.content.clone(),
            event.revision.clone(),
            sent.as_it_landed(shown),
        );
        Some(Self {
            external_id: event.external_id.clone(),
            uid: event.uid.clone(),
            state: LinkState::Linked { base, sent: None },
            ..self.clone()
        })
    }

    /// Its event is a copy that we made and that, as far as is known, is still there.
    pub fn has_copy(&self) -> bool {
        let is_lost = match &self.state {
            LinkState::Severed { lost, .. } => *lost == Origin::Event,
            LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Conflict { .. } => {
                false
            }
        };
        self.origin == Origin::Entry && !is_lost
    }

    pub fn base(&self) -> Option<&Base> {
        match &self.state {
            LinkState::Pending { .. } => None,
            LinkState::Linked { base, .. }
            | LinkState::Conflict { base, .. }
            | LinkState::Severed { base, .. } => Some(base),
        }
    }
}
