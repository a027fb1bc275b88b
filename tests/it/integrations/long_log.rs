//! A log that is longer than what is looked through at once.

use domain::{
    id::IntegrationEventId,
    integration::{Connector, Integration},
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use serde_json::json;
use tests::{person::Person, world::World};

use super::reported::{program, report};
use crate::support::ADA;

/// The address behind a button.
fn leads(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap();
    let (_, rest) = rest.split_once("href=\"").unwrap();
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

async fn page(person: &Person, path: &str) -> String {
    person.get(path).await.unwrap().expect(200).unwrap().text
}

#[tokio::test]
async fn what_a_search_has_not_come_to_is_not_called_nothing() {
    let world = World::start().await.unwrap();
    let (ada, key) = program(&world).await;
    let body = json!({ "status": "error", "event_type": "order.received", "message": "Order 6 is refused" });
    let reported = report(&world, &key, "edi", &body).await;
    reported.expect(201).unwrap();
    world.clock.advance(SignedDuration::from_mins(1)).unwrap();
    let (store, now) = (world.tenant_of(ADA).await.unwrap(), world.clock.now());
    let one = store.integration_events(None, 1).await.unwrap().remove(0);
    let others = (0..1_000).map(|_| {
        let event = domain::integration::IntegrationEvent {
            id: shared::ids::mint(store.id(), now, IntegrationEventId::from_parts),
            at: now,
            integration: Integration::Reported(Connector::Comarch),
            ..one.clone()
        };
        let store = &store;
        async move { store.append_event(&event).await }
    });
    let all = stream::iter(others).buffer_unordered(16);
    all.try_collect::<Vec<()>>().await.unwrap();

    let edi = page(&ada, "/integrations/edi").await;
    assert!(!edi.contains("Nothing has happened"), "{edi}");
    let further = page(&ada, &leads(&edi, "look-further")).await;
    assert!(further.contains("Order 6 is refused"));

    let log = page(&ada, "/integrations/logs?status=error&integration_type=edi").await;
    assert!(log.contains("Nothing matches so far"), "{log}");
    let older = page(&ada, &leads(&log, "older")).await;
    assert!(older.contains("Order 6 is refused"));
}
