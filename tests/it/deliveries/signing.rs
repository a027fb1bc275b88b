//! Signatures as the specification has them.

use domain::webhook::Webhook;
use jiff::Timestamp;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use shared::store::SealedBefore;

use super::*;

/// Made with the reference implementation; `tests/official` holds them to it.
const VECTORS: &str = include_str!("../../official/webhook_vectors.json");

#[test]
fn what_is_signed_is_what_the_reference_implementation_signs() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() > 2);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let at = Timestamp::from_second(vector["timestamp"].as_i64().unwrap()).unwrap();
        let secret = Secret::new(text("secret"));

        let signed = webhook::sign(&[secret], &text("id"), at, &text("body"));

        assert_eq!(signed, Some(text("signature")), "{vector}");
    }
    let no_secret = Secret::new("whsec_ä".into());
    assert_eq!(
        webhook::sign(&[no_secret], "", Timestamp::UNIX_EPOCH, ""),
        None
    );
}

/// As a receiver does it, from nothing but what it was sent and the secret that it was shown.
pub(super) fn verifies(delivered: &Delivered, secret: &Secret) -> bool {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let key = STANDARD.decode(&secret.expose()["whsec_".len()..]).unwrap();
    assert_eq!(key.len(), 32);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let (id, at) = (
        delivered.header("webhook-id"),
        delivered.header("webhook-timestamp"),
    );
    let content = format!("{id}.{at}.{}", delivered.body);
    let signatures = delivered.header("webhook-signature").split(' ');
    signatures.into_iter().any(|signature| {
        let signature = signature.strip_prefix("v1,").unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        hmac::verify(&key, content.as_bytes(), &signature).is_ok()
    })
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone() {
    let hooked = Hooked::start().await;
    let mut kept = hooked.kept().await;
    let new = webhook::mint();
    let sealed = webhook::seal(&hooked.world.app, hooked.store.id(), hooked.webhook, &new);
    let before = std::mem::replace(&mut kept.secrets.current, sealed.await.unwrap());
    let now = hooked.world.clock.now();
    kept.secrets.before = Some(SealedBefore {
        sealed: before,
        until: now + Webhook::OLD_SECRET_SIGNS_FOR,
    });
    let note = noted(&hooked.world, Action::WebhookSecretRotated).await;
    hooked.store.update_webhook(kept, &note, now).await.unwrap();

    hooked.create_entry("pump").await;
    hooked.settle().await;
    hooked.later(SignedDuration::from_hours(24)).await;
    hooked.create_entry("boiler").await;
    hooked.settle().await;

    let heard = hooked.heard();
    assert_eq!(heard.len(), 2);
    assert!(verifies(&heard[0], &hooked.secret) && verifies(&heard[0], &new));
    assert!(!verifies(&heard[1], &hooked.secret) && verifies(&heard[1], &new));
}

/// Longer than a process believes what it has read.
const NOTICED: SignedDuration = SignedDuration::from_mins(6);

#[tokio::test]
async fn a_secret_that_nobody_needs_outlives_the_keys_that_it_was_sealed_with() {
    let hooked = Hooked::start().await;
    for _ in 0..3 {
        let root = &hooked.world.app.config.root_secret;
        hooked.world.aws.rotate_secret(root).unwrap();
        // The least that lies between two rotations.
        hooked.later(SignedDuration::from_hours(24 * 8)).await;
    }

    hooked.create_entry("pump").await;
    hooked.settle().await;

    assert!(verifies(&hooked.heard()[0], &hooked.secret));
}

#[tokio::test]
async fn a_secret_outlives_its_keys_however_often_its_webhook_is_edited() {
    let hooked = Hooked::start().await;
    let path = format!("/api/v1/webhooks/{}", hooked.webhook);
    for round in 0..6 {
        if round % 2 == 0 {
            let root = &hooked.world.app.config.root_secret;
            hooked.world.aws.rotate_secret(root).unwrap();
        }
        // Sooner than it would be looked after.
        hooked.later(SignedDuration::from_hours(24 * 4)).await;
        let ada = ada(&hooked.world).await;
        let words = json!({ "description": format!("Dispatch {round}") });
        let edited = ada.json(Method::PATCH, &path, &words).await.unwrap();
        edited.expect(200).unwrap();
    }

    hooked.create_entry("pump").await;
    hooked.settle().await;

    assert!(verifies(&hooked.heard()[0], &hooked.secret));
}

#[tokio::test]
async fn a_webhook_whose_secret_is_lost_is_switched_off_and_says_so() {
    let hooked = Hooked::start().await;
    for _ in 0..2 {
        let root = &hooked.world.app.config.root_secret;
        hooked.world.aws.rotate_secret(root).unwrap();
        hooked.world.clock.advance(NOTICED).unwrap();
    }

    hooked.create_entry("pump").await;
    hooked.settle().await;

    assert_eq!(hooked.heard().len(), 0, "nothing unsigned is sent");
    assert!(!hooked.kept().await.webhook.is_active());
    assert_eq!(hooked.waiting().await, (0, 1));
    let events = hooked.store.integration_events(None, 10).await.unwrap();
    assert!(events[0].message.contains("secret"), "{events:?}");
}
