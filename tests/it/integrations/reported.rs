//! Connectors that run elsewhere.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    aws::ApiError,
    person::{Answer, Person},
    world::World,
};

use super::{DASHBOARD, LOGS, logged, read};
use crate::support::{ADA, api_key};

pub(super) async fn report(world: &World, key: &str, connector: &str, body: &Value) -> Answer {
    report_named(world, key, connector, body, None).await
}

async fn report_named(
    world: &World,
    key: &str,
    connector: &str,
    body: &Value,
    name: Option<&str>,
) -> Answer {
    let program = Person::stranger(world).unwrap();
    let path = format!("/api/v1/integrations/{connector}/events");
    let asked = program.request(Method::POST, &path).await.unwrap();
    let mut asked = asked.bearer_auth(key).json(body);
    if let Some(name) = name {
        asked = asked.header("idempotency-key", name);
    }
    program.send(asked).await.unwrap()
}

fn said(status: &str, message: &str) -> Value {
    json!({ "status": status, "event_type": "invoice.sent", "message": message })
}

pub(super) async fn program(world: &World) -> (Person, String) {
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let (_, key) = api_key(&ada, json!({ "scopes": ["integrations.report"] })).await;
    (ada, key)
}

#[tokio::test]
async fn a_connector_lives_by_what_it_reports() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let comarch = async || read(&ada, DASHBOARD).await["health_status"]["comarch"].clone();
    assert_eq!(comarch().await["status"], "not_configured");

    report(&world, &key, "comarch", &said("success", "Invoice 1 sent"))
        .await
        .expect(201)
        .unwrap();
    let card = comarch().await;
    assert_eq!(
        (&card["status"], &card["badge"]),
        (&json!("connected"), &json!("ok"))
    );
    assert_eq!(
        (&card["success_count_24h"], &card["success_rate_24h"]),
        (&json!(1), &json!(100))
    );

    world
        .clock
        .advance(jiff::SignedDuration::from_mins(1))
        .unwrap();
    let mut failed = said("error", "Invoice 2 was refused");
    failed["error_message"] = json!("Invalid API credentials");
    report(&world, &key, "comarch", &failed)
        .await
        .expect(201)
        .unwrap();
    let card = comarch().await;
    assert_eq!(
        (&card["status"], &card["badge"]),
        (&json!("error"), &json!("error"))
    );
    assert_eq!(card["error_message"], "Invalid API credentials");
    assert_eq!(card["last_error_message"], "Invalid API credentials");
    assert_eq!(
        (&card["error_count_24h"], &card["success_rate_24h"]),
        (&json!(1), &json!(50))
    );

    world
        .clock
        .advance(jiff::SignedDuration::from_mins(1))
        .unwrap();
    report(&world, &key, "comarch", &said("success", "Invoice 2 sent"))
        .await
        .expect(201)
        .unwrap();
    let card = comarch().await;
    assert_eq!(
        (&card["status"], &card["badge"]),
        (&json!("connected"), &json!("warning"))
    );
    world
        .clock
        .advance(jiff::SignedDuration::from_hours(25))
        .unwrap();
    assert_eq!(
        comarch().await["status"],
        "disconnected",
        "silent for a day"
    );
}

#[tokio::test]
async fn an_error_that_is_older_than_a_day_is_still_said() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let body = said("error", "Invoice 1 is not sent");
    report(&world, &key, "comarch", &body)
        .await
        .expect(201)
        .unwrap();
    let day = jiff::SignedDuration::from_hours(26);
    world.clock.advance(day).unwrap();
    let ada = Person::sign_in(&world, &ada.email).await.unwrap();

    let dashboard = read(&ada, DASHBOARD).await;
    let comarch = &dashboard["health_status"]["comarch"];
    assert_eq!(comarch["status"], "error");
    for field in ["last_error_message", "error_message", "message"] {
        assert_eq!(comarch[field], "Invoice 1 is not sent", "{field}");
    }
    assert_eq!(comarch["error_count_24h"], 0);
    let page = ada.get("/integrations/dashboard").await.unwrap();
    let page = page.expect(200).unwrap().text;
    assert!(page.contains("Invoice 1 is not sent"));
    assert!(!page.contains("All integrations healthy"), "{page}");
    assert!(page.contains("Nothing failed in the last day, but not all works"));

    // What was mended is said for a day, like what any other integration has counted.
    let body = said("success", "Invoice 1 is sent");
    report(&world, &key, "comarch", &body)
        .await
        .expect(201)
        .unwrap();
    world.clock.advance(day).unwrap();
    let ada = Person::sign_in(&world, &ada.email).await.unwrap();
    let dashboard = read(&ada, DASHBOARD).await;
    let comarch = &dashboard["health_status"]["comarch"];
    assert_eq!(comarch["status"], "disconnected");
    assert_eq!(comarch["error_message"], Value::Null);
}

