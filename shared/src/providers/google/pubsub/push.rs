//! What Pub/Sub pushes (<https://cloud.google.com/pubsub/docs/push>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// A message as it was delivered; nothing of it is believed before its sender is.
#[derive(Debug, PartialEq, Eq)]
pub struct Push {
    pub subscription: String,
    /// The same for each delivery of one message.
    pub message_id: String,
    pub text: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of Pub/Sub")]
pub struct InvalidPush;

#[derive(Deserialize)]
struct Envelope {
    subscription: String,
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    data: String,
}

impl Push {
    pub fn read(body: &[u8]) -> Result<Self, InvalidPush> {
        let Envelope {
            subscription,
            message,
        } = serde_json::from_slice(body).map_err(|_| InvalidPush)?;
        let bytes = STANDARD.decode(message.data).map_err(|_| InvalidPush)?;
        Ok(Self {
            subscription,
            message_id: message.message_id,
            text: String::from_utf8(bytes).map_err(|_| InvalidPush)?,
        })
    }
}

pub(super) fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}
