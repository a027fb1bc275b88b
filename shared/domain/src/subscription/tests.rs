use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn granted(id: u128, life_h: i64, renew_after_h: i64) -> Subscription {
    let intended = Subscription {
        id: SubscriptionId::from_parts(0, id),
        connection: ConnectionId::from_parts(0, 1),
        calendar: None,
        kid: String::new(),
        state: SubscriptionState::Intended { at: at(0) },
    };
    let renew_after = SignedDuration::from_hours(renew_after_h);
    intended.granted("theirs".into(), at(0), at(life_h * 60), renew_after)
}

proptest! {
    #[test]
    fn a_subscription_is_renewed_around_half_of_its_life_and_never_late(
        id in any::<u128>(),
        life_h in 1i64..1_000,
        renew_after_h in 1i64..1_000,
    ) {
        let own = granted(id, life_h, renew_after_h);
        let after_min = own.renew_at().unwrap().duration_since(at(0)).as_mins();
        let aim_min = (life_h * 30).min(renew_after_h * 60);

        prop_assert!(after_min * 10 >= aim_min * 9 - 10 && after_min * 10 <= aim_min * 11);
        prop_assert!(own.stands(at(after_min - 1)) && !own.stands(own.renew_at().unwrap()));
        prop_assert!(!own.is_late(own.renew_at().unwrap()) && own.is_late(at(life_h * 45)));
    }

    #[test]
    fn what_fails_is_tried_again_within_hours_and_told_once(tries in 1usize..30) {
        let (mut upkeep, mut told, mut now) = (Upkeep::default(), 0, at(0));
        let mut last = SignedDuration::ZERO;
        for _ in 0..tries {
            upkeep = upkeep.failed("no".into(), now);
            told += u32::from(upkeep.is_to_be_told());
            let wait = upkeep.next_at(&[], now).duration_since(now);
            prop_assert!(wait >= last && wait >= CHECK_EVERY && wait <= RETRY);
            (last, now) = (wait, now + wait);
        }
        prop_assert_eq!(told, u32::from(tries >= 3));
        prop_assert_eq!(upkeep.failing_since, Some(at(0)));
    }
}

const RETRY: SignedDuration = SignedDuration::from_hours(6);

#[test]
fn subscriptions_made_in_the_same_moment_are_renewed_at_different_hours() {
    let hours: BTreeSet<i64> = (0..1_000)
        .map(|id| granted(id, 168, 84).renew_at().unwrap().as_second() / 3_600)
        .collect();

    assert!(hours.len() >= 16, "{hours:?}");
}

#[test]
fn the_next_look_at_subscriptions_is_when_the_first_is_to_be_renewed() {
    let own = [granted(1, 168, 84), granted(2, 100, 84)];
    let first = own[1].renew_at().unwrap();

    assert_eq!(Upkeep::default().next_at(&own, at(0)), first);
    assert_eq!(
        Upkeep::default().next_at(&own, first),
        first + CHECK_EVERY / 3
    );
    assert_eq!(Upkeep::default().next_at(&[], at(0)), at(24 * 60));
}
