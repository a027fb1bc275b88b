//! The shell around [`domain::credential`]: a connection's durable credential is written to where the stage keeps such,
//! read from where the connection's row says, and taken out of everywhere.
//!
//! What is written does not count before the rows are committed, all in one transaction, and changes nothing until then.

mod removal;

use std::{collections::BTreeSet, time::Duration};

use domain::{
    credential::{BUNDLE_BYTES_MAX, Bundle, Home, Kept, VaultMode, shard_for},
    id::ConnectionId,
};

pub(crate) use removal::{delete, destroy, destroy_bundles, tidy};

use crate::{
    app::App,
    crypto::Secret,
    ids,
    store::{BundleClaim, BundleWrite, SecretPointer, StoreError, TenantStore},
    telemetry::chain,
    vault::{Slot, VaultError, bundle_text},
};

#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("another worker is writing the credentials of the tenant")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A credential that was written and does not count yet.
pub(crate) struct Written {
    pub(crate) pointer: SecretPointer,
    /// To be committed with the row that points at it.
    pub(crate) bundle: Option<BundleWrite>,
}

const CLAIM_TRIES_MAX: u32 = 6;
/// Bundles that turn out to have no room.
const SHARDS_TRIED_MAX: usize = 5;

pub(crate) async fn read(
    app: &App,
    connection: ConnectionId,
    pointer: &SecretPointer,
) -> Result<Secret, VaultError> {
    let SecretPointer { name, version, .. } = pointer;
    match pointer.kept.home {
        Home::Own => app.vault.refresh_token(name, version).await,
        Home::Bundle { .. } => app.vault.bundled_token(name, version, connection).await,
    }
}

/// `kept` is where the connection's credential is now.
pub(crate) async fn write(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
    kept: Option<Kept>,
    token: &Secret,
) -> Result<Written, CredentialError> {
    let moved = |home| kept.map_or(Kept::new(home), |kept| kept.moved_to(home));
    let written_at = app.clock.now();
    match app.config.vault_mode {
        VaultMode::Connection => {
            let kept = moved(Home::Own);
            let slot = app.vault.own_slot(store.id(), connection, kept.life);
            let what_for = connection.to_string();
            let version = app.vault.put_text(&slot, token, &what_for).await?;
            let pointer = SecretPointer {
                name: slot.name,
                version,
                written_at,
                kept,
            };
            Ok(Written {
                pointer,
                bundle: None,
            })
        }
        VaultMode::Bundle => {
            let home = kept.map(|kept| kept.home);
            let (slot, version, write) = write_bundled(app, store, connection, home, token).await?;
            let kept = moved(Home::Bundle {
                shard: write.claim.shard,
            });
            let pointer = SecretPointer {
                name: slot.name,
                version,
                written_at,
                kept,
            };
            Ok(Written {
                pointer,
                bundle: Some(write),
            })
        }
    }
}

/// What was written will not be committed: the next writer need not wait.
pub(crate) async fn abandon(store: &TenantStore, written: &Written) {
    if let Some(write) = &written.bundle {
        release(store, &write.claim).await;
    }
}

async fn write_bundled(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
    home: Option<Home>,
    token: &Secret,
) -> Result<(Slot, String, BundleWrite), CredentialError> {
    let mut avoided = BTreeSet::new();
    while avoided.len() < SHARDS_TRIED_MAX {
        let bundles = store.bundles().await?;
        let shards: Vec<_> = bundles.iter().map(|bundle| bundle.shard).collect();
        let shard = shard_for(&shards, home, token.expose().len(), &avoided);
        let claim = claim(app, store, shard).await?;
        match add(app, store, claim.clone(), connection, token).await {
            Ok((version, write)) => {
                let slot = app.vault.bundle_slot(store.id(), shard, claim.life);
                return Ok((slot, version, write));
            }
            Err(NotAdded::NoPlace(why)) => {
                tracing::warn!(tenant = %store.id(), shard, why, "another bundle is taken");
                release(store, &claim).await;
                avoided.insert(shard);
            }
            Err(NotAdded::Failed(error)) => {
                release(store, &claim).await;
                return Err(error);
            }
        }
    }
    Err(CredentialError::Busy)
}

