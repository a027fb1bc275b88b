//! Services that are away for a while: what is due waits for them, and nothing is lost.

use domain::subscription::Subscription;
use jiff::SignedDuration;
use serde_json::json;
use tests::{aws::ApiError, calendar_user::calendar_user, world::World};

use crate::support::{Connected, MIA, google_visit, visit};

impl Connected {
    /// Refuses an AWS operation so often.
    fn is_away(&self, operation: &str, times: usize) {
        for _ in 0..times {
            let error = ApiError::new("ThrottlingException", "Rate exceeded");
            self.world.aws.refuse_next(operation, error);
        }
    }
}

#[tokio::test]
async fn a_vault_that_does_not_answer_costs_time_and_no_grant() {
    let mia = Connected::start().await;
    // The access runs out, and so do all keys that are kept in memory.
    mia.world
        .clock
        .advance(SignedDuration::from_mins(65))
        .unwrap();
    let calendar = calendar_user(&mia.world, MIA).unwrap();
    calendar.insert(google_visit("boiler", 4)).await.unwrap();
    mia.is_away("GetSecretValue", 6);
    mia.settle().await;

    mia.later(SignedDuration::from_mins(10)).await;
    assert_eq!(mia.titles_now().await, ["boiler"]);
}

#[tokio::test]
async fn keys_that_are_held_go_on_counting_while_the_vault_is_away() {
    let mia = Connected::start().await;
    // What was read is not believed any longer, and cannot be read anew.
    mia.world
        .clock
        .advance(SignedDuration::from_mins(6))
        .unwrap();
    mia.is_away("GetSecretValue", 30);

    mia.is_told_of("boiler", 4).await;
}

#[tokio::test]
async fn an_event_bus_that_is_away_gets_every_event_later() {
    let mia = Connected::start().await;
    let before = mia.world.aws.events_put().len();
    mia.is_away("PutEvents", 12);
    for title in ["boiler", "pump", "van"] {
        mia.create_entry(&visit(title, 4)).await;
    }
    mia.settle().await;
    mia.later(SignedDuration::from_mins(10)).await;

    let events = mia.world.aws.events_put();
    let created = events[before..]
        .iter()
        .filter(|event| event.detail_type == "SCHEDULE_ENTRY_CREATED");
    assert_eq!(created.count(), 3);
}

#[tokio::test]
async fn a_sweep_that_was_down_for_days_is_made_up_for_at_once() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.world
        .clock
        .advance(SignedDuration::from_hours(24 * 8))
        .unwrap();
    let calendar = calendar_user(&mia.world, MIA).unwrap();
    calendar.insert(google_visit("boiler", 28)).await.unwrap();

    mia.later(SignedDuration::ZERO).await;

    assert_eq!(mia.titles_now().await, ["boiler"]);
    let subscriptions = mia.subscriptions().await;
    let now = mia.world.clock.now();
    let stand = |own: &Subscription| own.expires_at().is_some_and(|at| at > now);
    assert!(subscriptions.iter().any(stand), "{subscriptions:?}");
}

#[tokio::test]
async fn a_worker_that_dies_before_it_notes_a_subscription_leaves_one_that_counts() {
    let world = World::start().await.unwrap();
    world.crash_next_run(world.crash_point("after", "events.watch").unwrap());
    let mia = Connected::with(world, MIA).await;
    assert_eq!(mia.world.unreached_point(), None);
    mia.later(SignedDuration::from_mins(30)).await;

    let active = |own: &&Subscription| own.expires_at().is_some();
    let subscriptions = mia.subscriptions().await;
    assert_eq!(
        subscriptions.iter().filter(active).count(),
        1,
        "{subscriptions:?}"
    );
    mia.calendar
        .insert(google_visit("boiler", 4))
        .await
        .unwrap();
    mia.settle().await;
    assert_eq!(mia.titles_now().await, ["boiler"], "whoever else calls");
}
