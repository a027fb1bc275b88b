//! Graph's change and lifecycle notifications. They are unsigned; only the client state of each item proves it. Shapes:
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks> and
//! <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>.

use serde::Deserialize;
use serde_json::Value;

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

#[derive(Deserialize)]
struct Collection {
    value: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    client_state: String,
    lifecycle_event: Option<String>,
}

/// The items of a notification. One that is not understood, or that has no client state, proves nothing and is left out.
pub fn read(body: &[u8]) -> Result<Vec<Notice>, serde_json::Error> {
    let collection: Collection = serde_json::from_slice(body)?;
    Ok(collection
        .value
        .into_iter()
        .filter_map(|item| serde_json::from_value(item).ok())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calls(body: &Value) -> Vec<(String, ChannelCall)> {
        read(body.to_string().as_bytes())
            .unwrap()
            .into_iter()
            .map(|notice| (notice.client_state, notice.call))
            .collect()
    }

    #[test]
    fn items_of_several_subscriptions_are_read_one_by_one() {
        let body = json!({ "value": [
            { "subscriptionId": "1", "clientState": "a", "changeType": "updated",
              "resource": "Users/1/Events/2", "resourceData": { "id": "2" } },
            { "subscriptionId": "2", "clientState": "b", "lifecycleEvent": "subscriptionRemoved" },
            { "subscriptionId": "3", "clientState": "c", "lifecycleEvent": "reauthorizationRequired" },
            { "subscriptionId": "4", "clientState": "d", "lifecycleEvent": "missed" },
            { "subscriptionId": "5", "clientState": "e", "lifecycleEvent": "somethingNew" },
        ], "validationTokens": ["x"] });
        let read = calls(&body);
        let expected = [
            ("a", ChannelCall::Changed),
            ("b", ChannelCall::Ended),
            ("c", ChannelCall::Ended),
            ("d", ChannelCall::Changed),
            ("e", ChannelCall::Changed),
        ];
        assert_eq!(read, expected.map(|(state, call)| (state.to_owned(), call)));
    }

    #[test]
    fn an_item_that_is_not_understood_does_not_hide_its_neighbours() {
        let body = json!({ "value": [
            null, 7, [], {}, { "clientState": null }, { "clientState": 7 },
            { "clientState": "b", "lifecycleEvent": 7 }, { "clientState": "a" },
        ] });
        assert_eq!(calls(&body), [("a".to_owned(), ChannelCall::Changed)]);
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in ["", "{", "[]", "{}", r#"{"value":{}}"#, "\u{0}", &deep] {
            assert!(
                read(body.as_bytes()).is_err(),
                "{}",
                &body[..body.len().min(20)]
            );
        }
    }

    #[test]
    fn a_handshake_gives_back_the_decoded_token() {
        assert_eq!(Handshake::of("a=b"), Handshake::Absent);
        assert_eq!(
            Handshake::of("validationToken=Validation%3a+Testing%26%3Cscript%3E"),
            Handshake::Echo("Validation: Testing&<script>".to_owned())
        );
        let long = format!("validationToken={}", "x".repeat(2_049));
        assert_eq!(Handshake::of(&long), Handshake::TooLong);
    }
}
