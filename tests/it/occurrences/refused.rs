//! What cannot be asked of an occurrence, each said in words and with its place.

use reqwest::Method;
use serde_json::{Value, json};

use super::{SECOND, Series, THIRD, occurrence, span, weekly};
use crate::support::{Kept, visit};

#[tokio::test]
async fn what_is_no_occurrence_is_said_to_be_none() {
    let series = Series::start().await;
    let single = series.mia.create_entry(&visit("pump", 4)).await;
    let mut days = weekly();
    days["start"] = json!({ "date": "2027-03-01" });
    days["end"] = json!({ "date": "2027-03-02" });
    let days = series.mia.create_entry(&days).await;
    series.mia.settle().await;
    let before = Kept::of(&series.mia.world).await;
    let id = |entry: &Value| entry["id"].as_str().unwrap().to_owned();

    for (entry, original, words) in [
        (&series.id, "next-monday", "names no occurrence"),
        (
            &series.id,
            "20270309T090000Z",
            "no occurrence that starts at",
        ),
        (
            &series.id,
            "20270308T100000Z",
            "no occurrence that starts at",
        ),
        (
            &series.id,
            "20270405T080000Z",
            "no occurrence that starts at",
        ),
        (&series.id, "20270308", "this series is of times"),
        (&id(&days), SECOND, "this series is of whole days"),
        (&id(&single), "20270304T090000Z", "does not repeat"),
    ] {
        let path = occurrence(entry, original);
        let person = &series.mia.person;
        let body = json!({ "title": "x" });
        for answer in [
            person.get(&path).await,
            person.json(Method::PATCH, &path, &body).await,
            person.delete(&path).await,
            person.post(&format!("{path}/restore"), &json!({})).await,
            person.post(&format!("{path}/following"), &body).await,
            person.delete(&format!("{path}/following")).await,
        ] {
            let told = answer.unwrap().expect(404).unwrap();
            assert!(
                told.at("/detail").contains(words),
                "{original}: {}",
                told.text
            );
        }
    }

    assert_eq!(
        Kept::of(&series.mia.world).await.differs_from(&before),
        [].into()
    );
}

/// What an occurrence cannot be, and where that is said.
fn occurrence_flaws() -> Vec<(Value, &'static str)> {
    let backwards = span("2027-03-08", 12, 11);
    let long = "x".repeat(32_769);
    vec![
        (json!({ "title": " " }), "/title"),
        (json!({ "title": 7 }), "/title"),
        (json!({ "notes": long }), "/notes"),
        (backwards, "/end"),
        (json!({ "start": { "date": "2027-03-08" } }), "/end"),
        (json!({ "recurrence": [] }), "/recurrence"),
        (json!({ "status": "scheduled" }), "/status"),
    ]
}

fn following_flaws() -> Vec<(Value, &'static str)> {
    let hourly = json!({ "recurrence": ["RRULE:FREQ=HOURLY"] });
    vec![
        (json!({ "title": "" }), "/title"),
        (hourly, "/recurrence"),
        (json!({ "version": 1 }), "/version"),
    ]
}

fn override_flaws() -> Vec<(Value, &'static str)> {
    let mut backwards = span("2027-03-15", 12, 11);
    backwards["original"] = json!(THIRD);
    let twice = json!({ "original": SECOND, "title": "x" });
    let noon = json!({ "original": SECOND, "start": { "local": "noon", "zone": "UTC" } });
    let tuesday = json!({ "original": "20270309T090000Z", "title": "x" });
    let flaws = vec![
        (json!("none"), "/overrides"),
        (json!([7]), "/overrides/0"),
        (
            json!([twice, { "original": THIRD, "title": 7 }]),
            "/overrides/1/title",
        ),
        (json!([{ "title": "x" }]), "/overrides/0/original"),
        (json!([tuesday]), "/overrides/0/original"),
        (json!([twice, twice]), "/overrides/1/original"),
        (json!([noon]), "/overrides/0/start/local"),
        (json!([twice, backwards]), "/overrides/1/end"),
    ];
    let entry = |(overrides, pointer): (Value, &'static str)| {
        let mut entry = weekly();
        entry["overrides"] = overrides;
        (entry, pointer)
    };
    flaws.into_iter().map(entry).collect()
}

