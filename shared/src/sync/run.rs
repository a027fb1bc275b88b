//! One run: lease, look at every chosen calendar, record, release. Rule R decides when the message may be deleted.

use domain::{
    connection::{Connection, Idle},
    failure::FailureClass,
    id::{ConnectionId, RunId},
    run::{RunOutcome, Trigger},
    sync::{
        demand::{AfterRefusal, Demand, Granted},
        pace::Pace,
        watch::RECONCILE_EVERY,
    },
};
use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use super::{
    Context, Fence, SyncError,
    record::Record,
    visit::{Visit, visit},
};
use crate::{
    app::App,
    ids,
    metrics::{About, Metric},
    oauth::{AccessError, access_token},
    queue::{self, AskError, CheckedMessage, DELAY_MAX},
    store::{Asked, Findings, StoreError, TenantStore},
    telemetry::chain,
};

/// The function's time limit and ten seconds: a lease outlives its worker, but not the message's visibility.
const LEASE: SignedDuration = SignedDuration::from_secs(70);
const BACKOFF_MAX: SignedDuration = SignedDuration::from_mins(60);

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Everything asked is covered, or a replacement was sent.
    Delete,
    PutBack {
        after: SignedDuration,
    },
}

/// How a run ended, before it is written down.
struct Ended {
    outcome: RunOutcome,
    /// The connection is as it should be: what was asked is covered, whatever single items say.
    covered: bool,
    /// Not to be tried again before then.
    not_before: Option<Timestamp>,
    /// What is left is taken up again after that.
    pause: SignedDuration,
    findings: Findings,
}

/// Carries out one message. An error leaves the message where it is.
pub async fn handle(app: &App, message: &CheckedMessage) -> Result<Handled, AskError> {
    let store = app.store.tenant(message);
    let connection = message.connection;
    let started_at = app.clock.now();
    let fresh = ids::mint(store.id(), started_at, RunId::from_parts);
    let leased = store
        .take_lease(connection, started_at, LEASE, fresh)
        .await?;
    let (granted, asked) = match leased {
        Ok(leased) => leased,
        Err(AfterRefusal::Delete) => return Ok(Handled::Delete),
        Err(AfterRefusal::PutBack { after }) => {
            let jitter = SignedDuration::from_millis(i64::from(ids::below(2_000)));
            return Ok(Handled::PutBack {
                after: after + jitter,
            });
        }
    };
    let record = Record::of(&store, &asked, fresh, started_at).await?;
    let span = tracing::info_span!(
        "run", tenant = %store.id(), %connection, provider = %asked.provider, run = %record.run.id
    );
    Box::pin(carry_out(app, &store, &asked, granted, record).instrument(span)).await
}

async fn carry_out(
    app: &App,
    store: &TenantStore,
    asked: &Asked,
    granted: Granted,
    mut record: Record,
) -> Result<Handled, AskError> {
    let (connection, started_at) = (asked.connection, record.started_at);
    let fence = Fence {
        connection,
        number: granted.fence,
    };
    let found = store.connection(connection).await?;
    let ended = match found.map(|row| (row.connection.idle(), row.connection)) {
        None => skipped("the connection is gone", started_at),
        Some((Some(Idle::Paused), _)) => skipped("paused", started_at),
        Some((Some(Idle::NeedsReauth), _)) => skipped("waits to be authorised again", started_at),
        Some((Some(Idle::Ending), _)) => skipped("is being disconnected", started_at),
        Some((None, found)) => {
            record.start(store).await?;
            Box::pin(sync(app, store, &found, fence, &mut record, asked)).await?
        }
    };
    let pace = record.pace;
    measure(app, store, asked, &record, &ended.outcome);
    record.end(store, &ended.outcome, app.clock.now()).await?;
    release(app, store, asked, granted, pace, ended).await
}

fn measure(app: &App, store: &TenantStore, asked: &Asked, record: &Record, outcome: &RunOutcome) {
    let ended = match outcome {
        RunOutcome::Succeeded => Metric::SyncSucceeded,
        RunOutcome::Continues { .. } => Metric::SyncContinued,
        RunOutcome::Failed { .. } => Metric::SyncFailed,
        RunOutcome::Skipped { .. } => return,
    };
    let now = app.clock.now();
    let since = |at: Timestamp| i64::try_from(now.duration_since(at).as_millis()).unwrap_or(0);
    let mut measured = vec![
        (ended, 1),
        (Metric::SyncDuration, since(record.started_at)),
        (
            Metric::ConflictsFound,
            i64::from(record.run.counts.conflicts),
        ),
    ];
    let noticed_at = asked
        .last_notice_at
        .filter(|_| asked.trigger == Trigger::Notice);
    measured.extend(noticed_at.map(|at| (Metric::NoticeToWritten, since(at))));
    let about = About {
        provider: Some(asked.provider),
        tenant: Some(store.id()),
        connection: Some(asked.connection),
        run: Some(record.run.id),
    };
    app.measure(&about, &measured);
}

