//! What can go wrong between two calendars, played end to end. Each scenario keeps its own record of what people did
//! and holds both sides against it: nothing doubled, lost, wrongly deleted, and no mail to anyone's guests.

mod crashes;
mod deletions;
mod edits;
mod first_sync;
mod ledger;
mod outages;
mod reads;
mod ring;
mod sides;
mod stage;
mod times;
mod words;

use domain::connection::Provider;
use serde::Serialize;

pub use ledger::{Harm, Ledger, Side};
pub use sides::Sides;
pub use stage::Stage;
pub use words::{Change, Field, Mark, Point};

/// How much of it: little in the tests, all of it in the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Test,
    Full,
}

impl Scale {
    fn of(self, test: u32, full: u32) -> u32 {
        match self {
            Self::Test => test,
            Self::Full => full,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Scenario {
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    S11,
    S12,
    S13,
    S14,
    S15,
}

/// What a scenario came to.
#[derive(Debug, Serialize)]
pub struct Row {
    pub scenario: Scenario,
    pub title: &'static str,
    pub provider: Provider,
    /// Things that people made, edited or deleted.
    pub changes: u64,
    /// The product's calls to the provider.
    pub calls: u64,
    /// What it may cost, where that is promised.
    pub calls_max: Option<u64>,
    /// Where nobody changed anything, the calls of one round.
    pub calls_per_change: f64,
    pub duplicates: u64,
    pub lost_updates: u64,
    pub wrong_deletes: u64,
    pub invitations: u64,
    pub crashes: u64,
    pub seconds: f64,
    /// The first of what went wrong, in words.
    pub findings: Vec<String>,
}

impl Row {
    pub fn is_clean(&self) -> bool {
        self.duplicates + self.lost_updates + self.wrong_deletes + self.invitations == 0
    }

    pub fn is_within_budget(&self) -> bool {
        self.calls_max.is_none_or(|max| self.calls <= max)
    }
}

impl Scenario {
    pub const ALL: [Self; 15] = [
        Self::S1,
        Self::S2,
        Self::S3,
        Self::S4,
        Self::S5,
        Self::S6,
        Self::S7,
        Self::S8,
        Self::S9,
        Self::S10,
        Self::S11,
        Self::S12,
        Self::S13,
        Self::S14,
        Self::S15,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::S1 => "first sync of mixed events",
            Self::S2 => "one edit each way",
            Self::S3 => "burst of edits",
            Self::S4 => "no-op round",
            Self::S5 => "expired cursor",
            Self::S6 => "429/403 storm",
            Self::S7 => "lost webhooks",
            Self::S8 => "empty or short page",
            Self::S9 => "response lost after a write",
            Self::S10 => "clock-change week",
            Self::S11 => "three calendars in a ring",
            Self::S12 => "crash at every step",
            Self::S13 => "token revoked mid-run",
            Self::S14 => "two workers on one connection",
            Self::S15 => "mass deletion at the provider",
        }
    }

    pub async fn play(self, at: Provider, scale: Scale) -> anyhow::Result<Row> {
        match self {
            Self::S1 => Box::pin(first_sync::play(at, scale)).await,
            Self::S2 => Box::pin(edits::one_each_way(at)).await,
            Self::S3 => Box::pin(edits::burst(at)).await,
            Self::S4 => Box::pin(edits::none(at, scale)).await,
            Self::S5 => Box::pin(reads::expired_cursor(at, scale)).await,
            Self::S6 => Box::pin(outages::storm(at, scale)).await,
            Self::S7 => Box::pin(outages::lost_webhooks(at, scale)).await,
            Self::S8 => Box::pin(reads::thin_pages(at, scale)).await,
            Self::S9 => Box::pin(outages::lost_responses(at, scale)).await,
            Self::S10 => Box::pin(times::play(at)).await,
            Self::S11 => Box::pin(ring::play(at, scale)).await,
            Self::S12 => Box::pin(crashes::at_every_step(at, scale)).await,
            Self::S13 => Box::pin(outages::revoked_token(at, scale)).await,
            Self::S14 => Box::pin(crashes::two_workers(at, scale)).await,
            Self::S15 => Box::pin(deletions::play(at, scale)).await,
        }
    }
}
