//! "This and following": one series becomes two, here and there.

use serde_json::{Value, json};

use super::{
    FIFTH, FIRST, FOURTH, SECOND, Series, THIRD, assert_nobody_was_invited, shown_alike, span,
};
use crate::support::{Connected, google_visit};

#[tokio::test]
async fn this_and_following_become_a_series_of_their_own_on_both_sides() {
    let series = Series::start().await;
    series
        .patch(SECOND, &json!({ "title": "early" }))
        .await
        .expect(200)
        .unwrap();
    series
        .patch(FIFTH, &json!({ "title": "late" }))
        .await
        .expect(200)
        .unwrap();
    series.cancel(FOURTH).await.expect(204).unwrap();
    series.mia.settle().await;
    let (inserted, there) = (
        series.mia.calls("events.insert").await,
        series.mia.event("round").await,
    );
    let mut edit = span("2027-03-16", 14, 15);
    edit["title"] = json!("tour");

    let path = format!("{}/following", series.path(THIRD));
    let cut = series
        .mia
        .person
        .post(&path, &edit)
        .await
        .unwrap()
        .expect(201)
        .unwrap();

    let id = cut.at("/following/id");
    assert_eq!(cut.at("/earlier/id"), series.id);
    assert_eq!(
        cut.header("location"),
        format!("/api/v1/schedule/entries/{id}")
    );
    assert_eq!(
        series.shown().await,
        [
            "round 2027-03-01T09:00:00Z",
            "early 2027-03-08T09:00:00Z",
            "tour 2027-03-16T13:00:00Z",
            "late 2027-03-30T12:00:00Z",
        ]
    );
    assert_eq!(series.mia.calls("events.insert").await, inserted + 1);
    let shortened = series.mia.event("round").await;
    assert_eq!(
        shortened["id"], there["id"],
        "the old series stays what it was"
    );
    assert_eq!(
        shortened["recurrence"],
        json!(["RRULE:FREQ=WEEKLY;COUNT=2"])
    );
    assert_eq!(series.mia.entries().await.len(), 2);
    series.mia.sync_now().await;
    assert_eq!(shown_alike(&series.mia).await.len(), 4);
    assert_eq!(series.mia.api("/items").await["items"], json!([]));
    assert_nobody_was_invited(&series.mia).await;
}

#[tokio::test]
async fn a_series_can_end_before_an_occurrence() {
    let series = Series::start().await;
    series
        .patch(FIFTH, &json!({ "title": "late" }))
        .await
        .expect(200)
        .unwrap();
    series.cancel(FOURTH).await.expect(204).unwrap();
    series.mia.settle().await;

    let path = format!("{}/following", series.path(THIRD));
    series
        .mia
        .person
        .delete(&path)
        .await
        .unwrap()
        .expect(204)
        .unwrap();

    let left = ["round 2027-03-01T09:00:00Z", "round 2027-03-08T09:00:00Z"];
    assert_eq!(series.shown().await, left);
    series.mia.sync_now().await;
    assert_eq!(series.shown().await, left);

    // Nothing of it takes place before: it goes.
    series.cancel(FIRST).await.expect(204).unwrap();
    let path = format!("{}/following", series.path(SECOND));
    series
        .mia
        .person
        .delete(&path)
        .await
        .unwrap()
        .expect(204)
        .unwrap();
    assert_eq!(series.shown().await, [""; 0]);
    assert_eq!(
        series.mia.calendar.events().await.unwrap(),
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn what_a_person_splits_there_is_split_here() {
    let mia = Connected::start().await;
    let mut event = google_visit("round", 1);
    event["recurrence"] = json!(["RRULE:FREQ=WEEKLY"]);
    let event = mia.calendar.insert(event).await.unwrap();
    mia.settle().await;
    let id = event["id"].as_str().unwrap();
    let second = format!("{id}_{SECOND}");
    mia.calendar
        .patch(&second, json!({ "summary": "early" }))
        .await
        .unwrap();
    mia.settle().await;

    // As Google's own pages do it: the old series ends, a new one begins.
    let until = json!({ "recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20270314T225959Z"] });
    mia.calendar.patch(id, until).await.unwrap();
    let mut rest = google_visit("tour", 16);
    rest["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=2"]);
    mia.calendar.insert(rest).await.unwrap();
    mia.settle().await;

    assert_eq!(
        shown_alike(&mia).await,
        [
            "round 2027-03-01T09:00:00Z",
            "early 2027-03-08T09:00:00Z",
            "tour 2027-03-16T09:00:00Z",
            "tour 2027-03-23T09:00:00Z",
        ]
    );
    assert_eq!(mia.entries().await.len(), 2);
}
