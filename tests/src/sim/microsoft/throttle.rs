//! How much of one mailbox an application may use.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

/// What Outlook allows one application at one mailbox.
const PER_TEN_MINUTES: usize = 10_000;
const IN_FLIGHT_MAX: usize = 4;
const WINDOW_S: i64 = 600;

#[derive(Debug)]
pub(super) struct Throttle {
    pub(super) per_ten_minutes: usize,
    recent: BTreeMap<String, VecDeque<Timestamp>>,
    in_flight: BTreeMap<String, usize>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            per_ten_minutes: PER_TEN_MINUTES,
            recent: BTreeMap::new(),
            in_flight: BTreeMap::new(),
        }
    }
}

impl Throttle {
    /// Counts one request; false when the window is full.
    pub(super) fn admit(&mut self, account: &str, now: Timestamp) -> bool {
        let recent = self.recent.entry(account.to_owned()).or_default();
        while recent
            .front()
            .is_some_and(|at| now.duration_since(*at).as_secs() >= WINDOW_S)
        {
            recent.pop_front();
        }
        if recent.len() >= self.per_ten_minutes {
            return false;
        }
        recent.push_back(now);
        true
    }

    /// Takes one of the mailbox's places; false where all are taken.
    pub(super) fn enter(&mut self, account: &str) -> bool {
        let taken = self.in_flight.entry(account.to_owned()).or_default();
        if *taken >= IN_FLIGHT_MAX {
            return false;
        }
        *taken += 1;
        true
    }

    pub(super) fn leave(&mut self, account: &str) {
        if let Some(taken) = self.in_flight.get_mut(account) {
            *taken -= 1;
        }
    }
}
