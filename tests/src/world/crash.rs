//! Where workers and renewals can be made to die: at one of their own outgoing requests. They speak to the providers and
//! to AWS through ports of their own, and a gate stands in each; the product has no hook for it.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{
    clock::WorldClock,
    sim::{google::GoogleSim, microsoft::MicrosoftSim},
};

/// More than any request of the worker.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What workers may ask of AWS, as their policies in the template say; condition checks stand in transactions.
const AWS_OPERATIONS: [&str; 13] = [
    "dynamodb.BatchGetItem",
    "dynamodb.DeleteItem",
    "dynamodb.GetItem",
    "dynamodb.PutItem",
    "dynamodb.Query",
    "dynamodb.TransactWriteItems",
    "dynamodb.UpdateItem",
    "secretsmanager.CreateSecret",
    "secretsmanager.DeleteSecret",
    "secretsmanager.GetSecretValue",
    "secretsmanager.PutSecretValue",
    "sqs.ChangeMessageVisibility",
    "sqs.SendMessage",
];

/// A request of the worker's run, and whether it still takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashPoint {
    moment: Moment,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The request never goes out.
    Before,
    /// The request takes effect, its answer is not seen.
    After,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Counted from 1 in each run.
    Nth(u32),
    Named(String),
}

#[derive(Debug, thiserror::Error)]
#[error(
    "unknown crash point {given:?}: expected before:N or after:N for the Nth outgoing request of a run, or before:NAME \
     or after:NAME with one of {}",
    names().join(", ")
)]
pub struct UnknownPoint {
    given: String,
}

fn names() -> Vec<String> {
    let google = GoogleSim::operations().map(|name| format!("google.{name}"));
    let aws = AWS_OPERATIONS.into_iter().map(str::to_owned);
    let microsoft = MicrosoftSim::operations().map(|name| format!("microsoft.{name}"));
    google.chain(microsoft).chain(aws).collect()
}

impl CrashPoint {
    /// Before the Nth outgoing request of a run goes out.
    pub fn before(nth: u32) -> Self {
        Self {
            moment: Moment::Before,
            place: Place::Nth(nth),
        }
    }

    /// After the Nth outgoing request of a run took effect.
    pub fn after(nth: u32) -> Self {
        Self {
            moment: Moment::After,
            place: Place::Nth(nth),
        }
    }

    fn is_reached(&self, nth: u32, name: &str) -> bool {
        match &self.place {
            Place::Nth(wanted) => *wanted == nth,
            Place::Named(wanted) => wanted == name,
        }
    }
}

impl FromStr for CrashPoint {
    type Err = UnknownPoint;

    fn from_str(text: &str) -> Result<Self, UnknownPoint> {
        let unknown = || UnknownPoint { given: text.into() };
        let (moment, place) = text.split_once(':').ok_or_else(unknown)?;
        let moment = match moment {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return Err(unknown()),
        };
        let place = match place.parse::<u32>() {
            Ok(0) => return Err(unknown()),
            Ok(nth) => Place::Nth(nth),
            Err(_) if names().iter().any(|name| name == place) => Place::Named(place.into()),
            Err(_) => return Err(unknown()),
        };
        Ok(Self { moment, place })
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = match self.moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        match &self.place {
            Place::Nth(nth) => write!(f, "{moment}:{nth}"),
            Place::Named(name) => write!(f, "{moment}:{name}"),
        }
    }
}

/// Whose runs are stopped or watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Runs {
    #[default]
    OfQueues,
    OfRenewals,
}

/// What becomes of the run that reaches the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is gone, with all that it knew.
    Crash,
    /// It stands still until it is let go on, while the world does not.
    Stall,
}

/// A request from behind the gate that was answered.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub at: Timestamp,
    /// Such as `google.events.patch` or `dynamodb.TransactWriteItems`.
    pub name: String,
    pub status: u16,
    pub body: Bytes,
}

/// Cheap to clone; all clones are the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

struct Inner {
    clock: WorldClock,
    state: Mutex<GateState>,
    stopped: Notify,
    go_on: Notify,
}

#[derive(Default)]
struct GateState {
    armed: Option<(Runs, CrashPoint, Stop)>,
    /// No other run is under way beside this one, so that every request is its.
    alone: bool,
    /// Whose run is under way, or was the last.
    under_way: Runs,
    /// Its requests so far.
    requests: u32,
    /// Runs stopped so far, and how the last one was.
    stopped: u64,
    stop: Option<Stop>,
    watching: Option<Runs>,
    watched: Vec<Traffic>,
}

