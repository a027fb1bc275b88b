//! Whichever side is kept, the other is not forgotten.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Apart, both};

#[tokio::test]
async fn keeping_ours_writes_it_into_the_calendar() {
    let apart = Apart::start().await;

    apart.resolved(json!({ "keep": "local" })).await;

    assert_eq!(apart.titles().await, both("ours"));
    assert_eq!(apart.mia.told(), 1);
    let runs = apart.mia.api("/runs").await["items"].clone();
    let by_member = |run: &&Value| run["trigger"] == "member";
    let run = runs.as_array().unwrap().iter().find(by_member).unwrap();
    assert_eq!(
        run["counts"]["events_updated"], 1,
        "nobody waits for a poll"
    );
}

#[tokio::test]
async fn keeping_theirs_writes_it_into_the_entry() {
    let apart = Apart::start().await;

    apart.resolved(json!({ "keep": "external" })).await;

    assert_eq!(apart.titles().await, both("theirs"));
    let settled = &apart.mia.conflicts("settled").await[0];
    assert_eq!(settled["differences"][0]["kept"], "external");
}

#[tokio::test]
async fn each_field_goes_its_own_way() {
    let ours = json!({ "title": "ours", "location": "Mill Lane 3", "notes": "bring a ladder" });
    let theirs = json!({ "summary": "theirs", "location": "Depot" });
    let apart = Apart::with(ours, theirs).await;

    let fields = json!({ "title": "external", "location": "local" });
    apart.resolved(json!({ "fields": fields })).await;

    assert_eq!(apart.titles().await, both("theirs"));
    let entry = apart.mia.read_entry(&apart.entry).await;
    let event = apart.mia.calendar.get(&apart.event).await.unwrap();
    for side in [&entry, &event] {
        assert_eq!(side["location"], "Mill Lane 3");
    }
    assert_eq!(
        event["description"], "bring a ladder",
        "what was not in conflict flows too"
    );
}

#[tokio::test]
async fn a_choice_must_be_whole_and_about_the_conflict_only() {
    let apart = Apart::start().await;
    for (decision, pointer) in [
        (json!({ "fields": {} }), "/fields/title"),
        (
            json!({ "fields": { "title": "local", "notes": "local" } }),
            "/fields/notes",
        ),
        (json!({ "keep": "local", "fields": {} }), ""),
        (json!({}), ""),
        (json!({ "keep": "both" }), "/keep"),
    ] {
        let refused = apart.resolve(decision.clone()).await.expect(422).unwrap();
        assert_eq!(refused.at("/errors/0/pointer"), pointer, "{decision}");
    }
    let path = apart.path("/resolve");
    let keep = json!({ "keep": "local" });
    let refused = apart.mia.person.post(&path, &keep).await.unwrap();
    let refused = refused.expect(422).unwrap();
    assert_eq!(refused.at("/errors/0/pointer"), "/version");
    assert_eq!(apart.read().await["state"], "open");
}

#[tokio::test]
async fn a_decision_about_what_changed_meanwhile_is_refused() {
    let apart = Apart::start().await;
    let keep = |side: &str| json!({ "keep": side });
    apart.resolve(keep("local")).await.expect(200).unwrap();

    let refused = apart.resolve(keep("external")).await.expect(412).unwrap();

    assert_eq!(refused.at("/code"), "version");
    apart.mia.settle().await;
    assert_eq!(apart.titles().await, both("ours"));
    let newest = json!({ "keep": "external", "version": apart.read().await["version"] });
    let path = apart.path("/resolve");
    let refused = apart.mia.person.post(&path, &newest).await.unwrap();
    assert_eq!(refused.expect(409).unwrap().at("/code"), "settled");
}

#[tokio::test]
async fn an_edit_after_the_decision_is_asked_about_and_not_overwritten() {
    let apart = Apart::start().await;
    let (mia, keep) = (&apart.mia, json!({ "keep": "local" }));
    let theirs = json!({ "summary": "theirs, later" });
    apart.resolve(keep).await.expect(200).unwrap();

    mia.calendar.patch(&apart.event, theirs).await.unwrap();
    mia.settle().await;

    let (ours, theirs) = apart.titles().await;
    assert_eq!((ours.as_str(), theirs.as_str()), ("ours", "theirs, later"));
    let open = &mia.conflicts("open").await[0];
    assert_eq!(open["id"], apart.conflict["id"]);
    assert_eq!(open["external"]["title"], "theirs, later");
    assert_eq!(mia.told(), 1);
}

