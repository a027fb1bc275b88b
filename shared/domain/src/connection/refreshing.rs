//! A model of how access is refreshed: two workers at one connection, any of which may die or sleep between any two
//! steps. It mirrors `shared::oauth::access_token` step by step.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::RefreshTokens;

const LEASE: SignedDuration = SignedDuration::from_secs(30);
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);
const WORKERS: usize = 2;

type Token = usize;

#[derive(Clone, Copy, Debug)]
enum Move {
    Step(usize),
    Die(usize),
    Pass(SignedDuration),
}

/// Before which step a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Read,
    Lease {
        generation: u64,
    },
    Open {
        lease: usize,
    },
    Ask {
        lease: usize,
        old: usize,
    },
    Store {
        lease: usize,
        given: Token,
        old: usize,
    },
    Commit {
        lease: usize,
        stored: Option<usize>,
    },
    GiveUp {
        lease: usize,
    },
}

struct Row {
    version: usize,
    stored_at: Timestamp,
    generation: u64,
    lease: Option<(usize, Timestamp)>,
    needs_reauth: bool,
}

struct World {
    habit: RefreshTokens,
    now: Timestamp,
    /// Until when the provider takes each token.
    tokens: BTreeMap<Token, Timestamp>,
    given: Token,
    /// The token of each version.
    vault: Vec<Token>,
    row: Row,
    workers: [Before; WORKERS],
    /// Until when each lease lasts.
    leases: Vec<Timestamp>,
    /// Somebody died with a lease in hand, or slept for longer than it lasts.
    was_cut: bool,
}

impl World {
    fn new(habit: RefreshTokens) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        Self {
            habit,
            now,
            tokens: BTreeMap::from([(0, now + TOKEN_LIFE)]),
            given: 0,
            vault: vec![0],
            row: Row {
                version: 0,
                stored_at: now,
                generation: 0,
                lease: None,
                needs_reauth: false,
            },
            workers: [Before::Read; WORKERS],
            leases: Vec::new(),
            was_cut: false,
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Step(worker) => self.workers[worker] = self.step(self.workers[worker]),
            Move::Die(worker) => {
                self.was_cut |= self.workers[worker].lease().is_some();
                self.workers[worker] = Before::Read;
            }
            Move::Pass(time) => {
                self.now += time;
                let is_late = self.under_way().any(|until| until < self.now);
                self.was_cut |= is_late;
            }
        }
    }

    fn step(&mut self, before: Before) -> Before {
        match before {
            Before::Read if self.row.needs_reauth => Before::Read,
            Before::Read => Before::Lease {
                generation: self.row.generation,
            },
            Before::Lease { generation } => self.lease(generation),
            Before::Open { lease } => Before::Ask {
                lease,
                old: self.row.version,
            },
            Before::Ask { lease, old } => self.ask(lease, old),
            Before::Store { lease, given, old } => {
                let is_other = self.vault[old] != given;
                let should = self.habit.should_store(self.row.stored_at, self.now);
                let stored = (is_other && should).then(|| {
                    self.vault.push(given);
                    self.vault.len() - 1
                });
                Before::Commit { lease, stored }
            }
            Before::Commit { lease, stored } => {
                self.commit(lease, stored);
                Before::Read
            }
            Before::GiveUp { .. } => {
                self.row.needs_reauth = true;
                self.row.lease = None;
                Before::Read
            }
        }
    }

    fn lease(&mut self, generation: u64) -> Before {
        let is_free = self.row.lease.is_none_or(|(_, until)| until < self.now);
        if self.row.generation != generation || !is_free {
            return Before::Read;
        }
        let lease = self.leases.len();
        self.leases.push(self.now + LEASE);
        self.row.lease = Some((lease, self.now + LEASE));
        Before::Open { lease }
    }

    fn ask(&mut self, lease: usize, old: usize) -> Before {
        let token = self.vault[old];
        if !self.is_taken(token) {
            return Before::GiveUp { lease };
        }
        self.given += 1;
        self.tokens.insert(self.given, self.now + TOKEN_LIFE);
        if self.habit == RefreshTokens::UsedOnce {
            self.tokens.remove(&token);
        }
        Before::Store {
            lease,
            given: self.given,
            old,
        }
    }

    fn commit(&mut self, lease: usize, stored: Option<usize>) {
        if self.row.lease.is_none_or(|(owner, _)| owner != lease) {
            return;
        }
        if let Some(version) = stored {
            self.row.version = version;
            self.row.stored_at = self.now;
        }
        self.row.generation += 1;
        self.row.lease = None;
    }

    /// Until when the leases last that workers act under.
    fn under_way(&self) -> impl Iterator<Item = Timestamp> {
        let leases = self.workers.iter().filter_map(|before| before.lease());
        leases.map(|lease| self.leases[lease])
    }

    fn is_taken(&self, token: Token) -> bool {
        self.tokens
            .get(&token)
            .is_some_and(|until| self.now < *until)
    }

    fn is_usable(&self) -> bool {
        self.is_taken(self.vault[self.row.version])
    }

    /// All come to their ends, and one asks once more.
    fn settle(&mut self) {
        for worker in 0..WORKERS {
            while self.workers[worker] != Before::Read {
                self.make(Move::Step(worker));
            }
        }
        self.make(Move::Pass(LEASE + SignedDuration::from_secs(1)));
        self.make(Move::Step(0));
        while self.workers[0] != Before::Read {
            self.make(Move::Step(0));
        }
    }
}

