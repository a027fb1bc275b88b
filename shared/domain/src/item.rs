//! Items that do not sync: an event or entry that cannot be held, or one that the provider fails to take. They stand
//! beside the calendar, each with its reason, until they sync, and hold up nothing else.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    failure::Refusal,
    id::{CalendarId, EntryId, ItemId},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StuckItem {
    pub id: ItemId,
    pub calendar: CalendarId,
    /// The provider's event id, or the entry's id where the event has none yet.
    pub item: String,
    /// The entry that it is a copy or the original of; of an event that stands aside, the one that it stands aside for.
    #[serde(default)]
    pub entry: Option<EntryId>,
    pub title: String,
    /// Since it was first seen, or last replayed.
    pub attempts: u32,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    #[serde(flatten)]
    pub state: ItemState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ItemState {
    /// It will be refused again as it is; it is tried again when it changes.
    Refused { refusal: Refusal },
    /// It failed for a reason that may pass.
    Failing {
        error: String,
        next_try_at: Timestamp,
    },
    /// It failed too often: it is tried again when it is replayed, or when it changes.
    Dead { error: String },
}

/// Then the item is a dead letter.
pub const ATTEMPTS_MAX: u32 = 8;
/// So many items in a row are not the items' fault.
pub const FAILURES_IN_A_ROW_MAX: usize = 3;
const BACKOFF_MAX: SignedDuration = SignedDuration::from_hours(6);

/// How long an item is left alone after so many attempts. The first failure may be a blip: it is tried once more in the
/// same run. Eight attempts take about half a day.
pub fn backoff(attempts: u32) -> SignedDuration {
    if attempts < 2 {
        return SignedDuration::ZERO;
    }
    SignedDuration::from_mins(1 << (2 * (attempts - 2)).min(20)).min(BACKOFF_MAX)
}

impl StuckItem {
    /// The code of whatever is not refused.
    pub const FAILURE: &str = "failure";

    /// After one more failure. `jitter` is a share of the wait, in thousandths.
    #[must_use]
    pub fn failed(mut self, error: String, now: Timestamp, jitter: u16) -> Self {
        let begins_anew = match self.state {
            ItemState::Failing { .. } => false,
            // It changed, or it would not have been tried.
            ItemState::Refused { .. } | ItemState::Dead { .. } => true,
        };
        self.attempts = if begins_anew { 1 } else { self.attempts + 1 };
        self.last_seen_at = now;
        self.state = if self.attempts >= ATTEMPTS_MAX {
            ItemState::Dead { error }
        } else {
            let wait = backoff(self.attempts);
            let next_try_at = now + wait + wait * i32::from(jitter.min(1_000)) / 4_000;
            ItemState::Failing { error, next_try_at }
        };
        self
    }

    /// The last attempt does not count: the provider was down, and the run that met it stops.
    #[must_use]
    pub fn spared(mut self, now: Timestamp) -> Self {
        self.attempts = self.attempts.saturating_sub(1);
        self.state = match self.state {
            ItemState::Failing { error, .. } | ItemState::Dead { error } => ItemState::Failing {
                error,
                next_try_at: now,
            },
            refused @ ItemState::Refused { .. } => refused,
        };
        self
    }

    /// A person wants it tried again. What stood aside for an entry is an event of its own until it does so again.
    #[must_use]
    pub fn replayed(mut self, now: Timestamp) -> Self {
        self.entry = self.entry.filter(|entry| !self.stands_aside_for(*entry));
        self.attempts = 0;
        // From here on it stands in the operators' queue, until it is tried.
        let error = match &self.state {
            ItemState::Refused { refusal } => refusal.unnamed(),
            ItemState::Failing { error, .. } | ItemState::Dead { error } => error.clone(),
        };
        self.state = ItemState::Failing {
            error,
            next_try_at: now,
        };
        self
    }

    /// Somebody wants it tried again, and it was not since.
    pub fn is_replayed(&self, now: Timestamp) -> bool {
        self.attempts == 0 && self.is_due(now)
    }

    pub fn next_try_at(&self) -> Option<Timestamp> {
        match &self.state {
            ItemState::Failing { next_try_at, .. } => Some(*next_try_at),
            ItemState::Refused { .. } | ItemState::Dead { .. } => None,
        }
    }

    pub fn is_dead(&self) -> bool {
        matches!(self.state, ItemState::Dead { .. })
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_try_at().is_some_and(|at| at <= now)
    }

    /// It is left out as long as this entry is synced through another calendar of the account.
    pub fn stands_aside_for(&self, entry: EntryId) -> bool {
        match &self.state {
            ItemState::Refused {
                refusal: Refusal::SameMeeting { .. },
            } => self.entry == Some(entry),
            ItemState::Refused { .. } | ItemState::Failing { .. } | ItemState::Dead { .. } => false,
        }
    }

    /// Whether it is what syncs as `item`, or as this entry, by whichever of its names it was met. What stands aside for
    /// the entry is another event.
    pub fn is_known_as(&self, item: &str, entry: Option<EntryId>) -> bool {
        let is_of = |entry| self.entry == Some(entry) && !self.stands_aside_for(entry);
        self.item == item || entry.is_some_and(is_of)
    }

    pub fn words(&self) -> String {
        match &self.state {
            ItemState::Refused { refusal } => refusal.to_string(),
            ItemState::Failing { error, .. } | ItemState::Dead { error } => error.clone(),
        }
    }

    /// The code that a filter names.
    pub fn reason(&self) -> &'static str {
        match &self.state {
            ItemState::Refused { refusal } => refusal.reason(),
            ItemState::Failing { .. } | ItemState::Dead { .. } => Self::FAILURE,
        }
    }

    pub fn needs_attention(&self) -> bool {
        match &self.state {
            ItemState::Refused { refusal } => refusal.needs_attention(),
            ItemState::Failing { .. } | ItemState::Dead { .. } => true,
        }
    }
}

