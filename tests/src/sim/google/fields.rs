//! Which fields a request body may carry, as the service's description lists them (Calendar v3, revision 20261030).

use serde_json::{Map, Value};

use super::wire::ApiError;

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Flag,
    Int,
    /// An int64, which JSON carries as text; Google's own guide prints a number, so both are taken.
    Int64,
    Anything,
    TextMap,
    Object(Fields),
    List(&'static Kind),
}

pub(super) type Fields = &'static [(&'static str, Kind)];

use Kind::{Anything, Flag, Int, Int64, List, Object, Text, TextMap};

const TIME: Fields = &[("date", Text), ("dateTime", Text), ("timeZone", Text)];

const PERSON: Fields = &[
    ("displayName", Text),
    ("email", Text),
    ("id", Text),
    ("self", Flag),
];

const ATTENDEE: Fields = &[
    ("additionalGuests", Int),
    ("comment", Text),
    ("displayName", Text),
    ("email", Text),
    ("id", Text),
    ("optional", Flag),
    ("organizer", Flag),
    ("resource", Flag),
    ("responseStatus", Text),
    ("self", Flag),
];

const ATTACHMENT: Fields = &[
    ("fileId", Text),
    ("fileUrl", Text),
    ("iconLink", Text),
    ("mimeType", Text),
    ("title", Text),
];

const OFFICE: Fields = &[
    ("buildingId", Text),
    ("deskId", Text),
    ("floorId", Text),
    ("floorSectionId", Text),
    ("label", Text),
];

const GADGET: Fields = &[
    ("display", Text),
    ("height", Int),
    ("iconLink", Text),
    ("link", Text),
    ("preferences", TextMap),
    ("title", Text),
    ("type", Text),
    ("width", Int),
];

pub(super) const EVENT: Fields = &[
    ("anyoneCanAddSelf", Flag),
    ("attachments", List(&Object(ATTACHMENT))),
    ("attendees", List(&Object(ATTENDEE))),
    ("attendeesOmitted", Flag),
    (
        "birthdayProperties",
        Object(&[("contact", Text), ("customTypeName", Text), ("type", Text)]),
    ),
    ("colorId", Text),
    ("conferenceData", Anything),
    ("created", Text),
    ("creator", Object(PERSON)),
    ("description", Text),
    ("end", Object(TIME)),
    ("endTimeUnspecified", Flag),
    ("etag", Text),
    ("eventLabelId", Text),
    ("eventType", Text),
    (
        "extendedProperties",
        Object(&[("private", TextMap), ("shared", TextMap)]),
    ),
    (
        "focusTimeProperties",
        Object(&[
            ("autoDeclineMode", Text),
            ("chatStatus", Text),
            ("declineMessage", Text),
        ]),
    ),
    ("gadget", Object(GADGET)),
    ("guestsCanInviteOthers", Flag),
    ("guestsCanModify", Flag),
    ("guestsCanSeeOtherGuests", Flag),
    ("hangoutLink", Text),
    ("htmlLink", Text),
    ("iCalUID", Text),
    ("id", Text),
    ("kind", Text),
    ("location", Text),
    ("locked", Flag),
    ("organizer", Object(PERSON)),
    ("originalStartTime", Object(TIME)),
    (
        "outOfOfficeProperties",
        Object(&[("autoDeclineMode", Text), ("declineMessage", Text)]),
    ),
    ("privateCopy", Flag),
    ("recurrence", List(&Text)),
    ("recurringEventId", Text),
    (
        "reminders",
        Object(&[
            (
                "overrides",
                List(&Object(&[("method", Text), ("minutes", Int)])),
            ),
            ("useDefault", Flag),
        ]),
    ),
    ("sequence", Int),
    ("source", Object(&[("title", Text), ("url", Text)])),
    ("start", Object(TIME)),
    ("status", Text),
    ("summary", Text),
    ("transparency", Text),
    ("updated", Text),
    ("visibility", Text),
    (
        "workingLocationProperties",
        Object(&[
            ("customLocation", Object(&[("label", Text)])),
            ("homeOffice", Anything),
            ("officeLocation", Object(OFFICE)),
            ("type", Text),
        ]),
    ),
];

/// Fields that only Google writes. Clients send them back when they save what they read; they are ignored.
pub(super) const EVENT_READ_ONLY: &[&str] = &[
    "attendeesOmitted",
    "created",
    "creator",
    "endTimeUnspecified",
    "etag",
    "hangoutLink",
    "htmlLink",
    "kind",
    "locked",
    "originalStartTime",
    "recurringEventId",
    "updated",
];

pub(super) const CHANNEL: Fields = &[
    ("address", Text),
    ("expiration", Int64),
    ("id", Text),
    ("kind", Text),
    ("params", TextMap),
    ("payload", Flag),
    ("resourceId", Text),
    ("resourceUri", Text),
    ("token", Text),
    ("type", Text),
];

/// Reads a body that may hold only the given fields, each of its type; `null` is taken anywhere.
pub(super) fn read_body(bytes: &[u8], fields: Fields) -> Result<Map<String, Value>, ApiError> {
    let parsed: Value = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(400, "parseError", format!("Parse Error: {error}")))?;
    let Value::Object(body) = parsed else {
        return Err(ApiError::new(
            400,
            "parseError",
            "This API needs a JSON object.",
        ));
    };
    check_fields(&body, fields, "")?;
    Ok(body)
}

fn check_fields(body: &Map<String, Value>, fields: Fields, within: &str) -> Result<(), ApiError> {
    for (name, value) in body {
        let path = format!("{within}{name}");
        let Some((_, kind)) = fields.iter().find(|(known, _)| known == name) else {
            return Err(ApiError::refused(format!("Unknown field \"{path}\".")));
        };
        check(value, *kind, &path)?;
    }
    Ok(())
}

fn check(value: &Value, kind: Kind, path: &str) -> Result<(), ApiError> {
    let fits = match (kind, value) {
        (_, Value::Null) | (Anything, _) | (Text, Value::String(_)) | (Flag, Value::Bool(_)) => {
            true
        }
        (Int, Value::Number(number)) => number
            .as_i64()
            .is_some_and(|int| i32::try_from(int).is_ok()),
        (Int64, Value::Number(number)) => number.is_i64(),
        (Int64, Value::String(text)) => text.parse::<i64>().is_ok(),
        (TextMap, Value::Object(map)) => map.values().all(|v| v.is_string() || v.is_null()),
        (Object(fields), Value::Object(map)) => {
            return check_fields(map, fields, &format!("{path}."));
        }
        (List(kind), Value::Array(items)) => {
            return items.iter().try_for_each(|item| check(item, *kind, path));
        }
        (Text | Flag | Int | Int64 | TextMap | Object(_) | List(_), _) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(ApiError::invalid(format!("Invalid value for: {path}")))
    }
}
