//! The Calendar API's front door: which method is meant, whether it may run, and the record of it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, header};
use jiff::Timestamp;
use url::Url;

use super::endpoints::{ENDPOINTS, Endpoint, Operation};
use super::events_list::page_number;
use super::partial::Mask;
use super::state::{Calendar, State};
use super::wire::{ApiError, Reply};
use super::{calendar_list, channels, events_list, events_read, events_write};
use crate::sim::credentials;
use crate::sim::faults::{Fault, FaultName, Target};
use crate::sim::request_log::Entry;
use crate::sim::strict::Params;

/// Parameters that every method takes.
const COMMON_PARAMS: &[&str] = &["alt", "fields", "key", "prettyPrint", "quotaUser", "userIp"];

/// A request over a connection, or as a part of a batch.
#[derive(Clone, Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) batched: bool,
}

/// What goes back, when, and whether at all.
#[derive(Debug)]
pub(super) struct Outcome<T> {
    pub(super) reply: T,
    pub(super) delay: Duration,
    pub(super) cut: bool,
}

/// One call of one method by one account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) captures: &'a [String],
    pub(super) params: &'a Params,
    pub(super) request: &'a ApiRequest,
    pub(super) account: &'a str,
    pub(super) client: &'a str,
    pub(super) now: Timestamp,
    pub(super) public_base: &'a Url,
    /// A listing fault that strikes this call.
    pub(super) thinned: Option<Thinned>,
}

/// A page with fewer items than it could hold. It always carries on: what is left out comes on the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinned {
    Empty,
    Short,
}

impl Call<'_> {
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.request.headers.get(name)?.to_str().ok()
    }

    /// The calendar named in the path, where this account has it on its list.
    pub(super) fn calendar<'s>(&self, state: &'s State) -> Result<&'s Calendar, ApiError> {
        let named = match self.captures[0].as_str() {
            "primary" => self.account,
            id => id,
        };
        state
            .accounts
            .get(self.account)
            .filter(|account| account.calendars.iter().any(|id| id == named))
            .and_then(|_| state.calendars.get(named))
            .ok_or_else(ApiError::not_found)
    }

    pub(super) fn writable_calendar<'s>(&self, state: &'s State) -> Result<&'s Calendar, ApiError> {
        let calendar = self.calendar(state)?;
        if calendar.is_writable() {
            return Ok(calendar);
        }
        Err(ApiError::new(
            403,
            "requiredAccessLevel",
            "You need to have writer access to this calendar.",
        )
        .of_calendar())
    }
}

/// Answers one Calendar API request and records it.
pub(super) fn answer(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    request: &ApiRequest,
) -> Outcome<Reply> {
    let mut entry = Entry {
        seq: 0,
        at: now,
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.query.clone(),
        route: request.path.clone(),
        operation: "unknown".to_owned(),
        account: None,
        status: None,
        refused: None,
        batched: request.batched,
    };
    let mut delay = Duration::ZERO;
    let result = admit(state, public_base, now, request, &mut entry, &mut delay);
    let reply = result.unwrap_or_else(|error| {
        if error.refused {
            entry.refused = Some(error.message().to_owned());
        }
        error.into_reply()
    });
    let target = Target {
        method: &entry.operation,
        account: entry.account.as_deref(),
        path: &request.path,
        page: None,
    };
    let cut = state
        .faults
        .strike(FaultName::DropResponse, &target)
        .is_some();
    entry.status = (!cut).then(|| reply.status.as_u16());
    state.requests.record(entry);
    Outcome { reply, delay, cut }
}

/// From the bare request to a call that may run, in the order in which Google checks: does the method exist, who
/// calls, may he, how often, and only then what he says.
fn admit(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    request: &ApiRequest,
    entry: &mut Entry,
    delay: &mut Duration,
) -> Result<Reply, ApiError> {
    let (endpoint, captures) = route(request)?;
    entry.route = format!("/calendar/v3/{}", endpoint.template);
    endpoint.name.clone_into(&mut entry.operation);
    let params = Params::parse(&request.query);

    let bearer = credentials::bearer(&request.headers).ok_or_else(ApiError::login_required)?;
    let account = state.grants.account_of(bearer);
    entry.account.clone_from(&account);
    let target = Target {
        method: endpoint.name,
        account: account.as_deref(),
        path: &request.path,
        page: Some(page_number(&params)),
    };
    if let Some(account) = &account
        && state
            .faults
            .strike(FaultName::TokenRevoked, &target)
            .is_some()
    {
        state.grants.revoke_account(account);
    }
    if let Some(slow) = state.faults.strike(FaultName::Slow, &target) {
        *delay = slow.delay();
    }
    let access = state
        .grants
        .access(bearer, now)
        .ok_or_else(ApiError::invalid_credentials)?;
    if !endpoint.scopes.iter().any(|scope| access.allows(scope)) {
        return Err(ApiError::insufficient_scope());
    }
    if !state.quota.admit(&access.account, now) {
        return Err(ApiError::usage_limit(403, "userRateLimitExceeded"));
    }
    refuse_by_fault(state, endpoint, &params, &target)?;
    let thinned = thinned_by_fault(state, endpoint, &target);

    params.only(&[endpoint.params, COMMON_PARAMS])?;
    if params.one("alt")?.is_some_and(|alt| alt != "json") {
        return Err(ApiError::invalid("Only alt=json is served."));
    }
    let call = Call {
        endpoint,
        captures: &captures,
        params: &params,
        request,
        account: &access.account,
        client: &access.client,
        now,
        public_base,
        thinned,
    };
    let mask = Mask::parse(params.one("fields")?)?;
    Ok(mask.select(perform(state, &call)?))
}

