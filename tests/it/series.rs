//! Series with occurrences that differ, both ways.

use serde_json::{Value, json};

use crate::support::{Connected, google_visit, visit};

const SECOND: &str = "20270308T090000Z";
const THIRD: &str = "20270315T090000Z";

fn weekly() -> Value {
    let mut event = google_visit("round", 1);
    event["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    event
}

/// Titles and starts of the expanded entries, in order.
async fn occurrences(mia: &Connected) -> Vec<String> {
    let shown = |item: &Value| {
        let start = &item["occurrence"]["start"];
        format!(
            "{} {}",
            item["title"].as_str().unwrap(),
            start["local"].as_str().unwrap()
        )
    };
    mia.occurrences().await.iter().map(shown).collect()
}

#[tokio::test]
async fn a_series_comes_with_what_was_moved_renamed_and_cancelled_in_it() {
    let mia = Connected::start().await;
    let series = mia.calendar.insert(weekly()).await.unwrap();
    mia.settle().await;
    let id = series["id"].as_str().unwrap();

    let later = json!({
        "summary": "round with inspector",
        "start": { "dateTime": "2027-03-09T15:00:00+01:00", "timeZone": "Europe/Berlin" },
        "end": { "dateTime": "2027-03-09T16:00:00+01:00", "timeZone": "Europe/Berlin" },
    });
    mia.calendar
        .patch(&format!("{id}_{SECOND}"), later)
        .await
        .unwrap();
    mia.calendar.delete(&format!("{id}_{THIRD}")).await.unwrap();
    mia.settle().await;

    let expected = [
        "round 2027-03-01T10:00:00",
        "round with inspector 2027-03-09T15:00:00",
        "round 2027-03-22T10:00:00",
        "round 2027-03-29T10:00:00",
    ];
    assert_eq!(occurrences(&mia).await, expected);
    assert_eq!(mia.entries().await.len(), 1, "a series is one entry");
    assert_eq!(mia.api("/items").await["items"], json!([]));

    let writes = (
        mia.calls("events.patch").await,
        mia.calls("events.delete").await,
    );
    mia.sync_now().await;
    assert_eq!(occurrences(&mia).await, expected);
    let after = (
        mia.calls("events.patch").await,
        mia.calls("events.delete").await,
    );
    assert_eq!(after, writes, "nothing is written back");
}

#[tokio::test]
async fn a_series_with_exceptions_is_one_entry_at_first_sight() {
    let world = tests::world::World::start().await.unwrap();
    let google = tests::calendar_user::calendar_user(&world, crate::support::MIA).unwrap();
    let series = google.insert(weekly()).await.unwrap();
    let id = series["id"].as_str().unwrap();
    google
        .patch(&format!("{id}_{SECOND}"), json!({ "summary": "special" }))
        .await
        .unwrap();
    google.delete(&format!("{id}_{THIRD}")).await.unwrap();
    // Behind its own exceptions in the listing.
    google
        .patch(id, json!({ "location": "depot" }))
        .await
        .unwrap();

    let mia = Connected::with(world, crate::support::MIA).await;

    assert_eq!(
        occurrences(&mia).await,
        [
            "round 2027-03-01T10:00:00",
            "special 2027-03-08T10:00:00",
            "round 2027-03-22T10:00:00",
            "round 2027-03-29T10:00:00",
        ]
    );
    assert_eq!(mia.entries().await.len(), 1);
}

#[tokio::test]
async fn what_is_left_out_here_is_cancelled_there() {
    let mia = Connected::start().await;
    let mut entry = visit("round", 1);
    entry["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5", format!("EXDATE:{SECOND}")]);
    let entry = mia.create_entry(&entry).await;
    mia.settle().await;
    assert_eq!(mia.calls("events.insert").await, 1);
    assert_eq!(mia.calls("events.patch").await, 0);
    // With the rule, where a rule can say it.
    let one_by_one = u64::from(mia.world.habits().leaves_out_one_by_one);
    assert_eq!(mia.calls("events.delete").await, one_by_one);

    let id = entry["id"].as_str().unwrap();
    let lines =
        json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5", format!("EXDATE:{SECOND},{THIRD}")] });
    mia.patch_entry(id, &lines).await.expect(200).unwrap();
    mia.settle().await;

    let event = mia.event("round").await;
    let third = format!("{}_{THIRD}", event["id"].as_str().unwrap());
    assert_eq!(
        mia.calendar.get(&third).await.unwrap()["status"],
        "cancelled"
    );
}

#[tokio::test]
async fn an_occurrence_cancelled_on_each_side_is_cancelled_on_both() {
    let mia = Connected::start().await;
    let series = mia.calendar.insert(weekly()).await.unwrap();
    mia.settle().await;
    let id = series["id"].as_str().unwrap();
    let entry = mia.entry("round").await;

    mia.calendar
        .delete(&format!("{id}_{SECOND}"))
        .await
        .unwrap();
    let lines = json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5", format!("EXDATE:{THIRD}")] });
    mia.patch_entry(entry["id"].as_str().unwrap(), &lines)
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;

    assert_eq!(occurrences(&mia).await.len(), 3);
    for occurrence in [SECOND, THIRD] {
        let there = mia
            .calendar
            .get(&format!("{id}_{occurrence}"))
            .await
            .unwrap();
        assert_eq!(there["status"], "cancelled");
    }
    assert_eq!(
        mia.entry("round").await["recurrence"][1],
        "EXDATE;TZID=Europe/Berlin:20270308T100000,20270315T100000"
    );
}
