//! What we say of files that come and go.

use jiff::Timestamp;

use super::{About, EventStatus, EventType, Integration, IntegrationEvent};
use crate::id::{IntegrationEventId, MemberId};

/// A file that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    Exported {
        entries: u32,
    },
    Imported {
        written: u32,
        refused: u32,
    },
    /// An import that came to no end.
    BrokenOff {
        written: u32,
    },
}

impl IntegrationEvent {
    pub fn of_file(
        id: IntegrationEventId,
        at: Timestamp,
        file: &File,
        whose: MemberId,
        correlation_id: &str,
    ) -> Self {
        let (name, status, message) = match file {
            File::Exported { entries } => (
                "export.completed",
                EventStatus::Success,
                format!("Exported {}.", counted(*entries)),
            ),
            File::Imported {
                written,
                refused: 0,
            } => (
                "import.completed",
                EventStatus::Success,
                format!("Imported {}.", counted(*written)),
            ),
            File::Imported { written, refused } => (
                "import.completed",
                EventStatus::Warning,
                format!(
                    "Imported {}; {refused} could not be taken.",
                    counted(*written)
                ),
            ),
            File::BrokenOff { written } => (
                "import.failed",
                EventStatus::Error,
                format!(
                    "An import broke off after {}. Imported again, the file goes on from there.",
                    counted(*written)
                ),
            ),
        };
        Self {
            id,
            at,
            integration: Integration::Files,
            event_type: EventType::own(name),
            status,
            message,
            error_message: None,
            correlation_id: correlation_id.to_owned(),
            about: About::File { member: whose },
            account: None,
            request_body: None,
            response_body: None,
            retry_count: 0,
        }
    }
}

fn counted(entries: u32) -> String {
    match entries {
        1 => "one entry".to_owned(),
        many => format!("{many} entries"),
    }
}
