//! `calendarView/delta`: what is in a window, and what has changed there since.
//!
//! A round lists events by revision, so that whatever changes while somebody pages comes again behind the page he is
//! at. A series and what belongs to it stand together. Links carry the window and the position; nothing is kept here.

use http::header;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::api::{ApiRequest, Call, Thinned};
use super::event::{Event, Kind};
use super::ids;
use super::read::window;
use super::state::{Calendar, State};
use super::wire::{GraphError, Reply};
use crate::sim::faults::{FaultName, Target};
use crate::sim::opaque;
use crate::sim::strict::Params;

/// Of a page that nobody has asked a size of.
const PAGE_DEFAULT: usize = 10;

const UNSUPPORTED: [&str; 6] = [
    "$expand", "$filter", "$orderby", "$search", "$select", "$top",
];

/// What a link stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    calendar: String,
    after: Timestamp,
    before: Timestamp,
    /// Everything up to here has been told; nothing has in the first round.
    since: Option<u64>,
    /// The revision at which the round began.
    began: u64,
    last: Option<(u64, String)>,
    /// Of the page that the link leads to.
    page: u32,
}

/// Everything that is told of one event at once.
struct Unit {
    order: (u64, String),
    rows: Vec<Value>,
}

pub(super) fn round(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let stray = UNSUPPORTED.iter().find(|name| call.params.has(name));
    if stray.is_some() {
        return Err(GraphError::new(
            400,
            "ErrorInvalidUrlQuery",
            "The following parameters are not supported with change tracking over the 'CalendarView' resource: '$orderby, $filter, $select, $expand, $search, $top'.",
        ));
    }
    let calendar = call.calendar(state)?;
    let position = position(state, calendar, call)?;
    if position.since.is_some_and(|since| since < state.forgotten) {
        let reset = Link::of(&position, call);
        return Err(gone("SyncStateNotFound", &reset.location()));
    }
    let mut units = units(calendar, &position, call);
    units.sort_by(|left, right| left.order.cmp(&right.order));
    units.retain(|unit| position.last.as_ref().is_none_or(|last| unit.order > *last));

    let size = call.prefer.page_size.unwrap_or(PAGE_DEFAULT);
    let limit = match call.thinned {
        None => size,
        Some(Thinned::Empty) => 0,
        Some(Thinned::Short) => (size / 2).max(1),
    };
    let mut rows: Vec<Value> = Vec::new();
    let mut last = position.last.clone();
    let mut left = units.len();
    for unit in units {
        if rows.len() >= limit {
            break;
        }
        rows.extend(unit.rows);
        last = Some(unit.order);
        left -= 1;
    }
    let mut body = json!({
        "@odata.context": call.context("Collection(event)"),
        "value": rows,
    });
    let link = Link::of(&position, call);
    if left > 0 || call.thinned.is_some() {
        let next = Position {
            last,
            page: position.page + 1,
            ..position
        };
        body["@odata.nextLink"] = json!(link.to("$skiptoken", &next));
    } else {
        let next = Position {
            since: Some(state.revision()),
            last: None,
            page: 1,
            ..position
        };
        body["@odata.deltaLink"] = json!(link.to("$deltatoken", &next));
    }
    Ok(Reply::ok(body))
}

/// Which page of its round a request asks for, counted from 1.
pub(super) fn page_number(query: &str) -> u32 {
    let params = Params::parse(query);
    let skipped = params.one("$skiptoken").ok().flatten();
    let position = skipped.and_then(opaque::open::<Position>);
    position.map_or(1, |position| position.page)
}

/// A link that is void because a switch says so.
pub(super) fn refuse_by_fault(
    state: &mut State,
    target: &Target<'_>,
    params: &Params,
    request: &ApiRequest,
    public_base: &Url,
) -> Result<(), GraphError> {
    let token = ["$deltatoken", "$skiptoken"]
        .iter()
        .find_map(|name| params.one(name).ok().flatten());
    let Some(position) = token.and_then(opaque::open::<Position>) else {
        return Ok(());
    };
    match state.faults.strike(FaultName::CursorExpired, target) {
        None => Ok(()),
        Some(fault) => {
            let link = Link {
                public_base,
                path: &request.path,
                after: position.after,
                before: position.before,
            };
            let code = fault.reason.as_deref().unwrap_or("SyncStateNotFound");
            Err(gone(code, &link.location()))
        }
    }
}

/// Everything is to be read anew from the address that the answer names.
fn gone(code: &str, location: &str) -> GraphError {
    GraphError::new(
        410,
        code,
        "The sync state generation is not found; a full synchronization is required.",
    )
    .with(header::LOCATION, location.to_owned())
}

