//! Access tokens. One worker at a time refreshes a connection; a rotated refresh token is stored before it counts.
//!
//! The steps and why each crash between them is harmless:
//! 1. A cached token that is still good is used.
//! 2. The row's lease is taken, on condition that nobody refreshed since the row was read.
//! 3. The refresh token is read by the version that the row names, not by the vault's newest.
//! 4. The provider is asked. A crash from here on loses an access token; the refresh token in the vault is still good,
//!    because neither Google nor Microsoft voids the old one when it hands out another.
//! 5. A new refresh token is written to the vault, unless the old one still counts and is younger than a week. A crash
//!    leaves a version that nothing points at.
//! 6. The row is changed to name that version: only now does it count. Then the access token is cached.

use std::time::Duration;

use domain::{
    connection::{Auth, ReauthReason, RefreshTokens},
    failure::FailureClass,
    id::ConnectionId,
};
use jiff::{SignedDuration, Timestamp};
use oauth2::RefreshToken;

use super::{Grant, client, grant, over, refused};
use crate::{
    app::App,
    credential::{self, CredentialError, Written},
    crypto::Secret,
    ids,
    metrics::{About, Metric},
    outbox::OutboxRow,
    store::{ConnectionRow, Purge, StoreError, TenantStore, TokenLease},
    telemetry::chain,
    vault::VaultError,
};

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The provider no longer honours the grant; the connection now says so.
    #[error("the provider no longer honours the grant")]
    NeedsReauth,
    #[error("the token endpoint does not answer: {0}")]
    Unavailable(String),
    #[error("another worker is refreshing the tokens")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A token is not used in its last two minutes.
const MARGIN: SignedDuration = SignedDuration::from_secs(120);
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const TRIES_MAX: u32 = 6;

