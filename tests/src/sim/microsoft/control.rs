//! The control API under `/_sim/`: what tests, benches and people steer the simulator with.

use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts;
use super::endpoints::operations;
use super::event::Event;
use super::ids::IdType;
use super::notices::{self, Lifecycle};
use super::oauth::aadsts;
use super::people::Adorned;
use super::server::MicrosoftSim;
use super::shown::View;
use super::state::RepeatedTransaction;
use super::times::ShownZone;
use crate::sim::faults::{Fault, FaultName, Faults};
use crate::sim::notices::NOTICE;
use crate::sim::request_log::RequestLog;
use crate::sim::steering::{self, Steered, answer, read, refused};

impl Steered for MicrosoftSim {
    fn switches<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        self.write(|state| change(&mut state.faults))
    }

    fn record<T>(&self, look: impl FnOnce(&RequestLog) -> T) -> T {
        self.read(|state| look(&state.requests))
    }

    fn targets() -> Vec<&'static str> {
        operations().chain([NOTICE]).collect()
    }

    /// The reason of a revoked grant is one of the identity platform's numbers.
    fn check(fault: &Fault) -> Result<(), String> {
        match (fault.name, fault.reason.as_deref()) {
            (FaultName::TokenRevoked, Some(number)) if aadsts::named(number).is_none() => {
                Err(format!("{number:?} is none of {:?}", aadsts::numbers()))
            }
            (_, _) => Ok(()),
        }
    }
}

