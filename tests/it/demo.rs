//! The day that the demo shows, as its people see it at its end.

mod activity;

use std::collections::BTreeSet;

use domain::connection::Provider;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::{
    clock::WorldClock,
    connected::Connected,
    demo::{self, DANA, FINN, GUS, HANA, VERA},
    person::Person,
    world::{World, WorldOptions},
};

use crate::support::ADA;

/// A Wednesday afternoon.
const UNTIL: &str = "2027-03-03T15:00:00Z";

async fn lived() -> World {
    let until: Timestamp = UNTIL.parse().unwrap();
    let world = World::open(WorldOptions {
        clock: WorldClock::virtual_at(until - demo::LASTS),
        directory: None,
        provider: Provider::Google,
        port: None,
    });
    let world = world.await.unwrap();
    Box::pin(demo::live(&world, until)).await.unwrap();
    assert_eq!(
        world.clock.now(),
        until,
        "a clock that is ahead cannot become the system's"
    );
    world
}

async fn read(person: &Person, path: &str) -> Value {
    person.get(path).await.unwrap().expect(200).unwrap().json()
}

async fn items(person: &Person, path: &str) -> Vec<Value> {
    read(person, path).await["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn the_demos_day_holds_everything_that_can_come_of_one() {
    let world = Box::pin(lived()).await;
    let dana = Person::sign_in(&world, DANA).await.unwrap();

    Box::pin(every_card_state_is_there(&dana)).await;
    Box::pin(the_feed_is_full_of_different_things(&dana)).await;
    Box::pin(what_fails_is_tried_again_or_set_aside(&dana)).await;
    Box::pin(one_conflict_waits_and_one_is_settled(&dana)).await;
    Box::pin(connections_stand_as_connections_can(&world)).await;
    Box::pin(everybody_has_a_week(&world)).await;
    Box::pin(the_other_organisations_are_empty(&world)).await;
}

async fn every_card_state_is_there(dana: &Person) {
    let dashboard = read(dana, "/api/integrations/dashboard").await;
    let cards = dashboard["health_status"].clone();
    assert_eq!(
        dashboard["pinned"], "business",
        "an error, what is silent, what is well and what is not set up, beside each other"
    );
    for (card, status, badge) in [
        ("google", "connected", "warning"),
        ("microsoft", "connected", "ok"),
        ("comarch", "error", "error"),
        ("edi", "disconnected", "off"),
        ("api_keys", "connected", "ok"),
        ("webhooks", "not_configured", "off"),
    ] {
        let shown = (&cards[card]["status"], &cards[card]["badge"]);
        assert_eq!(shown, (&json!(status), &json!(badge)), "{card}");
    }
    for (card, rates) in [("microsoft", 90..100), ("comarch", 50..90)] {
        let rate = cards[card]["success_rate_24h"].as_u64().unwrap();
        assert!(rates.contains(&rate), "{card}: {rate} %");
    }
    let why = cards["comarch"]["error_message"].as_str().unwrap();
    assert!(why.contains("Invalid API credentials"), "{why}");
}

async fn the_feed_is_full_of_different_things(dana: &Person) {
    let feed = read(dana, "/api/integrations/dashboard").await["recent_activity"].clone();
    let feed = feed.as_array().unwrap();
    assert_eq!(feed.len(), 20);
    let kinds: BTreeSet<&str> = feed
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert!(kinds.len() >= 5, "{kinds:?}");
    let failed = feed.iter().find(|event| event["status"] == "error");
    let failed = failed.unwrap()["id"].as_str().unwrap();
    let failed = read(dana, &format!("/api/integrations/logs/{failed}")).await;
    let sent = failed["request_body"].as_str().unwrap();
    assert!(sent.contains("[removed]"), "{sent}");
    assert!(
        failed["response_body"]
            .as_str()
            .unwrap()
            .contains("AUTH_007")
    );
    let logged = items(dana, "/api/integrations/logs?limit=200").await;
    for kind in [
        "connection.connected",
        "connection.disconnected",
        "connection.needs_reauth",
        "sync.completed",
        "sync.failed",
        "item.dead_lettered",
        "export.completed",
        "import.completed",
        "order.received",
    ] {
        assert!(
            logged.iter().any(|event| event["event_type"] == kind),
            "{kind}"
        );
    }
    let kept = logged.iter().map(Value::to_string);
    assert!(!kept.into_iter().any(|event| event.contains("by mistake")));
}

async fn what_fails_is_tried_again_or_set_aside(dana: &Person) {
    let summary = read(dana, "/api/integrations/dashboard").await["error_summary"].clone();
    assert!(summary["failed_count_24h"].as_u64().unwrap() > 3);
    let queue = items(dana, "/api/integrations/error-queue").await;
    let mut states: Vec<&str> = queue
        .iter()
        .map(|item| item["state"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["dead_letter", "retrying"]);
    assert_eq!(
        (
            &summary["pending_retries"],
            &summary["dead_letter_queue_count"]
        ),
        (&json!(1), &json!(1))
    );
}

async fn one_conflict_waits_and_one_is_settled(dana: &Person) {
    let open = items(dana, "/api/v1/conflicts").await;
    assert_eq!(open.len(), 1);
    let differing = open[0]["differences"].as_array().unwrap();
    let fields: Vec<&Value> = differing.iter().map(|one| &one["name"]).collect();
    assert!(fields.contains(&&json!("location")), "{fields:?}");
    assert!(fields.len() > 1, "{fields:?}");
    let settled = items(dana, "/api/v1/conflicts?state=settled").await;
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0]["differences"][0]["kept"], "external");
}