#[tokio::test]
async fn a_field_that_cannot_be_is_pointed_at() {
    let series = Series::start().await;
    let before = Kept::of(&series.mia.world).await;
    let one = series.path(SECOND);
    let following = format!("{one}/following");
    let entries = "/api/v1/schedule/entries".to_owned();

    for (method, path, flaws) in [
        (Method::PATCH, one, occurrence_flaws()),
        (Method::POST, following, following_flaws()),
        (Method::POST, entries, override_flaws()),
    ] {
        for (body, pointer) in flaws {
            let person = &series.mia.person;
            let told = person.json(method.clone(), &path, &body).await.unwrap();
            let told = told.expect(422).unwrap();
            assert_eq!(
                told.at("/errors/0/pointer"),
                pointer,
                "{body}: {}",
                told.text
            );
        }
    }

    assert_eq!(
        Kept::of(&series.mia.world).await.differs_from(&before),
        [].into()
    );
}

#[tokio::test]
async fn what_does_not_take_place_or_was_changed_meanwhile_is_not_edited() {
    let series = Series::start().await;
    let person = &series.mia.person;
    let title = json!({ "title": "x" });
    series.cancel(SECOND).await.expect(204).unwrap();
    series.cancel(SECOND).await.expect(204).unwrap();
    let version = series.entry().await["version"].clone();
    assert_eq!(version, 2, "what is cancelled already is not written again");

    let refused = series.patch(SECOND, &title).await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "cancelled");
    let path = format!("{}/following", series.path(SECOND));
    let refused = person
        .post(&path, &title)
        .await
        .unwrap()
        .expect(409)
        .unwrap();
    assert_eq!(refused.at("/code"), "cancelled");
    let path = format!("{}/following", series.path(super::FIRST));
    for refused in [person.post(&path, &title).await, person.delete(&path).await] {
        let refused = refused.unwrap().expect(409).unwrap();
        assert_eq!(refused.at("/code"), "first_occurrence");
    }

    let third = series.path(THIRD);
    for (method, path) in [
        (Method::PATCH, third.clone()),
        (Method::DELETE, third.clone()),
        (Method::POST, format!("{third}/restore")),
        (Method::POST, format!("{third}/following")),
        (Method::DELETE, format!("{third}/following")),
    ] {
        let request = person.request(method, &path).await.unwrap();
        let request = request.header("if-match", "\"1\"").json(&title);
        let refused = person.send(request).await.unwrap().expect(412).unwrap();
        assert!(refused.at("/detail").contains("version 2"), "{path}");
    }
    assert_eq!(series.entry().await["version"], 2);
}

#[tokio::test]
async fn a_series_has_so_many_exceptions_and_no_more() {
    let series = Series::start().await;
    let mut daily = weekly();
    daily["recurrence"] = json!(["RRULE:FREQ=DAILY"]);
    let first: jiff::civil::Date = "2027-03-01".parse().unwrap();
    let exclude = |days: i32| {
        let dates: Vec<String> = (0..days)
            .map(|day| {
                let day = first.saturating_add(jiff::Span::new().days(day + 1));
                day.strftime("%Y%m%d").to_string()
            })
            .collect();
        json!(["RRULE:FREQ=DAILY", format!("EXDATE:{}", dates.join(","))])
    };
    let entries = "/api/v1/schedule/entries";
    let person = &series.mia.person;

    daily["recurrence"] = exclude(521);
    let refused = person
        .post(entries, &daily)
        .await
        .unwrap()
        .expect(422)
        .unwrap();
    assert_eq!(refused.at("/errors/0/pointer"), "/recurrence");
    daily["recurrence"] = exclude(520);
    let full = series.mia.create_entry(&daily).await;

    let path = occurrence(full["id"].as_str().unwrap(), "20270301T090000Z");
    let body = json!({ "title": "x" });
    let refused = person.json(Method::PATCH, &path, &body).await.unwrap();
    let refused = refused.expect(422).unwrap();
    assert!(
        refused.at("/detail").contains("at most 520"),
        "{}",
        refused.text
    );
}
