//! Imports that somebody or something breaks into.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::*;
use crate::support::{ADA, MIA};
use tests::{
    aws::{ApiError, Trouble},
    world::World,
};

/// More than one transaction holds.
fn file(rest: &str) -> String {
    let row = |number: usize| format!("visit-{number},visit {number},2027-03-03{rest}\r\n");
    let rows: String = (0..40).map(row).collect();
    format!(
        "uid,title,start{}\r\n{rows}",
        if rest.is_empty() { "" } else { ",location" }
    )
}

/// Of the last import. Things of one moment have no order: each import has its own.
async fn said(world: &World) -> (Value, Value) {
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let audit = ada.get("/api/v1/ops/audit?action=schedule.imported").await;
    let log = ada
        .get("/api/integrations/logs?integration_type=files")
        .await;
    let first = |answer: Answer| answer.expect(200).unwrap().json()["items"][0].clone();
    (first(audit.unwrap()), first(log.unwrap()))
}

fn later(world: &World) {
    world.clock.advance(SignedDuration::from_secs(1)).unwrap();
}

fn faster() -> Trouble {
    let reasons = ["ConditionalCheckFailed"];
    Trouble::Refused(ApiError::transaction_cancelled(&reasons))
}

/// Where each entry is.
async fn places(person: &Person) -> BTreeSet<(String, String)> {
    let path =
        "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z&limit=500";
    let list = person.get(path).await.unwrap().expect(200).unwrap().json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| (text(&item["title"]), text(&item["location"])))
        .collect()
}

#[tokio::test]
async fn all_or_nothing_is_nothing_where_somebody_else_is_faster() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let query = "all_or_nothing=true&update_existing=true";
    world.aws.trouble_about("visit 30", faster());
    let report = import(&mia, "text/csv", query, &file("")).await;
    assert_eq!(report["written"], false, "{report:#}");
    assert_eq!(places(&mia).await, [].into(), "what was new is gone again");
    world.aws.refuse_nothing();
    let report = import(&mia, "text/csv", query, &file("")).await;
    assert_eq!(counts(&report), [40, 0, 0, 0], "{report:#}");
    let before = places(&mia).await;
    assert_eq!(before.len(), 40);

    later(&world);
    world.aws.trouble_about("visit 30", faster());
    let report = import(&mia, "text/csv", query, &file(",Yard")).await;
    assert_eq!(report["written"], false, "{report:#}");
    let late = report["refused"].as_u64().unwrap();
    assert!((1..40).contains(&late), "{report:#}");
    let words = "Somebody changed it, or one that was written with it, at the same moment: import the file again";
    assert!(reasons(&report).iter().all(|(_, reason)| *reason == words));
    world.aws.refuse_nothing();
    assert_eq!(places(&mia).await, before, "what was there is as it was");
    let (audit, event) = said(&world).await;
    assert_eq!(audit["after"]["written"], false, "{audit:#}");
    assert!(
        event["message"]
            .as_str()
            .unwrap()
            .starts_with("Imported 0 entries; "),
        "{event:#}"
    );

    // Without that wish, only the one that is late is left out.
    world.aws.trouble_about("visit 30", faster());
    let report = import(&mia, "text/csv", "update_existing=true", &file(",Yard")).await;
    assert_eq!(counts(&report), [0, 39, 0, 1], "{report:#}");
}

#[tokio::test]
async fn an_import_that_breaks_off_is_written_down_and_goes_on_when_it_is_repeated() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let denied = ApiError::new(
        "com.amazonaws.dynamodb.v20120810#AccessDeniedException",
        "no",
    );
    for (query, all) in [("all_or_nothing=true", true), ("", false)] {
        later(&world);
        world
            .aws
            .trouble_about("visit 30", Trouble::Refused(denied.clone()));
        let answer = send(&mia, "text/csv", query, &file("")).await;
        assert!(answer.status.is_server_error(), "{}", answer.text);
        world.aws.refuse_nothing();

        let stands = places(&mia).await.len();
        assert_eq!(stands == 0, all, "{stands}");
        let (audit, event) = said(&world).await;
        let after = json!({ "format": "csv", "broke_off": true, "written": stands });
        assert_eq!(audit["after"], after, "{audit:#}");
        assert_eq!(
            (&event["event_type"], &event["status"]),
            (&json!("import.failed"), &json!("error"))
        );
    }
    let stood = u64::try_from(places(&mia).await.len()).unwrap();
    let report = import(&mia, "text/csv", "", &file("")).await;
    assert_eq!(counts(&report), [40 - stood, 0, stood, 0], "{report:#}");
}
