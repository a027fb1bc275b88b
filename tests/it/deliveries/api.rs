//! Webhooks as programs see them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::person::Answer;

use super::{signing::verifies, *};
use crate::support::api_key;

const WEBHOOKS: &str = "/api/v1/webhooks";

async fn create(ada: &Person, url: &str, events: &Value) -> Answer {
    let new = json!({ "url": url, "description": "Dispatch", "events": events });
    ada.post(WEBHOOKS, &new).await.unwrap()
}

async fn post(ada: &Person, id: &str, action: &str) -> Answer {
    let path = format!("{WEBHOOKS}/{id}/{action}");
    ada.post(&path, &Value::Null).await.unwrap()
}

async fn patch(ada: &Person, id: &str, version: u64, change: &Value) -> Answer {
    let path = format!("{WEBHOOKS}/{id}");
    let request = ada.request(Method::PATCH, &path).await.unwrap();
    let request = request.header("if-match", format!("\"{version}\""));
    ada.send(request.json(change)).await.unwrap()
}

fn secret(answer: &Answer) -> Secret {
    let secret = answer.at("/secret");
    assert!(secret.starts_with("whsec_"), "{secret}");
    Secret::new(secret)
}

#[tokio::test]
async fn a_webhook_is_made_changed_and_deleted_and_its_secret_is_shown_once() {
    let world = World::start().await.unwrap();
    let ada = ada(&world).await;
    let receiver = Receiver::start().await.unwrap();

    let made = create(&ada, &receiver.url(), &json!(["schedule.entry.created"])).await;
    let made = made.expect(201).unwrap();
    let id = made.at("/id");
    let shown = made.at("/secret");
    assert_eq!(made.header("location"), format!("{WEBHOOKS}/{id}"));
    let path = format!("{WEBHOOKS}/{id}");
    let seen = ada.get(&path).await.unwrap().expect(200).unwrap();
    assert_eq!(seen.header("etag"), "\"1\"");
    assert_eq!(seen.at("/state"), "active");
    let listed = ada.get(WEBHOOKS).await.unwrap().expect(200).unwrap();
    assert_eq!(listed.at("/items/0/id"), id);
    for said in [&seen, &listed] {
        assert!(!said.text.contains(&shown[6..]), "{}", said.text);
    }
    let changed = patch(&ada, &id, 1, &json!({ "events": ["sync.failed"] })).await;
    let changed = changed.expect(200).unwrap();
    assert_eq!(changed.json()["events"], json!(["sync.failed"]));
    assert_eq!(changed.at("/description"), "Dispatch");
    let late = patch(&ada, &id, 1, &json!({ "description": "x" })).await;
    assert_eq!(late.expect(412).unwrap().at("/code"), "version");

    ada.delete(&path).await.unwrap().expect(204).unwrap();
    ada.get(&path).await.unwrap().expect(404).unwrap();
    let audit = ada.get("/api/v1/ops/audit").await.unwrap().text;
    for action in ["webhook.created", "webhook.changed", "webhook.deleted"] {
        assert!(audit.contains(action), "{audit}");
    }
    assert!(!audit.contains(&shown[6..]));
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused_with_the_place_of_each_flaw() {
    let world = World::start().await.unwrap();
    let ada = ada(&world).await;
    for (url, events, wanted) in [
        ("https://10.0.0.1/", json!(["sync.failed"]), "/url"),
        ("http://example.com/", json!(["sync.failed"]), "/url"),
        ("x", json!(["sync.failed"]), "/url"),
        ("https://example.com/", json!([]), "/events"),
        ("https://example.com/", json!(["ping"]), "/events"),
        ("https://example.com/", json!(["no.such"]), "/events/0"),
    ] {
        let refused = create(&ada, url, &events).await.expect(422).unwrap();
        assert_eq!(refused.at("/errors/0/pointer"), wanted, "{}", refused.text);
    }
    for _ in 0..Webhook::MAX {
        let made = create(&ada, "https://example.com/", &json!(["sync.failed"])).await;
        made.expect(201).unwrap();
    }
    let more = create(&ada, "https://example.com/", &json!(["sync.failed"])).await;
    assert_eq!(more.expect(409).unwrap().at("/code"), "too_many_webhooks");
}

#[tokio::test]
async fn a_test_arrives_and_after_a_rotation_it_is_signed_with_both_secrets() {
    let world = World::start().await.unwrap();
    let ada = ada(&world).await;
    let receiver = Receiver::start().await.unwrap();
    let made = create(&ada, &receiver.url(), &json!(["sync.failed"])).await;
    let made = made.expect(201).unwrap();
    let (id, old) = (made.at("/id"), secret(&made));

    let new = secret(&post(&ada, &id, "rotate-secret").await.expect(200).unwrap());
    let tested = post(&ada, &id, "test").await.expect(202).unwrap();
    world.settle().await.unwrap();

    let heard = receiver.heard();
    assert_eq!(heard.len(), 1);
    assert!(verifies(&heard[0], &old) && verifies(&heard[0], &new));
    assert_eq!(heard[0].json()["type"], "ping");
    assert_eq!(heard[0].header("webhook-id"), tested.at("/id"));
    let told = format!("{WEBHOOKS}/{id}/deliveries");
    let told = ada.get(&told).await.unwrap().expect(200).unwrap();
    assert_eq!(told.at("/items/0/state"), "succeeded");
    assert_eq!(told.at("/items/0/last_attempt/status"), "204");
    assert_eq!(told.at("/items/0/request_body"), heard[0].body);
}

#[tokio::test]
async fn what_was_set_aside_is_listed_and_tried_anew() {
    let world = World::start().await.unwrap();
    let ada = ada(&world).await;
    let receiver = Receiver::start().await.unwrap();
    receiver.answers(&[410]);
    let made = create(&ada, &receiver.url(), &json!(["sync.failed"])).await;
    let id = made.expect(201).unwrap().at("/id");
    let tested = post(&ada, &id, "test").await.expect(202).unwrap().at("/id");
    world.settle().await.unwrap();

    let seen = ada.get(&format!("{WEBHOOKS}/{id}")).await.unwrap();
    assert_eq!(seen.at("/state"), "switched_off");
    assert_eq!(seen.at("/switched_off_because"), "gone");
    let retry = format!("deliveries/{tested}/retry");
    let refused = post(&ada, &id, &retry).await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "webhook_disabled");
    let refused = post(&ada, &id, "test").await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "webhook_disabled");
    let enabled = post(&ada, &id, "enable").await.expect(200).unwrap();
    assert_eq!(enabled.at("/state"), "active");
    post(&ada, &id, &retry).await.expect(204).unwrap();
    world.settle().await.unwrap();

    assert_eq!(receiver.heard().len(), 2);
    for (state, count) in [("dead_letter", 0), ("succeeded", 1)] {
        let list = format!("{WEBHOOKS}/{id}/deliveries?state={state}");
        let list = ada.get(&list).await.unwrap().expect(200).unwrap().json();
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{state}");
    }
    let again = post(&ada, &id, &retry).await.expect(409).unwrap();
    assert_eq!(again.at("/code"), "delivery_not_dead");
    let off = post(&ada, &id, "disable").await.expect(200).unwrap();
    assert_eq!(off.at("/state"), "disabled");
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page_newest_first() {
    let hooked = Hooked::start().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(hooked.create_entry(&format!("visit {number}")).await);
        hooked.settle().await;
    }
    made.reverse();
    let ada = ada(&hooked.world).await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let webhook = hooked.webhook;
        let path = format!("{WEBHOOKS}/{webhook}/deliveries?limit=2{cursor}");
        let page = ada.get(&path).await.unwrap().expect(200).unwrap().json();
        for one in page["items"].as_array().unwrap() {
            let body: Value = serde_json::from_str(one["request_body"].as_str().unwrap()).unwrap();
            found.push(body["data"]["entry"].as_str().unwrap().to_owned());
        }
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or(""));
    }

    assert_eq!(found, made);
    assert_eq!(cursor, "&cursor=", "there is no more");
}

#[tokio::test]
async fn a_key_that_reads_integrations_sees_webhooks_and_changes_none() {
    let hooked = Hooked::start().await;
    let ada = ada(&hooked.world).await;
    let (_, key) = api_key(&ada, json!({ "scopes": ["integrations.read"] })).await;
    let program = Person::stranger(&hooked.world).unwrap();
    let path = format!("{WEBHOOKS}/{}", hooked.webhook);
    for (method, wanted) in [(Method::GET, 200), (Method::DELETE, 403)] {
        let request = program.request(method, &path).await.unwrap();
        let answer = program.send(request.bearer_auth(&key)).await.unwrap();
        answer.expect(wanted).unwrap();
    }
}
