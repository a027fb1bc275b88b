//! Sync runs: what each did, kept as it was.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, RunId};

/// Why a sync was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The provider called.
    Notice,
    /// An entry changed here.
    EntryChange,
    /// A person pressed a button.
    Member,
    /// The poll that stands in for notices that get lost.
    Poll,
    /// A connection was made or its calendars were chosen.
    Setup,
    /// Work was left over, or the provider asked to wait.
    Continuation,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notice => "calendar changed",
            Self::EntryChange => "schedule changed",
            Self::Member => "sync now",
            Self::Poll => "poll",
            Self::Setup => "setup",
            Self::Continuation => "continued",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRun {
    pub id: RunId,
    pub connection: ConnectionId,
    pub trigger: Trigger,
    pub state: RunState,
    pub counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RunState {
    Queued {
        at: Timestamp,
    },
    Running {
        started_at: Timestamp,
    },
    Finished {
        started_at: Timestamp,
        finished_at: Timestamp,
        outcome: RunOutcome,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RunOutcome {
    Succeeded,
    /// Work was left for another run, which is already asked for.
    Continues {
        why: String,
    },
    Failed {
        why: String,
    },
    /// The connection is paused or waits to be authorised again.
    Skipped {
        why: String,
    },
}

/// What one run did, by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub seen: u32,
    pub unchanged: u32,
    pub entries_created: u32,
    pub entries_updated: u32,
    pub entries_deleted: u32,
    pub events_created: u32,
    pub events_updated: u32,
    pub events_deleted: u32,
    pub conflicts: u32,
    pub refused: u32,
}

impl Counts {
    pub fn changed(&self) -> u32 {
        self.entries_created
            + self.entries_updated
            + self.entries_deleted
            + self.events_created
            + self.events_updated
            + self.events_deleted
    }
}
