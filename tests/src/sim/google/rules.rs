//! What makes an event valid: pure checks from a request body to a draft.

use serde_json::{Map, Value, json};

use super::event::{Event, Status};
use super::fields::EVENT_READ_ONLY;
use super::recurrence::Recurrence;
use super::state::Calendar;
use super::times::EventTime;
use super::wire::ApiError;

/// The checked content of an event, before it has an identity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) status: Status,
    pub(super) event_type: String,
    pub(super) start: EventTime,
    pub(super) end: EventTime,
    pub(super) recurrence: Vec<String>,
    pub(super) content: Map<String, Value>,
}

/// Fields that have a place of their own in an event.
const TYPED: &[&str] = &[
    "end",
    "eventType",
    "iCalUID",
    "id",
    "organizer",
    "recurrence",
    "sequence",
    "start",
    "status",
];

const STATUSES: &[&str] = &["confirmed", "tentative", "cancelled"];
const EVENT_TYPES: &[&str] = &[
    "birthday",
    "default",
    "focusTime",
    "fromGmail",
    "outOfOffice",
    "workingLocation",
];

/// Limits that the documents do not settle; these are the commonly seen ones.
const PROPERTY_KEY_CHARS_MAX: usize = 44;
const PROPERTY_VALUE_CHARS_MAX: usize = 1024;
const PROPERTIES_MAX: usize = 300;
const PROPERTIES_BYTES_MAX: usize = 32 * 1024;
const REMINDERS_MAX: usize = 5;
const REMINDER_MINUTES_MAX: i64 = 40_320;

/// Checks a whole event body, that of `before` included where there is one.
pub(super) fn draft(
    body: &Map<String, Value>,
    calendar: &Calendar,
    before: Option<&Event>,
) -> Result<Draft, ApiError> {
    let start = EventTime::parse(body.get("start"), "start", &calendar.zone)?;
    let end = EventTime::parse(body.get("end"), "end", &calendar.zone)?;
    check_range(&start, &end)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let event_type = text("eventType").unwrap_or("default").to_owned();
    one_of("eventType", &event_type, EVENT_TYPES)?;
    let status = match one_of("status", text("status").unwrap_or("confirmed"), STATUSES)? {
        "tentative" => Status::Tentative,
        "cancelled" => Status::Cancelled,
        _ => Status::Confirmed,
    };
    let recurrence = read_recurrence(body, &start, before)?;
    let draft = Draft {
        status,
        event_type,
        start,
        end,
        recurrence,
        content: read_content(body)?,
    };
    check_event_type(&draft, calendar, before)?;
    Ok(draft)
}

