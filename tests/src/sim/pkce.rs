//! Proof key for code exchange.

use serde::{Deserialize, Serialize};

use super::opaque;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Challenge {
    Plain(String),
    S256(String),
}

impl Challenge {
    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => *challenge == opaque::base64url(&opaque::sha256(verifier)),
        }
    }
}
