//! Consumes the purge queue: one message, some of what is left to be done of one connection's end or one tenant's
//! erasure.

use shared::{
    app::App,
    ending, erasure,
    erasure::ErasureError,
    lambda::{Consumed, SqsMessage, bury, put_back},
    queue::{Checked, CheckedPurge},
    store::Purge,
    sync::Handled,
    telemetry::chain,
};

/// As with syncs, a message that can never be carried out goes to the dead letters at once.
pub async fn handle(app: &App, message: &SqsMessage) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let purge: Purge = match serde_json::from_str(body) {
        Ok(read) => read,
        Err(error) => return bury(app, message, &format!("unreadable: {error}")).await,
    };
    let tenant = purge.tenant;
    let checked = match CheckedPurge::check(purge, &app.store).await {
        Ok(Checked::Message(checked)) => checked,
        Ok(Checked::Gone) => return Consumed::Done,
        Ok(Checked::Foreign) => {
            return bury(app, message, "the connection is another tenant's").await;
        }
        Err(error) => {
            tracing::error!(%tenant, %purge, error = %chain(&error), "message not checked");
            return Consumed::Back;
        }
    };
    match work(app, &checked).await {
        Ok(Handled::Delete) => Consumed::Done,
        Ok(Handled::PutBack { after }) => put_back(app, message, after).await,
        Err(error) => {
            tracing::error!(%tenant, %purge, error = %chain(&error), "purge stopped");
            Consumed::Back
        }
    }
}

async fn work(app: &App, purge: &CheckedPurge) -> Result<Handled, ErasureError> {
    let store = app.store.tenant(purge);
    match purge.connection {
        Some(connection) => Ok(ending::handle(app, &store, connection).await?),
        None => erasure::handle(app, &store).await,
    }
}