fn position(state: &State, calendar: &Calendar, call: &Call<'_>) -> Result<Position, GraphError> {
    let skip = call.params.one("$skiptoken")?;
    let since = call
        .params
        .one("$deltatoken")?
        .filter(|token| !token.is_empty());
    let Some(token) = skip.or(since) else {
        let (after, before) = window(call)?;
        return Ok(Position {
            calendar: calendar.id.clone(),
            after,
            before,
            since: None,
            began: state.revision(),
            last: None,
            page: 1,
        });
    };
    let malformed = || GraphError::bad_request("Badly formed token.");
    if call.params.pairs().count() != 1 {
        let message = "A link of a delta is followed as it is, without further parameters.";
        return Err(GraphError::bad_request(message).into_refusal());
    }
    let mut position = opaque::open::<Position>(token)
        .filter(|position| position.calendar == calendar.id)
        .ok_or_else(malformed)?;
    if skip.is_none() {
        position.began = state.revision();
    }
    Ok(position)
}

fn units(calendar: &Calendar, position: &Position, call: &Call<'_>) -> Vec<Unit> {
    let since = position.since.unwrap_or(0);
    // The first round tells what is there; only what goes while it is read is told as removed.
    let removed_since = position.since.unwrap_or(position.began);
    let there = calendar
        .events
        .values()
        .filter(|event| event.revision > since);
    let there = there.map(|event| Unit {
        order: (event.revision, event.key.clone()),
        rows: rows(calendar, event, position, removed_since, call),
    });
    let removed = calendar
        .gone
        .iter()
        .filter(|gone| gone.revision > removed_since)
        .map(|gone| Unit {
            order: (gone.revision, gone.event.key.clone()),
            rows: vec![removed(&ids::event_id(&gone.event, None, call.prefer.ids))],
        });
    let told = there.chain(removed);
    told.filter(|unit| !unit.rows.is_empty()).collect()
}

/// A single event, or the master with its occurrences of the window. Nothing tells of an occurrence that is no more,
/// and what lies outside the window is told as removed.
fn rows(
    calendar: &Calendar,
    event: &Event,
    position: &Position,
    removed_since: u64,
    call: &Call<'_>,
) -> Vec<Value> {
    let view = call.view();
    let full = |item: &super::event::Item<'_>| {
        let mut row = item.show(calendar, call.account, &view);
        row["@odata.type"] = json!("#microsoft.graph.event");
        row
    };
    let (after, before) = (position.after, position.before);
    let changed = event.revision > removed_since;
    if event.series.is_none() {
        if event.time.touches(after, before) {
            return vec![full(&event.item())];
        }
        let id = event.item().id(view.ids);
        return changed.then(|| removed(&id)).into_iter().collect();
    }
    let mut rows = Vec::new();
    let mut outside = Vec::new();
    for item in event.occurrences_until(before) {
        let inside = item.time.touches(after, before);
        match (item.kind, inside) {
            (Kind::Exception, true) => rows.push(full(&item)),
            (Kind::Exception, false) if item.revision > removed_since => {
                outside.push(removed(&item.id(view.ids)));
            }
            (Kind::Occurrence, true) => rows.push(item.show_bare(&view)),
            (_, _) => {}
        }
    }
    let master = event.item();
    if !rows.is_empty() {
        rows.insert(0, full(&master));
    } else if changed {
        rows.push(removed(&master.id(view.ids)));
    }
    rows.extend(outside);
    rows
}

fn removed(id: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.event",
        "id": id,
        "@removed": { "reason": "deleted" },
    })
}

/// Where a round goes on, or begins anew.
struct Link<'a> {
    public_base: &'a Url,
    path: &'a str,
    after: Timestamp,
    before: Timestamp,
}

impl<'a> Link<'a> {
    fn of(position: &Position, call: &Call<'a>) -> Self {
        Self {
            public_base: call.public_base,
            path: &call.request.path,
            after: position.after,
            before: position.before,
        }
    }

    fn to(&self, name: &str, position: &Position) -> String {
        let mut link = self.public_base.clone();
        link.set_path(self.path);
        link.query_pairs_mut()
            .append_pair(name, &opaque::seal(position));
        link.to_string()
    }

    fn location(&self) -> String {
        let mut link = self.public_base.clone();
        link.set_path(self.path);
        link.query_pairs_mut()
            .append_pair("startDateTime", &self.after.to_string())
            .append_pair("endDateTime", &self.before.to_string())
            .append_pair("$deltatoken", "");
        link.to_string()
    }
}