impl Before {
    fn lease(self) -> Option<usize> {
        match self {
            Self::Read | Self::Lease { .. } => None,
            Self::Open { lease }
            | Self::Ask { lease, .. }
            | Self::Store { lease, .. }
            | Self::Commit { lease, .. }
            | Self::GiveUp { lease } => Some(lease),
        }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let one = prop_oneof![
        12 => (0..WORKERS).prop_map(Move::Step),
        1 => (0..WORKERS).prop_map(Move::Die),
        1 => (0..60_i64).prop_map(|s| Move::Pass(SignedDuration::from_secs(s))),
        1 => (1..12_i64).prop_map(move |count| Move::Pass(days(count))),
    ];
    prop::collection::vec(one, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, ..ProptestConfig::default() })]

    #[test]
    fn the_credential_that_the_row_names_is_usable_where_old_tokens_last(moves in moves()) {
        let mut world = World::new(RefreshTokens::Last);
        for step in moves {
            let idle_since = world.row.stored_at;
            world.make(step);
            // Somebody asks at least once in a few weeks: a connection is looked at each hour.
            if world.now.duration_since(idle_since) > TOKEN_LIFE / 2 {
                world.settle();
            }
            prop_assert!(world.is_usable() && !world.row.needs_reauth);
        }
    }

    #[test]
    fn a_credential_that_is_lost_where_tokens_are_used_once_is_asked_for_again(moves in moves()) {
        let mut world = World::new(RefreshTokens::UsedOnce);
        for step in moves {
            world.make(step);
        }
        world.settle();

        prop_assert!(world.is_usable() || world.row.needs_reauth);
        prop_assert!(world.was_cut || world.is_usable(), "nobody was cut short");
    }

    #[test]
    fn at_most_one_worker_acts_under_a_lease_that_stands(moves in moves()) {
        let mut world = World::new(RefreshTokens::UsedOnce);
        for step in moves {
            world.make(step);
            prop_assert!(world.under_way().filter(|until| world.now <= *until).count() <= 1);
        }
    }

    #[test]
    fn a_token_that_lasts_is_written_again_after_a_week(hours in 0..400_i64) {
        let stored_at = Timestamp::UNIX_EPOCH;
        let now = stored_at + SignedDuration::from_hours(hours);
        prop_assert_eq!(RefreshTokens::Last.should_store(stored_at, now), hours >= 7 * 24);
        prop_assert!(RefreshTokens::UsedOnce.should_store(stored_at, now));
    }
}
