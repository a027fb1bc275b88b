use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::id::CalendarId;

/// How often whatever is due is looked for.
pub const CHECK_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// So many failures in a row are told.
pub const ALERT_AFTER: u32 = 3;
/// The end of a row of growing waits.
const RETRY_EVERY_MAX: SignedDuration = SignedDuration::from_hours(6);
/// Where no subscription has a time of its own, or the provider may have thought better of it.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How it goes with a connection's subscriptions. While it does not, the connection is polled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {
    /// Tries in a row.
    pub failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// The last one, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the provider does not want to call us for, which no hurry changes; absent inside: the whole account.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub silent: BTreeSet<Option<CalendarId>>,
}

impl Upkeep {
    #[must_use]
    pub fn failed(&self, why: String, now: Timestamp) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            why: Some(why),
            silent: self.silent.clone(),
        }
    }

    #[must_use]
    pub fn succeeded(silent: BTreeSet<Option<CalendarId>>) -> Self {
        Self {
            silent,
            ..Self::default()
        }
    }

    /// The failure after which somebody is told; only that one, until a try has succeeded.
    pub fn is_to_be_told(&self) -> bool {
        self.failures == ALERT_AFTER
    }

    /// When it is seen to again.
    pub fn next_at(&self, subscriptions: &[Subscription], now: Timestamp) -> Timestamp {
        if let Some(exponent) = self.failures.checked_sub(1) {
            let wait = CHECK_EVERY * (1 << exponent.min(10));
            return now + wait.min(RETRY_EVERY_MAX);
        }
        let renewals = subscriptions.iter().filter_map(Subscription::renew_at);
        let first_at = renewals.min().unwrap_or(now + LOOK_EVERY);
        let latest = if self.silent.is_empty() {
            first_at
        } else {
            now + LOOK_EVERY
        };
        first_at.min(latest).max(now + CHECK_EVERY / 3)
    }
}
