//! The audit log: what is written down, and for whom.

use reqwest::header::USER_AGENT;
use serde_json::{Value, json};
use tests::{
    person::Person,
    world::{DEMO_PASSWORD, World},
};

use crate::support::{ADA, Connected, MIA};

const AUDIT: &str = "/api/v1/ops/audit";
const BOB: &str = "bob@contoso.test";
const LOG_IN: &str = "/api/users/auth/login/";

/// Newest first, without the lines that reading it leaves behind.
async fn log(admin: &Person) -> Vec<Value> {
    let answer = admin.get(&format!("{AUDIT}?limit=200")).await.unwrap();
    let answer = answer.expect(200).unwrap().json();
    let lines = answer["items"].as_array().unwrap().clone();
    lines
        .into_iter()
        .filter(|line| line["action"] != "audit.read")
        .collect()
}

/// The only such line. Lines of one millisecond stand in any order.
fn the(log: &[Value], is_it: impl Fn(&Value) -> bool) -> &Value {
    let found: Vec<_> = log.iter().filter(|line| is_it(line)).collect();
    assert_eq!(found.len(), 1, "{log:?}");
    found[0]
}

#[tokio::test]
async fn who_came_in_and_who_did_not_is_written_down_with_where_they_were() {
    let world = World::start().await.unwrap();
    for password in ["kalends-wrong", DEMO_PASSWORD] {
        let stranger = Person::stranger(&world).unwrap();
        let request = stranger
            .request(reqwest::Method::POST, LOG_IN)
            .await
            .unwrap();
        let login = json!({ "email": MIA, "password": password });
        let request = request.header(USER_AGENT, "Story/1.0").json(&login);
        stranger.send(request).await.unwrap();
    }
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    let log = log(&ada).await;

    let came = the(&log, |line| {
        line["action"] == "member.signed_in" && line["staff_email"] == MIA
    });
    let refused = the(&log, |line| line["action"] == "member.sign_in_refused");
    assert_eq!(
        (&came["outcome"], &refused["outcome"]),
        (&json!("succeeded"), &json!("denied"))
    );
    assert_eq!(
        (&refused["actor_type"], &refused["staff_email"]),
        (&json!("unproven"), &Value::Null)
    );
    assert_eq!(refused["staff_id"], came["staff_id"]);
    for line in [came, refused] {
        assert_eq!(
            (&line["ip"], &line["user_agent"]),
            (&json!("127.0.0.1"), &json!("Story/1.0"))
        );
        assert!(!line["request_id"].as_str().unwrap().is_empty());
    }
    assert!(!json!(log).to_string().contains("kalends-wrong"));
}

#[tokio::test]
async fn an_id_of_another_organisation_is_written_down_for_the_one_who_named_it() {
    let world = World::start().await.unwrap();
    let ada = Connected::with(world.clone(), ADA).await;
    let bob = Connected::with(world, BOB).await;
    let theirs = format!("/api/v1/connections/{}", bob.connection);

    ada.person.get(&theirs).await.unwrap().expect(404).unwrap();
    let gone = ada.connection.replace("con_0", "con_1");
    ada.person
        .get(&format!("/api/v1/connections/{gone}"))
        .await
        .unwrap()
        .expect(404)
        .unwrap();
    let trace = format!("/api/v1/connections/{}/trace?q=con_pump", ada.connection);
    ada.person.get(&trace).await.unwrap().expect(200).unwrap();

    let denied: Vec<_> = log(&ada.person)
        .await
        .into_iter()
        .filter(|line| line["action"] == "access.cross_tenant_denied")
        .collect();
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0]["resource_type"], "connection");
    assert_eq!(denied[0]["resource_id"], bob.connection.as_str());
    assert_eq!(denied[0]["outcome"], "denied");
    let seen_by_bob = json!(log(&bob.person).await).to_string();
    assert!(!seen_by_bob.contains("cross_tenant_denied"));
    assert!(!seen_by_bob.contains(ADA));
}