/// An access token that is good for the next two minutes at least.
pub async fn access_token(
    app: &App,
    store: &TenantStore,
    id: ConnectionId,
) -> Result<Secret, AccessError> {
    for attempt in 0..TRIES_MAX {
        let Some(row) = store.connection(id).await? else {
            return Err(AccessError::NeedsReauth);
        };
        if matches!(row.connection.auth, Auth::NeedsReauth { .. }) {
            return Err(AccessError::NeedsReauth);
        }
        if let Some(token) = cached(app, store, &row).await? {
            return Ok(token);
        }
        let now = app.clock.now();
        let lease = TokenLease {
            owner: ids::opaque(),
            until_ms: (now + LEASE).as_millisecond(),
        };
        if store
            .lease_tokens(id, row.token_generation, &lease, now)
            .await?
        {
            return refresh(app, store, id, &lease).await;
        }
        let wait_ms = u64::from(50 * (attempt + 1) + ids::below(100));
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    Err(AccessError::Busy)
}

async fn cached(
    app: &App,
    store: &TenantStore,
    row: &ConnectionRow,
) -> Result<Option<Secret>, AccessError> {
    let id = row.connection.id;
    let Some((sealed, expires_at, generation)) = store.cached_token(id).await? else {
        return Ok(None);
    };
    if generation != row.token_generation || expires_at <= app.clock.now() + MARGIN {
        return Ok(None);
    }
    // A token that does not open was moved here or sealed under a key that is gone: refresh.
    Ok(app.open(&context(store, id, generation), &sealed).await?)
}

async fn refresh(
    app: &App,
    store: &TenantStore,
    id: ConnectionId,
    lease: &TokenLease,
) -> Result<Secret, AccessError> {
    let Some(row) = store.connection(id).await? else {
        return Err(AccessError::NeedsReauth);
    };
    let began_at = app.clock.now();
    let old = credential::read(app, id, &row.secret).await?;
    let provider = row.connection.provider;
    let ours = app.vault.oauth_client(provider, app.clock.now()).await?;
    let client = client(app, provider, &ours, &row.connection.redirect_uri)
        .map_err(|error| AccessError::Unavailable(error.to_string()))?;
    let http = app.http.clone();
    let answer = client
        .exchange_refresh_token(&RefreshToken::new(old.expose().to_owned()))
        .request_async(&|request| over(http.clone(), request))
        .await;
    match answer {
        Ok(answer) => {
            let grant = grant(&answer, app.clock.now(), &[]);
            commit(app, store, row, lease, grant, &old).await
        }
        Err(error) => match refused(app.provider(provider), &error) {
            (FailureClass::Authentication, _) => {
                needs_reauth(app, store, id, ReauthReason::Revoked, began_at).await?;
                Err(AccessError::NeedsReauth)
            }
            (_, words) => {
                release(store, row, lease).await?;
                Err(AccessError::Unavailable(words))
            }
        },
    }
}

async fn commit(
    app: &App,
    store: &TenantStore,
    row: ConnectionRow,
    lease: &TokenLease,
    grant: Grant,
    old: &Secret,
) -> Result<Secret, AccessError> {
    let id = row.connection.id;
    let (habit, now) = (
        app.provider(row.connection.provider).refresh_tokens(),
        app.clock.now(),
    );
    let rotated = grant.refresh.as_ref().filter(|new| {
        new.expose() != old.expose()
            && habit.should_store(row.secret.written_at, now)
            // What ends is not written down anew: it is about to be deleted.
            && row.connection.ending_since.is_none()
    });
    let written = match rotated {
        Some(new) => match credential::write(app, store, id, Some(row.secret.kept), new).await {
            Ok(written) => Some(written),
            // The old one still counts; the next hour brings another.
            Err(CredentialError::Busy) if habit == RefreshTokens::Last => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let committed = commit_row(store, row, lease, written.as_ref()).await;
    if let (Err(_), Some(written)) = (&committed, &written) {
        credential::abandon(store, written).await;
    }
    let row = committed?;
    if row.secret.kept.left {
        tidied(app, store, id).await;
    }
    cache(app, store, &row, &grant).await?;
    Ok(grant.access)
}

/// What the credential left where it was before is taken away by who may delete secrets. Should the message be lost, the
/// next refresh sends another.
async fn tidied(app: &App, store: &TenantStore, id: ConnectionId) {
    let purge = Purge::of_connection(store.id(), id);
    if let Err(error) = app.queue.send_purge(&purge, SignedDuration::ZERO).await {
        tracing::warn!(connection = %id, error = %chain(&error), "tidied up later");
    }
}

async fn commit_row(
    store: &TenantStore,
    row: ConnectionRow,
    lease: &TokenLease,
    written: Option<&Written>,
) -> Result<ConnectionRow, AccessError> {
    let (id, mut row) = (row.connection.id, row);
    let bundle = written.and_then(|written| written.bundle.as_ref());
    // Settings may have been saved while the provider answered; only the lease must still be ours.
    for _ in 0..5 {
        if row.token_lease.as_ref() != Some(lease) {
            return Err(AccessError::Busy);
        }
        if let Some(written) = written {
            if row.connection.ending_since.is_some() {
                return Err(AccessError::Busy);
            }
            row.secret = written.pointer.clone();
        }
        row.token_generation += 1;
        row.token_lease = None;
        match store.update_connection_and_bundle(row, bundle, None).await {
            Ok(row) => return Ok(row),
            Err(StoreError::Conflict) => {
                row = store
                    .connection(id)
                    .await?
                    .ok_or(AccessError::NeedsReauth)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(AccessError::Busy)
}

pub(super) async fn cache(
    app: &App,
    store: &TenantStore,
    row: &ConnectionRow,
    grant: &Grant,
) -> Result<(), CacheError> {
    let (id, generation) = (row.connection.id, row.token_generation);
    let sealed = app
        .keys()
        .await?
        .seal(&context(store, id, generation), &grant.access);
    Ok(store
        .cache_token(id, sealed, grant.expires_at, generation)
        .await?)
}

impl From<CredentialError> for AccessError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Busy => Self::Busy,
            CredentialError::Store(error) => Self::Store(error),
            CredentialError::Vault(error) => Self::Vault(error),
        }
    }
}

/// Why a token could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<CacheError> for AccessError {
    fn from(error: CacheError) -> Self {
        match error {
            CacheError::Store(error) => Self::Store(error),
            CacheError::Vault(error) => Self::Vault(error),
        }
    }
}

impl From<CacheError> for super::CallbackError {
    fn from(error: CacheError) -> Self {
        match error {
            CacheError::Store(error) => Self::Store(error),
            CacheError::Vault(error) => Self::Vault(error),
        }
    }
}

async fn release(
    store: &TenantStore,
    mut row: ConnectionRow,
    lease: &TokenLease,
) -> Result<(), StoreError> {
    if row.token_lease.as_ref() != Some(lease) {
        return Ok(());
    }
    row.token_lease = None;
    match store.update_connection(row).await {
        // Somebody wrote the row meanwhile; the lease runs out by itself.
        Ok(_) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Stops syncing until the member authorises again. Links and cursors stay; nothing is deleted. A grant that is newer
/// than what was tried at `as_of` is left alone.
pub(crate) async fn needs_reauth(
    app: &App,
    store: &TenantStore,
    id: ConnectionId,
    reason: ReauthReason,
    as_of: Timestamp,
) -> Result<(), StoreError> {
    for _ in 0..5 {
        let Some(mut row) = store.connection(id).await? else {
            return Ok(());
        };
        match row.connection.auth {
            Auth::NeedsReauth { .. } => return Ok(()),
            Auth::Granted { at } if at > as_of => return Ok(()),
            Auth::Granted { .. } => {}
        }
        let now = app.clock.now();
        row.connection.auth = Auth::NeedsReauth { since: now, reason };
        row.token_lease = None;
        let news = OutboxRow::needs_reauth(&row.connection, reason, now);
        match store.update_connection_and_tell(row, &news, now).await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
            Ok(row) => {
                let about = About {
                    provider: Some(row.connection.provider),
                    tenant: Some(store.id()),
                    connection: Some(id),
                    run: None,
                };
                app.measure(&about, &[(Metric::ReauthorizationRequired, 1)]);
                return Ok(());
            }
        }
    }
    Err(StoreError::Conflict)
}

/// Bound to tenant, connection and generation: moved elsewhere it does not open.
fn context(store: &TenantStore, id: ConnectionId, generation: u64) -> String {
    format!("access|{}|{id}|{generation}", store.id())
}
