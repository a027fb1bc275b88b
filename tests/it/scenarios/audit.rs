//! The audit of the scenarios finds every kind of harm that is done behind its back.

use serde_json::json;
use tests::{
    scenarios::{Change, Row, Scenario, Side, Stage},
    world::provider_under_test,
};

const CALENDAR: Side = Side::Calendar(0);

async fn audit(stage: &mut Stage) -> Row {
    stage.settle().await.unwrap();
    stage.audit(Scenario::S2).await.unwrap()
}

/// Duplicates, lost updates, wrong deletes, invitations.
fn harm(row: &Row) -> [u64; 4] {
    [
        row.duplicates,
        row.lost_updates,
        row.wrong_deletes,
        row.invitations,
    ]
}

#[tokio::test]
async fn a_second_copy_is_found_on_both_sides() {
    let (mut stage, _) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();
    let event = stage.members[0].calendar.events().await.unwrap()[0].clone();
    let copy = json!({ "summary": event["summary"], "start": event["start"], "end": event["end"] });

    stage.members[0].calendar.insert(copy).await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(row.duplicates, 2, "{row:#?}");
}

#[tokio::test]
async fn what_nobody_deleted_is_missed_on_both_sides() {
    let (mut stage, marks) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();

    stage.delete_unrecorded(CALENDAR, marks[0]).await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 0, 2, 0], "{row:#?}");
}

#[tokio::test]
async fn a_deletion_that_did_not_happen_is_found_on_both_sides() {
    let (mut stage, marks) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();

    stage.ledger.deleted(marks[0], CALENDAR);

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 2, 0, 0], "{row:#?}");
}

#[tokio::test]
async fn an_edit_that_was_overwritten_is_nowhere_and_on_neither_side() {
    let (mut stage, marks) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();
    let place = Change::Location("where it was moved to".into());
    stage.edit(Side::Schedule, marks[0], place).await.unwrap();
    stage.world.settle().await.unwrap();
    let id = stage.id(CALENDAR, marks[0]).await.unwrap();

    let other = json!({ "location": "elsewhere" });
    stage.members[0].calendar.patch(&id, other).await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 1, 0, 0], "{row:#?}");
}

#[tokio::test]
async fn an_edit_that_did_not_arrive_is_missed_where_it_should_be() {
    let (mut stage, marks) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();
    stage
        .fault(json!({ "name": "notification_drop" }))
        .await
        .unwrap();
    let title = stage.title(marks[0]);

    stage.edit(CALENDAR, marks[0], title).await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 1, 0, 0], "{row:#?}");
}

#[tokio::test]
async fn of_two_edits_apart_both_must_be_somewhere() {
    let (mut stage, marks) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();
    let ours = stage.title(marks[0]);
    stage.edit(Side::Schedule, marks[0], ours).await.unwrap();
    let theirs = stage.title(marks[0]);
    stage.edit(CALENDAR, marks[0], theirs).await.unwrap();
    stage.settle().await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 0, 0, 0], "{row:#?}");
}

#[tokio::test]
async fn mail_to_guests_is_counted() {
    let (mut stage, _) = Stage::with_items(provider_under_test().unwrap(), 2)
        .await
        .unwrap();
    let at = json!({ "date": "2027-03-02" });
    let until = json!({ "date": "2027-03-03" });
    let event = json!({ "summary": "party", "start": at, "end": until, "attendees": [{ "email": "guest@elsewhere.test" }] });

    stage.members[0].calendar.invite(event).await.unwrap();

    let row = audit(&mut stage).await;
    assert_eq!(harm(&row), [0, 0, 0, 1], "{row:#?}");
}