#[tokio::test]
async fn a_decision_waits_for_a_connection_that_stands_still() {
    let apart = Apart::start().await;
    let press = async |action: &str| {
        let path = format!("/api/v1/connections/{}/{action}", apart.mia.connection);
        let answer = apart.mia.person.post(&path, &json!({})).await.unwrap();
        assert!(answer.status.is_success(), "{answer:?}");
        apart.mia.settle().await;
    };
    press("pause").await;

    let decided = apart.resolve(json!({ "keep": "local" })).await;

    assert_eq!(decided.expect(200).unwrap().at("/state"), "chosen");
    apart.mia.settle().await;
    assert_eq!(apart.read().await["state"], "chosen");
    press("resume").await;
    assert_eq!(apart.titles().await, both("ours"));
    assert_eq!(apart.read().await["state"], "settled");
}

#[tokio::test]
async fn taking_a_decision_back_puts_the_other_side_into_both() {
    for (kept, put_back) in [("local", "theirs"), ("external", "ours")] {
        let apart = Apart::start().await;
        apart.resolved(json!({ "keep": kept })).await;

        let undone = apart.undo().await.expect(200).unwrap();

        assert_eq!(undone.at("/state"), "undone");
        apart.mia.settle().await;
        assert_eq!(apart.titles().await, both(put_back));
        let again = apart.undo().await.expect(409).unwrap();
        assert_eq!(again.at("/code"), "nothing_to_undo");
    }
}

#[tokio::test]
async fn after_a_day_a_decision_stands() {
    let apart = Apart::start().await;
    apart.resolved(json!({ "keep": "local" })).await;
    let until = apart.read().await["undo_until"].to_string();
    assert!(until.starts_with("\"2027-03-02T08:00:"), "{until}");
    let a_day = SignedDuration::from_hours(24) + SignedDuration::from_mins(1);
    apart.mia.world.clock.advance(a_day).unwrap();
    // The session is renewed on the way.
    apart.read().await;

    let refused = apart.undo().await.expect(409).unwrap();

    assert_eq!(refused.at("/code"), "too_late");
    assert_eq!(apart.titles().await, both("ours"));
}

#[tokio::test]
async fn an_admin_decides_for_a_colleague() {
    let apart = Apart::start().await;
    let ada = tests::person::Person::sign_in(&apart.mia.world, "ada@northwind.test").await;
    let keep = json!({ "keep": "external", "version": apart.conflict["version"] });

    let decided = ada.unwrap().post(&apart.path("/resolve"), &keep).await;

    decided.unwrap().expect(200).unwrap();
    apart.mia.settle().await;
    assert_eq!(apart.titles().await, both("theirs"));
    assert_ne!(apart.read().await["settled_at"], Value::Null);
}

#[tokio::test]
async fn what_was_edited_since_is_not_overwritten_by_taking_a_decision_back() {
    for kept in ["local", "external"] {
        let apart = Apart::start().await;
        apart.resolved(json!({ "keep": kept })).await;
        let change = json!({ "title": "third" });
        let edited = apart.mia.patch_entry(&apart.entry, &change).await;
        edited.expect(200).unwrap();

        let refused = apart.undo().await.expect(409).unwrap();

        assert_eq!(refused.at("/code"), "edited_since");
        apart.mia.settle().await;
        assert_eq!(apart.titles().await, both("third"));
        // Beside what was decided anything may have changed.
        let back = if kept == "local" { "ours" } else { "theirs" };
        let change = json!({ "title": back, "notes": "code 4711" });
        let edited = apart.mia.patch_entry(&apart.entry, &change).await;
        edited.expect(200).unwrap();
        apart.undo().await.expect(200).unwrap();
        let entry = apart.mia.read_entry(&apart.entry).await;
        assert_eq!(entry["notes"], "code 4711");
    }
}
