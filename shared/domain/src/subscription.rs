//! Subscriptions: a provider's promise to call us when a calendar changes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{CalendarId, ConnectionId, SubscriptionId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub connection: ConnectionId,
    /// Absent where it is for every calendar of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
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
    },
}

impl Subscription {
    pub fn covers(&self, calendar: CalendarId) -> bool {
        self.calendar.is_none_or(|own| own == calendar)
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
            SubscriptionState::Active {
                since, expires_at, ..
            } => Some(*since + expires_at.duration_since(*since) / 2),
        }
    }

    /// Past half of its life a subscription is replaced, long before it can end.
    pub fn should_renew(&self, now: Timestamp) -> bool {
        match &self.state {
            SubscriptionState::Intended { at } => now > *at + SignedDuration::from_mins(10),
            SubscriptionState::Active { .. } => self.renew_at().is_some_and(|at| now >= at),
        }
    }
}
