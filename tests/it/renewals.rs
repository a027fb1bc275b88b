//! Subscriptions are renewed on a timer of their own, and whoever cannot be subscribed is polled and told of.

mod crash;

use domain::{
    connection::Provider,
    subscription::{Subscription, SubscriptionState, Upkeep},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::{
    store::{DueUpkeep, Store, StoreError, Turn},
    sync::{Renewed, renew},
};
use tests::{
    calendar_user::operation,
    person::{Answer, Person},
    world::World,
};

use crate::support::{Connected, MIA, control, google_visit, http};

/// Past half of any subscription's life.
const DAYS: SignedDuration = SignedDuration::from_hours(24 * 4);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Connected {
    /// The provider's subscriptions that still call.
    async fn live(&self) -> Vec<Value> {
        let url = self.world.provider_base().join("/_sim/state").unwrap();
        let state: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        let now = self.world.clock.now();
        let [google, microsoft] = ["channels", "subscriptions"].map(|name| state[name].as_array());
        let all = google.or(microsoft).unwrap().iter();
        let until = |one: &Value| {
            one["expires"]
                .as_str()
                .unwrap()
                .parse::<Timestamp>()
                .unwrap()
        };
        all.filter(|one| until(one) > now).cloned().collect()
    }

    /// Connected, and nothing chosen yet.
    async fn without_a_choice() -> Self {
        let world = World::start().await.unwrap();
        let provider = world.provider;
        let connected = tests::connected::Connected::without_choice(world, provider, MIA).await;
        connected.unwrap().into()
    }

    /// Until when it is subscribed, as we know it.
    async fn subscribed_until(&self) -> Vec<Timestamp> {
        let own = self.subscriptions().await;
        own.iter().filter_map(Subscription::expires_at).collect()
    }

    /// What shows that notices arrive, as somebody is told who signs in now.
    async fn notices(&self) -> Value {
        let member = Person::sign_in(&self.world, MIA).await.unwrap();
        let path = format!("/api/v1/connections/{}/notices", self.connection);
        member.get(&path).await.unwrap().expect(200).unwrap().json()
    }

    async fn press_now(&self, action: &str) -> Answer {
        let member = Person::sign_in(&self.world, MIA).await.unwrap();
        let path = format!("/api/v1/connections/{}/{action}", self.connection);
        member.post(&path, &json!({})).await.unwrap()
    }

    async fn page_now(&self) -> String {
        let member = Person::sign_in(&self.world, MIA).await.unwrap();
        let path = format!("/connections/{}", self.connection);
        member.get(&path).await.unwrap().expect(200).unwrap().text
    }

    /// As the renewals find it when half of its life is over.
    async fn is_due_for_renewal(&self) -> DueUpkeep {
        self.world.clock.advance(DAYS).unwrap();
        let now = self.world.clock.now();
        for shard in 0..Store::due_shards() {
            let found = self.world.app.store.upkeeps_due(shard, now, 10).await;
            if let Some(due) = found.unwrap().pop() {
                assert!(due.since < now);
                return due.what;
            }
        }
        panic!("nothing is due");
    }

    /// How many syncs were asked for so far.
    async fn asked_so_far(&self) -> u64 {
        let id = self.connection.parse().unwrap();
        let row = self.world.app.store.demand(id).await.unwrap();
        row.unwrap().demand.asked
    }

    fn times_told(&self, name: &str) -> usize {
        let events = self.world.aws.events_put();
        events
            .iter()
            .filter(|event| event.detail_type == name)
            .count()
    }
}

#[tokio::test]
async fn a_subscription_past_half_of_its_life_is_renewed_though_no_run_succeeds() {
    let mia = Connected::start().await;
    let before = mia.subscribed_until().await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.list" }))
        .await;

    mia.later(DAYS).await;

    let after = mia.subscribed_until().await;
    assert_eq!(after.len(), 1);
    assert!(after[0] > before[0], "{before:?} {after:?}");
    assert_eq!(mia.live().await.len(), 1, "the old one is stopped");
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "failed", "{run:#}");
}

