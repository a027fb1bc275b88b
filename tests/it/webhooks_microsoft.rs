//! Graph's notifications: the handshake is inert, and only a client state of ours costs the table anything.

use reqwest::header;
use serde_json::{Value, json};
use tests::world::World;

use crate::support::http;

async fn post(world: &World, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let url = world.product_base.join(path).unwrap();
    let request = http()
        .post(url)
        .header(header::CONTENT_TYPE, "application/json");
    request.body(body).send().await.unwrap()
}

fn change(client_state: &Value) -> Value {
    json!({
        "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
        "clientState": client_state,
        "changeType": "updated",
        "resource": "Users/1/Events/2",
    })
}

#[tokio::test]
async fn a_handshake_is_answered_with_the_token_as_inert_text() {
    let world = World::start().await.unwrap();
    let before = world.aws.counters();
    for path in ["/webhooks/microsoft", "/webhooks/microsoft/lifecycle"] {
        let asked =
            format!("{path}?validationToken=Validation%3a+%3Cscript%3Ealert(1)%3C%2Fscript%3E");
        let answer = post(&world, &asked, "").await;
        assert_eq!(answer.status(), 200);
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let policy = "default-src 'none'; sandbox";
        assert_eq!(headers["content-security-policy"], policy);
        let text = answer.text().await.unwrap();
        assert_eq!(text, "Validation: <script>alert(1)</script>");
    }
    let long = format!("/webhooks/microsoft?validationToken={}", "x".repeat(2_049));
    assert_eq!(post(&world, &long, "").await.status(), 422);
    assert_eq!(world.aws.counters(), before);
}

#[tokio::test]
async fn what_nobody_vouches_for_costs_the_table_nothing() {
    let world = World::start().await.unwrap();
    let warm_up = json!({ "value": [change(&json!("x"))] }).to_string();
    assert_eq!(
        post(&world, "/webhooks/microsoft", warm_up).await.status(),
        202
    );
    let before = world.aws.counters();

    let forged =
        "v1.1.01K9Z3V7Q2M4A6B8C0D2E4F6G8.01K9Z3V7Q2M4A6B8C0D2E4F6G8.AAAAAAAAAAAAAAAAAAAAAA";
    let hundreds: Vec<_> = (0..900).map(|_| change(&json!(forged))).collect();
    for body in [
        json!({ "value": [] }),
        json!({ "value": [change(&Value::Null)] }),
        json!({ "value": [change(&json!(7))] }),
        json!({ "value": [change(&json!(""))] }),
        json!({ "value": [change(&json!(forged))] }),
        json!({ "value": [change(&json!("v1.".repeat(80)))] }),
        json!({ "value": [null, [], {}, 7] }),
        json!({ "value": hundreds }),
    ] {
        let answer = post(&world, "/webhooks/microsoft", body.to_string()).await;
        assert_eq!(answer.status(), 202, "{:.100}", body.to_string());
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for body in ["", "{", "null", "{}", r#"{"value":{}}"#, &deep] {
        let answer = post(&world, "/webhooks/microsoft/lifecycle", body.to_owned()).await;
        assert_eq!(answer.status(), 422, "{body:.20}");
    }
    let large = "x".repeat(256 * 1024 + 1);
    assert_eq!(
        post(&world, "/webhooks/microsoft", large).await.status(),
        413
    );

    assert_eq!(world.aws.counters(), before);
}
