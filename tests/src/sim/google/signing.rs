//! RS256 and the keys for it. They are the simulator's own: nothing that is real trusts them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// What every service account of the simulator proves itself with.
pub(super) const SERVICE_ACCOUNT_KEY: &str = include_str!("keys/simulator_service_account_key.pem");

/// What Google signs with, in turn.
pub(super) const SIGNING_KEYS: [&str; 2] = [
    include_str!("keys/simulator_signing_key_1.pem"),
    include_str!("keys/simulator_signing_key_2.pem"),
];

fn pair(pem: &str) -> RsaKeyPair {
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("our own PEM");
    RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).expect("our own key")
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A JSON Web Token of exactly this header.
pub(super) fn sign(pem: &str, header: &Value, claims: &Value) -> String {
    let pair = pair(pem);
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .expect("there is memory to sign");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token as its sender says it is; [`is_signed`] tells whether to believe it.
pub(super) fn read(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
    let header = serde_json::from_slice(&parts.next()?.ok()?).ok()?;
    let claims = serde_json::from_slice(&parts.next()?.ok()?).ok()?;
    Some((header, claims))
}

pub(super) fn is_signed(pem: &str, token: &str) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    PublicKeyComponents::<Vec<u8>>::from(pair(pem).public())
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .is_ok()
}

/// The public half as a JSON Web Key.
pub(super) fn jwk(pem: &str, kid: &str) -> Value {
    let public = PublicKeyComponents::<Vec<u8>>::from(pair(pem).public());
    json!({
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": URL_SAFE_NO_PAD.encode(public.n),
        "e": URL_SAFE_NO_PAD.encode(public.e),
    })
}
