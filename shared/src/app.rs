//! Everything a function needs, built once per process.

use std::sync::{Arc, OnceLock};

use domain::connection::Provider;

use crate::{
    aws::Clients,
    clock::Clock,
    config::Config,
    crypto::{Keys, Secret},
    metrics::{About, Metric, Metrics},
    outbox::Bus,
    providers::{
        CalendarProvider,
        google::{Google, pubsub::PubSub},
        microsoft::Microsoft,
    },
    queue::Queue,
    store::Store,
    vault::{Vault, VaultError},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub store: Store,
    pub queue: Queue,
    pub vault: Vault,
    pub bus: Bus,
    pub http: reqwest::Client,
    pub pubsub: PubSub,
    outside: OnceLock<reqwest::Client>,
    metrics: Metrics,
    google: Google,
    microsoft: Microsoft,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built")]
pub struct BuildError(#[from] reqwest::Error);

impl App {
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Result<Self, BuildError> {
        let clients = Clients::new(&config.aws);
        let http = crate::providers::http_client()?;
        Ok(Self(Arc::new(Inner {
            store: Store::new(clients.dynamodb, config.table.clone()),
            queue: Queue::new(clients.sqs, config.queues.clone()),
            vault: Vault::new(clients.secrets, &config),
            bus: Bus::new(clients.events, config.event_bus.clone()),
            google: Google::new(http.clone(), &config.google),
            microsoft: Microsoft::new(http.clone(), config.microsoft.clone(), clock.clone()),
            pubsub: PubSub::new(http.clone(), &config.google),
            http,
            outside: OnceLock::new(),
            metrics,
            clock,
            config,
        })))
    }

    /// What customers' addresses are called with; made when it is first needed, which most functions never do.
    pub fn outside(&self) -> Result<&reqwest::Client, BuildError> {
        if let Some(client) = self.outside.get() {
            return Ok(client);
        }
        let client = crate::webhook::client(self.config.is_local())?;
        Ok(self.outside.get_or_init(|| client))
    }

    pub fn measure(&self, about: &About, measured: &[(Metric, i64)]) {
        self.metrics
            .write(&self.config.stage, self.clock.now(), about, measured);
    }

    pub fn provider(&self, provider: Provider) -> &dyn CalendarProvider {
        match provider {
            Provider::Google => &self.google,
            Provider::Microsoft => &self.microsoft,
        }
    }

    /// The keys with which everything new is made.
    pub async fn keys(&self) -> Result<Arc<Keys>, VaultError> {
        self.vault.keys(self.clock.now()).await
    }

    /// The keys of this id, if they still hold.
    pub async fn keys_of(&self, kid: &str) -> Result<Option<Arc<Keys>>, VaultError> {
        self.vault.keys_of(kid, self.clock.now()).await
    }

    /// Opens what was sealed for this context; `None` where that is not so, or the key no longer holds.
    pub async fn open(&self, context: &str, sealed: &str) -> Result<Option<Secret>, VaultError> {
        let Some((kid, _)) = sealed.split_once('.') else {
            return Ok(None);
        };
        let keys = self.keys_of(kid).await?;
        Ok(keys.and_then(|keys| keys.open(context, sealed)))
    }
}
