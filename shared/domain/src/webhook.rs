//! Webhooks of customers: addresses that are told what happens, as Standard Webhooks has it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod address;
mod delivery;
mod topic;

use std::collections::BTreeSet;

pub use address::is_public;
pub use delivery::{Attempt, Delivery, DeliveryState, NotDead, WhyDead};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use topic::{NoTopic, TOLD, Topic};

use crate::id::WebhookId;

/// What is kept of a webhook, but its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    /// What its owner says of it.
    pub description: String,
    /// What it is told of.
    pub topics: BTreeSet<Topic>,
    pub state: WebhookState,
    pub created_at: Timestamp,
    pub version: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WebhookState {
    Active {
        /// Nothing has arrived since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing_since: Option<Timestamp>,
    },
    /// By a person.
    Disabled,
    /// By us.
    SwitchedOff { at: Timestamp, why: WhySwitchedOff },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhySwitchedOff {
    /// Nothing arrived for five days.
    Failing,
    /// It answered that it is gone for good.
    Gone,
    /// Its secret can no longer be read: the key that it was sealed with has been replaced twice.
    SecretLost,
}

impl WhySwitchedOff {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Failing => "Nothing arrived for five days.",
            Self::Gone => "It answered 410 Gone.",
            Self::SecretLost => {
                "Its secret can no longer be read. Rotate the secret, then enable it."
            }
        }
    }
}

/// How a webhook stands, as it is counted and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookState")]
pub enum WebhookStanding {
    Active,
    Disabled,
    SwitchedOff,
}

impl WebhookState {
    pub fn standing(self) -> WebhookStanding {
        match self {
            Self::Active { .. } => WebhookStanding::Active,
            Self::Disabled => WebhookStanding::Disabled,
            Self::SwitchedOff { .. } => WebhookStanding::SwitchedOff,
        }
    }
}

impl Webhook {
    pub const NOUN: &str = "webhook";
    /// Of one organisation.
    pub const MAX: usize = 20;
    pub const URL_BYTES_MAX: usize = 1_024;
    pub const DESCRIPTION_CHARACTERS_MAX: usize = 200;
    /// After that long without a success it is switched off.
    const FAILS_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);
    /// How long both secrets sign after a rotation.
    pub const OLD_SECRET_SIGNS_FOR: SignedDuration = SignedDuration::from_hours(24);

    pub fn standing(&self) -> WebhookStanding {
        self.state.standing()
    }

    pub fn is_active(&self) -> bool {
        self.standing() == WebhookStanding::Active
    }

    /// Whether it is told of this now.
    pub fn wants(&self, topic: Topic) -> bool {
        self.is_active() && self.topics.contains(&topic)
    }

    /// How it stands after an attempt, if that changes anything. What a person has disabled stays so.
    pub fn after(&self, attempt: &Attempt) -> Option<WebhookState> {
        let WebhookState::Active { failing_since } = self.state else {
            return None;
        };
        let at = attempt.at;
        let off = |why| Some(WebhookState::SwitchedOff { at, why });
        match failing_since {
            _ if attempt.is_gone() => off(WhySwitchedOff::Gone),
            None if attempt.succeeded() => None,
            Some(_) if attempt.succeeded() => Some(WebhookState::Active {
                failing_since: None,
            }),
            None => Some(WebhookState::Active {
                failing_since: Some(at),
            }),
            Some(since) if since + Self::FAILS_FOR <= at => off(WhySwitchedOff::Failing),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
