//! The queues of the account and the operations on them.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    answers::{BatchOutcome, attributes, on_the_wire, wanted},
    checks, digest,
    message::{Message, Receipt, Received},
    protocol::{
        Batch, ChangeMessageVisibility, DeleteEntry, DeleteMessage, Entry, GetQueueAttributes,
        GetQueueUrl, ReceiveMessage, SendMessage,
    },
    queue::{Draft, Queue, QueueDepth, QueueSpec, seconds},
};
use crate::{
    aws::{ApiError, endpoint::request, kept::Kept, names::ACCOUNT},
    clock::WorldClock,
};

/// How often a waiting receive looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(in crate::aws) struct Sqs {
    clock: WorldClock,
    kept: Kept<Queues>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Queues(BTreeMap<String, Queue>);

impl Queues {
    fn named(&mut self, name: &str) -> Result<&mut Queue, ApiError> {
        self.0.get_mut(name).ok_or_else(|| does_not_exist(name))
    }

    fn at(&mut self, url: &str) -> Result<&mut Queue, ApiError> {
        self.named(name_in(url))
    }

    /// Messages past their receive count move to the dead-letter queue now, as on AWS: on the next receive.
    fn receive(
        &mut self,
        name: &str,
        max: usize,
        visibility_s: Option<u32>,
        now: Timestamp,
    ) -> Result<Vec<(Message, String)>, ApiError> {
        let queue = self.named(name)?;
        let visibility_s = visibility_s.unwrap_or(queue.spec.visibility_timeout_s);
        let taken = queue.receive(max, visibility_s, now);
        if let Some((dead_letters, _)) = queue.spec.dead_letter.clone() {
            let graveyard = self.named(&dead_letters)?;
            for message in taken.dead {
                graveyard.bury(message, name, now);
            }
        }
        Ok(taken.delivered)
    }
}

/// In process: what Lambda's poller and the tests do.
impl Sqs {
    pub(in crate::aws) fn open(
        clock: WorldClock,
        directory: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let kept = Kept::open(directory, "queues.json")?;
        Ok(Self { clock, kept })
    }

    pub(in crate::aws) fn save(&self) -> anyhow::Result<()> {
        self.kept.save()
    }

    pub(in crate::aws) fn create_queue(&self, name: &str, spec: QueueSpec) {
        let now = self.clock.now();
        self.kept.change(|queues| {
            let queue = queues
                .0
                .entry(name.to_owned())
                .or_insert_with(|| Queue::new(name, spec.clone(), now));
            queue.spec = spec;
        });
    }

    pub(in crate::aws) fn depth(&self, name: &str) -> QueueDepth {
        let now = self.clock.now();
        self.kept.read(|queues| {
            queues
                .0
                .get(name)
                .map(|queue| queue.depth(now))
                .unwrap_or_default()
        })
    }

    pub(in crate::aws) fn next_visible_at(&self, name: &str) -> Option<Timestamp> {
        let now = self.clock.now();
        self.kept
            .read(|queues| queues.0.get(name)?.next_visible_at(now))
    }

    pub(in crate::aws) fn visible_at(&self, name: &str, handle: &str) -> Option<Timestamp> {
        let receipt = Receipt::parse(handle)?;
        self.kept
            .read(|queues| queues.0.get(name)?.visible_at(&receipt))
    }

    pub(in crate::aws) fn receive(&self, name: &str, max: usize) -> Vec<Received> {
        if self.depth(name).visible == 0 {
            return Vec::new();
        }
        let now = self.clock.now();
        self.kept
            .change(|queues| queues.receive(name, max, None, now))
            .unwrap_or_default()
            .into_iter()
            .map(|(message, handle)| message.received(name, handle))
            .collect()
    }

    pub(in crate::aws) fn delete(&self, name: &str, handle: &str) {
        if let Some(receipt) = Receipt::parse(handle) {
            self.kept.change(|queues| {
                if let Ok(queue) = queues.named(name) {
                    queue.delete(&receipt);
                }
            });
        }
    }

