//! What can go wrong while an organisation is deleted.

use domain::erasure::Stage;
use jiff::SignedDuration;
use tests::world::{CrashPoint, Traffic};

use super::*;

const QUEUE: &str = "kalends-local-purge";

const ERNA: &str = "erna@fabrikam.test";
const FABRIKAM: &str = "Fabrikam Heating";

/// An organisation of one, founded anew each time, with an entry in a connected calendar.
async fn founded(world: &World) -> Connected {
    let sign_up = json!({
        "account_type": "admin", "organization": FABRIKAM, "name": "Erna Ernst", "email": ERNA,
        "password": DEMO_PASSWORD,
    });
    let stranger = Person::stranger(world).unwrap();
    let signed_up = stranger.post("/api/users/auth/signup/", &sign_up).await;
    signed_up.unwrap().expect(201).unwrap();
    let erna = Connected::with(world.clone(), ERNA).await;
    erna.create_entry(&visit("ours", 4)).await;
    erna.settle().await;
    erna
}

async fn fabrikam() -> World {
    let world = World::start().await.unwrap();
    world.google.add_account(ERNA, "Europe/Berlin");
    world.microsoft.add_account(ERNA, "Europe/Berlin");
    world
}

/// Ids of the tenant and its member, and the address.
async fn names(erna: &Connected) -> Vec<String> {
    let profile = erna.person.get("/api/users/auth/profile").await.unwrap();
    vec![
        profile.at("/id"),
        profile.at("/organization/id"),
        ERNA.to_owned(),
    ]
}

/// The organisation is asked to be deleted, and the message for it is lost.
async fn asked(erna: &Connected) {
    erase(&erna.person, FABRIKAM, true)
        .await
        .expect(202)
        .unwrap();
    lose_messages(&erna.world);
}

fn lose_messages(world: &World) {
    for message in world.aws.receive(QUEUE, 10) {
        world.aws.delete(QUEUE, &message.receipt_handle);
    }
}

/// Everything is disconnected, and everyone signed in still.
async fn disconnected(erna: &Connected) {
    let world = &erna.world;
    let store = world.tenant_of(ERNA).await.unwrap();
    asked(erna).await;
    let stage = || async { store.erasure().await.unwrap().unwrap().stage };
    while stage().await == Some(Stage::EndConnections) {
        shared::erasure::handle(&world.app, &store).await.unwrap();
        let connection = erna.connection.parse().unwrap();
        shared::ending::handle(&world.app, &store, connection)
            .await
            .unwrap();
        lose_messages(world);
    }
}

/// Everyone is signed out, and nothing deleted yet; the next message will be that of the sweep.
async fn signed_out(erna: &Connected) {
    disconnected(erna).await;
    let past = SignedDuration::from_mins(20);
    erna.world.clock.advance(past).unwrap();
    lose_messages(&erna.world);
}

/// The numbers of requests that change something: to die before another is to die before the next of these.
fn changes(watched: &[Traffic]) -> Vec<u32> {
    let reads = |traffic: &Traffic| {
        let reads = ["GetItem", "Query"];
        reads.iter().any(|read| traffic.name.ends_with(read))
    };
    let numbered = (1..).zip(watched).filter(|(_, traffic)| !reads(traffic));
    numbered.map(|(nth, _)| nth).collect()
}

async fn assert_gone(erna: &Connected, names: &[String], undisturbed: &Value, point: &CrashPoint) {
    // A message is seen again some minutes after its worker died.
    erna.later(SignedDuration::from_mins(20)).await;
    assert_eq!(erna.world.unreached_point(), None, "{point}");
    let left = left_behind(&erna.world, names).await;
    assert_eq!(left, the_last_word(), "{point}");
    assert_eq!(&receipt(&erna.world), undisturbed, "{point}");
    assert_eq!(erna.titles_there().await, Vec::<String>::new(), "{point}");
}

#[tokio::test]
async fn a_crash_at_any_request_leaves_nothing_and_counts_nothing_twice() {
    let world = fabrikam().await;
    let erna = founded(&world).await;
    signed_out(&erna).await;
    world.watch_worker();
    world.settle().await.unwrap();
    let points = changes(&world.take_watched());
    let undisturbed = receipt(&world);
    assert_eq!(undisturbed["connections_ended"], 1, "{undisturbed:#}");
    assert_eq!(undisturbed["copies_removed"], 1, "{undisturbed:#}");
    assert!(points.len() > 8, "{points:?}");

    for nth in points {
        let erna = founded(&world).await;
        let names = names(&erna).await;
        signed_out(&erna).await;
        let point = CrashPoint::before(nth);
        world.crash_next_run(point.clone());
        world.settle().await.unwrap();
        assert_gone(&erna, &names, &undisturbed, &point).await;
    }
}

#[tokio::test]
async fn a_crash_while_the_connections_begin_to_end_is_gone_on_from() {
    let world = fabrikam().await;
    let erna = founded(&world).await;
    world.watch_worker();
    erase(&erna.person, FABRIKAM, true)
        .await
        .expect(202)
        .unwrap();
    world.settle().await.unwrap();
    let watched = world.take_watched();
    let undisturbed = receipt(&world);
    // The first message is over when another connection's is sent and it says when it goes on.
    let until = watched.iter().position(|traffic| {
        !traffic.name.starts_with("dynamodb") && !traffic.name.starts_with("sqs")
    });
    let points = changes(watched.get(..until.unwrap()).unwrap());
    assert!(points.len() > 3, "{points:?}");

    for nth in points {
        let erna = founded(&world).await;
        let names = names(&erna).await;
        let point = CrashPoint::before(nth);
        world.crash_next_run(point.clone());
        erase(&erna.person, FABRIKAM, true)
            .await
            .expect(202)
            .unwrap();
        world.settle().await.unwrap();
        assert_gone(&erna, &names, &undisturbed, &point).await;
    }
}

#[tokio::test]
async fn what_somebody_writes_who_is_signed_in_still_goes_too() {
    let erna = founded(&fabrikam().await).await;
    let names = names(&erna).await;
    disconnected(&erna).await;

    erna.create_entry(&visit("late", 5)).await;
    let provider = json!({ "provider": erna.world.provider });
    let connecting = erna.person.post("/api/v1/connections", &provider).await;
    let consent = connecting.unwrap().at("/authorize_url");
    let back = erna.person.consent(&consent, &[]).await.unwrap();
    erna.person.get(&back).await.unwrap().expect(409).unwrap();
    erna.later(SignedDuration::from_mins(20)).await;

    assert_eq!(left_behind(&erna.world, &names).await, the_last_word());
}

#[tokio::test]
async fn a_provider_that_is_away_for_days_holds_up_its_connection_and_not_for_ever() {
    let mia = Connected::start().await;
    let world = &mia.world;
    let names = names_of(world, NORTHWIND).await;
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let store = world.tenant_of(ADA).await.unwrap();
    mia.fault(&json!({ "name": "server_error" })).await;

    erase(&ada, NORTHWIND, false).await.expect(202).unwrap();
    mia.later(SignedDuration::from_hours(1)).await;
    let erasure = store.erasure().await.unwrap().unwrap();
    assert_eq!(erasure.stage, Some(Stage::EndConnections), "{erasure}");
    for _ in 0..60 {
        mia.later(SignedDuration::from_hours(1)).await;
    }

    assert_eq!(left_behind(world, &names).await, the_last_word());
    assert_eq!(receipt(world)["access_left"], 1);
}
