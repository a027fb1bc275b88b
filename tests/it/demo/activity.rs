//! The firm is busy while somebody wants it to be.

use domain::connection::Provider;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    demo::{self, DANA, Happening},
    person::Person,
    world::World,
};

use super::{items, read};

const PATH: &str = "/_world/activity";

async fn asked(world: &World, method: Method, body: &Value) -> (u16, Value) {
    let stranger = Person::stranger(world).unwrap();
    let answer = stranger.json(method, PATH, body).await.unwrap();
    (answer.status.as_u16(), answer.json())
}

async fn seconds_pass(world: &World, seconds: u32) {
    for _ in 0..seconds.div_ceil(6) {
        let six = SignedDuration::from_secs(6);
        world.clock.advance(six).unwrap();
        while world.step().await.unwrap() > 0 {}
    }
}

/// The people and their calendars, without the day.
async fn moved_in() -> World {
    let world = World::start_with(Provider::Google).await.unwrap();
    Box::pin(demo::move_in(&world)).await.unwrap();
    world
}

#[tokio::test]
async fn everything_happens_while_it_is_on_and_nothing_when_it_is_off() {
    let world = Box::pin(moved_in()).await;
    let (status, on) = asked(&world, Method::POST, &json!({ "seed": 5 })).await;
    assert_eq!(
        (status, &on["on"], &on["seed"]),
        (200, &json!(true), &json!(5)),
        "{on}"
    );

    let mut on = on;
    for _ in 0..40 {
        seconds_pass(&world, 30).await;
        (_, on) = asked(&world, Method::GET, &json!({})).await;
        if on["happened"].as_object().unwrap().len() == Happening::ALL.len() {
            break;
        }
    }
    for happening in Happening::ALL {
        let count = on["happened"][happening.name()].as_u64();
        assert!(count > Some(0), "{}: {on}", happening.name());
    }
    assert_eq!(on["failed"], 0, "{on}");
    seconds_pass(&world, 30).await;

    // Nobody has given a password for as long as that.
    let long = SignedDuration::from_mins(20);
    world.clock.advance(long).unwrap();
    let (status, off) = asked(&world, Method::DELETE, &json!({})).await;
    assert_eq!((status, &off["on"]), (200, &json!(false)), "{off}");
    seconds_pass(&world, 60).await;
    let before = seen(&world).await;
    seconds_pass(&world, 300).await;
    assert_eq!(seen(&world).await, before);
    let dana = Person::sign_in(&world, DANA).await.unwrap();
    let keys = items(&dana, "/api/v1/api-keys").await;
    assert!(
        keys.iter().all(|key| !key["revoked_at"].is_null()),
        "{keys:#?}"
    );
    let conflicts = items(&dana, "/api/v1/conflicts").await;
    assert!(!conflicts.is_empty(), "both sides spoke at once");
}

/// What the organisation's schedule and log hold.
async fn seen(world: &World) -> (usize, Value) {
    let dana = Person::sign_in(world, DANA).await.unwrap();
    let logged = items(&dana, "/api/integrations/logs?limit=200").await;
    let year =
        "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z&limit=500";
    (logged.len(), read(&dana, year).await["items"].clone())
}

#[test]
fn the_same_seed_draws_the_same_happenings() {
    let drawn = |seed| {
        let mut drawn = demo::drawn_from(seed);
        let happenings = (0..40).map(|_| Happening::draw(&mut drawn).name());
        happenings.collect::<Vec<_>>()
    };
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}

#[tokio::test]
async fn nobody_is_busy_where_the_firm_is_not() {
    let world = World::start().await.unwrap();

    let (status, answer) = asked(&world, Method::POST, &json!({})).await;

    assert_eq!(status, 409);
    assert!(
        answer["error"].as_str().unwrap().contains("--demo"),
        "{answer}"
    );
    let stranger = Person::stranger(&world).unwrap();
    let page = stranger.get("/_world/").await.unwrap().expect(200).unwrap();
    assert!(!page.text.contains("id=\"activity\""));
}
