//! Holds: what the brakes kept from happening, until the calendar's owner confirms it or wants it put back.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CalendarId, ConnectionId, HoldId, MemberId},
    sync::{
        brake::{Brake, Way},
        plan::Step,
    },
};

/// One brake of one calendar that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub id: HoldId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub way: Way,
    pub brake: Brake,
    /// How many steps are held, as far as the last look got.
    pub count: u32,
    /// The first of them.
    pub sample: Vec<HeldStep>,
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    pub version: u64,
}

/// One of the steps that are held, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldStep {
    pub title: String,
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub decision: Decision,
    pub by: MemberId,
    pub at: Timestamp,
    /// The round began again from its start, so that nothing that was held is passed over.
    #[serde(default)]
    pub begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HoldDecision")]
pub enum Decision {
    /// It was meant so.
    Confirm,
    /// Put back what was deleted or overwritten.
    Restore,
}

impl Hold {
    pub fn decision(&self) -> Option<Decision> {
        self.decided.as_ref().map(|decided| decided.decision)
    }
}

/// More than that is counted, not shown.
pub const SAMPLE_MAX: usize = 20;

impl HeldStep {
    /// What a person has to know of a step.
    pub fn of(step: &Step) -> Self {
        let (title, what) = match step {
            Step::DeleteEntry { link, .. } => (link.title(), "delete the entry"),
            Step::Unassign { link, .. } => (link.title(), "take you off the entry"),
            Step::DeleteEvent { link, .. } => (link.title(), "delete the calendar event"),
            Step::Sever { base, .. } => (base.entry.title.as_str(), "let the copy go"),
            Step::Write(write) if write.push.is_empty() => {
                (write.event.title.as_str(), "change the entry")
            }
            Step::Write(write) => (write.event.title.as_str(), "change the calendar event"),
            Step::CreateEntry { event, .. } | Step::JoinEntry { event, .. } => {
                (event.content.title.as_str(), "create the entry")
            }
            Step::CreateEvent { entry } => {
                (entry.content.title.as_str(), "create the calendar event")
            }
            Step::FinishCreate { content, .. } | Step::RestoreEntry { content, .. } => {
                (content.title.as_str(), "put it back")
            }
            Step::Rebase { link, .. } | Step::Unlink { link } | Step::Conflict { link, .. } => {
                (link.title(), "keep the link up to date")
            }
            Step::Refuse { event } => (event.title.as_str(), "leave it out"),
        };
        Self {
            title: title.to_owned(),
            what: what.to_owned(),
        }
    }
}
