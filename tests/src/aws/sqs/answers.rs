//! How answers look on the wire.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{digest, message::Message, protocol::ReceiveMessage, queue::Queue};
use crate::aws::{
    ApiError,
    names::{ACCOUNT, REGION},
};

#[derive(Default)]
pub(super) struct BatchOutcome {
    successful: Vec<Value>,
    failed: Vec<Value>,
}

impl BatchOutcome {
    pub(super) fn add(&mut self, id: &str, outcome: Result<Map<String, Value>, ApiError>) {
        match outcome {
            Ok(mut answer) => {
                answer.insert("Id".to_owned(), json!(id));
                self.successful.push(Value::Object(answer));
            }
            Err(error) => self.failed.push(json!({
                "Id": id, "SenderFault": true, "Code": error.code, "Message": error.message,
            })),
        }
    }

    pub(super) fn answer(self) -> Value {
        json!({ "Successful": self.successful, "Failed": self.failed })
    }
}

/// Names may be `All`, exact, or a prefix with `.*`.
pub(super) fn wanted(names: &[String], name: &str) -> bool {
    names.iter().any(|wanted| match wanted.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => wanted == "All" || wanted == name,
    })
}

pub(super) fn on_the_wire(message: &Message, handle: &str, asked: &ReceiveMessage) -> Value {
    let mut attributes = message.system_attributes();
    attributes.retain(|name, _| {
        wanted(&asked.attribute_names, name) || wanted(&asked.message_system_attribute_names, name)
    });
    let mut own = message.attributes.clone();
    own.retain(|name, _| wanted(&asked.message_attribute_names, name));
    let mut answer = json!({
        "MessageId": message.id,
        "ReceiptHandle": handle,
        "MD5OfBody": digest::of_body(&message.body),
        "Body": message.body,
    });
    if !attributes.is_empty() {
        answer["Attributes"] = json!(attributes);
    }
    if let Some(md5) = digest::of_attributes(&own) {
        answer["MD5OfMessageAttributes"] = json!(md5);
        answer["MessageAttributes"] = json!(own);
    }
    answer
}

pub(super) fn attributes(queue: &Queue, now: Timestamp) -> Map<String, Value> {
    let depth = queue.depth(now);
    let text = |value: &dyn ToString| Value::String(value.to_string());
    let arn = |name: &str| format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
    let redrive = queue
        .spec
        .dead_letter
        .as_ref()
        .map_or(Value::Null, |(name, limit)| {
            text(&json!({ "deadLetterTargetArn": arn(name), "maxReceiveCount": limit }))
        });
    [
        ("ApproximateNumberOfMessages", text(&depth.visible)),
        ("ApproximateNumberOfMessagesDelayed", text(&depth.delayed)),
        (
            "ApproximateNumberOfMessagesNotVisible",
            text(&depth.in_flight),
        ),
        ("CreatedTimestamp", text(&queue.created.as_second())),
        ("MessageRetentionPeriod", text(&queue.spec.retention_s)),
        ("QueueArn", text(&arn(&queue.name))),
        ("RedrivePolicy", redrive),
        ("VisibilityTimeout", text(&queue.spec.visibility_timeout_s)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
