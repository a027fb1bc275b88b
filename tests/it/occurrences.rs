//! Single occurrences of a series, edited here: by programs, by people, and what the calendar makes of it.

mod both_sides;
mod brought_back;
mod calls;
mod following;
mod pages;
mod refused;

use reqwest::Method;
use serde_json::{Value, json};
use tests::person::{Answer, Person};

use crate::support::{Connected, visit};

pub(crate) const FIRST: &str = "20270301T090000Z";
pub(crate) const SECOND: &str = "20270308T090000Z";
pub(crate) const THIRD: &str = "20270315T090000Z";
pub(crate) const FOURTH: &str = "20270322T090000Z";
/// After the clock change.
pub(crate) const FIFTH: &str = "20270329T080000Z";

/// Five Mondays of March at ten in Berlin.
pub(crate) fn weekly() -> Value {
    let mut entry = visit("round", 1);
    entry["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    entry
}

/// A series of ours that is in the calendar too.
pub(crate) struct Series {
    pub(crate) mia: Connected,
    pub(crate) id: String,
}

impl Series {
    pub(crate) async fn start() -> Self {
        Self::of(&weekly()).await
    }

    pub(crate) async fn of(entry: &Value) -> Self {
        let mia = Connected::start().await;
        let entry = mia.create_entry(entry).await;
        mia.settle().await;
        let id = entry["id"].as_str().unwrap().to_owned();
        Self { mia, id }
    }

    pub(crate) fn path(&self, original: &str) -> String {
        occurrence(&self.id, original)
    }

    pub(crate) async fn patch(&self, original: &str, change: &Value) -> Answer {
        let path = self.path(original);
        let person = &self.mia.person;
        person.json(Method::PATCH, &path, change).await.unwrap()
    }

    pub(crate) async fn cancel(&self, original: &str) -> Answer {
        self.mia.person.delete(&self.path(original)).await.unwrap()
    }

    pub(crate) async fn restore(&self, original: &str) -> Answer {
        let path = format!("{}/restore", self.path(original));
        self.mia.person.post(&path, &json!({})).await.unwrap()
    }

    pub(crate) async fn entry(&self) -> Value {
        let path = format!("/api/v1/schedule/entries/{}", self.id);
        let read = self.mia.person.get(&path).await.unwrap();
        read.expect(200).unwrap().json()
    }

    /// Settles and answers what both sides show, which must be the same.
    pub(crate) async fn shown(&self) -> Vec<String> {
        self.mia.settle().await;
        shown_alike(&self.mia).await
    }
}

pub(crate) fn occurrence(entry: &str, original: &str) -> String {
    format!("/api/v1/schedule/entries/{entry}/occurrences/{original}")
}

/// Every occurrence of the year, by title and start, from the schedule and from the calendar: they must be the same, so
/// that none is doubled or lost on either side.
pub(crate) async fn shown_alike(mia: &Connected) -> Vec<String> {
    let shown = |title: &Value, start: &Value| format!("{} {}", text(title), instant(start));
    let ours = mia.occurrences().await;
    let ours: Vec<String> = ours
        .iter()
        .map(|item| shown(&item["title"], &item["occurrence"]["start"]))
        .collect();
    let theirs = mia.calendar.shown_in_2027().await.unwrap();
    let theirs: Vec<String> = theirs
        .iter()
        .map(|event| shown(&event["summary"], &event["start"]))
        .collect();
    assert_eq!(sorted(&ours), sorted(&theirs));
    ours
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A day, or the instant of a local time as we write it or as Google does.
fn instant(start: &Value) -> String {
    if start["date"].is_string() {
        return text(&start["date"]).to_owned();
    }
    if start["dateTime"].is_string() {
        let at: jiff::Timestamp = text(&start["dateTime"]).parse().unwrap();
        return at.to_string();
    }
    let local: domain::time::LocalTime = serde_json::from_value(start.clone()).unwrap();
    local.instant().to_string()
}

fn sorted(shown: &[String]) -> Vec<String> {
    let mut sorted = shown.to_vec();
    sorted.sort();
    sorted
}

/// Local times of one day in Berlin.
pub(crate) fn span(day: &str, start: u8, end: u8) -> Value {
    let at = |hour| json!({ "local": format!("{day}T{hour:02}:00:00"), "zone": "Europe/Berlin" });
    json!({ "start": at(start), "end": at(end) })
}

/// Nobody was written to by the provider.
pub(crate) async fn assert_nobody_was_invited(mia: &Connected) {
    let url = mia.world.provider_base().join("/_sim/mail").unwrap();
    let answer = crate::support::http().get(url).send().await.unwrap();
    let mails: Value = answer.json().await.unwrap();
    assert_eq!(mails["count"], 0, "{mails}");
}

async fn get(person: &Person, path: &str) -> Value {
    person.get(path).await.unwrap().expect(200).unwrap().json()
}

#[tokio::test]
async fn an_occurrence_is_read_changed_cancelled_and_put_back() {
    let series = Series::start().await;
    let person = &series.mia.person;

    let plain = get(person, &series.path(SECOND)).await;
    assert_eq!(plain["occurrence"]["original"], SECOND);
    assert_eq!(plain["occurrence"]["start"]["local"], "2027-03-08T10:00:00");

    let mut change = span("2027-03-09", 15, 16);
    change["title"] = json!("with the inspector");
    let changed = series.patch(SECOND, &change).await.expect(200).unwrap();
    assert_eq!(changed.at("/title"), "with the inspector");
    assert_eq!(changed.header("etag"), "\"2\"");
    series.cancel(THIRD).await.expect(204).unwrap();
    assert_eq!(
        series.shown().await,
        [
            "round 2027-03-01T09:00:00Z",
            "with the inspector 2027-03-09T14:00:00Z",
            "round 2027-03-22T09:00:00Z",
            "round 2027-03-29T08:00:00Z",
        ]
    );
    let cancelled = get(person, &series.path(THIRD)).await;
    assert_eq!(cancelled["occurrence"]["cancelled"], true);

    let title = json!({ "title": null });
    let back = series.patch(SECOND, &title).await.expect(200).unwrap();
    assert_eq!(
        (back.at("/title"), back.at("/occurrence/start/local")),
        ("round".to_owned(), "2027-03-09T15:00:00".to_owned())
    );
    series.restore(SECOND).await.expect(200).unwrap();
    assert_eq!(series.shown().await.len(), 4);
    let entry = series.entry().await;
    assert_eq!(entry["recurrence"][0], weekly()["recurrence"][0]);
    assert_eq!(entry["overrides"], Value::Null);
    assert_nobody_was_invited(&series.mia).await;
}

#[tokio::test]
async fn what_was_read_can_be_written_back() {
    let series = Series::start().await;
    let mut change = span("2027-03-09", 15, 16);
    change["location"] = json!("Depot");
    series.patch(SECOND, &change).await.expect(200).unwrap();
    series.cancel(THIRD).await.expect(204).unwrap();
    series.mia.settle().await;
    let read = series.entry().await;
    let mut body = read.clone();
    for field in ["id", "version", "created_at", "updated_at"] {
        body.as_object_mut().unwrap().remove(field);
    }
    let path = format!("/api/v1/schedule/entries/{}", series.id);
    let person = &series.mia.person;

    let same = person.json(Method::PUT, &path, &body).await.unwrap();
    assert_eq!(same.expect(200).unwrap().json(), read, "nothing changed");

    let copy = series.mia.create_entry(&body).await;
    assert_eq!(copy["overrides"], read["overrides"]);
    assert_eq!(copy["recurrence"], read["recurrence"]);

    let less = json!({ "overrides": [] });
    let less = series.mia.patch_entry(&series.id, &less).await;
    assert_eq!(less.expect(200).unwrap().json()["overrides"], Value::Null);
    let deleted = person
        .delete(&format!(
            "/api/v1/schedule/entries/{}",
            copy["id"].as_str().unwrap()
        ))
        .await;
    deleted.unwrap().expect(204).unwrap();
    assert_eq!(series.shown().await.len(), 4);
}

#[tokio::test]
async fn an_occurrence_that_is_private_is_busy_for_others() {
    let series = Series::start().await;
    let secret = json!({ "title": "Doctor", "location": "Clinic", "private": true });
    series.patch(SECOND, &secret).await.expect(200).unwrap();
    let member = series.entry().await["assignees"][0]
        .as_str()
        .unwrap()
        .to_owned();

    for email in ["ivo@northwind.test", "ada@northwind.test"] {
        let other = Person::sign_in(&series.mia.world, email).await.unwrap();
        let list = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z&expand=occurrences";
        let list = get(&other, &format!("{list}&assignee={member}")).await;
        let entry = get(&other, &format!("/api/v1/schedule/entries/{}", series.id)).await;
        for seen in [&list, &entry] {
            let text = seen.to_string();
            assert!(
                !text.contains("Doctor") && !text.contains("Clinic"),
                "{email}: {text}"
            );
        }
        assert_eq!(list["items"][1]["title"], "Busy");
        let hidden = other.get(&series.path(SECOND)).await.unwrap();
        hidden.expect(404).unwrap();
    }

    // An admin may change the series, and does not thereby change what is hidden.
    let ada = Person::sign_in(&series.mia.world, "ada@northwind.test")
        .await
        .unwrap();
    let path = format!("/api/v1/schedule/entries/{}", series.id);
    let mut seen = get(&ada, &path).await;
    for field in ["id", "version", "created_at", "updated_at"] {
        seen.as_object_mut().unwrap().remove(field);
    }
    seen["title"] = json!("tour");
    let written = ada.json(Method::PUT, &path, &seen).await.unwrap();
    assert!(!written.expect(200).unwrap().text.contains("Doctor"));
    let one = get(&series.mia.person, &series.path(SECOND)).await;
    assert_eq!(
        (&one["title"], &one["location"]),
        (&json!("Doctor"), &json!("Clinic"))
    );
    let first = get(&series.mia.person, &series.path(FIRST)).await;
    assert_eq!(first["title"], "tour");
}
