//! Which of the connections whose timers have run out are asked to sync now, and when within the minute. After an outage
//! all of them are overdue at once; what a provider has just told of must not wait behind them.

use jiff::{SignedDuration, Timestamp};

use crate::connection::Provider;

/// About what the workers of one provider manage in a minute beside everything else.
pub const PER_PROVIDER: usize = 600;
/// They are spread over this, the rest of the minute being left for what the last ones take.
const SPREAD_OVER: SignedDuration = SignedDuration::from_secs(50);
/// A few come at once.
const APART_MAX: SignedDuration = SignedDuration::from_millis(250);

/// A timer that has run out.
#[derive(Clone, Debug, PartialEq)]
pub struct Overdue<T> {
    pub what: T,
    pub provider: Provider,
    pub since: Timestamp,
}

/// What of each provider is overdue, the longest first: neither provider waits for the other.
pub fn by_provider<T>(mut due: Vec<Overdue<T>>) -> [Vec<T>; Provider::ALL.len()] {
    due.sort_by_key(|due| due.since);
    Provider::ALL.map(|provider| {
        let own = due.extract_if(.., |due| due.provider == provider);
        own.map(|due| due.what).collect()
    })
}

/// Those whose turn it is, each with how long it is held back; the longest overdue first. What is left is longer overdue
/// in the next sweep.
pub fn in_turn<T>(due: Vec<Overdue<T>>) -> Vec<(T, SignedDuration)> {
    let mut turns = Vec::new();
    for own in by_provider(due) {
        let count = own.len().min(PER_PROVIDER);
        let apart = i32::try_from(count.max(1)).map_or(APART_MAX, |count| SPREAD_OVER / count);
        let apart = apart.min(APART_MAX);
        let mut wait = SignedDuration::ZERO;
        for own in own.into_iter().take(count) {
            turns.push((own, wait));
            wait += apart;
        }
    }
    turns.sort_by_key(|(_, wait)| *wait);
    turns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overdue(count: usize) -> impl Strategy<Value = Vec<Overdue<usize>>> {
        let one = (any::<bool>(), 0i64..100_000);
        prop::collection::vec(one, 0..count).prop_map(|due| {
            let numbered = due.into_iter().enumerate();
            let due = numbered.map(|(what, (second_provider, second))| Overdue {
                what,
                provider: Provider::ALL[usize::from(second_provider)],
                since: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            });
            due.collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_longest_overdue_of_each_provider_come_first_and_all_within_the_minute(
            due in overdue(2_000),
        ) {
            let turns = in_turn(due.clone());
            for provider in Provider::ALL {
                let mut since: Vec<_> = due
                    .iter()
                    .filter(|due| due.provider == provider)
                    .map(|due| due.since)
                    .collect();
                since.sort();
                since.truncate(PER_PROVIDER);
                let own: Vec<_> = turns
                    .iter()
                    .filter(|(what, _)| due[*what].provider == provider)
                    .collect();
                let came: Vec<_> = own.iter().map(|(what, _)| due[*what].since).collect();
                prop_assert_eq!(came, since);
                for pair in own.windows(2) {
                    let apart = pair[1].1 - pair[0].1;
                    prop_assert!(apart.is_positive() && apart <= APART_MAX);
                }
                prop_assert!(own.iter().all(|(_, wait)| *wait < SPREAD_OVER));
            }
        }

        #[test]
        fn a_few_are_not_held_back(due in overdue(4)) {
            prop_assert!(in_turn(due).iter().all(|(_, wait)| wait.as_secs() == 0));
        }
    }
}
