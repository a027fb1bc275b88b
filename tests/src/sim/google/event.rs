//! One event as stored, and as answered.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::state::{Calendar, etag};
use super::times::{EventTime, millis};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) ical_uid: String,
    pub(super) status: Status,
    /// `eventType`; immutable.
    pub(super) kind: String,
    pub(super) start: EventTime,
    pub(super) end: EventTime,
    pub(super) recurrence: Vec<String>,
    /// Set on an exception of a series.
    pub(super) occurrence: Option<Occurrence>,
    pub(super) sequence: i64,
    /// The address of an organizer who is not this calendar; only an imported event has one.
    pub(super) foreign_organizer: Option<String>,
    /// Every other writable field, checked, without fields at their defaults.
    pub(super) content: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Occurrence {
    pub(super) series: String,
    pub(super) original_start: EventTime,
    /// The series was deleted or changed so that this occurrence no longer exists. It is remembered for readers of
    /// changes only.
    pub(super) dropped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Confirmed,
    Tentative,
    Cancelled,
}

/// How an answer wants events shown.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) zone: TimeZone,
    pub(super) attendees_max: Option<usize>,
    /// Whether a deleted event still shows what it was.
    pub(super) details_of_deleted: bool,
    pub(super) public_base: url::Url,
}

impl Event {
    pub(super) fn is_cancelled(&self) -> bool {
        self.status == Status::Cancelled
    }

    pub(super) fn is_series(&self) -> bool {
        !self.recurrence.is_empty()
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.occurrence.as_ref().is_some_and(|occ| occ.dropped)
    }

    /// A deleted occurrence of a series that lives on.
    pub(super) fn is_cancelled_exception(&self) -> bool {
        self.is_cancelled() && self.occurrence.as_ref().is_some_and(|occ| !occ.dropped)
    }

    pub(super) fn etag(&self) -> String {
        etag(self.revision)
    }

    /// Everything that a client may write, as it stands: what a patch is merged into.
    pub(super) fn writable(&self) -> Map<String, Value> {
        let mut fields = self.content.clone();
        fields.insert("start".to_owned(), self.start.to_own_json());
        fields.insert("end".to_owned(), self.end.to_own_json());
        fields.insert("status".to_owned(), json!(self.status));
        fields.insert("eventType".to_owned(), json!(self.kind));
        if self.is_series() {
            fields.insert("recurrence".to_owned(), json!(self.recurrence));
        }
        fields
    }

    /// The `Event` resource.
    pub(super) fn show(&self, calendar: &Calendar, view: &View) -> Value {
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| {
            shown.insert(name.to_owned(), value);
        };
        put("kind", json!("calendar#event"));
        put("etag", json!(self.etag()));
        put("id", json!(self.id));
        put("status", json!(self.status));
        if let Some(occurrence) = &self.occurrence {
            put("recurringEventId", json!(occurrence.series));
            put(
                "originalStartTime",
                occurrence.original_start.to_json(&view.zone),
            );
        }
        if self.is_cancelled() && (!view.details_of_deleted || self.occurrence.is_some()) {
            return Value::Object(shown);
        }
        put("htmlLink", json!(self.html_link(calendar, view)));
        put("created", json!(millis(self.created)));
        put("updated", json!(millis(self.updated)));
        put("creator", person(&calendar.owner, calendar));
        let organizer = self.foreign_organizer.as_deref().unwrap_or(&calendar.id);
        put("organizer", person(organizer, calendar));
        put("start", self.start.to_json(&view.zone));
        put("end", self.end.to_json(&view.zone));
        if self.is_series() {
            put("recurrence", json!(self.recurrence));
        }
        put("iCalUID", json!(self.ical_uid));
        put("sequence", json!(self.sequence));
        put("eventType", json!(self.kind));
        put("reminders", json!({ "useDefault": true }));
        for (name, value) in &self.content {
            shown.insert(name.clone(), value.clone());
        }
        show_attendees(&mut shown, organizer, calendar, view);
        Value::Object(shown)
    }

    fn html_link(&self, calendar: &Calendar, view: &View) -> String {
        let named = format!("{} {}", self.id, calendar.id);
        let eid = crate::sim::opaque::base64url(named.as_bytes());
        let mut link = view.public_base.clone();
        link.set_path("/calendar/event");
        link.set_query(Some(&format!("eid={eid}")));
        link.to_string()
    }
}

fn person(email: &str, calendar: &Calendar) -> Value {
    let mut person = json!({ "email": email });
    if email == calendar.id {
        person["self"] = json!(true);
        if !calendar.is_primary() {
            person["displayName"] = json!(calendar.summary);
        }
    }
    person
}

fn show_attendees(
    shown: &mut Map<String, Value>,
    organizer: &str,
    calendar: &Calendar,
    view: &View,
) {
    let Some(Value::Array(guests)) = shown.get_mut("attendees") else {
        return;
    };
    for guest in guests.iter_mut() {
        let email = guest["email"].as_str().unwrap_or_default().to_owned();
        if email.eq_ignore_ascii_case(organizer) {
            guest["organizer"] = json!(true);
        }
        if email.eq_ignore_ascii_case(&calendar.id) {
            guest["self"] = json!(true);
        }
    }
    if let Some(most) = view.attendees_max
        && guests.len() > most
    {
        guests.retain(|guest| guest["self"] == json!(true));
        shown.insert("attendeesOmitted".to_owned(), json!(true));
    }
}
