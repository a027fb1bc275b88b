//! One message, as it waits and as a consumer gets it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::digest;
use crate::aws::names::{ACCOUNT, REGION};

/// On the wire in requests and answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MessageAttribute {
    pub data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) group: Option<String>,
    pub(super) sent: Timestamp,
    pub(super) visible_at: Timestamp,
    pub(super) first_received: Option<Timestamp>,
    pub(super) last_received: Option<Timestamp>,
    pub(super) receive_count: u32,
    /// The number of the latest delivery from this queue; only its receipt handle is good.
    pub(super) delivery: Option<u64>,
    pub(super) dead_letter_source: Option<String>,
}

impl Message {
    pub(super) fn system_attributes(&self) -> BTreeMap<String, String> {
        let millis = |time: Timestamp| time.as_millisecond().to_string();
        let mut attributes = BTreeMap::from([
            (
                "ApproximateReceiveCount".to_owned(),
                self.receive_count.to_string(),
            ),
            ("SenderId".to_owned(), ACCOUNT.to_owned()),
            ("SentTimestamp".to_owned(), millis(self.sent)),
        ]);
        if let Some(first) = self.first_received {
            attributes.insert("ApproximateFirstReceiveTimestamp".to_owned(), millis(first));
        }
        if let Some(group) = &self.group {
            attributes.insert("MessageGroupId".to_owned(), group.clone());
        }
        if let Some(source) = &self.dead_letter_source {
            attributes.insert(
                "DeadLetterQueueSourceArn".to_owned(),
                format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{source}"),
            );
        }
        attributes
    }

    pub(super) fn received(&self, queue: &str, receipt_handle: String) -> Received {
        Received {
            message_id: self.id.clone(),
            receipt_handle,
            md5_of_body: digest::of_body(&self.body),
            md5_of_message_attributes: digest::of_attributes(&self.attributes),
            attributes: self.system_attributes(),
            message_attributes: self
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect(),
            body: self.body.clone(),
            event_source: "aws:sqs".to_owned(),
            event_source_arn: format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
            aws_region: REGION.to_owned(),
        }
    }
}

/// A delivered message; serialized, it is the record that Lambda hands to a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    pub md5_of_body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md5_of_message_attributes: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub message_attributes: BTreeMap<String, LambdaMessageAttribute>,
    pub event_source: String,
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    pub aws_region: String,
}

/// The same attribute in Lambda's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LambdaMessageAttribute {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
    pub string_list_values: [String; 0],
    pub binary_list_values: [String; 0],
    pub data_type: String,
}

impl From<MessageAttribute> for LambdaMessageAttribute {
    fn from(attribute: MessageAttribute) -> Self {
        Self {
            string_value: attribute.string_value,
            binary_value: attribute.binary_value,
            string_list_values: [],
            binary_list_values: [],
            data_type: attribute.data_type,
        }
    }
}

/// What a receipt handle says: opaque to clients, one per delivery.
pub(super) struct Receipt {
    pub(super) queue: String,
    pub(super) message_id: String,
    pub(super) delivery: u64,
}

impl Receipt {
    pub(super) fn handle(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!(
            "{}/{}/{}",
            self.delivery, self.message_id, self.queue
        ))
    }

    pub(super) fn parse(handle: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(handle).ok()?).ok()?;
        let (delivery, rest) = text.split_once('/')?;
        let (message_id, queue) = rest.split_once('/')?;
        Some(Self {
            queue: queue.to_owned(),
            message_id: message_id.to_owned(),
            delivery: delivery.parse().ok()?,
        })
    }
}
