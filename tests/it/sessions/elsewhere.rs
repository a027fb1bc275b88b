//! Where one is signed in, and another password.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use super::{Browser, PROFILE, log_in};
use crate::support::{ADA, MIA};

const SESSIONS: &str = "/api/v1/sessions";
const PASSWORD: &str = "/api/users/auth/password/";
const NEW: &str = "another dozen words";

async fn sessions(person: &Person) -> Vec<Value> {
    let listed = person.get(SESSIONS).await.unwrap().expect(200).unwrap();
    listed.json()["items"].as_array().unwrap().clone()
}

async fn change(person: &Person, current: &str, password: &str) -> Answer {
    let wanted = json!({ "current": current, "password": password });
    person.post(PASSWORD, &wanted).await.unwrap()
}

#[tokio::test]
async fn a_member_sees_where_they_are_signed_in_and_ends_what_they_do_not_know() {
    let world = World::start().await.unwrap();
    let elsewhere = Browser::signed_in(&world, MIA).await;
    world.clock.advance(SignedDuration::from_mins(2)).unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    Person::sign_in(&world, ADA).await.unwrap();

    let seen = sessions(&mia).await;
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert_eq!(
        (&seen[0]["current"], &seen[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(seen[0]["browser"], "A program");
    let page = mia.get("/profile").await.unwrap().expect(200).unwrap();
    assert!(page.text.contains("This browser") && page.text.contains("Sign out everywhere else"));
    let path = format!("{SESSIONS}/{}", seen[1]["id"].as_str().unwrap());
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    assert_eq!(
        ada.delete(&path).await.unwrap().status,
        404,
        "only one's own"
    );
    mia.delete(&path).await.unwrap().expect(204).unwrap();

    assert_eq!(
        elsewhere.send(&world, Method::GET, PROFILE).await.status,
        401
    );
    assert_eq!(elsewhere.refreshed(&world).await.status, 401);
    assert_eq!(sessions(&mia).await.len(), 1);
    assert_eq!(mia.delete(&path).await.unwrap().status, 404);
}

#[tokio::test]
async fn all_other_sessions_end_at_once() {
    let world = World::start().await.unwrap();
    let others = [
        Browser::signed_in(&world, MIA).await,
        Browser::signed_in(&world, MIA).await,
    ];
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    mia.delete(SESSIONS).await.unwrap().expect(204).unwrap();

    for other in others {
        assert_eq!(other.send(&world, Method::GET, PROFILE).await.status, 401);
    }
    assert_eq!(mia.get(PROFILE).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_new_password_takes_the_old_one_and_ends_every_other_session() {
    let world = World::start().await.unwrap();
    let elsewhere = Browser::signed_in(&world, MIA).await;
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    let wrong = change(&mia, "not the old one", NEW)
        .await
        .expect(422)
        .unwrap();
    assert_eq!(wrong.at("/errors/0/pointer"), "/current");
    let short = change(&mia, DEMO_PASSWORD, "short")
        .await
        .expect(422)
        .unwrap();
    assert_eq!(short.at("/errors/0/pointer"), "/password");
    assert_eq!(
        elsewhere.send(&world, Method::GET, PROFILE).await.status,
        200
    );

    change(&mia, DEMO_PASSWORD, NEW).await.expect(204).unwrap();

    assert_eq!(elsewhere.refreshed(&world).await.status, 401);
    assert_eq!(mia.get(PROFILE).await.unwrap().status, 200);
    assert_eq!(log_in(&world, MIA, DEMO_PASSWORD).await.status, 401);
    assert_eq!(log_in(&world, MIA, NEW).await.status, 200);
    assert_eq!(log_in(&world, ADA, DEMO_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guesses_at_the_old_password_are_throttled_like_any() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    for _ in 0..5 {
        assert_eq!(change(&mia, "not the old one", NEW).await.status, 422);
    }

    assert_eq!(change(&mia, DEMO_PASSWORD, NEW).await.status, 429);
}
