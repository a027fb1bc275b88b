//! What happened to an entry and who did it, and bringing back what was removed.

mod why;

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::person::{Answer, Person};

use crate::support::{Connected, MIA, google_visit, visit};

const ADA: &str = "ada@northwind.test";

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn entry_path(id: &str) -> String {
    format!("/api/v1/schedule/entries/{id}")
}

async fn trace_by(person: &Person, entry: &str) -> Answer {
    let path = format!("{}/trace", entry_path(entry));
    person.get(&path).await.unwrap()
}

/// In order of words: what happens in one moment of a clock that stands still has no other order.
async fn trace(mia: &Connected, entry: &str) -> Vec<Value> {
    let list = trace_by(&mia.person, entry).await.expect(200).unwrap();
    let mut items = list.json()["items"].as_array().unwrap().clone();
    let at = |one: &Value| -> Timestamp { one["at"].as_str().unwrap().parse().unwrap() };
    assert!(items.is_sorted_by_key(|one| Reverse(at(one))), "{items:#?}");
    items.sort_by_key(|one| one["words"].to_string());
    items
}

fn words(trace: &[Value]) -> Vec<(&str, &str)> {
    let told = trace.iter().map(|one| {
        let by = one["by"]["kind"].as_str().unwrap();
        (one["words"].as_str().unwrap(), by)
    });
    told.collect()
}

async fn delete_entry(mia: &Connected, id: &str) {
    let deleted = mia.person.delete(&entry_path(id)).await.unwrap();
    deleted.expect(204).unwrap();
    mia.settle().await;
}

#[tokio::test]
async fn an_entry_tells_who_did_what_and_what_it_said_before() {
    let mia = Connected::start().await;
    let entry = id(&mia.create_entry(&visit("pump", 4)).await);
    mia.settle().await;
    let change = json!({ "title": "pump, urgent", "notes": "second floor" });
    mia.patch_entry(&entry, &change).await.expect(200).unwrap();
    mia.settle().await;
    let event = id(&mia.event("pump, urgent").await);
    let change = json!({ "location": "Mill Lane 3" });
    mia.calendar.patch(&event, change).await.unwrap();
    mia.settle().await;

    let told = trace(&mia, &entry).await;

    assert_eq!(
        words(&told),
        [
            ("Changed as it was in the calendar: place", "sync"),
            ("Changed here: title and notes", "member"),
            ("Copied to the calendar", "sync"),
            ("Created here", "member"),
            ("Written to the calendar: title and notes", "sync"),
        ]
    );
    assert_eq!(told[1]["by"]["name"], "Mia Moser");
    let calendar = told[0]["by"]["name"].as_str().unwrap();
    assert!(calendar.ends_with("mia@northwind.test"), "{calendar}");
    assert_eq!(told[0]["by"]["external_id"], event);
    let was = |number: usize| told[number]["overwritten"][0].clone();
    assert_eq!(was(1)["side"], "entry");
    assert_eq!(was(1)["content"]["title"], "pump");
    assert_eq!(was(4)["side"], "event");
    assert_eq!(
        was(4)["words"],
        "Title: pump\nTime: 4 March 2027, 10:00 – 11:00 Europe/Berlin\nPrivate: No"
    );
    assert_eq!(told[3]["overwritten"], json!([]));
}

#[tokio::test]
async fn a_decision_is_told_with_what_it_overwrote() {
    let mia = Connected::start().await;
    let conflict = mia.fall_apart("pump", 4).await;
    let keep = json!({ "keep": "external", "version": conflict["version"] });
    let path = format!("/api/v1/conflicts/{}/resolve", id(&conflict));
    let decided = mia.person.post(&path, &keep).await.unwrap();
    decided.expect(200).unwrap();
    mia.settle().await;

    let told = trace(&mia, conflict["entry"].as_str().unwrap()).await;

    assert_eq!(
        words(&told),
        [
            ("Changed as it was in the calendar: title", "sync"),
            (
                "Changed here and in the calendar, differently: title",
                "sync"
            ),
            ("Changed here: title", "member"),
            ("Copied to the calendar", "sync"),
            ("Created here", "member"),
            (
                "The conflict was decided: keep of the calendar title",
                "member"
            ),
        ]
    );
    assert_eq!(told[0]["overwritten"][0]["content"]["title"], "pump, ours");
}

