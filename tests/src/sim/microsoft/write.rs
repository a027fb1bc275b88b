//! Events are created, changed and deleted.

use std::collections::{BTreeMap, BTreeSet};

use http::{StatusCode, header};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::api::Call;
use super::event::{Event, Exception, Item, Series};
use super::fields::EVENT;
use super::ids;
use super::mail::{self, Mail};
use super::notices::{self, Change};
use super::options::Options;
use super::payload;
use super::read::{event_context, find};
use super::recurrence::Recurrence;
use super::rules::{self, Draft};
use super::state::{Calendar, Gone, RepeatedTransaction, State};
use super::wire::{GraphError, Reply};
use crate::sim::opaque;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let calendar = writable(call.calendar(state)?)?.id.clone();
    let body = payload::read_body(&call.request.body, &EVENT)?;
    let transaction_id = body.get("transactionId").and_then(Value::as_str);
    if let Some(known) = transaction_id.and_then(|id| under_transaction(state, call, id)) {
        return repeated(state, call, &known);
    }
    let key = opaque::random_base32(24);
    let mut draft = rules::draft(&body, None, &key)?;
    let recurrence = match body.get("recurrence") {
        None | Some(Value::Null) => None,
        Some(given) => Some(settle_series(&mut draft, given)?),
    };
    let revision = state.next_revision();
    let event = Event {
        key: key.clone(),
        moves: 0,
        transaction_id: transaction_id.map(str::to_owned),
        ical_uid: None,
        organizer: None,
        is_cancelled: false,
        custom_zone: false,
        time: draft.time,
        content: draft.content,
        extended: draft.extended,
        series: recurrence.map(|recurrence| Series {
            recurrence,
            exceptions: BTreeMap::new(),
            cancelled: BTreeSet::new(),
        }),
        created: call.now,
        modified: call.now,
        revision,
    };
    write_to_guests(state, &Map::new(), &event.content, false, &event.key, call);
    if let Some(calendar) = state.calendars.get_mut(&calendar) {
        calendar.events.insert(key.clone(), event);
    }
    notices::announce(state, &calendar, &key, Change::Created, call.now);
    let reply = stored(state, call, StatusCode::CREATED, &calendar, &key, None)?;
    let id = reply.body.as_ref().and_then(|body| body["id"].as_str());
    let location = format!(
        "{}v1.0/me/events/{}",
        call.public_base,
        id.unwrap_or_default()
    );
    Ok(reply.with(header::LOCATION, location))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let (calendar, item) = find(state, call)?;
    let calendar = writable(calendar)?.id.clone();
    check_match(&item, call)?;
    let body = payload::read_body(&call.request.body, &EVENT)?;
    if body.contains_key("transactionId") {
        return Err(GraphError::new(
            400,
            "ErrorInvalidPropertySet",
            "Set action is invalid for property: 'transactionId'.",
        ));
    }
    let key = item.event.key.clone();
    let draft = rules::draft(&body, Some(&item), &key)?;
    let before = item.content.clone();
    let attendees_only = body.keys().all(|name| name == "attendees");
    let after = draft.content.clone();
    let date = item.original.as_ref().map(|(date, _)| *date);
    if let Some(date) = date {
        if body.get("recurrence").is_some_and(|given| !given.is_null()) {
            return Err(GraphError::invalid(
                "An occurrence of a series has no recurrence of its own.",
            ));
        }
        check_neighbours(&item, &draft)?;
        let exception = exception(item.event, draft, call);
        let revision = state.next_revision();
        let event = touched(state, &calendar, &key, revision, call)?;
        if let Some(series) = &mut event.series {
            let exception = Exception {
                revision,
                ..exception
            };
            series.exceptions.insert(date, exception);
        }
    } else {
        let mut draft = draft;
        let series = changed_series(item.event, &mut draft, &body)?;
        let revision = state.next_revision();
        let event = touched(state, &calendar, &key, revision, call)?;
        event.custom_zone &= event.time == draft.time;
        event.time = draft.time;
        event.content = draft.content;
        event.extended = draft.extended;
        event.series = series;
    }
    write_to_guests(state, &before, &after, attendees_only, &key, call);
    notices::announce(state, &calendar, &key, Change::Updated, call.now);
    stored(state, call, StatusCode::OK, &calendar, &key, date)
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let (calendar, item) = find(state, call)?;
    let calendar = writable(calendar)?.id.clone();
    check_match(&item, call)?;
    let key = item.event.key.clone();
    let content = item.content.clone();
    let date = item.original.as_ref().map(|(date, _)| *date);
    write_to_guests(state, &content, &Map::new(), false, &key, call);
    let Some(date) = date else {
        remove(state, &calendar, &key, call.now);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    let revision = state.next_revision();
    let event = touched(state, &calendar, &key, revision, call)?;
    if let Some(series) = &mut event.series {
        series.exceptions.remove(&date);
        series.cancelled.insert(date);
    }
    // One occurrence less is told as a change of the series.
    notices::announce(state, &calendar, &key, Change::Updated, call.now);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Takes an event out of its calendar.
pub(super) fn remove(
    state: &mut State,
    calendar: &str,
    key: &str,
    now: jiff::Timestamp,
) -> Option<Event> {
    notices::announce(state, calendar, key, Change::Deleted, now);
    let revision = state.next_revision();
    let calendar = state.calendars.get_mut(calendar)?;
    let event = calendar.events.remove(key)?;
    calendar.gone.push(Gone {
        event: event.clone(),
        revision,
    });
    Some(event)
}

/// A stored event that is being changed now.
fn touched<'s>(
    state: &'s mut State,
    calendar: &str,
    key: &str,
    revision: u64,
    call: &Call<'_>,
) -> Result<&'s mut Event, GraphError> {
    let event = state.event_mut(calendar, key);
    let event = event.ok_or_else(GraphError::not_found)?;
    event.revision = revision;
    event.modified = call.now;
    Ok(event)
}

