//! Taking a credential away: of a connection that ends, of one that has moved, of a tenant that is erased.

use domain::{credential::Kept, id::ConnectionId};

use super::{CredentialError, claim, put, read_base, release};
use crate::{
    app::App,
    store::{BundleClaim, BundleWrite, StandingBundle, StoreError, TenantStore},
    vault::{VaultError, bundle_text},
};

/// Settings may be saved in the same moment.
const COMMITS_MAX: u32 = 5;

/// Takes a connection that ends out of everywhere. `lives` is how many secrets of its own it has left.
pub(crate) async fn delete(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
    lives: u32,
) -> Result<(), CredentialError> {
    for life in 0..=lives {
        let slot = app.vault.own_slot(store.id(), connection, life);
        app.vault.delete_slot(&slot).await?;
    }
    for bundle in store.bundles().await? {
        take_out(app, store, bundle.shard.number, connection).await?;
    }
    Ok(())
}

/// Takes away what a connection left where its credential was before. The credential itself stands elsewhere, so that
/// nothing has to be brought back.
pub(crate) async fn tidy(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
) -> Result<(), CredentialError> {
    let found = store.connection(connection).await?;
    let Some(kept) = found.map(|row| row.secret.kept).filter(|kept| kept.left) else {
        return Ok(());
    };
    for life in kept.left_lives() {
        let slot = app.vault.own_slot(store.id(), connection, life);
        app.vault.destroy_slot(&slot).await?;
    }
    for bundle in store.bundles().await? {
        if !kept.is_in(bundle.shard.number) {
            take_out(app, store, bundle.shard.number, connection).await?;
        }
    }
    for _ in 0..COMMITS_MAX {
        let found = store.connection(connection).await?;
        let Some(mut row) = found.filter(|row| row.secret.kept == kept) else {
            return Ok(());
        };
        row.secret.kept.left = false;
        match store.update_connection(row).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Writes a version of the bundle without this connection, unless that is where it is kept.
async fn take_out(
    app: &App,
    store: &TenantStore,
    shard: u32,
    connection: ConnectionId,
) -> Result<(), CredentialError> {
    let mut claim = claim(app, store, shard).await?;
    let taken = take_out_of(app, store, &mut claim, connection).await;
    if !matches!(taken, Ok(Taken::Committed)) {
        release(store, &claim).await;
    }
    taken.map(drop)
}

enum Taken {
    /// The claim was given back with it.
    Committed,
    Nothing,
}

async fn take_out_of(
    app: &App,
    store: &TenantStore,
    claim: &mut BundleClaim,
    connection: ConnectionId,
) -> Result<Taken, CredentialError> {
    let row = store.connection(connection).await?;
    let stays = |kept: Kept| kept.is_in(claim.shard);
    if row.is_some_and(|row| row.connection.ending_since.is_none() && stays(row.secret.kept)) {
        return Ok(Taken::Nothing);
    }
    clear(app, store, claim, claim.life).await?;
    let slot = app.vault.bundle_slot(store.id(), claim.shard, claim.life);
    let (base, newest) = match read_base(app, &slot, claim).await {
        Ok(base) => (base.counts, base.newest),
        Err(VaultError::Missing { .. }) => return Ok(Taken::Nothing),
        Err(error) => return Err(error.into()),
    };
    if base.get(connection).is_none() && !newest.contains(&connection) {
        return Ok(Taken::Nothing);
    }
    let here = store.living_in(claim.shard, &base).await?;
    let rest = base.without(connection, &here);
    if rest.is_empty() {
        let empty = BundleWrite {
            claim: claim.clone(),
            version: None,
            bytes: 0,
        };
        // First the row: from now on whoever writes takes another secret.
        store.commit_bundle(&empty).await?;
        clear(app, store, claim, claim.life + 1).await?;
        return Ok(Taken::Nothing);
    }
    let write = put(app, &slot, claim.clone(), &bundle_text(&rest)).await?;
    store.commit_bundle(&write).await?;
    Ok(Taken::Committed)
}

/// Destroys what was emptied: nobody writes it again.
async fn clear(
    app: &App,
    store: &TenantStore,
    claim: &mut BundleClaim,
    until: u32,
) -> Result<(), VaultError> {
    for life in claim.cleared..until {
        let slot = app.vault.bundle_slot(store.id(), claim.shard, life);
        app.vault.destroy_slot(&slot).await?;
    }
    claim.cleared = until;
    Ok(())
}

/// What a disconnection left a while in which it could be brought back.
pub(crate) async fn destroy(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
    lives: u32,
) -> Result<(), VaultError> {
    for life in 0..=lives {
        let slot = app.vault.own_slot(store.id(), connection, life);
        app.vault.destroy_slot(&slot).await?;
    }
    Ok(())
}

/// Bundles of a tenant that is being erased: nobody writes them any more.
pub(crate) async fn destroy_bundles(
    app: &App,
    store: &TenantStore,
    bundles: &[StandingBundle],
) -> Result<(), VaultError> {
    for bundle in bundles {
        for life in bundle.lives() {
            let slot = app.vault.bundle_slot(store.id(), bundle.shard.number, life);
            app.vault.destroy_slot(&slot).await?;
        }
    }
    Ok(())
}
