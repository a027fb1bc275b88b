//! What we say of deliveries to webhooks.

use jiff::Timestamp;

use super::{About, EventStatus, EventType, Integration, IntegrationEvent};
use crate::{
    id::IntegrationEventId,
    webhook::{Delivery, DeliveryState, WhyDead},
};

impl IntegrationEvent {
    /// A delivery that is not tried again by itself.
    pub const DEAD_LETTERED: &'static str = "delivery.dead_lettered";

    /// What there is to say of a delivery as it stands now. `None`: nothing, or nothing new.
    pub fn of_delivery(id: IntegrationEventId, at: Timestamp, delivery: &Delivery) -> Option<Self> {
        let (name, status, message) = match delivery.state {
            DeliveryState::Retrying { .. } if delivery.tries == 1 => (
                "delivery.failed",
                EventStatus::Warning,
                "A webhook did not take a delivery. It is tried again by itself.".to_owned(),
            ),
            DeliveryState::DeadLetter { why } => {
                let (status, message) = of_dead(delivery, why);
                (Self::DEAD_LETTERED, status, message)
            }
            DeliveryState::Queued | DeliveryState::Retrying { .. } | DeliveryState::Succeeded => {
                return None;
            }
        };
        let last = delivery.last.as_ref();
        Some(Self {
            id,
            at,
            integration: Integration::Webhooks,
            event_type: EventType::own(name),
            status,
            message,
            error_message: last.map(|last| format!("The webhook {}.", last.words())),
            correlation_id: delivery.id.to_string(),
            about: About::Delivery {
                webhook: delivery.webhook,
                delivery: delivery.id,
            },
            account: None,
            request_body: Some(delivery.body.clone()),
            response_body: last.and_then(|last| last.response_body.clone()),
            retry_count: delivery.attempts.saturating_sub(1),
        })
    }
}

fn of_dead(delivery: &Delivery, why: WhyDead) -> (EventStatus, String) {
    match why {
        WhyDead::Exhausted => {
            let message = format!(
                "A delivery failed {} times and is set aside until somebody retries it.",
                delivery.tries
            );
            (EventStatus::Error, message)
        }
        WhyDead::SwitchedOff { why } => {
            let message = format!(
                "A delivery is set aside, for its webhook was switched off. {}",
                why.words()
            );
            (EventStatus::Error, message)
        }
        // Nothing failed: somebody wants it so.
        WhyDead::Disabled => {
            let message = "A delivery was set aside, for its webhook had been disabled.";
            (EventStatus::Warning, message.to_owned())
        }
    }
}
