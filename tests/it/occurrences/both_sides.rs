//! Occurrences that are edited here, there, and on both sides at once.

use serde_json::{Value, json};

use super::{FIFTH, SECOND, Series, THIRD, assert_nobody_was_invited, shown_alike, span, weekly};
use crate::support::Connected;

/// The id under which the calendar knows an occurrence of the series.
async fn there(mia: &Connected, original: &str) -> String {
    let events = mia.calendar.events().await.unwrap();
    let series = events.iter().find(|event| event["recurrence"].is_array());
    format!("{}_{original}", series.unwrap()["id"].as_str().unwrap())
}

async fn conflicts(mia: &Connected) -> u64 {
    let runs = mia.api("/runs").await;
    let runs = runs["items"].as_array().unwrap();
    runs.iter()
        .filter_map(|run| run["counts"]["conflicts"].as_u64())
        .sum()
}

#[tokio::test]
async fn an_occurrence_goes_back_and_forth() {
    let series = Series::start().await;
    series
        .patch(SECOND, &span("2027-03-10", 8, 9))
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    let id = there(&series.mia, SECOND).await;

    // Moved here, renamed there, moved again here, cancelled there.
    series
        .mia
        .calendar
        .patch(&id, json!({ "summary": "special" }))
        .await
        .unwrap();
    assert!(
        series
            .shown()
            .await
            .contains(&"special 2027-03-10T07:00:00Z".to_owned())
    );
    series
        .patch(SECOND, &span("2027-03-11", 8, 9))
        .await
        .expect(200)
        .unwrap();
    assert!(
        series
            .shown()
            .await
            .contains(&"special 2027-03-11T07:00:00Z".to_owned())
    );
    series.mia.calendar.delete(&id).await.unwrap();
    assert_eq!(series.shown().await.len(), 4);
    series.mia.sync_now().await;
    assert_eq!(shown_alike(&series.mia).await.len(), 4);
    assert_nobody_was_invited(&series.mia).await;
}

#[tokio::test]
async fn a_change_of_the_series_reaches_what_is_a_copy_there() {
    let series = Series::start().await;
    series
        .patch(SECOND, &json!({ "title": "special" }))
        .await
        .expect(200)
        .unwrap();
    series
        .patch(THIRD, &span("2027-03-16", 8, 9))
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    series.restore(THIRD).await.expect(200).unwrap();
    series.mia.settle().await;
    let (second, third) = (
        there(&series.mia, SECOND).await,
        there(&series.mia, THIRD).await,
    );

    let change = json!({ "title": "tour", "location": "Depot" });
    series
        .mia
        .patch_entry(&series.id, &change)
        .await
        .expect(200)
        .unwrap();
    let shown = series.shown().await;
    assert_eq!(
        shown[..3],
        [
            "tour 2027-03-01T09:00:00Z",
            "special 2027-03-08T09:00:00Z",
            "tour 2027-03-15T09:00:00Z"
        ]
    );
    for id in [&second, &third] {
        assert_eq!(
            series.mia.calendar.get(id).await.unwrap()["location"],
            "Depot"
        );
    }

    // The series and the occurrence in one go.
    series
        .mia
        .patch_entry(&series.id, &json!({ "location": "Mill" }))
        .await
        .expect(200)
        .unwrap();
    series
        .patch(SECOND, &json!({ "title": "other" }))
        .await
        .expect(200)
        .unwrap();
    assert_eq!(series.shown().await[1], "other 2027-03-08T09:00:00Z");
    assert_eq!(
        series.mia.calendar.get(&second).await.unwrap()["location"],
        "Mill"
    );
    let overrides = series.entry().await["overrides"].clone();
    assert_eq!(overrides, json!([{ "original": SECOND, "title": "other" }]));
    assert_eq!(conflicts(&series.mia).await, 0);
}

#[tokio::test]
async fn days_and_other_zones_keep_their_occurrences_apart() {
    let mut days = weekly();
    days["start"] = json!({ "date": "2027-03-01" });
    days["end"] = json!({ "date": "2027-03-02" });
    let series = Series::of(&days).await;
    let moved = json!({ "start": { "date": "2027-03-10" }, "end": { "date": "2027-03-12" } });
    series.patch("20270308", &moved).await.expect(200).unwrap();
    series.cancel("20270315").await.expect(204).unwrap();
    assert_eq!(
        series.shown().await,
        [
            "round 2027-03-01",
            "round 2027-03-10",
            "round 2027-03-22",
            "round 2027-03-29"
        ]
    );
    let path = format!("{}/following", series.path("20270322"));
    let cut = series
        .mia
        .person
        .post(&path, &json!({ "title": "tour" }))
        .await;
    cut.unwrap().expect(201).unwrap();
    assert_eq!(
        series.shown().await[2..],
        ["tour 2027-03-22", "tour 2027-03-29"]
    );
}

