//! Deliveries whose worker dies, at any of its requests: nothing is lost, and what is sent twice is told by its id.

use domain::webhook::{DeliveryState, WhySwitchedOff};
use shared::{
    queue::Delay,
    store::{Errand, StoreError, Told},
};
use tests::{aws::QueueDepth, world::CrashPoint};

use super::{tries::QUEUE, *};

/// Whether the worker got to that point at all.
async fn survives(point: CrashPoint, statuses: &[u16]) -> bool {
    let hooked = Hooked::start().await;
    hooked.receiver.answers(statuses);
    hooked.world.crash_next_run(point.clone());
    hooked.create_entry("pump").await;
    // A message is seen again some minutes after its worker died.
    hooked.settle().await;
    hooked.later(SignedDuration::from_mins(20)).await;

    let delivery = hooked.delivery().await;
    assert_eq!(delivery.state, DeliveryState::Succeeded, "{point}");
    assert_eq!(hooked.waiting().await, (0, 0), "{point}");
    let ids: BTreeSet<String> = hooked
        .heard()
        .iter()
        .map(|told| told.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids, BTreeSet::from([delivery.id.to_string()]), "{point}");
    hooked.world.unreached_point().is_none()
}

#[tokio::test]
async fn a_delivery_arrives_wherever_its_worker_dies() {
    // One that arrives, and one that needs another two tries.
    for statuses in [&[][..], &[500, 500]] {
        let mut died = 0;
        for nth in 1..20 {
            let before = Box::pin(survives(CrashPoint::before(nth), statuses)).await;
            let after = Box::pin(survives(CrashPoint::after(nth), statuses)).await;
            if !before && !after {
                break;
            }
            died += u32::from(before) + u32::from(after);
        }
        // It is looked for, read and written down at the least.
        assert!(died >= 6, "{died}");
    }
}

#[tokio::test]
async fn what_waits_for_hours_is_in_no_queue_and_is_tried_when_its_time_has_come() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(503);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    // Past the first tries, which follow each other closely.
    for _ in 0..6 {
        hooked.later(SignedDuration::from_mins(50)).await;
    }
    let (store, now) = (&hooked.world.app.store, hooked.world.clock.now());
    let delivery = hooked.delivery().await;
    let next_at = delivery.next_at().unwrap();
    assert!(
        next_at > now + SignedDuration::from_hours(1),
        "{delivery:#?}"
    );
    let tried = hooked.heard().len();

    // A sweep that was slow has read the index before the last try, and others have left their messages.
    let errand = Errand::of_delivery(hooked.store.id(), &delivery);
    assert!(!store.look_at_errand_again(&errand, now).await.unwrap());
    for _ in 0..3 {
        let queue = &hooked.world.app.queue;
        queue.send_errand(&errand, Delay::ZERO).await.unwrap();
    }
    hooked.settle().await;

    assert_eq!(hooked.world.aws.queue_depth(QUEUE), QueueDepth::default());
    assert_eq!(hooked.heard().len(), tried);
    hooked.receiver.usually_answers(200);
    hooked.later(next_at.duration_since(now)).await;
    assert_eq!(hooked.heard().len(), tried + 1);
    assert_eq!(hooked.delivery().await.state, DeliveryState::Succeeded);
}

#[tokio::test]
async fn a_webhook_that_works_again_is_not_switched_off_by_what_failed_beside_it() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(503);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    // Two deliveries under way at once: one of them finds that it works.
    let stale = hooked.kept().await;
    hooked.receiver.usually_answers(200);
    hooked.later(SignedDuration::from_hours(6)).await;
    assert_eq!(hooked.delivery().await.state, DeliveryState::Succeeded);

    let now = hooked.world.clock.now();
    let delivery = hooked.delivery().await;
    let told = Told {
        delivery: delivery.clone(),
        webhook: Some(WebhookState::SwitchedOff {
            at: now,
            why: WhySwitchedOff::Failing,
        }),
        event: None,
        audit: None,
    };
    let written = hooked.store.record(&stale, &delivery, &told, now).await;

    assert!(matches!(written, Err(StoreError::Conflict)), "{written:?}");
    assert!(hooked.kept().await.webhook.is_active());
}
