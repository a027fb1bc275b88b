//! What a run is going to do: one step per link, each carrying everything that is needed to do it.

use std::fmt;

use crate::{
    content::{Content, Fields},
    entry::Entry,
    event::{CalendarEvent, Revision},
    link::EventLink,
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
    CreateEntry { event: Box<CalendarEvent> },
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
        entry_version: u64,
        content: Box<Content>,
        revision: Revision,
        event: Box<Content>,
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
    DeleteEvent {
        link: Box<EventLink>,
        revision: Option<Revision>,
    },
    /// Neither side is left.
    Unlink { link: Box<EventLink> },
    /// The same field has two new values, or one side was deleted while the other changed.
    Conflict {
        link: Box<EventLink>,
        fields: Fields,
        local: Option<Box<Content>>,
        external: Option<Box<Content>>,
    },
    /// The event stays where it is, with the reason beside it.
    Refuse { event: Box<RefusedEvent> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct WriteStep {
    pub link: EventLink,
    pub entry_version: u64,
    pub revision: Revision,
    /// The entry's content once `pull` is written into it.
    pub content: Content,
    /// The event's content as it was seen.
    pub event: Content,
    pub pull: Fields,
    pub push: Fields,
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
                if !write.pull.and(write.push).is_empty() {
                    return Err(format!(
                        "{} is written both ways",
                        write.pull.and(write.push)
                    ));
                }
                if write.pull.or(write.push).is_empty() {
                    return Err("a write of nothing".into());
                }
            }
        }
        Ok(())
    }
}

impl Step {
    /// The one thing that the step is about.
    fn subject(&self) -> String {
        match self {
            Self::CreateEntry { event } => event.external_id.to_string(),
            Self::CreateEvent { entry } => entry.id.to_string(),
            Self::Write(write) => write.link.external_id.to_string(),
            Self::FinishCreate { link, .. }
            | Self::Rebase { link, .. }
            | Self::DeleteEntry { link, .. }
            | Self::Unassign { link, .. }
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
            Self::CreateEntry { .. } => write!(f, "create entry from {subject}"),
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
            Self::DeleteEvent { .. } => write!(f, "delete event {subject}"),
            Self::Unlink { .. } => write!(f, "unlink {subject}"),
            Self::Conflict { fields, .. } => write!(f, "conflict on {subject}: {fields}"),
            Self::Refuse { event } => write!(f, "refuse {subject}: {}", event.refusal),
        }
    }
}
