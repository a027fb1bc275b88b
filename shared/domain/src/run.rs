//! Sync runs: what each did, kept as it was.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CalendarId, ConnectionId, RunId};

/// Why a sync was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RunTrigger")]
pub enum Trigger {
    /// The provider called.
    Notice,
    /// An entry changed here.
    EntryChange,
    /// A person pressed a button.
    Member,
    /// The poll that stands in for notices that get lost.
    Poll,
    /// The daily look at everything, for what notices and deltas missed.
    Reconcile,
    /// A connection was made or its calendars were chosen.
    Setup,
    /// Work was left over, or the provider asked to wait.
    Continuation,
}

impl Trigger {
    /// Nobody waits to hear of it: only what it finds is news.
    pub fn is_routine(self) -> bool {
        match self {
            Self::Poll | Self::Reconcile => true,
            Self::Notice | Self::EntryChange | Self::Member | Self::Setup | Self::Continuation => {
                false
            }
        }
    }
}

impl Trigger {
    /// Somebody waits to hear what came of it, even if that is nothing.
    pub fn is_pressed(self) -> bool {
        match self {
            Self::Member | Self::Setup => true,
            Self::Notice
            | Self::EntryChange
            | Self::Poll
            | Self::Reconcile
            | Self::Continuation => false,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notice => "calendar changed",
            Self::EntryChange => "schedule changed",
            Self::Member => "sync now",
            Self::Poll => "poll",
            Self::Reconcile => "reconcile",
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
    /// Which way each calendar's cursor went.
    #[serde(default)]
    pub cursors: Vec<CursorMove>,
}

/// A calendar's cursor before and after a run, short enough to be compared by eye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CursorMove {
    pub calendar: CalendarId,
    /// Absent before the first complete read.
    pub before: Option<String>,
    pub after: Option<String>,
}

impl SyncRun {
    pub fn new(id: RunId, connection: ConnectionId, trigger: Trigger, state: RunState) -> Self {
        Self {
            id,
            connection,
            trigger,
            state,
            counts: Counts::default(),
            cursors: Vec::new(),
        }
    }

    /// Everything that was asked for is done.
    pub fn is_successful(&self) -> bool {
        matches!(
            self.state,
            RunState::Finished {
                outcome: RunOutcome::Succeeded,
                ..
            }
        )
    }
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
        /// For the account's owner.
        why: String,
        /// For everybody else, where `why` says what calendars are called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unnamed: Option<String>,
    },
    /// The connection is paused or waits to be authorised again.
    Skipped {
        why: String,
    },
}

/// What the world is told of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunNews {
    Started,
    Completed,
    Failed,
}

impl RunNews {
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "CALENDAR_SYNC_STARTED",
            Self::Completed => "CALENDAR_SYNC_COMPLETED",
            Self::Failed => "CALENDAR_SYNC_FAILED",
        }
    }
}

impl RunOutcome {
    /// A run that never looked is no news.
    pub fn news(&self) -> Option<RunNews> {
        match self {
            Self::Succeeded | Self::Continues { .. } => Some(RunNews::Completed),
            Self::Failed { .. } => Some(RunNews::Failed),
            Self::Skipped { .. } => None,
        }
    }
}

/// What one run did, by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunCounts")]
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
    /// Items that the provider failed to take; they are tried again.
    #[serde(default)]
    pub failed: u32,
    /// Changes at the provider that no notice had told of.
    #[serde(default)]
    pub missed: u32,
    /// Changes that wait until the account's owner confirms them or has them put back.
    #[serde(default)]
    pub held: u32,
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

    /// What came from the provider.
    pub fn pulled(&self) -> u32 {
        self.entries_created + self.entries_updated + self.entries_deleted
    }

    /// Nothing was met that differs from what is known. What is held is met by each run, and was told when it was first.
    pub fn is_quiet(&self) -> bool {
        self.changed() + self.conflicts + self.refused + self.failed == 0
    }
}
