//! Graph's front door: which call is meant, whether it may run, and the record of it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, header};
use jiff::Timestamp;
use url::Url;

use super::delta;
use super::endpoints::{self, Captures, Endpoint, Operation};
use super::oauth::grants::Access;
use super::prefer::Preferences;
use super::shown::View;
use super::state::{Account, Calendar, State};
use super::subscriptions::{self, Handshake};
use super::wire::{GraphError, Reply, RequestIds};
use super::{read, write};
use crate::sim::credentials;
use crate::sim::faults::{Fault, FaultName, Target};
use crate::sim::request_log::Entry;
use crate::sim::strict::Params;

/// Who calls where no application does.
const PEOPLE: &str = "people";

/// A request over a connection, or as a part of a batch.
#[derive(Clone, Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) batched: bool,
    /// The mailbox has as many calls in flight as it takes.
    pub(super) crowded: bool,
}

/// What goes back, when, and whether at all.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) reply: Reply,
    pub(super) delay: Duration,
    pub(super) cut: bool,
}

/// Either the answer, or what must be asked of somebody else before there is one.
pub(super) enum Answer {
    Reply(Reply),
    Ask(Box<Handshake>),
}

/// One call by one account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) captures: &'a Captures,
    pub(super) params: &'a Params,
    pub(super) request: &'a ApiRequest,
    pub(super) prefer: &'a Preferences,
    pub(super) account: &'a Account,
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

    /// The calendar named in the path, or the default one.
    pub(super) fn calendar<'s>(&self, state: &'s State) -> Result<&'s Calendar, GraphError> {
        let mut own = state.calendars_of(&self.account.email);
        match &self.captures.calendar {
            None => own.find(|calendar| calendar.is_default),
            Some(id) => own.find(|calendar| calendar.id == *id),
        }
        .ok_or_else(GraphError::not_found)
    }

    pub(super) fn is_by_person(&self) -> bool {
        self.client == PEOPLE
    }

    pub(super) fn id(&self) -> &str {
        self.captures.id.as_deref().unwrap_or_default()
    }

    pub(super) fn view(&self) -> View {
        View {
            ids: self.prefer.ids,
            zone: self.prefer.zone.clone(),
            text_body: self.prefer.text_body,
            public_base: self.public_base.clone(),
        }
    }

    /// `@odata.context` of an answer.
    pub(super) fn context(&self, of: &str) -> String {
        format!("{}v1.0/$metadata#{of}", self.public_base)
    }

    /// The address of this call with another query.
    pub(super) fn link(&self, query: &[(String, String)]) -> String {
        let mut link = self.public_base.clone();
        link.set_path(&self.request.path);
        link.query_pairs_mut().extend_pairs(query);
        link.to_string()
    }
}

/// What is noted of a request until it is answered.
pub(super) struct Noted {
    entry: Entry,
    ids: RequestIds,
    delay: Duration,
}

