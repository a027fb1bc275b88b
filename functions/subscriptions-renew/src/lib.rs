//! Every quarter of an hour: subscriptions that are due are renewed before they end, whatever their connections' runs are
//! at. After an outage the longest overdue come first, a few at a time.

use std::error::Error;

use domain::sync::sweep::{Overdue, by_provider};
use futures::{
    StreamExt as _,
    future::{join_all, ready},
    stream,
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    app::App,
    metrics::{About, Metric},
    store::{DueUpkeep, Store},
    sync::{Renewed, renew},
    telemetry::chain,
};

/// Connections of one shard at a time; what is left comes first the next time.
const PER_SHARD_MAX: i32 = 100;
/// Connections of one provider at once: it sees a trickle, not a stampede.
const AT_ONCE: usize = 4;
/// Two thirds of the function's time limit: what was begun comes to its end.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(200);

type Failure = Box<dyn Error + Send + Sync>;

pub async fn handle(app: &App) -> Result<(), Failure> {
    let ends_at = app.clock.now() + WORK_TIME;
    let due = by_provider(all_due(app).await).map(|own| see_to_all(app, own, ends_at));
    let seen_to: usize = join_all(due).await.into_iter().sum();
    app.measure(&About::default(), &[(Metric::RenewalHeartbeat, 1)]);
    tracing::info!(seen_to, "subscriptions seen to");
    Ok(())
}

async fn all_due(app: &App) -> Vec<Overdue<DueUpkeep>> {
    let now = app.clock.now();
    let mut due = Vec::new();
    for shard in 0..Store::due_shards() {
        match app.store.upkeeps_due(shard, now, PER_SHARD_MAX).await {
            Ok(found) => due.extend(found),
            Err(error) => tracing::error!(shard, error = %chain(&error), "shard not looked at"),
        }
    }
    due
}

/// Answers how many were seen to before the time was over or the provider had enough.
async fn see_to_all(app: &App, due: Vec<DueUpkeep>, ends_at: Timestamp) -> usize {
    let in_time = |_: &DueUpkeep| ready(app.clock.now() < ends_at);
    stream::iter(due)
        .take_while(in_time)
        .map(|due| see_to(app, due))
        .buffered(AT_ONCE)
        .take_while(|renewed| ready(*renewed == Renewed::Done))
        .count()
        .await
}

async fn see_to(app: &App, due: DueUpkeep) -> Renewed {
    match renew(app, &due).await {
        Ok(renewed) => renewed,
        // The others must not wait for this one; its claim runs out and its turn comes again.
        Err(error) => {
            tracing::error!(connection = %due.connection, error = %chain(&error), "not seen to");
            Renewed::Done
        }
    }
}
