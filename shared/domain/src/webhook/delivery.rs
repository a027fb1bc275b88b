//! One thing that one webhook is told: when it is tried again, and when no more.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Topic, WebhookState, WhySwitchedOff};
use crate::id::{self, DeliveryId, WebhookId};

/// By its id receivers tell repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub topic: Topic,
    /// The text that is signed and sent, the same each time.
    pub body: String,
    pub created_at: Timestamp,
    /// When it was last asked for: made, or tried anew from the start.
    pub asked_at: Timestamp,
    #[serde(flatten)]
    pub state: DeliveryState,
    /// How often it was tried, ever.
    pub attempts: u32,
    /// The same since it was last asked for.
    pub tries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Attempt>,
    pub version: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeliveryState {
    Queued,
    Retrying { next_at: Timestamp },
    Succeeded,
    DeadLetter { why: WhyDead },
}

/// Why it is not tried again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WhyDeliveryIsDead")]
pub enum WhyDead {
    /// It was tried as often as the ladder says.
    Exhausted,
    /// Its webhook was switched off, because of it or before its next try.
    SwitchedOff { why: WhySwitchedOff },
    /// Its webhook had been disabled before its turn came.
    Disabled,
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub took_ms: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Without secrets, and not without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
}

impl Attempt {
    /// A redirect is none: whoever moves says so in the settings.
    pub fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// The receiver wants nothing more, ever.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    pub fn words(&self) -> String {
        match (self.status, &self.error) {
            (Some(status), _) => format!("answered {status}"),
            (None, Some(error)) => error.clone(),
            (None, None) => "did not answer".to_owned(),
        }
    }
}

const fn secs(secs: i64) -> SignedDuration {
    SignedDuration::from_secs(secs)
}

const fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// What is waited after each try that failed; after one more it is a dead letter.
const LADDER: [SignedDuration; 9] = [
    secs(5),
    secs(5 * 60),
    secs(30 * 60),
    hours(2),
    hours(5),
    hours(10),
    hours(14),
    hours(20),
    hours(24),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only what is not tried again by itself can be tried anew")]
pub struct NotDead;

impl Delivery {
    pub const NOUN: &str = "delivery";
    pub const TRIES_MAX: u32 = 10;
    /// Since it was last asked for.
    pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

    pub fn new(
        id: DeliveryId,
        webhook: WebhookId,
        topic: Topic,
        body: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            webhook,
            topic,
            body,
            created_at: now,
            asked_at: now,
            state: DeliveryState::Queued,
            attempts: 0,
            tries: 0,
            last: None,
            version: 0,
        }
    }

    /// When it is to be tried, if it is.
    pub fn next_at(&self) -> Option<Timestamp> {
        match self.state {
            DeliveryState::Queued => Some(self.asked_at),
            DeliveryState::Retrying { next_at } => Some(next_at),
            DeliveryState::Succeeded | DeliveryState::DeadLetter { .. } => None,
        }
    }

    pub fn is_dead(&self) -> bool {
        matches!(self.state, DeliveryState::DeadLetter { .. })
    }

    /// It failed, and is tried again by itself.
    pub fn is_retrying(&self) -> bool {
        matches!(self.state, DeliveryState::Retrying { .. })
    }

    pub fn ends_at(&self) -> Timestamp {
        self.asked_at + Self::KEPT_FOR
    }

    /// What becomes of it after this try. `webhook` is how its webhook stands after the same.
    #[must_use]
    pub fn after(self, attempt: Attempt, webhook: WebhookState) -> Self {
        let tries = self.tries + 1;
        let state = match webhook {
            _ if attempt.succeeded() => DeliveryState::Succeeded,
            WebhookState::SwitchedOff { why, .. } => DeliveryState::DeadLetter {
                why: WhyDead::SwitchedOff { why },
            },
            WebhookState::Active { .. } | WebhookState::Disabled => {
                self.after_failure(tries, attempt.at)
            }
        };
        Self {
            state,
            tries,
            attempts: self.attempts + 1,
            last: Some(attempt),
            ..self
        }
    }

    fn after_failure(&self, tries: u32, at: Timestamp) -> DeliveryState {
        let index = usize::try_from(tries).unwrap_or(usize::MAX).wrapping_sub(1);
        match LADDER.get(index) {
            Some(wait) => DeliveryState::Retrying {
                next_at: at + *wait + self.scatter(*wait, tries),
            },
            None => DeliveryState::DeadLetter {
                why: WhyDead::Exhausted,
            },
        }
    }

    /// Up to a tenth more, so that what failed together does not come back together.
    fn scatter(&self, wait: SignedDuration, tries: u32) -> SignedDuration {
        let thousandths = id::spread(format!("{}#{tries}", self.id)) % 1_000;
        let ms = wait.as_millis() * i128::from(thousandths) / 10_000;
        SignedDuration::from_millis(i64::try_from(ms).unwrap_or_default())
    }

    /// Its turn came, and this keeps it from being tried.
    #[must_use]
    pub fn set_aside(self, why: WhyDead) -> Self {
        Self {
            state: DeliveryState::DeadLetter { why },
            ..self
        }
    }

    /// From the start of the ladder, at once.
    pub fn redriven(self, now: Timestamp) -> Result<Self, NotDead> {
        if !self.is_dead() {
            return Err(NotDead);
        }
        Ok(Self {
            state: DeliveryState::Retrying { next_at: now },
            asked_at: now,
            tries: 0,
            ..self
        })
    }
}
