//! events.list: full listings, pages, and what changed since a sync token.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Call, Thinned};
use super::event::Event;
use super::events_read::{events_head, horizon, page_limit, time_range, view};
use super::instances;
use super::state::{Calendar, State};
use super::times::parse_bound;
use super::wire::{ApiError, Reply};
use crate::sim::opaque;
use crate::sim::strict::{self, Params};
use crate::sim::zones::zone_or_utc;

/// What a listing selects. Tokens carry it, so that a page or a later round selects the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Query {
    calendar: String,
    single_events: bool,
    show_deleted: bool,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    updated_min: Option<Timestamp>,
    order: Order,
    text: Option<String>,
    ical_uid: Option<String>,
    private: Vec<String>,
    shared: Vec<String>,
    event_types: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Order {
    /// By revision. Whatever changes while somebody pages moves behind the page he is at, so he cannot miss it.
    #[default]
    Stable,
    StartTime,
    Updated,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SyncToken {
    since: u64,
    query: Query,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PageToken {
    query: Query,
    since: Option<u64>,
    after: Option<(i64, String)>,
    /// The revision at which the first page was read.
    began: u64,
    /// Of the page that this token leads to.
    number: u32,
}

const FORBIDDEN_WITH_SYNC_TOKEN: &[&str] = &[
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMax",
    "timeMin",
    "updatedMin",
];

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.calendar(state)?;
    let asked = read_query(call, &calendar.id)?;
    let (query, since) = match call.params.one("syncToken")? {
        None => (asked, None),
        Some(token) => resume(call, &asked, token, state.forgotten..=state.revision())?,
    };
    let page = match call.params.one("pageToken")? {
        None => PageToken {
            query: query.clone(),
            since,
            after: None,
            began: state.revision(),
            number: 1,
        },
        Some(token) => opaque::open::<PageToken>(token)
            .filter(|page| page.query == query && page.since == since)
            .ok_or_else(|| {
                ApiError::invalid("Invalid page token value.").at_parameter("pageToken")
            })?,
    };

    let mut rows = select(calendar, &query, since, call.now);
    rows.sort_by(|(left, _), (right, _)| left.cmp(right));
    rows.retain(|(key, _)| page.after.as_ref().is_none_or(|after| key > after));
    let limit = match call.thinned {
        None => page_limit(call)?,
        Some(Thinned::Empty) => 0,
        Some(Thinned::Short) => rows.len().div_ceil(2).min(page_limit(call)? / 2).max(1),
    };
    let more = rows.len() > limit || call.thinned == Some(Thinned::Empty);
    rows.truncate(limit);

    let mut body = events_head(calendar);
    let mut view = view(call, calendar)?;
    view.details_of_deleted = query.show_deleted || since.is_none();
    body["items"] = rows
        .iter()
        .map(|(_, event)| event.show(calendar, &view))
        .collect();
    if more {
        body["nextPageToken"] = json!(opaque::seal(&PageToken {
            after: rows.pop().map(|(key, _)| key).or(page.after),
            number: page.number + 1,
            ..page
        }));
    } else {
        // A full listing hides deletions, so those of the time since its first page must come with the next round.
        let since = since.map_or(page.began, |_| state.revision());
        body["nextSyncToken"] = json!(opaque::seal(&SyncToken { since, query }));
    }
    Ok(Reply::ok(body))
}

/// Which page of its listing a request asks for, counted from 1.
pub(super) fn page_number(params: &Params) -> u32 {
    let token = params.one("pageToken").ok().flatten();
    token
        .and_then(opaque::open::<PageToken>)
        .map_or(1, |page| page.number)
}

fn read_query(call: &Call<'_>, calendar: &str) -> Result<Query, ApiError> {
    let params = call.params;
    let (after, before) = time_range(call)?;
    let single_events = params.flag("singleEvents")?.unwrap_or(false);
    let order = match params.choice("orderBy", &["startTime", "updated"])? {
        None => Order::Stable,
        Some("updated") => Order::Updated,
        Some(_) if single_events => Order::StartTime,
        Some(_) => {
            return Err(ApiError::new(
                400,
                "badRequest",
                "The requested ordering is not available for the particular query.",
            )
            .at_parameter("orderBy"));
        }
    };
    let updated_min = match params.one("updatedMin")? {
        None => None,
        Some(text) => {
            Some(parse_bound(text).ok_or_else(|| strict::bad("updatedMin", "is not RFC 3339"))?)
        }
    };
    let pairs = |name: &'static str| -> Result<Vec<String>, ApiError> {
        let pairs: Vec<String> = params.all(name).map(str::to_owned).collect();
        match pairs.iter().find(|pair| !pair.contains('=')) {
            None => Ok(pairs),
            Some(pair) => Err(strict::bad(name, &format!("is {pair:?}, not key=value")).into()),
        }
    };
    params.flag("showHiddenInvitations")?;
    Ok(Query {
        calendar: calendar.to_owned(),
        single_events,
        show_deleted: params.flag("showDeleted")?.unwrap_or(false),
        after,
        before,
        updated_min,
        order,
        text: params.one("q")?.map(str::to_lowercase),
        ical_uid: params.one("iCalUID")?.map(str::to_owned),
        private: pairs("privateExtendedProperty")?,
        shared: pairs("sharedExtendedProperty")?,
        event_types: params.all("eventTypes").map(str::to_owned).collect(),
    })
}

