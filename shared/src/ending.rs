//! The shell around [`domain::ending`]: beginning the end of a connection, and working on it message by message.
//!
//! The end is begun in one transaction, after which nothing of the connection is synced, told or listened to. A worker
//! waits for the run that may be under way, takes its lease for good, and goes from step to step. What is done is
//! committed at once, so that whoever goes on finds it done.

mod steps;

use domain::{
    audit::AuditEntry,
    ending::{Ending, OutOfOrder, look_again_after},
    id::ConnectionId,
    sync::pace::Pace,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    app::App,
    credential::{self, CredentialError},
    crypto::Secret,
    ids,
    oauth::AccessError,
    problem::Problem,
    queue::{DELAY_MAX, QueueError},
    store::{LeaseForEnding, Purge, StoreError, TenantStore},
    sync::{Fence, Handled},
    telemetry::chain,
};

/// Two thirds of the function's time limit: what was begun comes to its end.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(40);
/// The time limit and ten seconds.
const LEASE: SignedDuration = SignedDuration::from_secs(70);
/// Settings, runs and decisions may be written in the same moment.
const TRIES_MAX: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum EndingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl From<EndingError> for Problem {
    fn from(error: EndingError) -> Self {
        match error {
            EndingError::Store(error) => error.into(),
            EndingError::Queue(error) => error.into(),
            EndingError::OutOfOrder(error) => Self::unavailable(error),
            EndingError::Credential(error) => Self::unavailable(error),
        }
    }
}

/// Begins the end of a connection, or answers how far the one under way has come. `None`: there is no such connection.
pub async fn begin(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
    remove_copies: bool,
    audit: Option<&AuditEntry>,
) -> Result<Option<Ending>, EndingError> {
    for _ in 0..TRIES_MAX {
        if let Some(begun) = store.ending(connection).await? {
            return Ok(Some(begun));
        }
        let Some(row) = store.connection(connection).await? else {
            return Ok(None);
        };
        let Some(member) = store.member(row.connection.member).await? else {
            return Ok(None);
        };
        let now = app.clock.now();
        let ending = Ending::begin(&row.connection, remove_copies, now);
        match store.begin_ending(&row, &member, &ending, audit, now).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => continue,
            Err(error) => return Err(error.into()),
        }
        tracing::info!(
            tenant = %store.id(), %connection, member = %ending.member, provider = %ending.provider,
            remove_copies, "disconnection asked for"
        );
        // It is begun, and the sweep sees to it, whatever becomes of the message.
        let purge = Purge::of_connection(store.id(), connection);
        let sent = app.queue.send_purge(&purge, SignedDuration::ZERO);
        if let Err(error) = sent.await {
            tracing::error!(%connection, error = %chain(&error), "left to the sweep");
        }
        return Ok(store.ending(connection).await?);
    }
    Err(StoreError::Conflict.into())
}

/// Carries out one message: as much as there is time for.
pub async fn handle(
    app: &App,
    store: &TenantStore,
    connection: ConnectionId,
) -> Result<Handled, EndingError> {
    let now = app.clock.now();
    let Some(ending) = store.ending(connection).await? else {
        // It stands, and has left something where its credential was before.
        credential::tidy(app, store, connection).await?;
        return Ok(Handled::Delete);
    };
    if ending.is_over() {
        return Ok(Handled::Delete);
    }
    if let Some(until) = ending.not_before.filter(|until| *until > now) {
        let after = until.duration_since(now);
        return Ok(Handled::PutBack { after });
    }
    let (fence, pace) = match store.lease_for_ending(connection, now, LEASE).await? {
        LeaseForEnding::Taken { fence, pace } => (fence, pace),
        LeaseForEnding::Held { left } => {
            let jitter = SignedDuration::from_millis(i64::from(ids::below(1_000)));
            let after = look_again_after(left, LEASE) + jitter;
            return Ok(Handled::PutBack { after });
        }
        LeaseForEnding::Gone => return Ok(Handled::Delete),
    };
    let mut work = Work {
        app,
        store,
        connection,
        fence,
        pace,
        ends_at: now + WORK_TIME,
        access: Access::Unknown,
        renewed: false,
    };
    let Some(wait) = Box::pin(work.carry_out()).await? else {
        return Ok(Handled::Delete);
    };
    let pace = work.pace;
    store.release_for_ending(&fence, pace).await?;
    if wait <= DELAY_MAX {
        let purge = Purge::of_connection(store.id(), connection);
        app.queue.send_purge(&purge, wait).await?;
    }
    // What waits longer stands in the due index.
    Ok(Handled::Delete)
}

