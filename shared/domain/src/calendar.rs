//! Calendars of a connection, and how each is synced.

mod choice;
mod policy;

pub use choice::{Flaw, Setting, check_choice};
pub use policy::{BUSY, ConflictPolicy, Privacy, UnknownPolicy};

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CalendarId, ConnectionId, MemberId},
    time::Zone,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    pub id: CalendarId,
    pub connection: ConnectionId,
    pub member: MemberId,
    pub external_id: String,
    pub name: String,
    pub zone: Zone,
    pub primary: bool,
    /// The provider lets the member write here.
    pub writable: bool,
    #[serde(flatten)]
    pub settings: CalendarSettings,
    pub version: u64,
}

/// What the member chose for one calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarSettings {
    pub selected: bool,
    pub direction: Direction,
    pub history: History,
    /// New entries of the member are written here; at most one calendar of a connection.
    pub receives_new: bool,
    #[serde(default)]
    pub privacy: Privacy,
    #[serde(default)]
    pub conflicts: ConflictPolicy,
}

impl Calendar {
    /// The version of a connection's calendars as a whole: whatever is written of one of them raises it.
    pub fn version_of_all(calendars: &[Self]) -> u64 {
        calendars.iter().map(|calendar| calendar.version).sum()
    }

    /// "Work, ada@example.com". A primary calendar is often called like its account: one name says it all then.
    pub fn shown_name(&self, account: &str) -> String {
        if self.name == account {
            account.to_owned()
        } else {
            format!("{}, {account}", self.name)
        }
    }

    /// Whether what is new here may be written there.
    pub fn takes(&self, settings: &CalendarSettings) -> bool {
        settings.selected && self.writable && settings.direction.pushes()
    }
}

impl Default for CalendarSettings {
    fn default() -> Self {
        Self {
            selected: false,
            direction: Direction::Bidirectional,
            history: History::Days(30),
            receives_new: false,
            privacy: Privacy::default(),
            conflicts: ConflictPolicy::default(),
        }
    }
}

/// Which way changes may flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Bidirectional,
    ToExternal,
    FromExternal,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown direction {0:?}: expected bidirectional, to_external or from_external")]
pub struct UnknownDirection(pub String);

impl FromStr for Direction {
    type Err = UnknownDirection;

    fn from_str(name: &str) -> Result<Self, UnknownDirection> {
        [Self::Bidirectional, Self::ToExternal, Self::FromExternal]
            .into_iter()
            .find(|direction| direction.name() == name)
            .ok_or_else(|| UnknownDirection(name.into()))
    }
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bidirectional => "bidirectional",
            Self::ToExternal => "to_external",
            Self::FromExternal => "from_external",
        }
    }

    pub fn pulls(self) -> bool {
        match self {
            Self::Bidirectional | Self::FromExternal => true,
            Self::ToExternal => false,
        }
    }

    pub fn pushes(self) -> bool {
        match self {
            Self::Bidirectional | Self::ToExternal => true,
            Self::FromExternal => false,
        }
    }
}

/// How far back the first read looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    Days(u16),
    Everything,
}

impl History {
    /// `None` is everything.
    pub fn days(self) -> Option<u16> {
        match self {
            Self::Days(days) => Some(days),
            Self::Everything => None,
        }
    }

    pub fn from_days(days: Option<u16>) -> Self {
        days.map_or(Self::Everything, Self::Days)
    }

    /// What ended before this instant is not imported.
    pub fn starts_at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Days(days) => Some(now - SignedDuration::from_hours(24 * i64::from(days))),
            Self::Everything => None,
        }
    }
}
