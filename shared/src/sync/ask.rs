//! Asking for a sync, as a person does with a button.

use domain::{
    connection::Connection,
    id::RunId,
    run::{RunState, SyncRun, Trigger},
};

use crate::{
    app::App,
    ids,
    queue::{self, AskError},
    store::TenantStore,
};

/// Answers the run that will carry it out; while one is under way or waits, that is the one. `None`: the connection is
/// gone.
pub async fn ask(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    trigger: Trigger,
) -> Result<Option<RunId>, AskError> {
    let now = app.clock.now();
    let fresh = ids::mint(store.id(), now, RunId::from_parts);
    let Some(asked) = store.ask(connection.id, trigger, Some(fresh)).await? else {
        return Ok(None);
    };
    let id = asked.demand.run.unwrap_or(fresh);
    let run = SyncRun::new(id, connection.id, trigger, RunState::Queued { at: now });
    // Also for a run that is not new: whoever asked for it may have stopped before writing it down.
    store.put_queued_run(&run, now).await?;
    queue::follow_up(app, &asked).await?;
    tracing::info!(
        tenant = %store.id(), connection = %connection.id, provider = %connection.provider, run = %id,
        trigger = %trigger, "sync asked for"
    );
    Ok(Some(id))
}
