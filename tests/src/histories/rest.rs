//! The troubles are over and everything that is owed is done, then once again to see that quiet is quiet.

use std::collections::BTreeMap;

use domain::{
    connection::Provider,
    item::{ItemState, StuckItem},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::Value;

use super::{
    Stage,
    cast::{BYSTANDER, Place},
    laws::{Finding, Law},
};

/// More rounds than any history needs: beyond is a livelock.
const ROUNDS_MAX: u32 = 12;
/// Within that time after its wait is over, a connection is looked at again.
const SWEEP: SignedDuration = SignedDuration::from_mins(2);
/// What says what the schedule holds. The rest is paperwork of runs and sessions.
const HELD: [&str; 9] = [
    "conflict",
    "deleted_entry",
    "dirty_entry",
    "entry",
    "hold",
    "link",
    "link_by_event",
    "stuck_item",
    "trace",
];

/// Everything that is held on both sides.
#[derive(PartialEq, Eq)]
struct Held {
    rows: BTreeMap<String, Value>,
    written: u64,
}

impl Stage {
    pub(super) async fn come_to_rest(&mut self) -> anyhow::Result<Vec<Finding>> {
        self.end_troubles().await?;
        let mut before = self.held().await?;
        for _ in 0..ROUNDS_MAX {
            self.round().await?;
            let after = self.held().await?;
            if after == before && !self.waits().await? {
                return self.check_quiet(&after).await;
            }
            before = after;
        }
        let stuck = self.stuck().await?;
        let words = format!("it never comes to rest; stuck are {stuck:?}");
        Ok(vec![Finding::new(Law::Rest, &words)])
    }

    pub(super) async fn stuck(&self) -> anyhow::Result<Vec<StuckItem>> {
        let mut stuck = Vec::new();
        for kept in self.cast.all_kept() {
            stuck.extend(kept.store.stuck_items(kept.connection).await?);
        }
        Ok(stuck)
    }

    async fn end_troubles(&mut self) -> anyhow::Result<()> {
        let world = self.cast.world.clone();
        world.unreached_point();
        let none = Value::Null;
        for provider in self.cast.providers() {
            let left = self.cast.control(provider, Method::GET, "faults", &none);
            for fault in left.await?["faults"].as_array().into_iter().flatten() {
                let name = fault["name"].as_str().unwrap_or_default();
                if let Some(met) = self.met.get_mut(name) {
                    *met = met.saturating_sub(fault["count"].as_u64().unwrap_or_default());
                }
            }
            let cleared = self.cast.control(provider, Method::DELETE, "faults", &none);
            cleared.await?;
        }
        world.resume_stalled_runs().await?;
        for provider in self.cast.providers() {
            let asked = self.requests(provider, 0).await?;
            for call in asked["requests"].as_array().into_iter().flatten() {
                // What a guarded write meets where somebody was faster.
                if call["status"] == 412 {
                    *self.met.entry("changed_meanwhile".into()).or_default() += 1;
                }
            }
        }
        let stops = world.crashes().stopped_runs;
        self.met.insert("stopped_runs".into(), stops);
        self.met.retain(|_, times| *times > 0);
        self.settle().await
    }

    /// Whatever waits for its time is given it; then somebody asks for a sync everywhere.
    async fn round(&mut self) -> anyhow::Result<()> {
        if let Some(until) = self.waits_until().await? {
            let wait = until.duration_since(self.cast.world.clock.now()) + SWEEP;
            self.pass(wait.max(SignedDuration::ZERO))?;
            self.settle().await?;
        }
        self.cast.open_the_page_again().await?;
        self.ask_everywhere().await
    }

    async fn ask_everywhere(&self) -> anyhow::Result<()> {
        for kept in self.cast.all_kept() {
            kept.press_sync().await?;
        }
        self.settle().await
    }

    async fn waits(&self) -> anyhow::Result<bool> {
        let now = self.cast.world.clock.now();
        Ok(self.waits_until().await?.is_some_and(|until| until > now))
    }

    /// The provider asked for it, or an item is tried again then.
    async fn waits_until(&self) -> anyhow::Result<Option<Timestamp>> {
        let mut until = Vec::new();
        for kept in self.cast.all_kept() {
            let path = format!("/api/v1/connections/{}", kept.connection);
            let stands = kept.person.get(&path).await?.expect(200)?.json();
            if let Some(at) = stands["sync"]["not_before"].as_str() {
                until.push(at.parse()?);
            }
            for stuck in kept.store.stuck_items(kept.connection).await? {
                until.extend(match stuck.state {
                    ItemState::Failing { next_try_at, .. } => Some(next_try_at),
                    ItemState::Refused { .. } | ItemState::Dead { .. } => None,
                });
            }
        }
        Ok(until.into_iter().max())
    }

    async fn held(&self) -> anyhow::Result<Held> {
        let mut rows = BTreeMap::new();
        for row in self.cast.rows().await? {
            let kind = row["et"]["S"].as_str().unwrap_or_default();
            if HELD.contains(&kind) {
                rows.insert(format!("{} {}", row["PK"]["S"], row["SK"]["S"]), row);
            }
        }
        let writes = [
            "events.create",
            "events.insert",
            "events.patch",
            "events.delete",
            "events.update",
        ];
        let mut written = 0;
        for provider in self.cast.providers() {
            let operations = self.requests(provider, 0).await?["operations"].clone();
            let of = |name: &str| operations[name].as_u64().unwrap_or_default();
            written += writes.into_iter().map(of).sum::<u64>();
        }
        Ok(Held { rows, written })
    }

    async fn requests(&self, provider: Provider, since: u64) -> anyhow::Result<Value> {
        let path = format!("requests?since={since}");
        let none = Value::Null;
        self.cast.control(provider, Method::GET, &path, &none).await
    }

    /// A round in which nobody changed anything is one call a calendar, and writes nothing.
    async fn check_quiet(&self, before: &Held) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut since = Vec::new();
        for provider in self.cast.providers() {
            let until_now = self.requests(provider, u64::MAX).await?;
            since.push((provider, until_now["next"].as_u64().unwrap_or_default()));
        }
        self.ask_everywhere().await?;
        for (provider, since) in since {
            let calls = self.calls_since(provider, since).await?;
            let of_provider = |place: &&Place| place.provider == provider;
            let places = self.cast.places.iter().filter(of_provider).count();
            let wanted = BTreeMap::from([(look(provider).to_owned(), places)]);
            if calls != wanted && (places > 0 || !calls.is_empty()) {
                let stuck = self.stuck().await?;
                let words = format!("quiet costs {calls:?} at {provider}; stuck are {stuck:?}");
                findings.push(Finding::new(Law::Rest, &words));
            }
            let refused = self.requests(provider, 0).await?["violations"][0].clone();
            if !refused.is_null() {
                let words = format!("{provider} refuses {refused}");
                findings.push(Finding::new(Law::Rest, &words));
            }
        }
        let after = self.held().await?;
        let changed = |(key, row): &(&String, &Value)| before.rows.get(*key) != Some(*row);
        for (key, row) in after.rows.iter().filter(changed) {
            findings.push(Finding::new(Law::Rest, &format!("quiet wrote {key} {row}")));
        }
        Ok(findings)
    }

    /// By name, without those that only give access, and without what another tenant costs.
    async fn calls_since(
        &self,
        provider: Provider,
        since: u64,
    ) -> anyhow::Result<BTreeMap<String, usize>> {
        let asked = self.requests(provider, since).await?;
        let mut calls = BTreeMap::new();
        for call in asked["requests"].as_array().into_iter().flatten() {
            if call["account"] == BYSTANDER || call["operation"] == "oauth.token" {
                continue;
            }
            let mut name = call["operation"].as_str().unwrap_or("?").to_owned();
            let query = call["query"].as_str().unwrap_or_default();
            // A calendar that is read as a whole each time costs one call too, while it is small.
            if name == look(provider)
                && !query.contains("syncToken")
                && !query.contains("deltatoken")
            {
                name.push_str(" from the beginning");
            }
            *calls.entry(name).or_default() += 1;
        }
        Ok(calls)
    }
}

/// How changes are asked for.
fn look(provider: Provider) -> &'static str {
    match provider {
        Provider::Google => "events.list",
        Provider::Microsoft => "calendarView.delta",
    }
}
