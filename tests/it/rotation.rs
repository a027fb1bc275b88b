//! The root secret is rotated: what was made with the key before goes on for one more rotation, and is replaced meanwhile.

use domain::{connection::Provider, subscription::Subscription};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{
    person::Person,
    world::{Doors, World},
};

use crate::support::{Connected, MIA, google_visit, visit};

/// Longer than a process believes what it has read, and shorter than a session's proof is believed.
const NOTICED: SignedDuration = SignedDuration::from_mins(6);
/// A connection whose notices are not proven.
const POLLED: SignedDuration = SignedDuration::from_mins(15);
/// Of any subscription, and a little more.
const HALF_A_LIFE: SignedDuration = SignedDuration::from_hours(24 * 4);
const PROFILE: &str = "/api/users/auth/profile/";

fn rotate(world: &World) {
    let root = &world.app.config.root_secret;
    world.aws.rotate_secret(root).unwrap();
}

/// Every process has read the new version.
fn rotate_and_wait(world: &World) {
    rotate(world);
    world.clock.advance(NOTICED).unwrap();
}

/// What a provider is told of a token that is not ours: Graph must not repeat a whole batch for the sake of one.
fn refusal(world: &World) -> StatusCode {
    match world.provider {
        Provider::Google => StatusCode::NOT_FOUND,
        Provider::Microsoft => StatusCode::ACCEPTED,
    }
}

#[tokio::test]
async fn after_a_rotation_channels_sessions_pages_and_access_go_on() {
    let mia = Connected::start().await;
    let asked = mia.calls("oauth.token").await;
    rotate_and_wait(&mia.world);

    mia.is_told_of("boiler", 3).await;
    // Neither the proof of the session nor the page's own token is asked for anew.
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    mia.event("pump").await;

    assert_eq!(mia.calls("oauth.token").await, asked);
}

#[tokio::test]
async fn the_renewal_after_a_rotation_subscribes_with_the_new_key() {
    let mia = Connected::start().await;
    let [old] = &mia.channel_tokens().await[..] else {
        panic!("one channel")
    };
    let prolonged = mia.calls("subscriptions.update").await;
    rotate_and_wait(&mia.world);
    mia.is_told_of("boiler", 3).await;
    assert_eq!(
        mia.channel_tokens().await,
        std::slice::from_ref(old),
        "no hurry"
    );

    mia.later(HALF_A_LIFE).await;

    let kid = mia.world.app.keys().await.unwrap().kid.clone();
    let tokens = mia.channel_tokens().await;
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(tokens[0].split('.').nth(1), Some(kid.as_str()));
    assert!(!old.contains(&kid));
    assert_eq!(mia.subscriptions().await[0].kid, kid);
    assert_eq!(mia.calls("subscriptions.update").await, prolonged);
}

#[tokio::test]
async fn after_two_rotations_a_channel_is_refused_and_costs_the_table_nothing() {
    let mia = Connected::start().await;
    let token = mia.channel_tokens().await.remove(0);
    rotate_and_wait(&mia.world);
    let before = mia.world.aws.counters();
    let doors = Doors::of(&mia.world);
    assert!(doors.notify(&token).await.unwrap().is_success());
    assert_ne!(
        mia.world.aws.counters().table_requests,
        before.table_requests
    );

    rotate_and_wait(&mia.world);
    let before = mia.world.aws.counters();
    let answer = doors.notify(&token).await.unwrap();
    assert_eq!(answer, refusal(&mia.world));
    let after = mia.world.aws.counters();
    assert_eq!(after.table_requests, before.table_requests);
    assert_eq!(after.queue_sends, before.queue_sends);
}

#[tokio::test]
async fn after_two_rotations_access_is_asked_for_anew_and_the_session_is_exchanged() {
    let mia = Connected::start().await;
    let asked = mia.calls("oauth.token").await;
    rotate(&mia.world);
    rotate_and_wait(&mia.world);

    let stale = mia.person.json(Method::GET, PROFILE, &Value::Null).await;
    assert_eq!(stale.unwrap().status, 401);
    mia.person.get(PROFILE).await.unwrap().expect(200).unwrap();
    // The channel's key is gone too: until the next poll nobody is heard.
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.world.clock.advance(POLLED).unwrap();
    mia.world
        .advance(SignedDuration::from_mins(2))
        .await
        .unwrap();

    mia.entry("boiler").await;
    assert_eq!(mia.calls("oauth.token").await, asked + 1);
    mia.is_told_of("pump", 4).await;
}

#[tokio::test]
async fn a_token_of_the_newest_key_is_taken_by_who_has_not_heard_of_it() {
    let mia = Connected::start().await;
    // The web's process has read the keys just now, the worker's has not.
    mia.world.clock.advance(NOTICED).unwrap();
    let known = mia.world.app.keys().await.unwrap().kid.clone();
    // The channel's own key is gone, so that the run makes another.
    rotate(&mia.world);
    rotate(&mia.world);
    assert_eq!(mia.world.app.keys().await.unwrap().kid, known);
    mia.sync_now().await;
    let token = mia.channel_tokens().await.remove(0);
    assert_ne!(token.split('.').nth(1), Some(known.as_str()));

    mia.is_told_of("boiler", 3).await;
}

#[tokio::test]
async fn a_worker_that_has_not_heard_of_the_newest_key_leaves_its_subscription_alone() {
    let mia = Connected::start().await;
    mia.world.clock.advance(NOTICED).unwrap();
    mia.sync_now().await;
    rotate(&mia.world);
    // Another worker, which has heard of it, subscribes anew.
    let other = shared::app::App::new(
        mia.world.app.config.clone(),
        std::sync::Arc::new(mia.world.clock.clone()),
        shared::metrics::Metrics::to(drop),
    );
    let kid = other.unwrap().keys().await.unwrap().kid.clone();
    let store = mia.world.tenant_of(MIA).await.unwrap();
    for subscription in mia.subscriptions().await {
        let kid = kid.clone();
        let anew = Subscription {
            kid,
            ..subscription
        };
        store.put_subscription(&anew).await.unwrap();
    }
    let made = mia.calls("events.watch").await;

    mia.sync_now().await;

    assert_eq!(mia.calls("events.watch").await, made);
}

#[tokio::test]
async fn an_account_is_connected_across_a_rotation() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let begun = json!({ "provider": world.provider });
    let begun = mia.post("/api/v1/connections", &begun).await.unwrap();
    rotate_and_wait(&world);

    let back = mia.consent(&begun.at("/authorize_url"), &[]).await.unwrap();

    let led = mia.get(&back).await.unwrap().expect(303).unwrap();
    let page = led.header("location");
    assert!(page.starts_with("/connections/con_"), "{page}");
}