#[tokio::test]
async fn whoever_cannot_be_subscribed_is_polled_and_told_of_once() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "server_error", "scope": "events.watch" }))
        .await;
    if mia.world.provider == Provider::Microsoft {
        mia.fault(&json!({ "name": "server_error", "scope": "subscriptions.update" }))
            .await;
    }
    for _ in 0..12 {
        mia.later(DAYS / 8).await;
    }
    assert_eq!(mia.times_told("CALENDAR_SUBSCRIPTIONS_FAILING"), 1);
    assert_eq!(mia.world.measured()["SubscriptionsFailing"], 1);
    mia.later(DAYS).await;
    assert!(mia.live().await.is_empty());
    mia.calendar
        .insert(google_visit("boiler", 28))
        .await
        .unwrap();

    mia.later(HOUR / 4).await;
    assert_eq!(mia.titles_now().await, ["boiler"]);
    let notices = mia.notices().await;
    assert_eq!(notices["state"], "failing", "{notices:#}");
    assert_eq!(notices["polled_every_s"], 900);
    assert!(notices["failing"]["failures"].as_u64() >= Some(3));
    let page = mia.page_now().await;
    assert!(page.contains("could not be asked to tell us of changes"));

    mia.no_more_faults().await.unwrap();
    mia.later(HOUR * 7).await;
    assert_eq!(mia.live().await.len(), 1);
    assert_eq!(mia.times_told("CALENDAR_SUBSCRIPTIONS_FAILING"), 1);
    assert_eq!(mia.notices().await["failing"], Value::Null);
    assert!(
        !mia.page_now()
            .await
            .contains("could not be asked to tell us of changes")
    );
}

#[tokio::test]
async fn a_provider_that_does_not_want_to_call_is_asked_again_the_next_day() {
    let world = World::start().await.unwrap();
    let watch = operation(world.provider, "events.watch");
    let refusal = json!({ "name": "server_error", "scope": watch, "status": 400 });
    control(&world, "faults", &refusal).await;
    let mia = Connected::with(world, MIA).await;
    let asked = mia.calls("events.watch").await;
    assert_eq!(asked, 1);

    for _ in 0..8 {
        mia.later(HOUR).await;
    }
    assert_eq!(
        mia.calls("events.watch").await,
        asked,
        "polled, and not asked each time"
    );
    let notices = mia.notices().await;
    let calendar = &notices["calendars"][0];
    assert_eq!(
        (&notices["state"], &calendar["silent"]),
        (&json!("unproven"), &json!(true))
    );

    mia.no_more_faults().await.unwrap();
    mia.later(HOUR * 24).await;
    assert_eq!(mia.live().await.len(), 1);
    assert_eq!(mia.times_told("CALENDAR_SUBSCRIPTIONS_FAILING"), 0);
}

#[tokio::test]
async fn what_shows_that_notices_arrive_can_be_read() {
    let mia = Connected::start().await;
    let notices = mia.notices().await;
    assert_eq!(notices["state"], "unproven", "{notices:#}");
    assert_eq!(notices["polled_every_s"], 900);
    mia.calendar
        .insert(google_visit("boiler", 4))
        .await
        .unwrap();
    mia.settle().await;

    let notices = mia.notices().await;
    assert_eq!(notices["state"], "proven", "{notices:#}");
    assert_eq!(notices["polled_every_s"], 3600);
    let calendar = &notices["calendars"][0];
    let subscription = &calendar["subscriptions"][0];
    let at = |time: &Value| -> Timestamp { time.as_str().unwrap().parse().unwrap() };
    assert_eq!(subscription["heard_at"], notices["last_notice_at"]);
    assert!(at(&subscription["since"]) <= at(&subscription["heard_at"]));
    assert!(at(&subscription["renew_at"]) < at(&subscription["expires_at"]));
    assert!(at(&notices["refresh_token_since"]) <= mia.world.clock.now());
    assert_eq!(
        (&notices["failing"], &calendar["silent"]),
        (&Value::Null, &json!(false))
    );

    // A change that no notice tells of is found by a look, and notices have to prove themselves again.
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar.insert(google_visit("pump", 5)).await.unwrap();
    mia.later(HOUR).await;
    let notices = mia.notices().await;
    assert_eq!(notices["state"], "unproven", "{notices:#}");
    assert!(at(&notices["last_miss_at"]) > at(&notices["last_notice_at"]));

    mia.press_now("pause").await.expect(200).unwrap();
    assert_eq!(mia.notices().await["state"], "off");
}

