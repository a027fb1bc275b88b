//! The proof of a session, and the cookie with which it is renewed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{audit::Action, id::TenantId};
use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use shared::crypto::Purpose;
use tests::{aws::ApiError, world::World};

use super::{Browser, PROFILE};
use crate::support::MIA;

const MINUTES_10: SignedDuration = SignedDuration::from_mins(10);

#[tokio::test]
async fn a_proof_is_believed_for_ten_minutes_and_then_exchanged() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    let almost = MINUTES_10 - SignedDuration::from_secs(1);

    world.clock.advance(almost).unwrap();
    assert_eq!(mia.send(&world, Method::GET, PROFILE).await.status, 200);
    world.clock.advance(SignedDuration::from_secs(1)).unwrap();
    assert_eq!(mia.send(&world, Method::GET, PROFILE).await.status, 401);

    let next = Browser::of(&mia.refreshed(&world).await.expect(200).unwrap());
    assert_eq!(next.send(&world, Method::GET, PROFILE).await.status, 200);
    assert_ne!(
        next.cookie("kalends-refresh"),
        mia.cookie("kalends-refresh")
    );
}

#[tokio::test]
async fn a_page_whose_proof_ran_out_goes_on_where_it_was() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    world.clock.advance(MINUTES_10).unwrap();
    let page = "/schedule?week=2027-03-01&zone=UTC";

    let led = mia
        .send(&world, Method::GET, page)
        .await
        .expect(303)
        .unwrap();
    let back = mia.send(&world, Method::GET, led.header("location")).await;

    assert_eq!(back.status, 303);
    assert_eq!(back.header("location"), page);
    let next = Browser::of(&back);
    assert_eq!(next.send(&world, Method::GET, page).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_used() {
    let world = World::start().await.unwrap();
    let mut mia = Browser::signed_in(&world, MIA).await;

    for _ in 0..29 {
        world.clock.advance(SignedDuration::from_hours(24)).unwrap();
        mia = Browser::of(&mia.refreshed(&world).await.expect(200).unwrap());
    }
    world.clock.advance(SignedDuration::from_hours(24)).unwrap();

    assert_eq!(mia.refreshed(&world).await.status, 401);
}

#[tokio::test]
async fn tabs_that_refresh_in_the_same_moment_all_stay_signed_in() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    world.clock.advance(MINUTES_10).unwrap();

    let tabs = join_all((0..5).map(|_| mia.refreshed(&world))).await;

    for tab in tabs {
        let tab = Browser::of(&tab.expect(200).unwrap());
        assert_eq!(tab.send(&world, Method::GET, PROFILE).await.status, 200);
        assert_eq!(tab.refreshed(&world).await.status, 200);
    }
}

#[tokio::test]
async fn a_stolen_refresh_cookie_that_comes_back_after_its_owner_ends_the_session_for_both() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    let stolen = mia.clone();
    world.clock.advance(MINUTES_10).unwrap();
    let mia = Browser::of(&mia.refreshed(&world).await.expect(200).unwrap());
    world.clock.advance(SignedDuration::from_secs(31)).unwrap();

    assert_eq!(stolen.refreshed(&world).await.status, 401);

    assert_eq!(mia.refreshed(&world).await.status, 401);
    let led = mia
        .send(&world, Method::GET, "/sign-in/continue?next=%2Fschedule")
        .await;
    assert_eq!(
        led.header("location"),
        "/sign-in?next=%2Fschedule&expired=1"
    );
    assert_eq!(Browser::of(&led).cookie("kalends-refresh"), "");
}

#[tokio::test]
async fn a_thief_who_is_faster_than_the_owner_is_thrown_out_when_the_owner_comes() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    world.clock.advance(MINUTES_10).unwrap();
    let thief = Browser::of(&mia.refreshed(&world).await.expect(200).unwrap());
    world.clock.advance(SignedDuration::from_secs(31)).unwrap();

    assert_eq!(mia.refreshed(&world).await.status, 401);

    assert_eq!(thief.refreshed(&world).await.status, 401);
    let elsewhere = Browser::signed_in(&world, MIA).await;
    assert_eq!(elsewhere.refreshed(&world).await.status, 200);
}

