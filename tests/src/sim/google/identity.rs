//! Google's proofs of identity: who signs them, and where the keys are published.

use axum::extract::State as Shared;
use axum::response::Response;
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::oauth::answer::answered;
use super::server::GoogleSim;
use super::signing::{self, SIGNING_KEYS};
use crate::sim::opaque;

pub(super) const CERTS: &str = "oauth2.certs";
const LIFE_S: i64 = 3600;

/// Which key signs now. It and the one before it are published.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Signing {
    turn: usize,
}

impl Signing {
    pub(super) fn rotate(&mut self) {
        self.turn += 1;
    }

    fn kid(turn: usize) -> String {
        opaque::fingerprint(&format!("signing key {turn}"))
    }

    fn pem(turn: usize) -> &'static str {
        SIGNING_KEYS[turn % SIGNING_KEYS.len()]
    }

    pub(super) fn current_kid(&self) -> String {
        Self::kid(self.turn)
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        signing::sign(Self::pem(self.turn), header, claims)
    }

    /// As it goes with a push.
    pub(super) fn token(&self, account: &str, audience: &str, now: Timestamp) -> String {
        let header = json!({ "alg": "RS256", "kid": self.current_kid(), "typ": "JWT" });
        self.sign(&header, &claims(account, audience, now))
    }

    fn published(&self) -> Value {
        let keys = [Some(self.turn), self.turn.checked_sub(1)];
        let keys = keys.into_iter().flatten();
        let keys: Vec<Value> = keys
            .map(|turn| signing::jwk(Self::pem(turn), &Self::kid(turn)))
            .collect();
        json!({ "keys": keys })
    }
}

pub(super) fn claims(account: &str, audience: &str, now: Timestamp) -> Value {
    let digest = opaque::sha256(account);
    let subject = u128::from_be_bytes(std::array::from_fn(|index| digest[index])).to_string();
    let now = now.as_second();
    json!({
        "aud": audience,
        "azp": subject,
        "email": account,
        "email_verified": true,
        "exp": now + LIFE_S,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": subject,
    })
}

/// `GET /oauth2/v3/certs`
pub(super) async fn certs(Shared(sim): Shared<GoogleSim>) -> Response {
    let work = |state: &mut super::state::State, _: &_, _| Ok((state.signing.published(), None));
    let mut answer = answered(&sim, &Method::GET, "/oauth2/v3/certs", CERTS, work).await;
    let cached = HeaderValue::from_static("public, max-age=20000, must-revalidate, no-transform");
    answer.headers_mut().insert(header::CACHE_CONTROL, cached);
    answer
}
