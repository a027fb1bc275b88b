//! insert, import, patch, update, delete.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::api::Call;
use super::channels;
use super::event::{Event, Status};
use super::events_read::view;
use super::fields::{self, EVENT};
use super::instances;
use super::mail::{self, SendUpdates};
use super::rules::{self, Draft};
use super::state::{Calendar, State};
use super::wire::{ApiError, Reply};
use crate::sim::opaque;

pub(super) fn insert(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.writable_calendar(state)?;
    let mut body = fields::read_body(&call.request.body, EVENT)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, ical_uid) = match (text("id"), text("iCalUID")) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid(
                "Only one of id and iCalUID may be supplied when an event is created.",
            ));
        }
        (Some(id), None) => (chosen_id(calendar, id)?, None),
        (None, uid) => (opaque::random_base32(26), uid),
    };
    if let Some(uid) = &ical_uid
        && with_uid(calendar, uid).is_some()
    {
        return Err(duplicate());
    }
    settle_versioned(&mut body, call, None)?;
    let draft = checked(&body, calendar, None, call)?;
    if draft.status == Status::Cancelled {
        return Err(ApiError::invalid("A new event cannot be cancelled."));
    }
    let sequence = body.get("sequence").and_then(Value::as_i64).unwrap_or(0);
    let event = new_event(id, ical_uid, draft, sequence, call);
    let calendar = calendar.id.clone();
    let stored = commit(state, &calendar, event, None, send_updates(call)?, call);
    shown(state, call, &stored)
}

/// A private copy of an event that stands elsewhere; known again by its `iCalUID`.
pub(super) fn import(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.writable_calendar(state)?;
    let mut body = fields::read_body(&call.request.body, EVENT)?;
    let uid = body
        .get("iCalUID")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| ApiError::required("Missing iCalUID."))?;
    settle_versioned(&mut body, call, None)?;
    let before = with_uid(calendar, &uid).cloned();
    let draft = checked(&body, calendar, before.as_ref(), call)?;
    if draft.event_type != "default" {
        return Err(ApiError::invalid(
            "Only events of type default can be imported.",
        ));
    }
    let sequence = next_sequence(&body, &draft, before.as_ref())?;
    let fresh = new_event(opaque::random_base32(26), Some(uid), draft, sequence, call);
    let event = Event {
        id: before.as_ref().map_or(fresh.id.clone(), |e| e.id.clone()),
        created: before.as_ref().map_or(fresh.created, |e| e.created),
        foreign_organizer: body
            .get("organizer")
            .and_then(|organizer| organizer["email"].as_str())
            .filter(|email| *email != calendar.id)
            .map(str::to_owned),
        ..fresh
    };
    let calendar = calendar.id.clone();
    let stored = commit(
        state,
        &calendar,
        event,
        before.as_ref(),
        SendUpdates::None,
        call,
    );
    shown(state, call, &stored)
}

