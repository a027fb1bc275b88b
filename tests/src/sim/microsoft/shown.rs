//! An event as Graph answers it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use super::bodies;
use super::event::{Item, Kind};
use super::ids::{self, IdType};
use super::state::{Account, Calendar};
use super::times::{ShownZone, stamp};
use super::zones::CUSTOM;

/// How a caller wants events shown.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) ids: IdType,
    pub(super) zone: ShownZone,
    pub(super) text_body: bool,
    pub(super) public_base: Url,
}

const NEVER: &str = "0001-01-01T00:00:00Z";

impl Item<'_> {
    pub(super) fn id(&self, kind: IdType) -> String {
        let date = self.original.as_ref().map(|(date, _)| *date);
        ids::event_id(self.event, date, kind)
    }

    pub(super) fn etag(&self) -> String {
        ids::etag(self.revision)
    }

    /// Where people and programs join the meeting, if it is one.
    pub(super) fn join_url(&self) -> String {
        join_url(&self.event.key)
    }

    /// The `event` resource.
    pub(super) fn show(&self, calendar: &Calendar, account: &Account, view: &View) -> Value {
        let mut shown = Map::new();
        let date = self.original.as_ref().map(|(date, _)| *date);
        let organizer = self.event.organizer.as_deref().unwrap_or(&account.email);
        let mut put = |name: &str, value: Value| {
            shown.insert(name.to_owned(), value);
        };
        put("@odata.etag", json!(self.etag()));
        put("id", json!(self.id(view.ids)));
        put("createdDateTime", json!(stamp(self.event.created)));
        put("lastModifiedDateTime", json!(stamp(self.modified)));
        put("changeKey", json!(ids::change_key(self.revision)));
        if let Some(transaction) = &self.event.transaction_id {
            put("transactionId", json!(transaction));
        }
        put("originalStartTimeZone", self.zone_name(true));
        put("originalEndTimeZone", self.zone_name(false));
        put("iCalUId", json!(ids::ical_uid(self.event, date)));
        put("hasAttachments", json!(false));
        put("isAllDay", json!(self.time.all_day));
        put("isCancelled", json!(self.event.is_cancelled));
        put("isOrganizer", json!(self.event.organizer.is_none()));
        put("isDraft", json!(false));
        put("type", json!(self.kind.as_str()));
        put("webLink", json!(self.web_link(calendar, view)));
        put("onlineMeetingUrl", Value::Null);
        put("seriesMasterId", Value::Null);
        if let Some((_, original)) = &self.original {
            let master = ids::event_id(self.event, None, view.ids);
            put("seriesMasterId", json!(master));
            put(
                "originalStart",
                json!(whole(original.compared(self.time.all_day))),
            );
        }
        put("organizer", json!({ "emailAddress": address(organizer) }));
        put("responseStatus", self.response());
        put("start", self.time.start.show(&view.zone, self.time.all_day));
        put("end", self.time.end.show(&view.zone, self.time.all_day));
        put("recurrence", self.recurrence());
        put(
            "bodyPreview",
            json!(bodies::preview(self.content.get("body"))),
        );
        put(
            "body",
            bodies::shown(self.content.get("body"), view.text_body),
        );
        put("onlineMeeting", self.online_meeting());
        for (name, default) in defaults() {
            put(name, self.content.get(name).cloned().unwrap_or(default));
        }
        show_locations(&mut shown);
        Value::Object(shown)
    }

    /// What a delta says of an occurrence that is as its series. The documents promise more; the service does not.
    pub(super) fn show_bare(&self, view: &View) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.event",
            "@odata.etag": self.etag(),
            "id": self.id(view.ids),
            "seriesMasterId": ids::event_id(self.event, None, view.ids),
            "type": self.kind.as_str(),
            "start": self.time.start.show(&view.zone, self.time.all_day),
            "end": self.time.end.show(&view.zone, self.time.all_day),
        })
    }

    fn zone_name(&self, of_start: bool) -> Value {
        let time = if of_start {
            &self.time.start
        } else {
            &self.time.end
        };
        if self.event.custom_zone {
            json!(CUSTOM)
        } else {
            json!(time.zone)
        }
    }

    fn response(&self) -> Value {
        let response = match self.event.organizer {
            Some(_) => "notResponded",
            None => "organizer",
        };
        json!({ "response": response, "time": NEVER })
    }

    fn recurrence(&self) -> Value {
        match (self.kind, &self.event.series) {
            (Kind::SeriesMaster, Some(series)) => series.recurrence.show(),
            _ => Value::Null,
        }
    }

    fn online_meeting(&self) -> Value {
        if self.content.get("isOnlineMeeting") == Some(&json!(true)) {
            json!({ "joinUrl": self.join_url() })
        } else {
            Value::Null
        }
    }

    fn web_link(&self, calendar: &Calendar, view: &View) -> String {
        let mut link = view.public_base.clone();
        link.set_path("/owa/");
        link.query_pairs_mut()
            .append_pair("itemid", &self.id(IdType::Mutable))
            .append_pair("calendar", &calendar.id)
            .append_pair("path", "/calendar/item");
        link.to_string()
    }
}

pub(super) fn join_url(key: &str) -> String {
    format!("https://teams.microsoft.test/l/meetup-join/{key}")
}

pub(super) fn address(email: &str) -> Value {
    let name = email.split('@').next().unwrap_or_default();
    json!({ "name": name, "address": email })
}

/// Whole seconds, in UTC.
pub(super) fn whole(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What stands where nobody has said otherwise.
fn defaults() -> [(&'static str, Value); 15] {
    [
        ("allowNewTimeProposals", json!(true)),
        ("attendees", json!([])),
        ("categories", json!([])),
        ("hideAttendees", json!(false)),
        ("importance", json!("normal")),
        ("isOnlineMeeting", json!(false)),
        ("isReminderOn", json!(true)),
        ("onlineMeetingProvider", json!("unknown")),
        ("reminderMinutesBeforeStart", json!(15)),
        ("responseRequested", json!(true)),
        ("sensitivity", json!("normal")),
        ("showAs", json!("busy")),
        ("subject", json!("")),
        ("location", Value::Null),
        ("locations", Value::Null),
    ]
}

/// `location` is the first of `locations`, and there even where there is none.
fn show_locations(shown: &mut Map<String, Value>) {
    let mut all: Vec<Value> = shown
        .get("locations")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for location in &mut all {
        let name = location["displayName"].clone();
        let Some(location) = location.as_object_mut() else {
            continue;
        };
        location.entry("locationType").or_insert(json!("default"));
        location.entry("uniqueId").or_insert(name);
        location.entry("uniqueIdType").or_insert(json!("private"));
    }
    let none = json!({
        "displayName": "",
        "locationType": "default",
        "uniqueIdType": "unknown",
        "address": {},
        "coordinates": {},
    });
    let first = all.first().cloned().unwrap_or(none);
    shown.insert("location".to_owned(), first);
    shown.insert("locations".to_owned(), Value::Array(all));
}
