//! What makes an event valid: pure checks from a request body to a draft.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::bodies;
use super::event::{Item, Stretch};
use super::fields::EVENT;
use super::payload::settled;
use super::shown::join_url;
use super::times::When;
use super::wire::GraphError;

/// What an event is to say, before it has an identity.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) time: Stretch,
    pub(super) content: Map<String, Value>,
    pub(super) extended: BTreeMap<String, String>,
}

/// Properties that have a place of their own in an event.
const TYPED: &[&str] = &[
    "end",
    "isAllDay",
    "recurrence",
    "singleValueExtendedProperties",
    "start",
    "transactionId",
];

const ATTENDEES_MAX: usize = 500;

/// Checks a body, laid over what `before` says where there is one.
pub(super) fn draft(
    body: &Map<String, Value>,
    before: Option<&Item<'_>>,
    key: &str,
) -> Result<Draft, GraphError> {
    let time = read_time(body, before)?;
    let mut content = before.map(|item| item.content.clone()).unwrap_or_default();
    for (name, value) in body {
        if !TYPED.contains(&name.as_str()) {
            take(&mut content, name, value)?;
        }
    }
    let was_meeting = before.is_some_and(|item| is_meeting(&item.content));
    settle_meeting(&mut content, body, was_meeting, key);
    let mut extended = before.map(|item| item.extended.clone()).unwrap_or_default();
    read_extended(body, &mut extended)?;
    Ok(Draft {
        time,
        content,
        extended,
    })
}

fn read_time(body: &Map<String, Value>, before: Option<&Item<'_>>) -> Result<Stretch, GraphError> {
    let given = |which: &str, old: Option<&When>| match (body.get(which), old) {
        (Some(value), _) if !value.is_null() => When::parse(value, which),
        (None, Some(old)) => Ok(old.clone()),
        _ => Err(GraphError::unfit(format!(
            "The event's {which} is missing."
        ))),
    };
    let old = before.map(|item| &item.time);
    let time = Stretch {
        start: given("start", old.map(|time| &time.start))?,
        end: given("end", old.map(|time| &time.end))?,
        all_day: match body.get("isAllDay").and_then(Value::as_bool) {
            Some(all_day) => all_day,
            None => old.is_some_and(|time| time.all_day),
        },
    };
    check_time(&time)?;
    Ok(time)
}

fn check_time(time: &Stretch) -> Result<(), GraphError> {
    if time.all_day {
        for (which, at) in [("Start", &time.start), ("End", &time.end)] {
            if !at.is_midnight() {
                return Err(GraphError::invalid(format!(
                    "The Event.{which} property for an all-day event needs to be set to midnight."
                )));
            }
        }
        if time.start.zone != time.end.zone {
            return Err(GraphError::invalid(
                "The Event.Start and Event.End properties for an all-day event need to be in the same time zone.",
            ));
        }
        if time.end.wall <= time.start.wall {
            return Err(GraphError::invalid(
                "The duration of an event marked as all-day must be at least 24 hours.",
            ));
        }
    }
    if time.until() < time.from() {
        return Err(GraphError::new(
            400,
            "ErrorCalendarEndDateIsEarlierThanStartDate",
            "The end date is earlier than the start date.",
        ));
    }
    Ok(())
}