#[tokio::test]
async fn a_report_that_is_sent_twice_is_counted_once() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;

    let body = said("success", "Order 7");
    let first = report_named(&world, &key, "edi", &body, Some("order-7")).await;
    let again = report_named(&world, &key, "edi", &body, Some("order-7")).await;

    assert_eq!(
        first.expect(201).unwrap().at("/id"),
        again.expect(201).unwrap().at("/id")
    );
    assert_eq!(logged(&ada, "integration_type=edi").await.len(), 1);
    let edi = read(&ada, DASHBOARD).await["health_status"]["edi"].clone();
    assert_eq!(edi["success_count_24h"], 1);
}

#[tokio::test]
async fn what_a_report_carries_is_kept_without_its_secrets() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let mut body = said("error", "Order 8");
    body["request_body"] = json!({ "order": 8, "api_key": "hunter2", "contact": "jane@example.com", "contact_name": "Jane Doe" });
    body["response_body"] = json!("401 for Bearer abcdef");

    let made = report(&world, &key, "edi", &body)
        .await
        .expect(201)
        .unwrap();
    let event = read(&ada, &format!("{LOGS}/{}", made.at("/id"))).await;

    let request: Value = serde_json::from_str(event["request_body"].as_str().unwrap()).unwrap();
    assert_eq!(
        request,
        json!({ "order": 8, "api_key": "[removed]", "contact": "jane@example.com", "contact_name": "Jane Doe" })
    );
    assert_eq!(event["response_body"], "401 for Bearer [removed]");
    let stored = world.aws.dump_table(&world.app.config.table).await.unwrap();
    assert!(!stored.contains("hunter2"));
    let ivo = Person::sign_in(&world, super::IVO).await.unwrap();
    let masked = read(&ivo, &format!("{LOGS}/{}", made.at("/id"))).await;
    let masked = masked["request_body"].as_str().unwrap();
    assert!(
        masked.contains("j***@example.com") && masked.contains("Jane D."),
        "{masked}"
    );
    assert!(!masked.contains("Doe"), "{masked}");
    assert_eq!(event["can_retry"], false, "its sender tries again");
}

#[tokio::test]
async fn a_report_that_says_nothing_is_refused_with_what_is_wrong() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;

    for (body, pointer) in [
        (said("fine", "Order"), "/status"),
        (said("success", ""), "/message"),
        (said("success", &"x".repeat(501)), "/message"),
        (
            json!({ "status": "success", "event_type": "Invoice Sent", "message": "m" }),
            "/event_type",
        ),
    ] {
        let refused = report(&world, &key, "edi", &body)
            .await
            .expect(422)
            .unwrap();
        assert_eq!(refused.at("/errors/0/pointer"), pointer, "{body}");
    }
    for connector in ["google", "api_keys", "sap"] {
        let refused = report(&world, &key, connector, &said("success", "m")).await;
        assert_eq!(refused.status, 404, "{connector}");
    }
    assert_eq!(logged(&ada, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_key_without_the_scope_reports_nothing() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (_, key) = api_key(&ada, json!({ "scopes": ["integrations.read"] })).await;

    let refused = report(&world, &key, "edi", &said("success", "m")).await;

    assert_eq!(refused.expect(403).unwrap().at("/code"), "not_permitted");
}

#[tokio::test]
async fn a_connector_that_is_forgotten_is_not_set_up_until_it_reports_again() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let edi = async || read(&ada, DASHBOARD).await["health_status"]["edi"]["status"].clone();
    let forget = "/integrations/edi/forget";
    let nothing = ada.submit(forget, &[]).await.unwrap();
    assert_eq!(nothing.status, 404, "there is nothing to forget");
    let said = said("success", "Order 7");
    report(&world, &key, "edi", &said)
        .await
        .expect(201)
        .unwrap();

    ada.submit(forget, &[]).await.unwrap().expect(303).unwrap();
    let log = "/api/v1/ops/audit?action=integrations.connector_forgotten";
    assert_eq!(read(&ada, log).await["items"][0]["resource_id"], "edi");

    assert_eq!(edi().await, "not_configured");
    assert_eq!(logged(&ada, "integration_type=edi").await.len(), 1);
    report(&world, &key, "edi", &said)
        .await
        .expect(201)
        .unwrap();
    assert_eq!(edi().await, "connected");
}

#[tokio::test]
async fn a_report_that_meets_too_many_others_can_be_sent_again() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let sent = said("success", "Invoice 7 sent");
    for _ in 0..5 {
        let busy = ApiError::transaction_cancelled(&["None", "TransactionConflict"]);
        world.aws.refuse_next("TransactWriteItems", busy);
    }

    let busy = report_named(&world, &key, "comarch", &sent, Some("7")).await;
    busy.expect(503).unwrap();
    let again = report_named(&world, &key, "comarch", &sent, Some("7")).await;

    again.expect(201).unwrap();
    assert_eq!(logged(&ada, "event_type=invoice.sent").await.len(), 1);
}