#[tokio::test]
async fn what_happened_is_told_to_assignees_and_operators() {
    let mia = Connected::start().await;
    let entry = id(&mia.create_entry(&visit("pump", 4)).await);
    mia.settle().await;
    let read_by = async |email: &str| {
        let person = Person::sign_in(&mia.world, email).await.unwrap();
        trace_by(&person, &entry).await
    };
    for (email, status) in [
        (ADA, 200),
        ("ivo@northwind.test", 200),
        ("max@northwind.test", 403),
        ("vic@northwind.test", 403),
        ("uwe@northwind.test", 403),
    ] {
        assert_eq!(read_by(email).await.status.as_u16(), status, "{email}");
    }

    let secret = json!({ "title": "doctor", "private": true });
    mia.patch_entry(&entry, &secret).await.expect(200).unwrap();
    assert_eq!(read_by(ADA).await.status, 404, "private is private");

    let open = json!({ "title": "pump", "private": false });
    mia.patch_entry(&entry, &open).await.expect(200).unwrap();
    let told = read_by(ADA).await.expect(200).unwrap();
    assert!(!told.text.contains("doctor"), "{}", told.text);
    assert!(told.text.contains("Busy"), "{}", told.text);
    let own = trace_by(&mia.person, &entry).await;
    assert!(own.text.contains("doctor"));
}

#[tokio::test]
async fn a_colleagues_calendar_is_not_named_to_other_assignees() {
    let mia = Connected::start().await;
    let ada = Connected::with(mia.world.clone(), ADA).await;
    let profile = |person| async move { Person::get(person, "/api/users/auth/profile/").await };
    let max = Person::sign_in(&mia.world, "max@northwind.test")
        .await
        .unwrap();
    let members = [
        profile(&mia.person).await.unwrap().at("/id"),
        profile(&ada.person).await.unwrap().at("/id"),
        profile(&max).await.unwrap().at("/id"),
    ];
    let mut shared = visit("all hands", 4);
    shared["assignees"] = json!(members);
    let entry = id(&ada.create_entry(&shared).await);
    ada.settle().await;

    let told = trace_by(&max, &entry).await.expect(200).unwrap();
    for hidden in ["mia@northwind.test", ADA] {
        assert!(!told.text.contains(hidden), "{}", told.text);
    }
    assert!(told.text.contains("a colleague's calendar"));
    let told = trace_by(&mia.person, &entry).await;
    assert!(told.text.contains("mia@northwind.test") && !told.text.contains(ADA));
    let told = trace_by(&ada.person, &entry).await;
    assert!(told.text.contains("mia@northwind.test") && told.text.contains(ADA));
}

#[tokio::test]
async fn a_deleted_entry_can_be_brought_back_for_thirty_days() {
    let mia = Connected::start().await;
    let mut weekly = visit("round", 4);
    weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
    weekly["notes"] = json!("bring keys");
    let before = mia.create_entry(&weekly).await;
    mia.settle().await;
    delete_entry(&mia, &id(&before)).await;
    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
    let list = async |person: &Person| {
        let list = person.get("/api/v1/schedule/deleted").await.unwrap();
        list.expect(200).unwrap().json()["items"].clone()
    };
    assert_eq!(list(&mia.person).await[0]["title"], "round");
    let told = trace(&mia, &id(&before)).await;
    let deleted = ("Deleted here", "member");
    assert!(words(&told).contains(&deleted), "{told:#?}");

    let restore = format!("/api/v1/schedule/deleted/{}/restore", id(&before));
    let back = mia.person.post(&restore, &json!({})).await.unwrap();
    let back = back.expect(200).unwrap().json();

    assert_eq!((&back["id"], &back["version"]), (&before["id"], &json!(3)));
    for same in ["title", "notes", "recurrence", "start", "assignees"] {
        assert_eq!(back[same], before[same], "{same}");
    }
    mia.settle().await;
    assert_eq!(mia.event("round").await["description"], "bring keys");
    assert_eq!(list(&mia.person).await, json!([]));
    mia.sync_now().await;
    assert_eq!(mia.entries().await.len(), 1);
    let again = mia.person.post(&restore, &json!({})).await.unwrap();
    assert_eq!(again.status, 404);

    delete_entry(&mia, &id(&before)).await;
    let month = SignedDuration::from_hours(24 * 30);
    mia.world.clock.advance(month).unwrap();
    let person = Person::sign_in(&mia.world, MIA).await.unwrap();
    assert_eq!(list(&person).await, json!([]));
    let late = person.post(&restore, &json!({})).await.unwrap();
    assert_eq!(late.status, 404);
}

#[tokio::test]
async fn an_entry_that_a_calendar_deleted_can_be_brought_back_too() {
    let mia = Connected::start().await;
    let event = id(&mia
        .calendar
        .insert(google_visit("boiler", 9))
        .await
        .unwrap());
    mia.settle().await;
    let entry = id(&mia.entry("boiler").await);
    mia.calendar.delete(&event).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entries().await.len(), 0);

    let restore = format!("/schedule/deleted/{entry}/restore");
    let shown = mia.person.get("/schedule/deleted").await.unwrap();
    assert!(shown.text.contains(&restore), "{}", shown.text);
    let back = mia.person.submit(&restore, &[]).await.unwrap();
    let page = format!("/schedule/{entry}");
    assert_eq!(back.expect(303).unwrap().header("location"), page);
    mia.settle().await;

    mia.event("boiler").await;
    assert_eq!(id(&mia.entry("boiler").await), entry);
}