#[tokio::test]
async fn what_a_role_does_not_allow_is_written_down() {
    let world = World::start().await.unwrap();
    let vic = Person::sign_in(&world, "vic@northwind.test").await.unwrap();
    vic.post("/api/v1/schedule/entries", &json!({}))
        .await
        .unwrap()
        .expect(403)
        .unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    let log = log(&ada).await;

    let denied = the(&log, |line| line["action"] == "access.denied");
    assert_eq!(denied["outcome"], "denied");
    assert_eq!(denied["staff_email"], "vic@northwind.test");
    assert_eq!(denied["resource_id"], "POST /api/v1/schedule/entries");
}

#[tokio::test]
async fn a_filter_that_names_nothing_is_said_and_filters_nothing() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for (filter, words) in [
        (
            "action=member.flew",
            "There is no such action. Choose one from the list.",
        ),
        (
            "outcome=maybe",
            "There is no such outcome. Choose succeeded or denied.",
        ),
        (
            "cursor=aud_1",
            "The list cannot go on from there, and is shown from its beginning.",
        ),
        ("who=mia", "There is no filter &quot;who&quot;."),
    ] {
        let page = ada.get(&format!("/ops/audit?{filter}")).await.unwrap();
        let page = page.expect(422).unwrap();
        assert!(page.text.contains(words), "{filter}: {}", page.text);
        assert!(page.text.contains(ADA), "{filter}");
    }
    let empty = "/ops/audit?action=&outcome=&cursor=";
    let page = ada.get(empty).await.unwrap().expect(200).unwrap();
    assert!(!page.text.contains("There is no such"));
}

#[tokio::test]
async fn a_page_of_older_lines_leads_back_to_the_newest() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let newest = log(&ada).await[0]["id"].as_str().unwrap().to_owned();
    let leads_back = "href=\"/ops/audit?action=&amp;outcome=&amp;cursor=\"";

    let first = ada.get("/ops/audit").await.unwrap().text;
    let older = format!("/ops/audit?cursor={newest}");
    let older = ada.get(&older).await.unwrap().expect(200).unwrap().text;

    assert_eq!(
        (first.contains(leads_back), older.contains(leads_back)),
        (false, true)
    );
}

#[tokio::test]
async fn only_administrators_read_it_and_that_is_written_down_too() {
    let world = World::start().await.unwrap();
    for name in ["ivo", "mia", "vic", "uwe"] {
        let person = Person::sign_in(&world, &format!("{name}@northwind.test"))
            .await
            .unwrap();
        person.get(AUDIT).await.unwrap().expect(403).unwrap();
        person.get("/ops/audit").await.unwrap().expect(403).unwrap();
    }
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    ada.get("/ops/audit").await.unwrap().expect(200).unwrap();

    let read = ada
        .get(&format!("{AUDIT}?action=audit.read"))
        .await
        .unwrap();

    let read = read.expect(200).unwrap();
    assert_eq!(read.at("/items/0/staff_email"), ADA);
    assert_eq!(
        read.at("/items/0/pii_accessed"),
        json!(["email", "ip"]).to_string()
    );
}

#[tokio::test]
async fn it_is_read_in_parts_and_by_what_happened() {
    let world = World::start().await.unwrap();
    for _ in 0..3 {
        Person::sign_in(&world, MIA).await.unwrap();
    }
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let path = format!("{AUDIT}?action=member.signed_in&outcome=succeeded&limit=3");

    let first = ada.get(&path).await.unwrap().expect(200).unwrap();
    let rest = ada
        .get(&format!("{path}&cursor={}", first.at("/next_cursor")))
        .await
        .unwrap();

    let rest = rest.expect(200).unwrap();
    let ids = |answer: &Value| -> Vec<String> {
        let lines = answer["items"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (first, rest) = (ids(&first.json()), ids(&rest.json()));
    assert_eq!((first.len(), rest.len()), (3, 1));
    assert!(rest.iter().all(|id| !first.contains(id)));
    for wrong in [
        "limit=0",
        "limit=201",
        "action=everything",
        "cursor=x",
        "other=1",
    ] {
        ada.get(&format!("{AUDIT}?{wrong}"))
            .await
            .unwrap()
            .expect(422)
            .unwrap();
    }
}
