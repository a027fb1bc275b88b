//! Whose an imported entry is, and which event it is.

use super::*;
use crate::support::{ADA, MIA};
use tests::{calendar_user::calendar_user, world::World};

const LAMP: &str = "title,start\r\nlamp,2027-03-03\r\n";

async fn id_of(person: &Person) -> String {
    let profile = person.get("/api/users/auth/profile").await.unwrap();
    profile.at("/id")
}

/// Everything that somebody has themselves.
async fn own(person: &Person) -> Vec<String> {
    let path =
        "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z&assignee=me";
    let list = person.get(path).await.unwrap().expect(200).unwrap().json();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_row_without_a_name_is_of_whom_it_speaks() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (mias, adas) = (id_of(&mia).await, id_of(&ada).await);

    let mine = import(&mia, "text/csv", "", LAMP).await;
    let hers = import(&ada, "text/csv", "update_existing=true", LAMP).await;
    assert_eq!((counts(&mine), counts(&hers)), ([1, 0, 0, 0], [1, 0, 0, 0]));
    assert_eq!(
        (own(&mia).await, own(&ada).await),
        (vec!["lamp".into()], vec!["lamp".into()])
    );

    // One file for both, with what both have, and with what neither has.
    let team = format!(
        "title,start,assignees\r\nlamp,2027-03-03,{mias}\r\nlamp,2027-03-03,{adas}\r\n\
         pump,2027-03-04,{mias}\r\npump,2027-03-04,{adas}\r\n"
    );
    for expected in [[2, 0, 2, 0], [0, 0, 4, 0]] {
        let report = import(&ada, "text/csv", "update_existing=true", &team).await;
        assert_eq!(counts(&report), expected, "{report:#}");
    }
    assert_eq!(
        (own(&mia).await, own(&ada).await),
        (
            vec!["lamp".into(), "pump".into()],
            vec!["lamp".into(), "pump".into()]
        )
    );
}

#[tokio::test]
async fn nobody_finds_out_by_a_guess_what_a_colleague_has_in_private() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let adas = id_of(&ada).await;
    let row = |title: &str, whose: &str| {
        format!("title,start,private,assignees\r\n{title},2027-03-03,true,{whose}\r\n")
    };
    import(&ada, "text/csv", "", &row("therapy", "")).await;

    for title in ["therapy", "dentist"] {
        let guess = import(&mia, "text/csv", "dry_run=true", &row(title, "")).await;
        assert_eq!(counts(&guess), [1, 0, 0, 0], "{guess:#}");
        let guess = import(&mia, "text/csv", "dry_run=true", &row(title, &adas)).await;
        let no = "Only an administrator assigns entries to colleagues";
        assert_eq!(reasons(&guess), [(2, no)]);
    }
}

#[tokio::test]
async fn a_meeting_that_a_colleague_has_is_not_said_to_be_ones_own() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    import(&ada, "text/calendar", "", ROUND).await;

    let report = import(&mia, "text/calendar", "", ROUND).await;

    let hers = "It is there already, for colleagues: they or an administrator can assign you to it";
    assert_eq!(reasons(&report), [(3, hers)], "{report:#}");
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    assert_eq!(own(&mia).await, [""; 0]);
}

/// What a person does who moves in: a file of the calendar first, the calendar itself later.
#[tokio::test]
async fn what_was_imported_is_the_event_of_a_calendar_that_is_connected_later() {
    let world = World::start().await.unwrap();
    let calendar = calendar_user(&world, MIA).unwrap();
    let made = calendar
        .insert(google_visit("site visit", 3))
        .await
        .unwrap();
    let id = made["id"].as_str().unwrap();
    let there = calendar.get(id).await.unwrap();
    let uid = there["iCalUID"].as_str().unwrap();
    let file = format!(
        "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:site visit\r\n\
         DTSTART:20270303T090000Z\r\nDTEND:20270303T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let person = Person::sign_in(&world, MIA).await.unwrap();
    // The file was of yesterday.
    calendar
        .patch(id, json!({ "summary": "site visit, gate 3" }))
        .await
        .unwrap();
    import(&person, "text/calendar", "", &file).await;

    let mia = Connected::with(world, MIA).await;
    mia.settle().await;

    let seen: Vec<Value> = mia.entries().await;
    let titles: Vec<&Value> = seen.iter().map(|entry| &entry["title"]).collect();
    assert_eq!(titles, ["site visit, gate 3"], "the event is the newer one");
    assert_eq!(mia.titles_there().await, ["site visit, gate 3"]);
    // It is the person's event, and not a copy of ours: where it goes, the entry goes.
    mia.calendar.delete(id).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await, Vec::<Value>::new());
}