    pub(in crate::aws) fn deliver_again(&self, name: &str, handle: &str) {
        let now = self.clock.now();
        if let Some(receipt) = Receipt::parse(handle) {
            self.kept.change(|queues| {
                if let Ok(queue) = queues.named(name) {
                    queue.deliver_again(&receipt, now);
                }
            });
        }
    }
}

/// Over the wire.
impl Sqs {
    pub(in crate::aws) async fn answer(
        &self,
        operation: &str,
        body: &[u8],
        base: &str,
    ) -> Result<Value, ApiError> {
        match operation {
            "GetQueueUrl" => self.get_queue_url(&request(body)?, base),
            "SendMessage" => self.send_message(request(body)?),
            "SendMessageBatch" => self.send_message_batch(request(body)?),
            "ReceiveMessage" => self.receive_message(request(body)?).await,
            "DeleteMessage" => {
                let DeleteMessage {
                    queue_url,
                    receipt_handle,
                } = request(body)?;
                self.delete_message(&queue_url, &receipt_handle)?;
                Ok(json!({}))
            }
            "DeleteMessageBatch" => self.delete_message_batch(request(body)?),
            "ChangeMessageVisibility" => self.change_message_visibility(&request(body)?),
            "GetQueueAttributes" => self.get_queue_attributes(&request(body)?),
            other => Err(ApiError::new(
                "InvalidAction",
                format!("the SQS stand-in does not know the operation {other}"),
            )),
        }
    }

    fn get_queue_url(&self, request: &GetQueueUrl, base: &str) -> Result<Value, ApiError> {
        let name = &request.queue_name;
        self.check_exists(name)?;
        Ok(json!({ "QueueUrl": format!("{base}/{ACCOUNT}/{name}") }))
    }

    fn send_message(&self, request: SendMessage) -> Result<Value, ApiError> {
        let draft = checks::draft(request.entry)?;
        let sent = self.send(&request.queue_url, draft)?;
        self.save_before_answering()?;
        Ok(Value::Object(sent))
    }

    fn send(&self, queue_url: &str, draft: Draft) -> Result<Map<String, Value>, ApiError> {
        let now = self.clock.now();
        self.kept.change(|queues| {
            let message = queues.at(queue_url)?.send(draft, now);
            let mut sent = Map::new();
            sent.insert("MessageId".to_owned(), json!(message.id));
            sent.insert(
                "MD5OfMessageBody".to_owned(),
                json!(digest::of_body(&message.body)),
            );
            if let Some(md5) = digest::of_attributes(&message.attributes) {
                sent.insert("MD5OfMessageAttributes".to_owned(), json!(md5));
            }
            Ok(sent)
        })
    }

    fn send_message_batch(&self, request: Batch<Entry>) -> Result<Value, ApiError> {
        checks::batch(&request.entries)?;
        checks::batch_size(&request.entries)?;
        self.check_exists(name_in(&request.queue_url))?;
        let mut outcome = BatchOutcome::default();
        for entry in request.entries {
            let sent =
                checks::draft(entry.rest).and_then(|draft| self.send(&request.queue_url, draft));
            outcome.add(&entry.id, sent);
        }
        self.save_before_answering()?;
        Ok(outcome.answer())
    }