pub(super) fn patch(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = fields::read_body(&call.request.body, EVENT)?;
    rewrite(state, call, &body, |before| {
        let mut merged = before.writable();
        rules::merge(&mut merged, &body);
        merged
    })
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = fields::read_body(&call.request.body, EVENT)?;
    rewrite(state, call, &body, |before| {
        let mut whole = body.clone();
        // The type is immutable, so leaving it out does not mean the default.
        whole
            .entry("eventType")
            .or_insert_with(|| json!(before.kind));
        whole
    })
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.writable_calendar(state)?;
    let before = instances::find(calendar, &call.captures[1]).ok_or_else(ApiError::not_found)?;
    if before.is_cancelled() {
        return Err(ApiError::new(410, "deleted", "Resource has been deleted"));
    }
    check_if_match(call, &before)?;
    let event = Event {
        status: Status::Cancelled,
        sequence: before.sequence + 1,
        updated: call.now,
        ..before.clone()
    };
    let calendar = calendar.id.clone();
    commit(
        state,
        &calendar,
        event,
        Some(&before),
        send_updates(call)?,
        call,
    );
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Patch and update are one operation with two ways of making the new body.
fn rewrite(
    state: &mut State,
    call: &Call<'_>,
    body: &Map<String, Value>,
    make_body: impl FnOnce(&Event) -> Map<String, Value>,
) -> Result<Reply, ApiError> {
    let calendar = call.writable_calendar(state)?;
    let before = instances::find(calendar, &call.captures[1]).ok_or_else(ApiError::not_found)?;
    check_if_match(call, &before)?;
    for (name, own) in [("id", &before.id), ("iCalUID", &before.ical_uid)] {
        if body.get(name).is_some_and(|given| given != own.as_str()) {
            return Err(ApiError::invalid(format!("{name} cannot be changed.")));
        }
    }
    let mut whole = make_body(&before);
    settle_versioned(&mut whole, call, Some(&before))?;
    let draft = checked(&whole, calendar, Some(&before), call)?;
    check_organizer(&draft, &before)?;
    let sequence = next_sequence(body, &draft, Some(&before))?;
    let event = Event {
        status: draft.status,
        start: draft.start,
        end: draft.end,
        recurrence: draft.recurrence,
        content: draft.content,
        sequence,
        ..before.clone()
    };
    let event = Event {
        updated: if only_reminders_differ(&before, &event) {
            before.updated
        } else {
            call.now
        },
        ..event
    };
    let calendar = calendar.id.clone();
    let stored = commit(
        state,
        &calendar,
        event,
        Some(&before),
        send_updates(call)?,
        call,
    );
    shown(state, call, &stored)
}

/// Stores the event, drops exceptions that its series no longer has, and tells guests and channels. What was dropped and
/// fits again is as the series says: shown as cancelled it would not take place.
fn commit(
    state: &mut State,
    calendar_id: &str,
    mut event: Event,
    before: Option<&Event>,
    send: SendUpdates,
    call: &Call<'_>,
) -> Event {
    event.revision = state.next_revision();
    let calendar = &state.calendars[calendar_id];
    let mails = mail::written_about(&event, before, calendar, &state.accounts, send, call.now);
    let orphans = instances::orphaned(calendar, &event);
    let fit_again = instances::dropped_that_fit(calendar, &event);
    state.mails.extend(mails);
    let mut rows = vec![event.clone()];
    for mut orphan in orphans {
        orphan.revision = state.next_revision();
        orphan.updated = call.now;
        rows.push(orphan);
    }
    let calendar = state
        .calendars
        .get_mut(calendar_id)
        .expect("the call resolved this calendar");
    calendar.updated = call.now;
    calendar.events.retain(|id, _| !fit_again.contains(id));
    for row in rows {
        calendar.events.insert(row.id.clone(), row);
    }
    channels::announce(state, calendar_id, &event.kind, call.now);
    event
}

fn new_event(
    id: String,
    ical_uid: Option<String>,
    draft: Draft,
    sequence: i64,
    call: &Call<'_>,
) -> Event {
    Event {
        ical_uid: ical_uid.unwrap_or_else(|| format!("{id}@google.test")),
        id,
        status: draft.status,
        kind: draft.event_type,
        start: draft.start,
        end: draft.end,
        recurrence: draft.recurrence,
        occurrence: None,
        sequence,
        foreign_organizer: None,
        content: draft.content,
        created: call.now,
        updated: call.now,
        revision: 0,
    }
}

fn checked(
    body: &Map<String, Value>,
    calendar: &Calendar,
    before: Option<&Event>,
    call: &Call<'_>,
) -> Result<Draft, ApiError> {
    let draft = rules::draft(body, calendar, before)?;
    if draft.event_type == "workingLocation" && call.request.batched {
        return Err(ApiError::invalid(
            "Working locations cannot be written in a batch.",
        ));
    }
    Ok(draft)
}

/// Checks the parameters of a write. Without their version parameter, conference details and attachments in a body are not looked at.
fn settle_versioned(
    body: &mut Map<String, Value>,
    call: &Call<'_>,
    before: Option<&Event>,
) -> Result<(), ApiError> {
    call.params.count("maxAttendees")?;
    let versions = ["0", "1"];
    call.params.choice("eventLabelVersion", &versions)?;
    let conference = call.params.choice("conferenceDataVersion", &versions)? == Some("1");
    let attachments = call.params.flag("supportsAttachments")?.unwrap_or(false);
    for (name, looked_at) in [("conferenceData", conference), ("attachments", attachments)] {
        if looked_at {
            continue;
        }
        match before.and_then(|event| event.content.get(name)) {
            None => body.remove(name),
            Some(kept) => body.insert(name.to_owned(), kept.clone()),
        };
    }
    Ok(())
}

fn chosen_id(calendar: &Calendar, id: String) -> Result<String, ApiError> {
    if !rules::is_valid_id(&id) {
        return Err(ApiError::invalid("Invalid resource id value."));
    }
    // The id of a deleted event stays taken.
    if calendar.events.contains_key(&id) {
        return Err(duplicate());
    }
    Ok(id)
}

fn duplicate() -> ApiError {
    ApiError::new(409, "duplicate", "The requested identifier already exists.")
}

fn with_uid<'a>(calendar: &'a Calendar, uid: &str) -> Option<&'a Event> {
    calendar
        .events
        .values()
        .find(|event| event.occurrence.is_none() && event.ical_uid == uid && !event.is_cancelled())
}

