//! Google's proof of who pushes
//! (<https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>).

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use super::{PubSub, keys::KeysError};

/// Whom a proof must be for, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub audience: &'a str,
    pub account: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It proves nothing; the reason is for our log only.
    #[error("the proof of identity does not hold: {0}")]
    Forged(&'static str),
    #[error(transparent)]
    Unknown(#[from] KeysError),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    email: String,
    email_verified: bool,
    iat: i64,
    exp: i64,
}

const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
const SKEW_S: i64 = 60;
/// Google's are 20 bytes in hexadecimal.
const KID_BYTES_MAX: usize = 128;

impl PubSub {
    /// Whether `proof` shows that `expected.account` calls `expected.audience` now.
    pub async fn verify(
        &self,
        proof: &str,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let forged = IdentityError::Forged;
        let header = jsonwebtoken::decode_header(proof).map_err(|_| forged("header"))?;
        if header.alg != Algorithm::RS256 {
            return Err(forged("algorithm"));
        }
        let kid = header.kid.filter(|kid| kid.len() <= KID_BYTES_MAX);
        let kid = kid.ok_or(forged("kid"))?;
        let key = self.keys.key(&self.http, &kid, now).await?;
        let key = key.ok_or(forged("kid"))?;
        // What is said is compared here: the library has a clock of its own, and takes several audiences for one.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["aud", "exp", "iss"]);
        let proof = jsonwebtoken::decode(proof, &key, &validation);
        let claims: Claims = proof.map_err(|_| forged("signature"))?.claims;
        claims.check(expected, now).map_err(forged)
    }
}

impl Claims {
    fn check(&self, expected: Expected<'_>, now: Timestamp) -> Result<(), &'static str> {
        let now = now.as_second();
        let holds = [
            ("issuer", ISSUERS.contains(&self.iss.as_str())),
            ("audience", self.aud == expected.audience),
            ("account", self.email == expected.account),
            ("account", self.email_verified),
            ("expired", now < self.exp.saturating_add(SKEW_S)),
            ("from the future", self.iat <= now + SKEW_S),
        ];
        let broken = holds.into_iter().find(|(_, holds)| !holds);
        broken.map_or(Ok(()), |(what, _)| Err(what))
    }
}
