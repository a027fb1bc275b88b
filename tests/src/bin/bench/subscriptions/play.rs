//! One kind of trouble, from the first day to the last.

use domain::connection::Provider;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tests::world::World;

use super::{CONNECTIONS, Counts, trouble::Trouble, watched::Watched};

/// When all is over, what was changed last has this long to arrive.
const REST: SignedDuration = SignedDuration::from_hours(24);

struct Play {
    world: World,
    providers: Vec<Provider>,
    trouble: Trouble,
    watched: Vec<Watched>,
    /// Begins and ends of trouble that are still to come, in order.
    turns: Vec<Timestamp>,
    is_on: bool,
    /// It was, until all came to rest the last time.
    was_on: bool,
}

pub(super) async fn play(
    trouble: Trouble,
    providers: Vec<Provider>,
    days: i64,
) -> anyhow::Result<Counts> {
    let world = World::start_with(providers[0]).await?;
    let mut watched = Vec::new();
    for number in 0..CONNECTIONS * providers.len() {
        let provider = providers[number % providers.len()];
        watched.push(Watched::join(&world, provider, number).await?);
    }
    let begin = world.clock.now();
    let whole = SignedDuration::from_hours(24 * days);
    let spans = trouble.spans(whole).into_iter();
    let mut play = Play {
        turns: spans
            .flat_map(|(from, to)| [begin + from, begin + to])
            .collect(),
        world,
        providers,
        trouble,
        watched,
        is_on: false,
        was_on: false,
    };
    let renewed = play.renewals();
    let end = begin + whole;
    while play.world.clock.now() < end {
        play.go_on(end).await?;
    }
    Ok(play.counts(days, renewed))
}

impl Play {
    fn renewals(&self) -> i64 {
        let measured = self.world.measured();
        measured
            .get("SubscriptionRenewed")
            .copied()
            .unwrap_or_default()
    }

    /// To the next thing that is due, and until all is at rest again.
    async fn go_on(&mut self, end: Timestamp) -> anyhow::Result<()> {
        let is_away = (self.is_on || self.was_on) && self.trouble == Trouble::Away;
        self.was_on = self.is_on;
        let at_provider = self.at_provider().await?;
        let mut next = end;
        for watched in &mut self.watched {
            let due = watched.look(&self.world, &at_provider, is_away).await?;
            next = next.min(due);
            if !is_away && watched.change_at < end - REST {
                next = next.min(watched.change_at);
            }
        }
        next = self.turns.first().map_or(next, |turn| next.min(*turn));
        let now = self.world.clock.now();
        let wait = next.duration_since(now);
        self.world.clock.advance(wait.max(SignedDuration::ZERO))?;
        self.happens(end).await?;
        self.world.settle().await?;
        Ok(())
    }

    /// Trouble turns, and people change what they planned, if they can.
    async fn happens(&mut self, end: Timestamp) -> anyhow::Result<()> {
        let now = self.world.clock.now();
        let turns = self.turns.first().is_some_and(|turn| *turn <= now);
        if turns {
            self.turns.remove(0);
            self.is_on = !self.is_on;
            if !self.is_on {
                self.trouble.ends(&self.world, &self.providers).await?;
            }
        }
        // In the moment in which it goes away, everybody has just changed something.
        let goes_away = turns && self.is_on && self.trouble == Trouble::Away;
        let can_change = !self.is_on || self.trouble != Trouble::Away || goes_away;
        for watched in self.watched.iter_mut().filter(|_| can_change) {
            if goes_away || watched.change_at <= now && now < end - REST {
                watched.change(now).await?;
            }
        }
        if turns && self.is_on {
            self.trouble.begins(&self.world, &self.providers).await?;
        }
        if self.is_on {
            self.trouble.goes_on(&self.world);
        }
        Ok(())
    }

    /// Every subscription that the providers have.
    async fn at_provider(&self) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        for provider in &self.providers {
            let (base, name) = match provider {
                Provider::Google => (&self.world.google_base, "channels"),
                Provider::Microsoft => (&self.world.microsoft_base, "subscriptions"),
            };
            let state = self.world.people_http.get(base.join("/_sim/state")?);
            let state: Value = state.send().await?.json().await?;
            found.extend(state[name].as_array().into_iter().flatten().cloned());
        }
        Ok(found)
    }

    fn counts(&self, days: i64, renewed: i64) -> Counts {
        let sum = |count: fn(&Watched) -> usize| self.watched.iter().map(count).sum();
        let most = |count: fn(&Watched) -> usize| self.watched.iter().map(count).max();
        let found_within = self.watched.iter().map(|watched| watched.found_within);
        let unheeded = self.watched.iter().map(|watched| watched.unheeded);
        Counts {
            trouble: self.trouble,
            connections: self.watched.len(),
            days,
            renewals: self.renewals() - renewed,
            left: sum(|watched| watched.left),
            at_once: most(|watched| watched.at_once).unwrap_or_default(),
            unheeded: unheeded.fold(SignedDuration::ZERO, |all, one| all + one),
            changes: sum(|watched| watched.changes),
            not_found: sum(|watched| usize::from(watched.is_unseen())),
            found_within: found_within.max().unwrap_or_default(),
            leaked: sum(|watched| watched.leaked),
        }
    }
}
