//! The integration log as a table.

use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::World,
};

use super::{
    IVO, logged,
    reported::{program, report},
};
const FILE: &str = "/api/integrations/logs.csv";
const PAGE_FILE: &str = "/integrations/logs.csv";

async fn told(world: &World, key: &str, words: &[&str]) {
    for message in words {
        let body = json!({ "status": "error", "event_type": "order.received", "message": message });
        let answer = report(world, key, "edi", &body).await;
        answer.expect(201).unwrap();
    }
}

async fn taken(person: &Person, address: &str) -> (Vec<Value>, Option<String>) {
    let answer = person.get(address).await.unwrap().expect(200).unwrap();
    (rows(&answer), leads_on(&answer))
}

/// Each row as an object, as a spreadsheet with these columns has it.
fn rows(answer: &Answer) -> Vec<Value> {
    let mut table = csv::Reader::from_reader(answer.text.as_bytes());
    let columns = table.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        let cells = columns.iter().zip(&row);
        cells
            .map(|(name, cell)| (name.to_owned(), json!(cell)))
            .collect()
    };
    table.records().map(|found| row(found.unwrap())).collect()
}

fn leads_on(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().ok()?;
    let address = link.strip_suffix(">; rel=\"next\"")?.strip_prefix('<')?;
    Some(address.to_owned())
}

#[tokio::test]
async fn the_table_has_what_the_log_has_in_cells_that_nothing_computes() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let awkward = "Order \"7\", of\ntwo lines; refused";
    told(&world, &key, &["Order 6", awkward, "=HYPERLINK(\"x\")"]).await;

    for address in [FILE, PAGE_FILE] {
        let answer = ada.get(address).await.unwrap().expect(200).unwrap();
        let kept = answer.headers["content-disposition"].to_str().unwrap();
        assert!(
            kept.starts_with("attachment; filename=\"integration-log-2"),
            "{kept}"
        );
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let (found, listed) = (rows(&answer), logged(&ada, "").await);
        assert_eq!(found.len(), listed.len(), "{address}");
        for (row, event) in found.iter().zip(&listed) {
            for field in ["id", "timestamp", "event_type", "correlation_id"] {
                assert_eq!(row[field], event[field], "{address} {field}");
            }
        }
        let told = |words: &str| found.iter().find(|row| row["message"] == words).unwrap();
        assert_eq!(told("'=HYPERLINK(\"x\")")["retry_count"], "0");
        assert_eq!(told(awkward)["run_id"], "", "there is none");
    }
}

#[test]
fn the_name_of_a_request_is_a_word_that_a_cell_keeps_as_it_is() {
    for name in std::iter::repeat_with(shared::ids::request).take(1_000) {
        assert!(
            name.starts_with(|c: char| c.is_ascii_alphabetic()),
            "{name}"
        );
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        assert_eq!(domain::mask::text(&name), name);
    }
}

#[tokio::test]
async fn a_table_in_parts_leads_on_until_all_of_what_was_asked_for_is_told() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    told(&world, &key, &["One", "Two", "Three"]).await;
    let wanted = "status=error&integration_type=edi";

    let (mut found, mut next) = taken(&ada, &format!("{FILE}?{wanted}&limit=2")).await;
    assert_eq!(found.len(), 2);
    while let Some(address) = next {
        let (more, further) = taken(&ada, &address).await;
        found.extend(more);
        next = further;
    }

    let messages = |rows: &[Value]| rows.iter().map(|row| row["message"].clone()).collect();
    let listed: Vec<Value> = messages(&logged(&ada, wanted).await);
    assert_eq!(listed.len(), 3);
    assert_eq!(messages(&found), listed);
    let too_many = ada.get(&format!("{FILE}?limit=2001")).await.unwrap();
    assert_eq!(too_many.status, 422);
}

#[tokio::test]
async fn a_table_shows_people_to_those_who_may_see_them() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    told(&world, &key, &["Mail to jan@example.com bounced"]).await;
    let ivo = Person::sign_in(&world, IVO).await.unwrap();
    let mia = Person::sign_in(&world, "mia@northwind.test").await.unwrap();

    let seen = async |person| taken(person, FILE).await.0[0]["message"].clone();
    assert_eq!(seen(&ada).await, "Mail to jan@example.com bounced");
    assert_eq!(seen(&ivo).await, "Mail to j***@example.com bounced");
    assert_eq!(mia.get(FILE).await.unwrap().status, 403);
}
