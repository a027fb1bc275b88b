//! Notices of both providers, and the tokens that prove them: whoever knows the address may send anything.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::{
    connection::Provider,
    id::{ConnectionId, SubscriptionId},
};
use proptest::prelude::*;
use serde_json::Value;
use shared::{
    crypto::{Keys, Secret},
    providers::{
        google,
        microsoft::notification::{self, Handshake},
    },
    sync::channel::{self, Claim},
};

use crate::{
    alone::{alone, check, peak_of},
    edits::{bytes, edited_json, edited_text, edits},
};

const NOTIFICATIONS: &str = include_str!("samples/graph_notifications.json");
/// What the function takes at most, and how much more may be held while it is read.
const BODY_BYTES_MAX: usize = 256 * 1024;
const TIMES_THE_BODY: usize = 16;

fn keys() -> Keys {
    Keys::from_root(&Secret::new("a root of this test".into()))
}

fn connection() -> ConnectionId {
    "con_01K9Z3V7Q2M4A6B8C0D2E4F6G8".parse().unwrap()
}

fn subscription() -> SubscriptionId {
    "sub_01K9Z3V7Q2M4A6B8C0D2E4F6G9".parse().unwrap()
}

fn is_read_within_bounds(body: &[u8]) {
    let peak = peak_of(|| notification::read(body).map_err(|error| error.to_string()));
    assert!(
        peak <= body.len() * TIMES_THE_BODY + 4_096,
        "{peak} bytes for a body of {}",
        body.len()
    );
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let names = prop::sample::select(vec![
        "x-goog-channel-token",
        "x-goog-resource-state",
        "x-goog-channel-id",
        "x-goog-message-number",
    ]);
    let value = prop_oneof![
        bytes(),
        prop::sample::select(vec!["sync", "exists", "not_exists", "EXISTS", "v1.a.b.c.d"])
            .prop_map(|word| word.as_bytes().to_vec()),
    ];
    prop::collection::vec((names, value), 0..5).prop_map(|headers| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                map.append(HeaderName::from_static(name), value);
            }
        }
        map
    })
}

fn edited_notifications() -> impl Strategy<Value = String> {
    let samples: Vec<Value> = serde_json::from_str(NOTIFICATIONS).unwrap();
    (any::<u16>(), edits())
        .prop_map(move |(which, edits)| edited_json(&samples, which, &edits).to_string())
}

#[test]
fn any_headers_are_a_notice_of_google_or_none() {
    check(headers(), |headers| {
        if let Ok(notice) = google::notification::Notice::read(&headers) {
            prop_assert_eq!(Claim::read(notice.channel_token), None);
        }
        Ok(())
    });
}

#[test]
fn any_bytes_are_notices_of_graph_or_none() {
    check(bytes(), |bytes| {
        is_read_within_bounds(&bytes);
        let query = String::from_utf8_lossy(&bytes);
        Handshake::of(&query);
        Handshake::of(&format!("validationToken={query}"));
        Ok(())
    });
}

#[test]
fn an_edited_notification_of_graph_is_read_within_bounds() {
    check(edited_notifications(), |body| {
        is_read_within_bounds(&body.as_bytes()[..body.len().min(BODY_BYTES_MAX)]);
        Ok(())
    });
}

#[test]
fn any_text_is_no_claim() {
    check(any::<String>(), |text| {
        prop_assert_eq!(Claim::read(&text), None);
        Ok(())
    });
}

#[test]
fn an_edited_token_proves_no_other_channel() {
    let (keys, provider) = (keys(), Provider::Google);
    let genuine = channel::mint(&keys, provider, connection(), subscription());
    let ours = Claim::read(&genuine).unwrap().verified(&keys, provider);
    assert!(ours.is_some());
    check(edits(), |edits| {
        let token = edited_text(&genuine, &edits);
        if let Some(claim) = Claim::read(&token) {
            prop_assert_eq!(claim.verified(&keys, Provider::Microsoft), None);
            let verified = claim.verified(&keys, provider);
            prop_assert!(verified.is_none() || verified == ours, "{}", token);
        }
        Ok(())
    });
}

#[test]
fn a_notification_of_graph_full_of_little_is_read_within_bounds() {
    let fill = |item: &str| {
        let items = vec![item; (BODY_BYTES_MAX - 20) / (item.len() + 1)];
        format!("{{\"value\":[{}]}}", items.join(","))
    };
    let _alone = alone();
    // The shapes that take the most memory for a byte.
    for item in [
        "0",
        "[]",
        "{}",
        "\"\"",
        "{\"\":0}",
        "[[[[0]]]]",
        "{\"clientState\":\"\"}",
    ] {
        is_read_within_bounds(fill(item).as_bytes());
        let one =
            fill(item).replace("{\"value\":", "{\"value\":[{\"clientState\":\"\",\"x\":") + "}]}";
        is_read_within_bounds(one.as_bytes());
        let one = fill(item).replace("{\"value\":", "{\"value\":[{\"clientState\":") + "}]}";
        is_read_within_bounds(one.as_bytes());
    }
    let deep = format!("{{\"value\":[{}]}}", "[".repeat(BODY_BYTES_MAX));
    is_read_within_bounds(deep.as_bytes());
}
