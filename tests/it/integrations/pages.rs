//! The operator's pages: what they say of what was asked, and where they lead.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;
use tests::{person::Person, world::World};

use super::{DASHBOARD, IVO, logged, read, reported::report};
use crate::support::{ADA, Connected, MIA, api_key};

const LOG: &str = "/integrations/logs";

async fn page(person: &Person, path: &str) -> String {
    person.get(path).await.unwrap().expect(200).unwrap().text
}

#[tokio::test]
async fn a_retry_leads_back_to_where_it_was_pressed() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    ada.everything_breaks().await;
    ada.sync_now().await;
    let failed = logged(&ada.person, "status=error").await;
    let id = failed[0]["id"].as_str().unwrap();
    let here = format!("{LOG}?status=error&integration_type=&date_range=24h");
    let shown = page(&ada.person, &here).await;
    let (_, field) = shown.split_once(r#"name="next" value=""#).unwrap();
    let (next, _) = field.split_once('"').unwrap();
    let next = next.replace("&amp;", "&");
    assert!(next.starts_with(&here), "{next}");

    for (next, expected) in [
        (next.as_str(), format!("{next}#event-{id}")),
        ("https://evil.test/", format!("/#event-{id}")),
    ] {
        let retry = format!("{LOG}/{id}/retry");
        let pressed = ada.person.submit(&retry, &[("next", next)]).await;
        let led = pressed.unwrap().expect(303).unwrap();
        assert_eq!(led.header("location"), expected);
    }
}

#[tokio::test]
async fn a_filter_that_names_nothing_is_said_and_filters_nothing() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let said = [
        (
            "status=nonsense",
            "There is no such status. Choose success, warning or error.",
        ),
        (
            "integration_type=outlook",
            "There is no such integration. Choose google, microsoft, comarch, edi, api_keys, webhooks or files.",
        ),
        (
            "date_range=2h",
            "There is no such time. Choose 1h, 24h, 7d or 30d.",
        ),
        (
            "cursor=x",
            "The list cannot go on from there, and is shown from its beginning.",
        ),
        ("level=error", "There is no filter &quot;level&quot;."),
    ];
    for (asked, words) in said {
        let answer = ada.get(&format!("{LOG}?{asked}")).await.unwrap();
        let shown = answer.expect(422).unwrap().text;
        assert!(shown.contains(words), "{asked}: {shown}");
        assert!(
            shown.contains("id=\"filter\""),
            "{asked}: it can be corrected"
        );
        assert!(
            !shown.contains("id=\"clear\""),
            "{asked}: nothing is filtered"
        );

        let file = ada.get(&format!("{LOG}.csv?{asked}")).await.unwrap();
        assert_eq!(file.status, 422, "{asked}: no file of everything");
        let api = ada.get(&format!("/api/integrations/logs?{asked}")).await;
        let api = api.unwrap().expect(422).unwrap();
        assert_eq!(api.at("/code"), "invalid", "{asked}");
    }
    let empty = format!("{LOG}?status=&integration_type=&date_range=&correlation_id=&cursor=");
    assert!(!page(&ada, &empty).await.contains("There is no"));
}

#[tokio::test]
async fn whoever_names_an_unknown_connector_is_told_which_there_are() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for path in ["outlook", "api_keys", "outlook/forget"] {
        let answer = ada.get(&format!("/integrations/{path}")).await.unwrap();
        let shown = answer.expect(404).unwrap().text;
        let words = "There is no such integration. Those with a page of their own are google, microsoft, comarch and edi.";
        assert!(shown.contains(words), "{path}: {shown}");
    }
    let event =
        json!({ "status": "success", "event_type": "order.received", "message": "Order 7" });
    for name in ["outlook", "google"] {
        let path = format!("/api/v1/integrations/{name}/events");
        let answer = ada.post(&path, &event).await.unwrap().expect(404).unwrap();
        let words = "There is no such connector. Those that report are comarch and edi.";
        assert_eq!(answer.at("/detail"), words, "{name}");
    }
}

#[tokio::test]
async fn the_log_of_a_day_holds_what_the_dashboard_counts_of_it() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let (_, key) = api_key(&ada, json!({ "scopes": ["integrations.report"] })).await;
    let failed = json!({ "status": "error", "event_type": "order.received", "message": "Order 7" });
    for _ in 0..8 {
        let told = report(&world, &key, "edi", &failed).await;
        told.expect(201).unwrap();
        world.clock.advance(SignedDuration::from_mins(7)).unwrap();
    }
    world.clock.advance(SignedDuration::from_hours(23)).unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();

    let mut seen = BTreeSet::new();
    for _ in 0..12 {
        let counted = read(&ada, DASHBOARD).await["error_summary"]["failed_count_24h"].clone();
        let listed = logged(&ada, "status=error&date_range=24h").await.len();
        assert_eq!(counted, listed);
        seen.insert(listed);
        world.clock.advance(SignedDuration::from_mins(5)).unwrap();
    }
    assert!(seen.len() > 3, "they leave one after the other: {seen:?}");
}

/// Where the links of a page lead on this host, without what is asked there: weeks go on for ever.
fn links(shown: &str) -> impl Iterator<Item = String> {
    let links = shown.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let local = links.filter(|link| link.starts_with('/') && !link.starts_with("/assets/"));
    local.map(|link| link.replace("&amp;", "&"))
}

#[tokio::test]
async fn nobody_is_led_where_they_may_not_go() {
    let ada = Connected::with(World::start().await.unwrap(), ADA).await;
    let mia = Connected::with(ada.world.clone(), MIA).await;
    ada.everything_breaks().await;
    mia.sync_now().await;
    let event = json!({ "status": "error", "event_type": "order.received", "message": "Order 7" });
    ada.person.is_back().await.unwrap();
    let told = ada.person.post("/api/v1/integrations/edi/events", &event);
    told.await.unwrap().expect(201).unwrap();
    api_key(&ada.person, json!({})).await;

    for email in [ADA, IVO, MIA, "vic@northwind.test", "uwe@northwind.test"] {
        let person = Person::sign_in(&ada.world, email).await.unwrap();
        let mut known = BTreeSet::from(["/schedule".to_owned()]);
        let mut waiting = vec![("nowhere".to_owned(), "/schedule".to_owned())];
        while let Some((from, link)) = waiting.pop() {
            let answer = person.get(&link).await.unwrap();
            assert!(answer.status != 403, "{email} is led from {from} to {link}");
            for next in links(&answer.text) {
                let path = next.split(['?', '#']).next().unwrap_or_default();
                if known.insert(path.to_owned()) {
                    waiting.push((link.clone(), next));
                }
            }
        }
        assert!(known.len() > 8, "{email}: {known:?}");
    }
}