#[tokio::test]
async fn a_paused_connection_is_left_alone_and_subscribed_again_when_it_goes_on() {
    let mia = Connected::start().await;
    mia.press("pause").await.expect(200).unwrap();
    mia.later(DAYS).await;
    mia.later(DAYS).await;
    assert!(mia.live().await.is_empty());

    mia.press_now("resume").await.expect(202).unwrap();
    mia.settle().await;
    assert_eq!(mia.live().await.len(), 1);
}

#[tokio::test]
async fn one_worker_at_a_time_sees_to_the_subscriptions_of_a_connection() {
    let mia = Connected::start().await;
    let store = mia.world.tenant_of(MIA).await.unwrap();
    let id = mia.connection.parse().unwrap();
    let claim = async || {
        let claimed = store.claim_upkeep(id, Turn::Now, mia.world.clock.now());
        claimed.await.unwrap()
    };
    let first = claim().await.unwrap();
    assert!(claim().await.is_none());
    mia.world.clock.advance(MINUTE * 3).unwrap();
    let second = claim().await.unwrap();

    let now = mia.world.clock.now();
    let end = async |claim| {
        store
            .end_upkeep(claim, &Upkeep::default(), now, None, now)
            .await
    };
    let late = end(&first).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    end(&second).await.unwrap();
    assert!(claim().await.is_some());
}

#[tokio::test]
async fn what_a_new_subscription_could_not_tell_is_asked_for_and_a_prolonged_one_costs_no_run() {
    let mia = Connected::start().await;
    let due = mia.is_due_for_renewal().await;
    let asked = mia.asked_so_far().await;
    let made = mia.calls("events.watch").await;

    assert_eq!(renew(&mia.world.app, &due).await.unwrap(), Renewed::Done);

    let made = mia.calls("events.watch").await - made;
    assert_eq!(made, u64::from(mia.world.provider == Provider::Google));
    assert_eq!(mia.asked_so_far().await - asked, made);
}

#[tokio::test]
async fn a_provider_that_has_enough_is_left_alone_by_the_renewals() {
    let mia = Connected::start().await;
    let due = mia.is_due_for_renewal().await;
    let renewal = match mia.world.provider {
        Provider::Google => "events.watch",
        Provider::Microsoft => "subscriptions.update",
    };
    mia.fault(&json!({ "name": "rate_limited", "scope": renewal }))
        .await;

    assert_eq!(renew(&mia.world.app, &due).await.unwrap(), Renewed::TooFast);
}

#[tokio::test]
async fn what_a_worker_subscribed_to_in_its_sleep_is_stopped_beside_what_took_its_place() {
    for moment in ["before", "after"] {
        let mia = Connected::without_a_choice().await;
        mia.world
            .stall_next_run(mia.crash_point(moment, "events.watch"));
        mia.choose_primary(&Value::Null).await;
        mia.settle().await;
        // Its access is still good when it wakes up.
        mia.later(HOUR / 2).await;
        assert_eq!(mia.world.unreached_point(), None);
        assert!(
            !mia.live().await.is_empty(),
            "the next worker has subscribed"
        );

        mia.world.resume_stalled_runs().await.unwrap();
        mia.later(HOUR).await;
        assert_eq!(mia.live().await.len(), 1, "{moment}");
        assert_eq!(mia.subscribed_until().await.len(), 1, "{moment}");
    }
}
