//! What a notification says, before anything of it is believed.

use serde_json::{Value, json};
use shared::{
    providers::microsoft::notification::{Handshake, read},
    store::ChannelCall,
};

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
