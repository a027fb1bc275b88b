//! Graph's change and lifecycle notifications. They are unsigned; only the client state of each item proves it. Shapes:
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks> and
//! <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>.

use std::{borrow::Cow, collections::HashMap};

use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use crate::store::ChannelCall;

/// What an item says, before anything of it is believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice {
    pub client_state: String,
    pub call: ChannelCall,
}

/// The question whether an address is ours, asked before a subscription is granted.
#[derive(Debug, PartialEq, Eq)]
pub enum Handshake {
    Absent,
    /// Answered with the token alone, decoded, as plain text.
    Echo(String),
    TooLong,
}

/// Those that Graph sends have some hundred.
const TOKEN_CHARS_MAX: usize = 2_048;

impl Handshake {
    pub fn of(query: &str) -> Self {
        let token = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "validationToken")
            .map(|(_, token)| token.into_owned());
        match token {
            None => Self::Absent,
            Some(token) if token.len() > TOKEN_CHARS_MAX => Self::TooLong,
            Some(token) => Self::Echo(token),
        }
    }
}

/// An object's parts as they stand: held as values, what somebody makes up would take a hundred times its length. A
/// struct would take a list for an object.
type Parts<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    client_state: String,
    lifecycle_event: Option<String>,
}

/// The items of a notification. One that is not understood, or that has no client state, proves nothing and is left out.
pub fn read(body: &[u8]) -> Result<Vec<Notice>, serde_json::Error> {
    let parts: Parts<'_> = serde_json::from_slice(body)?;
    let value = parts
        .get("value")
        .ok_or_else(|| serde_json::Error::missing_field("value"))?;
    let items: Vec<&RawValue> = serde_json::from_str(value.get())?;
    Ok(items
        .into_iter()
        .filter_map(|item| serde_json::from_str(item.get()).ok())
        .map(|item: Item| Notice {
            call: call(item.lifecycle_event.as_deref()),
            client_state: item.client_state,
        })
        .collect())
}

/// What was missed is in the next delta, and a lifecycle event that we do not know is reason enough to look.
fn call(lifecycle_event: Option<&str>) -> ChannelCall {
    match lifecycle_event {
        Some("subscriptionRemoved" | "reauthorizationRequired") => ChannelCall::Ended,
        None | Some(_) => ChannelCall::Changed,
    }
}
