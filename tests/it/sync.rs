//! Both directions, end to end: what a member does in the calendar is in the schedule, and the other way round.

use serde_json::json;
use tests::{calendar_user::calendar_user, world::World};

use crate::support::{Connected, MIA, google_visit, visit};

#[tokio::test]
async fn the_first_sync_imports_what_is_in_the_calendar() {
    let world = World::start().await.unwrap();
    let google = calendar_user(&world, MIA).unwrap();
    google.insert(google_visit("inspection", 3)).await.unwrap();
    google
        .insert(json!({
            "summary": "trade fair", "location": "Hall 4", "description": "bring <b>badges</b><br>and cards",
            "start": { "date": "2027-03-09" }, "end": { "date": "2027-03-11" }, "visibility": "private",
        }))
        .await
        .unwrap();

    let mia = Connected::with(world, MIA).await;

    assert_eq!(mia.entries().await.len(), 2);
    let fair = mia.entry("trade fair").await;
    assert_eq!(fair["start"], json!({ "date": "2027-03-09" }));
    assert_eq!(fair["end"], json!({ "date": "2027-03-11" }));
    assert_eq!(fair["location"], "Hall 4");
    assert_eq!(fair["notes"], "bring badges\nand cards");
    assert_eq!(fair["private"], true);
    let run = mia.last_run().await;
    assert_eq!(run["outcome"], "succeeded", "{run:#}");
    assert_eq!(run["counts"]["entries_created"], 2);
}

#[tokio::test]
async fn an_event_made_in_the_calendar_arrives_through_the_webhook() {
    let mia = Connected::start().await;

    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    let entry = mia.entry("boiler").await;
    assert_eq!(
        entry["start"],
        json!({ "local": "2027-03-03T10:00:00", "zone": "Europe/Berlin" })
    );
    let webhook = format!("webhooks-{}", mia.world.provider);
    assert!(mia.world.invocations()[&webhook] >= 1);
    assert_eq!(mia.last_run().await["trigger"], "notice");
}

#[tokio::test]
async fn a_change_and_a_deletion_in_the_calendar_follow() {
    let mia = Connected::start().await;
    let event = mia
        .calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;
    let id = event["id"].as_str().unwrap();

    mia.calendar
        .patch(
            id,
            json!({ "summary": "boiler, urgent", "location": "Mill Lane 3" }),
        )
        .await
        .unwrap();
    mia.settle().await;

    let entry = mia.entry("boiler, urgent").await;
    assert_eq!(
        (&entry["location"], &entry["version"]),
        (&json!("Mill Lane 3"), &json!(2))
    );

    mia.calendar.delete(id).await.unwrap();
    mia.settle().await;

    assert_eq!(mia.entries().await.len(), 0);
}

#[tokio::test]
async fn an_entry_made_here_reaches_the_calendar_and_follows_its_changes() {
    let mia = Connected::start().await;
    let mut entry = visit("pump", 4);
    entry["notes"] = json!("second floor");
    entry["location"] = json!("Mill Lane 3");

    let entry = mia.create_entry(&entry).await;
    mia.settle().await;

    let event = mia.event("pump").await;
    assert_eq!(event["description"], "second floor");
    assert_eq!(event["location"], "Mill Lane 3");
    assert_eq!(event["start"]["dateTime"], "2027-03-04T10:00:00+01:00");
    assert_eq!(event["start"]["timeZone"], "Europe/Berlin");

    let id = entry["id"].as_str().unwrap();
    let change = json!({ "start": { "date": "2027-03-05" }, "end": { "date": "2027-03-06" } });
    mia.patch_entry(id, &change).await.expect(200).unwrap();
    mia.settle().await;

    let event = mia.event("pump").await;
    assert_eq!(event["start"], json!({ "date": "2027-03-05" }));

    mia.person
        .delete(&format!("/api/v1/schedule/entries/{id}"))
        .await
        .unwrap()
        .expect(204)
        .unwrap();
    mia.settle().await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
    assert_eq!(mia.calls("events.insert").await, 1);
    assert_eq!(mia.calls("events.patch").await, 1);
    assert_eq!(mia.calls("events.delete").await, 1);
}

#[tokio::test]
async fn our_own_write_coming_back_changes_nothing() {
    let mia = Connected::start().await;

    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let before = mia.entry("pump").await;
    let run = mia.sync_now().await;

    assert_eq!(mia.entry("pump").await, before);
    assert_eq!(run["counts"]["entries_updated"], 0);
    assert_eq!(mia.calls("events.insert").await, 1);
    assert_eq!(mia.calls("events.patch").await, 0);
}

#[tokio::test]
async fn a_quiet_round_costs_one_call_per_calendar() {
    let mia = Connected::start().await;
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let before = mia.world.provider_calls();

    mia.sync_now().await;

    assert_eq!(mia.world.provider_calls() - before, 1);
}

