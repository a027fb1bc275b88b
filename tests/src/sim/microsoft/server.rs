//! The simulator as others hold it: options in, a router and a few verbs out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::routing::{any, get, post};
use futures::future::join_all;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::notices::{self, Notice};
use super::oauth::{authorize, metadata, token};
use super::state::State;
use super::subscriptions::Handshake;
use super::{accounts, control, doors, endpoints, ids, pages};
use crate::clock::WorldClock;
use crate::sim::storage;

/// How long a receiver of a notice may take at the first attempt, and at each further one and at the handshake.
const FIRST_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct MicrosoftSimOptions {
    pub clock: WorldClock,
    /// Where this simulator is reached, such as `http://127.0.0.1:8789`: every link is built from it.
    pub public_base: Url,
    pub client_id: String,
    pub client_secret: String,
    /// Compared exactly, as Microsoft does.
    pub redirect_uris: Vec<String>,
    /// A JSON file, read at the start and written by [`MicrosoftSim::save`].
    pub storage: Option<PathBuf>,
}

/// A simulated Microsoft 365. Cheap to clone; all clones are the same service.
#[derive(Clone, Debug)]
pub struct MicrosoftSim(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: MicrosoftSimOptions,
    state: Mutex<State>,
    dirty: AtomicBool,
    http: reqwest::Client,
}

impl MicrosoftSim {
    pub fn open(options: MicrosoftSimOptions) -> anyhow::Result<Self> {
        // An error means that somebody in this process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
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

    /// The identity platform, Graph with batch and subscriptions, control and pages.
    pub fn router(&self) -> Router {
        Router::new()
            .route(
                "/{tenant}/oauth2/v2.0/authorize",
                get(authorize::show).post(authorize::decide),
            )
            .route("/{tenant}/oauth2/v2.0/token", post(token::exchange))
            .route(
                "/{tenant}/v2.0/.well-known/openid-configuration",
                get(metadata::configuration),
            )
            .route("/v1.0/$batch", post(doors::batch))
            .route("/v1.0/{*call}", any(doors::call))
            .merge(control::routes())
            .merge(pages::routes())
            .fallback(doors::unknown)
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

    /// Adds an account with its default calendar; does nothing where it exists.
    ///
    /// # Panics
    /// Where `email` is no address or `zone` no IANA zone.
    pub fn add_account(&self, email: &str, zone: &str) {
        self.write(|state| accounts::add_account(state, email, zone))
            .expect("a valid account");
    }

    /// Adds a further calendar to an account and returns the calendar's id.
    ///
    /// # Panics
    /// Where there is no such account.
    pub fn add_calendar(&self, account: &str, name: &str) -> String {
        self.write(|state| accounts::add_calendar(state, account, name, true))
            .expect("a calendar of a known account")
    }

    /// Notices that are queued or on the wire, whether due yet or not.
    pub fn pending_notices(&self) -> usize {
        self.read(|state| state.notices.len() + state.in_flight)
    }

    pub fn next_notice_at(&self) -> Option<Timestamp> {
        self.read(State::next_notice_at)
    }

    /// How often the service was called since the start.
    pub fn last_request(&self) -> u64 {
        self.read(|state| state.requests.last_seq())
    }

    pub fn calls(&self) -> u64 {
        self.read(|state| state.requests.calls())
    }

    /// Sends every notice that is due by the clock, addresses side by side, and says how many were attempted.
    pub async fn deliver_due(&self) -> usize {
        let now = self.now();
        if self.next_notice_at().is_none_or(|due| due > now) {
            return 0;
        }
        let by_url = self.write(|state| notices::take_due(state, now));
        let attempted = by_url.iter().map(Vec::len).sum();
        join_all(by_url.into_iter().map(|notices| self.deliver(notices))).await;
        attempted
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

    pub(super) fn options(&self) -> &MicrosoftSimOptions {
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

    /// Asks each address to repeat what it is told, and says who did not.
    pub(super) async fn shake_hands(&self, handshake: &Handshake) -> Option<String> {
        for mut url in handshake.urls() {
            let told = format!(
                "Validation: Testing client application reachability for subscription Request-Id: {}",
                ids::new_guid()
            );
            url.query_pairs_mut().append_pair("validationToken", &told);
            let request = self
                .0
                .http
                .post(url)
                .header("Content-Type", "text/plain; charset=utf-8");
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) if error.is_timeout() => {
                    return Some("The operation has timed out.".to_owned());
                }
                Err(_) => return Some("The endpoint cannot be reached.".to_owned()),
            };
            let status = answer.status();
            let kind = answer.headers().get("content-type").cloned();
            let is_text = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
            let said = answer.text().await.unwrap_or_default();
            if status != reqwest::StatusCode::OK {
                return Some(format!(
                    "Notification endpoint must respond with 200 OK to validation request, not {status}."
                ));
            }
            if !is_text || said != told {
                return Some(
                    "The endpoint does not answer with the token as text/plain.".to_owned(),
                );
            }
        }
        None
    }

    async fn deliver(&self, notices: Vec<Notice>) {
        let delivered = self.post(&notices).await;
        let now = self.now();
        self.write(|state| notices::settle(state, notices, delivered, now));
    }

    /// One POST with everything that goes to one address.
    async fn post(&self, notices: &[Notice]) -> bool {
        let bodies: Vec<&Value> = notices.iter().map(|notice| &notice.body).collect();
        let fresh = notices.iter().all(|notice| notice.attempts == 0);
        let request = self
            .0
            .http
            .post(notices[0].url.clone())
            .timeout(if fresh { FIRST_TIMEOUT } else { TIMEOUT })
            .json(&json!({ "value": bodies }));
        match request.send().await {
            Ok(answer) => answer.status().is_success(),
            Err(error) => {
                tracing::warn!(%error, "notices were not delivered");
                false
            }
        }
    }
}
