//! Webhooks as people see them, without a script.

use super::*;

const WEBHOOKS: &str = "/integrations/webhooks";

/// What stands in the page between two texts.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = page.split_once(before).unwrap();
    rest.split(after).next().unwrap()
}

#[tokio::test]
async fn a_webhook_is_added_tried_and_deleted_by_hand() {
    let world = World::start().await.unwrap();
    let ada = ada(&world).await;
    let receiver = Receiver::start().await.unwrap();
    receiver.answers(&[500, 500, 204]);
    let new = format!("{WEBHOOKS}/new");
    let refused = ada.submit(&new, &[("url", "http://10.0.0.1/")]).await;
    let refused = refused.unwrap().expect(422).unwrap().text;
    for words in [
        "Choose an address on the public internet.",
        "Choose at least one event.",
    ] {
        assert!(refused.contains(words), "{refused}");
    }
    let url = receiver.url();
    let typed = [("url", &*url), ("event-schedule.entry.created", "on")];
    let made = ada.submit(&new, &typed).await.unwrap();
    let made = made.expect(200).unwrap().text;
    let secret = between(&made, "<code id=\"secret\">", "<");
    assert!(secret.starts_with("whsec_"), "{secret}");

    let listed = ada.get(WEBHOOKS).await.unwrap().expect(200).unwrap().text;
    assert!(listed.contains("Active") && !listed.contains(secret));
    let one = format!(
        "{WEBHOOKS}/whe_{}",
        between(&listed, "/integrations/webhooks/whe_", "\"")
    );
    let press = async |action: &str| {
        let pressed = ada.submit(&format!("{one}/{action}"), &[]).await.unwrap();
        pressed.expect(303).unwrap();
    };
    press("test").await;
    world.settle().await.unwrap();
    assert_eq!(receiver.heard().len(), 3);
    let shown = ada.get(&one).await.unwrap().expect(200).unwrap().text;
    assert!(
        shown.contains("Arrived") && shown.contains("answered 204"),
        "{shown}"
    );
    let version = between(&shown, "name=\"version\" value=\"", "\"");
    let typed = [
        ("url", &*url),
        ("description", "Van"),
        ("version", version),
        ("event-sync.failed", "on"),
    ];
    let saved = ada.submit(&one, &typed).await.unwrap();
    saved.expect(303).unwrap();
    let late = ada.submit(&one, &typed).await.unwrap();
    late.expect(412).unwrap();
    press("disable").await;
    let shown = ada.get(&one).await.unwrap().text;
    assert!(
        shown.contains("Disabled") && shown.contains("Van"),
        "{shown}"
    );
    press("enable").await;
    let rotate = format!("{one}/rotate");
    ada.get(&rotate).await.unwrap().expect(200).unwrap();
    let rotated = ada.submit(&rotate, &[]).await.unwrap().expect(200).unwrap();
    let another = between(&rotated.text, "<code id=\"secret\">", "<");
    assert_ne!(another, secret);
    ada.get(&format!("{one}/delete"))
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    press("delete").await;
    let listed = ada.get(WEBHOOKS).await.unwrap().expect(200).unwrap().text;
    assert!(listed.contains("No webhooks yet"), "{listed}");
}

#[tokio::test]
async fn a_dead_letter_is_tried_anew_by_hand() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers(&[410]);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    let ada = ada(&hooked.world).await;
    let one = format!("{WEBHOOKS}/{}", hooked.webhook);
    let shown = ada.get(&one).await.unwrap().expect(200).unwrap().text;
    assert!(
        shown.contains("Switched off") && shown.contains("Set aside"),
        "{shown}"
    );
    assert!(!shown.contains("Retry now"), "its webhook takes nothing");

    ada.submit(&format!("{one}/enable"), &[])
        .await
        .unwrap()
        .expect(303)
        .unwrap();
    let shown = ada.get(&one).await.unwrap().expect(200).unwrap().text;
    let retry = format!("{one}/deliveries/{}/retry", hooked.delivery().await.id);
    assert!(shown.contains(&retry), "{shown}");
    ada.submit(&retry, &[]).await.unwrap().expect(303).unwrap();
    hooked.settle().await;

    assert_eq!(hooked.heard().len(), 2);
    let dashboard = ada.get("/integrations/dashboard").await.unwrap();
    assert!(dashboard.text.contains(WEBHOOKS), "its card leads there");
}
