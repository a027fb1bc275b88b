//! A model of writing and deleting credentials: two workers at a few connections of one tenant, any of which may die or
//! sleep between any two steps, while the stage's mode changes. It mirrors `shared::credential` step by step.

mod steps;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{BUNDLE_BYTES_MAX, Bundle, Home, Kept, Shard, VaultMode};
use crate::id::ConnectionId;
use steps::{Before, Job};

const WORKERS: usize = 2;
const CONNECTIONS: u128 = 4;
/// Minutes.
const LEASE: u64 = 1;
/// What nothing names may be forgotten then, and no process lives as long.
const A_DAY: u64 = 24 * 60;
/// Two have room in a bundle.
const CREDENTIAL_BYTES: usize = BUNDLE_BYTES_MAX / 2 - 100;

type Credential = usize;
type Version = usize;

#[derive(Clone, Copy, Debug)]
enum Move {
    Begin(usize, Job),
    Step(usize),
    Die(usize),
    Pass(u64),
    Deploy(VaultMode),
}

struct Row {
    credential: Credential,
    /// Of the bundle that the credential is in, and which life of it.
    version: Option<(u32, Version)>,
    kept: Kept,
    generation: u32,
    ends: bool,
}

/// A secret that holds a bundle.
#[derive(Default)]
struct Secret {
    versions: BTreeMap<Version, (u64, Bundle<Credential>)>,
    current: Version,
    previous: Version,
}

#[derive(Default)]
struct BundleRow {
    version: Option<Version>,
    bytes: usize,
    lease_until: u64,
    fence: u32,
    life: u32,
    cleared: u32,
}

struct World {
    mode: VaultMode,
    now: u64,
    made: usize,
    rows: BTreeMap<ConnectionId, Row>,
    gone: BTreeSet<ConnectionId>,
    /// With all versions: who writes its own secret late harms nobody.
    own: BTreeMap<(ConnectionId, u32), BTreeSet<Credential>>,
    bundles: BTreeMap<u32, BundleRow>,
    /// By shard and life.
    secrets: BTreeMap<(u32, u32), Secret>,
    workers: [Before; WORKERS],
    /// When each worker's job began.
    since: [u64; WORKERS],
    /// Something was written for a connection that had ended, or never was.
    too_late: BTreeSet<ConnectionId>,
}

impl World {
    fn new() -> Self {
        Self {
            mode: VaultMode::Bundle,
            now: 10,
            made: 0,
            rows: BTreeMap::new(),
            gone: BTreeSet::new(),
            own: BTreeMap::new(),
            bundles: BTreeMap::new(),
            secrets: BTreeMap::new(),
            workers: std::array::from_fn(|_| Before::Idle),
            since: [0; WORKERS],
            too_late: BTreeSet::new(),
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Begin(worker, job) if matches!(self.workers[worker], Before::Idle) => {
                self.workers[worker] = Before::Start(job);
                self.since[worker] = self.now;
            }
            Move::Begin(..) => {}
            Move::Step(worker) => {
                let before = std::mem::replace(&mut self.workers[worker], Before::Idle);
                self.workers[worker] = self.step(before);
            }
            Move::Die(worker) => self.workers[worker] = Before::Idle,
            Move::Pass(minutes) => {
                self.now += minutes;
                for worker in 0..WORKERS {
                    if self.now - self.since[worker] >= A_DAY {
                        self.workers[worker] = Before::Idle;
                    }
                }
            }
            Move::Deploy(mode) => self.mode = mode,
        }
    }

    /// What the row leads to; `None` where it leads nowhere.
    fn read(&self, connection: ConnectionId) -> Option<Credential> {
        let row = &self.rows[&connection];
        let Home::Bundle { shard } = row.kept.home else {
            let versions = self.own.get(&(connection, row.kept.life))?;
            return versions.get(&row.credential).copied();
        };
        let (life, version) = row.version?;
        let secret = self.secrets.get(&(shard, life))?;
        let named = secret.versions.get(&version);
        let read = named.or_else(|| secret.versions.get(&secret.current));
        read?.1.get(connection).copied()
    }

