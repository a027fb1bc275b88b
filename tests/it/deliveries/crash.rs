//! Deliveries whose worker dies, at any of its requests: nothing is lost, and what is sent twice is told by its id.

use domain::webhook::DeliveryState;
use tests::world::CrashPoint;

use super::*;

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
