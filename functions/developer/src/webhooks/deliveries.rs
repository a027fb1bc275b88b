//! What a webhook was told.

use domain::{
    id::{DeliveryId, WebhookId},
    webhook::{Delivery, DeliveryState},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{app::App, problem::Problem, web::Session};

/// How a delivery stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DeliveryState")]
pub(crate) enum DeliveryStanding {
    Queued,
    Retrying,
    Succeeded,
    DeadLetter,
}

impl DeliveryStanding {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        match delivery.state {
            DeliveryState::Queued => Self::Queued,
            DeliveryState::Retrying { .. } => Self::Retrying,
            DeliveryState::Succeeded => Self::Succeeded,
            DeliveryState::DeadLetter { .. } => Self::DeadLetter,
        }
    }
}

pub(crate) struct Found {
    pub(crate) deliveries: Vec<Delivery>,
    /// Where the next answer goes on, if there is anything more to look at.
    pub(crate) next: Option<DeliveryId>,
}

/// Looked through at a time for those that stand as asked.
const SEEN: usize = 200;
/// And in one answer.
const PAGES_MAX: usize = 5;

/// Newest first.
pub(crate) async fn find(
    app: &App,
    session: &Session,
    id: WebhookId,
    state: Option<DeliveryStanding>,
    cursor: Option<DeliveryId>,
    limit: usize,
) -> Result<Found, Problem> {
    let store = app.store.tenant(session);
    let (mut found, mut at) = (Vec::new(), cursor);
    for _ in 0..PAGES_MAX {
        let page = store.deliveries(id, at, SEEN).await?;
        let is_last = page.len() < SEEN;
        for delivery in page {
            if found.len() == limit {
                return Ok(Found {
                    deliveries: found,
                    next: at,
                });
            }
            at = Some(delivery.id);
            let wanted = state.is_none_or(|state| state == DeliveryStanding::of(&delivery));
            found.extend(Some(delivery).filter(|_| wanted));
        }
        if is_last {
            at = None;
            break;
        }
    }
    Ok(Found {
        deliveries: found,
        next: at,
    })
}
