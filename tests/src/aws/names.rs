//! Account, region and the identifiers that AWS would make up.

use ring::rand::{SecureRandom, SystemRandom};

pub(super) const ACCOUNT: &str = "000000000000";
pub(super) const REGION: &str = "us-east-1";

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's randomness");
    bytes
}

/// A random (version 4) UUID.
pub(super) fn uuid() -> String {
    let value = u128::from_be_bytes(random()) & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    let hex = format!("{value:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Random letters and digits: the end of a secret's ARN, a generated secret.
pub(super) fn letters(count: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789aZ";
    (0..count)
        .map(|_| {
            let [byte] = random();
            char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])
        })
        .collect()
}
