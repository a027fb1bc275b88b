//! Subscriptions: where what is published in a topic goes.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::api::Call;
use super::wire::{Refusal, read};
use crate::sim::google::state::State;
use crate::sim::notices::is_reachable;

const DEADLINE_S: u32 = 10;
const BACKOFF_MAX_S: i64 = 600;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Subscription {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    pub(super) topic: String,
    pub(super) push_config: PushConfig,
    ack_deadline_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_policy: Option<ExpirationPolicy>,
}

/// Without an endpoint the subscription waits to be pulled from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct PushConfig {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) push_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) oidc_token: Option<OidcToken>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct OidcToken {
    pub(super) service_account_email: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) audience: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct RetryPolicy {
    pub(super) minimum_backoff: String,
    pub(super) maximum_backoff: String,
}

/// Empty: never. Absent: after a month in which nobody came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ExpirationPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Patch {
    subscription: Subscription,
    update_mask: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ModifyPushConfig {
    push_config: PushConfig,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            minimum_backoff: "10s".to_owned(),
            maximum_backoff: "600s".to_owned(),
        }
    }
}

impl RetryPolicy {
    /// How long after the so-many-th failure; each waits twice as long as the one before.
    pub(super) fn backoff(&self, failures: u32) -> SignedDuration {
        let seconds = |text: &str| seconds(text).unwrap_or(BACKOFF_MAX_S);
        let grown = seconds(&self.minimum_backoff) << failures.saturating_sub(1).min(20);
        SignedDuration::from_secs(grown.min(seconds(&self.maximum_backoff)))
    }

    fn check(&self) -> Result<(), Refusal> {
        let bounds = [&self.minimum_backoff, &self.maximum_backoff];
        let fits = |text: &&String| seconds(text).is_some_and(|s| (0..=BACKOFF_MAX_S).contains(&s));
        if bounds.iter().all(fits) {
            return Ok(());
        }
        Err(Refusal::invalid("A backoff lies between 0s and 600s."))
    }
}

fn seconds(text: &str) -> Option<i64> {
    text.strip_suffix('s')?.parse().ok()
}

impl PushConfig {
    fn check(&self) -> Result<(), Refusal> {
        let endpoint = self.push_endpoint.as_str();
        let reachable = Url::parse(endpoint).is_ok_and(|url| is_reachable(&url));
        if !endpoint.is_empty() && !reachable {
            let why = format!(
                "Invalid push endpoint given (endpoint={endpoint}). Refer to https://cloud.google.com/pubsub/docs/push for more information."
            );
            return Err(Refusal::invalid(why));
        }
        match &self.oidc_token {
            Some(token) if !token.service_account_email.contains('@') => {
                Err(Refusal::invalid("Invalid service account email."))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Subscription, Refusal> {
    let found = state.pubsub.subscriptions.get_mut(name);
    found.ok_or_else(|| Refusal::not_found(name))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let new: Subscription = read(call.body)?;
    if new.name.as_ref().is_some_and(|name| name != call.resource) {
        return Err(Refusal::invalid("The name in the body is another."));
    }
    let new = checked(new)?;
    if state.pubsub.subscriptions.contains_key(call.resource) {
        return Err(Refusal::exists(call.resource));
    }
    if !state.pubsub.topics.contains_key(&new.topic) {
        return Err(Refusal::not_found(&new.topic));
    }
    let name = call.resource.to_owned();
    state.pubsub.subscriptions.insert(name, new);
    get(state, call)
}

fn checked(mut new: Subscription) -> Result<Subscription, Refusal> {
    if new.ack_deadline_seconds == 0 {
        new.ack_deadline_seconds = DEADLINE_S;
    }
    if !(10..=600).contains(&new.ack_deadline_seconds) {
        return Err(Refusal::invalid(
            "Invalid ack deadline given; it lies between 10 and 600 seconds.",
        ));
    }
    new.push_config.check()?;
    if let Some(policy) = &new.retry_policy {
        policy.check()?;
    }
    let ttl = new.expiration_policy.as_ref().map(|policy| &policy.ttl);
    if let Some(Some(ttl)) = ttl
        && seconds(ttl).is_none_or(|ttl| ttl < 24 * 60 * 60)
    {
        return Err(Refusal::invalid("The expiration is at least a day."));
    }
    let month = || Some("2678400s".to_owned());
    new.expiration_policy
        .get_or_insert_with(|| ExpirationPolicy { ttl: month() });
    Ok(new)
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let mut shown = json!(find(state, call.resource)?);
    shown["name"] = json!(call.resource);
    shown["state"] = json!("ACTIVE");
    shown["messageRetentionDuration"] = json!("604800s");
    Ok(shown)
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    find(state, call.resource)?;
    state.pubsub.subscriptions.remove(call.resource);
    let gone = |delivery: &super::Delivery| delivery.subscription() == call.resource;
    state.pubsub.deliveries.retain(|delivery| !gone(delivery));
    Ok(json!({}))
}

pub(super) fn modify_push_config(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let ModifyPushConfig { push_config } = read(call.body)?;
    push_config.check()?;
    find(state, call.resource)?.push_config = push_config;
    Ok(json!({}))
}

/// What the mask names and nothing else; the topic can never be changed.
pub(super) fn patch(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let Patch {
        subscription: asked,
        update_mask,
    } = read(call.body)?;
    let mut changed = find(state, call.resource)?.clone();
    for field in update_mask.split(',') {
        match field {
            "pushConfig" => changed.push_config = asked.push_config.clone(),
            "ackDeadlineSeconds" => changed.ack_deadline_seconds = asked.ack_deadline_seconds,
            "retryPolicy" => changed.retry_policy.clone_from(&asked.retry_policy),
            "expirationPolicy" => changed
                .expiration_policy
                .clone_from(&asked.expiration_policy),
            other => {
                let why = format!("Invalid update_mask provided in the request: {other}.");
                return Err(Refusal::invalid(why));
            }
        }
    }
    *find(state, call.resource)? = checked(changed)?;
    get(state, call)
}