/// Syncs every chosen calendar of the connection. Only the table failing is an error here: there is nowhere left to
/// write anything else down.
async fn sync(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    fence: Fence,
    record: &mut Record,
    asked: &Asked,
) -> Result<Ended, StoreError> {
    let began_at = app.clock.now();
    let mut result = sync_calendars(app, store, connection, fence, record, asked).await;
    if matches!(&result, Err(SyncError::Provider(error)) if error.class == FailureClass::Authentication)
    {
        // An access token may die before its time; only the refresh says whether the grant is dead too.
        store.forget_cached_token(connection.id).await?;
        result = sync_calendars(app, store, connection, fence, record, asked).await;
    }
    match result {
        Ok(visit) => {
            let outcome = visit.outcome();
            Ok(Ended {
                covered: !matches!(outcome, RunOutcome::Continues { .. }),
                outcome,
                not_before: None,
                pause: SignedDuration::ZERO,
                findings: visit.findings,
            })
        }
        Err(SyncError::Store(error)) => Err(error),
        Err(error @ SyncError::Paced { pause }) => Ok(continues(&error, pause, began_at)),
        Err(error @ SyncError::OutOfTime) => Ok(continues(&error, SignedDuration::ZERO, began_at)),
        Err(error) => {
            if matches!(&error, SyncError::Provider(error) if error.class == FailureClass::RateLimited)
            {
                record.pace = record.pace.slowed(app.clock.now());
            }
            tracing::warn!(error = %chain(&error), "sync stopped");
            stopped(app, store, &error, began_at, &asked.demand, connection.id).await
        }
    }
}

async fn sync_calendars(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    fence: Fence,
    record: &mut Record,
    asked: &Asked,
) -> Result<Visit, SyncError> {
    let access = access_token(app, store, connection.id).await?;
    let mut context = Context::begin(app, store, connection, asked, access, fence).await?;
    context.pace = record.pace;
    let result = visit(&mut context, record).await;
    record.pace = if result.is_ok() && context.pace != record.pace {
        context.pace.eased(app.clock.now())
    } else {
        context.pace
    };
    record.note(context.counts, context.cursors, &context.stuck);
    result
}

/// Nothing is found while nobody looks, and whatever ends that asks for a look itself.
fn nothing(now: Timestamp) -> Findings {
    Findings {
        look_at: now + RECONCILE_EVERY,
        missed: false,
        reconciled: false,
    }
}

fn continues(why: &SyncError, pause: SignedDuration, began_at: Timestamp) -> Ended {
    Ended {
        outcome: RunOutcome::Continues {
            why: why.to_string(),
        },
        covered: false,
        not_before: None,
        pause,
        findings: nothing(began_at),
    }
}

fn skipped(why: &str, now: Timestamp) -> Ended {
    Ended {
        outcome: RunOutcome::Skipped { why: why.into() },
        covered: true,
        not_before: None,
        pause: SignedDuration::ZERO,
        findings: nothing(now),
    }
}

/// What a failure asks for: wait as long as the provider says, back off, or stop until the member acts.
async fn stopped(
    app: &App,
    store: &TenantStore,
    error: &SyncError,
    began_at: Timestamp,
    demand: &Demand,
    connection: ConnectionId,
) -> Result<Ended, StoreError> {
    let outcome = RunOutcome::Failed {
        why: error.to_string(),
        unnamed: None,
    };
    let (class, retry_after_s) = match error {
        SyncError::Access(AccessError::NeedsReauth) => (FailureClass::Authentication, None),
        SyncError::Provider(error) => (error.class, error.retry_after_s),
        SyncError::Access(_)
        | SyncError::Store(_)
        | SyncError::Vault(_)
        | SyncError::LeaseLost
        | SyncError::OutOfTime
        | SyncError::Paced { .. }
        | SyncError::Unsettled { .. } => (FailureClass::Transient, None),
    };
    if class == FailureClass::Authentication {
        let reason = domain::connection::ReauthReason::Revoked;
        crate::oauth::needs_reauth(app, store, connection, reason, began_at).await?;
        return Ok(Ended {
            outcome,
            covered: true,
            not_before: None,
            pause: SignedDuration::ZERO,
            findings: nothing(began_at),
        });
    }
    let backoff = SignedDuration::from_secs(5 << demand.failures.min(10)).min(BACKOFF_MAX);
    let jitter = SignedDuration::from_millis(i64::from(ids::below(3_000)));
    let asked_for = retry_after_s
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(SignedDuration::from_secs);
    let wait = asked_for.unwrap_or(SignedDuration::ZERO).max(backoff) + jitter;
    Ok(Ended {
        outcome,
        covered: false,
        not_before: Some(app.clock.now() + wait),
        pause: SignedDuration::ZERO,
        findings: nothing(began_at),
    })
}

/// Gives the lease back and, where more was asked than is covered, sends the replacement before the message goes.
async fn release(
    app: &App,
    store: &TenantStore,
    asked: &Asked,
    granted: Granted,
    pace: Pace,
    ended: Ended,
) -> Result<Handled, AskError> {
    let now = app.clock.now();
    let connection = asked.connection;
    let row = if ended.covered {
        store
            .finish_lease(connection, granted, now, pace, ended.findings)
            .await?
    } else {
        store
            .give_lease_back(connection, granted, now, pace, ended.not_before)
            .await?
    };
    // The lease was lost: whoever holds it answers for the change, and this message for them.
    let Some(row) = row else {
        return Ok(Handled::PutBack { after: LEASE });
    };
    if !row.demand.wants_another_run() {
        return Ok(Handled::Delete);
    }
    let wait = ended
        .not_before
        .map_or(ended.pause, |until| until.duration_since(now));
    if wait > DELAY_MAX {
        // Beyond what a queue holds back; the due index has it.
        return Ok(Handled::Delete);
    }
    let next = Asked {
        trigger: Trigger::Continuation,
        ..row
    };
    let delay = if ended.covered {
        queue::debounce(app, &next)
    } else {
        wait
    };
    queue::send(app, &next, delay).await?;
    Ok(Handled::Delete)
}
