//! What a member chose changes; nothing that happened under the old choice is lost.

use serde_json::{Value, json};

use crate::support::{Connected, google_visit, visit};

fn settings(selected: bool, direction: &str) -> Value {
    json!({ "selected": selected, "direction": direction, "history_days": null, "receives_new": false })
}

#[tokio::test]
async fn what_changed_while_a_calendar_was_left_out_is_written_once_it_is_back() {
    let mia = Connected::start().await;
    let edited = mia.create_entry(&visit("pump", 4)).await;
    let deleted = mia.create_entry(&visit("valve", 5)).await;
    mia.settle().await;

    mia.choose(&settings(false, "bidirectional")).await;
    let edited = edited["id"].as_str().unwrap();
    mia.patch_entry(edited, &json!({ "title": "pump, urgent" }))
        .await
        .expect(200)
        .unwrap();
    let deleted = format!(
        "/api/v1/schedule/entries/{}",
        deleted["id"].as_str().unwrap()
    );
    mia.person
        .delete(&deleted)
        .await
        .unwrap()
        .expect(204)
        .unwrap();
    mia.settle().await;
    mia.event("pump").await;
    mia.event("valve").await;
    mia.choose(&settings(true, "bidirectional")).await;
    mia.settle().await;

    mia.event("pump, urgent").await;
    assert_eq!(mia.calendar.events().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_could_not_flow_flows_once_the_direction_is_opened() {
    let mia = Connected::start().await;
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    mia.choose(&settings(true, "to_external")).await;
    mia.settle().await;

    let event = mia.event("pump").await;
    mia.calendar
        .patch(
            event["id"].as_str().unwrap(),
            json!({ "location": "Mill Lane 3" }),
        )
        .await
        .unwrap();
    mia.calendar
        .insert(google_visit("theirs", 6))
        .await
        .unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("pump").await["location"], "");
    assert_eq!(mia.entries().await.len(), 1);
    mia.choose(&settings(true, "bidirectional")).await;
    mia.settle().await;

    assert_eq!(mia.entry("pump").await["location"], "Mill Lane 3");
    mia.entry("theirs").await;
}
