//! Once a minute: connections whose timer has run out are asked to sync. The timer is the poll that stands in for lost
//! notices, or the end of a wait that a provider asked for. Purges that nobody has worked on for a while get another
//! message; so do deliveries to webhooks whose next try was further away than a queue keeps.

use std::error::Error;

use domain::{
    run::Trigger,
    sync::{
        sweep::{Overdue, in_turn},
        watch,
    },
};
use futures::{StreamExt as _, future::ready, stream};
use jiff::{SignedDuration, Timestamp};
use shared::{
    app::App,
    metrics::{About, Metric},
    queue,
    store::{Asked, Errand, Purge, Store},
    telemetry::chain,
};

/// Connections of one shard per sweep; what is left comes first in the next, because the oldest is read first.
const PER_SHARD_MAX: i32 = 100;
/// Connections that are asked for at the same time.
const AT_ONCE: usize = 8;
/// Two thirds of the function's time limit, for the heartbeat tells of a sweep that came to its end.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(33);

type Failure = Box<dyn Error + Send + Sync>;

pub async fn handle(app: &App) -> Result<(), Failure> {
    let ends_at = app.clock.now() + WORK_TIME;
    let asked = ask_overdue(app, ends_at).await;
    for shard in 0..Store::due_shards() {
        for purge in purges_due(app, shard).await {
            if let Err(error) = go_on(app, &purge).await {
                tracing::error!(%purge, error = %chain(&*error), "purge not gone on with");
            }
        }
        send_errands(app, shard, ends_at).await;
    }
    let measured = [
        (Metric::SweepHeartbeat, 1),
        (Metric::SweepAsked, i64::try_from(asked)?),
    ];
    app.measure(&About::default(), &measured);
    tracing::info!(asked, "swept");
    Ok(())
}

/// Answers how many were asked before the time was over.
async fn ask_overdue(app: &App, ends_at: Timestamp) -> usize {
    let now = app.clock.now();
    let mut overdue = Vec::new();
    for shard in 0..Store::due_shards() {
        match app.store.due(shard, now, PER_SHARD_MAX).await {
            Ok(due) => overdue.extend(due.into_iter().map(|due| Overdue {
                provider: due.provider,
                since: due.next_look_at.unwrap_or(now),
                what: due,
            })),
            Err(error) => tracing::error!(shard, error = %chain(&error), "shard not swept"),
        }
    }
    stream::iter(in_turn(overdue))
        .take_while(|_| ready(app.clock.now() < ends_at))
        .map(|(due, wait)| async move {
            let asked = ask(app, &due, wait).await;
            if let Err(error) = &asked {
                // The others must not wait for this one; its timer has not moved.
                tracing::error!(connection = %due.connection, error = %chain(&**error), "not asked");
            }
            asked.is_ok()
        })
        .buffered(AT_ONCE)
        .filter(|asked| ready(*asked))
        .count()
        .await
}

async fn purges_due(app: &App, shard: u32) -> Vec<Purge> {
    let now = app.clock.now();
    match app.store.purges_due(shard, now, PER_SHARD_MAX).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(shard, error = %chain(&error), "purges of the shard not swept");
            Vec::new()
        }
    }
}

async fn go_on(app: &App, purge: &Purge) -> Result<(), Failure> {
    let now = app.clock.now();
    app.store.look_at_purge_again(purge, now).await?;
    Ok(app.queue.send_purge(purge, queue::Delay::ZERO).await?)
}

/// What is left comes first in the next sweep.
async fn send_errands(app: &App, shard: u32, ends_at: Timestamp) {
    let now = app.clock.now();
    let due = match app.store.errands_due(shard, now, PER_SHARD_MAX).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(shard, error = %chain(&error), "deliveries of the shard not swept");
            return;
        }
    };
    stream::iter(due)
        .take_while(|_| ready(app.clock.now() < ends_at))
        .for_each_concurrent(AT_ONCE, |errand| async move {
            if let Err(error) = send_errand(app, &errand).await {
                tracing::error!(%errand, error = %chain(&*error), "delivery not gone on with");
            }
        })
        .await;
}

async fn send_errand(app: &App, errand: &Errand) -> Result<(), Failure> {
    let now = app.clock.now();
    if app.store.look_at_errand_again(errand, now).await? {
        app.queue.send_errand(errand, queue::Delay::ZERO).await?;
    }
    Ok(())
}

async fn ask(app: &App, due: &Asked, wait: queue::Delay) -> Result<(), Failure> {
    let now = app.clock.now();
    let store = app.store.tenant(&queue::wish_of(due));
    // First the next look, then the wish: if the wish is lost, the look comes all the same.
    store
        .schedule_sync(due.connection, now + queue::LOOK_AGAIN_AFTER)
        .await?;
    if due.demand.wants_another_run() {
        // Asked for already, and what asked for it counts: only the message is missing.
        return Ok(queue::follow_up_after(app, due, wait).await?);
    }
    let reconcile_at = due
        .reconciled_at
        .map(|at| watch::reconcile_at(due.connection, at));
    let trigger = match reconcile_at {
        Some(at) if at <= now => Trigger::Reconcile,
        Some(_) | None => Trigger::Poll,
    };
    if let Some(asked) = store.ask(due.connection, trigger, None).await? {
        queue::follow_up_after(app, &asked, wait).await?;
    }
    Ok(())
}