fn writable(calendar: &Calendar) -> Result<&Calendar, GraphError> {
    if calendar.can_edit {
        Ok(calendar)
    } else {
        Err(GraphError::access_denied())
    }
}

fn check_match(item: &Item<'_>, call: &Call<'_>) -> Result<(), GraphError> {
    match call.header(header::IF_MATCH) {
        None | Some("*") => Ok(()),
        Some(known) if known == item.etag() => Ok(()),
        Some(_) => Err(GraphError::stale()),
    }
}

/// The calendar and key of what this mailbox holds under a transaction id.
fn under_transaction(state: &State, call: &Call<'_>, id: &str) -> Option<(String, String)> {
    state
        .calendars_of(&call.account.email)
        .find_map(|calendar| {
            let mut events = calendar.events.values();
            let event = events.find(|event| event.transaction_id.as_deref() == Some(id))?;
            Some((calendar.id.clone(), event.key.clone()))
        })
}

fn repeated(
    state: &State,
    call: &Call<'_>,
    (calendar, key): &(String, String),
) -> Result<Reply, GraphError> {
    match state.repeated_transaction {
        RepeatedTransaction::Existing => {
            stored(state, call, StatusCode::CREATED, calendar, key, None)
        }
        RepeatedTransaction::Conflict => Err(GraphError::new(
            409,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The transactionId has been used already.",
        )),
    }
}

/// Reads the recurrence of a draft, which then starts with the first occurrence that the pattern really has.
fn settle_series(draft: &mut Draft, given: &Value) -> Result<Recurrence, GraphError> {
    let recurrence = Recurrence::parse(given, &draft.time.start)?;
    let first = recurrence.first(&draft.time.start)?;
    draft.time = draft.time.moved_to(first);
    Ok(recurrence.starting(first.date()))
}

