//! What a message that is ours, or says so, brings about.

use serde_json::json;

use super::stage::{Relayed, envelope, set_up, way, world};
use crate::support::MIA;

const BOB: &str = "bob@contoso.test";

#[tokio::test]
async fn a_message_that_means_nothing_is_taken_and_costs_the_table_nothing() {
    let mia = Relayed::start().await;
    let (subscription, token) = (mia.subscription(), mia.channel_token().await);
    let says = |subscription: &str, text: &str| envelope(subscription, "1", text).to_string();
    let mut forged = token.clone();
    let last = if token.ends_with('A') { "B" } else { "A" };
    forged.replace_range(token.len() - 1.., last);
    let with = |name: &str, value: serde_json::Value| {
        let mut body = envelope(&subscription, "1", &token);
        body["message"][name] = value;
        body.to_string()
    };
    let deep = |open: &str, close: &str| open.repeat(20_000) + "1" + &close.repeat(20_000);
    let messages = [
        ("nothing", String::new()),
        ("no JSON", "{".to_owned()),
        ("null", "null".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("lists in lists", deep("[", "]")),
        ("objects in objects", deep("{\"message\":", "}")),
        ("too much", with("data", json!("A".repeat(64 * 1024)))),
        ("no data", with("data", json!(null))),
        ("data that is no base64", with("data", json!("!!!"))),
        ("data that is no text", with("data", json!("/w=="))),
        ("no id", with("messageId", json!(null))),
        ("no token", says(&subscription, "hello")),
        ("a forged token", says(&subscription, &forged)),
        (
            "a subscription of nobody",
            says("projects/p/subscriptions/s", &token),
        ),
        ("no subscription", says("", &token)),
    ];
    let proof = mia.proof();
    let (before, rejected) = (mia.spent(), mia.measured("WebhookRejected"));

    for (what, body) in &messages {
        assert_eq!(mia.push(&proof, body.clone()).await, 204, "{what}");
    }

    assert_eq!(mia.spent(), before);
    let counted = mia.measured("WebhookRejected") - rejected;
    assert_eq!(usize::try_from(counted), Ok(messages.len()));
}

#[tokio::test]
async fn a_pushed_notice_costs_two_table_requests_and_one_message() {
    let mia = Relayed::start().await;
    assert_eq!(
        mia.push(&mia.proof(), "{}").await,
        204,
        "keys and secret are known"
    );
    let (secrets, before) = (mia.world.aws.counters().secret_requests, mia.spent());

    assert_eq!(mia.call("1").await, 204);

    let (table, queue) = mia.spent();
    assert_eq!((table - before.0, queue - before.1), (2, 1));
    let counters = mia.world.aws.counters();
    assert_eq!(counters.secret_requests, secrets);
}

#[tokio::test]
async fn a_message_that_is_delivered_again_asks_once() {
    let mia = Relayed::start().await;
    let asked = mia.asked().await;
    for _ in 0..5 {
        assert_eq!(mia.call("1").await, 204);
    }
    assert_eq!(mia.asked().await, asked + 1);
    let sent = mia.spent().1;
    mia.settle().await;
    let runs = mia.api("/runs").await["items"].as_array().unwrap().len();

    // Long after its sync.
    assert_eq!(mia.call("1").await, 204);
    mia.settle().await;
    assert_eq!(mia.asked().await, asked + 1);
    assert_eq!(mia.spent().1, sent);
    let after = mia.api("/runs").await["items"].as_array().unwrap().len();
    assert_eq!(after, runs);
    assert_eq!(mia.call("2").await, 204);
    assert_eq!(
        mia.asked().await,
        asked + 2,
        "another message is another wish"
    );
}

#[tokio::test]
async fn what_is_remembered_of_messages_stays_small() {
    let mia = Relayed::start().await;
    let asked = mia.asked().await;
    let (subscription, token) = (mia.subscription(), mia.channel_token().await);
    let proof = mia.proof();
    for id in 0..200 {
        let body = envelope(&subscription, &format!("message {id}"), &token);
        assert_eq!(mia.push(&proof, body.to_string()).await, 204);
    }
    assert_eq!(mia.asked().await, asked + 200);
    let stored = mia.world.everything_stored().await.unwrap();
    let remembered = stored.matches("\"pushed").count();
    assert_eq!(remembered, 8, "places of one row");
}

#[tokio::test]
async fn a_token_that_was_stolen_from_another_tenant_asks_for_nothing() {
    let world = world().await;
    set_up(&world, MIA).await;
    let created = way(&world, "create", BOB, &[]).await;
    assert_eq!(created.code, 0, "{}", created.text);
    let mia = Relayed::of(world).await;
    let bob = super::stage::tenant(&mia.world, BOB).await;
    let ours = mia.subscription();
    let (head, _) = ours.rsplit_once("ten_").unwrap();
    let theirs = format!("{head}{bob}");
    let stolen = envelope(&theirs, "1", &mia.channel_token().await).to_string();
    let (asked, sent) = (mia.asked().await, mia.spent().1);

    assert_eq!(mia.push(&mia.proof(), stolen).await, 204);

    assert_eq!((mia.asked().await, mia.spent().1), (asked, sent));
    assert_eq!(mia.measured("CrossTenantDenied"), 1);
    assert_eq!(mia.measured("WebhookAccepted"), 0);
    assert_eq!(mia.call("1").await, 204, "the same id is no repetition");
    assert_eq!(mia.asked().await, asked + 1);
}

#[tokio::test]
async fn a_channel_that_was_stopped_may_go_on_and_changes_nothing() {
    let mia = Relayed::start().await;
    let body = envelope(&mia.subscription(), "1", &mia.channel_token().await);
    mia.choose(&json!({
        "selected": false, "direction": "bidirectional", "history_days": 30, "receives_new": false,
    }))
    .await;
    mia.settle().await;
    let sent = mia.spent().1;

    assert_eq!(mia.push(&mia.proof(), body.to_string()).await, 204);

    assert_eq!(mia.spent().1, sent);
}
