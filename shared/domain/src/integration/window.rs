//! What is counted of an integration: quarters of an hour, of which the last day's are summed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SECONDS_IN_QUARTER: i64 = 15 * 60;
const QUARTERS_IN_HOUR: i64 = 4;
/// Beside the one that is not over. So nothing of a day is left out, and nothing older than it by more than a quarter is counted.
pub const QUARTERS_IN_DAY: i64 = 24 * QUARTERS_IN_HOUR;

/// How often something was tried, and how often that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    pub tried: u32,
    pub failed: u32,
}

impl Tally {
    pub fn succeeded(self) -> u32 {
        self.tried.saturating_sub(self.failed)
    }

    /// In whole per cent. `None`: nothing was tried.
    pub fn success_rate(self) -> Option<u8> {
        let (tried, succeeded) = (u64::from(self.tried), u64::from(self.succeeded()));
        let rounded = (succeeded * 100 + tried / 2).checked_div(tried)?;
        // All is only said of all.
        let rate = if succeeded < tried {
            rounded.min(99)
        } else {
            rounded
        };
        u8::try_from(rate).ok()
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tried: self.tried.saturating_add(other.tried),
            failed: self.failed.saturating_add(other.failed),
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), std::ops::Add::add)
    }
}

/// A quarter of an hour, counted from the beginning of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter(i64);

/// An hour, counted likewise: its four quarters are counted in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(pub i64);

impl Quarter {
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_second().div_euclid(SECONDS_IN_QUARTER))
    }

    /// The first of the day that is counted at `now`.
    pub fn first_counted(now: Timestamp) -> Self {
        Self(Self::of(now).0 - QUARTERS_IN_DAY)
    }

    pub fn begins_at(self) -> Timestamp {
        Timestamp::from_second(self.0 * SECONDS_IN_QUARTER).unwrap_or(Timestamp::MIN)
    }

    pub fn hour(self) -> Hour {
        Hour(self.0.div_euclid(QUARTERS_IN_HOUR))
    }

    /// Which of its hour: 0 to 3.
    pub fn of_hour(self) -> usize {
        usize::try_from(self.0.rem_euclid(QUARTERS_IN_HOUR)).unwrap_or_default()
    }
}

impl Hour {
    /// Those that the day reaches into which is counted at `now`, in order of time.
    pub fn all_counted(now: Timestamp) -> impl Iterator<Item = Self> {
        let (first, last) = (Quarter::first_counted(now).hour(), Quarter::of(now).hour());
        (first.0..=last.0).map(Self)
    }

    pub fn begins_at(self) -> Timestamp {
        let second = self.0 * QUARTERS_IN_HOUR * SECONDS_IN_QUARTER;
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    /// Of what its quarters counted, what belongs to the day before `now`.
    pub fn counted(self, by_quarter: [Tally; 4], now: Timestamp) -> Tally {
        let first = Quarter::first_counted(now);
        let quarters = (0..).map(|index| Quarter(self.0 * QUARTERS_IN_HOUR + index));
        quarters
            .zip(by_quarter)
            .filter(|(quarter, _)| *quarter >= first)
            .map(|(_, tally)| tally)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_of_the_last_day_is_counted_and_nothing_older_than_it_by_more_than_a_quarter(
            tried_s in 0i64..400_000, age_s in 0i64..200_000,
        ) {
            let at = Timestamp::from_second(tried_s).unwrap();
            let now = at + SignedDuration::from_secs(age_s);
            let quarter = Quarter::of(at);
            let mut hour = [Tally::default(); 4];
            hour[quarter.of_hour()].tried = 1;

            let counted = quarter.hour().counted(hour, now).tried == 1;

            let day = 24 * 60 * 60;
            prop_assert!(counted || age_s > day);
            prop_assert!(!counted || age_s < day + SECONDS_IN_QUARTER);
            prop_assert_eq!(counted, at >= Quarter::first_counted(now).begins_at());
            prop_assert!(quarter.hour().begins_at() <= at);
            prop_assert!(!counted || Hour::all_counted(now).any(|hour| hour == quarter.hour()));
            prop_assert_eq!(Hour::all_counted(now).count(), 25);
        }

        #[test]
        fn a_rate_is_full_or_nothing_only_where_all_or_none_succeeded(tried in 1..100_000u32, failed in 0..100_000u32) {
            let tally = Tally { tried, failed: failed.min(tried) };
            let rate = tally.success_rate().unwrap();

            prop_assert!(rate <= 100);
            prop_assert_eq!(rate == 100, tally.failed == 0);
        }
    }

    #[test]
    fn a_rate_is_rounded_as_people_round() {
        let rate = |succeeded, tried| {
            Tally {
                tried,
                failed: tried - succeeded,
            }
            .success_rate()
        };
        assert_eq!(rate(38, 40), Some(95));
        assert_eq!(rate(340, 400), Some(85));
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(0, 7), Some(0));
        assert_eq!(rate(999, 1_000), Some(99));
    }
}
