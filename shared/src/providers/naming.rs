//! Names of ours for events whose id the provider gives: known before the event is there, and found again if the answer
//! that tells the id is lost.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::event::ExternalEventId;
use ring::digest;

/// A dot stands in no id of any provider that gives them itself.
const MARK: &str = "kalends.";

/// The name that follows from `key`.
pub(crate) fn named(key: &str) -> ExternalEventId {
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    let print = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..18]);
    ExternalEventId(format!("{MARK}{print}"))
}

pub(crate) fn is_name(id: &ExternalEventId) -> bool {
    id.0.starts_with(MARK)
}