async fn connections_stand_as_connections_can(world: &World) {
    let connected = async |provider, email| {
        let connected = Connected::again(world.clone(), provider, email).await;
        connected.unwrap()
    };
    let gus = connected(Provider::Microsoft, GUS).await;
    let holds = gus.api("/holds").await.unwrap()["items"].clone();
    // The comparison of the day, whose hour is the connection's own, may have found the same from the other side.
    let holds = holds.as_array().unwrap();
    assert!(!holds.is_empty());
    for hold in holds {
        let held = (&hold["brake"], &hold["count"]);
        assert_eq!(held, (&json!("deletions"), &json!(24)));
    }
    let hana = connected(Provider::Google, HANA).await;
    assert_eq!(hana.api("").await.unwrap()["needs_reauth"], true);
    let vera = connected(Provider::Microsoft, VERA).await;
    assert!(vera.api("").await.unwrap()["paused_at"].is_string());
    let none = Connected::again(world.clone(), Provider::Google, VERA).await;
    assert!(none.is_err(), "it was disconnected");
}

async fn everybody_has_a_week(world: &World) {
    for (email, least) in [(DANA, 5), (FINN, 8), (GUS, 8), (HANA, 4), (VERA, 2)] {
        let person = Person::sign_in(world, email).await.unwrap();
        let profile = read(&person, "/api/users/auth/profile/").await;
        let own = profile["id"].as_str().unwrap();
        let week = format!(
            "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-03-08T00:00:00Z&expand=occurrences&assignee={own}"
        );
        let entries = items(&person, &week).await;
        assert!(
            entries.len() >= least,
            "{} of {email}: {entries:#?}",
            entries.len()
        );
    }
}

async fn the_other_organisations_are_empty(world: &World) {
    for email in [ADA, "bob@contoso.test"] {
        let admin = Person::sign_in(world, email).await.unwrap();
        let nothing = json!([]);
        for (path, field) in [
            ("/api/integrations/logs", "items"),
            ("/api/v1/connections", "items"),
            ("/api/v1/conflicts", "items"),
            ("/api/integrations/dashboard", "recent_activity"),
            (
                "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z",
                "items",
            ),
        ] {
            assert_eq!(read(&admin, path).await[field], nothing, "{email}: {path}");
        }
    }
}

#[test]
fn the_day_is_lived_once_and_begun_again_where_it_was_broken_off() {
    let name = format!("kalends-demo-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let left = directory.join("table.db");
    let begins = || demo::begins_in(&directory).unwrap();

    assert!(begins(), "nothing was kept here");
    std::fs::write(&left, "half a day").unwrap();
    assert!(begins(), "it was broken off");
    assert!(!left.exists());
    std::fs::write(&left, "a day").unwrap();
    demo::ended_in(&directory).unwrap();
    assert!(!begins(), "it was lived");
    assert!(left.exists());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_clock_joins_the_systems_unless_it_would_go_back() {
    let now = WorldClock::system().now();
    let behind = WorldClock::virtual_at(now - SignedDuration::from_hours(1));
    let seen_elsewhere = behind.clone();
    behind.join_system().unwrap();
    assert!(!seen_elsewhere.is_virtual());
    assert!(seen_elsewhere.now() >= now);
    assert!(behind.advance(SignedDuration::from_secs(1)).is_err());

    let ahead = WorldClock::virtual_at(now + SignedDuration::from_hours(1));
    assert!(ahead.join_system().is_err());
    assert!(ahead.is_virtual());
}
