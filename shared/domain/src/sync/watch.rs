//! When a connection is looked at without being asked. A provider's notices are believed only once they are proven: until
//! one has come, and after a look found what none had told, the connection is polled. Notices and deltas may both miss
//! something; once a day everything is compared.

use jiff::{SignedDuration, Timestamp};

use crate::id::{ConnectionId, spread};

/// Stands in for notices that do not come.
pub const POLL_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Even proven notices are promised by no provider.
pub const SAFETY_POLL_EVERY: SignedDuration = SignedDuration::from_hours(1);
pub const RECONCILE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A connection's hour may come soon after it was read for another reason.
const RECONCILE_NOT_WITHIN: SignedDuration = SignedDuration::from_hours(12);

/// What is known of the notices of one calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Since when it is subscribed, and until when; absent where the provider does not call us.
    pub subscribed: Option<(Timestamp, Timestamp)>,
    /// When this subscription last brought a notice.
    pub heard_at: Option<Timestamp>,
}

impl Watch {
    /// `missed_at` is when a look last found what no notice had told.
    pub fn is_proven(&self, missed_at: Option<Timestamp>, now: Timestamp) -> bool {
        let (Some((since, until)), Some(heard_at)) = (self.subscribed, self.heard_at) else {
            return false;
        };
        now < until && heard_at >= since && missed_at.is_none_or(|missed_at| heard_at > missed_at)
    }
}

/// What decides about the next look.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// One for each calendar that is synced.
    pub watches: Vec<Watch>,
    pub missed_at: Option<Timestamp>,
    pub reconcile_at: Timestamp,
    /// When the first failed item is to be tried again.
    pub retry_at: Option<Timestamp>,
}

impl Outlook {
    pub fn next_look(&self, now: Timestamp) -> Timestamp {
        let proven = |watch: &Watch| watch.is_proven(self.missed_at, now);
        let poll_at = if self.watches.iter().all(proven) {
            // A proof ends with its subscription.
            let ends = self.watches.iter().filter_map(|watch| watch.subscribed);
            let ends_at = ends.map(|(_, until)| until).min();
            let safety_at = now + SAFETY_POLL_EVERY;
            ends_at.map_or(safety_at, |at| at.clamp(now + POLL_EVERY, safety_at))
        } else {
            now + POLL_EVERY
        };
        [Some(poll_at), Some(self.reconcile_at), self.retry_at]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(poll_at)
            .max(now)
    }
}

/// When everything is compared again. Each connection has its own time of the day, so that they do not all come at once.
pub fn reconcile_at(connection: ConnectionId, reconciled_at: Timestamp) -> Timestamp {
    let day_ms = i64::try_from(RECONCILE_EVERY.as_millis()).unwrap_or(i64::MAX);
    let own_ms = (i64::from(spread(connection)) * day_ms) >> 32;
    let earliest = reconciled_at + RECONCILE_NOT_WITHIN;
    let wait_ms = (own_ms - earliest.as_millisecond()).rem_euclid(day_ms);
    earliest + SignedDuration::from_millis(wait_ms)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn moment() -> impl Strategy<Value = Timestamp> {
        (0i64..20_000).prop_map(at)
    }

    prop_compose! {
        fn watch()(
            subscribed in prop::option::of((moment(), 0i64..10_000)),
            heard_at in prop::option::of(moment()),
        ) -> Watch {
            let subscribed =
                subscribed.map(|(since, life)| (since, since + SignedDuration::from_mins(life)));
            Watch { subscribed, heard_at }
        }
    }

    prop_compose! {
        fn outlook()(
            watches in prop::collection::vec(watch(), 0..4),
            missed_at in prop::option::of(moment()),
            reconcile_at in moment(),
            retry_at in prop::option::of(moment()),
        ) -> Outlook {
            Outlook { watches, missed_at, reconcile_at, retry_at }
        }
    }

    proptest! {
        #[test]
        fn the_next_look_is_never_late(outlook in outlook(), now in moment()) {
            let next = outlook.next_look(now);

            prop_assert!(now <= next && next <= now + SAFETY_POLL_EVERY);
            prop_assert!(next <= outlook.reconcile_at.max(now));
            prop_assert!(outlook.retry_at.is_none_or(|at| next <= at.max(now)));
            if outlook.watches.iter().any(|watch| !watch.is_proven(outlook.missed_at, now)) {
                prop_assert!(next <= now + POLL_EVERY);
            }
        }

        #[test]
        fn notices_that_are_proven_save_the_polls_until_their_subscription_ends(
            outlook in outlook(),
            now in moment(),
            last_min in 0i64..120,
        ) {
            let until = now + SignedDuration::from_mins(last_min);
            let heard = Watch { subscribed: Some((now, until)), heard_at: Some(now) };
            let proven = Outlook {
                watches: vec![heard; outlook.watches.len()],
                missed_at: outlook.missed_at.filter(|at| *at < now),
                reconcile_at: now + RECONCILE_EVERY,
                retry_at: None,
            };

            let latest = now + SAFETY_POLL_EVERY;
            let ends_at = if proven.watches.is_empty() { latest } else { until };
            prop_assert_eq!(proven.next_look(now), ends_at.clamp(now + POLL_EVERY, latest));
        }

        #[test]
        fn no_notice_no_proof(since in moment(), heard_at in moment(), missed_at in moment(), now in moment()) {
            let watch = Watch { subscribed: Some((since, at(40_000))), heard_at: Some(heard_at) };
            let proven = watch.is_proven(Some(missed_at), now);

            prop_assert_eq!(proven, heard_at >= since && heard_at > missed_at);
            let unheard = Watch { heard_at: None, ..watch };
            let absent = Watch { subscribed: None, ..watch };
            let over = Watch { subscribed: Some((since, now)), ..watch };
            for watch in [unheard, absent, over] {
                prop_assert!(!watch.is_proven(None, now));
            }
        }

        #[test]
        fn everything_is_compared_once_a_day_at_the_connections_own_time(
            id in any::<u128>(),
            reconciled_at in moment(),
            late in 0i64..600,
        ) {
            let connection = ConnectionId::from_parts(0, id);
            let first = reconcile_at(connection, reconciled_at);
            let wait = first.duration_since(reconciled_at);
            prop_assert!(wait >= RECONCILE_NOT_WITHIN && wait < RECONCILE_NOT_WITHIN + RECONCILE_EVERY);

            let second = reconcile_at(connection, first + SignedDuration::from_mins(late));
            prop_assert_eq!(second.duration_since(first), RECONCILE_EVERY);
        }
    }

    #[test]
    fn connections_made_in_the_same_moment_are_compared_at_different_hours() {
        let hours: BTreeSet<i64> = (0..1_000)
            .map(|id| reconcile_at(ConnectionId::from_parts(0, id), at(0)))
            .map(|time| time.as_second() / 3_600)
            .collect();

        assert_eq!(hours.len(), 24);
    }
}