fn check_if_match(call: &Call<'_>, before: &Event) -> Result<(), ApiError> {
    match call.header(header::IF_MATCH) {
        None | Some("*") => Ok(()),
        Some(wanted) if wanted == before.etag() => Ok(()),
        Some(_) => Err(ApiError::condition_not_met()),
    }
}

fn check_organizer(draft: &Draft, before: &Event) -> Result<(), ApiError> {
    let shared = |content: &Map<String, Value>| {
        content
            .get("extendedProperties")
            .map_or(Value::Null, |properties| properties["shared"].clone())
    };
    if before.foreign_organizer.is_some() && shared(&draft.content) != shared(&before.content) {
        return Err(ApiError::new(
            403,
            "forbiddenForNonOrganizer",
            "Shared properties can only be changed by the organizer of the event.",
        )
        .of_calendar());
    }
    Ok(())
}

/// Grows when the times change. A client may raise it, never lower it.
fn next_sequence(
    body: &Map<String, Value>,
    draft: &Draft,
    before: Option<&Event>,
) -> Result<i64, ApiError> {
    let given = body.get("sequence").and_then(Value::as_i64);
    let Some(before) = before else {
        return Ok(given.unwrap_or(0));
    };
    if given.is_some_and(|given| given < before.sequence) {
        return Err(ApiError::invalid(
            "Invalid sequence value. The specified sequence number is below the current sequence number of the resource. Re-fetch the resource and use its sequence number on the following request.",
        ));
    }
    let moved = draft.start != before.start
        || draft.end != before.end
        || draft.recurrence != before.recurrence
        || (draft.status == Status::Cancelled) != before.is_cancelled();
    let grown = before.sequence + i64::from(moved);
    Ok(given.map_or(grown, |given| given.max(grown)))
}

fn only_reminders_differ(before: &Event, after: &Event) -> bool {
    let without_reminders = |event: &Event| {
        let mut event = event.clone();
        event.content.remove("reminders");
        event
    };
    before != after && without_reminders(before) == without_reminders(after)
}

fn send_updates(call: &Call<'_>) -> Result<SendUpdates, ApiError> {
    let choices = ["all", "externalOnly", "none"];
    let send = match call.params.choice("sendUpdates", &choices)? {
        Some("all") => SendUpdates::All,
        Some("externalOnly") => SendUpdates::ExternalOnly,
        None if call.params.flag("sendNotifications")? == Some(true) => SendUpdates::All,
        Some(_) | None => SendUpdates::None,
    };
    Ok(send)
}

fn shown(state: &State, call: &Call<'_>, event: &Event) -> Result<Reply, ApiError> {
    let calendar = call.calendar(state)?;
    Ok(Reply::ok(event.show(calendar, &view(call, calendar)?)))
}
