//! What can go wrong while a connection ends.

use jiff::SignedDuration;
use tests::{
    person::Person,
    world::{CrashPoint, Traffic, World},
};

use super::{everything::left_behind, *};
use crate::support::MIA;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Connected {
    /// The clock jumps, and what became due is done.
    async fn goes_by(&self, time: SignedDuration) {
        self.world.clock.advance(time).unwrap();
        let minutes = SignedDuration::from_mins(2);
        self.world.advance(minutes).await.unwrap();
    }

    /// Signed in anew: hours may have passed.
    async fn disconnection_later(&self) -> Value {
        let mia = Person::sign_in(&self.world, &self.person.email)
            .await
            .unwrap();
        let path = format!("/api/v1/connections/{}/disconnection", self.connection);
        mia.get(&path).await.unwrap().expect(200).unwrap().json()
    }
}

/// Requests that change nothing: to die before one of them is to die before the next that does.
const READS: [&str; 6] = [
    "BatchGetItem",
    "GetItem",
    "Query",
    "GetSecretValue",
    "events.get",
    "oauth.token",
];

#[tokio::test]
async fn a_crash_at_any_request_loses_no_step_and_counts_nothing_twice() {
    let world = World::start().await.unwrap();
    let mia = Connected::with(world.clone(), MIA).await;
    mia.calendar
        .insert(google_visit("theirs", 3))
        .await
        .unwrap();
    mia.create_entry(&visit("ours", 4)).await;
    mia.settle().await;
    mia.disconnect_whole(true).await;
    let mia = Connected::with(world.clone(), MIA).await;
    world.watch_worker();
    let undisturbed = mia.disconnect_whole(true).await;
    let watched = world.take_watched();
    assert_eq!(undisturbed["copies_removed"], 1, "{undisturbed:#}");

    let changes = |(_, traffic): &(u32, &Traffic)| {
        let (_, operation) = traffic.name.split_once('.').unwrap();
        !READS.contains(&operation)
    };
    let numbered = (1..).zip(&watched).filter(changes);
    let mut points: Vec<CrashPoint> = numbered.map(|(nth, _)| CrashPoint::before(nth)).collect();
    points.push(CrashPoint::after(u32::try_from(watched.len()).unwrap()));
    assert!(points.len() > 12, "{watched:#?}");
    for point in points {
        let mia = Connected::with(world.clone(), MIA).await;
        assert_eq!(mia.titles_there().await, ["ours", "theirs"]);
        let ids = mia.ids().await;
        world.crash_next_run(point.clone());
        let receipt = mia.disconnect_whole(true).await;

        assert_eq!(world.unreached_point(), None);
        assert_eq!(receipt, undisturbed, "{point}");
        let left = left_behind(&world, &ids).await;
        assert_eq!(left, Vec::<String>::new(), "{point}");
        assert_eq!(mia.titles_there().await, ["theirs"], "{point}");
    }
}

#[tokio::test]
async fn a_run_that_goes_on_in_its_sleep_leaves_nothing_behind() {
    let mia = Connected::start().await;
    let ids = mia.ids().await;
    mia.world
        .stall_next_run(mia.world.crash_point("before", "events.insert").unwrap());
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;

    let receipt = mia.disconnect_whole(true).await;
    assert_eq!(receipt["access"], mia.given_back());
    mia.world.resume_stalled_runs().await.unwrap();
    mia.settle().await;

    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
    // Whoever slept holds an access token still, which only a grant's end makes void.
    let late: &[&str] = if mia.world.habits().revokes {
        &[]
    } else {
        &["pump"]
    };
    assert_eq!(mia.titles_there().await, late);
    assert_eq!(mia.titles_here().await, ["pump"]);
}

