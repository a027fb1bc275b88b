//! The schedule as files: what is taken out, what is brought in, and what that does to calendars.

mod bulk;
mod pages;
mod rules;
mod together;
mod whose;

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tests::person::{Answer, Person};

use crate::support::{Connected, google_visit, visit};

const EXPORT: &str = "/api/v1/schedule/export?from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z";
const IMPORT: &str = "/api/v1/schedule/import";

async fn send(person: &Person, kind: &str, query: &str, file: &str) -> Answer {
    let path = format!("{IMPORT}?{query}");
    let request = person.request(Method::POST, &path).await.unwrap();
    let request = request.header(CONTENT_TYPE, kind);
    person.send(request.body(file.to_owned())).await.unwrap()
}

/// What came of a file that could be read.
async fn import(person: &Person, kind: &str, query: &str, file: &str) -> Value {
    let answer = send(person, kind, query, file).await;
    answer.expect(200).unwrap().json()
}

async fn export(person: &Person, rest: &str) -> Answer {
    let answer = person.get(&format!("{EXPORT}&{rest}")).await.unwrap();
    answer.expect(200).unwrap()
}

/// Created, updated, unchanged and refused.
fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

fn reasons(report: &Value) -> Vec<(u64, &str)> {
    let items = report["items"].as_array().unwrap().iter();
    let refused = items.filter(|item| item["outcome"] == "refused");
    refused
        .map(|item| {
            (
                item["line"].as_u64().unwrap(),
                item["reason"].as_str().unwrap(),
            )
        })
        .collect()
}

const ROUND: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:round@example.org\r\nSUMMARY:round\r\n\
    DTSTART;TZID=W. Europe Standard Time:20270301T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
    EXDATE;TZID=W. Europe Standard Time:20270315T100000\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:round@example.org\r\nRECURRENCE-ID:20270308T090000Z\r\nSUMMARY:round with inspector\r\n\
    DTSTART;TZID=Europe/Berlin:20270309T150000\r\nDTEND;TZID=Europe/Berlin:20270309T160000\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

#[tokio::test]
async fn an_imported_series_is_one_series_in_the_calendar_and_imported_again_costs_no_call() {
    let mia = Connected::start().await;

    let report = import(&mia.person, "text/calendar; charset=utf-8", "", ROUND).await;
    mia.settle().await;

    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:#}");
    let there = mia.calendar.shown_in_2027().await.unwrap();
    let titles: Vec<&str> = there
        .iter()
        .map(|event| event["summary"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["round", "round with inspector", "round"]);
    assert_eq!(mia.calls("events.insert").await, 1, "a series is one event");
    assert_eq!(mia.entries().await.len(), 1);
    let calls = mia.world.provider_calls();
    for query in ["", "update_existing=true", "all_or_nothing=true"] {
        let again = import(&mia.person, "text/calendar", query, ROUND).await;
        assert_eq!(counts(&again), [0, 0, 1, 0], "{again:#}");
    }
    mia.settle().await;
    assert_eq!(mia.world.provider_calls(), calls);
}

/// Entries of every kind: made here and there, single, all day, repeated, private.
async fn with_everything() -> Connected {
    let mia = Connected::start().await;
    let mut theirs = google_visit("theirs; with \"all\", that means\nsomething", 3);
    theirs["description"] = json!("=1+1\n'quoted\\n");
    theirs["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    let series = mia.calendar.insert(theirs).await.unwrap();
    let second = format!("{}_20270310T090000Z", series["id"].as_str().unwrap());
    mia.calendar
        .patch(&second, json!({ "summary": "moved" }))
        .await
        .unwrap();
    mia.settle().await;
    mia.create_entry(&visit("pump", 4)).await;
    let mut fair = visit("fair", 5);
    (fair["start"], fair["end"]) = (
        json!({ "date": "2027-03-27" }),
        json!({ "date": "2027-03-29" }),
    );
    fair["private"] = json!(true);
    fair["status"] = json!("completed");
    fair["work_item_type"] = json!("time_off");
    fair["attendees"] = json!(["guest@example.org"]);
    mia.create_entry(&fair).await;
    let mut late = visit("late", 28);
    late["start"] =
        json!({ "local": "2027-10-31T02:30:00", "zone": "Europe/Berlin", "fold": true });
    late["end"] = json!({ "local": "2027-10-31T04:30:00", "zone": "Europe/London" });
    mia.create_entry(&late).await;
    mia.settle().await;
    mia
}

#[tokio::test]
async fn what_was_exported_says_nothing_new() {
    let mia = with_everything().await;
    let (before, calls) = (mia.entries().await, mia.world.provider_calls());
    assert_eq!(before.len(), 4);

    for (rest, kind, unchanged) in [
        ("format=ics", "text/calendar", 4),
        ("format=csv", "text/csv", 4),
        ("format=csv&bom=true&assignee=me", "text/csv", 4),
        ("format=csv&expand=occurrences", "text/csv", 8),
    ] {
        let file = export(&mia.person, rest).await;
        assert_eq!(
            file.header("content-type"),
            format!("{kind}; charset=utf-8")
        );
        let name = file.header("content-disposition");
        assert!(
            name.starts_with("attachment; filename=\"schedule-2027-01-01-2028-01-01."),
            "{name}"
        );
        let report = import(&mia.person, kind, "update_existing=true", &file.text).await;
        assert_eq!(counts(&report), [0, 0, unchanged, 0], "{rest}: {report:#}");
    }

    mia.settle().await;
    assert_eq!(mia.entries().await, before);
    assert_eq!(mia.world.provider_calls(), calls);
}

#[tokio::test]
async fn what_was_deleted_comes_back_with_its_file_once() {
    let mia = with_everything().await;
    let file = export(&mia.person, "format=ics").await.text;
    let (before, there) = (mia.occurrences().await, mia.titles_there().await);
    for entry in mia.entries().await {
        let id = entry["id"].as_str().unwrap();
        mia.delete_entry(id).await.unwrap().expect(204).unwrap();
    }
    mia.settle().await;
    assert_eq!(mia.titles_there().await, [""; 0]);

    let report = import(&mia.person, "text/calendar", "", &file).await;
    mia.settle().await;

    assert_eq!(counts(&report), [4, 0, 0, 0], "{report:#}");
    let said = |items: Vec<Value>| -> Vec<String> {
        let one = |item: &Value| {
            format!(
                "{} {} {}",
                item["id"], item["title"], item["occurrence"]["start"]
            )
        };
        items.iter().map(one).collect()
    };
    assert_eq!(said(mia.occurrences().await), said(before));
    assert_eq!(mia.titles_there().await, there);
}

#[tokio::test]
async fn a_file_of_another_calendar_finds_the_entries_that_its_events_are() {
    let mia = Connected::start().await;
    let event = mia
        .calendar
        .insert(google_visit("theirs", 3))
        .await
        .unwrap();
    mia.settle().await;
    let uid = export(&mia.person, "format=ics").await.text;
    let uid = uid.replace("\r\n ", "");
    let uid = uid
        .split("UID:")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    assert!(!uid.ends_with("@kalends"), "{uid}");
    let file = format!(
        "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:theirs\r\n\
         DTSTART:20270303T090000Z\r\nDTEND:20270303T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );

    let report = import(&mia.person, "text/calendar", "", &file).await;

    assert_eq!(counts(&report), [0, 0, 1, 0], "{report:#} {event:#}");
}
