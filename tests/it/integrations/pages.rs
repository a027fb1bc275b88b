//! The operator's pages: what they say of what was asked, and where they lead.

use tests::{person::Person, world::World};

use super::logged;
use crate::support::{ADA, Connected};

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
