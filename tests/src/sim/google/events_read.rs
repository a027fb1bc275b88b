//! get and instances.

use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::Call;
use super::event::{Event, View};
use super::instances;
use super::state::{Calendar, State, etag};
use super::times::{EventTime, millis, parse_bound};
use super::wire::{ApiError, Reply};
use crate::sim::zones::{known_zone, zone_or_utc};
use crate::sim::{opaque, strict};

/// How far an endless series is expanded when nobody says where to stop. Google does not say either.
const HORIZON: SignedDuration = SignedDuration::from_hours(24 * 366 * 2);

pub(super) const PAGE_DEFAULT: usize = 250;
pub(super) const PAGE_MAX: usize = 2500;

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.calendar(state)?;
    let event = instances::find(calendar, &call.captures[1]).ok_or_else(ApiError::not_found)?;
    let unchanged = call
        .header(header::IF_NONE_MATCH)
        .is_some_and(|known| known == "*" || known == event.etag());
    if unchanged {
        return Ok(Reply {
            headers: vec![(header::ETAG, event.etag())],
            ..Reply::empty(StatusCode::NOT_MODIFIED)
        });
    }
    Ok(Reply::ok(event.show(calendar, &view(call, calendar)?)))
}

#[derive(Serialize, Deserialize)]
struct InstancesPage {
    series: String,
    after: (i64, String),
}

/// The occurrences of one series, exceptions among them, in the order of their starts.
pub(super) fn instances(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.calendar(state)?;
    let series = calendar
        .events
        .get(&call.captures[1])
        .ok_or_else(ApiError::not_found)?;
    if !series.is_series() {
        return Err(ApiError::invalid("The event is not a recurring event."));
    }
    let page = match call.params.one("pageToken")? {
        None => None,
        Some(token) => Some(
            opaque::open::<InstancesPage>(token)
                .filter(|page| page.series == series.id)
                .ok_or_else(|| ApiError::invalid("Invalid page token value."))?,
        ),
    };
    let zone = zone_or_utc(&calendar.zone);
    let mut rows: Vec<((i64, String), Event)> = selected_instances(calendar, series, call)?
        .into_iter()
        .map(|event| {
            (
                (event.start.instant(&zone).as_second(), event.id.clone()),
                event,
            )
        })
        .filter(|(key, _)| page.as_ref().is_none_or(|page| *key > page.after))
        .collect();
    rows.sort_by(|(left, _), (right, _)| left.cmp(right));
    let limit = page_limit(call)?;
    let more = rows.len() > limit;
    rows.truncate(limit);

    let mut body = events_head(calendar);
    if more && let Some((after, _)) = rows.last() {
        let token = InstancesPage {
            series: series.id.clone(),
            after: after.clone(),
        };
        body["nextPageToken"] = json!(opaque::seal(&token));
    }
    let view = view(call, calendar)?;
    body["items"] = rows
        .iter()
        .map(|(_, event)| event.show(calendar, &view))
        .collect();
    Ok(Reply::ok(body))
}

fn selected_instances(
    calendar: &Calendar,
    series: &Event,
    call: &Call<'_>,
) -> Result<Vec<Event>, ApiError> {
    let (after, before) = time_range(call)?;
    let show_deleted = call.params.flag("showDeleted")?.unwrap_or(false);
    let original = call.params.one("originalStart")?;
    let zone = zone_or_utc(&calendar.zone);
    let mut found = instances::plain_occurrences(calendar, series, horizon(before, call.now));
    found.extend(instances::exceptions(calendar, &series.id).cloned());
    found.retain(|event| {
        let wanted = match (original, &event.occurrence) {
            (None, _) => true,
            (Some(text), Some(occurrence)) => is_start(&occurrence.original_start, text),
            (Some(_), None) => false,
        };
        wanted
            && (show_deleted || !event.is_cancelled())
            && after.is_none_or(|after| event.end.instant(&zone) > after)
            && before.is_none_or(|before| event.start.instant(&zone) < before)
    });
    Ok(found)
}

fn is_start(start: &EventTime, text: &str) -> bool {
    match start {
        EventTime::Day(day) => day.to_string() == text,
        EventTime::Moment { at, .. } => parse_bound(text) == Some(*at),
    }
}

/// How this call wants events shown.
pub(super) fn view(call: &Call<'_>, calendar: &Calendar) -> Result<View, ApiError> {
    let zone = match call.params.one("timeZone")? {
        None => zone_or_utc(&calendar.zone),
        Some(name) => known_zone(name)
            .ok_or_else(|| strict::bad("timeZone", &format!("is the unknown zone {name:?}")))?,
    };
    call.params.flag("alwaysIncludeEmail")?;
    Ok(View {
        zone,
        attendees_max: call.params.count("maxAttendees")?,
        details_of_deleted: true,
        public_base: call.public_base.clone(),
    })
}

/// `timeMin` and `timeMax`, both exclusive: the one bounds ends, the other starts.
pub(super) fn time_range(
    call: &Call<'_>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), ApiError> {
    let bound = |name: &str| match call.params.one(name)? {
        None => Ok(None),
        Some(text) => match parse_bound(text) {
            Some(at) => Ok(Some(at)),
            None => Err(strict::bad(
                name,
                &format!("is {text:?}, not RFC 3339 with an offset"),
            )),
        },
    };
    let (after, before) = (bound("timeMin")?, bound("timeMax")?);
    if let (Some(after), Some(before)) = (after, before)
        && before <= after
    {
        return Err(
            ApiError::new(400, "timeRangeEmpty", "The specified time range is empty.")
                .of_calendar()
                .at_parameter("timeMax"),
        );
    }
    Ok((after, before))
}

pub(super) fn page_limit(call: &Call<'_>) -> Result<usize, ApiError> {
    let asked = call.params.count("maxResults")?.unwrap_or(PAGE_DEFAULT);
    Ok(asked.min(PAGE_MAX))
}

pub(super) fn horizon(before: Option<Timestamp>, now: Timestamp) -> Timestamp {
    before.unwrap_or(now + HORIZON)
}

/// What stands around the items of every list of events.
pub(super) fn events_head(calendar: &Calendar) -> Value {
    let newest = calendar
        .events
        .values()
        .map(|event| event.revision)
        .fold(calendar.revision, u64::max);
    json!({
        "kind": "calendar#events",
        "etag": etag(newest),
        "summary": calendar.summary,
        "description": "",
        "updated": millis(calendar.updated),
        "timeZone": calendar.zone,
        "accessRole": calendar.access_role,
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
    })
}
