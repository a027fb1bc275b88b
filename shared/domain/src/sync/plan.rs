//! What a run is going to do: one step per link, each carrying everything that is needed to do it.

use std::fmt;

use crate::{
    content::{Content, Parts},
    entry::Entry,
    event::{CalendarEvent, Revision},
    id::EntryId,
    link::{Base, EventLink, Origin, Sent},
    sync::observe::RefusedEvent,
};

#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub unchanged: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Their event becomes an entry of ours.
    CreateEntry {
        event: Box<CalendarEvent>,
        /// The entry that it had before.
        was: Option<Box<Entry>>,
        /// The version of what is known of the meeting; 0 where nothing is.
        claim: u64,
    },
    /// Their event is a meeting that has an entry already: its owner joins the entry.
    JoinEntry {
        event: Box<CalendarEvent>,
        entry: EntryId,
    },
    /// Our entry becomes an event of theirs.
    CreateEvent { entry: Box<Entry> },
    /// An event was being created when the answer was lost, or not yet asked for.
    FinishCreate {
        link: Box<EventLink>,
        entry_version: u64,
        content: Box<Content>,
    },
    /// Write their changes into the entry, our changes into the event, or both: `pull` and `push` never overlap.
    Write(Box<WriteStep>),
    /// Both sides already agree on everything but the paperwork.
    Rebase {
        link: Box<EventLink>,
        base: Box<Base>,
    },
    DeleteEntry {
        link: Box<EventLink>,
        entry_version: u64,
    },
    /// The event is gone for this member, but others still have the entry.
    Unassign {
        link: Box<EventLink>,
        entry_version: u64,
    },
    /// The entry was removed here and is wanted back, as their event has it.
    RestoreEntry {
        link: Box<EventLink>,
        revision: Revision,
        content: Box<Content>,
    },
    /// One side is gone and the other stays: from now on they go apart.
    Sever {
        link: Box<EventLink>,
        base: Box<Base>,
        lost: Origin,
    },
    DeleteEvent {
        link: Box<EventLink>,
        /// What goes, as it was seen.
        seen: (Revision, Box<Content>),
    },
    /// Neither side is left.
    Unlink { link: Box<EventLink> },
    /// The same field has two new values, or one side was deleted while the other changed. `None` is the deleted side.
    Conflict {
        link: Box<EventLink>,
        base: Box<Base>,
        parts: Parts,
        local: Option<(u64, Box<Content>)>,
        external: Option<(Revision, Box<Content>)>,
    },
    /// The event stays where it is, with the reason beside it.
    Refuse { event: Box<RefusedEvent> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct WriteStep {
    pub link: EventLink,
    pub entry_version: u64,
    /// What was agreed on before, under the revision that the event was seen with.
    pub base: Base,
    /// What both sides say afterwards, as far as the copy may see it.
    pub content: Content,
    /// The event's content as it was seen.
    pub event: Content,
    pub pull: Parts,
    pub push: Parts,
}

impl WriteStep {
    /// What the event will say of it that nobody but us has written: what they changed meanwhile is not ours to claim.
    pub fn sent(&self) -> Sent {
        let before = self.base.event();
        Sent {
            entry_version: self.entry_version,
            content: before.with_parts_of(&self.content, &self.push),
        }
    }

    /// What the event says after the write, as far as the provider's answer speaks for it. One revision guards a series
    /// but not its exceptions: whatever else the answer shows in these is somebody's edit, still to be seen as one.
    #[must_use]
    pub fn answered(&self, mut answer: Content) -> Content {
        let shown = answer.exceptions.clone();
        let apart = self.event.exceptions.diff(&shown);
        for at in apart
            .into_keys()
            .filter(|at| answer.has_occurrence(*at))
            .collect::<Vec<_>>()
        {
            let mut kept = self.event.exceptions.clone();
            if let Some(fields) = self.push.occurrences.get(&at) {
                kept.take(&shown, at, *fields);
            }
            answer.exceptions.set(at, kept.get(at).cloned());
        }
        answer
    }
}

impl PartialEq for RefusedEvent {
    fn eq(&self, other: &Self) -> bool {
        self.external_id == other.external_id && self.refusal == other.refusal
    }
}

impl Plan {
    /// The rules every plan keeps, whatever was observed.
    pub fn check(&self) -> Result<(), String> {
        let mut touched = std::collections::BTreeSet::new();
        for step in &self.steps {
            if !touched.insert(step.subject()) {
                return Err(format!("two steps touch {}", step.subject()));
            }
            if let Step::Write(write) = step {
                let both = write.pull.and(&write.push);
                if !both.is_empty() {
                    return Err(format!("{both} is written both ways"));
                }
                if write.pull.is_empty() && write.push.is_empty() {
                    return Err("a write of nothing".into());
                }
            }
        }
        Ok(())
    }
}

impl Step {
    /// The entry of the link that the step is about.
    pub fn entry(&self) -> Option<EntryId> {
        match self {
            Self::Write(write) => Some(write.link.entry),
            Self::FinishCreate { link, .. }
            | Self::Rebase { link, .. }
            | Self::DeleteEntry { link, .. }
            | Self::Unassign { link, .. }
            | Self::RestoreEntry { link, .. }
            | Self::Sever { link, .. }
            | Self::DeleteEvent { link, .. }
            | Self::Unlink { link }
            | Self::Conflict { link, .. } => Some(link.entry),
            Self::JoinEntry { entry, .. } => Some(*entry),
            Self::CreateEvent { entry } => Some(entry.id),
            Self::CreateEntry { .. } | Self::Refuse { .. } => None,
        }
    }

    /// The one thing that the step is about.
    fn subject(&self) -> String {
        match self {
            Self::CreateEntry { event, .. } | Self::JoinEntry { event, .. } => {
                event.external_id.to_string()
            }
            Self::CreateEvent { entry } => entry.id.to_string(),
            Self::Write(write) => write.link.external_id.to_string(),
            Self::FinishCreate { link, .. }
            | Self::Rebase { link, .. }
            | Self::DeleteEntry { link, .. }
            | Self::Unassign { link, .. }
            | Self::RestoreEntry { link, .. }
            | Self::Sever { link, .. }
            | Self::DeleteEvent { link, .. }
            | Self::Unlink { link }
            | Self::Conflict { link, .. } => link.external_id.to_string(),
            Self::Refuse { event } => event.external_id.to_string(),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        write!(f, "unchanged: {}", self.unchanged)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject();
        match self {
            Self::CreateEntry { was: None, .. } => write!(f, "create entry from {subject}"),
            Self::CreateEntry { was: Some(_), .. } => write!(f, "bring back entry of {subject}"),
            Self::JoinEntry { entry, .. } => write!(f, "join {entry} with {subject}"),
            Self::CreateEvent { .. } => write!(f, "create event from {subject}"),
            Self::FinishCreate { .. } => write!(f, "finish creating {subject}"),
            Self::Write(write) => {
                write!(
                    f,
                    "write {subject}: pull {}, push {}",
                    write.pull, write.push
                )
            }
            Self::Rebase { .. } => write!(f, "rebase {subject}"),
            Self::DeleteEntry { .. } => write!(f, "delete entry of {subject}"),
            Self::Unassign { .. } => write!(f, "unassign from entry of {subject}"),
            Self::RestoreEntry { .. } => write!(f, "restore entry of {subject}"),
            Self::Sever {
                lost: Origin::Event,
                ..
            } => write!(f, "let the copy {subject} go"),
            Self::Sever {
                lost: Origin::Entry,
                ..
            } => write!(f, "leave {subject} to its calendar"),
            Self::DeleteEvent { .. } => write!(f, "delete event {subject}"),
            Self::Unlink { .. } => write!(f, "unlink {subject}"),
            Self::Conflict { parts, .. } => write!(f, "conflict on {subject}: {parts}"),
            Self::Refuse { event } => write!(f, "refuse {subject}: {}", event.refusal),
        }
    }
}