impl Gate {
    pub(super) fn new(clock: WorldClock) -> Self {
        Self(Arc::new(Inner {
            clock,
            state: Mutex::default(),
            stopped: Notify::new(),
            go_on: Notify::new(),
        }))
    }

    /// Stands between a run and what it calls.
    pub(super) fn before(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), pass))
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next of these runs that gets to this point stops there.
    pub(super) fn arm(&self, runs: Runs, point: CrashPoint, stop: Stop) {
        self.state().armed = Some((runs, point, stop));
    }

    /// Takes the point away; answers it if no run has reached it.
    pub(super) fn disarm(&self) -> Option<CrashPoint> {
        self.state().armed.take().map(|(_, point, _)| point)
    }

    pub(super) fn armed(&self) -> Option<CrashPoint> {
        let state = self.state();
        state.armed.as_ref().map(|(_, point, _)| point.clone())
    }

    /// How many runs were stopped so far.
    pub(super) fn stopped_runs(&self) -> u64 {
        self.state().stopped
    }

    /// A run begins: its requests are counted from one. Only a run that is alone can be stopped.
    pub(super) fn begin(&self, runs: Runs, alone: bool) {
        let mut state = self.state();
        state.under_way = runs;
        state.requests = 0;
        state.alone = alone;
    }

    /// Comes back when the run under way has reached the point.
    pub(super) async fn stopped(&self) -> Stop {
        loop {
            self.0.stopped.notified().await;
            if let Some(stop) = self.state().stop.take() {
                return stop;
            }
        }
    }

    pub(super) fn let_go_on(&self, runs: Runs) {
        self.state().under_way = runs;
        self.0.go_on.notify_one();
    }

    /// Keeps what these runs are answered from now on.
    pub(super) fn watch(&self, runs: Runs) {
        let mut state = self.state();
        state.watching = Some(runs);
        state.watched.clear();
    }

    /// What was answered since the last call.
    pub(super) fn take_watched(&self) -> Vec<Traffic> {
        std::mem::take(&mut self.state().watched)
    }

    fn is_watching(&self) -> bool {
        let state = self.state();
        state.watching == Some(state.under_way)
    }

    /// Counts a request; answers whether the run stops at it, and how.
    fn arrive(&self, name: &str) -> Option<(Moment, Stop)> {
        let mut state = self.state();
        state.requests += 1;
        let (nth, under_way) = (state.requests, state.under_way);
        if !state.alone {
            return None;
        }
        let (_, point, stop) = state
            .armed
            .take_if(|(runs, point, _)| *runs == under_way && point.is_reached(nth, name))?;
        state.stopped += 1;
        Some((point.moment, stop))
    }

    async fn halt(&self, stop: Stop) {
        self.state().stop = Some(stop);
        self.0.stopped.notify_one();
        match stop {
            // The connection goes down with the run.
            Stop::Crash => std::future::pending().await,
            Stop::Stall => self.0.go_on.notified().await,
        }
    }
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let name = name(&request);
    let stop = gate.arrive(&name);
    if let Some((Moment::Before, stop)) = stop {
        gate.halt(stop).await;
    }
    let watching = gate.is_watching();
    let (request, body) = if watching {
        kept_apart(request).await
    } else {
        (request, Bytes::new())
    };
    let response = next.run(request).await;
    if watching {
        let at = gate.0.clock.now();
        let status = response.status().as_u16();
        let traffic = Traffic {
            at,
            name,
            status,
            body,
        };
        gate.state().watched.push(traffic);
    }
    if let Some((Moment::After, stop)) = stop {
        gate.halt(stop).await;
    }
    response
}

async fn kept_apart(request: Request) -> (Request, Bytes) {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    (Request::from_parts(parts, Body::from(body.clone())), body)
}

/// Service and operation; AWS names both in a header, the providers' stand in the path.
fn name(request: &Request) -> String {
    let target = request.headers().get("x-amz-target");
    let Some(target) = target.and_then(|target| target.to_str().ok()) else {
        let (method, path) = (request.method(), request.uri().path());
        if path.starts_with("/v1.0/") || path.contains("/oauth2/v2.0/") {
            return format!("microsoft.{}", MicrosoftSim::operation(method, path));
        }
        return format!("google.{}", GoogleSim::operation(method, path));
    };
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    let service = match service {
        "DynamoDB_20120810" => "dynamodb",
        "AmazonSQS" => "sqs",
        "AWSEvents" => "events",
        other => other,
    };
    format!("{service}.{operation}")
}