pub(super) fn routes() -> Router<MicrosoftSim> {
    steering::routes()
        .route("/_sim/token", post(token))
        .route("/_sim/state", get(state))
        .route("/_sim/mail", get(mail))
        .route("/_sim/accounts", post(add_account))
        .route("/_sim/calendars", post(add_calendar))
        .route("/_sim/quota", post(set_quota))
        .route("/_sim/transactions", post(set_transactions))
        .route("/_sim/forget_deleted", post(forget_deleted))
        .route("/_sim/lifecycle", post(lifecycle))
        .route("/_sim/people", post(people))
        .route("/_sim/move", post(move_event))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenOf {
    account: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    email: String,
    zone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCalendar {
    account: String,
    name: String,
    can_edit: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuota {
    per_ten_minutes: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transactions {
    repeated: RepeatedTransaction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    account: String,
    event: Lifecycle,
}

/// What a person does at a client of Exchange, in the words of Graph, with what no application can do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    account: String,
    /// `POST`, `PATCH` or `DELETE`.
    method: String,
    /// Below the version, such as `me/events`.
    path: String,
    #[serde(default)]
    body: Value,
    /// The event's zone is one of the client's own making.
    custom_zone: Option<bool>,
    /// The event is somebody else's, who has invited this person.
    organizer: Option<String>,
    /// The organizer has called it off.
    is_cancelled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    account: String,
    event: String,
    calendar: String,
}

async fn token(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let asked: TokenOf = match read(&body) {
        Ok(asked) => asked,
        Err(error) => return bad(&error),
    };
    let now = sim.now();
    let client = &sim.options().client_id;
    sim.write(|state| {
        if !state.accounts.contains_key(&asked.account) {
            let why = format!("no account {:?}", asked.account);
            return refused(StatusCode::NOT_FOUND, &why);
        }
        let token = state.grants.issue_full(&asked.account, client, now);
        answer(json!({ "access_token": token }))
    })
}

/// Every calendar with every event, deleted ones apart, and everything that differs in series: in the shape of the API, with
/// bodies as text.
async fn state(Shared(sim): Shared<MicrosoftSim>) -> Response {
    let view = View {
        ids: IdType::Immutable,
        zone: ShownZone::utc(),
        text_body: true,
        public_base: sim.options().public_base.clone(),
    };
    sim.read(|state| {
        let calendars = state.calendars.values().map(|calendar| {
            let account = &state.accounts[&calendar.owner];
            let shown = |event: &Event| {
                let mut shown = event.item().show(calendar, account, &view);
                shown["singleValueExtendedProperties"] = json!(event.extended);
                if let Some(series) = &event.series {
                    let dates = series.exceptions.keys();
                    let exceptions = dates.filter_map(|date| event.occurrence(*date));
                    let exceptions = exceptions.map(|item| item.show(calendar, account, &view));
                    shown["exceptionOccurrences"] = exceptions.collect();
                    shown["cancelledOccurrences"] = json!(series.cancelled);
                }
                shown
            };
            json!({
                "id": calendar.id,
                "account": calendar.owner,
                "name": calendar.name,
                "is_default": calendar.is_default,
                "can_edit": calendar.can_edit,
                "events": calendar.events.values().map(shown).collect::<Vec<_>>(),
                "deleted": calendar.gone.iter().map(|gone| shown(&gone.event)).collect::<Vec<_>>(),
            })
        });
        answer(json!({
            "accounts": state.accounts.values().collect::<Vec<_>>(),
            "calendars": calendars.collect::<Vec<_>>(),
            "subscriptions": state.subscriptions,
            "pending_notices": state.notices.len() + state.in_flight,
        }))
    })
}

async fn mail(Shared(sim): Shared<MicrosoftSim>) -> Response {
    sim.read(|state| answer(json!({ "count": state.mails.len(), "mails": state.mails })))
}

async fn add_account(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let new: NewAccount = match read(&body) {
        Ok(new) => new,
        Err(error) => return bad(&error),
    };
    let added = sim.write(|state| accounts::add_account(state, &new.email, &new.zone));
    match added {
        Ok(()) => answer(json!({ "email": new.email })),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn add_calendar(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let new: NewCalendar = match read(&body) {
        Ok(new) => new,
        Err(error) => return bad(&error),
    };
    let can_edit = new.can_edit.unwrap_or(true);
    let added = sim.write(|state| accounts::add_calendar(state, &new.account, &new.name, can_edit));
    match added {
        Ok(id) => answer(json!({ "id": id })),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn set_quota(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let new: NewQuota = match read(&body) {
        Ok(new) => new,
        Err(error) => return bad(&error),
    };
    sim.write(|state| state.throttle.per_ten_minutes = new.per_ten_minutes);
    answer(json!({ "per_ten_minutes": new.per_ten_minutes }))
}

async fn set_transactions(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let new: Transactions = match read(&body) {
        Ok(new) => new,
        Err(error) => return bad(&error),
    };
    sim.write(|state| state.repeated_transaction = new.repeated);
    answer(json!({ "repeated": new.repeated }))
}

/// What Exchange does with deletions after a while: delta links from before are void.
async fn forget_deleted(Shared(sim): Shared<MicrosoftSim>) -> Response {
    let forgotten = sim.write(|state| {
        state.forgotten = state.revision();
        let calendars = state.calendars.values_mut();
        calendars
            .map(|calendar| calendar.gone.drain(..).count())
            .sum::<usize>()
    });
    answer(json!({ "forgotten": forgotten }))
}

async fn lifecycle(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let told: Told = match read(&body) {
        Ok(told) => told,
        Err(error) => return bad(&error),
    };
    let now = sim.now();
    let count = sim.write(|state| notices::lifecycle(state, &told.account, told.event, now));
    answer(json!({ "told": count }))
}

async fn people(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let deed: Deed = match read(&body) {
        Ok(deed) => deed,
        Err(error) => return bad(&error),
    };
    let Ok(method) = deed.method.parse::<Method>() else {
        return refused(StatusCode::BAD_REQUEST, "method is no method");
    };
    let adorned = Adorned {
        ical_uid: None,
        custom_zone: deed.custom_zone,
        organizer: deed.organizer,
        is_cancelled: deed.is_cancelled,
    };
    let said = (deed.path.as_str(), "", &deed.body);
    match sim.act_adorned(&deed.account, method, said, HeaderMap::new(), &adorned) {
        Ok(shown) => answer(shown),
        Err(why) => refused(StatusCode::BAD_REQUEST, &why),
    }
}

/// A person drags an event to another calendar.
async fn move_event(Shared(sim): Shared<MicrosoftSim>, body: String) -> Response {
    let asked: Move = match read(&body) {
        Ok(asked) => asked,
        Err(error) => return bad(&error),
    };
    match sim.drag(&asked.account, &asked.event, &asked.calendar) {
        Some(id) => answer(json!({ "id": id })),
        None => refused(StatusCode::NOT_FOUND, "there is no such event or calendar"),
    }
}

fn bad(error: &serde_json::Error) -> Response {
    refused(StatusCode::BAD_REQUEST, &error.to_string())
}
