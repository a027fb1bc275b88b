//! A day view for people: see what an account's calendar holds, add, move and delete.

use axum::Router;
use axum::extract::{Form, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use jiff::civil::{Date, Time};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::api::{self, ApiRequest};
use super::event::Event;
use super::instances;
use super::server::GoogleSim;
use super::state::{Calendar, State};
use super::times::{EventTime, zone_or_utc};
use crate::sim::opaque;

const STYLE: &str = "
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:44rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem} form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.4rem 0}
fieldset{border:1px solid #8886;border-radius:.5rem;flex:1 1 100%} fieldset label{display:block}
article{border:1px solid #8886;border-left:.3rem solid #1a73e8;border-radius:.5rem;padding:.6rem .9rem;margin:.6rem 0}
article h2{font-size:1rem;margin:0} .quiet{opacity:.7}
input,select,button{font:inherit;padding:.25rem .5rem} nav{display:flex;gap:1rem}
";

pub(super) fn routes() -> Router<GoogleSim> {
    Router::new()
        .route("/", get(accounts))
        .route("/day", get(day))
        .route("/day/add", post(add))
        .route("/day/move", post(move_event))
        .route("/day/delete", post(delete))
        .route("/calendar/event", get(event_link))
}

/// The frame of every page of this simulator.
pub(super) fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Simulated Google" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

async fn accounts(Shared(sim): Shared<GoogleSim>) -> Response {
    let today = sim.now().to_string()[..10].to_owned();
    sim.read(|state| {
        let body = html! {
            h1 { "Simulated Google Calendar" }
            @if state.accounts.is_empty() { p { "There are no accounts yet." } }
            ul {
                @for account in state.accounts.values() {
                    @for id in &account.calendars {
                        @let calendar = &state.calendars[id];
                        li {
                            a id={ "calendar-" (id) } href=(day_path(&account.email, id, &today)) {
                                (calendar.summary)
                            }
                            span .quiet { " " (calendar.zone) }
                        }
                    }
                }
            }
        };
        shown("Accounts", &body)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayQuery {
    account: String,
    calendar: Option<String>,
    date: Option<Date>,
}

async fn day(Shared(sim): Shared<GoogleSim>, Query(query): Query<DayQuery>) -> Response {
    let now = sim.now();
    sim.read(|state| {
        let id = query.calendar.as_ref().unwrap_or(&query.account);
        let Some(calendar) = calendar_of(state, &query.account, id) else {
            let body =
                html! { h1 { "There is no such calendar" } a #back href="/" { "All accounts" } };
            return (StatusCode::NOT_FOUND, shown("Not found", &body)).into_response();
        };
        let zone = zone_or_utc(&calendar.zone);
        let date = query.date.unwrap_or_else(|| now.to_zoned(zone).date());
        shown("Day", &day_view(&query.account, calendar, date))
    })
}

fn day_view(account: &str, calendar: &Calendar, date: Date) -> Markup {
    let step = |days: i64| {
        let other = date.saturating_add(jiff::Span::new().days(days));
        day_path(account, &calendar.id, &other.to_string())
    };
    let hidden = html! {
        input type="hidden" name="account" value=(account);
        input type="hidden" name="calendar" value=(calendar.id);
    };
    let on_day = html! { (hidden) input type="hidden" name="day" value=(date); };
    html! {
        nav { a #accounts href="/" { "Accounts" } a #previous href=(step(-1)) { "Previous day" } a #next href=(step(1)) { "Next day" } }
        h1 { (calendar.summary) ", " (date.strftime("%A, %-d %B %Y")) }
        p .quiet { "Times are in " (calendar.zone) "." }
        form method="post" action="/day/add" {
            (on_day)
            input #add-title name="title" aria-label="Title" placeholder="New event" required;
            input #add-start name="start" type="time" value="09:00" aria-label="Start" required;
            input #add-end name="end" type="time" value="10:00" aria-label="End" required;
            button #add type="submit" { "Add" }
        }
        @for event in events_of(calendar, date) {
            @let id = &event.id;
            article id={ "event-" (id) } {
                h2 { (title_of(&event)) }
                p .quiet { (span_of(&event, calendar)) @if event.occurrence.is_some() { ", one of a series" } }
                form method="post" action="/day/move" {
                    (hidden)
                    input type="hidden" name="event" value=(id);
                    input id={ "date-" (id) } name="date" type="date" value=(date) aria-label="Date" required;
                    @if let Some((start, end)) = times_of(&event, calendar) {
                        input id={ "start-" (id) } name="start" type="time" value=(start) aria-label="Start" required;
                        input id={ "end-" (id) } name="end" type="time" value=(end) aria-label="End" required;
                    }
                    button id={ "move-" (id) } type="submit" { "Move" }
                }
                form method="post" action="/day/delete" {
                    (on_day)
                    input type="hidden" name="event" value=(id);
                    button id={ "delete-" (id) } .quiet type="submit" { "Delete" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddForm {
    account: String,
    calendar: String,
    day: Date,
    title: String,
    start: Time,
    end: Time,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveForm {
    account: String,
    calendar: String,
    event: String,
    date: Date,
    start: Option<Time>,
    end: Option<Time>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    account: String,
    calendar: String,
    day: Date,
    event: String,
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
        let date = day.to_zoned(zone_or_utc(&calendar.zone)).date().to_string();
        Some(day_path(&calendar.owner, &calendar.id, &date))
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
        Ok(_) => Redirect::to(&day_path(account, calendar, &day.to_string())).into_response(),
        Err(error) => {
            let body = html! {
                h1 { "That did not work" }
                p { (error.message()) }
                a #back href=(day_path(account, calendar, &day.to_string())) { "Back to the day" }
            };
            (StatusCode::BAD_REQUEST, shown("Not done", &body)).into_response()
        }
    }
}

fn shown(title: &str, body: &Markup) -> Response {
    Html(page(title, body).into_string()).into_response()
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

fn title_of(event: &Event) -> &str {
    let title = event.content.get("summary").and_then(Value::as_str);
    title.unwrap_or("(No title)")
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

fn span_of(event: &Event, calendar: &Calendar) -> String {
    match times_of(event, calendar) {
        Some((start, end)) => format!("{start} to {end}"),
        None => "All day".to_owned(),
    }
}

fn day_path(account: &str, calendar: &str, date: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("account", account), ("calendar", calendar), ("date", date)])
        .finish();
    format!("/day?{query}")
}

fn event_path(calendar: &str, event: &str) -> String {
    format!("calendars/{}/events/{}", segment(calendar), segment(event))
}

fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
