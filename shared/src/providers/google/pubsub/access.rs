//! Access for a service account: it proves itself with its own key and is given a token for an hour
//! (<https://developers.google.com/identity/protocols/oauth2/service-account#httprest>).

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};

use super::{PubSub, PubSubError, answered};
use crate::{crypto::Secret, jwt};

/// An account of a program at Google, with the key that it proves itself with.
#[derive(Clone)]
pub struct ServiceAccount {
    pub email: String,
    private_key: Secret,
    signing: EncodingKey,
}

impl ServiceAccount {
    /// `None` where the key, a PEM document, is none that could sign.
    pub fn new(email: String, private_key: Secret) -> Option<Self> {
        let signing = jwt::rsa_signing_key(private_key.expose())?;
        Some(Self {
            email,
            private_key,
            signing,
        })
    }

    pub fn private_key(&self) -> &Secret {
        &self.private_key
    }
}

/// Access that was given, and to whom.
pub(super) struct Held {
    email: String,
    until: Timestamp,
    token: Secret,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

const SCOPE: &str = "https://www.googleapis.com/auth/pubsub";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The longest that Google takes.
const ASSERTION_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// A token is not used in its last two minutes.
const MARGIN: SignedDuration = SignedDuration::from_secs(120);

impl PubSub {
    pub(super) async fn access(
        &self,
        account: &ServiceAccount,
        now: Timestamp,
    ) -> Result<Secret, PubSubError> {
        let mut held = self.access.lock().await;
        let usable = |held: &&Held| held.email == account.email && now < held.until;
        if let Some(held) = held.as_ref().filter(usable) {
            return Ok(held.token.clone());
        }
        let granted = self.ask_for_access(account, now).await?;
        let token = Secret::new(granted.access_token);
        *held = Some(Held {
            email: account.email.clone(),
            until: now + SignedDuration::from_secs(granted.expires_in) - MARGIN,
            token: token.clone(),
        });
        Ok(token)
    }

    /// What was refused is asked for anew the next time.
    pub(super) async fn forget_access(&self) {
        *self.access.lock().await = None;
    }

    async fn ask_for_access(
        &self,
        account: &ServiceAccount,
        now: Timestamp,
    ) -> Result<Granted, PubSubError> {
        let operation = "get access for the service account";
        let unusable = || PubSubError::Unanswered {
            operation,
            source: None,
        };
        let claims = Assertion {
            iss: &account.email,
            scope: SCOPE,
            aud: self.endpoints.token.as_str(),
            iat: now.as_second(),
            exp: (now + ASSERTION_LIFE).as_second(),
        };
        let header = Header::new(Algorithm::RS256);
        let assertion = jsonwebtoken::encode(&header, &claims, &account.signing);
        let assertion = assertion.map_err(|_| unusable())?;
        let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
        let request = self.http.post(self.endpoints.token.clone()).form(&form);
        let body = answered(operation, request).await?;
        serde_json::from_slice(&body).map_err(|_| unusable())
    }
}
