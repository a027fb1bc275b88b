//! Consumes the sync queues: one message, one look at one connection.

use shared::{
    app::App,
    lambda::{Consumed, SqsMessage, bury, put_back},
    queue::{Checked, SyncMessage},
    sync::{self, Handled},
    telemetry::chain,
};

/// A message that can never be carried out goes to the dead letters at once, with its reason; one that fails for now
/// stays in the queue.
pub async fn handle(app: &App, message: &SqsMessage) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let read: SyncMessage = match serde_json::from_str(body) {
        Ok(read) => read,
        Err(error) => return bury(app, message, &format!("unreadable: {error}")).await,
    };
    let (tenant, connection) = (read.tenant, read.connection);
    let checked = match read.check(&app.store).await {
        Ok(Checked::Message(checked)) => checked,
        Ok(Checked::Gone) => return Consumed::Done,
        Ok(Checked::Foreign) => {
            return bury(app, message, "the connection is another tenant's").await;
        }
        Err(error) => {
            tracing::error!(%tenant, %connection, error = %chain(&error), "message not checked");
            return Consumed::Back;
        }
    };
    match sync::handle(app, &checked).await {
        Ok(Handled::Delete) => Consumed::Done,
        Ok(Handled::PutBack { after }) => put_back(app, message, after).await,
        Err(error) => {
            tracing::error!(%tenant, %connection, error = %chain(&error), "run not finished");
            Consumed::Back
        }
    }
}
