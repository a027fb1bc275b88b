//! What a provider says about haste is heard: a wait is waited out, and writes slow down until they are taken.

use domain::{run::Trigger, sync::pace};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{Connected, MIA, google_visit, visit};

impl Connected {
    async fn step_by_second(&self) {
        let second = SignedDuration::from_secs(1);
        self.world.clock.advance(second).unwrap();
        while self.world.step().await.unwrap() > 0 {}
    }

    async fn rate(&self) -> u32 {
        let store = self.world.tenant_of(MIA).await.unwrap();
        let id = self.connection.parse().unwrap();
        store.demand(id).await.unwrap().unwrap().pace.rate()
    }
}

#[tokio::test]
async fn nothing_is_called_before_the_provider_allows_it_whoever_asks() {
    let mia = Connected::start().await;
    mia.fault(&json!({
        "name": "rate_limited", "scope": "events.list", "count": 1, "retry_after_s": 600,
    }))
    .await;
    let said_at = mia.world.clock.now();
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    while mia.api("").await["sync"]["not_before"].is_null() {
        mia.step_by_second().await;
    }
    let until = mia.api("").await["sync"]["not_before"].clone();
    let until: Timestamp = until.as_str().unwrap().parse().unwrap();
    assert!(until >= said_at + SignedDuration::from_mins(10));
    let calls = mia.world.provider_calls();

    let store = mia.world.tenant_of(MIA).await.unwrap();
    let path = format!("/api/v1/connections/{}/sync", mia.connection);
    while mia.world.clock.now() < until - SignedDuration::from_mins(1) {
        // A message, a person and an entry, each of which would have run at once.
        let id = mia.connection.parse().unwrap();
        let asked = store.ask(id, Trigger::Notice, None).await.unwrap().unwrap();
        let none = SignedDuration::ZERO;
        shared::queue::send(&mia.world.app, &asked, none)
            .await
            .unwrap();
        let pressed = mia.person.post(&path, &json!({})).await.unwrap();
        pressed.expect(202).unwrap();
        let minute = SignedDuration::from_mins(1);
        mia.world.clock.advance(minute).unwrap();
        while mia.world.step().await.unwrap() > 0 {}
        assert_eq!(mia.world.provider_calls(), calls);
    }
    assert_eq!(mia.api("").await["sync"]["state"], "queued");
    mia.create_entry(&visit("pump", 4)).await;
    while mia.world.step().await.unwrap() > 0 {}
    assert_eq!(mia.world.provider_calls(), calls);

    mia.settle().await;
    mia.entry("boiler").await;
    mia.event("pump").await;
}

#[tokio::test]
async fn writes_slow_down_until_the_provider_takes_them_and_none_is_lost() {
    let mia = Connected::start().await;
    assert_eq!(mia.rate().await, pace::CEILING);
    for number in 0..90u8 {
        let day = number % 28 + 1;
        mia.create_entry(&visit(&format!("visit {number}"), day))
            .await;
    }
    mia.world.limit_calls(true).await.unwrap();

    let began_at = mia.world.clock.now();
    let mut slowest = pace::CEILING;
    loop {
        for _ in 0..10 {
            mia.step_by_second().await;
        }
        slowest = slowest.min(mia.rate().await);
        let done = mia.api("").await["sync"]["state"] == "idle";
        if done {
            break;
        }
        let took = mia.world.clock.now().duration_since(began_at);
        assert!(took < SignedDuration::from_mins(40), "{took}");
    }

    assert!(slowest < pace::CEILING / 4, "{slowest}");
    mia.world.limit_calls(false).await.unwrap();
    assert_eq!(mia.calendar.events().await.unwrap().len(), 90);
    let wasted = mia.calls("events.insert").await - 90;
    // The first refusal comes with the rest of its call.
    assert!((1..=30).contains(&wasted), "{wasted} writes were refused");

    let slow = mia.rate().await;
    mia.create_entry(&visit("one more", 5)).await;
    mia.settle().await;
    assert!(mia.rate().await > slow, "it rises with what is taken");
}
