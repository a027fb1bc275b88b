//! A calendar that shares busy times only, and one that is changed to and from it.

use serde_json::{Value, json};
use tests::{calendar_user::calendar_user, person::Person, world::World};

use crate::support::{Connected, MIA, google_visit, visit};

fn sharing(privacy: &str) -> Value {
    json!({
        "selected": true, "direction": "bidirectional", "history_days": null, "receives_new": true,
        "privacy": privacy,
    })
}

fn with_details(mut event: Value) -> Value {
    event["location"] = json!("Clinic");
    event["description"] = json!("Dr. Weiss");
    event
}

async fn titles(mia: &Connected) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let here = mia.occurrences().await;
    let there = mia.calendar.shown_in_2027().await.unwrap();
    (
        here.iter().map(|item| text(&item["title"])).collect(),
        there.iter().map(|event| text(&event["summary"])).collect(),
    )
}

#[tokio::test]
async fn what_was_private_from_the_start_is_nowhere_kept() {
    let world = World::start().await.unwrap();
    let calendar = calendar_user(&world, MIA).unwrap();
    let mut series = with_details(google_visit("Therapy", 1));
    series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=3"]);
    let series = calendar.insert(series).await.unwrap();
    let second = format!("{}_20270308T090000Z", series["id"].as_str().unwrap());
    let renamed = json!({ "summary": "Surgery", "location": "Ward" });
    calendar.patch(&second, renamed).await.unwrap();
    // Too long to be held, and so only named.
    let long = with_details(google_visit(&"Diagnosis".repeat(200), 2));
    calendar.insert(long).await.unwrap();
    let person = Person::sign_in(&world, MIA).await.unwrap();
    let connection = person.connect(world.provider).await.unwrap();
    let mia = Connected::from(tests::connected::Connected {
        world,
        person,
        calendar,
        connection,
    });
    mia.choose(&sharing("busy_only")).await;
    mia.settle().await;
    let moved = json!({
        "summary": "Relapse",
        "start": { "dateTime": "2027-03-16T12:00:00+01:00", "timeZone": "Europe/Berlin" },
        "end": { "dateTime": "2027-03-16T13:00:00+01:00", "timeZone": "Europe/Berlin" },
    });
    let third = second.replace("0308", "0315");
    mia.calendar.patch(&third, moved).await.unwrap();
    mia.settle().await;
    mia.sync_now().await;

    let (here, there) = titles(&mia).await;
    assert_eq!(here, ["Busy"; 3]);
    let spoken: Vec<&str> = there.iter().map(|title| title.get(..7).unwrap()).collect();
    assert_eq!(spoken, ["Therapy", "Diagnos", "Surgery", "Relapse"]);
    assert_eq!(
        mia.occurrences().await[2]["occurrence"]["start"]["local"],
        "2027-03-16T12:00:00"
    );
    assert_eq!(mia.api("/items").await["items"][0]["title"], "Busy");
    let stored = mia.world.everything_stored().await.unwrap();
    for word in [
        "Therapy",
        "Surgery",
        "Relapse",
        "Diagnosis",
        "Clinic",
        "Ward",
        "Weiss",
    ] {
        assert!(!stored.contains(word), "{word} is kept");
    }
}

#[tokio::test]
async fn details_go_and_come_with_the_choice_on_both_sides() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(with_details(google_visit("Doctor", 1)))
        .await
        .unwrap();
    let mut round = visit("round", 2);
    round["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=2"]);
    round["overrides"] = json!([{ "original": "20270309T090000Z", "title": "with inspector" }]);
    mia.create_entry(&round).await;
    mia.settle().await;
    let all = ["Doctor", "round", "with inspector"];
    assert_eq!(
        titles(&mia).await,
        (
            all.map(str::to_owned).to_vec(),
            all.map(str::to_owned).to_vec()
        )
    );

    mia.choose(&sharing("busy_only")).await;
    mia.settle().await;
    let (here, there) = titles(&mia).await;
    assert_eq!(
        here,
        ["Busy", "round", "with inspector"],
        "theirs is only busy here"
    );
    assert_eq!(there, ["Doctor", "Busy", "Busy"], "ours is only busy there");
    assert_eq!(mia.entry("Busy").await["location"], "");
    mia.sync_now().await;
    assert_eq!(titles(&mia).await, (here, there), "nothing flows back");

    mia.choose(&sharing("full")).await;
    mia.settle().await;
    assert_eq!(
        titles(&mia).await,
        (
            all.map(str::to_owned).to_vec(),
            all.map(str::to_owned).to_vec()
        )
    );
    assert_eq!(mia.entry("Doctor").await["location"], "Clinic");
    assert_eq!(mia.entries().await.len(), 2);
    assert_eq!(
        mia.calendar.events().await.unwrap().len(),
        3,
        "a series, its exception and theirs"
    );
}

#[tokio::test]
async fn the_form_chooses_privacy_and_who_wins_and_keeps_what_it_lacks() {
    let mia = Connected::start().await;
    let calendars = mia.api("/calendars").await["calendars"].clone();
    let primary = calendars
        .as_array()
        .unwrap()
        .iter()
        .find(|calendar| calendar["primary"] == true);
    let id = primary.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/connections/{}", mia.connection);
    let named = |field: &str| format!("{field}.{id}");
    let (selected, privacy, conflicts) = (named("selected"), named("privacy"), named("conflicts"));
    let kept = async || {
        let calendars = mia.api("/calendars").await["calendars"].clone();
        let own = calendars
            .as_array()
            .unwrap()
            .iter()
            .find(|calendar| calendar["id"] == id.as_str());
        let own = own.unwrap();
        [own["privacy"].clone(), own["conflicts"].clone()]
    };
    let send = async |fields: &[(&str, &str)]| mia.submit_settings(fields).await;

    let both = [
        (selected.as_str(), "on"),
        (&privacy, "busy_only"),
        (&conflicts, "external_wins"),
    ];
    send(&both).await.expect(303).unwrap();
    assert_eq!(kept().await, [json!("busy_only"), json!("external_wins")]);
    let page = mia
        .person
        .get(&path)
        .await
        .unwrap()
        .expect(200)
        .unwrap()
        .text;
    for chosen in [
        "value=\"busy_only\" selected",
        "value=\"external_wins\" selected",
    ] {
        assert!(page.contains(chosen), "{chosen}");
    }

    send(&[(&selected, "on")]).await.expect(303).unwrap();
    assert_eq!(kept().await, [json!("busy_only"), json!("external_wins")]);
    let wrong = send(&[
        (selected.as_str(), "on"),
        (&privacy, "open"),
        (&conflicts, "fair"),
    ])
    .await;
    let wrong = wrong.expect(422).unwrap().text;
    assert!(
        wrong.contains("Choose how much is shared.")
            && wrong.contains("Choose who wins a conflict.")
    );
    mia.settle().await;
}
