//! The simulator as others hold it: options in, a router and a few verbs out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use axum::routing::{any, get, post};
use futures::future::join_all;
use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use url::Url;

use super::api::ApiRequest;
use super::channels::{self, Notice};
use super::oauth::{answer, consent, profile, token};
use super::state::State;
use super::{accounts, api, batch, control, endpoints, identity, pages, pubsub};
use crate::clock::WorldClock;
use crate::sim::storage;
use crate::sim::transport::cut_connection;

/// How long a receiver of a notice may take.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct GoogleSimOptions {
    pub clock: WorldClock,
    /// Where this simulator is reached, such as `http://127.0.0.1:8788`: every link is built from it.
    pub public_base: Url,
    pub client_id: String,
    pub client_secret: String,
    /// Compared exactly, as Google does.
    pub redirect_uris: Vec<String>,
    /// A JSON file, read at the start and written by [`GoogleSim::save`].
    pub storage: Option<PathBuf>,
}

/// A simulated Google. Cheap to clone; all clones are the same service.
#[derive(Clone, Debug)]
pub struct GoogleSim(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: GoogleSimOptions,
    state: Mutex<State>,
    dirty: AtomicBool,
    http: reqwest::Client,
}

impl GoogleSim {
    pub fn open(options: GoogleSimOptions) -> anyhow::Result<Self> {
        // An error means that somebody in this process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(NOTICE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
            .build()
            .context("could not build the client that sends notices")?;
        let state = match &options.storage {
            Some(path) => storage::load(path)?,
            None => State::default(),
        };
        Ok(Self(Arc::new(Inner {
            options,
            state: Mutex::new(state),
            dirty: AtomicBool::new(false),
            http,
        })))
    }

    /// OAuth, Calendar v3, batch, channels, Pub/Sub, control and pages.
    pub fn router(&self) -> Router {
        Router::new()
            .route(
                "/o/oauth2/v2/auth",
                get(consent::show).post(consent::decide),
            )
            .route("/token", post(token::exchange))
            .route("/revoke", post(token::revoke))
            .route("/v1/userinfo", get(profile::userinfo))
            .route("/tokeninfo", get(profile::tokeninfo))
            .route("/oauth2/v3/certs", get(identity::certs))
            .route("/v1/projects/{*resource}", any(pubsub::serve))
            .route("/calendar/v3/{*method}", any(serve_api))
            .route(batch::PATH, post(serve_batch))
            .merge(control::routes())
            .merge(pages::routes())
            .fallback(answer::unknown)
            .with_state(self.clone())
    }