    fn shards(&self) -> Vec<Shard> {
        let shard = |(number, row): (&u32, &BundleRow)| Shard {
            number: *number,
            bytes: row.bytes,
        };
        self.bundles.iter().map(shard).collect()
    }

    fn living_in(&self, shard: u32) -> BTreeSet<ConnectionId> {
        let living = self.rows.iter().filter(|(_, row)| row.kept.is_in(shard));
        living.map(|(connection, _)| *connection).collect()
    }

    /// Nothing that counts was lost: at any time, for every connection.
    fn assert_nothing_is_lost(&self) -> Result<(), TestCaseError> {
        for (connection, row) in self.rows.iter().filter(|(_, row)| !row.ends) {
            let read = self.read(*connection);
            prop_assert!(
                read.is_some_and(|read| read >= row.credential),
                "{connection}: {read:?} instead of {} in {:?}",
                row.credential,
                row.kept
            );
        }
        Ok(())
    }

    /// One worker does a job from its beginning to its end.
    fn finish(&mut self, job: Job) {
        self.now += LEASE + 1;
        self.make(Move::Begin(0, job));
        while !matches!(self.workers[0], Before::Idle) {
            self.make(Move::Step(0));
        }
    }

    /// Everybody comes to an end, what was asked for is done, and each bundle is written once more.
    fn settle(&mut self) {
        for worker in 0..WORKERS {
            while !matches!(self.workers[worker], Before::Idle) {
                self.now += LEASE + 1;
                self.make(Move::Step(worker));
            }
        }
        let ids: Vec<_> = self.rows.keys().copied().collect();
        for id in ids {
            if self.rows[&id].ends {
                self.finish(Job::Disconnect(id));
            } else {
                self.finish(Job::Rotate(id));
                self.finish(Job::Tidy(id));
            }
        }
    }

    fn assert_nothing_is_left(&self) -> Result<(), TestCaseError> {
        for ((shard, life), secret) in &self.secrets {
            let living = self.living_in(*shard);
            let (_, current) = &secret.versions[&secret.current];
            let there: BTreeSet<_> = current.connections().collect();
            // What nobody lives in is written no more: what came too late is there still.
            if living.is_empty() || *life != self.bundles[shard].life {
                prop_assert!(there.is_subset(&self.too_late), "{there:?} in {shard}");
            } else {
                prop_assert_eq!(&there, &living, "shard {}", shard);
            }
        }
        for (connection, life) in self.own.keys() {
            let row = self.rows.get(connection);
            let lives = row.is_some_and(|row| (row.kept.home, row.kept.life) == (Home::Own, *life));
            prop_assert!(
                lives || self.too_late.contains(connection),
                "{connection} has left its life {life}"
            );
        }
        Ok(())
    }
}

fn jobs() -> impl Strategy<Value = Job> {
    let id = || (0..CONNECTIONS).prop_map(|number| ConnectionId::from_parts(0, number));
    prop_oneof![
        4 => id().prop_map(Job::Connect),
        4 => id().prop_map(Job::Rotate),
        1 => id().prop_map(Job::Disconnect),
        2 => id().prop_map(Job::Tidy),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let worker = || 0..WORKERS;
    let mode = prop_oneof![Just(VaultMode::Connection), Just(VaultMode::Bundle)];
    let one = prop_oneof![
        8 => (worker(), jobs()).prop_map(|(worker, job)| Move::Begin(worker, job)),
        40 => worker().prop_map(Move::Step),
        1 => worker().prop_map(Move::Die),
        2 => (0..4_u64).prop_map(Move::Pass),
        1 => (1..40_u64).prop_map(|hours| Move::Pass(hours * 60)),
        1 => mode.prop_map(Move::Deploy),
    ];
    prop::collection::vec(one, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, ..ProptestConfig::default() })]

    #[test]
    fn no_credential_is_lost_and_none_is_left_whoever_dies_or_sleeps(moves in moves()) {
        let mut world = World::new();
        for step in moves {
            world.make(step);
            world.assert_nothing_is_lost()?;
        }
        world.settle();
        world.assert_nothing_is_lost()?;
        world.assert_nothing_is_left()?;
    }
}
