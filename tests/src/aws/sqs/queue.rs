//! One standard queue: delay, visibility, receive count, dead letters, retention, fairness between groups.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::message::{Message, MessageAttribute, Receipt};
use crate::aws::{ApiError, names};

pub(super) const MAX_VISIBILITY_S: u32 = 12 * 60 * 60;

/// A group that holds more than a tenth of what is in flight, and at least this many, waits behind the quiet ones.
const NOISY_IN_FLIGHT: usize = 30;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct QueueSpec {
    pub visibility_timeout_s: u32,
    /// The queue for messages received this many times without being deleted.
    pub dead_letter: Option<(String, u32)>,
    pub retention_s: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    pub visible: usize,
    pub delayed: usize,
    pub in_flight: usize,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) spec: QueueSpec,
    pub(super) created: Timestamp,
    /// In the order of arrival; with one message per connection there are never many.
    messages: Vec<Message>,
    deliveries: u64,
}

pub(super) struct Draft {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) group: Option<String>,
    pub(super) delay_s: u32,
}

/// What one receive took: deliveries for the caller, and messages that belong to the dead-letter queue.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) delivered: Vec<(Message, String)>,
    pub(super) dead: Vec<Message>,
}

impl Queue {
    pub(super) fn new(name: &str, spec: QueueSpec, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            spec,
            created: now,
            messages: Vec::new(),
            deliveries: 0,
        }
    }

    pub(super) fn send(&mut self, draft: Draft, now: Timestamp) -> &Message {
        self.messages.push(Message {
            id: names::uuid(),
            body: draft.body,
            attributes: draft.attributes,
            group: draft.group,
            sent: now,
            visible_at: now + seconds(draft.delay_s),
            first_received: None,
            last_received: None,
            receive_count: 0,
            delivery: None,
            dead_letter_source: None,
        });
        self.messages.last().expect("just sent")
    }

    pub(super) fn bury(&mut self, mut message: Message, source: &str, now: Timestamp) {
        message.dead_letter_source = Some(source.to_owned());
        message.delivery = None;
        message.visible_at = now;
        self.messages.push(message);
    }

    pub(super) fn receive(&mut self, max: usize, visibility_s: u32, now: Timestamp) -> Taken {
        self.expire(now);
        let mut turn: Vec<(bool, Timestamp, usize)> = self
            .messages
            .iter()
            .enumerate()
            .filter(|(_, message)| message.visible_at <= now)
            .map(|(index, message)| (self.is_noisy(message, now), message.visible_at, index))
            .collect();
        turn.sort_unstable();

        let mut taken = Taken::default();
        let mut dead = Vec::new();
        for (_, _, index) in turn {
            if taken.delivered.len() == max {
                break;
            }
            if self.is_spent(index) {
                dead.push(index);
            } else {
                taken.delivered.push(self.deliver(index, visibility_s, now));
            }
        }
        dead.sort_unstable();
        taken.dead = dead
            .into_iter()
            .rev()
            .map(|index| self.messages.remove(index))
            .collect();
        taken
    }

    fn is_spent(&self, index: usize) -> bool {
        matches!(&self.spec.dead_letter, Some((_, limit)) if self.messages[index].receive_count >= *limit)
    }

    fn deliver(&mut self, index: usize, visibility_s: u32, now: Timestamp) -> (Message, String) {
        self.deliveries += 1;
        let message = &mut self.messages[index];
        message.delivery = Some(self.deliveries);
        message.receive_count += 1;
        message.first_received.get_or_insert(now);
        message.last_received = Some(now);
        message.visible_at = now + seconds(visibility_s);
        let receipt = Receipt {
            queue: self.name.clone(),
            message_id: message.id.clone(),
            delivery: self.deliveries,
        };
        (message.clone(), receipt.handle())
    }

    /// An older delivery's handle succeeds and deletes nothing; the latest one deletes even after its visibility ended.
    pub(super) fn delete(&mut self, receipt: &Receipt) {
        self.messages.retain(|message| {
            message.id != receipt.message_id || message.delivery != Some(receipt.delivery)
        });
    }

    pub(super) fn change_visibility(
        &mut self,
        receipt: &Receipt,
        visibility_s: u32,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.expire(now);
        let message = self
            .messages
            .iter_mut()
            .find(|message| {
                message.id == receipt.message_id && message.delivery == Some(receipt.delivery)
            })
            .ok_or_else(|| {
                ApiError::new(
                    "InvalidParameterValue",
                    "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available \
                     for visibility timeout change.",
                )
            })?;
        if message.visible_at <= now {
            return Err(ApiError::new(
                "MessageNotInflight",
                "The message referred to isn't in flight.",
            ));
        }
        let until = now + seconds(visibility_s);
        let latest = message.last_received.unwrap_or(now) + seconds(MAX_VISIBILITY_S);
        if until > latest {
            return Err(ApiError::new(
                "InvalidParameterValue",
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
            ));
        }
        message.visible_at = until;
        Ok(())
    }

    /// A second delivery while the first is still being handled, as a standard queue may do at any time.
    pub(super) fn deliver_again(&mut self, receipt: &Receipt, now: Timestamp) {
        if let Some(message) = self
            .messages
            .iter_mut()
            .find(|message| message.id == receipt.message_id)
        {
            message.visible_at = now;
        }
    }

    pub(super) fn visible_at(&self, receipt: &Receipt) -> Option<Timestamp> {
        let message = self
            .messages
            .iter()
            .find(|message| message.id == receipt.message_id)?;
        Some(message.visible_at)
    }

    pub(super) fn depth(&self, now: Timestamp) -> QueueDepth {
        let mut depth = QueueDepth::default();
        for message in self.messages.iter().filter(|m| !self.has_expired(m, now)) {
            match (message.visible_at > now, message.delivery) {
                (false, _) => depth.visible += 1,
                (true, None) => depth.delayed += 1,
                (true, Some(_)) => depth.in_flight += 1,
            }
        }
        depth
    }

    pub(super) fn next_visible_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.messages
            .iter()
            .filter(|message| !self.has_expired(message, now))
            .map(|message| message.visible_at)
            .min()
    }

    fn expire(&mut self, now: Timestamp) {
        let kept = seconds(self.spec.retention_s);
        self.messages.retain(|message| message.sent + kept > now);
    }

    fn has_expired(&self, message: &Message, now: Timestamp) -> bool {
        message.sent + seconds(self.spec.retention_s) <= now
    }

    fn is_noisy(&self, message: &Message, now: Timestamp) -> bool {
        let Some(group) = &message.group else {
            return false;
        };
        let in_flight = |m: &&Message| m.delivery.is_some() && m.visible_at > now;
        let all = self.messages.iter().filter(in_flight).count();
        let own = self
            .messages
            .iter()
            .filter(in_flight)
            .filter(|m| m.group.as_ref() == Some(group))
            .count();
        own >= NOISY_IN_FLIGHT && own * 10 > all
    }
}

pub(super) fn seconds(count: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(count))
}