#[tokio::test]
async fn each_zone_changes_its_clocks_on_its_own_day() {
    let series = Series::start().await;
    let mut new_york = weekly();
    let at = |hour: u8| json!({ "local": format!("2027-03-01T{hour}:00:00"), "zone": "America/New_York" });
    new_york["title"] = json!("call");
    new_york["start"] = at(10);
    new_york["end"] = at(11);
    let call = series.mia.create_entry(&new_york).await;
    let call = call["id"].as_str().unwrap();

    // Its clocks go forward on 14 March, those of Berlin two weeks later.
    let person = &series.mia.person;
    let third = super::occurrence(call, "20270315T140000Z");
    let title = json!({ "title": "special call" });
    let changed = person
        .json(reqwest::Method::PATCH, &third, &title)
        .await
        .unwrap();
    let changed = changed.expect(200).unwrap();
    assert_eq!(changed.at("/occurrence/start/local"), "2027-03-15T10:00:00");
    series
        .patch(FIFTH, &json!({ "title": "special" }))
        .await
        .expect(200)
        .unwrap();
    let second = super::occurrence(call, "20270308T150000Z");
    person.delete(&second).await.unwrap().expect(204).unwrap();

    assert_eq!(
        series.shown().await,
        [
            "round 2027-03-01T09:00:00Z",
            "call 2027-03-01T15:00:00Z",
            "round 2027-03-08T09:00:00Z",
            "round 2027-03-15T09:00:00Z",
            "special call 2027-03-15T14:00:00Z",
            "round 2027-03-22T09:00:00Z",
            "call 2027-03-22T14:00:00Z",
            "special 2027-03-29T08:00:00Z",
            "call 2027-03-29T14:00:00Z",
        ]
    );
}

#[tokio::test]
async fn different_fields_of_one_occurrence_are_joined() {
    let series = Series::start().await;
    let id = there(&series.mia, SECOND).await;

    series
        .mia
        .calendar
        .patch(&id, json!({ "location": "Depot" }))
        .await
        .unwrap();
    let mut change = span("2027-03-09", 8, 9);
    change["title"] = json!("special");
    series.patch(SECOND, &change).await.expect(200).unwrap();
    let shown = series.shown().await;

    assert_eq!(shown[1], "special 2027-03-09T07:00:00Z");
    let path = series.path(SECOND);
    let here = super::get(&series.mia.person, &path).await;
    let event = series.mia.calendar.get(&id).await.unwrap();
    assert_eq!(
        (&here["location"], &event["location"]),
        (&json!("Depot"), &json!("Depot"))
    );
    assert_eq!(conflicts(&series.mia).await, 0);
}

/// What stands on both sides after each was changed by `here` and `there` at once; both must stay as they were left.
async fn apart(here: &Value, there_change: Option<Value>) -> (Series, String) {
    let series = Series::start().await;
    let id = there(&series.mia, SECOND).await;
    match there_change {
        Some(change) => drop(series.mia.calendar.patch(&id, change).await.unwrap()),
        None => drop(series.mia.calendar.delete(&id).await.unwrap()),
    }
    if here.is_null() {
        series.cancel(SECOND).await.expect(204).unwrap();
    } else {
        series.patch(SECOND, here).await.expect(200).unwrap();
    }
    series.mia.settle().await;
    assert_eq!(conflicts(&series.mia).await, 1);
    series.mia.sync_now().await;
    assert_eq!(conflicts(&series.mia).await, 1, "it is told once");
    (series, id)
}

#[tokio::test]
async fn the_same_field_of_one_occurrence_waits_for_a_decision() {
    let (series, id) = apart(
        &json!({ "title": "ours" }),
        Some(json!({ "summary": "theirs" })),
    )
    .await;

    let here = super::get(&series.mia.person, &series.path(SECOND)).await;
    let event = series.mia.calendar.get(&id).await.unwrap();
    assert_eq!(
        (&here["title"], &event["summary"]),
        (&json!("ours"), &json!("theirs"))
    );
}

#[tokio::test]
async fn cancelling_what_the_other_side_edits_waits_for_a_decision() {
    let (series, id) = apart(&Value::Null, Some(json!({ "summary": "theirs" }))).await;
    let event = series.mia.calendar.get(&id).await.unwrap();
    assert_eq!(
        (&event["status"], &event["summary"]),
        (&json!("confirmed"), &json!("theirs"))
    );
    let here = super::get(&series.mia.person, &series.path(SECOND)).await;
    assert_eq!(here["occurrence"]["cancelled"], true);

    let (series, id) = apart(&json!({ "title": "ours" }), None).await;
    let event = series.mia.calendar.get(&id).await.unwrap();
    assert_eq!(event["status"], "cancelled");
    let here = super::get(&series.mia.person, &series.path(SECOND)).await;
    assert_eq!(here["title"], "ours");
}

#[tokio::test]
async fn the_whole_series_changes_around_an_occurrence_that_differs() {
    let series = Series::start().await;
    series
        .patch(SECOND, &json!({ "title": "special" }))
        .await
        .expect(200)
        .unwrap();
    series.cancel(THIRD).await.expect(204).unwrap();
    series.mia.settle().await;

    let mut change = span("2027-03-02", 12, 13);
    change["title"] = json!("tour");
    series
        .mia
        .patch_entry(&series.id, &change)
        .await
        .expect(200)
        .unwrap();

    assert_eq!(
        series.shown().await,
        [
            "tour 2027-03-02T11:00:00Z",
            "special 2027-03-09T11:00:00Z",
            "tour 2027-03-23T11:00:00Z",
            "tour 2027-03-30T10:00:00Z",
        ]
    );
}
