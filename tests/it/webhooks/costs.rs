//! What a notice costs: a proven one little, and a forged one nothing that an attacker could run up.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::connection::Provider;
use futures::future::join_all;
use jiff::SignedDuration;
use tests::{
    aws::AwsCounters,
    world::{Doors, World},
};

use crate::support::Connected;

const FORGED: u32 = 10_000;
const MINUTES: u32 = 10;
const AT_ONCE: u32 = 50;

/// What was asked of AWS since then.
fn since(world: &World, before: &AwsCounters) -> (u64, u64, u64) {
    let after = world.aws.counters();
    (
        after.table_requests - before.table_requests,
        after.queue_sends - before.queue_sends,
        after.secret_requests - before.secret_requests,
    )
}

/// The tokens of somebody who has seen a genuine one.
fn forged(genuine: &str, number: u32) -> String {
    let parts: Vec<&str> = genuine.split('.').collect();
    let [version, kid, connection, subscription, mac] = parts[..] else {
        panic!("{genuine}")
    };
    let bytes = number.to_be_bytes();
    match number % 4 {
        0 => {
            let mac = URL_SAFE_NO_PAD.encode([bytes; 4].concat());
            format!("{version}.{kid}.{connection}.{subscription}.{mac}")
        }
        1 => {
            let kid = URL_SAFE_NO_PAD.encode([&bytes[..], b"xx"].concat());
            format!("{version}.{kid}.{connection}.{subscription}.{mac}")
        }
        2 => {
            let other = format!("{}{:04}", &subscription[..22], number % 10_000);
            format!("{version}.{kid}.{connection}.{other}.{mac}")
        }
        _ => format!("{number}").repeat(7),
    }
}

#[tokio::test]
async fn ten_thousand_forged_notices_cost_the_table_nothing_and_the_vault_one_look_a_minute() {
    for provider in Provider::ALL {
        let mia = Connected::at(provider).await;
        let world = &mia.world;
        let (doors, genuine) = (Doors::of(world), mia.channel_tokens().await.remove(0));
        let refused = match provider {
            Provider::Google => StatusCode::NOT_FOUND,
            Provider::Microsoft => StatusCode::ACCEPTED,
        };
        let before = world.aws.counters();

        for minute in 0..MINUTES {
            for some in 0..FORGED / MINUTES / AT_ONCE {
                let first = minute * FORGED / MINUTES + some * AT_ONCE;
                let tokens: Vec<String> = (first..first + AT_ONCE)
                    .map(|number| forged(&genuine, number))
                    .collect();
                let answers = tokens.iter().map(|token| doors.notify(token));
                let answers = join_all(answers).await;
                assert!(answers.into_iter().all(|answer| answer.unwrap() == refused));
            }
            let looks = u64::from(minute) + 1;
            let (table, sends, secrets) = since(world, &before);
            assert_eq!((table, sends), (0, 0), "{provider}");
            assert!(
                secrets <= looks,
                "{provider}: {secrets} looks in {looks} minutes"
            );
            world.clock.advance(SignedDuration::from_mins(1)).unwrap();
        }

        assert!(doors.notify(&genuine).await.unwrap().is_success());
        assert_eq!(
            since(world, &before).1,
            1,
            "{provider}: the genuine one is believed"
        );
    }
}

#[tokio::test]
async fn a_proven_notice_costs_two_table_requests_and_one_message() {
    for provider in Provider::ALL {
        let mia = Connected::at(provider).await;
        let token = mia.channel_tokens().await.remove(0);
        let (doors, before) = (Doors::of(&mia.world), mia.world.aws.counters());

        assert!(doors.notify(&token).await.unwrap().is_success());

        assert_eq!(since(&mia.world, &before), (2, 1, 0), "{provider}");
        for _ in 0..20 {
            assert!(doors.notify(&token).await.unwrap().is_success());
        }
        let (_, sends, _) = since(&mia.world, &before);
        assert_eq!(sends, 1, "{provider}: a burst is one message");
    }
}
