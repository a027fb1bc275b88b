//! What operators are told of integrations is what there is.

use std::collections::BTreeMap;

use domain::{
    connection::{Provider, Standing},
    integration::{EventStatus, Integration, Quarter, Setup, Standings},
    item::Waiting,
};

use super::{
    Stage,
    laws::{Finding, Law},
};

/// More than any history logs.
const EVENTS_MAX: usize = 10_000;

impl Stage {
    /// How connections stand, what waits and what failed is counted as it is, whatever crashed or was repeated.
    pub(super) async fn check_counted(&self) -> anyhow::Result<Vec<Finding>> {
        let (store, now) = (&self.cast.store, self.cast.world.clock.now());
        let known = store.integrations(now).await?;
        let mut findings = Vec::new();
        let mut check = |what: &str, told: String, there: String| {
            if told != there {
                let words = format!("{what}: told {told}, there are {there}");
                findings.push(Finding::new(Law::Counted, &words));
            }
        };

        let mut standings: BTreeMap<Integration, Standings> = BTreeMap::new();
        let mut waiting = Waiting::default();
        for row in store.connections_of_all(usize::MAX).await? {
            let of_provider = standings
                .entry(Integration::calendars_of(row.connection.provider))
                .or_default();
            match row.connection.standing() {
                Some(Standing::Pending) => of_provider.pending += 1,
                Some(Standing::Connected) => of_provider.connected += 1,
                Some(Standing::Failing) => of_provider.failing += 1,
                Some(Standing::NeedsReauth) => of_provider.needs_reauth += 1,
                Some(Standing::Paused) => of_provider.paused += 1,
                None => {}
            }
            let stuck = store.stuck_items(row.connection.id).await?;
            let of_row = Waiting::of(&stuck);
            waiting.retrying += of_row.retrying;
            waiting.dead += of_row.dead;
        }
        for provider in Provider::ALL {
            let integration = Integration::calendars_of(provider);
            let there = standings.get(&integration).copied().unwrap_or_default();
            let told = known.facts(integration).setup;
            let there = Setup::Calendars(there);
            check(
                integration.name(),
                format!("{told:?}"),
                format!("{there:?}"),
            );
        }
        let told = (known.retrying(), known.dead());
        let there = (waiting.retrying, waiting.dead);
        check(
            "waiting and dead",
            format!("{told:?}"),
            format!("{there:?}"),
        );

        let first = Quarter::first_counted(now);
        let events = store.integration_events(None, EVENTS_MAX).await?;
        let failed = events
            .iter()
            .filter(|event| event.status == EventStatus::Error && Quarter::of(event.at) >= first);
        let failed = failed.count().to_string();
        check("errors of a day", known.failed_24h().to_string(), failed);
        Ok(findings)
    }
}