#[tokio::test]
async fn only_who_might_have_deleted_it_brings_it_back() {
    let mia = Connected::start().await;
    let entry = id(&mia.create_entry(&visit("pump", 4)).await);
    delete_entry(&mia, &entry).await;
    let restore = format!("/api/v1/schedule/deleted/{entry}/restore");
    for colleague in ["ivo@", "max@", "vic@", "uwe@"] {
        let email = format!("{colleague}northwind.test");
        let person = Person::sign_in(&mia.world, &email).await.unwrap();
        let refused = person.post(&restore, &json!({})).await.unwrap();
        // Whoever may write nothing at all is told so at once.
        let told = if colleague == "vic@" { 403 } else { 404 };
        assert_eq!(refused.status, told, "{email}");
        let list = person.get("/api/v1/schedule/deleted").await.unwrap();
        assert_eq!(list.json()["items"], json!([]), "{email}");
    }

    let ada = Person::sign_in(&mia.world, ADA).await.unwrap();
    let back = ada.post(&restore, &json!({})).await.unwrap();
    back.expect(200).unwrap();
    mia.settle().await;
    mia.event("pump").await;
}

/// An entry of ours whose copy was removed in the calendar.
async fn removed(mia: &Connected) -> String {
    let entry = id(&mia.create_entry(&visit("pump", 4)).await);
    mia.settle().await;
    let event = id(&mia.event("pump").await);
    mia.calendar.delete(&event).await.unwrap();
    mia.settle().await;
    entry
}

#[tokio::test]
async fn a_copy_that_was_removed_stays_away_until_it_is_asked_for() {
    let mia = Connected::start().await;
    let entry = removed(&mia).await;
    let change = json!({ "title": "pump, urgent" });
    mia.patch_entry(&entry, &change).await.expect(200).unwrap();
    mia.settle().await;
    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
    let page = format!("/schedule/{entry}");
    let put_back = format!("{page}/copies/{}/restore", mia.connection);
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(shown.contains("Removed from this calendar."), "{shown}");
    assert!(shown.contains(&put_back), "{shown}");

    let done = mia.person.submit(&put_back, &[]).await.unwrap();
    assert_eq!(done.expect(303).unwrap().header("location"), page);
    mia.settle().await;

    mia.event("pump, urgent").await;
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(!shown.contains("Put it back"), "{shown}");
    assert!(shown.contains("Asked for in the calendar again"), "{shown}");
    let event = mia.event("pump, urgent").await;
    let change = json!({ "location": "Mill Lane 3" });
    mia.calendar.patch(&id(&event), change).await.unwrap();
    mia.settle().await;
    assert_eq!(mia.entry("pump, urgent").await["location"], "Mill Lane 3");
}

#[tokio::test]
async fn only_what_was_removed_is_put_back_and_only_where_it_is_written() {
    let mia = Connected::start().await;
    let entry = id(&mia.create_entry(&visit("valve", 5)).await);
    mia.settle().await;
    let ask = async |entry: &str| {
        let rest = format!("copies/{}/restore", mia.connection);
        let path = format!("{}/{rest}", entry_path(entry));
        mia.person.post(&path, &json!({})).await.unwrap()
    };
    let there = ask(&entry).await.expect(409).unwrap();
    assert_eq!(there.at("/code"), "not_removed");

    let entry = removed(&mia).await;
    let ada = Person::sign_in(&mia.world, ADA).await.unwrap();
    let max = Person::sign_in(&mia.world, "max@northwind.test")
        .await
        .unwrap();
    let path = format!("{}/copies/{}/restore", entry_path(&entry), mia.connection);
    let refused = max.post(&path, &json!({})).await.unwrap();
    assert_eq!(refused.status, 403);
    mia.choose(&json!({ "selected": true, "direction": "from_external", "history_days": 30 }))
        .await;
    mia.settle().await;
    let unwritten = ask(&entry).await.expect(409).unwrap();
    assert_eq!(unwritten.at("/code"), "not_written_there");

    mia.choose_primary(&json!(30)).await;
    mia.settle().await;
    let asked = ada.post(&path, &json!({})).await.unwrap();
    assert!(asked.expect(202).unwrap().at("/run").starts_with("run_"));
    mia.settle().await;
    mia.event("pump").await;
}

#[tokio::test]
async fn an_entrys_page_leads_to_its_conflict_and_says_what_happened() {
    let mia = Connected::start().await;
    let conflict = mia.fall_apart("pump", 4).await;
    let page = format!("/schedule/{}", conflict["entry"].as_str().unwrap());

    let shown = mia.person.get(&page).await.unwrap().text;

    for words in [
        format!("href=\"/conflicts/{}\"", id(&conflict)),
        "What happened".to_owned(),
        "Changed here: title".to_owned(),
        "What the entry said before".to_owned(),
        "Title: pump\n".to_owned(),
    ] {
        assert!(shown.contains(&words), "{words}: {shown}");
    }
}