/// How many items wait, and for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// For their next try.
    #[serde(default)]
    pub retrying: u32,
    /// For somebody to retry them.
    #[serde(default)]
    pub dead: u32,
}

impl Waiting {
    pub fn of<'a>(items: impl IntoIterator<Item = &'a StuckItem>) -> Self {
        let mut waiting = Self::default();
        for item in items {
            match item.state {
                ItemState::Failing { .. } => waiting.retrying += 1,
                ItemState::Dead { .. } => waiting.dead += 1,
                ItemState::Refused { .. } => {}
            }
        }
        waiting
    }
}

impl ItemState {
    pub const NAMES: [&str; 3] = ["refused", "failing", "dead"];

    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Failing { .. } => "failing",
            Self::Dead { .. } => "dead",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn failing() -> StuckItem {
        StuckItem {
            id: ItemId::from_parts(0, 1),
            calendar: CalendarId::from_parts(0, 1),
            item: "event".into(),
            entry: None,
            title: "pump".into(),
            attempts: 0,
            first_seen_at: NOW,
            last_seen_at: NOW,
            state: ItemState::Failing {
                error: String::new(),
                next_try_at: NOW,
            },
        }
    }

    proptest! {
        #[test]
        fn each_wait_is_longer_than_the_last_until_the_item_is_given_up(jitter in 0u16..=1_000) {
            let mut item = failing();
            let mut last = SignedDuration::from_secs(-1);
            for attempt in 1..ATTEMPTS_MAX {
                item = item.failed("503".into(), NOW, jitter);
                prop_assert_eq!(item.attempts, attempt);
                let wait = item.next_try_at().expect("still failing").duration_since(NOW);
                prop_assert!(wait > last || wait >= BACKOFF_MAX, "{:?} after {:?}", wait, last);
                prop_assert!(wait <= BACKOFF_MAX * 5 / 4);
                last = wait;
            }
            item = item.failed("503".into(), NOW, jitter);
            prop_assert_eq!(item.state.name(), "dead");
        }

        #[test]
        fn being_spared_takes_back_one_attempt(attempts in 0u32..12) {
            let item = StuckItem { attempts, ..failing() };
            let after = item.clone().failed("503".into(), NOW, 0).spared(NOW);

            prop_assert_eq!(after.attempts, attempts);
            prop_assert!(after.is_due(NOW));
        }
    }

    #[test]
    fn what_stood_aside_says_nothing_of_a_calendars_name_once_it_is_replayed() {
        let calendar = "Jane Doe, therapy".to_owned();
        let refusal = Refusal::SameMeeting { calendar };
        let item = StuckItem {
            state: ItemState::Refused { refusal },
            ..failing()
        };

        assert!(item.words().contains("Jane Doe"));
        assert!(!item.replayed(NOW).words().contains("Jane Doe"));
    }

    #[test]
    fn a_dead_letter_that_is_replayed_has_all_its_attempts_again() {
        let mut item = failing();
        for _ in 0..ATTEMPTS_MAX {
            item = item.failed("503".into(), NOW, 0);
        }
        let replayed = item.replayed(NOW);

        assert!(replayed.is_due(NOW));
        assert_eq!(replayed.attempts, 0);
        assert_eq!(replayed.words(), "503");
    }

    #[test]
    fn a_dead_letter_that_changed_is_counted_from_one() {
        let item = StuckItem {
            attempts: ATTEMPTS_MAX,
            state: ItemState::Dead {
                error: "503".into(),
            },
            ..failing()
        };

        assert_eq!(item.failed("503".into(), NOW, 0).attempts, 1);
    }
}
