//! The engine under everything at once: people edit both sides, workers stop between any two calls or outlive
//! their lease, answers are lost and cursors void, several calendars share an entry. After quiet, both sides agree, nothing
//! is doubled, nothing that anyone wrote is lost, and nothing was written where it does not belong.
//!
//! The workers repeat the shell call by call; each of their futures is polled once per call, so that anything can happen
//! in between, and is dropped where it crashes.

use proptest::{prelude::*, test_runner::RngSeed};

mod apply;
mod create;
mod history;
mod items;
mod known;
mod laws;
mod ledger;
mod observe;
mod people;
mod provider;
mod record;
mod rounds;
mod store;
mod vendor;
mod worker;
mod world;
mod write;

use super::moves::{Account, Move, accounts, moves};
use history::History;

fn play(accounts: &[Account], moves: &[Move]) {
    let mut history = History::of(accounts);
    for one in moves {
        history.play(one);
    }
    history.settle();
    history.world.borrow().check_laws();
}

/// Every run plays the same histories, so that nobody's change is blamed for another's; asked for a number of cases, it
/// plays new ones.
fn config() -> ProptestConfig {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that is asked for more cases"
    )]
    let asked = std::env::var("CONVERGENCE_CASES");
    match asked.ok().and_then(|cases| cases.parse().ok()) {
        Some(cases) => ProptestConfig::with_cases(cases),
        None => ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::with_cases(2_000)
        },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_sides_converge_whatever_happens(accounts in accounts(), moves in moves()) {
        play(&accounts, &moves);
    }
}