enum NotAdded {
    NoPlace(&'static str),
    Failed(CredentialError),
}

impl<E: Into<CredentialError>> From<E> for NotAdded {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn add(
    app: &App,
    store: &TenantStore,
    claim: BundleClaim,
    connection: ConnectionId,
    token: &Secret,
) -> Result<(String, BundleWrite), NotAdded> {
    let slot = app.vault.bundle_slot(store.id(), claim.shard, claim.life);
    let base = match read_base(app, &slot, &claim).await {
        Ok(base) => base,
        // Whoever deleted it by hand, or a read that is behind: nothing must be built on nothing.
        Err(VaultError::Missing { .. }) => return Err(NotAdded::NoPlace("it is not there")),
        Err(error) => return Err(error.into()),
    };
    let here = store.living_in(claim.shard, &base.counts).await?;
    let next = base.counts.with(connection, token.clone(), &here);
    let text = bundle_text(&next);
    if text.expose().len() > BUNDLE_BYTES_MAX && next.connections().count() > 1 {
        return Err(NotAdded::NoPlace("it is full"));
    }
    match put(app, &slot, claim, &text).await {
        Ok(write) => {
            let version = write.version.clone().unwrap_or_default();
            Ok((version, write))
        }
        Err(VaultError::Full { .. }) => Err(NotAdded::NoPlace("it takes no more versions")),
        Err(error) => Err(error.into()),
    }
}

async fn put(
    app: &App,
    slot: &Slot,
    claim: BundleClaim,
    text: &Secret,
) -> Result<BundleWrite, VaultError> {
    let what_for = claim.fence().to_string();
    let version = app.vault.put_text(slot, text, &what_for).await?;
    Ok(BundleWrite {
        claim,
        version: Some(version),
        bytes: u32::try_from(text.expose().len()).unwrap_or(u32::MAX),
    })
}

#[derive(Default)]
struct Base {
    /// What the row says that counts.
    counts: Bundle<Secret>,
    /// Connections in the newest version, if that is another: its writer died, or came too late.
    newest: BTreeSet<ConnectionId>,
}

async fn read_base(app: &App, slot: &Slot, claim: &BundleClaim) -> Result<Base, VaultError> {
    let current = match (app.vault.current_bundle(slot).await, &claim.version) {
        (Err(VaultError::Missing { .. }), None) => return Ok(Base::default()),
        (read, _) => read?,
    };
    let Some(version) = &claim.version else {
        return Ok(Base {
            counts: Bundle::default(),
            newest: current.bundle.connections().collect(),
        });
    };
    if current.version == *version {
        return Ok(Base {
            counts: current.bundle,
            newest: BTreeSet::new(),
        });
    }
    let newest = current.bundle.connections().collect();
    let counts = match app.vault.bundle_of(slot, version).await {
        // Gone after a day and a hundred others: all of them hold what it did.
        Err(VaultError::Missing { .. }) => current.bundle,
        read => read?,
    };
    Ok(Base { counts, newest })
}

async fn claim(app: &App, store: &TenantStore, shard: u32) -> Result<BundleClaim, CredentialError> {
    for attempt in 0..CLAIM_TRIES_MAX {
        if let Some(claim) = store.claim_bundle(shard, app.clock.now()).await? {
            return Ok(claim);
        }
        let wait_ms = u64::from(50 * (attempt + 1) + ids::below(100));
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    Err(CredentialError::Busy)
}

async fn release(store: &TenantStore, claim: &BundleClaim) {
    if let Err(error) = store.release_bundle(claim).await {
        tracing::warn!(tenant = %store.id(), error = %chain(&error), "left to run out");
    }
}