impl Noted {
    pub(super) fn new(request: &ApiRequest, now: Timestamp) -> Self {
        let entry = Entry {
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
        Self {
            entry,
            ids: RequestIds::of(&request.headers, now),
            delay: Duration::ZERO,
        }
    }

    /// Notes how it ended, and lets the answer go, or not.
    pub(super) fn end(mut self, state: &mut State, result: Result<Reply, GraphError>) -> Outcome {
        let reply = result.unwrap_or_else(|error| {
            if error.refused {
                self.entry.refused = Some(error.message().to_owned());
            }
            error.into_reply(&self.ids)
        });
        let reply = self.ids.on(reply);
        let target = Target {
            method: &self.entry.operation,
            account: self.entry.account.as_deref(),
            path: &self.entry.path,
            page: None,
        };
        let lost = state.faults.strike(FaultName::DropResponse, &target);
        self.entry.status = lost.is_none().then(|| reply.status.as_u16());
        state.requests.record(self.entry);
        Outcome {
            reply,
            delay: self.delay,
            cut: lost.is_some(),
        }
    }
}

/// From the bare request to its answer, in the order in which Graph checks: who calls, does the call exist, may he, how
/// often, and only then what he says.
pub(super) fn answer(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    request: &ApiRequest,
    noted: &mut Noted,
) -> Result<Answer, GraphError> {
    let rest = request.path.strip_prefix("/v1.0/").unwrap_or_default();
    let called = endpoints::called(&request.method, rest);
    if let Some((endpoint, template, _)) = &called {
        noted.entry.route = format!("/v1.0/{template}");
        endpoint.name.clone_into(&mut noted.entry.operation);
    }
    let access = authenticate(state, request, called.as_ref(), now, noted)?;
    let (endpoint, _, captures) = called.ok_or_else(|| unknown_segment(request))?;
    let target = Target {
        method: endpoint.name,
        account: Some(&access.account),
        path: &request.path,
        page: Some(delta::page_number(&request.query)),
    };
    if let Some(slow) = state.faults.strike(FaultName::Slow, &target) {
        noted.delay = Duration::from_secs_f64(slow.delay_s.unwrap_or(1.0));
    }
    if !endpoint.scopes.iter().any(|scope| access.allows(scope)) {
        return Err(GraphError::access_denied());
    }
    if request.crowded || !state.throttle.admit(&access.account, now) {
        return Err(GraphError::throttled().with(header::RETRY_AFTER, "10".to_owned()));
    }
    refuse_by_fault(state, &target)?;
    let params = Params::parse(&request.query).folded(endpoint.params);
    if endpoint.operation == Operation::Delta {
        delta::refuse_by_fault(state, &target, &params, request, public_base)?;
    }
    let prefer = Preferences::read(&request.headers)?;
    let account = state.accounts.get(&access.account).cloned();
    let call = Call {
        endpoint,
        captures: &captures,
        params: &params,
        request,
        prefer: &prefer,
        account: &account.ok_or_else(GraphError::not_found)?,
        client: &access.client,
        now,
        public_base,
        thinned: thinned_by_fault(state, endpoint, &target),
    };
    params.only(&[endpoint.params])?;
    perform(state, &call).map(|answer| match answer {
        Answer::Reply(reply) => Answer::Reply(prefer.told_on(reply)),
        Answer::Ask(handshake) => Answer::Ask(handshake),
    })
}

/// The same for a person at a client of Exchange: under the same rules, but no application's call, so not in the
/// record.
pub(super) fn answer_person(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    account: &str,
    request: &ApiRequest,
) -> Result<Reply, GraphError> {
    let rest = request.path.strip_prefix("/v1.0/").unwrap_or_default();
    let (endpoint, _, captures) =
        endpoints::called(&request.method, rest).ok_or_else(|| unknown_segment(request))?;
    let params = Params::parse(&request.query).folded(endpoint.params);
    params.only(&[endpoint.params])?;
    let prefer = Preferences::read(&request.headers)?;
    let account = state.accounts.get(account).cloned();
    let call = Call {
        endpoint,
        captures: &captures,
        params: &params,
        request,
        prefer: &prefer,
        account: &account.ok_or_else(GraphError::not_found)?,
        client: PEOPLE,
        now,
        public_base,
        thinned: None,
    };
    match perform(state, &call)? {
        Answer::Reply(reply) => Ok(reply),
        Answer::Ask(_) => Err(GraphError::bad_request("People do not subscribe.")),
    }
}

fn perform(state: &mut State, call: &Call<'_>) -> Result<Answer, GraphError> {
    if call.endpoint.operation == Operation::SubscriptionCreate {
        return subscriptions::prepare(state, call).map(|asked| Answer::Ask(Box::new(asked)));
    }
    let reply = match call.endpoint.operation {
        Operation::Me => read::me(call),
        Operation::MailboxSettings => Ok(read::mailbox_settings(call)),
        Operation::SupportedTimeZones => read::supported_time_zones(call),
        Operation::CalendarsList => read::calendars(state, call),
        Operation::CalendarGet => read::calendar(state, call),
        Operation::EventsList => read::events(state, call),
        Operation::EventGet => read::event(state, call),
        Operation::Instances => read::instances(state, call),
        Operation::CalendarView => read::calendar_view(state, call),
        Operation::Delta => delta::round(state, call),
        Operation::EventsCreate => write::create(state, call),
        Operation::EventUpdate => write::update(state, call),
        Operation::EventDelete => write::delete(state, call),
        Operation::SubscriptionsList => Ok(subscriptions::list(state, call)),
        Operation::SubscriptionGet => subscriptions::get(state, call),
        Operation::SubscriptionUpdate | Operation::SubscriptionCreate => {
            subscriptions::renew(state, call)
        }
        Operation::SubscriptionDelete => subscriptions::delete(state, call),
        Operation::SubscriptionReauthorize => subscriptions::reauthorize(state, call),
    };
    reply.map(Answer::Reply)
}

fn authenticate(
    state: &mut State,
    request: &ApiRequest,
    called: Option<&(&'static Endpoint, &'static str, Captures)>,
    now: Timestamp,
    noted: &mut Noted,
) -> Result<Access, GraphError> {
    let bearer = credentials::bearer(&request.headers)
        .ok_or_else(|| GraphError::unauthenticated("Access token is empty."))?;
    noted.entry.account = state.grants.account_of(bearer);
    let target = Target {
        method: called.map_or("unknown", |(endpoint, _, _)| endpoint.name),
        account: noted.entry.account.as_deref(),
        path: &request.path,
        page: None,
    };
    if let Some(account) = &noted.entry.account
        && let Some(fault) = state.faults.strike(FaultName::TokenRevoked, &target)
    {
        state
            .grants
            .revoke_account(account, fault.reason.as_deref());
    }
    state.grants.access(bearer, now).ok_or_else(|| {
        GraphError::unauthenticated("Lifetime validation failed, the token is expired.")
    })
}

fn unknown_segment(request: &ApiRequest) -> GraphError {
    let last = request.path.rsplit('/').next().unwrap_or_default();
    let message = format!(
        "Resource not found for the segment '{last}'. ({} {})",
        request.method, request.path
    );
    GraphError::bad_request(message).into_refusal()
}

pub(super) fn refuse_by_fault(state: &mut State, target: &Target<'_>) -> Result<(), GraphError> {
    if let Some(fault) = state.faults.strike(FaultName::RateLimited, target) {
        let error = match (fault.status, fault.reason.as_deref()) {
            (None | Some(429), None) => GraphError::throttled(),
            (status, reason) => GraphError::new(
                status.unwrap_or(429),
                reason.unwrap_or("TooManyRequests"),
                "Too many requests.",
            ),
        };
        return Err(with_retry_after(error, &fault));
    }
    if let Some(fault) = state.faults.strike(FaultName::ServerError, target) {
        let (status, code) = match fault.status.unwrap_or(503) {
            503 => (503, "ServiceUnavailable"),
            504 => (504, "GatewayTimeout"),
            status => (status, "InternalServerError"),
        };
        let error = GraphError::new(status, code, "The service is not available.");
        return Err(with_retry_after(error, &fault));
    }
    Ok(())
}

fn thinned_by_fault(
    state: &mut State,
    endpoint: &Endpoint,
    target: &Target<'_>,
) -> Option<Thinned> {
    if endpoint.operation != Operation::Delta {
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

fn with_retry_after(error: GraphError, fault: &Fault) -> GraphError {
    match fault.retry_after_s {
        None => error,
        Some(seconds) => error.with(header::RETRY_AFTER, seconds.to_string()),
    }
}
