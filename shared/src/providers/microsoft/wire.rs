//! Graph's JSON, as far as we read and write it. Nothing here leaves this module's parent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pattern::PatternedRecurrence;

/// One page of any list. Items are read one by one: one that cannot be read says nothing of the others.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    #[serde(default)]
    pub(super) value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub(super) delta_link: Option<String>,
}

/// Every field is optional: a list of changes shows occurrences with hardly any.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "@odata.etag")]
    pub(super) etag: Option<String>,
    #[serde(rename = "@removed")]
    pub(super) removed: Option<Value>,
    pub(super) r#type: Option<String>,
    pub(super) series_master_id: Option<String>,
    pub(super) i_cal_u_id: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) body: Option<Body>,
    pub(super) location: Option<Location>,
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
    pub(super) original_start: Option<String>,
    pub(super) original_start_time_zone: Option<String>,
    pub(super) original_end_time_zone: Option<String>,
    #[serde(default)]
    pub(super) is_all_day: Option<bool>,
    pub(super) is_cancelled: Option<bool>,
    pub(super) sensitivity: Option<String>,
    pub(super) recurrence: Option<PatternedRecurrence>,
    pub(super) last_modified_date_time: Option<String>,
    pub(super) is_online_meeting: Option<bool>,
    pub(super) online_meeting: Option<OnlineMeeting>,
    pub(super) exception_occurrences: Option<Vec<Value>>,
    pub(super) cancelled_occurrences: Option<Vec<String>>,
}

/// What a read of one event asks for: the cancelled occurrences come only when they are named, and then all must be.
pub(super) const SELECT: &str = "id,type,seriesMasterId,iCalUId,subject,body,location,start,end,originalStart,\
    originalStartTimeZone,originalEndTimeZone,isAllDay,isCancelled,sensitivity,recurrence,lastModifiedDateTime,\
    isOnlineMeeting,onlineMeeting,cancelledOccurrences";

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(default)]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) content: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    #[serde(default)]
    pub(super) display_name: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moment {
    pub(super) date_time: String,
    #[serde(default)]
    pub(super) time_zone: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OnlineMeeting {
    pub(super) join_url: Option<String>,
}

/// What we write; `None` leaves a field alone.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_all_day: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recurrence: Option<Repeats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sensitivity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) single_value_extended_properties: Vec<ExtendedProperty<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Repeats {
    By(Box<PatternedRecurrence>),
    /// Written as null, which makes a single event of a series.
    Never,
}

#[derive(Debug, Serialize)]
pub(super) struct ExtendedProperty<'a> {
    pub(super) id: &'static str,
    pub(super) value: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are Microsoft's")]
pub(super) struct User {
    pub(super) id: String,
    pub(super) mail: Option<String>,
    #[serde(default)]
    pub(super) user_principal_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MailboxSettings {
    pub(super) time_zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are Microsoft's")]
pub(super) struct Calendar {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) can_edit: bool,
    #[serde(default)]
    pub(super) is_default_calendar: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionBody<'a> {
    pub(super) change_type: &'static str,
    pub(super) notification_url: &'a str,
    pub(super) lifecycle_notification_url: &'a str,
    pub(super) resource: &'static str,
    pub(super) expiration_date_time: String,
    pub(super) client_state: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenewalBody {
    pub(super) expiration_date_time: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    pub(super) id: String,
    #[serde(default)]
    pub(super) resource: String,
    #[serde(default)]
    pub(super) notification_url: Option<String>,
    pub(super) expiration_date_time: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub(super) error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorDetail {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}
