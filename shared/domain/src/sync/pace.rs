//! How fast a connection may write. A provider says when it was too fast, never how fast is right: the pace is halved
//! when it says so, and rises a little with every run that it let through.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Thousandths of a write a second: twenty, more than one run writes one after the other.
pub const CEILING: u32 = 20_000;
/// One write in four seconds.
pub const FLOOR: u32 = 250;
const STEP: u32 = 500;
const WRITE: u64 = 1_000;
/// What is not used is saved for so long, so that a burst after a quiet time is not held up.
const SAVED_FOR: SignedDuration = SignedDuration::from_secs(40);
/// A run that stopped for its pace comes back with something to spend.
const PAUSE_MIN: SignedDuration = SignedDuration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    rate: u32,
    /// Thousandths of a write that were saved at `at`; absent, all that can be.
    saved: Option<(u64, Timestamp)>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rate: CEILING,
            saved: None,
        }
    }
}

impl Pace {
    /// Thousandths of a write a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    fn most(&self) -> u64 {
        u64::from(self.rate) * u64::try_from(SAVED_FOR.as_secs()).unwrap_or(0)
    }

    fn saved_at(&self, now: Timestamp) -> u64 {
        let Some((saved, at)) = self.saved else {
            return self.most();
        };
        let elapsed_ms = u64::try_from(now.duration_since(at).as_millis()).unwrap_or(0);
        (saved + elapsed_ms.saturating_mul(self.rate.into()) / 1_000).min(self.most())
    }

    /// Spends one write, or says how long to pause.
    pub fn take(&mut self, now: Timestamp) -> Result<(), SignedDuration> {
        let saved = self.saved_at(now);
        if let Some(left) = saved.checked_sub(WRITE) {
            self.saved = Some((left, now));
            return Ok(());
        }
        let missing_ms = ((WRITE - saved) * 1_000).div_ceil(self.rate.into());
        let pause = SignedDuration::from_millis(i64::try_from(missing_ms).unwrap_or(i64::MAX));
        Err(pause.max(PAUSE_MIN))
    }

    /// How many writes may go out in one call, of the `most` that it holds: a call cannot stop at the first refusal in it,
    /// so that once there was one, it holds what a second allows.
    pub fn together(&self, most: usize) -> usize {
        if self.rate >= CEILING {
            return most;
        }
        let a_second = usize::try_from(u64::from(self.rate) / WRITE).unwrap_or(most);
        a_second.clamp(1, most.max(1))
    }

    /// The provider said that it was too fast: nothing is left to spend.
    #[must_use]
    pub fn slowed(self, now: Timestamp) -> Self {
        Self {
            rate: (self.rate / 2).max(FLOOR),
            saved: Some((0, now)),
        }
    }

    /// The provider took what was written.
    #[must_use]
    pub fn eased(self, now: Timestamp) -> Self {
        Self {
            rate: (self.rate + STEP).min(CEILING),
            saved: self.saved.map(|_| (self.saved_at(now), now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Move {
        Wait { ms: u32 },
        Write,
        Slow,
        Ease,
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let one = prop_oneof![
            2 => (0u32..30_000).prop_map(|ms| Move::Wait { ms }),
            6 => Just(Move::Write),
            1 => Just(Move::Slow),
            1 => Just(Move::Ease),
        ];
        prop::collection::vec(one, 1..200)
    }

    proptest! {
        #[test]
        fn a_call_holds_what_it_can_until_haste_is_refused_and_then_what_a_second_allows(
            refusals in 0_u32..12, most in 1_usize..100,
        ) {
            let now = Timestamp::UNIX_EPOCH;
            let pace = (0..refusals).fold(Pace::default(), |pace, _| pace.slowed(now));
            let together = pace.together(most);
            prop_assert!((1..=most).contains(&together));
            if refusals == 0 {
                prop_assert_eq!(together, most);
            } else {
                let rate = usize::try_from(pace.rate() / 1_000).unwrap();
                prop_assert!(together <= rate.max(1));
            }
        }

        #[test]
        fn the_pace_keeps_its_bounds_and_is_never_overspent(moves in moves()) {
            let mut now = Timestamp::UNIX_EPOCH;
            let mut pace = Pace::default();
            // What may be spent: what was saved, and what each moment adds.
            let mut allowed = pace.most();
            let mut spent = 0;
            for one in moves {
                match one {
                    Move::Wait { ms } => {
                        now += SignedDuration::from_millis(ms.into());
                        allowed += u64::from(ms) * u64::from(pace.rate) / 1_000;
                    }
                    Move::Write => match pace.take(now) {
                        Ok(()) => spent += WRITE,
                        Err(pause) => {
                            let mut later = pace;
                            prop_assert!(later.take(now + pause).is_ok());
                        }
                    },
                    Move::Slow => {
                        let before = pace.rate;
                        pace = pace.slowed(now);
                        prop_assert_eq!(pace.rate, (before / 2).max(FLOOR));
                        prop_assert!(pace.take(now).is_err());
                    }
                    Move::Ease => pace = pace.eased(now),
                }
                prop_assert!((FLOOR..=CEILING).contains(&pace.rate));
                prop_assert!(spent <= allowed, "{spent} of {allowed}");
            }
        }

        #[test]
        fn what_was_slowed_comes_back_to_full_pace(times in 1usize..12) {
            let now = Timestamp::UNIX_EPOCH;
            let slowed = (0..times).fold(Pace::default(), |pace, _| pace.slowed(now));
            let runs = CEILING.div_ceil(STEP);
            let eased = (0..runs).fold(slowed, |pace, _| pace.eased(now));

            prop_assert_eq!(eased.rate, CEILING);
        }
    }

    #[test]
    fn a_connection_that_was_never_slowed_writes_a_large_handful_at_once() {
        let mut pace = Pace::default();

        assert!((0..800).all(|_| pace.take(Timestamp::UNIX_EPOCH).is_ok()));
    }
}
