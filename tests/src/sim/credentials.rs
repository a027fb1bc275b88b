//! What an application proves itself with at a token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use url::form_urlencoded;

use super::strict::Params;

/// The client's own id and secret, in the body or as `Basic`.
pub(super) fn given(headers: &HeaderMap, params: &Params) -> (Option<String>, Option<String>) {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let one = |name: &str| params.one(name).ok().flatten().map(str::to_owned);
    match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (Some(id.to_owned()), Some(secret.to_owned())),
        None => (one("client_id"), one("client_secret")),
    }
}

/// The standard form-encodes credentials before `Basic` wraps them; not every client does.
pub(super) fn is_ours(given: &str, ours: &str) -> bool {
    let encoded: String = form_urlencoded::byte_serialize(ours.as_bytes()).collect();
    given == ours || given == encoded
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
}
