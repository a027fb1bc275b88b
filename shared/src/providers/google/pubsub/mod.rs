//! Pub/Sub, on the way that a tenant's notices take over a topic of its own. Calendar cannot publish there: we do.

mod access;
mod identity;
mod keys;
mod provision;
mod push;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;

pub use access::ServiceAccount;
pub use identity::{Expected, IdentityError};
pub use keys::KeysError;
pub use provision::{Provisioning, Standing, Way};
pub use push::{InvalidPush, Push};

use self::{access::Held, keys::SigningKeys};
use crate::config::GoogleEndpoints;

/// What a process knows of Pub/Sub: the access that it was given, and the keys that pushes are signed with.
pub struct PubSub {
    http: reqwest::Client,
    endpoints: GoogleEndpoints,
    access: Mutex<Option<Held>>,
    keys: SigningKeys,
}

#[derive(Debug, thiserror::Error)]
pub enum PubSubError {
    #[error("could not {operation}: no usable answer")]
    Unanswered {
        operation: &'static str,
        #[source]
        source: Option<reqwest::Error>,
    },
    #[error("could not {operation}: {status} {detail}")]
    Refused {
        operation: &'static str,
        status: StatusCode,
        /// What Google said; never what we sent.
        detail: String,
    },
}

impl PubSubError {
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Unanswered { .. } => None,
            Self::Refused { status, .. } => Some(*status),
        }
    }
}

impl PubSub {
    pub(crate) fn new(http: reqwest::Client, endpoints: &GoogleEndpoints) -> Self {
        Self {
            keys: SigningKeys::at(endpoints.signing_keys.clone()),
            http,
            endpoints: endpoints.clone(),
            access: Mutex::default(),
        }
    }

    /// Puts one message into a topic.
    pub async fn publish(
        &self,
        account: &ServiceAccount,
        topic: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), PubSubError> {
        let body = json!({ "messages": [{ "data": push::encoded(text) }] });
        let call = Call {
            operation: "publish the notice",
            method: Method::POST,
            path: format!("{topic}:publish"),
            body: Some(body),
        };
        self.call(account, now, call).await.map(drop)
    }

    async fn call(
        &self,
        account: &ServiceAccount,
        now: Timestamp,
        call: Call,
    ) -> Result<Value, PubSubError> {
        let access = self.access(account, now).await?;
        let url = self.endpoints.pubsub.join(&format!("/v1/{}", call.path));
        let url = url.map_err(|_| PubSubError::Unanswered {
            operation: call.operation,
            source: None,
        })?;
        let request = self.http.request(call.method, url);
        let mut request = request.bearer_auth(access.expose());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let answer = answered(call.operation, request).await;
        if let Err(error) = &answer
            && error.status() == Some(StatusCode::UNAUTHORIZED)
        {
            self.forget_access().await;
        }
        // What deletes answers nothing worth reading.
        answer.map(|body| serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// One call of the Pub/Sub API; `path` begins behind its version.
struct Call {
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
}

/// The body of an answer, unless it is a refusal.
async fn answered(
    operation: &'static str,
    request: reqwest::RequestBuilder,
) -> Result<Vec<u8>, PubSubError> {
    let unanswered = |source: reqwest::Error| PubSubError::Unanswered {
        operation,
        source: Some(source.without_url()),
    };
    let response = request.send().await.map_err(unanswered)?;
    let status = response.status();
    let body = response.bytes().await;
    if status.is_success() {
        return Ok(body.map_err(unanswered)?.into());
    }
    Err(PubSubError::Refused {
        operation,
        status,
        detail: detail(&body.unwrap_or_default()),
    })
}

/// The token endpoint speaks OAuth's words, all others Google's.
fn detail(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let said = [
        text("/error/status"),
        text("/error/message"),
        text("/error"),
        text("/error_description"),
    ];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    said.join(": ").chars().take(300).collect()
}
