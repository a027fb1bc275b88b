//! Guessing: nothing is learned from an answer, and every wrong guess makes the next one slower.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tests::{
    person::{Answer, Person},
    world::{DEMO_MEMBERS, DEMO_PASSWORD, World},
};

use super::{SIGN_UP, account, log_in};
use crate::support::MIA;

const NOBODY: &str = "nobody@northwind.test";
const WRONG: &str = "kalends-wrong";

/// What somebody outside can compare.
fn told(answer: &Answer) -> (u16, String, Vec<String>) {
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), answer.said(), names)
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let world = World::start().await.unwrap();

    for _ in 0..7 {
        let wrong = log_in(&world, MIA, WRONG).await;
        for other in [NOBODY, "no address", ""] {
            assert_eq!(told(&log_in(&world, other, WRONG).await), told(&wrong));
        }
        let too_long = log_in(&world, "ivo@northwind.test", &"x".repeat(10_000)).await;
        assert!([401, 429].contains(&too_long.status.as_u16()));
        assert!(!wrong.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn the_page_of_sign_in_tells_no_more() {
    let world = World::start().await.unwrap();
    let submit = async |email: &str| {
        let stranger = Person::stranger(&world).unwrap();
        let fields = [("email", email), ("password", WRONG)];
        let page = stranger.submit("/sign-in", &fields).await.unwrap();
        let text = page.text.replace(email, "<email>");
        (page.status, text)
    };

    let wrong = submit(MIA).await;

    assert_eq!(wrong.0, 422);
    assert_eq!(submit(NOBODY).await, wrong);
}

#[tokio::test]
async fn each_further_try_waits_longer_and_nobody_is_locked_out_for_good() {
    let world = World::start().await.unwrap();
    for _ in 0..5 {
        log_in(&world, MIA, WRONG).await.expect(401).unwrap();
    }

    let mut waits = Vec::new();
    for _ in 0..8 {
        // Not even the right password is looked at before its time.
        let throttled = log_in(&world, MIA, DEMO_PASSWORD)
            .await
            .expect(429)
            .unwrap();
        let wait: i64 = throttled.header("retry-after").parse().unwrap();
        world
            .clock
            .advance(SignedDuration::from_secs(wait))
            .unwrap();
        log_in(&world, MIA, WRONG).await.expect(401).unwrap();
        waits.push(wait);
    }

    assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
    let other = log_in(&world, "ada@northwind.test", DEMO_PASSWORD).await;
    other.expect(200).unwrap();
    world.clock.advance(SignedDuration::from_secs(900)).unwrap();
    log_in(&world, MIA, DEMO_PASSWORD)
        .await
        .expect(200)
        .unwrap();
    // A success forgets the failures before it.
    log_in(&world, MIA, WRONG).await.expect(401).unwrap();
    log_in(&world, MIA, DEMO_PASSWORD)
        .await
        .expect(200)
        .unwrap();
}

#[tokio::test]
async fn guesses_in_the_same_moment_are_counted_one_by_one() {
    let world = World::start().await.unwrap();

    let guesses = (0..20).map(|_| log_in(&world, MIA, WRONG));
    let answers = join_all(guesses).await;

    let of = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert!(of(401) <= 5, "{} passwords were compared", of(401));
    assert_eq!(of(401) + of(429), 20);
}

/// The salt of a stored password whose hash costs at least what OWASP asks for.
fn salt_of(phc: &str) -> Option<String> {
    let [_, "argon2id", version, costs, salt, _] = phc.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let number = |text: &str, name: &str| -> Option<u32> {
        text.strip_prefix(name)?.strip_prefix('=')?.parse().ok()
    };
    let [memory, passes, lanes] = costs.split(',').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_dear = number(version, "v")? >= 19
        && number(memory, "m")? >= 19_456
        && number(passes, "t")? >= 2
        && number(lanes, "p")? >= 1;
    // Sixteen bytes.
    (is_dear && salt.len() >= 22).then(|| salt.to_owned())
}

#[tokio::test]
async fn every_stored_password_costs_a_guess_what_owasp_asks_for_at_least() {
    let world = World::start().await.unwrap();
    let eve = Person::stranger(&world).unwrap();
    let founding = account("eve@fabrikam.test", "twelve chars");
    eve.post(SIGN_UP, &founding)
        .await
        .unwrap()
        .expect(201)
        .unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let change = json!({ "current": DEMO_PASSWORD, "password": "twelve others" });
    let changed = mia
        .post("/api/users/auth/password/", &change)
        .await
        .unwrap();
    changed.expect(204).unwrap();

    let stored = world.everything_stored().await.unwrap();
    let hashes = stored.match_indices("$argon2").map(|(at, _)| {
        let rest = &stored[at..];
        rest.split('"').next().unwrap()
    });
    let salts: Vec<_> = hashes
        .map(|phc| salt_of(phc).unwrap_or_else(|| panic!("{phc} is too cheap")))
        .collect();

    assert_eq!(salts.len(), DEMO_MEMBERS.len() + 1);
    let different: BTreeSet<_> = salts.iter().collect();
    assert!(different.len() > 2, "{different:?}");
}
