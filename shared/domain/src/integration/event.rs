//! Integration events: what happened with an integration, for operators. Written once, and kept for a month.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Integration;
use crate::id::{
    ApiKeyId, ConnectionId, DeliveryId, IntegrationEventId, ItemId, MemberId, RunId, WebhookId,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationEvent {
    pub id: IntegrationEventId,
    pub at: Timestamp,
    pub integration: Integration,
    pub event_type: EventType,
    pub status: EventStatus,
    /// A sentence for people.
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What else of the same cause is found by: a run, or a request.
    pub correlation_id: String,
    pub about: About,
    /// Whose account it is about. Personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub retry_count: u32,
}

impl IntegrationEvent {
    /// In words, of an error.
    pub fn what_went_wrong(&self) -> &str {
        self.error_message.as_deref().unwrap_or(&self.message)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_none_yet(count: &u32) -> bool {
    *count == 0
}

/// What an event is about, and so what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    Run {
        connection: ConnectionId,
        run: RunId,
    },
    Connection {
        connection: ConnectionId,
    },
    Item {
        connection: ConnectionId,
        item: ItemId,
    },
    /// What was reported, by a program with this key or by a person.
    Report {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<ApiKeyId>,
    },
    ApiCall {
        key: ApiKeyId,
    },
    Delivery {
        webhook: WebhookId,
        delivery: DeliveryId,
    },
    /// What was read into or written out of whose schedule.
    File {
        member: MemberId,
    },
}

impl About {
    pub fn delivery(&self) -> Option<(WebhookId, DeliveryId)> {
        if let Self::Delivery { webhook, delivery } = *self {
            Some((webhook, delivery))
        } else {
            None
        }
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "IntegrationEventStatus")]
pub enum EventStatus {
    Success,
    Warning,
    Error,
}

impl EventStatus {
    pub const ALL: [Self; 3] = [Self::Success, Self::Warning, Self::Error];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The status that is named so.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What kind of thing happened: words of small letters, digits and `_`, parted by points, such as `sync.completed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(rename = "IntegrationEventType", extend("pattern" = EventType::PATTERN, "maxLength" = EventType::BYTES_MAX))]
pub struct EventType(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected words of small letters, digits and _, parted by points, at most {} bytes",
    EventType::BYTES_MAX
)]
pub struct NoEventType;

impl EventType {
    pub const BYTES_MAX: usize = 64;
    const PATTERN: &'static str = "^[a-z0-9_]+(\\.[a-z0-9_]+)*$";

    /// One of ours.
    pub(crate) fn own(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventType {
    type Error = NoEventType;

    fn try_from(text: String) -> Result<Self, NoEventType> {
        let is_letter =
            |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
        let is_one = text.len() <= Self::BYTES_MAX && text.split('.').all(is_word);
        is_one.then_some(Self(text)).ok_or(NoEventType)
    }
}

impl From<EventType> for String {
    fn from(event_type: EventType) -> Self {
        event_type.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
