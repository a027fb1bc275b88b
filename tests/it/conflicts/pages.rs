//! The inbox and the page of one conflict, as forms and links.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Apart, both, id};

async fn page(apart: &Apart, path: &str) -> String {
    let answer = apart.mia.person.get(path).await.unwrap();
    answer.expect(200).unwrap().text
}

fn path(apart: &Apart) -> String {
    format!("/conflicts/{}", id(&apart.conflict))
}

#[tokio::test]
async fn the_menu_counts_what_waits_for_a_decision() {
    let apart = Apart::start().await;
    let counted = r#"<span class="now">1<span class="heard"> open</span></span>"#;
    for path in ["/schedule", "/connections", "/conflicts"] {
        assert!(page(&apart, path).await.contains(counted), "{path}");
    }
    let ada = tests::person::Person::sign_in(&apart.mia.world, "ada@northwind.test").await;
    let hers = ada.unwrap().get("/schedule").await.unwrap();
    assert!(
        !hers.text.contains("class=\"now\">1"),
        "it is not hers to be reminded of"
    );

    apart.resolved(json!({ "keep": "local" })).await;

    assert!(!page(&apart, "/schedule").await.contains(counted));
    let inbox = page(&apart, "/conflicts").await;
    assert!(inbox.contains("Nothing to decide"));
    let over = page(&apart, "/conflicts?state=settled").await;
    assert!(over.contains("1 settled conflict") && over.contains(&path(&apart)));
}

#[tokio::test]
async fn a_page_decides_by_field_and_takes_it_back() {
    let apart = Apart::start().await;
    let shown = page(&apart, &path(&apart)).await;
    for words in ["pump", "ours", "theirs", "Keep all of here"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let version = apart.conflict["version"].to_string();
    let person = &apart.mia.person;
    let undecided = [("version", version.as_str())];
    let again = person.submit(&path(&apart), &undecided).await.unwrap();
    let again = again.expect(422).unwrap();
    assert!(again.text.contains("Title: choose which side stays."));

    let chosen = [("version", version.as_str()), ("title", "external")];
    let done = person.submit(&path(&apart), &chosen).await.unwrap();
    assert_eq!(done.expect(303).unwrap().header("location"), path(&apart));
    let waits = page(&apart, &path(&apart)).await;
    assert!(waits.contains("Will be written with the next sync"));
    assert!(waits.contains("Decided by Mia"), "{waits}");
    apart.mia.settle().await;
    assert_eq!(apart.titles().await, both("theirs"));

    let over = page(&apart, &path(&apart)).await;
    assert!(over.contains("Take it back"), "{over}");
    let version = apart.read().await["version"].to_string();
    let undo = format!("{}/undo", path(&apart));
    let undone = person.submit(&undo, &[("version", &version)]).await;
    undone.unwrap().expect(303).unwrap();
    apart.mia.settle().await;
    assert_eq!(apart.titles().await, both("ours"));
}

#[tokio::test]
async fn a_form_about_what_changed_meanwhile_leads_back_to_what_stands_now() {
    let apart = Apart::start().await;
    let stale = [("version", "0"), ("keep", "local")];

    let refused = apart.mia.person.submit(&path(&apart), &stale).await;

    let refused = refused.unwrap().expect(303).unwrap();
    assert_eq!(refused.header("location"), path(&apart));
    let shown = page(&apart, &path(&apart)).await;
    assert!(shown.contains("The conflict changed meanwhile."), "{shown}");
    assert_eq!(apart.read().await["state"], Value::from("open"));
}

#[tokio::test]
async fn what_is_said_of_a_decision_stays_true_when_it_is_written() {
    let apart = Apart::start().await;
    let version = apart.conflict["version"].to_string();
    let chosen = [("version", version.as_str()), ("keep", "local")];
    let person = &apart.mia.person;
    let done = person.submit(&path(&apart), &chosen).await.unwrap();
    done.expect(303).unwrap();
    apart.mia.settle().await;

    let over = page(&apart, &path(&apart)).await;

    assert!(over.contains("Decided and written"), "{over}");
    let (_, toast) = over.split_once("id=\"toasts\"").unwrap();
    assert!(toast.contains("Your decision is saved."), "{toast}");
    assert!(!toast.contains("next sync"), "{toast}");
}

#[tokio::test]
async fn the_list_of_settled_conflicts_says_when_they_were_settled() {
    let apart = Apart::start().await;
    let inbox = page(&apart, "/conflicts").await;
    assert!(inbox.contains("noticed <time") && !inbox.contains("settled <time"));
    let day = SignedDuration::from_hours(24);
    apart.mia.world.clock.advance(day).unwrap();
    apart.mia.person.is_back().await.unwrap();
    apart.resolved(json!({ "keep": "local" })).await;
    let settled = apart.read().await;
    let at = |field: &str| settled.pointer(field).and_then(Value::as_str).unwrap()[..13].to_owned();

    let over = page(&apart, "/conflicts?state=settled").await;

    let (_, line) = over.split_once("settled <time datetime=\"").unwrap();
    assert!(line.starts_with(&at("/settled_at")), "{line}");
    let (_, line) = over.split_once("noticed <time datetime=\"").unwrap();
    assert!(line.starts_with(&at("/detected_at")), "{line}");
}
