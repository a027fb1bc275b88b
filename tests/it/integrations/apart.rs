//! Parts of the dashboard fail, each by itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{
    aws::{ApiError, Trouble},
    person::{Answer, Person},
    world::World,
};

use super::{DASHBOARD, HEALTH, read};
use crate::support::{ADA, Connected};

/// Partitions of the table, by how their keys end.
const KNOWN: &str = "#INT\"";
const LOG: &str = "#LOG\"";
const PAGE: &str = "/integrations/dashboard";

fn away() -> Trouble {
    let words = "not authorized to perform: dynamodb:Query";
    Trouble::Refused(ApiError::new("AccessDeniedException", words))
}

async fn shown(person: &Person) -> Answer {
    person.get(PAGE).await.unwrap().expect(200).unwrap()
}

#[tokio::test]
async fn a_health_that_cannot_be_read_takes_nothing_of_the_feed() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let whole = read(&ada.person, DASHBOARD).await;
    assert_eq!(whole["unavailable"], json!([]));

    ada.world.aws.trouble_about(KNOWN, away());
    let answer = read(&ada.person, DASHBOARD).await;
    let page = shown(&ada.person).await;
    let health = ada.person.get(HEALTH).await.unwrap();

    assert_eq!(answer["recent_activity"], whole["recent_activity"]);
    let missing = ["health_status", "error_summary", "success_rate_24h"];
    assert_eq!(answer["unavailable"], json!(missing));
    for part in missing {
        assert_eq!(answer[part], Value::Null, "{part}");
    }
    assert_eq!(answer["overall_status"], Value::Null, "nobody knows");
    assert!(page.text.contains("id=\"events\""), "the feed stands");
    assert!(!page.text.contains("All integrations healthy"));
    assert!(page.text.contains("id=\"card-google\""));
    assert!(page.text.contains("Its health could not be read."));
    assert_eq!(health.status, 503);

    ada.world.aws.refuse_nothing();
    assert_eq!(read(&ada.person, DASHBOARD).await["unavailable"], json!([]));
}

#[tokio::test]
async fn a_feed_that_takes_too_long_takes_nothing_of_the_cards() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let whole = read(&ada.person, DASHBOARD).await;

    ada.world.aws.trouble_about(LOG, Trouble::Silence);
    let answer = read(&ada.person, DASHBOARD).await;
    let page = shown(&ada.person).await;

    assert_eq!(answer["health_status"], whole["health_status"]);
    assert_eq!(answer["error_summary"], whole["error_summary"]);
    assert_eq!(answer["recent_activity"], Value::Null);
    assert_eq!(answer["unavailable"], json!(["recent_activity"]));
    let took = timing(&page)["feed"];
    assert!(took < 5_000.0, "{took} ms: it was waited for in vain");
    let words = "Activity feed temporarily unavailable";
    assert!(page.text.contains(words));
    assert!(page.text.contains("id=\"card-google\""));
    assert!(page.text.contains("id=\"feed-retry\""));
}

#[tokio::test]
async fn what_each_part_took_is_said_to_the_tools_of_a_browser() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for path in [DASHBOARD, PAGE] {
        let answer = ada.get(path).await.unwrap().expect(200).unwrap();
        let parts = timing(&answer);
        let names: Vec<&str> = parts.keys().map(String::as_str).collect();
        assert_eq!(names, ["errors", "feed", "health", "total"], "{path}");
        assert!(parts.values().all(|took| *took > 0.0), "{parts:?}");
    }
}

/// What each part took, in milliseconds.
fn timing(answer: &Answer) -> BTreeMap<String, f64> {
    let parts = answer.header("server-timing").split(", ");
    parts
        .map(|part| {
            let (name, took) = part.split_once(";dur=").unwrap();
            let took = took.split(';').next().unwrap();
            (name.to_owned(), took.parse().unwrap())
        })
        .collect()
}
