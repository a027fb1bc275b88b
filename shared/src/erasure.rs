//! The shell around [`domain::erasure`]: beginning it, and working on it message by message.
//!
//! Whatever is deleted is counted in the same write, so that whoever goes on after a crash counts nothing twice.

use domain::{
    audit::AuditEntry,
    erasure::{Erasure, Stage},
    id::MemberId,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    app::App,
    credential,
    ending::{self, EndingError},
    problem::Problem,
    queue::{DELAY_MAX, QueueError},
    store::{Purge, StoreError, TenantFamily, TenantStore},
    sync::Handled,
    telemetry::chain,
    vault::VaultError,
    web::ACCESS_LIFETIME,
};

/// Two thirds of the function's time limit.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(40);
/// Proofs of sessions run out meanwhile, and the last requests that came with one are answered.
const SESSIONS_LAST: SignedDuration = ACCESS_LIFETIME.saturating_add(SignedDuration::from_mins(1));
/// Another worker may be at it.
const CONFLICTS_MAX: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Ending(#[from] EndingError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::Store(error) => error.into(),
            ErasureError::Queue(error) => error.into(),
            ErasureError::Ending(error) => error.into(),
            ErasureError::Vault(error) => Self::unavailable(error),
        }
    }
}

/// Begins the erasure, or answers how far the one under way has come.
pub async fn begin(
    app: &App,
    store: &TenantStore,
    asked_by: MemberId,
    remove_copies: bool,
    audit: &AuditEntry,
) -> Result<Erasure, ErasureError> {
    let now = app.clock.now();
    let erasure = Erasure::begin(store.id(), asked_by, remove_copies, now);
    match store.begin_erasure(&erasure, audit, now).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => {
            let begun = store.erasure().await?;
            return begun.ok_or_else(|| StoreError::Conflict.into());
        }
        Err(error) => return Err(error.into()),
    }
    tracing::warn!(tenant = %store.id(), member = %asked_by, remove_copies, "erasure asked for");
    // As with a connection: the sweep sees to it, whatever becomes of the message.
    let purge = Purge::of_tenant(store.id());
    if let Err(error) = app.queue.send_purge(&purge, SignedDuration::ZERO).await {
        tracing::error!(tenant = %store.id(), error = %chain(&error), "left to the sweep");
    }
    Ok(erasure)
}

/// Carries out one message: as much as there is time for.
pub async fn handle(app: &App, store: &TenantStore) -> Result<Handled, ErasureError> {
    let ends_at = app.clock.now() + WORK_TIME;
    let mut conflicts = 0;
    let wait = loop {
        let found = store.erasure().await?;
        let Some((erasure, stage)) = found.and_then(|found| {
            let stage = found.stage?;
            Some((found, stage))
        }) else {
            return Ok(Handled::Delete);
        };
        if app.clock.now() >= ends_at {
            break SignedDuration::ZERO;
        }
        let worked = match stage {
            Stage::EndConnections => end_connections(app, store, erasure).await,
            Stage::OutliveSessions => outlive_sessions(app, store, erasure).await,
            Stage::DeleteRecords => delete_records(app, store, erasure, ends_at).await,
        };
        match worked {
            Ok(Some(wait)) => break wait,
            Ok(None) => conflicts = 0,
            Err(ErasureError::Store(StoreError::Conflict)) if conflicts < CONFLICTS_MAX => {
                conflicts += 1;
            }
            Err(error) => return Err(error),
        }
    };
    if wait <= DELAY_MAX {
        let purge = Purge::of_tenant(store.id());
        app.queue.send_purge(&purge, wait).await?;
    }
    // What waits longer stands in the due index.
    Ok(Handled::Delete)
}

/// Answers how long to wait; `None` when there is something else to do.
async fn end_connections(
    app: &App,
    store: &TenantStore,
    erasure: Erasure,
) -> Result<Option<SignedDuration>, ErasureError> {
    let (standing, any) = store.connections_to_end().await?;
    for connection in &standing {
        ending::begin(app, store, *connection, erasure.remove_copies, None).await?;
    }
    let now = app.clock.now();
    if !any {
        let next = erasure.past(Stage::EndConnections, now);
        store.commit_erasure(next, now).await?;
        return Ok(None);
    }
    if !standing.is_empty() {
        return Ok(None);
    }
    let wait = erasure.wait(now);
    store.commit_erasure(erasure, now + wait).await?;
    Ok(Some(wait))
}

async fn outlive_sessions(
    app: &App,
    store: &TenantStore,
    erasure: Erasure,
) -> Result<Option<SignedDuration>, ErasureError> {
    let now = app.clock.now();
    let left = (erasure.asked_at + SESSIONS_LAST).duration_since(now);
    if left.is_positive() {
        store.commit_erasure(erasure, now + left).await?;
        return Ok(Some(left));
    }
    let next = erasure.past(Stage::OutliveSessions, now);
    store.commit_erasure(next, now).await?;
    Ok(None)
}

async fn delete_records(
    app: &App,
    store: &TenantStore,
    mut erasure: Erasure,
    ends_at: Timestamp,
) -> Result<Option<SignedDuration>, ErasureError> {
    while let Some(next) = forget_endings(app, store, &erasure).await? {
        erasure = next;
        if app.clock.now() >= ends_at {
            return Ok(Some(SignedDuration::ZERO));
        }
    }
    let bundles = store.bundles().await?;
    if !bundles.is_empty() {
        credential::destroy_bundles(app, store, &bundles).await?;
        let now = app.clock.now();
        erasure = store.forget_bundles(erasure, &bundles, now).await?;
    }
    for family in TenantFamily::ALL {
        while let Some(next) = store.erase_some(family, &erasure, app.clock.now()).await? {
            erasure = next;
            if app.clock.now() >= ends_at {
                return Ok(Some(SignedDuration::ZERO));
            }
        }
    }
    let now = app.clock.now();
    let over = erasure.past(Stage::DeleteRecords, now);
    let over = store.end_erasure(over, now).await?;
    tracing::warn!(tenant = %store.id(), receipt = %over, "erased");
    Ok(None)
}

async fn forget_endings(
    app: &App,
    store: &TenantStore,
    erasure: &Erasure,
) -> Result<Option<Erasure>, ErasureError> {
    let endings = store.some_endings().await?;
    if endings.is_empty() {
        return Ok(None);
    }
    for ending in &endings {
        // A disconnection leaves it a while in which it could be brought back.
        credential::destroy(app, store, ending.connection, ending.lives).await?;
    }
    let now = app.clock.now();
    let forgotten = store.forget_endings(erasure.clone(), endings, now).await?;
    Ok(Some(forgotten))
}
