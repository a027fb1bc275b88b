//! Deliveries to webhooks that wait, beside the items of the error queue: they are listed and retried at their webhook.

use domain::{id::WebhookId, integration::Integration};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{app::App, problem::Problem, store::KnownWebhook, web::Session};

use crate::errors::{Filter, Waits};

/// How many deliveries to one webhook wait.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WaitingDeliveries")]
pub(crate) struct Waiting {
    pub(crate) webhook_id: WebhookId,
    pub(crate) url: String,
    /// For their next try.
    pub(crate) retrying: u32,
    /// For somebody to retry them.
    pub(crate) dead_letter: u32,
}

impl Waiting {
    fn of(id: WebhookId, known: KnownWebhook, filter: &Filter) -> Option<Self> {
        let wanted = |waits, count| match filter.state {
            Some(state) if state != waits => 0,
            Some(_) | None => count,
        };
        let waiting = Self {
            webhook_id: id,
            url: String::new(),
            retrying: wanted(Waits::Retrying, known.retrying),
            dead_letter: wanted(Waits::DeadLetter, known.dead),
        };
        Some(waiting).filter(|one| one.retrying + one.dead_letter > 0)
    }
}

/// Of every webhook that a filter names and where any wait.
pub(crate) async fn deliveries(
    app: &App,
    session: &Session,
    filter: &Filter,
) -> Result<Vec<Waiting>, Problem> {
    let is_about_webhooks = filter.integration_type.is_none_or(is_webhooks);
    if !is_about_webhooks || filter.connection.is_some() {
        return Ok(Vec::new());
    }
    let store = app.store.tenant(session);
    let known = store.integrations(app.clock.now()).await?;
    let mut waiting: Vec<Waiting> = known
        .webhooks()
        .iter()
        .filter_map(|(id, known)| Waiting::of(*id, *known, filter))
        .collect();
    if !waiting.is_empty() {
        let webhooks = store.webhooks().await?;
        for one in &mut waiting {
            let kept = webhooks
                .iter()
                .find(|kept| kept.webhook.id == one.webhook_id);
            one.url = kept.map_or_else(String::new, |kept| kept.webhook.url.clone());
        }
    }
    // One that was deleted between the two readings.
    waiting.retain(|one| !one.url.is_empty());
    Ok(waiting)
}

fn is_webhooks(integration: Integration) -> bool {
    integration == Integration::Webhooks
}
