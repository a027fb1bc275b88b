//! Passwords: argon2id with the parameters that OWASP asks for at least (19 MiB, two passes, one lane).

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use shared::{ids, problem::Problem};

/// Long enough to resist guessing, short enough to be hashed in bounded time.
pub(crate) const CHARACTERS_MIN: usize = 12;
pub(crate) const BYTES_MAX: usize = 256;

pub fn hash(password: &str) -> Result<String, Problem> {
    let salt: [u8; 16] = ids::random();
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| Problem::unavailable(error.to_string()))
}

/// Takes the same time whether or not there is anyone to compare with.
pub(crate) fn matches(password: &str, hash: Option<&str>) -> bool {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY));
    let fits = parsed.is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    fits && hash.is_some()
}

/// The hash of a password that was thrown away, with today's parameters.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$fcSE4bGRon9ELHuWJDCkUg$kRVmao8EuqTofrzwFI0YxDDn4caH4LNUQ+6EP+pRpqY";
