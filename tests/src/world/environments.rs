//! What functions find in their environments.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use domain::connection::Provider;
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
    pub(super) fn app_of(&self, handler: &str) -> &App {
        self.own_apps.get(handler).unwrap_or(&self.app)
    }
}
