//! One connection, and what is counted of it.

use std::collections::BTreeSet;

use anyhow::Context as _;
use domain::{
    connection::Provider,
    id::{ConnectionId, EntryId},
    subscription::{CHECK_EVERY, Subscription},
    sync::watch::POLL_EVERY,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::store::{Store, TenantStore};
use tests::{connected::Connected, world::World};

use crate::company;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// The sweep comes each minute, and what it asks for takes a moment.
const SWEPT: SignedDuration = SignedDuration::from_mins(2);
/// The times between a person's changes, over and over.
const CHANGES_AFTER_H: [i64; 5] = [17, 38, 23, 49, 31];

pub(super) struct Watched {
    connected: Connected,
    id: ConnectionId,
    provider: Provider,
    account: String,
    store: TenantStore,
    /// Of the timers.
    shard: u32,
    event: String,
    entry: EntryId,
    /// The title that is not here yet, and since when it is there.
    unseen: Option<(String, Timestamp)>,
    pub(super) change_at: Timestamp,
    seen_at: Timestamp,
    /// What was found at rest the last time.
    heeded_until: Timestamp,
    pub(super) changes: usize,
    pub(super) found_within: SignedDuration,
    pub(super) unheeded: SignedDuration,
    pub(super) at_once: usize,
    pub(super) leaked: usize,
    pub(super) left: usize,
}

impl Watched {
    pub(super) async fn join(
        world: &World,
        provider: Provider,
        number: usize,
    ) -> anyhow::Result<Self> {
        let connected = company::join_at(world, provider, number).await?;
        // Later than all that is played.
        let at = |hour| json!({ "dateTime": format!("2027-08-02T{hour}:00:00+02:00"), "timeZone": "Europe/Berlin" });
        let event = json!({ "summary": "visit", "start": at(10), "end": at(11) });
        let event = connected.calendar.insert(event).await?;
        world.settle().await?;
        let entries = connected
            .entries_between("2027-08-01T00:00:00Z", "2027-09-01T00:00:00Z")
            .await?;
        let entry = entries.first().context("the visit arrived")?;
        let account = company::address(number);
        let id = connected.connection.parse()?;
        let store = world.tenant_of(&account).await?;
        let now = world.clock.now();
        let after = SignedDuration::from_hours(5 + i64::try_from(number)? * 7);
        Ok(Self {
            id,
            provider,
            store,
            shard: shard_of(world, id).await?,
            event: event["id"].as_str().context("an id")?.to_owned(),
            entry: entry["id"].as_str().context("an id")?.parse()?,
            account,
            connected,
            unseen: None,
            change_at: now + after,
            seen_at: now,
            heeded_until: now,
            changes: 0,
            found_within: SignedDuration::ZERO,
            unheeded: SignedDuration::ZERO,
            at_once: 0,
            leaked: 0,
            left: 0,
        })
    }

    /// Its person changes the event, over there.
    pub(super) async fn change(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let after = CHANGES_AFTER_H[self.changes % CHANGES_AFTER_H.len()];
        self.change_at = now + SignedDuration::from_hours(after) + MINUTE * 7;
        self.changes += 1;
        let title = format!("visit {}", self.changes);
        let change = json!({ "summary": title });
        self.connected.calendar.patch(&self.event, change).await?;
        let since = self.unseen.take().map_or(now, |(_, since)| since);
        self.unseen = Some((title, since));
        Ok(())
    }

    pub(super) fn is_unseen(&self) -> bool {
        self.unseen.is_some()
    }

    /// All is at rest: notes how it stands, and answers when something is due next. While the provider is away nobody
    /// can be heeded.
    pub(super) async fn look(
        &mut self,
        world: &World,
        at_provider: &[Value],
        is_away: bool,
    ) -> anyhow::Result<Timestamp> {
        let now = world.clock.now();
        if !is_away && self.heeded_until < now {
            self.unheeded += now.duration_since(self.heeded_until.max(self.seen_at));
        }
        self.seen_at = now;
        self.note_what_arrived(now).await?;
        let own = self.store.subscriptions(self.id).await?;
        let live_until = self.compare(&own, at_provider, now)?;
        let row = self.store.demand(self.id).await?.context("its row")?;
        let look_at = row.next_look_at.context("a timer")?;
        let is_polled = now < look_at + SWEPT && look_at <= now + POLL_EVERY + MINUTE;
        let polled_until = is_polled.then(|| look_at.max(now) + SWEPT);
        self.heeded_until = [live_until, polled_until]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(now);
        let upkeep =
            world
                .app
                .store
                .upkeeps_due(self.shard, now + SignedDuration::from_hours(24 * 8), 100);
        let upkeep = upkeep.await?;
        let upkeep = upkeep.iter().find(|due| due.what.connection == self.id);
        let renewal = upkeep.map(|due| next_tick(due.since, now, CHECK_EVERY));
        let ends = live_until.filter(|end| *end > now);
        let due = [Some(next_tick(look_at, now, MINUTE)), renewal, ends];
        due.into_iter().flatten().min().context("a look is due")
    }

    async fn note_what_arrived(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let Some((title, since)) = &self.unseen else {
            return Ok(());
        };
        let entry = self.store.entry(self.entry).await?.context("the entry")?;
        if serde_json::to_value(&entry)?
            .to_string()
            .contains(&format!("\"{title}\""))
        {
            self.found_within = self.found_within.max(now.duration_since(*since));
            self.unseen = None;
        }
        Ok(())
    }

    /// What the provider has and we know; answers until when it calls.
    fn compare(
        &mut self,
        own: &[Subscription],
        at_provider: &[Value],
        now: Timestamp,
    ) -> anyhow::Result<Option<Timestamp>> {
        let known: BTreeSet<String> = own
            .iter()
            .filter_map(|own| match self.provider {
                Provider::Google => Some(own.id.to_string()),
                Provider::Microsoft => own.external_id().map(str::to_owned),
            })
            .collect();
        let (mut live, mut leaked, mut until) = (0, 0, None);
        for one in at_provider
            .iter()
            .filter(|one| one["account"] == self.account)
        {
            let text = |name: &str| one[name].as_str().context("a text");
            let expires: Timestamp = text("expires")?.parse()?;
            if expires <= now {
                continue;
            }
            live += 1;
            if known.contains(text("id")?) {
                until = until.max(Some(expires));
            } else {
                leaked += 1;
            }
        }
        self.at_once = self.at_once.max(live);
        self.leaked = self.leaked.max(leaked);
        self.left = live;
        Ok(until)
    }
}

/// The first tick after both.
fn next_tick(due: Timestamp, now: Timestamp, every: SignedDuration) -> Timestamp {
    let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let after_ms = due.max(now).as_millisecond();
    let tick = (after_ms.div_euclid(every_ms) + 1) * every_ms;
    Timestamp::from_millisecond(tick).unwrap_or(Timestamp::MAX)
}

async fn shard_of(world: &World, id: ConnectionId) -> anyhow::Result<u32> {
    let far = world.clock.now() + SignedDuration::from_hours(24 * 30);
    for shard in 0..Store::due_shards() {
        let due = world.app.store.upkeeps_due(shard, far, 100).await?;
        if due.iter().any(|due| due.what.connection == id) {
            return Ok(shard);
        }
    }
    anyhow::bail!("{id} has no timer")
}
