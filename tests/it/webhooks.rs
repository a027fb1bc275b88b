//! Notices are believed only when their token proves them, and a proven one is never forgotten.

mod costs;

use serde_json::json;
use tests::{aws::ApiError, world::World};

use crate::support::{Connected, google_visit, http};

async fn notify(world: &World, headers: &[(&str, &str)], body: &'static str) -> u16 {
    let url = world.product_base.join("/webhooks/google").unwrap();
    let mut request = http().post(url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_forged_notice_costs_the_table_nothing() {
    let mia = Connected::start().await;
    let token = mia.channel_tokens().await.remove(0);
    let state = ("x-goog-resource-state", "exists");
    // Keys are read from the vault once, by whoever comes first.
    assert_eq!(
        notify(
            &mia.world,
            &[state, ("x-goog-channel-token", "warm up")],
            ""
        )
        .await,
        404
    );
    let before = mia.world.aws.counters();

    let mut forged = token.clone();
    forged.replace_range(
        token.len() - 1..,
        if token.ends_with('A') { "B" } else { "A" },
    );
    let mut other_connection = token.clone();
    let at = token.match_indices('.').nth(1).unwrap().0 + 1;
    other_connection.replace_range(at..=at, "1");
    assert_ne!(other_connection, token);
    for token in [
        "",
        "v1",
        "garbage",
        forged.as_str(),
        other_connection.as_str(),
        &"v1.".repeat(80),
    ] {
        assert_eq!(
            notify(&mia.world, &[state, ("x-goog-channel-token", token)], "").await,
            404,
            "{token:?}"
        );
    }
    assert_eq!(notify(&mia.world, &[state], "").await, 404);
    assert_eq!(
        notify(&mia.world, &[("x-goog-channel-token", &token)], "").await,
        404
    );
    assert_eq!(
        notify(
            &mia.world,
            &[state, ("x-goog-channel-token", &token)],
            LARGE
        )
        .await,
        413
    );

    assert_eq!(mia.world.aws.counters(), before);
}

const LARGE: &str = match std::str::from_utf8(&[b'x'; 2_000]) {
    Ok(text) => text,
    Err(_) => "",
};

#[tokio::test]
async fn a_notice_that_cannot_be_kept_is_answered_so_that_google_calls_again() {
    let mia = Connected::start().await;
    mia.world
        .aws
        .refuse_next("UpdateItem", ApiError::new("InternalServerError", "down"));
    for _ in 0..3 {
        mia.world
            .aws
            .refuse_next("UpdateItem", ApiError::new("InternalServerError", "down"));
    }

    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    mia.entry("boiler").await;
}

#[tokio::test]
async fn a_stopped_channel_may_go_on_calling_and_changes_nothing() {
    let mia = Connected::start().await;
    let token = mia.channel_tokens().await.remove(0);
    mia.choose(&json!({
        "selected": false, "direction": "bidirectional", "history_days": 30, "receives_new": false,
    }))
    .await;
    mia.settle().await;
    let before = mia.world.aws.counters();

    let headers = [
        ("x-goog-resource-state", "exists"),
        ("x-goog-channel-token", token.as_str()),
    ];
    assert_eq!(notify(&mia.world, &headers, "").await, 204);

    assert_eq!(mia.world.aws.counters().queue_sends, before.queue_sends);
}