    async fn receive_message(&self, request: ReceiveMessage) -> Result<Value, ApiError> {
        let max = request.max_number_of_messages.unwrap_or(1);
        if !(1..=10).contains(&max) {
            return Err(checks::invalid(&format!(
                "Value {max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if \
                 provided."
            )));
        }
        let visibility_s = request
            .visibility_timeout
            .map(checks::visibility)
            .transpose()?;
        let wait = checks::bounded(
            "WaitTimeSeconds",
            request.wait_time_seconds.unwrap_or(0),
            20,
        )?;
        let deadline = self.clock.now() + seconds(wait);
        let name = name_in(&request.queue_url);
        let delivered = loop {
            let now = self.clock.now();
            self.check_exists(name)?;
            let delivered = if self.depth(name).visible == 0 {
                Vec::new()
            } else {
                self.kept.change(|queues| {
                    queues.receive(name, usize::try_from(max).unwrap_or(1), visibility_s, now)
                })?
            };
            // Nobody moves a virtual clock for the sake of a waiting call.
            if !delivered.is_empty() || now >= deadline || self.clock.is_virtual() {
                break delivered;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        self.save_before_answering()?;
        let messages: Vec<Value> = delivered
            .iter()
            .map(|(message, handle)| on_the_wire(message, handle, &request))
            .collect();
        Ok(json!({ "Messages": messages }))
    }

    fn delete_message(&self, queue_url: &str, handle: &str) -> Result<(), ApiError> {
        let receipt = receipt(queue_url, handle)?;
        self.kept
            .change(|queues| queues.at(queue_url).map(|queue| queue.delete(&receipt)))?;
        self.save_before_answering()
    }

    fn delete_message_batch(&self, request: Batch<DeleteEntry>) -> Result<Value, ApiError> {
        checks::batch(&request.entries)?;
        self.check_exists(name_in(&request.queue_url))?;
        let mut outcome = BatchOutcome::default();
        for entry in request.entries {
            let deleted = self.delete_message(&request.queue_url, &entry.rest.receipt_handle);
            outcome.add(&entry.id, deleted.map(|()| Map::new()));
        }
        Ok(outcome.answer())
    }

    fn change_message_visibility(
        &self,
        request: &ChangeMessageVisibility,
    ) -> Result<Value, ApiError> {
        let visibility_s = checks::visibility(request.visibility_timeout)?;
        let receipt = receipt(&request.queue_url, &request.receipt_handle)?;
        let now = self.clock.now();
        self.kept.change(|queues| {
            queues
                .at(&request.queue_url)?
                .change_visibility(&receipt, visibility_s, now)
        })?;
        self.save_before_answering()?;
        Ok(json!({}))
    }

    fn get_queue_attributes(&self, request: &GetQueueAttributes) -> Result<Value, ApiError> {
        let now = self.clock.now();
        let name = name_in(&request.queue_url);
        let all = self
            .kept
            .read(|queues| queues.0.get(name).map(|queue| attributes(queue, now)))
            .ok_or_else(|| does_not_exist(name))?;
        if let Some(unknown) = request
            .attribute_names
            .iter()
            .find(|name| *name != "All" && !all.contains_key(name.as_str()))
        {
            return Err(ApiError::new(
                "InvalidAttributeName",
                format!("Unknown Attribute {unknown}."),
            ));
        }
        let asked: Map<String, Value> = all
            .into_iter()
            .filter(|(name, value)| wanted(&request.attribute_names, name) && !value.is_null())
            .collect();
        Ok(json!({ "Attributes": asked }))
    }

    fn check_exists(&self, name: &str) -> Result<(), ApiError> {
        let exists = self.kept.read(|queues| queues.0.contains_key(name));
        exists.then_some(()).ok_or_else(|| does_not_exist(name))
    }

    /// What was acknowledged is on disk: a kill right after the answer loses nothing.
    fn save_before_answering(&self) -> Result<(), ApiError> {
        self.save()
            .map_err(|error| ApiError::new("InternalError", format!("{error:#}")))
    }
}

fn does_not_exist(name: &str) -> ApiError {
    ApiError::new(
        "QueueDoesNotExist",
        format!("The specified queue does not exist: {name}"),
    )
}

fn name_in(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn receipt(queue_url: &str, handle: &str) -> Result<Receipt, ApiError> {
    Receipt::parse(handle)
        .filter(|receipt| receipt.queue == name_in(queue_url))
        .ok_or_else(|| {
            ApiError::new(
                "ReceiptHandleIsInvalid",
                format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
            )
        })
}