#[tokio::test]
async fn a_dead_grant_holds_up_nothing() {
    let mia = Connected::start().await;
    mia.create_entry(&visit("ours", 4)).await;
    mia.settle().await;
    let ids = mia.ids().await;
    mia.fault(&json!({ "name": "token_revoked", "scope": MIA, "count": 1 }))
        .await;

    let receipt = mia.disconnect_whole(true).await;

    assert_eq!(
        (
            &receipt["subscriptions_stopped"],
            &receipt["subscriptions_left"]
        ),
        (&json!(0), &json!(1))
    );
    assert!(receipt["left_until"].is_string(), "{receipt:#}");
    assert_eq!(
        (&receipt["copies_removed"], &receipt["copies_kept"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(receipt["access"], mia.given_back(), "{receipt:#}");
    assert_eq!(receipt["credential_deleted"], true);
    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_until_it_answers() {
    let mia = Connected::start().await;
    mia.create_entry(&visit("ours", 4)).await;
    mia.settle().await;
    for scope in ["channels.stop", "events.delete"] {
        mia.fault(&json!({ "name": "server_error", "scope": scope }))
            .await;
    }
    mia.disconnect(true).await;
    mia.settle().await;

    let stopped = mia.disconnection().await;
    assert_eq!(
        (&stopped["state"], &stopped["step"]),
        (&json!("running"), &json!("stop_notices"))
    );
    assert!(
        stopped["last_failure"]
            .as_str()
            .unwrap()
            .contains("transient"),
        "{stopped:#}"
    );
    assert!(stopped["next_try_at"].is_string());
    mia.no_more_faults().await.unwrap();
    mia.fault(&json!({ "name": "rate_limited", "scope": "events.delete", "count": 2 }))
        .await;
    mia.goes_by(HOUR).await;
    mia.goes_by(HOUR).await;

    let over = mia.disconnection_later().await;
    assert_eq!(over["state"], "over", "{over:#}");
    assert_eq!(
        (
            &over["receipt"]["subscriptions_stopped"],
            &over["receipt"]["copies_removed"]
        ),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_on() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "server_error", "scope": "channels.stop" }))
        .await;
    mia.disconnect(false).await;
    mia.settle().await;
    for _ in 0..24 {
        mia.goes_by(HOUR).await;
    }

    let over = mia.disconnection_later().await;
    assert_eq!(over["state"], "over", "{over:#}");
    assert_eq!(
        (
            &over["receipt"]["subscriptions_left"],
            &over["receipt"]["credential_deleted"]
        ),
        (&json!(1), &json!(true))
    );
}

#[tokio::test]
async fn a_message_that_is_lost_is_sent_again() {
    let mia = Connected::start().await;
    mia.disconnect(false).await;
    let lost = mia.world.aws.receive("kalends-local-purge", 10);
    assert_eq!(lost.len(), 1);
    for message in &lost {
        mia.world
            .aws
            .delete("kalends-local-purge", &message.receipt_handle);
    }
    mia.settle().await;
    assert_eq!(mia.disconnection().await["state"], "running");

    mia.goes_by(SignedDuration::from_mins(7)).await;

    assert_eq!(mia.disconnection().await["state"], "over");
}

#[tokio::test]
async fn an_account_that_somebody_else_has_connected_keeps_its_access() {
    let mia = Connected::start().await;
    let max = Person::sign_in(&mia.world, "max@northwind.test")
        .await
        .unwrap();
    max.connect_account(mia.world.provider, MIA).await.unwrap();

    let receipt = mia.disconnect_whole(false).await;

    assert_eq!(receipt["access"], json!({ "outcome": "shared" }));
    assert_eq!(receipt["credential_deleted"], true);
    assert_eq!(mia.calls("oauth.revoke").await, 0);
}

#[tokio::test]
async fn a_webhook_of_a_connection_that_ends_asks_for_nothing() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "server_error", "scope": "channels.stop" }))
        .await;
    mia.disconnect(false).await;
    mia.settle().await;
    let runs = mia.world.invocations()["sync-worker"];

    mia.calendar.insert(google_visit("later", 5)).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.world.invocations()["sync-worker"], runs);
    assert_eq!(mia.titles_here().await, Vec::<String>::new());
}
