//! The keys that proofs of sessions are signed with, as anybody may know them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use tests::{person::Person, world::World};

use super::Browser;
use crate::support::MIA;

/// Longer than a process believes what it has read.
const NOTICED: SignedDuration = SignedDuration::from_mins(6);

async fn published(world: &World) -> Vec<Value> {
    let stranger = Person::stranger(world).unwrap();
    let told = stranger.get("/.well-known/jwks.json").await.unwrap();
    let told = told.expect(200).unwrap();
    assert_eq!(told.header("cache-control"), "public, max-age=300");
    assert_eq!(told.header("content-type"), "application/json");
    told.json()["keys"].as_array().unwrap().clone()
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// As a program checks it that has nothing but the published document (RFC 7515, RFC 8037).
fn is_signed_by(proof: &str, keys: &[Value]) -> bool {
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
    assert_eq!(header["alg"], "EdDSA");
    let Some(key) = keys.iter().find(|key| key["kid"] == header["kid"]) else {
        return false;
    };
    let public = decoded(key["x"].as_str().unwrap());
    let public = UnparsedPublicKey::new(&ED25519, public);
    let checked = public.verify(signed.as_bytes(), &decoded(signature));
    checked.is_ok()
}

#[tokio::test]
async fn the_published_key_verifies_the_proof_of_a_session() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;

    let keys = published(&world).await;

    assert_eq!(keys.len(), 1, "{keys:?}");
    for (field, value) in [
        ("kty", "OKP"),
        ("crv", "Ed25519"),
        ("use", "sig"),
        ("alg", "EdDSA"),
    ] {
        assert_eq!(keys[0][field], value);
    }
    let proof = mia.cookie("kalends");
    assert!(is_signed_by(proof, &keys));
    let mut other = keys.clone();
    other[0]["x"] = json!(URL_SAFE_NO_PAD.encode([7; 32]));
    assert!(!is_signed_by(proof, &other));
    let seen: Vec<_> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(
        seen,
        ["alg", "crv", "kid", "kty", "use", "x"],
        "no private part"
    );
}

#[tokio::test]
async fn after_a_rotation_the_keys_of_old_and_new_proofs_are_published() {
    let world = World::start().await.unwrap();
    let before = Browser::signed_in(&world, MIA).await;
    let root = &world.app.config.root_secret;

    world.aws.rotate_secret(root).unwrap();
    world.clock.advance(NOTICED).unwrap();
    let after = Browser::signed_in(&world, MIA).await;
    let keys = published(&world).await;

    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    for browser in [&before, &after] {
        assert!(is_signed_by(browser.cookie("kalends"), &keys));
    }
    world.aws.rotate_secret(root).unwrap();
    world.clock.advance(NOTICED).unwrap();
    let keys = published(&world).await;
    assert!(!is_signed_by(before.cookie("kalends"), &keys));
    assert!(is_signed_by(after.cookie("kalends"), &keys));
}
