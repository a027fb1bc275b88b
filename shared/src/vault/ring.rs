//! The keys that hold now: those of the root secret's current version, with which everything new is made, and those of the
//! version before, with which older things are still opened and checked until the next rotation.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{CACHED_FOR, Vault, VaultError, Version};
use crate::{
    crypto::{Keys, is_kid},
    telemetry::chain,
};

/// Whoever makes up ids of keys must not make us ask for each.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(1);

pub(super) struct Ring {
    current: Arc<Keys>,
    previous: Option<Arc<Keys>>,
    read_again_at: Timestamp,
    /// An unknown id is no reason to read again before then.
    look_again_at: Timestamp,
}

impl Ring {
    fn find(&self, kid: &str) -> Option<Arc<Keys>> {
        let known = [Some(&self.current), self.previous.as_ref()];
        known
            .into_iter()
            .flatten()
            .find(|keys| keys.kid == kid)
            .cloned()
    }
}

impl Vault {
    /// All keys that hold, the ones that everything new is made with first.
    pub async fn all_keys(&self, now: Timestamp) -> Result<Vec<Arc<Keys>>, VaultError> {
        let mut held = self.ring.lock().await;
        let ring = self.ring(&mut held, now).await?;
        Ok([Some(ring.current.clone()), ring.previous.clone()]
            .into_iter()
            .flatten()
            .collect())
    }

    /// The keys with which everything new is made.
    pub async fn keys(&self, now: Timestamp) -> Result<Arc<Keys>, VaultError> {
        let mut held = self.ring.lock().await;
        Ok(self.ring(&mut held, now).await?.current.clone())
    }

    /// The keys of this id, if they still hold. An unknown id may be newer than what was read, so the root secret is read
    /// again for it, but at most once a minute.
    pub async fn keys_of(
        &self,
        kid: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Keys>>, VaultError> {
        if !is_kid(kid) {
            return Ok(None);
        }
        let mut held = self.ring.lock().await;
        let ring = self.ring(&mut held, now).await?;
        let known = ring.find(kid);
        if known.is_some() || now < ring.look_again_at {
            return Ok(known);
        }
        // Counted before the answer: a vault that is away must not be asked each time either.
        ring.look_again_at = now + LOOK_EVERY;
        self.read_again(ring, now).await?;
        Ok(ring.find(kid))
    }

    async fn ring<'a>(
        &self,
        held: &'a mut Option<Ring>,
        now: Timestamp,
    ) -> Result<&'a mut Ring, VaultError> {
        let ring = match held {
            None => held.insert(self.first_ring(now).await?),
            Some(ring) => {
                // What is held is no worse for a vault that is away: webhooks and sessions live on.
                if now >= ring.read_again_at
                    && let Err(error) = self.read_again(ring, now).await
                {
                    tracing::warn!(error = %chain(&error), "keys not read anew");
                    ring.read_again_at = now + LOOK_EVERY;
                }
                ring
            }
        };
        Ok(ring)
    }

    async fn first_ring(&self, now: Timestamp) -> Result<Ring, VaultError> {
        let (current, previous) = tokio::try_join!(self.current(), self.previous())?;
        Ok(Ring {
            current,
            previous,
            read_again_at: now + CACHED_FOR,
            look_again_at: now,
        })
    }

    /// The version before changes only with the current one.
    async fn read_again(&self, ring: &mut Ring, now: Timestamp) -> Result<(), VaultError> {
        let current = self.current().await?;
        if current.kid != ring.current.kid {
            let previous = self.previous().await?;
            (ring.current, ring.previous) = (current, previous);
        }
        ring.read_again_at = now + CACHED_FOR;
        Ok(())
    }

    async fn current(&self) -> Result<Arc<Keys>, VaultError> {
        // Rarely taken, so that not every future has to have room for it.
        let root = Box::pin(self.read(&self.root_name, Version::Current)).await?;
        Ok(Arc::new(Keys::from_root(&root)))
    }

    async fn previous(&self) -> Result<Option<Arc<Keys>>, VaultError> {
        match Box::pin(self.read(&self.root_name, Version::Previous)).await {
            Ok(root) => Ok(Some(Arc::new(Keys::from_root(&root)))),
            // A root secret that was never rotated.
            Err(VaultError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