/// The query and position of a sync token, checked against what the call says beside it.
fn resume(
    call: &Call<'_>,
    asked: &Query,
    token: &str,
    answerable: RangeInclusive<u64>,
) -> Result<(Query, Option<u64>), ApiError> {
    if let Some(name) = FORBIDDEN_WITH_SYNC_TOKEN
        .iter()
        .find(|name| call.params.has(name))
    {
        let message = format!("Sync token cannot be used together with {name}.");
        return Err(ApiError::invalid(message).at_parameter(name));
    }
    if call.params.flag("showDeleted")? == Some(false) {
        return Err(ApiError::invalid(
            "showDeleted=false cannot be used together with a sync token.",
        )
        .at_parameter("showDeleted"));
    }
    let token: SyncToken = opaque::open(token)
        .filter(|token: &SyncToken| token.query.calendar == asked.calendar)
        .ok_or_else(|| ApiError::invalid("Invalid sync token value.").at_parameter("syncToken"))?;
    if !answerable.contains(&token.since) {
        // From before what was forgotten, or from a state that this simulator no longer has.
        return Err(ApiError::full_sync_required());
    }
    // Google calls the result of other parameters undefined; here it is an error.
    if token.query.single_events != asked.single_events
        || token.query.event_types != asked.event_types
    {
        return Err(ApiError::refused(
            "singleEvents and eventTypes must be the same as in the request that gave the sync token.",
        ));
    }
    let query = Query {
        show_deleted: asked.show_deleted,
        ..token.query
    };
    Ok((query, Some(token.since)))
}

/// Everything that the query selects, with the key that it is ordered by.
fn select(
    calendar: &Calendar,
    query: &Query,
    since: Option<u64>,
    now: Timestamp,
) -> Vec<((i64, String), Event)> {
    let mut found: Vec<Event> = Vec::new();
    for event in calendar.events.values() {
        if since.is_some_and(|since| event.revision <= since) {
            continue;
        }
        if query.single_events && event.is_series() {
            let until = horizon(query.before, now);
            found.extend(instances::plain_occurrences(calendar, event, until));
        } else {
            found.push(event.clone());
        }
    }
    let zone = zone_or_utc(&calendar.zone);
    found
        .into_iter()
        .filter(|event| {
            is_visible(event, query, since.is_some())
                && matches(event, query)
                && (is_in_range(event, query, calendar)
                    || (since.is_some() && event.is_cancelled()))
        })
        .map(|event| {
            let key = match query.order {
                Order::Stable => i64::try_from(event.revision).unwrap_or(i64::MAX),
                Order::StartTime => event.start.instant(&zone).as_second(),
                Order::Updated => event.updated.as_millisecond(),
            };
            ((key, event.id.clone()), event)
        })
        .collect()
}

fn is_visible(event: &Event, query: &Query, incremental: bool) -> bool {
    let deleted_shown = query.show_deleted || incremental || query.updated_min.is_some();
    let gap_in_series = event.is_cancelled_exception() && !query.single_events;
    !event.is_cancelled() || deleted_shown || gap_in_series
}

fn is_in_range(event: &Event, query: &Query, calendar: &Calendar) -> bool {
    if query.after.is_none() && query.before.is_none() {
        return true;
    }
    if event.is_series() {
        return instances::touches(event, query.after, query.before, calendar);
    }
    let zone = zone_or_utc(&calendar.zone);
    query
        .after
        .is_none_or(|after| event.end.instant(&zone) > after)
        && query
            .before
            .is_none_or(|before| event.start.instant(&zone) < before)
}

fn matches(event: &Event, query: &Query) -> bool {
    let has = |scope: &str, pair: &String| {
        pair.split_once('=').is_some_and(|(key, value)| {
            event
                .content
                .get("extendedProperties")
                .is_some_and(|properties| properties[scope][key] == value)
        })
    };
    query.updated_min.is_none_or(|least| event.updated >= least)
        && query
            .ical_uid
            .as_ref()
            .is_none_or(|uid| *uid == event.ical_uid)
        && query.private.iter().all(|pair| has("private", pair))
        && query.shared.iter().all(|pair| has("shared", pair))
        && (query.event_types.is_empty() || query.event_types.contains(&event.kind))
        && query.text.as_ref().is_none_or(|text| says(event, text))
}

fn says(event: &Event, text: &str) -> bool {
    let fields = ["summary", "description", "location"];
    fields.iter().any(|name| {
        event
            .content
            .get(*name)
            .and_then(Value::as_str)
            .is_some_and(|value| value.to_lowercase().contains(text))
    })
}
