//! What an import may do, and to whom.

use super::*;
use crate::support::{ADA, Kept, MIA};
use tests::world::World;

const PUMP: &str =
    "uid,title,start,end,zone\r\npump,pump,2027-03-02T14:00,2027-03-02T15:00,Europe/Berlin\r\n";

async fn mia() -> (World, Person) {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    (world, mia)
}

async fn entry(person: &Person, title: &str) -> Value {
    let path = "/api/v1/schedule/entries?from=2027-01-01T00:00:00Z&to=2027-12-31T00:00:00Z";
    let list = person.get(path).await.unwrap().expect(200).unwrap().json();
    let items = list["items"].as_array().unwrap();
    let found: Vec<&Value> = items.iter().filter(|item| item["title"] == title).collect();
    assert_eq!(found.len(), 1, "{title}: {list:#}");
    found[0].clone()
}

#[tokio::test]
async fn an_entry_that_is_there_is_changed_only_for_who_asks() {
    let (world, mia) = mia().await;
    import(&mia, "text/csv", "", PUMP).await;
    let id = entry(&mia, "pump").await["id"].as_str().unwrap().to_owned();
    let note = json!({ "notes": "code 4711" });
    let path = format!("/api/v1/schedule/entries/{id}");
    mia.json(Method::PATCH, &path, &note)
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let renamed = PUMP.replace("pump,pump", "pump,new pump");

    let kept = Kept::of(&world).await;
    let report = import(&mia, "text/csv", "", &renamed).await;
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    let differs = "It is there already and differs; it is changed only if you ask for that";
    assert_eq!(reasons(&report), [(2, differs)]);
    let report = import(
        &mia,
        "text/csv",
        "dry_run=true&update_existing=true",
        &renamed,
    )
    .await;
    assert_eq!(
        (counts(&report), &report["written"]),
        ([0, 1, 0, 0], &json!(false))
    );
    let mut changed = Kept::of(&world).await.differs_from(&kept);
    changed.retain(|key| !key.contains("#LOG"));
    assert_eq!(changed, [].into(), "but for what operators are told");

    let report = import(&mia, "text/csv", "update_existing=true", &renamed).await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let after = entry(&mia, "new pump").await;
    assert_eq!((&after["id"], &after["version"]), (&json!(id), &json!(3)));
    assert_eq!(
        after["notes"], "code 4711",
        "what the table does not speak of stays"
    );
    let trace = mia.get(&format!("{path}/trace")).await.unwrap().json();
    let overwritten = trace["items"].to_string();
    assert!(overwritten.contains(r#""title":"pump""#), "{trace:#}");
}

#[tokio::test]
async fn the_good_ones_go_in_or_none() {
    let (world, mia) = mia().await;
    let file = format!("{PUMP},lamp,tomorrow,,\r\n,lamp,2027-03-03,,\r\n,lamp,2027-03-03,,\r\n");
    let kept = Kept::of(&world).await;

    let report = import(&mia, "text/csv", "all_or_nothing=true", &file).await;
    assert_eq!(
        (counts(&report), &report["written"]),
        ([2, 0, 0, 2], &json!(false))
    );
    assert_eq!(Kept::of(&world).await.differs_from(&kept), [].into());

    let report = import(&mia, "text/csv", "", &file).await;
    assert_eq!(
        (counts(&report), &report["written"]),
        ([2, 0, 0, 2], &json!(true))
    );
    let when =
        "Start is a time such as 2027-03-02T14:00, or a day such as 2027-03-02 for whole days";
    assert_eq!(
        reasons(&report),
        [(3, when), (5, "It is the same as in line 4")]
    );
    entry(&mia, "lamp").await;
    let again = import(&mia, "text/csv", "", &file).await;
    assert_eq!(counts(&again), [0, 0, 2, 2]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_and_says_why() {
    let (world, mia) = mia().await;
    let kept = Kept::of(&world).await;
    let many = format!("title,start\n{}", "x,2027-03-02\n".repeat(2_001));
    let large = format!("title,start\n{}", " ".repeat(3 * 1024 * 1024));
    for (kind, query, file, status, code) in [
        ("text/calendar", "", "title,start\n", 422, "unreadable_file"),
        ("text/csv", "", "BEGIN:VCALENDAR\n", 422, "unreadable_file"),
        ("text/csv", "", many.as_str(), 422, "unreadable_file"),
        ("text/csv", "", large.as_str(), 413, "too_large"),
        ("application/json", "", "{}", 415, "not_a_file"),
        ("text/csv", "dry_run=perhaps", PUMP, 422, "invalid"),
        ("text/csv", "zone=Mars", PUMP, 422, "invalid"),
        ("text/csv", "else=1", PUMP, 422, "invalid"),
    ] {
        let answer = send(&mia, kind, query, file).await.expect(status).unwrap();
        assert_eq!(answer.at("/code"), code, "{}", answer.text);
    }
    for query in [
        "format=pdf",
        "",
        "format=ics&expand=occurrences",
        "format=csv&bom=1",
    ] {
        let answer = mia.get(&format!("{EXPORT}&{query}")).await.unwrap();
        assert_eq!(
            answer.expect(422).unwrap().at("/code"),
            "invalid",
            "{query}"
        );
    }
    assert_eq!(Kept::of(&world).await.differs_from(&kept), [].into());
}

#[tokio::test]
async fn who_exports_sees_what_they_may_see_on_the_list() {
    let (world, mia) = mia().await;
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let mut therapy = visit("therapy", 2);
    therapy["private"] = json!(true);
    let mut round = visit("round", 3);
    round["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=3"]);
    round["overrides"] =
        json!([{ "original": "20270304T090000Z", "private": true, "notes": "diagnosis" }]);
    for entry in [&therapy, &round] {
        ada.post("/api/v1/schedule/entries", entry)
            .await
            .unwrap()
            .expect(201)
            .unwrap();
    }
    let whose = ada.get("/api/users/auth/profile").await.unwrap().at("/id");

    for format in ["ics", "csv", "csv&expand=occurrences"] {
        let rest = format!("format={format}&assignee={whose}");
        let own = export(&ada, &rest).await.text;
        assert!(
            own.contains("therapy") && own.contains("diagnosis"),
            "{own}"
        );
        let seen = export(&mia, &rest).await.text;
        assert!(seen.contains("round"), "{seen}");
        // Not even that there is something on that day.
        let day = ["20270302", "2027-03-02"];
        assert!(!day.iter().any(|day| seen.contains(day)), "{seen}");
        assert!(
            !seen.contains("therapy") && !seen.contains("diagnosis"),
            "{seen}"
        );
        // Of what is there already nothing is taken over.
        let kind = if format == "ics" {
            "text/calendar"
        } else {
            "text/csv"
        };
        let report = import(&mia, kind, "update_existing=true", &seen).await;
        assert_eq!(counts(&report)[0..2], [0, 0], "{report:#}");
        let report = import(&mia, kind, "update_existing=true", &own).await;
        assert_eq!(counts(&report)[0..2], [0, 0], "{report:#}");
        assert!(!report.to_string().contains("\"entry\":null"));
    }
    let changed = export(&ada, &format!("format=csv&assignee={whose}"))
        .await
        .text;
    let changed = changed.replace("round", "square");
    let report = import(&mia, "text/csv", "update_existing=true", &changed).await;
    let not_yours =
        "It is there already and differs; only its assignees and administrators may change it";
    assert!(
        reasons(&report)
            .iter()
            .any(|(_, reason)| *reason == not_yours),
        "{report:#}"
    );
    let vic = Person::sign_in(&world, "vic@northwind.test").await.unwrap();
    send(&vic, "text/csv", "", PUMP).await.expect(403).unwrap();
}

#[tokio::test]
async fn a_file_of_another_organisation_makes_entries_of_ones_own() {
    let (world, mia) = mia().await;
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();
    bob.post("/api/v1/schedule/entries", &visit("pump", 2))
        .await
        .unwrap()
        .expect(201)
        .unwrap();
    let file = export(&bob, "format=ics").await.text;
    let theirs = entry(&bob, "pump").await;

    let report = import(&mia, "text/calendar", "update_existing=true", &file).await;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:#}");
    let again = import(&mia, "text/calendar", "", &file).await;
    assert_eq!(counts(&again), [0, 0, 1, 0]);

    assert_ne!(entry(&mia, "pump").await["id"], theirs["id"]);
    assert_eq!(entry(&bob, "pump").await, theirs);
    let table = export(&bob, "format=csv").await.text;
    let report = import(&mia, "text/csv", "update_existing=true", &table).await;
    let reason = reasons(&report)[0].1;
    assert!(reason.starts_with("There is no member mem_"), "{reason}");
}

#[tokio::test]
async fn exports_and_imports_are_written_down() {
    let (world, mia) = mia().await;
    import(&mia, "text/csv", "", PUMP).await;
    import(&mia, "text/csv", "dry_run=true", PUMP).await;
    export(&mia, "format=ics").await;
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    for (action, after) in [
        (
            "schedule.imported",
            json!({ "format": "csv", "created": 1, "updated": 0, "unchanged": 0, "refused": 0, "written": true }),
        ),
        (
            "schedule.exported",
            json!({ "format": "ics", "entries": 1, "from": "2027-01-01T00:00:00Z", "to": "2028-01-01T00:00:00Z" }),
        ),
    ] {
        let path = format!("/api/v1/ops/audit?action={action}");
        let lines = ada.get(&path).await.unwrap().expect(200).unwrap().json();
        let lines = lines["items"].as_array().unwrap();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_eq!(lines[0]["after"], after);
        assert_eq!(lines[0]["staff_email"], MIA);
    }
}