/// The same for a person at the pages: under the same rules, but no application's call, so not in the record.
pub(super) fn answer_person(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    account: &str,
    request: &ApiRequest,
) -> Result<Reply, ApiError> {
    let (endpoint, captures) = route(request)?;
    let params = Params::parse(&request.query);
    let call = Call {
        endpoint,
        captures: &captures,
        params: &params,
        request,
        account,
        client: "people",
        now,
        public_base,
        thinned: None,
    };
    perform(state, &call)
}

fn perform(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    match call.endpoint.operation {
        Operation::CalendarListList => calendar_list::list(state, call),
        Operation::CalendarListGet => calendar_list::get(state, call),
        Operation::EventsList => events_list::list(state, call),
        Operation::EventsGet => events_read::get(state, call),
        Operation::EventsInstances => events_read::instances(state, call),
        Operation::EventsInsert => events_write::insert(state, call),
        Operation::EventsImport => events_write::import(state, call),
        Operation::EventsPatch => events_write::patch(state, call),
        Operation::EventsUpdate => events_write::update(state, call),
        Operation::EventsDelete => events_write::delete(state, call),
        Operation::EventsMove => Err(ApiError::new(
            501,
            "notImplemented",
            "events.move is not simulated: it changes the organizer, which needs several calendars' consent.",
        )),
        Operation::EventsWatch => channels::watch(state, call),
        Operation::ChannelsStop => channels::stop(state, call),
    }
}

fn route(request: &ApiRequest) -> Result<(&'static Endpoint, Vec<String>), ApiError> {
    let unknown = || {
        ApiError::new(
            404,
            "notFound",
            format!("Unknown method: {} {}", request.method, request.path),
        )
        .into_refusal()
    };
    let rest = request
        .path
        .strip_prefix("/calendar/v3/")
        .ok_or_else(unknown)?;
    ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.http == request.method)
        .find_map(|endpoint| Some((endpoint, endpoint.captures(rest)?)))
        .ok_or_else(unknown)
}

/// Refusals that may strike any call.
pub(super) fn strike_down(state: &mut State, target: &Target<'_>) -> Result<(), ApiError> {
    if let Some(fault) = state.faults.strike(FaultName::RateLimited, target) {
        let reason = fault.reason.as_deref().unwrap_or("rateLimitExceeded");
        let error = ApiError::usage_limit(fault.status.unwrap_or(403), reason);
        return Err(with_retry_after(error, &fault));
    }
    if let Some(fault) = state.faults.strike(FaultName::ServerError, target) {
        let status = fault.status.unwrap_or(500);
        let error = ApiError::new(status, "backendError", "Backend Error");
        return Err(with_retry_after(error, &fault));
    }
    Ok(())
}

fn refuse_by_fault(
    state: &mut State,
    endpoint: &Endpoint,
    params: &Params,
    target: &Target<'_>,
) -> Result<(), ApiError> {
    strike_down(state, target)?;
    if endpoint.operation == Operation::EventsList
        && params.has("syncToken")
        && state
            .faults
            .strike(FaultName::CursorExpired, target)
            .is_some()
    {
        return Err(ApiError::full_sync_required());
    }
    Ok(())
}

fn thinned_by_fault(
    state: &mut State,
    endpoint: &Endpoint,
    target: &Target<'_>,
) -> Option<Thinned> {
    if endpoint.operation != Operation::EventsList {
        return None;
    }
    if state.faults.strike(FaultName::EmptyPage, target).is_some() {
        return Some(Thinned::Empty);
    }
    state
        .faults
        .strike(FaultName::ShortPage, target)
        .map(|_| Thinned::Short)
}

fn with_retry_after(error: ApiError, fault: &Fault) -> ApiError {
    match fault.retry_after_s {
        None => error,
        Some(seconds) => error.with(header::RETRY_AFTER, &seconds.to_string()),
    }
}
