//! A day view for people: see what an account's calendar holds, add, move and delete.

use axum::Router;
use axum::extract::{Form, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{self, ApiRequest};
use super::event::Event;
use super::instances;
use super::server::GoogleSim;
use super::state::{Calendar, State};
use super::times::EventTime;
use crate::sim::opaque;
use crate::sim::pages::{
    self, AddForm, Day, DayQuery, DeleteForm, Listed, MoveForm, Shown, day_path, page, segment,
};
use crate::sim::zones::zone_or_utc;

/// As the pages call it.
pub(super) const SERVICE: &str = "Google";

pub(super) fn routes() -> Router<GoogleSim> {
    Router::new()
        .route("/", get(accounts))
        .route("/day", get(day))
        .route("/day/add", post(add))
        .route("/day/move", post(move_event))
        .route("/day/delete", post(delete))
        .route("/calendar/event", get(event_link))
}

async fn accounts(Shared(sim): Shared<GoogleSim>) -> Response {
    let today = sim.now().to_zoned(TimeZone::UTC).date();
    sim.read(|state| {
        let listed = state.accounts.values().flat_map(|account| {
            account.calendars.iter().map(|id| {
                let calendar = &state.calendars[id];
                Listed {
                    account: &account.email,
                    calendar: id,
                    name: calendar.summary.clone(),
                    zone: &calendar.zone,
                }
            })
        });
        let listed: Vec<Listed<'_>> = listed.collect();
        let body = pages::calendars("Simulated Google Calendar", &listed, today);
        shown("Accounts", &body)
    })
}

async fn day(Shared(sim): Shared<GoogleSim>, Query(query): Query<DayQuery>) -> Response {
    let now = sim.now();
    sim.read(|state| {
        let id = query.calendar.as_ref().unwrap_or(&query.account);
        let Some(calendar) = calendar_of(state, &query.account, id) else {
            let body = shown("Not found", &pages::no_calendar());
            return (StatusCode::NOT_FOUND, body).into_response();
        };
        let zone = zone_or_utc(&calendar.zone);
        let date = query.date.unwrap_or_else(|| now.to_zoned(zone).date());
        let events = events_of(calendar, date);
        let body = pages::day(&Day {
            account: &query.account,
            calendar: id,
            name: &calendar.summary,
            zone: &calendar.zone,
            date,
            shown: events
                .iter()
                .map(|event| on_page(event, calendar))
                .collect(),
        });
        shown("Day", &body)
    })
}

async fn add(Shared(sim): Shared<GoogleSim>, Form(form): Form<AddForm>) -> Response {
    let body = sim.read(|state| {
        let zone = state.calendars.get(&form.calendar).map(|c| c.zone.clone());
        json!({
            "summary": form.title,
            "start": { "dateTime": form.day.to_datetime(form.start).to_string(), "timeZone": zone },
            "end": { "dateTime": form.day.to_datetime(form.end).to_string(), "timeZone": zone },
        })
    });
    let path = format!("calendars/{}/events", segment(&form.calendar));
    act(
        &sim,
        &form.account,
        &form.calendar,
        form.day,
        Method::POST,
        &path,
        &body,
    )
}

async fn move_event(Shared(sim): Shared<GoogleSim>, Form(form): Form<MoveForm>) -> Response {
    let body = sim.read(|state| {
        let calendar = state.calendars.get(&form.calendar)?;
        let event = instances::find(calendar, &form.event)?;
        let timed = |time: Time| {
            json!({ "dateTime": form.date.to_datetime(time).to_string(), "timeZone": calendar.zone })
        };
        if let (Some(start), Some(end)) = (form.start, form.end) {
            return Some(json!({ "start": timed(start), "end": timed(end) }));
        }
        let start = EventTime::Day(form.date);
        let end = event.start.shifted_end(&event.end, &start);
        Some(json!({ "start": start.to_own_json(), "end": end.to_own_json() }))
    });
    let path = event_path(&form.calendar, &form.event);
    let body = body.unwrap_or_default();
    act(
        &sim,
        &form.account,
        &form.calendar,
        form.date,
        Method::PATCH,
        &path,
        &body,
    )
}

async fn delete(Shared(sim): Shared<GoogleSim>, Form(form): Form<DeleteForm>) -> Response {
    let path = event_path(&form.calendar, &form.event);
    let body = Value::Null;
    act(
        &sim,
        &form.account,
        &form.calendar,
        form.day,
        Method::DELETE,
        &path,
        &body,
    )
}

#[derive(Deserialize)]
struct LinkQuery {
    eid: String,
}

/// Where an event's `htmlLink` leads: the day that it stands on.
async fn event_link(Shared(sim): Shared<GoogleSim>, Query(link): Query<LinkQuery>) -> Response {
    let named = opaque::from_base64url(&link.eid).unwrap_or_default();
    let found = sim.read(|state| {
        let (event, calendar) = named.split_once(' ')?;
        let calendar = state.calendars.get(calendar)?;
        let event = instances::find(calendar, event)?;
        let day = event.start.instant(&zone_or_utc(&calendar.zone));
        let date = day.to_zoned(zone_or_utc(&calendar.zone)).date();
        Some(day_path(&calendar.owner, &calendar.id, date))
    });
    match found {
        Some(path) => Redirect::to(&path).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Does what a person asked for through the same door as an application, so that the same rules hold.
fn act(
    sim: &GoogleSim,
    account: &str,
    calendar: &str,
    day: Date,
    method: Method,
    path: &str,
    body: &Value,
) -> Response {
    let now = sim.now();
    let outcome = sim.write(|state| {
        let request = ApiRequest {
            method,
            path: format!("/calendar/v3/{path}"),
            query: String::new(),
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
            batched: false,
        };
        api::answer_person(state, &sim.options().public_base, now, account, &request)
    });
    match outcome {
        Ok(_) => Redirect::to(&day_path(account, calendar, day)).into_response(),
        Err(error) => {
            let body = pages::not_done(error.message(), &day_path(account, calendar, day));
            (StatusCode::BAD_REQUEST, shown("Not done", &body)).into_response()
        }
    }
}

fn shown(title: &str, body: &Markup) -> Response {
    Html(page(SERVICE, title, body).into_string()).into_response()
}

fn calendar_of<'a>(state: &'a State, account: &str, id: &str) -> Option<&'a Calendar> {
    let account = state.accounts.get(account)?;
    account.calendars.iter().find(|own| *own == id)?;
    state.calendars.get(id)
}

fn events_of(calendar: &Calendar, date: Date) -> Vec<Event> {
    let zone = zone_or_utc(&calendar.zone);
    let from = EventTime::Day(date).instant(&zone);
    let until = EventTime::Day(date.saturating_add(jiff::Span::new().days(1))).instant(&zone);
    let mut events: Vec<Event> = Vec::new();
    for event in calendar.events.values() {
        if event.is_series() {
            events.extend(instances::plain_occurrences(calendar, event, until));
        } else {
            events.push(event.clone());
        }
    }
    events.retain(|event| {
        !event.is_cancelled()
            && event.start.instant(&zone) < until
            && (event.end.instant(&zone) > from || event.start.instant(&zone) >= from)
    });
    events.sort_by_key(|event| event.start.instant(&zone));
    events
}

fn on_page(event: &Event, calendar: &Calendar) -> Shown {
    let title = event.content.get("summary").and_then(Value::as_str);
    Shown {
        id: event.id.clone(),
        title: title.unwrap_or("(No title)").to_owned(),
        times: times_of(event, calendar),
        of_series: event.occurrence.is_some(),
    }
}

fn times_of(event: &Event, calendar: &Calendar) -> Option<(String, String)> {
    let zone = zone_or_utc(&calendar.zone);
    let clock = |time: &EventTime| match time {
        EventTime::Day(_) => None,
        EventTime::Moment { at, .. } => {
            Some(at.to_zoned(zone.clone()).strftime("%H:%M").to_string())
        }
    };
    Some((clock(&event.start)?, clock(&event.end)?))
}

fn event_path(calendar: &str, event: &str) -> String {
    format!("calendars/{}/events/{}", segment(calendar), segment(event))
}
