//! What functions find in their environments.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use anyhow::Context as _;
use domain::{connection::Provider, credential::VaultMode};
use shared::{app::App, clock::Clock, config::Config, metrics::Metrics};
use url::Url;

use super::{World, WorldOptions, address, worker::Gated};
use crate::{aws::Function, clock::WorldClock};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Environments {
    /// What the template gives to any of them: one app serves them all.
    Joined,
    /// Each has its own and no other's, as where it is deployed.
    Own,
}

impl Environments {
    pub(super) fn own_apps(
        self,
        functions: &[Function],
        aws: &Url,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> anyhow::Result<BTreeMap<String, App>> {
        let mut apps = BTreeMap::new();
        for function in functions.iter().filter(|_| self == Self::Own) {
            let own = address::environment(std::slice::from_ref(function), aws);
            let own = Config::read(own).with_context(|| function.handler.clone())?;
            let own = App::new(own, clock.clone(), metrics.clone())?;
            apps.insert(function.handler.clone(), own);
        }
        Ok(apps)
    }

    /// What each function behind the gate sees.
    pub(super) fn of_gated(
        self,
        functions: &[Function],
        aws: &Url,
    ) -> anyhow::Result<BTreeMap<Gated, Config>> {
        let seen = |gated: Gated| {
            let mut functions = functions.to_vec();
            functions.retain(|one| self == Self::Joined || one.handler == gated.handler());
            let config = Config::read(address::environment(&functions, aws));
            Ok((gated, config.context(gated.handler())?))
        };
        Gated::ALL.into_iter().map(seen).collect()
    }
}

impl World {
    /// A world for a test in which each function has its own environment and no other's.
    pub async fn start_apart(provider: Provider) -> anyhow::Result<Self> {
        let clock = WorldClock::virtual_at("2027-03-01T08:00:00Z".parse()?);
        let options = WorldOptions {
            clock,
            directory: None,
            provider,
            port: None,
        };
        Self::open_as(options, Environments::Own).await
    }

    /// What a function runs with.
    pub(super) fn app_of(&self, handler: &str) -> App {
        let own_apps = self.own_apps.lock();
        let own_apps = own_apps.unwrap_or_else(PoisonError::into_inner);
        own_apps.get(handler).unwrap_or(&self.app).clone()
    }

    /// Another process, with all that functions are told, and this mode.
    pub fn app_with(&self, mode: VaultMode) -> anyhow::Result<App> {
        let config = Config {
            vault_mode: mode,
            ..self.app.config.clone()
        };
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let metrics = super::measured::collected(&self.measured, &self.wire);
        Ok(App::new(config, clock, metrics)?)
    }

    /// Deploys everything anew with this mode: what is kept stays, what processes remember does not.
    pub fn redeploy(&self, mode: VaultMode) -> anyhow::Result<()> {
        let mut apps = BTreeMap::new();
        for function in &self.functions {
            let mut config = self.app_of(&function.handler).config.clone();
            config.vault_mode = mode;
            let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
            let metrics = super::measured::collected(&self.measured, &self.wire);
            let app = App::new(config, clock, metrics)?;
            apps.insert(function.handler.clone(), app);
        }
        *self.own_apps.lock().unwrap_or_else(PoisonError::into_inner) = apps;
        self.worker.redeploy(mode)?;
        self.serve_anew();
        Ok(())
    }
}
