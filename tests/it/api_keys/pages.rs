//! The pages of API keys: the form, and the one time that a key is shown.

use domain::api_key::ApiKey;
use reqwest::Method;
use serde_json::Value;
use tests::{person::Person, world::World};

use super::{KEYS, ask, read};
use crate::support::ADA;

#[tokio::test]
async fn a_page_makes_a_key_and_revokes_it() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let fields = [
        ("name", "Invoices"),
        ("scope-schedule.read", "on"),
        ("expires_in_days", "30"),
    ];

    let refused = ada
        .submit("/integrations/api-keys/new", &fields[..1])
        .await
        .unwrap();
    assert!(
        refused
            .expect(422)
            .unwrap()
            .text
            .contains("Choose at least one scope.")
    );
    let made = ada
        .submit("/integrations/api-keys/new", &fields)
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let (_, key) = made.text.split_once("Bearer ").unwrap();
    let key = key
        .split_once(' ')
        .unwrap()
        .0
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    let key = key.trim_end_matches("&#39;");
    read(&world, key).await.expect(200).unwrap();

    let id = ada.get(KEYS).await.unwrap().at("/items/0/id");
    let page = format!("/integrations/api-keys/{id}/revoke");
    assert!(
        ada.get(&page)
            .await
            .unwrap()
            .text
            .contains("Revoke Invoices?")
    );
    ada.submit(&page, &[]).await.unwrap().expect(303).unwrap();
    read(&world, key).await.expect(401).unwrap();
}

/// What stands in a call of `curl`: the method, the address and the body.
fn call_of(shown: &str) -> (Method, String, Option<Value>) {
    let (_, call) = shown.split_once("curl -H 'Authorization: Bearer ").unwrap();
    let (call, _) = call.split_once("</code>").unwrap();
    let call = call.replace("&amp;", "&").replace("&quot;", "\"");
    let quoted: Vec<&str> = call.split('\'').collect();
    let address = quoted.iter().find(|part| part.starts_with("http"));
    let path = address.unwrap().splitn(4, '/').last().unwrap();
    let body = quoted.iter().find(|part| part.starts_with('{'));
    let body: Option<Value> = body.map(|body| serde_json::from_str(body).unwrap());
    let method = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    (method, format!("/{path}"), body)
}

#[tokio::test]
async fn a_new_key_is_shown_with_a_call_that_it_may_make() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for scope in ApiKey::SCOPES {
        let ticked = format!("scope-{scope}");
        let fields = [("name", scope.name()), (ticked.as_str(), "on")];
        let made = ada.submit("/integrations/api-keys/new", &fields).await;
        let shown = made.unwrap().expect(200).unwrap().text;
        let (_, key) = shown.split_once("id=\"secret\">").unwrap();
        let (key, _) = key.split_once('<').unwrap();
        if shown.contains("No call takes these scopes alone") {
            assert!(!shown.contains("curl"), "{scope}");
            continue;
        }

        let (method, path, body) = call_of(&shown);
        let answer = ask(&world, key, method, &path, body.as_ref()).await;

        assert!(
            answer.status.is_success(),
            "{scope}: {path}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_page_says_how_often_a_key_may_ask() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let path = "/integrations/api-keys/new";
    let form = ada.get(path).await.unwrap().text;
    assert!(form.contains("Requests per minute"), "{form}");
    assert!(form.contains("value=\"600\""), "{form}");
    let named = |name, often| {
        [
            ("name", name),
            ("scope-schedule.read", "on"),
            ("requests_per_minute", often),
        ]
    };

    for often in ["0", "6001", "many", "-5"] {
        let refused = ada.submit(path, &named("Invoices", often)).await.unwrap();
        let refused = refused.expect(422).unwrap().text;
        assert!(
            refused.contains("Between 1 and 6000 requests per minute."),
            "{often}: {refused}"
        );
        assert!(
            refused.contains(&format!("value=\"{often}\"")),
            "{often}: what was typed stays"
        );
    }
    for (name, often, kept) in [("Said", "120", 120), ("Unsaid", "", 600)] {
        let made = ada.submit(path, &named(name, often)).await.unwrap();
        made.expect(200).unwrap();
        let listed = ada.get(KEYS).await.unwrap().json();
        let mut keys = listed["items"].as_array().unwrap().iter();
        let key = keys.find(|key| key["name"] == name).unwrap();
        assert_eq!(key["requests_per_minute"], kept, "{name}");
    }
}
