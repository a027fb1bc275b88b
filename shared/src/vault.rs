//! Durable credentials, in Secrets Manager and nowhere else.

mod refresh_tokens;
mod ring;

use std::sync::Arc;

use aws_sdk_secretsmanager::{Client, error::SdkError};
use domain::connection::{ByProvider, Provider};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{crypto::Secret, relay::Relay, telemetry::chain};
pub use refresh_tokens::{Slot, bundle_text};
use ring::Ring;

/// A value and until when it is good.
type Cached<T> = Mutex<Option<(Timestamp, Arc<T>)>>;

pub struct Vault {
    client: Client,
    stage: String,
    root_name: String,
    client_names: ByProvider<String>,
    /// Platform secrets, kept for a few minutes: a rotation is noticed without a read per request.
    ring: Mutex<Option<Ring>>,
    clients: ByProvider<Cached<OAuthClient>>,
    google_relay_name: String,
    /// None where what stands in the secret cannot be read.
    google_relay: Mutex<Option<(Timestamp, Option<Arc<Relay>>)>>,
}

/// Our own credentials at a provider.
#[derive(Clone)]
pub struct OAuthClient {
    pub id: String,
    pub secret: Secret,
}

#[derive(Deserialize)]
struct OAuthClientText {
    client_id: String,
    client_secret: String,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the vault does not answer {operation}")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("there is no secret {name}")]
    Missing { name: String },
    #[error("the secret {name} is not in the expected form")]
    Malformed { name: String },
    #[error("the secret {name} takes no more versions today")]
    Full { name: String },
}

impl From<VaultError> for crate::problem::Problem {
    fn from(error: VaultError) -> Self {
        Self::unavailable(error)
    }
}

/// Which version of a secret.
#[derive(Clone, Copy)]
enum Version<'a> {
    Current,
    /// The one before, after a rotation.
    Previous,
    Of(&'a str),
}

const CACHED_FOR: SignedDuration = SignedDuration::from_mins(5);

fn unavailable<E>(operation: &'static str) -> impl FnOnce(SdkError<E>) -> VaultError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| VaultError::Unavailable {
        operation,
        source: Box::new(source),
    }
}

impl Vault {
    pub(crate) fn new(client: Client, config: &crate::config::Config) -> Self {
        Self {
            client,
            stage: config.stage.clone(),
            root_name: config.root_secret.clone(),
            client_names: config.client_secrets.clone(),
            ring: Mutex::default(),
            clients: ByProvider::default(),
            google_relay_name: config.google_relay_secret.clone(),
            google_relay: Mutex::default(),
        }
    }

    pub async fn oauth_client(
        &self,
        provider: Provider,
        now: Timestamp,
    ) -> Result<Arc<OAuthClient>, VaultError> {
        let mut cached = self.clients.of(provider).lock().await;
        if let Some((_, client)) = cached.as_ref().filter(|(until, _)| now < *until) {
            return Ok(client.clone());
        }
        let name = self.client_names.of(provider);
        let text = self.read(name, Version::Current).await?;
        let parsed: OAuthClientText = serde_json::from_str(text.expose())
            .map_err(|_| VaultError::Malformed { name: name.clone() })?;
        let client = Arc::new(OAuthClient {
            id: parsed.client_id,
            secret: Secret::new(parsed.client_secret),
        });
        *cached = Some((now + CACHED_FOR, client.clone()));
        Ok(client)
    }

    /// Whose notices take the way over a topic. What was read is kept over an outage of the vault.
    pub async fn google_relay(&self, now: Timestamp) -> Result<Arc<Relay>, VaultError> {
        let name = &self.google_relay_name;
        if name.is_empty() {
            return Ok(Arc::default());
        }
        let mut cached = self.google_relay.lock().await;
        if cached.as_ref().is_none_or(|(until, _)| *until <= now) {
            let until = now + CACHED_FOR;
            match (self.read(name, Version::Current).await, &mut *cached) {
                (Ok(text), cached) => {
                    let relay = Relay::read(&text);
                    let relay = relay.inspect_err(|error| tracing::error!(name, %error));
                    *cached = Some((until, relay.ok().map(Arc::new)));
                }
                (Err(error), None) => return Err(error),
                (Err(error), Some((good_until, _))) => {
                    tracing::warn!(name, error = %chain(&error), "secret not read anew");
                    *good_until = until;
                }
            }
        }
        let relay = cached.as_ref().and_then(|(_, relay)| relay.clone());
        relay.ok_or_else(|| VaultError::Malformed { name: name.clone() })
    }

    /// As it stands now, for whoever is about to change it.
    pub async fn read_google_relay(&self) -> Result<Relay, VaultError> {
        let name = &self.google_relay_name;
        let text = self.read(name, Version::Current).await?;
        Relay::read(&text).map_err(|error| {
            tracing::error!(name, %error);
            VaultError::Malformed { name: name.clone() }
        })
    }

    pub async fn put_google_relay(&self, relay: &Relay) -> Result<(), VaultError> {
        let name = &self.google_relay_name;
        let put = self
            .client
            .put_secret_value()
            .secret_id(name)
            .secret_string(relay.write().expose());
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refused))
                if refused.err().is_resource_not_found_exception() =>
            {
                Err(VaultError::Missing { name: name.clone() })
            }
            Err(error) => Err(unavailable("PutSecretValue")(error)),
        }
    }

    async fn read(&self, name: &str, version: Version<'_>) -> Result<Secret, VaultError> {
        let (_, text) = self.read_version(name, version).await?;
        Ok(text)
    }

    async fn read_version(
        &self,
        name: &str,
        version: Version<'_>,
    ) -> Result<(String, Secret), VaultError> {
        let asked = self.client.get_secret_value().secret_id(name);
        let asked = match version {
            Version::Current => asked.version_stage("AWSCURRENT"),
            Version::Previous => asked.version_stage("AWSPREVIOUS"),
            Version::Of(id) => asked.version_id(id),
        };
        match asked.send().await {
            Ok(answer) => {
                let text = answer.secret_string.map(Secret::new);
                let text = text.ok_or_else(|| VaultError::Malformed { name: name.into() })?;
                Ok((answer.version_id.unwrap_or_default(), text))
            }
            Err(SdkError::ServiceError(refused))
                if refused.err().is_resource_not_found_exception() =>
            {
                Err(VaultError::Missing { name: name.into() })
            }
            Err(error) => Err(unavailable("GetSecretValue")(error)),
        }
    }
}
