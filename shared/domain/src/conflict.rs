//! Conflicts: both sides of a link changed the same field to different values, or one side was deleted while the other
//! changed.

mod differences;

pub use differences::{Difference, Keep, Subject, Undecided};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    content::{Content, Parts},
    event::{ExternalEventId, Revision},
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId},
    link::Choice,
};

/// Everything a person needs to decide, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub id: ConflictId,
    pub entry: EntryId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    /// Whose calendar it is, and who is asked.
    pub member: MemberId,
    pub external_id: ExternalEventId,
    /// What both changed apart.
    pub parts: Parts,
    pub base: Content,
    pub local: Seen<u64>,
    pub external: Seen<Revision>,
    pub state: ConflictState,
    pub detected_at: Timestamp,
    /// Grows by one with every change: an answer names the version that it answers.
    pub version: u64,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "side", rename_all = "snake_case")]
pub enum Seen<V> {
    Changed { version: V, content: Box<Content> },
    Deleted,
}

impl<V: Clone> Seen<V> {
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Changed { content, .. } => Some(content),
            Self::Deleted => None,
        }
    }

    pub fn version(&self) -> Option<V> {
        match self {
            Self::Changed { version, .. } => Some(version.clone()),
            Self::Deleted => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConflictState {
    Open,
    /// Someone decided; the next run carries it out.
    Chosen {
        by: MemberId,
        at: Timestamp,
        external: Parts,
    },
    /// Carried out, or come to nothing because both sides agree again.
    Settled {
        at: Timestamp,
        /// What was decided, if anybody had to.
        external: Option<Parts>,
    },
    /// What had been overwritten was put back.
    Undone {
        at: Timestamp,
    },
    /// Its account was disconnected before anything was written.
    Dropped {
        at: Timestamp,
    },
}

/// How long a decision can be taken back.
pub const UNDO_TIME: SignedDuration = SignedDuration::from_hours(24);

/// Why a conflict cannot be decided or taken back now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    #[error("the conflict changed meanwhile: look at it again")]
    Changed,
    #[error("the conflict is settled already")]
    Settled,
    #[error("nothing was overwritten that could be put back")]
    NothingToUndo,
    #[error("a decision can be taken back for a day; that time is over")]
    TooLate,
    #[error("what was decided was edited since: change it by hand")]
    EditedSince,
    #[error("only what both sides changed can be chosen, and what belongs together only together")]
    NotInConflict,
}

impl Conflict {
    /// As it is called here, or there, or was called.
    pub fn title(&self) -> &str {
        let sides = [self.local.content(), self.external.content()];
        let content = sides.into_iter().flatten().next();
        &content.unwrap_or(&self.base).title
    }

    pub fn over_since(&self) -> Option<Timestamp> {
        match self.state {
            ConflictState::Open | ConflictState::Chosen { .. } => None,
            ConflictState::Settled { at, .. }
            | ConflictState::Undone { at }
            | ConflictState::Dropped { at } => Some(at),
        }
    }

    /// What to tell the engine when `external` is to be kept of their side and the rest of ours.
    pub fn choose(&self, external: &Parts) -> Result<Choice, NotNow> {
        match self.state {
            ConflictState::Open | ConflictState::Chosen { .. } => {}
            ConflictState::Settled { .. }
            | ConflictState::Undone { .. }
            | ConflictState::Dropped { .. } => {
                return Err(NotNow::Settled);
            }
        }
        let torn = |difference: &Difference| {
            let taken = difference.parts.and(external);
            !taken.is_empty() && taken != difference.parts
        };
        let is_foreign = !external.without(&self.parts).is_empty();
        if is_foreign || self.differences().iter().any(torn) {
            return Err(NotNow::NotInConflict);
        }
        Ok(Choice {
            external: external.clone(),
            entry_version: self.local.version(),
            revision: self.external.version(),
        })
    }

    /// What the decision overwrote, to be written into `entry` again; without an entry, to bring it back with. That is what
    /// the entry said before, or what the calendar said where nothing of it was kept.
    pub fn undo(&self, entry: Option<&Content>, now: Timestamp) -> Result<Content, NotNow> {
        let ConflictState::Settled { at, external } = &self.state else {
            return Err(NotNow::NothingToUndo);
        };
        let external = external.as_ref().ok_or(NotNow::NothingToUndo)?;
        if now.duration_since(*at) > UNDO_TIME {
            return Err(NotNow::TooLate);
        }
        match (self.local.content(), self.external.content(), entry) {
            (Some(ours), Some(theirs), Some(entry))
                if {
                    let settled = ours.with_parts_of(theirs, external);
                    entry.with_parts_of(&settled, &self.parts) != *entry
                } =>
            {
                Err(NotNow::EditedSince)
            }
            // Of a choice of both sides the entry as it was comes back: what both lost belongs to no version.
            (Some(_), Some(theirs), Some(entry)) if external.is_empty() => {
                Ok(entry.with_parts_of(theirs, &self.parts))
            }
            (Some(ours), Some(_), Some(entry)) => Ok(entry.with_parts_of(ours, external)),
            // The deletion was kept; what it took is what the other side had made of the entry.
            (Some(ours), None, None) if !external.is_empty() => Ok(ours.clone()),
            (None, Some(theirs), None) if external.is_empty() => Ok(theirs.clone()),
            (Some(_) | None, Some(_) | None, Some(_) | None) => Err(NotNow::NothingToUndo),
        }
    }
}

#[cfg(test)]
mod tests;
