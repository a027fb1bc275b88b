//! Reads the table's stream: each new row of an outbox goes to the bus, to the connections that must sync, and to the
//! webhooks that want it.

use std::error::Error;

use domain::run::Trigger;
use shared::{
    app::App,
    lambda::{Consumed, EventRecord},
    outbox::Relayed,
    queue,
    telemetry::chain,
    webhook,
};

/// At least once: a record that fails is read again with all that follow it. Readers of the bus tell repeats by the
/// entry's version.
pub async fn handle(app: &App, record: &EventRecord) -> Consumed {
    let is_outbox = record.change.keys.get("PK").is_some_and(
        |pk| matches!(pk, shared::outbox::AttributeValue::S(pk) if pk.ends_with("#OUT")),
    );
    if record.event_name != "INSERT" || !is_outbox {
        return Consumed::Done;
    }
    let relayed = match Relayed::from_stream(record.change.new_image.clone()) {
        Ok(relayed) => relayed,
        Err(error) => {
            tracing::error!(
                record = record.event_id,
                error = %chain(&error),
                "unreadable outbox row"
            );
            return Consumed::Back;
        }
    };
    match relay(app, &relayed).await {
        Ok(()) => Consumed::Done,
        Err(error) => {
            tracing::error!(
                record = record.event_id,
                error = %chain(&*error),
                "outbox row not relayed"
            );
            Consumed::Back
        }
    }
}

async fn relay(app: &App, relayed: &Relayed) -> Result<(), Box<dyn Error + Send + Sync>> {
    let store = app.store.tenant(relayed);
    for connection in &relayed.row.connections {
        if let Some(asked) = store.ask(*connection, Trigger::EntryChange, None).await? {
            queue::follow_up(app, &asked).await?;
        }
    }
    webhook::fan_out(app, &store, relayed).await?;
    Ok(app.bus.put(&relayed.row).await?)
}