/// JSON merge patch: `null` removes, objects merge, everything else replaces.
pub(super) fn merge(into: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (into.get_mut(name), value) {
            (_, Value::Null) => {
                into.remove(name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, Value::Object(new)) => {
                let mut fresh = Map::new();
                merge(&mut fresh, new);
                into.insert(name.clone(), Value::Object(fresh));
            }
            (_, value) => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

/// A client may choose an id over `a-v0-9`, 5 to 1024 characters long.
pub(super) fn is_valid_id(id: &str) -> bool {
    (5..=1024).contains(&id.len()) && id.bytes().all(|b| matches!(b, b'a'..=b'v' | b'0'..=b'9'))
}

fn check_range(start: &EventTime, end: &EventTime) -> Result<(), ApiError> {
    let empty = match (start, end) {
        (EventTime::Day(start), EventTime::Day(end)) => end <= start,
        (EventTime::Moment { at: start, .. }, EventTime::Moment { at: end, .. }) => end < start,
        _ => {
            return Err(ApiError::invalid(
                "Start and end times must either both be date or both be dateTime.",
            ));
        }
    };
    if empty {
        return Err(
            ApiError::new(400, "timeRangeEmpty", "The specified time range is empty.")
                .of_calendar(),
        );
    }
    Ok(())
}

fn read_recurrence(
    body: &Map<String, Value>,
    start: &EventTime,
    before: Option<&Event>,
) -> Result<Vec<String>, ApiError> {
    let lines: Vec<String> = body
        .get("recurrence")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect();
    if lines.is_empty() {
        return Ok(lines);
    }
    if before.is_some_and(|event| event.occurrence.is_some()) {
        return Err(ApiError::invalid(
            "Recurrence cannot be set on an instance of a recurring event.",
        ));
    }
    let zone_given = |which: &str| {
        body.get(which)
            .is_some_and(|time| time["timeZone"].is_string())
    };
    let zoned = zone_given("start") && zone_given("end");
    if !start.is_day() && !zoned {
        return Err(ApiError::required(
            "Missing time zone definition for start time.",
        ));
    }
    Recurrence::parse(&lines, start).map_err(ApiError::invalid)?;
    Ok(lines)
}

/// The fields without a place of their own, those at their default left out as in Google's answers.
fn read_content(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let mut content: Map<String, Value> = body
        .iter()
        .filter(|(name, value)| {
            !value.is_null()
                && !TYPED.contains(&name.as_str())
                && !EVENT_READ_ONLY.contains(&name.as_str())
                && !is_default(name, value)
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let text = |name: &str| content.get(name).and_then(Value::as_str);
    if let Some(transparency) = text("transparency") {
        one_of("transparency", transparency, &["opaque", "transparent"])?;
    }
    if let Some(visibility) = text("visibility") {
        let known = ["default", "public", "private", "confidential"];
        one_of("visibility", visibility, &known)?;
    }
    read_attendees(&mut content)?;
    read_reminders(&mut content)?;
    read_properties(&mut content)?;
    Ok(content)
}

fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "transparency" => value == "opaque",
        "visibility" => value == "default",
        "summary" | "description" | "location" | "colorId" | "eventLabelId" => value == "",
        "guestsCanInviteOthers" | "guestsCanSeeOtherGuests" => value == &json!(true),
        "guestsCanModify" | "anyoneCanAddSelf" | "privateCopy" => value == &json!(false),
        "attendees" | "attachments" => value == &json!([]),
        "reminders" => value == &json!({ "useDefault": true }) || value == &json!({}),
        _ => false,
    }
}

fn read_attendees(content: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(Value::Array(guests)) = content.get_mut("attendees") else {
        return Ok(());
    };
    for guest in guests {
        let Some(guest) = guest.as_object_mut() else {
            return Err(ApiError::invalid("Invalid value for: attendees"));
        };
        // Who the guest is in relation to this calendar is Google's to say.
        guest.retain(|name, value| !value.is_null() && name != "self" && name != "organizer");
        match guest.get("email").and_then(Value::as_str) {
            Some(email) if email.contains('@') => {}
            Some(_) => return Err(ApiError::invalid("Invalid attendee email.")),
            None => return Err(ApiError::required("Missing attendee email.")),
        }
        let answers = ["needsAction", "declined", "tentative", "accepted"];
        match guest.get("responseStatus").and_then(Value::as_str) {
            None => {
                guest.insert("responseStatus".to_owned(), json!("needsAction"));
            }
            Some(answer) => {
                one_of("attendees.responseStatus", answer, &answers)?;
            }
        }
    }
    Ok(())
}

fn read_reminders(content: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(Value::Object(reminders)) = content.get_mut("reminders") else {
        return Ok(());
    };
    let use_default = reminders.get("useDefault") == Some(&json!(true));
    reminders.insert("useDefault".to_owned(), json!(use_default));
    let Some(Value::Array(overrides)) = reminders.get("overrides") else {
        return Ok(());
    };
    if use_default && !overrides.is_empty() {
        return Err(ApiError::new(
            400,
            "cannotUseDefaultRemindersAndSpecifyOverride",
            "Cannot specify both default reminders and overrides at the same time.",
        )
        .of_calendar());
    }
    if overrides.len() > REMINDERS_MAX {
        return Err(ApiError::invalid("Too many reminder overrides."));
    }
    for reminder in overrides {
        let method = reminder["method"].as_str().unwrap_or_default();
        one_of("reminders.overrides.method", method, &["email", "popup"])?;
        let minutes = reminder["minutes"].as_i64().unwrap_or(-1);
        if !(0..=REMINDER_MINUTES_MAX).contains(&minutes) {
            return Err(ApiError::invalid(
                "Invalid value for: reminders.overrides.minutes",
            ));
        }
    }
    Ok(())
}

fn read_properties(content: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(Value::Object(properties)) = content.get_mut("extendedProperties") else {
        return Ok(());
    };
    for scope in ["private", "shared"] {
        let Some(Value::Object(map)) = properties.get_mut(scope) else {
            continue;
        };
        map.retain(|_, value| !value.is_null());
        let bytes: usize = map
            .iter()
            .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
            .sum();
        let too_long = map.iter().any(|(key, value)| {
            key.chars().count() > PROPERTY_KEY_CHARS_MAX
                || value
                    .as_str()
                    .is_some_and(|text| text.chars().count() > PROPERTY_VALUE_CHARS_MAX)
        });
        if too_long || map.len() > PROPERTIES_MAX || bytes > PROPERTIES_BYTES_MAX {
            return Err(ApiError::invalid(format!(
                "extendedProperties.{scope} exceeds its limits: keys of {PROPERTY_KEY_CHARS_MAX} and values of {PROPERTY_VALUE_CHARS_MAX} characters, {PROPERTIES_MAX} properties, {PROPERTIES_BYTES_MAX} bytes."
            )));
        }
        if map.is_empty() {
            properties.remove(scope);
        }
    }
    if properties.is_empty() {
        content.remove("extendedProperties");
    }
    Ok(())
}

fn check_event_type(
    draft: &Draft,
    calendar: &Calendar,
    before: Option<&Event>,
) -> Result<(), ApiError> {
    let kind = draft.event_type.as_str();
    if before.is_some_and(|event| event.kind != kind) {
        return Err(type_rule("The event type cannot be changed."));
    }
    if kind == "default" {
        return Ok(());
    }
    if kind == "fromGmail" && before.is_none() {
        return Err(type_rule("Events of type fromGmail cannot be created."));
    }
    if !calendar.is_primary() {
        return Err(type_rule(
            "Only primary calendars can hold this event type.",
        ));
    }
    let transparent = draft.content.get("transparency") == Some(&json!("transparent"));
    let has = |name: &str| draft.content.contains_key(name);
    match kind {
        "focusTime" | "outOfOffice" if draft.start.is_day() => {
            Err(type_rule("This event type cannot be all-day."))
        }
        "focusTime" | "outOfOffice" if transparent => {
            Err(type_rule("This event type must be opaque."))
        }
        "workingLocation" => check_working_location(draft, transparent),
        "birthday" if !draft.start.is_day() => Err(type_rule("A birthday must be all-day.")),
        "birthday"
            if !draft
                .recurrence
                .iter()
                .any(|line| line.contains("FREQ=YEARLY")) =>
        {
            Err(type_rule("A birthday must recur every year."))
        }
        "default" | "focusTime" | "outOfOffice" | "birthday" | "fromGmail" => {
            let stray = [
                ("focusTime", "focusTimeProperties"),
                ("outOfOffice", "outOfOfficeProperties"),
                ("workingLocation", "workingLocationProperties"),
            ]
            .into_iter()
            .find(|(owner, name)| *owner != kind && has(name));
            match stray {
                None => Ok(()),
                Some((_, name)) => Err(type_rule(&format!("{name} does not fit {kind}."))),
            }
        }
        _ => Ok(()),
    }
}

fn check_working_location(draft: &Draft, transparent: bool) -> Result<(), ApiError> {
    let one_day = match (&draft.start, &draft.end) {
        (EventTime::Day(start), EventTime::Day(end)) => (*end - *start).get_days() == 1,
        _ => true,
    };
    let public = draft.content.get("visibility") == Some(&json!("public"));
    let kind = draft
        .content
        .get("workingLocationProperties")
        .and_then(|location| location["type"].as_str())
        .unwrap_or_default();
    if !["homeOffice", "officeLocation", "customLocation"].contains(&kind) {
        return Err(type_rule("workingLocationProperties.type is required."));
    }
    if !one_day {
        return Err(type_rule(
            "An all-day working location lasts exactly one day.",
        ));
    }
    if !(transparent && public) {
        return Err(type_rule(
            "A working location must be public and transparent.",
        ));
    }
    Ok(())
}

fn type_rule(message: &str) -> ApiError {
    ApiError::new(400, "eventTypeRestriction", message).of_calendar()
}

fn one_of<'a>(name: &str, value: &'a str, known: &[&str]) -> Result<&'a str, ApiError> {
    if known.contains(&value) {
        Ok(value)
    } else {
        Err(ApiError::invalid(format!(
            "Invalid value for: {name} ({value:?} is not one of {known:?})"
        )))
    }
}
