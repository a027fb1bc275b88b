//! Pub/Sub over REST: topics, subscriptions that push, who may publish, and the pushes.

mod api;
mod push;
mod subscriptions;
mod topics;
mod wire;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

pub(super) use api::{operation, operations, serve};
pub(super) use push::{Delivery, PUSH, next_due, settle, take_due};

/// Everything in all projects, by full name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct PubSub {
    topics: BTreeMap<String, topics::Topic>,
    subscriptions: BTreeMap<String, subscriptions::Subscription>,
    deliveries: VecDeque<Delivery>,
    last_message: u64,
}

impl PubSub {
    pub(super) fn waiting(&self) -> usize {
        self.deliveries.len()
    }
}

/// What a subscription names when its topic is gone.
const DELETED_TOPIC: &str = "_deleted-topic_";
