//! Consumes the sync queues: one message, one look at one connection.

use shared::{
    app::App,
    lambda::{Consumed, SqsMessage},
    queue::{Checked, Delay, SyncMessage},
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
        Ok(Handled::PutBack { after }) => {
            put_back(app, message, after).await;
            Consumed::Back
        }
        Err(error) => {
            tracing::error!(%tenant, %connection, error = %chain(&error), "run not finished");
            Consumed::Back
        }
    }
}

async fn bury(app: &App, message: &SqsMessage, reason: &str) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let queue = message.event_source_arn.as_deref().unwrap_or_default();
    tracing::error!(message_id = ?message.message_id, reason, "message buried");
    match app.queue.bury(queue, body, reason).await {
        Ok(()) => Consumed::Done,
        // It will be received until the queue itself gives it up.
        Err(error) => {
            tracing::error!(error = %chain(&error), "message not buried");
            Consumed::Back
        }
    }
}

/// Best effort: without it the message comes back when its visibility ends.
async fn put_back(app: &App, message: &SqsMessage, after: Delay) {
    let (Some(arn), Some(receipt)) = (&message.event_source_arn, &message.receipt_handle) else {
        return;
    };
    if let Err(error) = app.queue.put_back(arn, receipt, after).await {
        tracing::warn!(error = %chain(&error), "message not put back");
    }
}