/// The series after a change. What differed in occurrences is lost where their pattern or their times change, as in
/// Outlook; where only the end of the range moves, what is still inside stays.
fn changed_series(
    event: &Event,
    draft: &mut Draft,
    body: &Map<String, Value>,
) -> Result<Option<Series>, GraphError> {
    let recurrence = match (body.get("recurrence"), &event.series) {
        (Some(Value::Null), _) | (None, None) => return Ok(None),
        (Some(given), _) => settle_series(draft, given)?,
        (None, Some(series)) => {
            let again = series.recurrence.show();
            settle_series(draft, &again)?
        }
    };
    let kept = event
        .series
        .as_ref()
        .filter(|series| draft.time == event.time && series.recurrence.same_pattern(&recurrence));
    let mut series = Series {
        exceptions: kept.map(|kept| kept.exceptions.clone()).unwrap_or_default(),
        cancelled: kept.map(|kept| kept.cancelled.clone()).unwrap_or_default(),
        recurrence,
    };
    let differing = series.exceptions.keys().chain(&series.cancelled);
    if let Some(last) = differing.max() {
        let until = last.at(23, 59, 59, 0);
        let starts = series.recurrence.starts(&draft.time.start, until);
        let dates: BTreeSet<_> = starts.iter().map(|start| start.date()).collect();
        series.exceptions.retain(|date, _| dates.contains(date));
        series.cancelled.retain(|date| dates.contains(date));
    }
    Ok(Some(series))
}

/// What differs from the series; its revision is given when it is stored.
fn exception(event: &Event, draft: Draft, call: &Call<'_>) -> Exception {
    let differs = |(name, value): &(String, Value)| event.content.get(name) != Some(value);
    let own = |(id, value): &(String, String)| event.extended.get(id) != Some(value);
    Exception {
        time: draft.time,
        changed: draft.content.into_iter().filter(differs).collect(),
        extended: draft.extended.into_iter().filter(own).collect(),
        modified: call.now,
        revision: 0,
    }
}

/// An occurrence cannot be moved to or over the day of the one before or after it.
fn check_neighbours(item: &Item<'_>, draft: &Draft) -> Result<(), GraphError> {
    let Some((date, _)) = &item.original else {
        return Ok(());
    };
    let day = draft.time.start.wall.date();
    let far = draft.time.until().max(item.time.until());
    let far = far + jiff::SignedDuration::from_hours(24 * 366);
    let all = item.event.occurrences_until(far);
    let others = all.iter().filter_map(|other| {
        let (of, _) = other.original.as_ref()?;
        Some((*of, other.time.start.wall.date()))
    });
    let crossed = others
        .filter(|(of, _)| of != date)
        .any(|(of, at)| if of < *date { day <= at } else { day >= at });
    if crossed {
        return Err(GraphError::new(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        ));
    }
    Ok(())
}

fn write_to_guests(
    state: &mut State,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    attendees_only: bool,
    key: &str,
    call: &Call<'_>,
) {
    for (kind, to) in mail::due(before, after, attendees_only) {
        if to != call.account.email {
            state.mails.push(Mail {
                at: call.now,
                kind,
                event: ids::immutable(key),
                from: call.account.email.clone(),
                to,
                by_person: call.is_by_person(),
            });
        }
    }
}

fn stored(
    state: &State,
    call: &Call<'_>,
    status: StatusCode,
    calendar: &str,
    key: &str,
    occurrence: Option<Date>,
) -> Result<Reply, GraphError> {
    let calendar = state.calendars.get(calendar);
    let calendar = calendar.ok_or_else(GraphError::not_found)?;
    let event = calendar.events.get(key).ok_or_else(GraphError::not_found)?;
    let item = match occurrence {
        None => Some(event.item()),
        Some(date) => event.occurrence(date),
    };
    let item = item.ok_or_else(GraphError::not_found)?;
    let mut shown = Options::default().dress(&item, calendar, call);
    shown["@odata.context"] = json!(call.context(&event_context(call)));
    Ok(Reply::json(status, shown))
}
