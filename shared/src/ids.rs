//! The only place that draws randomness for ids, nonces and secrets.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::id::{self, TenantId};
use jiff::Timestamp;
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};

/// Random bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: nothing secure can be done then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system gives randomness");
    bytes
}

/// 256 random bits as text, for states, verifiers and refresh cookies.
pub fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// What a request is called: a word that is copied whole, and that nothing takes for a formula, a number or a telephone.
pub fn request() -> String {
    format!("req{:016x}", u64::from_be_bytes(random()))
}

/// The id of a tenant that is founded now.
pub fn mint_tenant(now: Timestamp) -> TenantId {
    TenantId::from_parts(unix_ms(now), u128::from_be_bytes(random()))
}

/// Mints an id of any kind for a tenant: `mint(tenant, now, EntryId::from_parts)`.
pub fn mint<T>(tenant: TenantId, now: Timestamp, from_parts: fn(u64, u128) -> T) -> T {
    let random = u128::from_be_bytes(random());
    from_parts(unix_ms(now), id::marked(tenant, random))
}

fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// The id that follows from a name: whoever derives it, and however often, names the same thing of the tenant's.
pub fn derive<T>(
    tenant: TenantId,
    since: Timestamp,
    name: &str,
    from_parts: fn(u64, u128) -> T,
) -> T {
    let digest = digest::digest(&digest::SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    from_parts(
        unix_ms(since),
        id::marked(tenant, u128::from_be_bytes(bytes)),
    )
}

/// A number in `0..below`, for jitter.
pub fn below(below: u32) -> u32 {
    u32::from_be_bytes(random()) % below.max(1)
}
