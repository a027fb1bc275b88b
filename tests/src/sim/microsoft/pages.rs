//! A day view for people: see what an account's calendar holds, add, move and delete.

use axum::Router;
use axum::extract::{Form, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use jiff::Span;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{self, ApiRequest};
use super::event::{Item, Stretch};
use super::ids::IdType;
use super::read::in_window;
use super::server::MicrosoftSim;
use super::state::{Calendar, State};
use super::times::seven_digits;
use crate::sim::pages::{
    self, AddForm, Day, DayQuery, DeleteForm, Listed, MoveForm, Shown, day_path, page, segment,
};
use crate::sim::zones::{resolve, zone_or_utc};

/// As the pages call it.
pub(super) const SERVICE: &str = "Microsoft";

pub(super) fn routes() -> Router<MicrosoftSim> {
    Router::new()
        .route("/", get(accounts))
        .route("/day", get(day))
        .route("/day/add", post(add))
        .route("/day/move", post(move_event))
        .route("/day/delete", post(delete))
        .route("/owa/", get(event_link))
}

async fn accounts(Shared(sim): Shared<MicrosoftSim>) -> Response {
    let today = sim.now().to_zoned(TimeZone::UTC).date();
    sim.read(|state| {
        let mut listed = Vec::new();
        for account in state.accounts.values() {
            for calendar in state.calendars_of(&account.email) {
                listed.push(Listed {
                    account: &account.email,
                    calendar: &calendar.id,
                    name: format!("{}: {}", account.email, calendar.name),
                    zone: &account.zone,
                });
            }
        }
        let body = pages::calendars("Simulated Microsoft 365", &listed, today);
        shown("Accounts", &body)
    })
}

async fn day(Shared(sim): Shared<MicrosoftSim>, Query(query): Query<DayQuery>) -> Response {
    let now = sim.now();
    sim.read(|state| {
        let calendar = calendar_of(state, &query.account, query.calendar.as_deref());
        let found = calendar.zip(state.accounts.get(&query.account));
        let Some((calendar, account)) = found else {
            let body = shown("Not found", &pages::no_calendar());
            return (StatusCode::NOT_FOUND, body).into_response();
        };
        let zone = zone_or_utc(&account.zone);
        let date = query
            .date
            .unwrap_or_else(|| now.to_zoned(zone.clone()).date());
        let body = pages::day(&Day {
            account: &query.account,
            calendar: &calendar.id,
            name: &calendar.name,
            zone: &account.zone,
            date,
            shown: on_day(calendar, date, &zone),
        });
        shown("Day", &body)
    })
}

async fn add(Shared(sim): Shared<MicrosoftSim>, Form(form): Form<AddForm>) -> Response {
    let zone = zone_of(&sim, &form.account);
    let body = json!({
        "subject": form.title,
        "start": timed(form.day, form.start, &zone),
        "end": timed(form.day, form.end, &zone),
    });
    let path = format!("me/calendars/{}/events", segment(&form.calendar));
    let back = day_path(&form.account, &form.calendar, form.day);
    act(&sim, &form.account, &back, Method::POST, &path, &body)
}

async fn move_event(Shared(sim): Shared<MicrosoftSim>, Form(form): Form<MoveForm>) -> Response {
    let zone = zone_of(&sim, &form.account);
    let old = sim.read(|state| {
        let (_, item) = state.find(&form.account, &form.event)?;
        Some(item.time.clone())
    });
    let body = match (form.start, form.end, old) {
        (Some(start), Some(end), _) => json!({
            "start": timed(form.date, start, &zone),
            "end": timed(form.date, end, &zone),
        }),
        (_, _, Some(old)) => whole_days(&old.moved_to(form.date.at(0, 0, 0, 0))),
        (_, _, None) => Value::Null,
    };
    let back = day_path(&form.account, &form.calendar, form.date);
    let path = format!("me/events/{}", segment(&form.event));
    act(&sim, &form.account, &back, Method::PATCH, &path, &body)
}

async fn delete(Shared(sim): Shared<MicrosoftSim>, Form(form): Form<DeleteForm>) -> Response {
    let back = day_path(&form.account, &form.calendar, form.day);
    let path = format!("me/events/{}", segment(&form.event));
    act(
        &sim,
        &form.account,
        &back,
        Method::DELETE,
        &path,
        &Value::Null,
    )
}

#[derive(Deserialize)]
struct LinkQuery {
    itemid: String,
    calendar: String,
}

/// Where an event's `webLink` leads: the day that it stands on.
async fn event_link(Shared(sim): Shared<MicrosoftSim>, Query(link): Query<LinkQuery>) -> Response {
    let found = sim.read(|state| {
        let owner = &state.calendars.get(&link.calendar)?.owner;
        let (calendar, item) = state.find(owner, &link.itemid)?;
        let zone = zone_or_utc(&state.accounts.get(owner)?.zone);
        let date = if item.time.all_day {
            item.time.start.wall.date()
        } else {
            item.time.start.instant().to_zoned(zone).date()
        };
        Some(day_path(owner, &calendar.id, date))
    });
    match found {
        Some(path) => Redirect::to(&path).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Does what a person asked for through the same door as an application, so that the same rules hold.
fn act(
    sim: &MicrosoftSim,
    account: &str,
    back: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Response {
    let now = sim.now();
    let request = ApiRequest {
        method,
        path: format!("/v1.0/{path}"),
        query: String::new(),
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
        batched: false,
        crowded: false,
    };
    let base = &sim.options().public_base;
    match sim.write(|state| api::answer_person(state, base, now, account, &request)) {
        Ok(_) => Redirect::to(back).into_response(),
        Err(error) => {
            let body = pages::not_done(error.message(), back);
            (StatusCode::BAD_REQUEST, shown("Not done", &body)).into_response()
        }
    }
}

fn shown(title: &str, body: &Markup) -> Response {
    Html(page(SERVICE, title, body).into_string()).into_response()
}

fn zone_of(sim: &MicrosoftSim, account: &str) -> String {
    let zone = sim.read(|state| {
        state
            .accounts
            .get(account)
            .map(|account| account.zone.clone())
    });
    zone.unwrap_or_default()
}

fn timed(date: Date, time: Time, zone: &str) -> Value {
    json!({ "dateTime": seven_digits(date.to_datetime(time)), "timeZone": zone })
}

fn whole_days(time: &Stretch) -> Value {
    let midnight = |when: &super::times::When| json!({ "dateTime": seven_digits(when.wall), "timeZone": when.zone });
    json!({ "start": midnight(&time.start), "end": midnight(&time.end) })
}

fn calendar_of<'a>(state: &'a State, account: &str, id: Option<&str>) -> Option<&'a Calendar> {
    let mut own = state.calendars_of(account);
    match id {
        Some(id) => own.find(|calendar| calendar.id == id),
        None => own.find(|calendar| calendar.is_default),
    }
}

fn on_day(calendar: &Calendar, date: Date, zone: &TimeZone) -> Vec<Shown> {
    let next = date.saturating_add(Span::new().days(1));
    let of_day = |zone: &TimeZone| {
        let midnight = |date: Date| resolve(date.at(0, 0, 0, 0), zone);
        (midnight(date), midnight(next))
    };
    let (here, anywhere) = (of_day(zone), of_day(&TimeZone::UTC));
    let (after, before) = (here.0.min(anywhere.0), here.1.max(anywhere.1));
    let mut items: Vec<Item<'_>> = calendar
        .events
        .values()
        .flat_map(|event| in_window(event, after, before))
        .filter(|item| {
            let (after, before) = if item.time.all_day { anywhere } else { here };
            item.time.touches(after, before)
        })
        .collect();
    items.sort_by_key(|item| (!item.time.all_day, item.time.from()));
    items.iter().map(|item| on_page(item, zone)).collect()
}

fn on_page(item: &Item<'_>, zone: &TimeZone) -> Shown {
    let subject = item.content.get("subject").and_then(Value::as_str);
    let title = subject.filter(|subject| !subject.is_empty());
    let clock = |when: &super::times::When| {
        let at = when.instant().to_zoned(zone.clone());
        at.strftime("%H:%M").to_string()
    };
    let times = (!item.time.all_day).then(|| (clock(&item.time.start), clock(&item.time.end)));
    Shown {
        id: item.id(IdType::Immutable),
        title: title.unwrap_or("(No title)").to_owned(),
        times,
        of_series: item.original.is_some(),
    }
}
