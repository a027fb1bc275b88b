//! Consumes the purge queue: one message, some of what is left to be done of one connection's end.

use shared::{
    app::App,
    ending,
    lambda::{Consumed, SqsMessage, bury, put_back},
    queue::{Checked, PurgeMessage},
    sync::Handled,
    telemetry::chain,
};

/// As with syncs, a message that can never be carried out goes to the dead letters at once.
pub async fn handle(app: &App, message: &SqsMessage) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let read: PurgeMessage = match serde_json::from_str(body) {
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
    match ending::handle(app, &checked).await {
        Ok(Handled::Delete) => Consumed::Done,
        Ok(Handled::PutBack { after }) => put_back(app, message, after).await,
        Err(error) => {
            tracing::error!(%tenant, %connection, error = %chain(&error), "disconnection stopped");
            Consumed::Back
        }
    }
}
