//! Several requests in one.

use serde_json::{Value, json};

use super::harness::{EVENTS, Microsoft, at};

const BATCH: &str = "/v1.0/$batch";

fn create(id: &str, hour: u8) -> Value {
    json!({
        "id": id, "method": "POST", "url": "/me/events", "body": at(hour),
        "headers": { "Content-Type": "application/json" },
    })
}

fn by_id<'a>(answer: &'a Value, id: &str) -> &'a Value {
    let responses = answer["responses"].as_array().unwrap();
    responses
        .iter()
        .find(|response| response["id"] == id)
        .unwrap()
}

#[tokio::test]
async fn each_part_is_judged_by_itself_and_answered_in_any_order() {
    let microsoft = Microsoft::start().await;
    microsoft
        .fault(json!({ "name": "rate_limited", "scope": "events.create", "count": 1, "retry_after_s": 3 }))
        .await;
    let read = json!({ "id": "c", "method": "GET", "url": "/me/events?$top=1", "headers": { "Prefer": "IdType=\"ImmutableId\"" } });
    let body = json!({ "requests": [create("a", 9), create("b", 10), read] });
    let answer = microsoft.call("POST", BATCH, body).await.expect(200);

    let limited = by_id(&answer, "a");
    assert_eq!(limited["status"], 429);
    assert_eq!(limited["headers"]["Retry-After"], "3");
    assert_eq!(limited["body"]["error"]["code"], "ApplicationThrottled");
    assert_eq!(by_id(&answer, "b")["status"], 201);
    assert_eq!(by_id(&answer, "c")["body"]["value"][0]["subject"], "At 10");
    assert_eq!(
        answer["responses"][0]["id"], "c",
        "not in the order of the requests"
    );
    let log = microsoft.get("/_sim/requests?since=0").await;
    assert_eq!(log["operations"]["events.create"], 2);
}

#[tokio::test]
async fn what_depends_on_a_failure_fails() {
    let microsoft = Microsoft::start().await;
    let mut second = create("2", 10);
    second["dependsOn"] = json!(["1"]);
    let mut third = create("3", 11);
    third["dependsOn"] = json!(["2"]);
    let missing = json!({ "id": "1", "method": "GET", "url": "/me/events/nothing" });
    let body = json!({ "requests": [missing, second, third, create("4", 12)] });
    let answer = microsoft.call("POST", BATCH, body).await.expect(200);
    let statuses = ["1", "2", "3", "4"].map(|id| by_id(&answer, id)["status"].as_u64().unwrap());
    assert_eq!(statuses, [400, 424, 424, 201]);
    assert_eq!(
        microsoft.get(EVENTS).await["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_as_a_whole() {
    let microsoft = Microsoft::start().await;
    let many: Vec<Value> = (0..21).map(|at| create(&at.to_string(), 9)).collect();
    let too_many = microsoft
        .call("POST", BATCH, json!({ "requests": many }))
        .await;
    assert_eq!(too_many.code(), (400, "MaximumValueExceeded"));
    let twins = json!({ "requests": [create("a", 9), create("A", 10)] });
    assert_eq!(
        microsoft.call("POST", BATCH, twins).await.code(),
        (400, "BadRequest")
    );
    let mut later = create("a", 9);
    later["dependsOn"] = json!(["b"]);
    let later = json!({ "requests": [later, create("b", 9)] });
    assert_eq!(microsoft.call("POST", BATCH, later).await.status, 400);
    assert_eq!(microsoft.get(EVENTS).await["value"], json!([]));

    let mut bare = create("a", 9);
    bare["headers"] = json!({});
    let bare = json!({ "requests": [bare] });
    let answer = microsoft.call("POST", BATCH, bare).await.expect(200);
    assert_eq!(
        by_id(&answer, "a")["status"],
        400,
        "a body needs its content type"
    );
}

#[tokio::test]
async fn a_lost_answer_leaves_every_part_done() {
    let microsoft = Microsoft::start().await;
    let fault = json!({ "name": "drop_response", "scope": "events.create", "count": 1 });
    microsoft.fault(fault).await;
    let body = json!({ "requests": [create("a", 9), create("b", 10)] });
    assert_eq!(microsoft.call("POST", BATCH, body).await.status, 0);
    assert_eq!(
        microsoft.get(EVENTS).await["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
