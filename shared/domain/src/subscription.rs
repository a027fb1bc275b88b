//! Subscriptions: a provider's promise to call us when a calendar changes.

mod upkeep;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{CalendarId, ConnectionId, SubscriptionId, spread};
pub use upkeep::{ALERT_AFTER, CHECK_EVERY, Upkeep};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub connection: ConnectionId,
    /// Absent where it is for every calendar of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Names the key of its channel token, which the provider may keep for as long as it is renewed.
    #[serde(default)]
    pub kid: String,
    pub state: SubscriptionState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Written before the provider is asked, so that a crash leaves something to clean up.
    Intended { at: Timestamp },
    Active {
        external_id: String,
        since: Timestamp,
        expires_at: Timestamp,
        renew_at: Timestamp,
    },
}

/// Whoever meant to subscribe so long ago does not any more.
const INTENDED_FOR: SignedDuration = SignedDuration::from_mins(10);

impl Subscription {
    /// What it is once the provider has granted it. It is renewed past half of its life, long before it can end, and
    /// after `renew_after` at the latest; each at its own time, so that those that began together do not end together.
    #[must_use]
    pub fn granted(
        mut self,
        external_id: String,
        since: Timestamp,
        expires_at: Timestamp,
        renew_after: SignedDuration,
    ) -> Self {
        let half = expires_at.duration_since(since) / 2;
        let after_ms = i64::try_from(half.min(renew_after).as_millis()).unwrap_or(i64::MAX);
        // From nine tenths to eleven tenths of it.
        let jitter_ms = (after_ms / 5).saturating_mul(i64::from(spread(self.id) >> 16)) >> 16;
        let renew_at = since + SignedDuration::from_millis(after_ms - after_ms / 10 + jitter_ms);
        self.state = SubscriptionState::Active {
            external_id,
            since,
            expires_at,
            renew_at,
        };
        self
    }

    pub fn covers(&self, calendar: CalendarId) -> bool {
        self.calendar.is_none_or(|own| own == calendar)
    }

    /// What the provider calls it; absent until it has answered.
    pub fn external_id(&self) -> Option<&str> {
        match &self.state {
            SubscriptionState::Intended { .. } => None,
            SubscriptionState::Active { external_id, .. } => Some(external_id),
        }
    }

    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.state {
            SubscriptionState::Intended { .. } => None,
            SubscriptionState::Active { expires_at, .. } => Some(*expires_at),
        }
    }

    pub fn renew_at(&self) -> Option<Timestamp> {
        match &self.state {
            SubscriptionState::Intended { .. } => None,
            SubscriptionState::Active { renew_at, .. } => Some(*renew_at),
        }
    }

    /// Nobody need do anything about it now.
    pub fn stands(&self, now: Timestamp) -> bool {
        match &self.state {
            SubscriptionState::Intended { at } => now <= *at + INTENDED_FOR,
            SubscriptionState::Active { renew_at, .. } => now < *renew_at,
        }
    }

    /// It should have been renewed long ago: three quarters of its life are over.
    pub fn is_late(&self, now: Timestamp) -> bool {
        match &self.state {
            SubscriptionState::Intended { .. } => !self.stands(now),
            SubscriptionState::Active {
                since, expires_at, ..
            } => now >= *since + expires_at.duration_since(*since) / 4 * 3,
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
