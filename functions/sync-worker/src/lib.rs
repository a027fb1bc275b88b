//! Consumes the sync queues: one message, one look at one connection.

use std::error::Error;

use shared::{
    app::App,
    lambda::{Consumed, SqsMessage},
    queue::SyncMessage,
    sync::{self, Handled},
};

/// A message that cannot be read fails until the queue gives it to the dead letters, where it can be looked at.
pub async fn handle(app: &App, message: &SqsMessage) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let read: SyncMessage = match serde_json::from_str(body) {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(message_id = ?message.message_id, error = %error, "unreadable message");
            return Consumed::Back;
        }
    };
    let (tenant, connection) = (read.tenant, read.connection);
    let checked = match read.check(&app.store).await {
        Ok(Some(checked)) => checked,
        Ok(None) => {
            tracing::error!(%tenant, %connection, "the message names a connection that is not the tenant's");
            return Consumed::Back;
        }
        Err(error) => {
            tracing::error!(%tenant, %connection, error = &error as &dyn Error, "message not checked");
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
            tracing::error!(%tenant, %connection, error = &error as &dyn Error, "run not finished");
            Consumed::Back
        }
    }
}

/// Best effort: without it the message comes back when its visibility ends.
async fn put_back(app: &App, message: &SqsMessage, after: shared::queue::Delay) {
    let (Some(arn), Some(receipt)) = (&message.event_source_arn, &message.receipt_handle) else {
        return;
    };
    if let Err(error) = app.queue.put_back(arn, receipt, after).await {
        tracing::warn!(error = &error as &dyn Error, "message not put back");
    }
}
