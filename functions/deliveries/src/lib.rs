//! Consumes the queue of deliveries: one message, one try of what a webhook is told, or a look after its secret.

use shared::{
    app::App,
    lambda::{Consumed, SqsMessage, bury, put_back},
    queue::{Checked, CheckedErrand},
    store::Errand,
    sync::Handled,
    telemetry::chain,
    webhook,
};

/// As with syncs, a message that can never be carried out goes to the dead letters at once.
pub async fn handle(app: &App, message: &SqsMessage) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let errand: Errand = match serde_json::from_str(body) {
        Ok(read) => read,
        Err(error) => return bury(app, message, &format!("unreadable: {error}")).await,
    };
    let tenant = errand.tenant;
    let checked = match CheckedErrand::check(errand, &app.store).await {
        Ok(Checked::Message(checked)) => checked,
        Ok(Checked::Gone) => return Consumed::Done,
        Ok(Checked::Foreign) => {
            return bury(app, message, "the delivery is another tenant's").await;
        }
        Err(error) => {
            tracing::error!(%tenant, %errand, error = %chain(&error), "message not checked");
            return Consumed::Back;
        }
    };
    let store = app.store.tenant(&checked);
    match webhook::handle(app, &store, checked.webhook, checked.delivery).await {
        Ok(Handled::Delete) => Consumed::Done,
        Ok(Handled::PutBack { after }) => put_back(app, message, after).await,
        Err(error) => {
            tracing::error!(%tenant, %errand, error = %chain(&error), "delivery stopped");
            Consumed::Back
        }
    }
}
