//! Schedule entries: our record of scheduled time.

mod edit;
mod occurrence;
mod typed;

pub use edit::{Draft, EntryEdit, InvalidField, RecurrenceEdit};
pub use occurrence::{Ask, NotEdited, OccurrenceEdit};
pub use typed::TypedEntry;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    content::Content,
    id::{EntryId, MemberId, TenantId},
    link::Origin,
    member::EmailAddress,
};

/// The longest texts we keep. Google and Graph both hold more notes than anyone writes; DynamoDB holds 400 KB an item.
pub const TITLE_BYTES_MAX: usize = 1_024;
pub const LOCATION_BYTES_MAX: usize = 1_024;
pub const NOTES_BYTES_MAX: usize = 32_768;
pub const ASSIGNEES_MAX: usize = 10;
pub const ATTENDEES_MAX: usize = 200;
/// Ten years of a weekly series.
pub const EXCEPTIONS_MAX: usize = 520;
/// A link keeps what each side said last and what is about to be said: three times as much must fit an item.
pub const EXCEPTIONS_BYTES_MAX: usize = 90_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    pub tenant: TenantId,
    /// Grows by one with every change.
    pub version: u64,
    #[serde(flatten)]
    pub content: Content,
    pub work_item_type: WorkItemType,
    pub status: EntryStatus,
    pub assignees: Vec<MemberId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<EmailAddress>,
    /// Whether it was made here or came from a calendar. Absent in what was written before this was kept.
    #[serde(default = "came_from_a_calendar")]
    pub origin: Origin,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn came_from_a_calendar() -> Origin {
    Origin::Event
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkItemType {
    #[default]
    AdHoc,
    Booking,
    Ticket,
    ProjectTask,
    TimeOff,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    #[default]
    Scheduled,
    Tentative,
    Completed,
    Cancelled,
}

impl WorkItemType {
    pub const ALL: [Self; 5] = [
        Self::AdHoc,
        Self::Booking,
        Self::Ticket,
        Self::ProjectTask,
        Self::TimeOff,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AdHoc => "ad_hoc",
            Self::Booking => "booking",
            Self::Ticket => "ticket",
            Self::ProjectTask => "project_task",
            Self::TimeOff => "time_off",
        }
    }
}

impl EntryStatus {
    pub const ALL: [Self; 4] = [
        Self::Scheduled,
        Self::Tentative,
        Self::Completed,
        Self::Cancelled,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Tentative => "tentative",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Entry {
    /// The entry after its deletion, which was a version too.
    #[must_use]
    pub fn brought_back(self, content: Content, now: Timestamp) -> Self {
        Self {
            version: self.version + 2,
            content,
            updated_at: now,
            ..self
        }
    }

    #[must_use]
    pub fn joined_by(&self, member: MemberId, now: Timestamp) -> Self {
        let mut joined = self.clone();
        if !joined.assignees.contains(&member) {
            joined.assignees.push(member);
        }
        joined.version += 1;
        joined.updated_at = now;
        joined
    }
}

/// What happened to an entry; each is one row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryChange {
    ScheduleEntryCreated,
    ScheduleEntryUpdated,
    ScheduleEntryDeleted,
}

impl EntryChange {
    pub fn name(self) -> &'static str {
        match self {
            Self::ScheduleEntryCreated => "SCHEDULE_ENTRY_CREATED",
            Self::ScheduleEntryUpdated => "SCHEDULE_ENTRY_UPDATED",
            Self::ScheduleEntryDeleted => "SCHEDULE_ENTRY_DELETED",
        }
    }
}

/// Refuses texts that are longer than we keep.
pub fn check_lengths(content: &Content) -> Result<(), TooLong> {
    [
        ("title", content.title.len(), TITLE_BYTES_MAX),
        ("notes", content.notes.len(), NOTES_BYTES_MAX),
        ("location", content.location.len(), LOCATION_BYTES_MAX),
    ]
    .into_iter()
    .find(|(_, length, bytes_max)| length > bytes_max)
    .map_or(Ok(()), |(field, _, bytes_max)| {
        Err(TooLong { field, bytes_max })
    })
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} may have at most {bytes_max} bytes")]
pub struct TooLong {
    pub field: &'static str,
    pub bytes_max: usize,
}
