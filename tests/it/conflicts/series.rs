//! Single occurrences of a series, changed on both sides.

use reqwest::Method;
use serde_json::json;
use tests::person::Person;

use super::id;
use crate::support::{Connected, google_visit};

const SECOND: &str = "20270308T090000Z";
const THIRD: &str = "20270315T090000Z";

#[tokio::test]
async fn an_occurrence_cancelled_here_and_changed_there_is_one_choice() {
    for (keep, there) in [("local", "cancelled"), ("external", "confirmed")] {
        let mia = Connected::start().await;
        let mut weekly = google_visit("round", 1);
        weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
        let series = id(&mia.calendar.insert(weekly).await.unwrap());
        mia.settle().await;
        let entry = id(&mia.entry("round").await);
        let lines = [
            "RRULE:FREQ=WEEKLY;COUNT=5".to_owned(),
            format!("EXDATE:{SECOND}"),
        ];
        mia.patch_entry(&entry, &json!({ "recurrence": lines }))
            .await
            .expect(200)
            .unwrap();
        for (at, title) in [(SECOND, "special"), (THIRD, "also special")] {
            let occurrence = format!("{series}_{at}");
            let change = json!({ "summary": title });
            mia.calendar.patch(&occurrence, change).await.unwrap();
        }
        mia.settle().await;

        let open = mia.conflicts("open").await;
        assert_eq!(open.len(), 1, "{open:#?}");
        let differences = open[0]["differences"].as_array().unwrap();
        assert_eq!(differences.len(), 1, "{differences:#?}");
        assert_eq!(differences[0]["name"], SECOND);
        assert_eq!(differences[0]["local"][0]["says"], "Cancelled");
        let decision = json!({ "fields": { SECOND: keep }, "version": open[0]["version"] });
        let path = format!("/api/v1/conflicts/{}/resolve", id(&open[0]));
        mia.person
            .post(&path, &decision)
            .await
            .unwrap()
            .expect(200)
            .unwrap();
        mia.settle().await;

        assert_eq!(mia.conflicts("open").await.len(), 0);
        let second = mia
            .calendar
            .get(&format!("{series}_{SECOND}"))
            .await
            .unwrap();
        assert_eq!(second["status"], there);
        let entry = mia.read_entry(&entry).await;
        let words = entry["overrides"].to_string();
        assert!(
            words.contains("also special"),
            "what was not in conflict flows: {entry:#}"
        );
        assert_eq!(
            words.contains("\"special\""),
            keep == "external",
            "{entry:#}"
        );
    }
}

#[tokio::test]
async fn what_was_seen_of_a_series_in_conflict_is_there_once_its_owner_is_back() {
    let mia = Connected::start().await;
    let mut weekly = google_visit("round", 1);
    weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    let series = id(&mia.calendar.insert(weekly).await.unwrap());
    mia.settle().await;
    let entry = mia.entry("round").await;
    let path = format!("/api/v1/schedule/entries/{}", id(&entry));
    let ada = Person::sign_in(&mia.world, "ada@northwind.test").await;
    let ada = ada.unwrap();
    let own = ada.get("/api/users/auth/profile/").await.unwrap().at("/id");
    let assign = async |members: &[&str]| {
        let change = json!({ "assignees": members });
        let answer = ada.json(Method::PATCH, &path, &change).await.unwrap();
        answer.expect(200).unwrap();
    };
    assign(&[&own]).await;
    let change = json!({ "summary": "special" });
    let occurrence = format!("{series}_{SECOND}");
    mia.calendar.patch(&occurrence, change).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.conflicts("open").await.len(), 1);

    assign(&[&own, entry["assignees"][0].as_str().unwrap()]).await;
    let change = json!({ "summary": "other round" });
    mia.calendar.patch(&series, change).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.conflicts("open").await.len(), 0);
    let entry = mia.entry("other round").await;
    let special = json!([{ "original": SECOND, "title": "special" }]);
    assert_eq!(entry["overrides"], special);
}