#[tokio::test]
async fn a_copied_session_is_ended_and_written_down_or_neither() {
    for written_before in 0..2 {
        let world = World::start().await.unwrap();
        let mia = Browser::signed_in(&world, MIA).await;
        mia.refreshed(&world).await.expect(200).unwrap();
        world.clock.advance(SignedDuration::from_secs(31)).unwrap();

        // The process dies at its first write, or at its second.
        for _ in 0..written_before {
            world.aws.let_pass("TransactWriteItems");
        }
        let denied = ApiError::new("AccessDeniedException", "a policy says no");
        world.aws.refuse_next("TransactWriteItems", denied);
        for _ in 0..2 {
            assert_ne!(mia.refreshed(&world).await.status, 200);
        }

        let tenant = world.tenant_of(MIA).await.unwrap();
        let lines = tenant.audit(None, 1_000).await.unwrap();
        let reused = lines
            .iter()
            .filter(|line| line.action == Action::SessionReused);
        assert_eq!(reused.count(), 1, "{written_before}");
    }
}

/// A proof in its parts.
#[derive(Clone)]
struct Proof {
    header: Value,
    claims: Value,
}

impl Proof {
    fn read(proof: &str) -> Self {
        let parts: Vec<Value> = proof
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        Self {
            header: parts[0].clone(),
            claims: parts[1].clone(),
        }
    }

    fn with(mut self, header: &Value, claims: &Value) -> Self {
        for (whole, changes) in [(&mut self.header, header), (&mut self.claims, claims)] {
            for (name, value) in changes.as_object().unwrap() {
                whole[name] = value.clone();
            }
        }
        self
    }

    fn signed(&self, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature = URL_SAFE_NO_PAD.encode(sign(text.as_bytes()));
        format!("{text}.{signature}")
    }
}

/// Proofs as somebody might make them up who holds a genuine one, by what is wrong with them.
fn forgeries(genuine: &str, ours: &Ed25519KeyPair, bob: TenantId) -> Vec<(&'static str, String)> {
    let proof = Proof::read(genuine);
    let other = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let shared = hmac::Key::new(hmac::HMAC_SHA256, ours.public_key().as_ref());
    let by_us = |text: &[u8]| ours.sign(text).as_ref().to_vec();
    let none = json!({});
    let header = |changes: Value| proof.clone().with(&changes, &none);
    let kept = |changes: Value| {
        let (_, signature) = genuine.rsplit_once('.').unwrap();
        let changed = proof.clone().with(&none, &changes);
        changed.signed(|_| URL_SAFE_NO_PAD.decode(signature).unwrap())
    };
    let by_other = proof.signed(|text| other.sign(text).as_ref().to_vec());
    let by_shared = |text: &[u8]| hmac::sign(&shared, text).as_ref().to_vec();
    let expired = proof.clone().with(&none, &json!({ "exp": 1 }));
    vec![
        ("another key", by_other),
        ("no signature", proof.signed(|_| Vec::new())),
        (
            "alg none",
            header(json!({ "alg": "none" })).signed(|_| Vec::new()),
        ),
        ("alg None", header(json!({ "alg": "None" })).signed(by_us)),
        (
            "a shared secret",
            header(json!({ "alg": "HS256" })).signed(by_shared),
        ),
        (
            "another kid",
            header(json!({ "kid": "another" })).signed(by_us),
        ),
        ("no kid", header(json!({ "kid": null })).signed(by_us)),
        ("another role", kept(json!({ "role": "ADMIN" }))),
        ("another tenant", kept(json!({ "ten": bob }))),
        ("a longer life", kept(json!({ "exp": 4_000_000_000_i64 }))),
        ("expired", expired.signed(by_us)),
        ("half of it", genuine[..genuine.len() / 2].to_owned()),
        ("one letter less", genuine[..genuine.len() - 1].to_owned()),
        ("dots", "...".to_owned()),
    ]
}

#[tokio::test]
async fn a_proof_that_we_did_not_sign_is_nobodys() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    let genuine = mia.cookie("kalends");
    let keys = world.app.keys().await.unwrap();
    let seed = keys.derive(Purpose::SessionSigning);
    let ours = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let bob = world.tenant_of("bob@contoso.test").await.unwrap();
    let bob = bob.details().await.unwrap().unwrap().id;
    let read = async |proof: &str| {
        let holder = Browser {
            cookies: vec![("kalends".to_owned(), proof.to_owned())],
            csrf: String::new(),
        };
        holder.send(&world, Method::GET, PROFILE).await.status
    };

    let again = Proof::read(genuine).signed(|text| ours.sign(text).as_ref().to_vec());
    assert_eq!(read(&again).await, 200, "the forge works");

    for (what, forged) in forgeries(genuine, &ours, bob) {
        assert_eq!(read(&forged).await, 401, "{what}");
    }
    assert_eq!(read(mia.cookie("kalends-refresh")).await, 401);
}
