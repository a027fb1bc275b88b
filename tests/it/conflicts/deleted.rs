//! One side deleted what the other changed.

use serde_json::{Value, json};

use super::{Apart, id};
use crate::support::{Connected, google_visit};

/// An event of theirs that was deleted on one side and changed on the other.
async fn apart(deleted_here: bool) -> Apart {
    let mia = Connected::start().await;
    let event = id(&mia.calendar.insert(google_visit("pump", 4)).await.unwrap());
    mia.settle().await;
    let entry = id(&mia.entry("pump").await);
    if deleted_here {
        let path = format!("/api/v1/schedule/entries/{entry}");
        mia.person.delete(&path).await.unwrap().expect(204).unwrap();
        let change = json!({ "summary": "theirs" });
        mia.calendar.patch(&event, change).await.unwrap();
    } else {
        let change = json!({ "title": "ours" });
        mia.patch_entry(&entry, &change).await.expect(200).unwrap();
        mia.calendar.delete(&event).await.unwrap();
    }
    mia.settle().await;
    let conflict = mia.conflicts("open").await[0].clone();
    Apart {
        mia,
        entry,
        event,
        conflict,
    }
}

async fn titles(apart: &Apart) -> (Vec<String>, Vec<String>) {
    let entries = apart.mia.entries().await;
    let events = apart.mia.calendar.events().await.unwrap();
    let texts = |all: &[Value], name: &str| -> Vec<String> {
        all.iter()
            .map(|one| one[name].as_str().unwrap().to_owned())
            .collect()
    };
    (texts(&entries, "title"), texts(&events, "summary"))
}

fn one(title: &str) -> (Vec<String>, Vec<String>) {
    (vec![title.to_owned()], vec![title.to_owned()])
}

const NONE: (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());

#[tokio::test]
async fn what_was_deleted_there_and_changed_here_is_asked_about_as_a_whole() {
    let kept = apart(false).await;
    assert_eq!(kept.conflict["external"], Value::Null);
    assert_eq!(kept.conflict["differences"][0]["name"], "entry");
    let piecewise = json!({ "fields": { "title": "local" } });
    kept.resolve(piecewise).await.expect(422).unwrap();
    kept.resolved(json!({ "keep": "local" })).await;
    assert_eq!(titles(&kept).await, one("ours"));
    assert_eq!(kept.undo().await.status, 409, "no words were lost");

    let gone = apart(false).await;
    gone.resolved(json!({ "keep": "external" })).await;
    assert_eq!(titles(&gone).await, NONE);
    gone.undo().await.expect(200).unwrap();
    gone.mia.settle().await;
    assert_eq!(titles(&gone).await, one("ours"));
}

#[tokio::test]
async fn what_was_deleted_here_and_changed_there_is_asked_about_as_a_whole() {
    let gone = apart(true).await;
    assert_eq!(gone.conflict["local"], Value::Null);
    gone.resolved(json!({ "fields": { "entry": "local" } }))
        .await;
    assert_eq!(titles(&gone).await, NONE);
    gone.undo().await.expect(200).unwrap();
    gone.mia.settle().await;
    assert_eq!(titles(&gone).await, one("theirs"));

    let kept = apart(true).await;
    kept.resolved(json!({ "keep": "external" })).await;
    assert_eq!(titles(&kept).await, one("theirs"));
    assert_eq!(kept.mia.read_entry(&kept.entry).await["title"], "theirs");
}