    /// What an application may call here, by name.
    pub fn operations() -> impl Iterator<Item = &'static str> {
        endpoints::operations()
    }

    /// The name of the call that a method and a path mean.
    pub fn operation(method: &Method, path: &str) -> &'static str {
        endpoints::operation(method, path)
    }

    /// Adds an account whose primary calendar has its address as id; does nothing where it exists.
    ///
    /// # Panics
    /// Where `email` is no address or `zone` no IANA zone.
    pub fn add_account(&self, email: &str, zone: &str) {
        let now = self.now();
        self.write(|state| accounts::add_account(state, email, zone, now))
            .expect("a valid account");
    }

    /// Adds a secondary calendar to an account, as its owner, and returns the calendar's id.
    ///
    /// # Panics
    /// Where there is no such account or zone.
    pub fn add_calendar(&self, account: &str, summary: &str, zone: &str) -> String {
        let now = self.now();
        self.write(|state| accounts::add_calendar(state, account, summary, zone, now))
            .expect("a calendar of a known account")
    }

    /// Notices and pushes that are queued or on the wire, whether due yet or not.
    pub fn pending_notices(&self) -> usize {
        self.read(|state| state.notices.len() + state.in_flight + state.pubsub.waiting())
    }

    pub fn next_notice_at(&self) -> Option<Timestamp> {
        self.read(|state| {
            let notices = state.notices.iter().map(|notice| notice.due);
            notices.chain(pubsub::next_due(state)).min()
        })
    }

    /// How often the service was called since the start; a batch is one call.
    pub fn calls(&self) -> u64 {
        self.read(|state| state.requests.calls())
    }

    /// Where the request log ends now.
    pub fn last_request(&self) -> u64 {
        self.read(|state| state.requests.last_seq())
    }

    /// Sends every notice and push that is due by the clock and says how many were attempted.
    pub async fn deliver_due(&self) -> usize {
        self.notify_due().await + self.push_due().await
    }

    /// Channels side by side.
    async fn notify_due(&self) -> usize {
        let now = self.now();
        let due = self.read(|state| state.notices.iter().any(|notice| notice.due <= now));
        if !due {
            return 0;
        }
        let by_channel = self.write(|state| channels::take_due(state, now));
        let attempted = by_channel.iter().map(Vec::len).sum();
        join_all(by_channel.into_iter().map(|notices| self.deliver(notices))).await;
        attempted
    }

    /// In no order, all at once: each is a request of its own.
    async fn push_due(&self) -> usize {
        let now = self.now();
        let is_due = |state: &State| pubsub::next_due(state).is_some_and(|due| due <= now);
        if !self.read(is_due) {
            return 0;
        }
        let due = self.write(|state| {
            let due = pubsub::take_due(state, now);
            state.in_flight += due.len();
            due
        });
        let attempted = due.len();
        join_all(due.into_iter().map(async |(delivery, sent)| {
            let mut request = self.0.http.post(sent.endpoint).json(&sent.body);
            if let Some(bearer) = sent.bearer {
                request = request.bearer_auth(bearer);
            }
            let answer = request
                .header("User-Agent", "CloudPubSub-Google")
                .send()
                .await;
            let status = answer.ok().map(|answer| answer.status().as_u16());
            let now = self.now();
            self.write(|state| {
                state.in_flight -= 1;
                pubsub::settle(state, delivery, status, now);
            });
        }))
        .await;
        attempted
    }

    /// A token of this header, signed as Google signs now; `kid` names the key.
    pub fn sign(&self, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        self.read(|state| state.signing.sign(header, claims))
    }

    pub fn signing_kid(&self) -> String {
        self.read(|state| state.signing.current_kid())
    }

    /// What the owner of `account` does in Google's own application: no fault strikes it, and it is in no record.
    /// `path` begins behind `/calendar/v3/`. Answers the body, or what Google would say against it.
    pub fn act_as(
        &self,
        account: &str,
        method: Method,
        path: &str,
        query: &str,
        body: &serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        let now = self.now();
        let request = ApiRequest {
            method,
            path: format!("/calendar/v3/{path}"),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
            batched: false,
        };
        let base = &self.options().public_base;
        self.write(|state| api::answer_person(state, base, now, account, &request))
            .map(|reply| reply.body.unwrap_or_default())
            .map_err(|error| error.message().to_owned())
    }

    /// Whether anything changed since the last save.
    pub fn is_dirty(&self) -> bool {
        self.0.dirty.load(Ordering::Acquire)
    }

    pub fn save(&self) -> anyhow::Result<()> {
        let Some(path) = &self.0.options.storage else {
            return Ok(());
        };
        self.0.dirty.store(false, Ordering::Release);
        self.read(|state| storage::save(path, state))
    }

    pub(super) fn options(&self) -> &GoogleSimOptions {
        &self.0.options
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.options.clock.now()
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.state.lock().expect("state lock"))
    }

    pub(super) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock().expect("state lock");
        self.0.dirty.store(true, Ordering::Release);
        change(&mut state)
    }

    async fn deliver(&self, notices: Vec<Notice>) {
        for notice in notices {
            let status = self.post(&notice).await;
            let now = self.now();
            self.write(|state| channels::settle(state, notice, status, now));
        }
    }

    /// One POST without a body: everything is in the headers.
    async fn post(&self, notice: &Notice) -> Option<u16> {
        let expires = notice
            .expires
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let mut request = self
            .0
            .http
            .post(notice.address.clone())
            .header("Content-Type", "application/json; utf-8")
            .header("Content-Length", "0")
            .header("X-Goog-Channel-ID", &notice.channel)
            .header("X-Goog-Channel-Expiration", expires)
            .header("X-Goog-Message-Number", notice.message_number)
            .header("X-Goog-Resource-ID", &notice.resource_id)
            .header("X-Goog-Resource-State", notice.resource_state.as_str())
            .header("X-Goog-Resource-URI", &notice.resource_uri);
        if let Some(token) = &notice.token {
            request = request.header("X-Goog-Channel-Token", token);
        }
        match request.send().await {
            Ok(answer) => Some(answer.status().as_u16()),
            Err(error) => {
                tracing::warn!(channel = notice.channel, %error, "a notice was not delivered");
                None
            }
        }
    }
}

async fn serve_api(
    Shared(sim): Shared<GoogleSim>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = ApiRequest {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
        batched: false,
    };
    let now = sim.now();
    let outcome = sim.write(|state| api::answer(state, &sim.options().public_base, now, &request));
    go_out(outcome.reply.into_response(), outcome.delay, outcome.cut).await
}

async fn serve_batch(Shared(sim): Shared<GoogleSim>, headers: HeaderMap, body: Bytes) -> Response {
    let now = sim.now();
    let base = &sim.options().public_base;
    let outcome = sim.write(|state| batch::answer(state, base, now, &headers, &body));
    go_out(outcome.reply, outcome.delay, outcome.cut).await
}

pub(super) async fn go_out(response: Response, delay: Duration, cut: bool) -> Response {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if cut { cut_connection() } else { response }
}
