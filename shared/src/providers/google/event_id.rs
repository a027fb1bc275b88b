//! Ids that we choose for events at Google.

use domain::event::ExternalEventId;
use ring::digest;

/// Google takes 5 to 1,024 characters of base32hex, lower case.
pub(super) fn event_id(key: &str) -> ExternalEventId {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    let mut id = String::with_capacity(52);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in hash.as_ref() {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            id.push(ALPHABET[(bits >> held & 31) as usize].into());
        }
    }
    ExternalEventId(id)
}