#[tokio::test]
async fn a_series_is_one_event_on_either_side() {
    let mia = Connected::start().await;
    let mut weekly = visit("round", 1);
    weekly["recurrence"] = json!([
        "RRULE:FREQ=WEEKLY;COUNT=104",
        "EXDATE;TZID=Europe/Berlin:20270308T100000"
    ]);

    let entry = mia.create_entry(&weekly).await;
    mia.settle().await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 1);
    assert_eq!(
        mia.event("round").await["recurrence"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(mia.calls("events.insert").await, 1);

    let theirs = json!({ "summary": "standing meeting", "recurrence": ["RRULE:FREQ=MONTHLY;BYDAY=+1MO;INTERVAL=1"] });
    let mut event = google_visit("", 1);
    event
        .as_object_mut()
        .unwrap()
        .extend(theirs.as_object().unwrap().clone());
    mia.calendar.insert(event).await.unwrap();
    mia.settle().await;

    assert_eq!(
        mia.entry("standing meeting").await["recurrence"],
        json!(["RRULE:FREQ=MONTHLY;BYDAY=1MO"])
    );
    let id = entry["id"].as_str().unwrap();
    mia.patch_entry(id, &json!({ "title": "round trip" }))
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;
    assert_eq!(
        mia.calls("events.patch").await,
        1,
        "a series edit is one call"
    );
}

#[tokio::test]
async fn changes_of_different_fields_on_both_sides_are_merged() {
    let mia = Connected::start().await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let event = mia.event("pump").await;

    mia.calendar
        .patch(
            event["id"].as_str().unwrap(),
            json!({ "location": "Mill Lane 3" }),
        )
        .await
        .unwrap();
    mia.patch_entry(
        entry["id"].as_str().unwrap(),
        &json!({ "title": "pump, urgent" }),
    )
    .await
    .expect(200)
    .unwrap();
    mia.settle().await;

    assert_eq!(mia.entry("pump, urgent").await["location"], "Mill Lane 3");
    assert_eq!(mia.event("pump, urgent").await["location"], "Mill Lane 3");
}

#[tokio::test]
async fn the_same_field_changed_apart_is_one_conflict_and_nothing_is_overwritten() {
    let mia = Connected::start().await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    let event = mia.event("pump").await;

    mia.calendar
        .patch(
            event["id"].as_str().unwrap(),
            json!({ "summary": "theirs" }),
        )
        .await
        .unwrap();
    mia.patch_entry(entry["id"].as_str().unwrap(), &json!({ "title": "ours" }))
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;
    mia.sync_now().await;

    mia.entry("ours").await;
    mia.event("theirs").await;
    let detected = |name: &str| name == "CALENDAR_CONFLICT_DETECTED";
    let told = mia.world.aws.events_put();
    assert_eq!(
        told.iter()
            .filter(|event| detected(&event.detail_type))
            .count(),
        1
    );
}

#[tokio::test]
async fn every_change_of_an_entry_is_told_to_the_bus() {
    let mia = Connected::start().await;
    let entry = mia.create_entry(&visit("pump", 4)).await;
    let id = entry["id"].as_str().unwrap();
    mia.patch_entry(id, &json!({ "title": "pump 2" }))
        .await
        .expect(200)
        .unwrap();
    mia.person
        .delete(&format!("/api/v1/schedule/entries/{id}"))
        .await
        .unwrap()
        .expect(204)
        .unwrap();
    mia.settle().await;

    let told: Vec<String> = mia
        .world
        .aws
        .events_put()
        .into_iter()
        .map(|event| event.detail_type)
        .filter(|name| name.starts_with("SCHEDULE_"))
        .collect();

    assert_eq!(
        told,
        [
            "SCHEDULE_ENTRY_CREATED",
            "SCHEDULE_ENTRY_UPDATED",
            "SCHEDULE_ENTRY_DELETED"
        ]
    );
    assert_eq!(
        mia.calls("events.insert").await,
        0,
        "nothing is left to copy once it settles"
    );
}

#[tokio::test]
async fn entries_of_others_stay_out_of_the_calendar() {
    let mia = Connected::start().await;
    let ada = tests::person::Person::sign_in(&mia.world, "ada@northwind.test")
        .await
        .unwrap();

    ada.post("/api/v1/schedule/entries", &visit("board meeting", 4))
        .await
        .unwrap()
        .expect(201)
        .unwrap();
    mia.settle().await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_longer_history_is_read_once_it_is_chosen() {
    let world = World::start().await.unwrap();
    let google = calendar_user(&world, MIA).unwrap();
    let mut old = google_visit("long ago", 1);
    old["start"]["dateTime"] = json!("2027-01-11T10:00:00+01:00");
    old["end"]["dateTime"] = json!("2027-01-11T11:00:00+01:00");
    google.insert(old).await.unwrap();
    let mia = Connected::with_history(world, MIA, json!(7)).await;
    assert_eq!(mia.entries().await.len(), 0);

    mia.choose_primary(&json!(null)).await;
    mia.settle().await;

    mia.entry("long ago").await;
}

#[tokio::test]
async fn a_calendar_of_a_thousand_events_takes_a_call_per_page() {
    let world = World::start().await.unwrap();
    let google = calendar_user(&world, MIA).unwrap();
    for number in 0..1_000u16 {
        let mut event = google_visit(
            &format!("visit {number}"),
            u8::try_from(number % 28).unwrap() + 1,
        );
        if number % 5 == 0 {
            event["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
        }
        google.insert(event).await.unwrap();
    }
    let before = world.provider_calls();

    let mia = Connected::with(world, MIA).await;

    let calls = mia.world.provider_calls() - before;
    let series = u64::from(mia.world.habits().reads_each_series) * 200;
    assert!(calls - series.div_ceil(20) <= 15, "{calls} calls");
    assert_eq!(mia.last_run().await["counts"]["entries_created"], 1_000);
    let again = mia.sync_now().await;
    assert_eq!(again["counts"]["seen"], 0);
}
