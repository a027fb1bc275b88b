//! Attacks that have no better place; `SECURITY.md` names all of them.

use reqwest::{Method, header::COOKIE};
use serde_json::json;
use tests::{
    person::Person,
    world::{DEMO_PASSWORD, World},
};

use crate::support::{ADA, Connected, MIA, google_visit, visit};

const LOG_IN: &str = "/api/users/auth/login/";
const PROFILE: &str = "/api/users/auth/profile/";

/// What a browser would send back of what it was told to keep.
async fn cookies_of(world: &World, email: &str, before: &str) -> String {
    let browser = Person::stranger(world).unwrap();
    let login = json!({ "email": email, "password": DEMO_PASSWORD });
    let request = browser.request(Method::POST, LOG_IN).await.unwrap();
    let request = match before {
        "" => request,
        cookies => request.header(COOKIE, cookies),
    };
    // Signing in needs no proof of origin of the session that is there: it is left behind.
    let came = browser.send(request.json(&login)).await.unwrap();
    let came = came.expect(200).unwrap();
    let set = came.headers.get_all("set-cookie").iter();
    let pairs = set.map(|set| set.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

async fn who(world: &World, cookies: &str) -> String {
    let browser = Person::stranger(world).unwrap();
    let request = browser.request(Method::GET, PROFILE).await.unwrap();
    browser
        .send(request.header(COOKIE, cookies))
        .await
        .unwrap()
        .at("/email")
}

#[tokio::test]
async fn signing_in_never_goes_on_with_a_session_that_was_there_before() {
    let world = World::start().await.unwrap();
    let planted = cookies_of(&world, "bob@contoso.test", "").await;

    let refreshing = planted
        .split("; ")
        .find(|pair| pair.contains("refresh"))
        .unwrap();
    let victims = cookies_of(&world, MIA, refreshing).await;

    assert_eq!(who(&world, &victims).await, MIA);
    assert_eq!(who(&world, &planted).await, "bob@contoso.test");
    let differ = |cookie: &str| !planted.contains(cookie);
    assert!(victims.split("; ").all(differ), "{victims}");
}

#[tokio::test]
async fn an_event_that_claims_to_be_another_entry_changes_nothing_of_it() {
    let world = World::start().await.unwrap();
    let ada = Connected::with(world.clone(), ADA).await;
    let mia = Connected::with(world, MIA).await;
    let entry = ada.create_entry(&visit("pump", 4)).await;
    ada.settle().await;
    let id = entry["id"].as_str().unwrap();
    let path = format!("/api/v1/schedule/entries/{id}");
    let before = ada.person.get(&path).await.unwrap().expect(200).unwrap();

    let mut forged = google_visit("boiler", 9);
    forged["extendedProperties"] = json!({
        "private": { "kalends": id, "entry": id, "kalends_entry_id": id, "connection": ada.connection },
        "shared": { "kalends": id },
    });
    mia.calendar.insert(forged).await.unwrap();
    mia.settle().await;

    let after = ada.person.get(&path).await.unwrap().expect(200).unwrap();
    assert_eq!(
        (&after.text, after.header("etag")),
        (&before.text, before.header("etag"))
    );
    let of_mia = mia.entries().await;
    let titles: Vec<_> = of_mia.iter().map(|entry| &entry["title"]).collect();
    assert_eq!(titles, ["boiler"]);
    assert_ne!(of_mia[0]["id"], id);
}
