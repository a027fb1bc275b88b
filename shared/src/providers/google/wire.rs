//! Google's JSON, as far as we read and write it. Nothing here leaves this module's parent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CalendarList {
    #[serde(default)]
    pub(super) items: Vec<CalendarListEntry>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CalendarListEntry {
    pub(super) id: String,
    pub(super) summary: Option<String>,
    pub(super) summary_override: Option<String>,
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) access_role: String,
    #[serde(default)]
    pub(super) primary: bool,
    #[serde(default)]
    pub(super) deleted: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Events {
    #[serde(default)]
    pub(super) items: Vec<Value>,
    pub(super) next_page_token: Option<String>,
    pub(super) next_sync_token: Option<String>,
}

/// Every field is optional: a deleted event guarantees its id and nothing else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are Google's")]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) status: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
    #[serde(default)]
    pub(super) recurrence: Vec<String>,
    pub(super) recurring_event_id: Option<String>,
    pub(super) original_start_time: Option<Moment>,
    pub(super) updated: Option<String>,
    pub(super) visibility: Option<String>,
    pub(super) event_type: Option<String>,
    #[serde(rename = "iCalUID")]
    pub(super) i_cal_uid: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moment {
    pub(super) date: Option<String>,
    pub(super) date_time: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// What we write; `None` leaves a field alone.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<MomentBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<MomentBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recurrence: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) visibility: Option<&'a str>,
}

/// The half that is not used is written as null, so that a change from timed to all-day leaves no mixture behind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MomentBody {
    pub(super) date: Option<String>,
    pub(super) date_time: Option<String>,
    pub(super) time_zone: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChannelBody<'a> {
    pub(super) id: String,
    pub(super) r#type: &'static str,
    pub(super) address: &'a str,
    pub(super) token: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    pub(super) resource_id: String,
    /// Milliseconds, as text by the schema and as a number in the guide.
    pub(super) expiration: Option<TextOrNumber>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TextOrNumber {
    Text(String),
    Number(i64),
}

impl TextOrNumber {
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopBody<'a> {
    pub(super) id: String,
    pub(super) resource_id: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Userinfo {
    pub(super) sub: String,
    #[serde(default)]
    pub(super) email: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub(super) error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorDetail {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) errors: Vec<ErrorReason>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorReason {
    #[serde(default)]
    pub(super) reason: String,
}
