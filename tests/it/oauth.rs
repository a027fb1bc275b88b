//! Connecting an account: once, in the browser and session that began it, with everything that syncing needs.

use domain::audit::{Action, Actor, Outcome};
use jiff::SignedDuration;
use serde_json::json;
use tests::{person::Person, world::World};

use crate::support::{Connected, MIA};

async fn begun(person: &Person) -> String {
    let answer = person
        .post("/api/v1/connections", &json!({ "provider": "google" }))
        .await
        .unwrap();
    answer.expect(201).unwrap().at("/authorize_url")
}

async fn connections(person: &Person) -> usize {
    let list = person
        .get("/api/v1/connections")
        .await
        .unwrap()
        .expect(200)
        .unwrap()
        .json();
    list["items"].as_array().unwrap().len()
}

/// The requests with which an authorization was refused to a member, as the audit log names them.
async fn refusals(world: &World, email: &str) -> Vec<String> {
    let tenant = world.tenant_of(email).await.unwrap();
    let mut lines = tenant.audit(None, 1_000).await.unwrap();
    lines
        .retain(|line| line.action == Action::ConnectionRefused && line.outcome == Outcome::Denied);
    lines.retain(
        |line| matches!(&line.actor, Actor::Member { email: who, .. } if who.as_str() == email),
    );
    lines.into_iter().map(|line| line.request_id).collect()
}

#[tokio::test]
async fn the_authorization_asks_for_offline_access_with_a_hashed_verifier() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    let url: url::Url = begun(&mia).await.parse().unwrap();

    let query: std::collections::BTreeMap<_, _> = url.query_pairs().collect();
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["access_type"], "offline");
    assert_eq!(query["login_hint"], MIA);
    assert!(query["state"].len() >= 43 && query["code_challenge"].len() == 43);
}

#[tokio::test]
async fn a_callback_works_once() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let back = mia.consent(&begun(&mia).await, &[]).await.unwrap();

    mia.get(&back).await.unwrap().expect(303).unwrap();
    let again = mia.get(&back).await.unwrap().expect(400).unwrap();

    assert!(again.text.contains("already used"), "{}", again.text);
    assert_eq!(connections(&mia).await, 1);
}

#[tokio::test]
async fn a_callback_after_ten_minutes_connects_nothing() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let back = mia.consent(&begun(&mia).await, &[]).await.unwrap();

    world.clock.advance(SignedDuration::from_mins(10)).unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let late = mia.get(&back).await.unwrap();

    assert_eq!(late.status, 400);
    assert_eq!(connections(&mia).await, 0);
}

#[tokio::test]
async fn an_authorization_begun_by_somebody_else_is_refused() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let back = mia.consent(&begun(&mia).await, &[]).await.unwrap();

    for other in [MIA, "ada@northwind.test", "bob@contoso.test"] {
        let other = Person::sign_in(&world, other).await.unwrap();
        let refused = other.get(&back).await.unwrap();
        assert_eq!(refused.status, 400, "{}", other.email);
        assert_eq!(connections(&other).await, 0);
        assert_eq!(
            refusals(&world, &other.email).await,
            [refused.header("x-request-id")]
        );
    }
    let stranger = Person::stranger(&world).unwrap();
    let led = stranger.get(&back).await.unwrap().expect(303).unwrap();
    assert!(
        led.header("location").starts_with("/sign-in/continue"),
        "{led:?}"
    );
}

#[tokio::test]
async fn made_up_answers_from_the_provider_connect_nothing() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    begun(&mia).await;

    for query in [
        "",
        "?code=1",
        "?state=1",
        "?state=&code=",
        "?state=unknown&code=4/0A",
        "?error=access_denied",
    ] {
        let answer = mia
            .get(&format!("/oauth/google/callback{query}"))
            .await
            .unwrap();
        assert_eq!(answer.status, 400, "{query}");
    }
    let answer = mia
        .get("/oauth/yahoo/callback?state=1&code=1")
        .await
        .unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(connections(&mia).await, 0);
}

#[tokio::test]
async fn saying_no_at_the_provider_is_not_an_error() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let back = mia
        .consent(&begun(&mia).await, &[("decision", "cancel")])
        .await
        .unwrap();

    let answer = mia.get(&back).await.unwrap().expect(200).unwrap();

    assert!(
        answer.text.contains("Nothing was connected"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_grant_without_the_calendar_asks_for_action_and_syncs_nothing() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let granted = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
    let back = mia
        .consent(&begun(&mia).await, &[("granted", granted)])
        .await
        .unwrap();

    mia.get(&back).await.unwrap().expect(303).unwrap();

    let list = mia.get("/api/v1/connections").await.unwrap().json();
    assert_eq!(list["items"][0]["needs_reauth"], true, "{list:#}");
}

#[tokio::test]
async fn many_at_once_refresh_the_access_once() {
    let mia = Connected::start().await;
    mia.world
        .clock
        .advance(SignedDuration::from_hours(2))
        .unwrap();
    let before = mia.calls("oauth.token").await;
    let id = mia.connection.parse().unwrap();
    let store = mia.world.tenant_of(MIA).await.unwrap();

    let all = (0..10).map(|_| shared::oauth::access_token(&mia.world.app, &store, id));
    let tokens = futures::future::try_join_all(all).await.unwrap();

    assert_eq!(tokens.len(), 10);
    assert_eq!(mia.calls("oauth.token").await - before, 1);
}
