//! Pushes: at least once, until somebody takes them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::subscriptions::RetryPolicy;
use crate::sim::faults::{FaultName, Target};
use crate::sim::google::state::State;

/// The name that faults scope pushes by.
pub(in crate::sim::google) const PUSH: &str = "pubsub.push";

const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A refused push waits that long where no policy says otherwise; the real one may come back at once.
const WITHOUT_POLICY: SignedDuration = SignedDuration::from_secs(1);

/// One message on its way to one subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sim::google) struct Delivery {
    due: Timestamp,
    published: Timestamp,
    subscription: String,
    message: Value,
    failures: u32,
}

/// What is sent now.
#[derive(Clone, Debug)]
pub(in crate::sim::google) struct Sent {
    pub(in crate::sim::google) endpoint: Url,
    pub(in crate::sim::google) bearer: Option<String>,
    pub(in crate::sim::google) body: Value,
}

impl Delivery {
    pub(super) fn subscription(&self) -> &str {
        &self.subscription
    }
}

pub(super) fn enqueue(state: &mut State, topic: &str, message: &Value, now: Timestamp) {
    let subscribed = state.pubsub.subscriptions.iter();
    let names: Vec<String> = subscribed
        .filter(|(_, subscription)| subscription.topic == topic)
        .map(|(name, _)| name.clone())
        .collect();
    for subscription in names {
        let delivery = Delivery {
            due: now,
            published: now,
            subscription,
            message: message.clone(),
            failures: 0,
        };
        let target = Target {
            method: PUSH,
            account: None,
            path: topic,
            page: None,
        };
        let doubled = FaultName::NotificationDuplicate;
        if state.faults.strike(doubled, &target).is_some() {
            state.pubsub.deliveries.push_back(delivery.clone());
        }
        state.pubsub.deliveries.push_back(delivery);
    }
}

/// Pushes that are due, taken off the queue. A subscription that nobody pushes keeps what it has.
pub(in crate::sim::google) fn take_due(state: &mut State, now: Timestamp) -> Vec<(Delivery, Sent)> {
    let deliveries = std::mem::take(&mut state.pubsub.deliveries);
    let mut due = Vec::new();
    for delivery in deliveries {
        if now >= delivery.published + RETENTION {
            continue;
        }
        match sent(state, &delivery, now).filter(|_| delivery.due <= now) {
            Some(sent) => due.push((delivery, sent)),
            None => state.pubsub.deliveries.push_back(delivery),
        }
    }
    due
}

pub(in crate::sim::google) fn next_due(state: &State) -> Option<Timestamp> {
    let pushed = |delivery: &&Delivery| {
        let subscription = state.pubsub.subscriptions.get(&delivery.subscription);
        subscription.is_some_and(|of| !of.push_config.push_endpoint.is_empty())
    };
    let deliveries = state.pubsub.deliveries.iter().filter(pushed);
    deliveries.map(|delivery| delivery.due).min()
}

fn sent(state: &State, delivery: &Delivery, now: Timestamp) -> Option<Sent> {
    let subscription = state.pubsub.subscriptions.get(&delivery.subscription)?;
    let config = &subscription.push_config;
    let endpoint = Url::parse(&config.push_endpoint).ok()?;
    let bearer = config.oidc_token.as_ref().map(|token| {
        let audience = match token.audience.as_str() {
            "" => &config.push_endpoint,
            _ => &token.audience,
        };
        let account = &token.service_account_email;
        state.signing.token(account, audience, now)
    });
    let body = json!({ "message": delivery.message, "subscription": delivery.subscription });
    Some(Sent {
        endpoint,
        bearer,
        body,
    })
}

/// Five statuses take a message; whatever else comes, it is pushed again.
pub(in crate::sim::google) fn settle(
    state: &mut State,
    mut delivery: Delivery,
    status: Option<u16>,
    now: Timestamp,
) {
    if matches!(status, Some(102 | 200 | 201 | 202 | 204)) {
        return;
    }
    let Some(subscription) = state.pubsub.subscriptions.get(&delivery.subscription) else {
        return;
    };
    delivery.failures += 1;
    let policy = subscription.retry_policy.as_ref();
    let backoff = |policy: &RetryPolicy| policy.backoff(delivery.failures);
    delivery.due = now + policy.map_or(WITHOUT_POLICY, backoff);
    state.pubsub.deliveries.push_back(delivery);
}