/// One worker's surroundings.
struct Work<'a> {
    app: &'a App,
    store: &'a TenantStore,
    connection: ConnectionId,
    fence: Fence,
    pace: Pace,
    ends_at: Timestamp,
    access: Access,
    /// The access token was refused once, and another was fetched.
    renewed: bool,
}

/// Whether we may still speak for the account.
enum Access {
    Unknown,
    Granted(Secret),
    Dead,
}

/// Why a step did not go on.
enum Halt {
    /// Look again at once: something is known now that was not.
    Again,
    Failed {
        why: String,
        wait: Option<SignedDuration>,
        too_fast: bool,
    },
    /// The provider is written to as fast as it allows.
    Paced {
        pause: SignedDuration,
    },
    Stop(EndingError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Stop(error.into())
    }
}

impl From<OutOfOrder> for Halt {
    fn from(error: OutOfOrder) -> Self {
        Self::Stop(error.into())
    }
}

impl Work<'_> {
    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Goes on until nothing is left, or answers when to go on.
    async fn carry_out(&mut self) -> Result<Option<SignedDuration>, EndingError> {
        let mut conflicts = 0;
        loop {
            let found = self.store.ending(self.connection).await?;
            let Some(ending) = found.filter(|ending| !ending.is_over()) else {
                return Ok(None);
            };
            if self.now() >= self.ends_at {
                return Ok(Some(SignedDuration::ZERO));
            }
            match Box::pin(self.go_on(ending)).await {
                Ok(next) if next.is_over() => {
                    tracing::info!(
                        tenant = %self.store.id(), connection = %self.connection, receipt = %next,
                        "disconnected"
                    );
                    return Ok(None);
                }
                Ok(_) => conflicts = 0,
                Err(Halt::Again) => {}
                Err(Halt::Paced { pause }) => return Ok(Some(pause)),
                Err(Halt::Failed {
                    why,
                    wait,
                    too_fast,
                }) => {
                    if too_fast {
                        self.pace = self.pace.slowed(self.now());
                    }
                    if let Some(wait) = self.fail(why, wait).await? {
                        return Ok(Some(wait));
                    }
                }
                // Somebody decided a conflict in the same moment, or another worker has taken over.
                Err(Halt::Stop(EndingError::Store(StoreError::Conflict)))
                    if conflicts < TRIES_MAX =>
                {
                    conflicts += 1;
                }
                Err(Halt::Stop(error)) => return Err(error),
            }
        }
    }

    /// Notes a failure; answers how long to wait, unless the provider was given up on.
    async fn fail(
        &self,
        why: String,
        wait: Option<SignedDuration>,
    ) -> Result<Option<SignedDuration>, EndingError> {
        tracing::warn!(
            tenant = %self.store.id(), connection = %self.connection, why, "disconnection has to wait"
        );
        let now = self.now();
        let Some(ending) = self.store.ending(self.connection).await? else {
            return Ok(None);
        };
        let failed = ending.failed(why, wait, now);
        let failed = self.store.commit_ending(&failed, &self.fence, now).await?;
        if failed.gives_up() {
            return Ok(None);
        }
        Ok(failed.not_before.map(|until| until.duration_since(now)))
    }
}

impl From<AccessError> for Halt {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Store(error) => error.into(),
            AccessError::NeedsReauth => Self::Again,
            AccessError::Unavailable(_) | AccessError::Busy | AccessError::Vault(_) => {
                failed(&error)
            }
        }
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Halt {
    Halt::Failed {
        why: chain(error).to_string(),
        wait: None,
        too_fast: false,
    }
}
