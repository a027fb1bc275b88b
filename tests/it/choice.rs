//! What a member chose changes; nothing that happened under the old choice is lost.

use domain::{calendar::Calendar, id::CalendarId};
use futures::future::join;
use reqwest::{Method, header::IF_MATCH};
use serde_json::{Value, json};
use shared::{ids, store::StoreError};
use tests::person::Answer;

use crate::support::{Connected, MIA, google_visit, visit};

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

/// Saves a choice for the primary calendar over the version that was seen.
async fn choose_over(mia: &Connected, seen: Option<&str>, direction: &str) -> Answer {
    let path = format!("/api/v1/connections/{}/calendars", mia.connection);
    let mut line = settings(true, direction);
    line["id"] = mia.api("/calendars").await["calendars"][0]["id"].clone();
    let request = mia.person.request(Method::PUT, &path).await.unwrap();
    let request = match seen {
        Some(tag) => request.header(IF_MATCH, tag),
        None => request,
    };
    let choice = json!({ "calendars": [line] });
    mia.person.send(request.json(&choice)).await.unwrap()
}

async fn direction(mia: &Connected) -> Value {
    mia.api("/calendars").await["calendars"][0]["direction"].clone()
}

#[tokio::test]
async fn who_saves_over_anothers_choice_unseen_is_told() {
    let mia = Connected::start().await;
    let seen = format!("\"{}\"", mia.calendars_version().await);

    let first = choose_over(&mia, Some(&seen), "to_external").await;
    let first = first.expect(202).unwrap();
    let late = choose_over(&mia, Some(&seen), "from_external").await;

    assert_eq!(late.expect(412).unwrap().at("/code"), "version");
    assert_eq!(direction(&mia).await, "to_external");
    let next = first.header("etag").to_owned();
    assert_eq!(next, format!("\"{}\"", mia.calendars_version().await));
    let again = choose_over(&mia, Some(&next), "from_external").await;
    again.expect(202).unwrap();
    assert_eq!(direction(&mia).await, "from_external");
    let whatever = choose_over(&mia, None, "bidirectional").await;
    whatever.expect(202).unwrap();
    assert_eq!(direction(&mia).await, "bidirectional");
    mia.settle().await;
}

#[tokio::test]
async fn of_two_choices_in_the_same_moment_one_is_saved_whole() {
    let mia = Connected::start().await;
    let seen = format!("\"{}\"", mia.calendars_version().await);

    let (one, other) = join(
        choose_over(&mia, Some(&seen), "to_external"),
        choose_over(&mia, Some(&seen), "from_external"),
    )
    .await;

    let mut said = [one.status.as_u16(), other.status.as_u16()];
    said.sort_unstable();
    assert_eq!(said, [202, 412]);
    let kept = if one.status == 202 {
        "to_external"
    } else {
        "from_external"
    };
    assert_eq!(direction(&mia).await, kept);
    mia.settle().await;
}

#[tokio::test]
async fn a_choice_is_saved_while_the_other_calendars_are_what_was_seen() {
    let mia = Connected::start().await;
    let store = mia.world.tenant_of(MIA).await.unwrap();
    let connection = mia.connection.parse().unwrap();
    let primary = store.calendars(connection).await.unwrap().remove(0);
    let second = Calendar {
        id: ids::mint(store.id(), mia.world.clock.now(), CalendarId::from_parts),
        external_id: "second".into(),
        version: 0,
        ..primary.clone()
    };
    store.put_calendars(&[second]).await.unwrap();
    let of_second = |one: &Calendar| one.external_id == "second";
    let seen = store.calendars(connection).await.unwrap();
    let (others, mut changed): (Vec<_>, Vec<_>) = seen.into_iter().partition(of_second);
    changed[0].settings.receives_new = false;

    // Somebody else makes the other one receive what is new.
    store.put_calendars(&others).await.unwrap();
    let mixed = store.put_choice(connection, &changed, &others).await;

    assert!(matches!(mixed, Err(StoreError::Conflict)), "{mixed:?}");
    let mut now = store.calendars(connection).await.unwrap();
    assert!(now.contains(&primary), "{now:?}");
    now.retain(of_second);
    let whole = store.put_choice(connection, &changed, &now).await;
    whole.unwrap();
}

#[tokio::test]
async fn a_page_that_stood_open_saves_over_nobody_and_shows_what_is_there() {
    let mia = Connected::start().await;
    let calendar = mia.api("/calendars").await["calendars"][0]["id"].clone();
    let calendar = calendar.as_str().unwrap();
    let (selected, field) = (
        format!("selected.{calendar}"),
        format!("direction.{calendar}"),
    );
    let seen = mia.calendars_version().await;
    let page = format!("/connections/{}", mia.connection);
    let late = [
        (selected.as_str(), "on"),
        (&field, "from_external"),
        ("version", &seen),
    ];
    let submit = async |path: String, fields: &[(&str, &str)]| {
        mia.person.submit(&path, fields).await.unwrap()
    };

    mia.choose(&settings(true, "to_external")).await;
    // A look ahead in between is none at what the others chose.
    let preview = submit(format!("{page}/preview"), &late).await;
    let carried = format!("name=\"version\" value=\"{seen}\"");
    assert!(preview.expect(200).unwrap().text.contains(&carried));
    let refused = submit(format!("{page}/settings"), &late).await;

    assert_eq!(refused.expect(303).unwrap().header("location"), page);
    let shown = mia.person.get(&page).await.unwrap().expect(200).unwrap();
    assert!(shown.text.contains("Somebody was faster"), "{}", shown.text);
    assert!(
        shown
            .text
            .contains("<option value=\"to_external\" selected>")
    );
    assert_eq!(direction(&mia).await, "to_external");
    let without = submit(format!("{page}/settings"), &late[..2]).await;
    without.expect(422).unwrap();
    mia.submit_settings(&late[..2]).await.expect(303).unwrap();
    assert_eq!(direction(&mia).await, "from_external");
    mia.settle().await;
}
