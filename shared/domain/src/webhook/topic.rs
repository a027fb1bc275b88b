//! What webhooks can be told of, and how it follows from what the bus is told.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A kind of event that customers are told of. Written by its name, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Topic {
    EntryCreated,
    EntryUpdated,
    EntryDeleted,
    SyncCompleted,
    SyncFailed,
    ConflictDetected,
    ChangesHeld,
    NeedsReauth,
    Disconnected,
    /// Sent on request, to see whether it arrives; nobody subscribes to it.
    Ping,
}

struct Row {
    name: &'static str,
    words: &'static str,
    /// What of the bus's detail is said. The rest is ours, or says what persons may not want told.
    says: &'static [&'static str],
}

/// Everything that the bus is told, and what of it webhooks can be.
pub const TOLD: [(&str, Option<Topic>); 14] = [
    ("SCHEDULE_ENTRY_CREATED", Some(Topic::EntryCreated)),
    ("SCHEDULE_ENTRY_UPDATED", Some(Topic::EntryUpdated)),
    ("SCHEDULE_ENTRY_DELETED", Some(Topic::EntryDeleted)),
    ("CALENDAR_SYNC_STARTED", None),
    ("CALENDAR_SYNC_COMPLETED", Some(Topic::SyncCompleted)),
    ("CALENDAR_SYNC_FAILED", Some(Topic::SyncFailed)),
    ("CALENDAR_CONFLICT_DETECTED", Some(Topic::ConflictDetected)),
    ("CALENDAR_CHANGES_HELD", Some(Topic::ChangesHeld)),
    ("CALENDAR_CONNECTION_NEEDS_REAUTH", Some(Topic::NeedsReauth)),
    ("CALENDAR_SUBSCRIPTIONS_FAILING", None),
    ("CALENDAR_DISCONNECTED", Some(Topic::Disconnected)),
    ("CALENDAR_DISCONNECTION_COMPLETED", None),
    ("ORGANIZATION_ERASURE_STARTED", None),
    ("ORGANIZATION_ERASED", None),
];

impl Topic {
    /// What can be subscribed to.
    pub const OFFERED: [Self; 9] = [
        Self::EntryCreated,
        Self::EntryUpdated,
        Self::EntryDeleted,
        Self::SyncCompleted,
        Self::SyncFailed,
        Self::ConflictDetected,
        Self::ChangesHeld,
        Self::NeedsReauth,
        Self::Disconnected,
    ];

    const fn row(self) -> Row {
        let (name, words, says): (_, _, &[&str]) = match self {
            Self::EntryCreated => (
                "schedule.entry.created",
                "An entry was created",
                &["entry", "version"],
            ),
            Self::EntryUpdated => (
                "schedule.entry.updated",
                "An entry was changed",
                &["entry", "version"],
            ),
            Self::EntryDeleted => (
                "schedule.entry.deleted",
                "An entry was deleted",
                &["entry", "version"],
            ),
            Self::SyncCompleted => (
                "sync.completed",
                "A sync came to its end",
                &["connection", "run", "trigger", "counts"],
            ),
            Self::SyncFailed => (
                "sync.failed",
                "A sync failed",
                &["connection", "run", "trigger", "counts"],
            ),
            Self::ConflictDetected => (
                "conflict.detected",
                "Both sides changed the same",
                &["conflict", "entry", "connection", "parts"],
            ),
            Self::ChangesHeld => (
                "changes.held",
                "Unusually many changes wait for a word",
                &["hold", "connection", "calendar", "brake", "count"],
            ),
            Self::NeedsReauth => (
                "connection.needs_reauth",
                "A connection waits to be authorised again",
                &["connection", "member", "provider", "reason"],
            ),
            Self::Disconnected => (
                "connection.disconnected",
                "A calendar account was disconnected",
                &["connection", "member", "provider"],
            ),
            Self::Ping => ("ping", "A test", &["webhook"]),
        };
        Row { name, words, says }
    }

    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        self.row().words
    }

    /// What of an event's data is said.
    pub const fn says(self) -> &'static [&'static str] {
        self.row().says
    }

    /// What webhooks are told where the bus is told this.
    pub fn of_told(name: &str) -> Option<Self> {
        let (_, topic) = TOLD.into_iter().find(|(told, _)| *told == name)?;
        topic
    }

    /// The text that is sent, of what the bus is told in `detail`.
    pub fn payload(self, at: Timestamp, detail: &Value) -> String {
        let said = self.says().iter().filter_map(|name| {
            let value = detail.get(name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        let data: Map<String, Value> = said.collect();
        json!({ "type": self, "timestamp": at, "data": data }).to_string()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no event {0:?}")]
pub struct NoTopic(pub String);

impl FromStr for Topic {
    type Err = NoTopic;

    fn from_str(name: &str) -> Result<Self, NoTopic> {
        let mut all = Self::OFFERED.into_iter().chain([Self::Ping]);
        all.find(|topic| topic.name() == name)
            .ok_or_else(|| NoTopic(name.into()))
    }
}

impl TryFrom<String> for Topic {
    type Error = NoTopic;

    fn try_from(name: String) -> Result<Self, NoTopic> {
        name.parse()
    }
}

impl From<Topic> for &'static str {
    fn from(topic: Topic) -> Self {
        topic.name()
    }
}

impl JsonSchema for Topic {
    fn schema_name() -> Cow<'static, str> {
        "WebhookTopic".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut names: Vec<&str> = Self::OFFERED.map(Self::name).to_vec();
        names.push(Self::Ping.name());
        json_schema!({ "type": "string", "enum": names })
    }
}
