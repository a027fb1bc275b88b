//! The control API under `/_sim/`: what tests, benches and people steer the simulator with.

use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts;
use super::batch;
use super::endpoints::ENDPOINTS;
use super::event::{Event, View};
use super::identity::CERTS;
use super::pubsub;
use super::server::GoogleSim;
use super::state::State;
use crate::sim::faults::{Fault, FaultName, Faults};
use crate::sim::notices::NOTICE;
use crate::sim::request_log::RequestLog;
use crate::sim::steering::{self, Steered, answer, read, refused};
use crate::sim::zones::zone_or_utc;

const OAUTH_OPERATIONS: [&str; 4] = [
    "oauth.token",
    "oauth.revoke",
    "oauth.userinfo",
    "oauth.tokeninfo",
];

impl Steered for GoogleSim {
    fn switches<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        self.write(|state| change(&mut state.faults))
    }

    fn record<T>(&self, look: impl FnOnce(&RequestLog) -> T) -> T {
        self.read(|state| look(&state.requests))
    }

    fn targets() -> Vec<&'static str> {
        let methods = ENDPOINTS.iter().map(|endpoint| endpoint.name);
        methods
            .chain(OAUTH_OPERATIONS)
            .chain(pubsub::operations())
            .chain([batch::OPERATION, CERTS, NOTICE, pubsub::PUSH])
            .collect()
    }

    fn check(fault: &Fault) -> Result<(), String> {
        let reasonless = [FaultName::TokenRevoked, FaultName::CursorExpired];
        if reasonless.contains(&fault.name) && fault.reason.is_some() {
            return Err("reason means nothing here: Google gives none".to_owned());
        }
        Ok(())
    }
}

pub(super) fn routes() -> Router<GoogleSim> {
    steering::routes()
        .route("/_sim/token", post(token))
        .route("/_sim/state", get(state))
        .route("/_sim/mail", get(mail))
        .route("/_sim/accounts", post(add_account))
        .route("/_sim/calendars", post(add_calendar))
        .route("/_sim/service_accounts", post(add_service_account))
        .route("/_sim/identity", post(identity_token))
        .route("/_sim/signing_key", post(rotate_signing_key))
        .route("/_sim/quota", post(set_quota))
        .route("/_sim/forget_deleted", post(forget_deleted))
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
    summary: String,
    zone: String,
    access_role: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewServiceAccount {
    email: String,
    project: String,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityOf {
    account: String,
    audience: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuota {
    /// Requests per minute and user; `null` switches the quota off. Google's own default is 600.
    per_minute_per_user: Option<usize>,
}

async fn token(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let asked: TokenOf = match read(&body) {
        Ok(asked) => asked,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let now = sim.now();
    let client = &sim.options().client_id;
    sim.write(|state| {
        if state.service_accounts.is_one(&asked.account) {
            let token = state.grants.issue_cloud(&asked.account, now);
            return answer(json!({ "access_token": token }));
        }
        if !state.accounts.contains_key(&asked.account) {
            return refused(
                StatusCode::NOT_FOUND,
                &format!("no account {:?}", asked.account),
            );
        }
        let token = state.grants.issue_full(&asked.account, client, now);
        answer(json!({ "access_token": token }))
    })
}

/// Every calendar with every stored event, deleted ones included, in the shape of the API.
async fn state(Shared(sim): Shared<GoogleSim>) -> Response {
    sim.read(|state| {
        let calendars: Vec<Value> = state
            .calendars
            .values()
            .map(|calendar| {
                let view = View {
                    zone: zone_or_utc(&calendar.zone),
                    attendees_max: None,
                    details_of_deleted: true,
                    public_base: sim.options().public_base.clone(),
                };
                let shown = calendar.events.values().filter(|event| !event.is_dropped());
                let events: Vec<Value> = shown.map(|event| event.show(calendar, &view)).collect();
                json!({
                    "id": calendar.id,
                    "account": calendar.owner,
                    "summary": calendar.summary,
                    "zone": calendar.zone,
                    "access_role": calendar.access_role,
                    "events": events,
                })
            })
            .collect();
        answer(json!({
            "accounts": state.accounts.values().collect::<Vec<_>>(),
            "calendars": calendars,
            "channels": state.channels,
            "pending_notices": state.notices.len() + state.in_flight + state.pubsub.waiting(),
            "pubsub": state.pubsub,
        }))
    })
}

async fn mail(Shared(sim): Shared<GoogleSim>) -> Response {
    sim.read(|state| answer(json!({ "count": state.mails.len(), "mails": state.mails })))
}

async fn add_account(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let new: NewAccount = match read(&body) {
        Ok(new) => new,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let now = sim.now();
    sim.write(
        |state| match accounts::add_account(state, &new.email, &new.zone, now) {
            Ok(()) => answer(json!({ "email": new.email })),
            Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        },
    )
}

async fn add_calendar(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let new: NewCalendar = match read(&body) {
        Ok(new) => new,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let now = sim.now();
    let role = new.access_role.as_deref().unwrap_or("owner");
    let added = sim.write(|state| {
        let id = accounts::add_calendar(state, &new.account, &new.summary, &new.zone, now)?;
        accounts::set_access(state, &id, role)?;
        anyhow::Ok(id)
    });
    match added {
        Ok(id) => answer(json!({ "id": id })),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// Answers the file that Google would let its owner download. A project is there with its first account.
async fn add_service_account(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let new: NewServiceAccount = match read(&body) {
        Ok(new) => new,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let token_uri = format!("{}token", sim.options().public_base);
    let NewServiceAccount {
        email,
        project,
        roles,
    } = new;
    let add = |state: &mut State| {
        state
            .service_accounts
            .add(&email, &project, &roles, &token_uri)
    };
    answer(sim.write(add))
}

/// What would go with a push.
async fn identity_token(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let of: IdentityOf = match read(&body) {
        Ok(of) => of,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let now = sim.now();
    let token = sim.read(|state| state.signing.token(&of.account, &of.audience, now));
    answer(json!({ "token": token }))
}

async fn rotate_signing_key(Shared(sim): Shared<GoogleSim>) -> Response {
    sim.write(|state| state.signing.rotate());
    answer(json!({ "kid": sim.signing_kid() }))
}

/// What Google does with deleted events after a while: no listing shows them any more, and sync tokens from
/// before are void.
async fn forget_deleted(Shared(sim): Shared<GoogleSim>) -> Response {
    let forgotten = sim.write(|state| {
        state.forgotten = state.revision();
        let calendars = state.calendars.values_mut();
        calendars
            .map(|calendar| {
                let before = calendar.events.len();
                let is_kept =
                    |event: &Event| !event.is_cancelled() || event.is_cancelled_exception();
                calendar.events.retain(|_, event| is_kept(event));
                before - calendar.events.len()
            })
            .sum::<usize>()
    });
    answer(json!({ "forgotten": forgotten }))
}

async fn set_quota(Shared(sim): Shared<GoogleSim>, body: String) -> Response {
    let new: NewQuota = match read(&body) {
        Ok(new) => new,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    sim.write(|state| state.quota.per_minute_per_user = new.per_minute_per_user);
    answer(json!({ "per_minute_per_user": new.per_minute_per_user }))
}
