//! What a failure at a provider asks its caller to do. Classified once, where the provider answers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Try the same again later.
    Transient,
    /// Try again, but not before the provider allows it.
    RateLimited,
    /// Nothing works until the member authorises again.
    Authentication,
    /// The event changed meanwhile: look again, decide again.
    Conflict,
    /// The cursor is void: read everything again.
    CursorExpired,
    /// The thing is not there (any more).
    NotFound,
    /// The provider will never accept this.
    Rejected,
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "the provider had a transient failure",
            Self::RateLimited => "the provider asked us to slow down",
            Self::Authentication => "the provider does not take our authorisation",
            Self::Conflict => "it had changed meanwhile",
            Self::CursorExpired => "the provider wants everything read anew",
            Self::NotFound => "it is not there any more",
            Self::Rejected => "the provider rejected it",
        })
    }
}

/// Why one calendar event or entry is not synced. It stands beside the item, in words, until the item syncs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// The same meeting is synced through another calendar of the same account.
    SameMeeting {
        calendar: String,
    },
    /// A kind of event that belongs to the provider alone, such as a working location.
    ProviderKind {
        kind: String,
    },
    UnknownZone {
        zone: String,
    },
    Recurrence {
        detail: String,
    },
    /// A span that no calendar can hold, such as an end before its start.
    Span {
        detail: String,
    },
    /// A field is longer than we keep.
    TooLong {
        field: String,
        bytes_max: usize,
    },
    /// It ended before the history that the member chose.
    BeforeHistory,
    /// The provider said no and will say no again.
    Provider {
        detail: String,
    },
    /// The provider's answer lacks what every event must have.
    Malformed {
        detail: String,
    },
}

impl Refusal {
    /// Its code, as it is stored.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::SameMeeting { .. } => "same_meeting",
            Self::ProviderKind { .. } => "provider_kind",
            Self::UnknownZone { .. } => "unknown_zone",
            Self::Recurrence { .. } => "recurrence",
            Self::Span { .. } => "span",
            Self::TooLong { .. } => "too_long",
            Self::BeforeHistory => "before_history",
            Self::Provider { .. } => "provider",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// Without what a calendar is called: that is told to its owner alone.
    pub fn unnamed(&self) -> String {
        let calendar = "another calendar".to_owned();
        if let Self::SameMeeting { .. } = self {
            return Self::SameMeeting { calendar }.to_string();
        }
        self.to_string()
    }

    /// Someone would want to know; the rest is as the member or the provider means it to be.
    pub fn needs_attention(&self) -> bool {
        match self {
            Self::SameMeeting { .. } | Self::ProviderKind { .. } | Self::BeforeHistory => false,
            Self::UnknownZone { .. }
            | Self::Recurrence { .. }
            | Self::Span { .. }
            | Self::TooLong { .. }
            | Self::Provider { .. }
            | Self::Malformed { .. } => true,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameMeeting { calendar } => {
                write!(f, "the same meeting is synced through {calendar}")
            }
            Self::ProviderKind { kind } => write!(f, "{kind} events stay with the provider"),
            Self::UnknownZone { zone } => write!(f, "the time zone {zone:?} is not known"),
            Self::Recurrence { detail } => write!(f, "the recurrence cannot be kept: {detail}"),
            Self::Span { detail } => write!(f, "the time cannot be kept: {detail}"),
            Self::TooLong { field, bytes_max } => {
                write!(f, "the {field} is longer than {bytes_max} bytes")
            }
            Self::BeforeHistory => {
                f.write_str("it ended before the history that this calendar imports")
            }
            Self::Provider { detail } => write!(f, "the provider refused it: {detail}"),
            Self::Malformed { detail } => {
                write!(f, "the provider's answer is incomplete: {detail}")
            }
        }
    }
}
