//! Strings that nobody can guess or should read into.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;

const BASE32_HEX: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Random URL-safe text from `bytes` bytes of randomness.
pub(super) fn random(bytes: usize) -> String {
    URL_SAFE_NO_PAD.encode(random_bytes(bytes))
}

/// Random text over `0-9a-v`, the alphabet of Google's event ids.
pub(super) fn random_base32(length: usize) -> String {
    random_bytes(length)
        .into_iter()
        .map(|byte| char::from(BASE32_HEX[usize::from(byte % 32)]))
        .collect()
}

/// The same text for the same input, and no way back.
pub(super) fn fingerprint(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(of)[..20])
}

pub(super) fn sha256(of: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, of.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn from_base64url(text: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// A cursor that carries its own state, so that it outlives a restart of the simulator.
pub(super) fn seal<T: Serialize>(content: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(content).expect("a cursor is plain JSON"))
}

pub(super) fn open<T: DeserializeOwned>(sealed: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has randomness");
    bytes
}
