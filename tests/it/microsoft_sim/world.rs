//! The simulator as a part of the world: its own port, the world's clock, the demo's people.

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::post;
use domain::connection::Provider;
use serde_json::{Value, json};
use tests::person::Person;
use tests::world::{CrashPoint, World};
use url::form_urlencoded;

use crate::support::{MIA, http};

/// Repeats what a handshake tells, and takes every notice.
async fn receive(RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let told = pairs.find(|(name, _)| name == "validationToken");
    told.map(|(_, token)| token.into_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn each_member_of_the_demo_has_a_mailbox_whose_notices_the_world_delivers() {
    let world = World::start().await.unwrap();
    let at = |path: &str| world.microsoft_base.join(path).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hook", listener.local_addr().unwrap());
    let routes = Router::new().route("/hook", post(receive));
    let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let asked = json!({ "account": MIA });
    let answer = http().post(at("_sim/token")).json(&asked).send().await;
    let token: Value = answer.unwrap().json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let call = async |path: &str, body: Value| {
        let request = http().post(at(path)).bearer_auth(token).json(&body);
        request.send().await.unwrap().status().as_u16()
    };

    let wish = json!({
        "changeType": "created", "notificationUrl": hook, "resource": "me/events",
        "expirationDateTime": "2027-03-02T08:00:00Z",
    });
    assert_eq!(call("v1.0/subscriptions", wish).await, 201);
    assert_eq!(call("v1.0/me/events", super::harness::at(9)).await, 201);
    assert_eq!(world.microsoft.pending_notices(), 1);
    world.settle().await.unwrap();
    assert_eq!(world.microsoft.pending_notices(), 0);

    let metrics = http().get(world.product_base.join("_world/metrics").unwrap());
    let metrics: Value = metrics.send().await.unwrap().json().await.unwrap();
    assert_eq!(metrics["provider_calls"]["microsoft"], 2);
    server.abort();
}

#[tokio::test]
async fn a_connected_calendar_is_in_the_time_zone_of_its_mailbox() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let connection = mia.connect(Provider::Microsoft).await.unwrap();

    let path = format!("/api/v1/connections/{connection}/calendars");
    let listed = mia.get(&path).await.unwrap().expect(200).unwrap();

    assert_eq!(listed.at("/calendars/0/zone"), "Europe/Berlin");
}

#[test]
fn a_crash_point_may_be_a_call_of_either_provider() {
    let points = [
        "before:microsoft.events.update",
        "after:microsoft.oauth.token",
        "after:google.events.patch",
    ];
    for point in points {
        assert!(point.parse::<CrashPoint>().is_ok(), "{point}");
    }
    assert!(
        "before:microsoft.events.patch"
            .parse::<CrashPoint>()
            .is_err()
    );
}
