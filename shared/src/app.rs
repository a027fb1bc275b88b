//! Everything a function needs, built once per process.

use std::sync::Arc;

use domain::connection::Provider;

use crate::{
    aws::Clients,
    clock::Clock,
    config::Config,
    metrics::{About, Metric, Metrics},
    outbox::Bus,
    providers::{
        CalendarProvider,
        google::{Google, pubsub::PubSub},
        microsoft::Microsoft,
    },
    queue::Queue,
    store::Store,
    vault::Vault,
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
            metrics,
            clock,
            config,
        })))
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

    pub async fn keys(&self) -> Result<Arc<crate::crypto::Keys>, crate::vault::VaultError> {
        self.vault.keys(self.clock.now()).await
    }
}