fn take(content: &mut Map<String, Value>, name: &str, value: &Value) -> Result<(), GraphError> {
    let kind = EVENT.properties.iter().find(|(known, _)| *known == name);
    let value = kind.map_or_else(|| value.clone(), |(_, kind)| settled(*kind, value.clone()));
    match name {
        "body" if value.is_null() => {
            content.insert(
                name.to_owned(),
                json!({ "contentType": "html", "content": "" }),
            );
        }
        "body" => {
            content.insert(name.to_owned(), bodies::stored(&value));
        }
        "subject" => {
            let subject = value.as_str().unwrap_or_default();
            content.insert(name.to_owned(), json!(subject));
        }
        "location" => {
            let named = value["displayName"]
                .as_str()
                .is_some_and(|name| !name.is_empty());
            let all = if named { json!([value]) } else { json!([]) };
            content.insert("locations".to_owned(), all);
        }
        "attendees" => {
            content.insert(name.to_owned(), read_attendees(&value)?);
        }
        _ => {
            content.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

fn read_attendees(value: &Value) -> Result<Value, GraphError> {
    let mut guests = value.as_array().cloned().unwrap_or_default();
    if guests.len() > ATTENDEES_MAX {
        let message = format!("An event has at most {ATTENDEES_MAX} attendees.");
        return Err(GraphError::unfit(message));
    }
    for guest in &mut guests {
        let address = guest["emailAddress"]["address"].as_str();
        let address = address.filter(|address| address.contains('@'));
        let Some(address) = address.map(str::to_owned) else {
            return Err(GraphError::new(
                400,
                "ErrorInvalidRecipients",
                "At least one recipient isn't valid.",
            ));
        };
        if guest["emailAddress"]["name"].is_null() {
            guest["emailAddress"]["name"] = json!(address);
        }
        if guest["type"].is_null() {
            guest["type"] = json!("required");
        }
        guest["status"] = json!({ "response": "none", "time": "0001-01-01T00:00:00Z" });
    }
    Ok(Value::Array(guests))
}

fn is_meeting(content: &Map<String, Value>) -> bool {
    content.get("isOnlineMeeting") == Some(&json!(true))
}

/// A meeting stays one whatever is said later, until somebody loses its block from the body.
fn settle_meeting(
    content: &mut Map<String, Value>,
    body: &Map<String, Value>,
    was: bool,
    key: &str,
) {
    let url = join_url(key);
    if was {
        content.insert("isOnlineMeeting".to_owned(), json!(true));
        let lost = body.contains_key("body") && !bodies::has_meeting(content.get("body"), &url);
        if lost {
            content.insert("isOnlineMeeting".to_owned(), json!(false));
            content.insert("onlineMeetingProvider".to_owned(), json!("unknown"));
        }
    } else if is_meeting(content) {
        content.insert(
            "onlineMeetingProvider".to_owned(),
            json!("teamsForBusiness"),
        );
        let with = bodies::with_meeting(content.get("body"), &url);
        content.insert("body".to_owned(), with);
    }
}

fn read_extended(
    body: &Map<String, Value>,
    extended: &mut BTreeMap<String, String>,
) -> Result<(), GraphError> {
    let given = body.get("singleValueExtendedProperties");
    for property in given.and_then(Value::as_array).into_iter().flatten() {
        let id = property["id"].as_str().unwrap_or_default();
        if !is_property_id(id) {
            return Err(GraphError::new(
                400,
                "ErrorInvalidExtendedProperty",
                format!(
                    "PropertyId values must either be in one of the following formats: '...'. The value is {id:?}."
                ),
            ));
        }
        match property["value"].as_str() {
            Some(value) => extended.insert(id.to_owned(), value.to_owned()),
            None => extended.remove(id),
        };
    }
    Ok(())
}

/// `String {guid} Name LocalId`, `String {guid} Id 0x8001`, `String 0x3001`.
fn is_property_id(id: &str) -> bool {
    let words: Vec<&str> = id.splitn(4, ' ').collect();
    let types = [
        "Boolean",
        "Double",
        "Integer",
        "Long",
        "String",
        "SystemTime",
    ];
    let tag = |text: &str| text.starts_with("0x") && text.len() > 2;
    let guid = |text: &str| text.len() == 38 && text.starts_with('{') && text.ends_with('}');
    match words.as_slice() {
        [kind, number] => types.contains(kind) && tag(number),
        [kind, set, "Name", name] => types.contains(kind) && guid(set) && !name.is_empty(),
        [kind, set, "Id", number] => types.contains(kind) && guid(set) && tag(number),
        _ => false,
    }
}
