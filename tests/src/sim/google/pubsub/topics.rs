//! Topics: what is published there goes to every subscription, and a policy says who may publish.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::Call;
use super::wire::{Refusal, read};
use super::{DELETED_TOPIC, push};
use crate::sim::google::state::State;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Topic {
    bindings: Vec<Binding>,
    /// Counts the changes of the policy: its etag.
    policy_revision: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    role: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTopic {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPolicy {
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    #[serde(default)]
    bindings: Vec<Binding>,
    etag: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publish {
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    #[serde(default)]
    data: String,
    #[serde(default)]
    attributes: Map<String, Value>,
    #[serde(default)]
    ordering_key: String,
}

impl Topic {
    pub(super) fn lets(&self, account: &str, role: &str) -> bool {
        let member = format!("serviceAccount:{account}");
        let of_role = |binding: &&Binding| binding.role == role;
        let mut bindings = self.bindings.iter().filter(of_role);
        bindings.any(|binding| binding.members.contains(&member))
    }

    fn etag(&self) -> String {
        STANDARD.encode(format!("policy {}", self.policy_revision))
    }

    fn shown_policy(&self) -> Value {
        let mut shown = json!({ "etag": self.etag(), "version": 1 });
        if !self.bindings.is_empty() {
            shown["bindings"] = json!(self.bindings);
        }
        shown
    }
}

fn topic<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Topic, Refusal> {
    let topic = state.pubsub.topics.get_mut(name);
    topic.ok_or_else(|| Refusal::not_found(name))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let new: NewTopic = read(call.body)?;
    if new.name.is_some_and(|name| name != call.resource) {
        return Err(Refusal::invalid("The name in the body is another."));
    }
    if state.pubsub.topics.contains_key(call.resource) {
        return Err(Refusal::exists(call.resource));
    }
    let name = call.resource.to_owned();
    state.pubsub.topics.insert(name, Topic::default());
    get(state, call)
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    topic(state, call.resource)?;
    Ok(json!({ "name": call.resource }))
}

/// Its subscriptions stay, and still deliver what they hold.
pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    topic(state, call.resource)?;
    state.pubsub.topics.remove(call.resource);
    for subscription in state.pubsub.subscriptions.values_mut() {
        if subscription.topic == call.resource {
            DELETED_TOPIC.clone_into(&mut subscription.topic);
        }
    }
    Ok(json!({}))
}

pub(super) fn get_policy(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    Ok(topic(state, call.resource)?.shown_policy())
}

/// With an etag, only over the policy that it is of.
pub(super) fn set_policy(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let SetPolicy { policy } = read(call.body)?;
    let topic = topic(state, call.resource)?;
    if policy.etag.is_some_and(|etag| etag != topic.etag()) {
        return Err(Refusal::aborted());
    }
    if policy.version.is_some_and(|version| version > 1) {
        return Err(Refusal::unknown("Only policies of version 1 are kept."));
    }
    let mut members = policy.bindings.iter().flat_map(|binding| &binding.members);
    if let Some(odd) = members.find(|member| !member.contains(':')) {
        return Err(Refusal::invalid(format!("Invalid member {odd}.")));
    }
    topic.bindings = policy.bindings;
    topic.bindings.retain(|binding| !binding.members.is_empty());
    topic.policy_revision += 1;
    Ok(topic.shown_policy())
}

pub(super) fn publish(state: &mut State, call: &Call<'_>) -> Result<Value, Refusal> {
    let Publish { messages } = read(call.body)?;
    topic(state, call.resource)?;
    if messages.is_empty() {
        return Err(Refusal::invalid("The request contains no messages."));
    }
    for message in &messages {
        check(message)?;
    }
    let ids = messages
        .into_iter()
        .map(|message| accept(state, call.resource, &message, call.now));
    let ids: Vec<String> = ids.collect();
    Ok(json!({ "messageIds": ids }))
}

fn check(message: &Message) -> Result<(), Refusal> {
    if message.data.is_empty() && message.attributes.is_empty() {
        let why = "One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.";
        return Err(Refusal::invalid(why));
    }
    if STANDARD.decode(&message.data).is_err() {
        return Err(Refusal::invalid("Base64 decoding failed for the data."));
    }
    if !message.ordering_key.is_empty() {
        return Err(Refusal::unknown("Ordering is not simulated."));
    }
    Ok(())
}

/// A publisher that says the same again gets another id.
fn accept(state: &mut State, topic: &str, message: &Message, now: Timestamp) -> String {
    state.pubsub.last_message += 1;
    let id = (2_070_443_601_311_540 + state.pubsub.last_message).to_string();
    let mut shown = json!({ "messageId": id, "message_id": id });
    let at = format!("{now:.3}");
    shown["publishTime"] = json!(at);
    shown["publish_time"] = json!(at);
    if !message.data.is_empty() {
        shown["data"] = json!(message.data);
    }
    if !message.attributes.is_empty() {
        shown["attributes"] = json!(message.attributes);
    }
    push::enqueue(state, topic, &shown, now);
    id
}
