//! Where a webhook may never be: in our own network, whatever it is called.

use domain::webhook::DeliveryState;
use shared::{
    app::App,
    config::Config,
    metrics::Metrics,
    webhook::{BadAddress, check_address, client},
};
use std::sync::Arc;

use super::*;

#[test]
fn an_address_of_our_own_network_is_refused_when_it_is_written() {
    for (text, local, wanted) in [
        ("https://example.com/hooks?x=1", false, Ok(())),
        ("https://1.1.1.1:8443/", false, Ok(())),
        ("http://example.com/", false, Err(BadAddress::NotHttps)),
        ("http://example.com/", true, Err(BadAddress::NotHttps)),
        ("ftp://example.com/", false, Err(BadAddress::NotHttps)),
        ("example.com", false, Err(BadAddress::NoUrl)),
        ("https://", false, Err(BadAddress::NoUrl)),
        (
            "https://mia:pw@example.com/",
            false,
            Err(BadAddress::Credentials),
        ),
        ("https://localhost/", false, Err(BadAddress::NotPublic)),
        ("https://LOCALHOST./", false, Err(BadAddress::NotPublic)),
        ("https://a.localhost/", false, Err(BadAddress::NotPublic)),
        ("https://127.0.0.1/", false, Err(BadAddress::NotPublic)),
        ("http://127.0.0.1:8080/", true, Ok(())),
        // What browsers and parsers read as figures.
        ("https://2130706433/", false, Err(BadAddress::NotPublic)),
        ("https://0x7f.1/", false, Err(BadAddress::NotPublic)),
        (
            "https://169.254.169.254/latest/meta-data/",
            false,
            Err(BadAddress::NotPublic),
        ),
        ("https://169.254.169.254/", true, Err(BadAddress::NotPublic)),
        ("https://[::1]/", false, Err(BadAddress::NotPublic)),
        (
            "https://[::ffff:169.254.169.254]/",
            false,
            Err(BadAddress::NotPublic),
        ),
        (
            "https://[fd00:ec2::254]/",
            false,
            Err(BadAddress::NotPublic),
        ),
        ("https://10.0.0.1/", true, Err(BadAddress::NotPublic)),
    ] {
        let found = check_address(text, local).map(drop);
        assert_eq!(found, wanted, "{text} {local}");
    }
    let long = format!("https://example.com/{}", "a".repeat(Webhook::URL_BYTES_MAX));
    assert_eq!(
        check_address(&long, false).map(drop),
        Err(BadAddress::TooLong)
    );
}

/// A name says nothing: this one passes for any other, and leads here.
#[tokio::test]
async fn a_name_that_leads_into_our_own_network_is_not_called() {
    let receiver = Receiver::start().await.unwrap();
    let here = format!("http://localhost:{}/", receiver.address.port());

    let refused = client(false).unwrap().post(&here).send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("NotPublic"), "{refused:?}");
    assert_eq!(receiver.heard().len(), 0);

    // The same way, where it is allowed.
    client(true).unwrap().post(&here).send().await.unwrap();
    assert_eq!(receiver.heard().len(), 1);
}

/// The same functions, as they are deployed.
fn deployed(world: &World) -> App {
    let config = Config {
        public_base: "https://kalends.example.com".parse().unwrap(),
        insecure_cookies: false,
        ..world.app.config.clone()
    };
    let clock = Arc::new(world.clock.clone());
    App::new(config, clock, Metrics::to(|_| ())).unwrap()
}

#[tokio::test]
async fn a_webhook_that_became_an_address_of_ours_is_never_called_where_it_is_deployed() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(500);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    let told = hooked.heard().len();
    let app = deployed(&hooked.world);
    hooked
        .world
        .clock
        .advance(SignedDuration::from_hours(1))
        .unwrap();
    let delivery = hooked.delivery().await;

    let store = hooked.world.tenant_of(MIA).await.unwrap();
    webhook::handle(&app, &store, hooked.webhook, Some(delivery.id))
        .await
        .unwrap();

    assert_eq!(hooked.heard().len(), told);
    let delivery = hooked.delivery().await;
    let last = delivery.last.unwrap();
    assert_eq!(last.status, None);
    assert_eq!(
        last.error.as_deref(),
        Some("has an address that may not be called")
    );
    assert!(matches!(delivery.state, DeliveryState::Retrying { .. }));
}
