//! The keys that Google signs proofs of identity with, as long as they may be kept.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::jwt;

pub(super) struct SigningKeys {
    url: Url,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
    fresh_until: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("the signing keys cannot be read")]
    Unanswered(#[from] reqwest::Error),
    #[error("the signing keys are not in the expected form")]
    Malformed,
    #[error("the signing keys could not be read a moment ago")]
    Recently,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(default)]
    kid: String,
    #[serde(default)]
    kty: String,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

/// Whoever sends names of keys that do not exist must not make us ask more often.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Keys that can no longer be asked for are believed that long, and not for ever: one may have been withdrawn.
const STALE_MAX: SignedDuration = SignedDuration::from_hours(24);
const FRESH_MAX_S: i64 = 24 * 60 * 60;
const TIMEOUT: Duration = Duration::from_secs(2);
/// Google's are under two kilobytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

impl SigningKeys {
    pub(super) fn at(url: Url) -> Self {
        Self {
            url,
            cached: Mutex::default(),
        }
    }

    /// The key of this name; `None` where Google has none of this name. An error: nobody can tell now.
    pub(super) async fn key(
        &self,
        http: &reqwest::Client,
        kid: &str,
        now: Timestamp,
    ) -> Result<Option<DecodingKey>, KeysError> {
        let mut cached = self.cached.lock().await;
        let is_fresh = cached.fresh_until.is_some_and(|until| now < until);
        let known = cached.keys.get(kid).cloned();
        if is_fresh && known.is_some() {
            return Ok(known);
        }
        let failed = match cached.tried_at {
            Some(at) if now < at + PAUSE => {
                let did_answer = cached.fetched_at >= cached.tried_at;
                (!did_answer).then_some(KeysError::Recently)
            }
            _ => {
                cached.tried_at = Some(now);
                self.fetch(http, &mut cached, now).await.err()
            }
        };
        let Some(error) = failed else {
            return Ok(cached.keys.get(kid).cloned());
        };
        let is_usable = cached.fetched_at.is_some_and(|at| now < at + STALE_MAX);
        match known.filter(|_| is_usable) {
            Some(known) => {
                tracing::warn!(%error, "signing keys not read anew; the old ones are used");
                Ok(Some(known))
            }
            None => Err(error),
        }
    }

    async fn fetch(
        &self,
        http: &reqwest::Client,
        cached: &mut Cached,
        now: Timestamp,
    ) -> Result<(), KeysError> {
        let request = http.get(self.url.clone()).timeout(TIMEOUT);
        let mut response = request.send().await?.error_for_status()?;
        let fresh_for = fresh_for(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_BYTES_MAX {
                return Err(KeysError::Malformed);
            }
        }
        let document: Document = serde_json::from_slice(&body).map_err(|_| KeysError::Malformed)?;
        let keys: HashMap<_, _> = document.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(KeysError::Malformed);
        }
        *cached = Cached {
            keys,
            fetched_at: Some(now),
            fresh_until: Some(now + fresh_for),
            tried_at: Some(now),
        };
        Ok(())
    }
}

fn usable(jwk: Jwk) -> Option<(String, DecodingKey)> {
    let is_ours = jwk.kty == "RSA" && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
    let key = jwt::rsa_verifying_key(&jwk.n, &jwk.e).filter(|_| is_ours)?;
    Some((jwk.kid, key))
}

/// What is left of `max-age` when the answer comes out of somebody's cache.
fn fresh_for(headers: &HeaderMap) -> SignedDuration {
    let text = |name| headers.get(name)?.to_str().ok();
    let directives = text(CACHE_CONTROL).unwrap_or_default().split(',');
    let max_age = directives
        .filter_map(|directive| directive.trim().strip_prefix("max-age="))
        .find_map(|seconds| seconds.parse::<i64>().ok());
    let age = text(AGE).and_then(|age| age.parse::<i64>().ok());
    let left = max_age.unwrap_or(0).saturating_sub(age.unwrap_or(0));
    SignedDuration::from_secs(left.clamp(0, FRESH_MAX_S))
}
