//! Many entries in one file.

use super::*;
use crate::support::MIA;
use tests::world::World;

fn file(count: usize, place: &str) -> String {
    let row = |number: usize| {
        let day = 1 + number % 28;
        format!(
            "visit-{number},visit {number},2027-03-{day:02}T10:00,2027-03-{day:02}T11:00,Europe/Berlin,{place}\r\n"
        )
    };
    let rows: String = (0..count).map(row).collect();
    format!("uid,title,start,end,zone,location\r\n{rows}")
}

#[tokio::test]
async fn many_entries_reach_the_calendar_and_many_changes_are_held_and_said_so() {
    let mia = Connected::start().await;

    let report = import(&mia.person, "text/csv", "", &file(130, "")).await;
    mia.settle().await;
    assert_eq!(counts(&report), [130, 0, 0, 0]);
    assert_eq!(mia.titles_there().await.len(), 130);
    assert_eq!(
        mia.api("/holds").await["items"],
        json!([]),
        "what is new overwrites nothing"
    );

    let moved = file(130, "Yard");
    let report = import(&mia.person, "text/csv", "update_existing=true", &moved).await;
    mia.settle().await;
    assert_eq!(counts(&report), [0, 130, 0, 0]);
    let words = report["remarks"][0]["words"].as_str().unwrap();
    assert!(
        words.starts_with("More than 100 entries change at once"),
        "{words}"
    );
    let holds = mia.api("/holds").await;
    assert_eq!(holds["items"][0]["brake"], "overwrites", "{holds:#}");
    assert_eq!(mia.entry("visit 7").await["location"], "Yard");
}

#[tokio::test]
async fn the_largest_file_is_written_in_few_requests() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let largest = file(2_000, "");

    let before = world.aws.counters().table_requests;
    let report = import(&mia, "text/csv", "", &largest).await;
    let spent = world.aws.counters().table_requests - before;

    assert_eq!(counts(&report), [2_000, 0, 0, 0]);
    // Twelve to a transaction, a hundred to a read, and a few around them.
    assert!(spent < 250, "{spent} requests");
    let file = mia.get(&format!("{EXPORT}&format=ics")).await.unwrap();
    assert_eq!(file.expect(413).unwrap().at("/code"), "too_much");
}
