//! An ending, carried out against a table and a provider that are values, with crashes wherever one can happen.

use proptest::prelude::*;

use super::*;
use crate::connection::Auth;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What is there to end. Each thing at the provider has an outcome of its own, the same however often it is asked.
#[derive(Clone, Debug)]
struct Scene {
    remove_copies: bool,
    /// Whether the provider lets us stop it.
    subscriptions: Vec<bool>,
    /// Whether the provider lets us remove it.
    copies: Vec<bool>,
    imports: u32,
    records: u32,
    shared: bool,
}

/// What is stored, and what the provider has.
#[derive(Clone, Debug)]
struct World {
    ending: Ending,
    subscriptions: Vec<bool>,
    copies: Vec<bool>,
    imports: u32,
    records: u32,
    shared: bool,
    provider: At,
    log: Vec<Step>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct At {
    stopped: usize,
    removed: usize,
    withdrawn: bool,
    credential_gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    No,
    BeforeEffect,
    BeforeCommit,
    ProviderFails,
}

fn connection() -> Connection {
    Connection {
        id: ConnectionId::from_parts(0, 1),
        tenant: crate::id::TenantId::from_parts(0, 1),
        member: MemberId::from_parts(0, 1),
        provider: Provider::ALL[0],
        subject: "subject".into(),
        account: "ada@northwind.test".into(),
        auth: Auth::Granted { at: NOW },
        scopes: Vec::new(),
        redirect_uri: String::new(),
        paused_at: None,
        ending_since: None,
        last_sync_at: None,
        last_failure: None,
        created_at: NOW,
        version: 1,
    }
}

impl World {
    fn of(scene: &Scene) -> Self {
        Self {
            ending: Ending::begin(&connection(), scene.remove_copies, NOW),
            subscriptions: scene.subscriptions.clone(),
            copies: scene.copies.clone(),
            imports: scene.imports,
            records: scene.records,
            shared: scene.shared,
            provider: At::default(),
            log: Vec::new(),
        }
    }

    /// One thing: looked up in what is stored, done, noted.
    fn go_on(&mut self, crash: Crash) {
        let Some(step) = self.ending.step else { return };
        if self.log.last() != Some(&step) {
            self.log.push(step);
        }
        if crash == Crash::BeforeEffect {
            return;
        }
        if crash == Crash::ProviderFails && step.needs_provider() {
            let failed = self.ending.clone().failed("down".into(), None, NOW);
            // Not to the point of giving up, which is a receipt of its own.
            self.ending = Ending { tries: 0, ..failed };
            return;
        }
        let (done, records, commit) = self.take_effect(step);
        if crash == Crash::BeforeCommit {
            return;
        }
        commit(self);
        self.ending = self.ending.clone().note(done, records, NOW).unwrap();
    }

    /// What is done at the provider; answers what is to be noted, and what is stored with it.
    fn take_effect(&mut self, step: Step) -> (Done, u32, fn(&mut Self)) {
        match step {
            Step::StopNotices => match self.subscriptions.last() {
                None => (Done::Step, 0, |_| {}),
                Some(stops) => {
                    let done = if *stops {
                        self.provider.stopped = self.subscriptions.len();
                        Done::Stopped
                    } else {
                        Done::LeftToExpire { until: Some(NOW) }
                    };
                    (done, 1, |world| {
                        world.subscriptions.pop();
                    })
                }
            },
            Step::RemoveCopies => match self.copies.last() {
                None if self.imports > 0 => {
                    (Done::Records { copies: 0 }, 2, |world| world.imports -= 1)
                }
                None => (Done::Step, 0, |_| {}),
                Some(goes) => {
                    let done = if *goes {
                        self.provider.removed = self.copies.len();
                        Done::CopyRemoved
                    } else {
                        Done::CopyKept
                    };
                    (done, 2, |world| {
                        world.copies.pop();
                    })
                }
            },
            Step::WithdrawAccess if self.shared => (Done::Access(AccessEnd::Shared), 0, |_| {}),
            Step::WithdrawAccess => {
                self.provider.withdrawn = true;
                (Done::Access(AccessEnd::Withdrawn), 0, |_| {})
            }
            Step::DeleteCredential => {
                self.provider.credential_gone = true;
                (Done::CredentialDeleted, 0, |_| {})
            }
            Step::DeleteRecords if !self.copies.is_empty() => {
                (Done::Records { copies: 1 }, 2, |world| {
                    world.copies.pop();
                })
            }
            Step::DeleteRecords if self.imports > 0 => {
                (Done::Records { copies: 0 }, 2, |world| world.imports -= 1)
            }
            Step::DeleteRecords if self.records > 0 => {
                (Done::Records { copies: 0 }, 1, |world| world.records -= 1)
            }
            Step::DeleteRecords => (Done::Step, 3, |_| {}),
        }
    }

    fn at_the_end(mut self) -> Self {
        for _ in 0..1_000 {
            self.go_on(Crash::No);
        }
        assert!(self.ending.is_over(), "{}", self.ending);
        self
    }
}

fn scenes() -> impl Strategy<Value = Scene> {
    let some = || prop::collection::vec(any::<bool>(), 0..4);
    (
        any::<bool>(),
        some(),
        some(),
        0u32..4,
        0u32..5,
        any::<bool>(),
    )
        .prop_map(
            |(remove_copies, subscriptions, copies, imports, records, shared)| Scene {
                remove_copies,
                subscriptions,
                copies,
                imports,
                records,
                shared,
            },
        )
}

fn crashes() -> impl Strategy<Value = Vec<Crash>> {
    let one = prop_oneof![
        Just(Crash::No),
        Just(Crash::BeforeEffect),
        Just(Crash::BeforeCommit),
        Just(Crash::ProviderFails)
    ];
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn whatever_crashes_and_repeats_the_receipt_is_the_same_and_no_step_is_left_out(
        scene in scenes(), crashes in crashes(),
    ) {
        let undisturbed = World::of(&scene).at_the_end();
        let mut disturbed = World::of(&scene);
        for crash in crashes {
            disturbed.go_on(crash);
        }
        let disturbed = disturbed.at_the_end();

        prop_assert_eq!(&disturbed.ending.receipt, &undisturbed.ending.receipt);
        prop_assert_eq!(&disturbed.log, &disturbed.ending.steps());
        prop_assert_eq!(disturbed.provider, undisturbed.provider);
    }

    #[test]
    fn the_receipt_accounts_for_everything_that_was_there(scene in scenes()) {
        let receipt = World::of(&scene).at_the_end().ending.receipt;
        let count = |all: &[bool], wanted: bool| {
            u32::try_from(all.iter().filter(|one| **one == wanted).count()).unwrap()
        };
        let copies = u32::try_from(scene.copies.len()).unwrap();
        let removed = if scene.remove_copies { count(&scene.copies, true) } else { 0 };
        let links = copies + scene.imports;
        let subscriptions = u32::try_from(scene.subscriptions.len()).unwrap();

        prop_assert_eq!(receipt, Receipt {
            subscriptions_stopped: count(&scene.subscriptions, true),
            subscriptions_left: count(&scene.subscriptions, false),
            left_until: scene.subscriptions.contains(&false).then_some(NOW),
            copies_removed: removed,
            copies_kept: copies - removed,
            access: Some(if scene.shared { AccessEnd::Shared } else { AccessEnd::Withdrawn }),
            credential_deleted: true,
            records_deleted: subscriptions + 2 * links + scene.records + 3,
        });
    }
}

#[test]
fn a_provider_that_never_answers_is_given_up_after_half_a_day_and_its_own_rows_never_are() {
    let mut ending = Ending::begin(&connection(), false, NOW);
    let mut now = NOW;
    while !ending.gives_up() {
        ending = ending.failed("no answer".into(), None, now);
        now = ending.not_before.unwrap();
    }
    let hours = now.duration_since(NOW).as_hours();
    assert!((8..16).contains(&hours), "{hours} h");

    ending.step = Some(Step::RemoveCopies);
    ending = ending.note(Done::CopyKept, 2, now).unwrap();
    assert!(ending.gives_up(), "not asked for each copy anew");
    ending = ending.note(Done::Step, 0, now).unwrap();
    assert!(!ending.gives_up(), "the next step is another matter");

    ending.tries = TRIES_MAX;
    ending.step = Some(Step::DeleteRecords);
    assert!(!ending.gives_up());
}

#[test]
fn what_belongs_to_another_step_is_not_noted() {
    let ending = Ending::begin(&connection(), true, NOW);

    assert!(ending.clone().note(Done::CopyRemoved, 2, NOW).is_err());
    assert!(
        ending
            .clone()
            .note(Done::CredentialDeleted, 0, NOW)
            .is_err()
    );
    assert!(ending.note(Done::Stopped, 1, NOW).is_ok());
}

#[test]
fn a_wait_that_the_provider_asks_for_is_kept() {
    let hour = SignedDuration::from_mins(90);
    let ending = Ending::begin(&connection(), true, NOW).failed("slow".into(), Some(hour), NOW);

    assert_eq!(ending.not_before, Some(NOW + hour));
}

proptest! {
    /// A run is waited for as long again as it has taken, or until its lease is over; and not so often that a queue
    /// would give the message up.
    #[test]
    fn a_run_under_way_is_waited_for_as_long_as_it_takes(
        lease in 10_000_i64..120_000,
        met in 0_i64..120_000,
        takes in 0_i64..120_000,
    ) {
        let (lease, met, ended) = (lease, met.min(lease), met.min(lease) + takes);
        let (mut at, mut looks) = (met, 1);
        while at < ended && at <= lease {
            let [left, whole] = [lease - at, lease].map(SignedDuration::from_millis);
            at += i64::try_from(look_again_after(left, whole).as_millis()).unwrap();
            looks += 1;
        }
        prop_assert!(at <= (2 * ended).max(met + 2_000).min(lease + 1_000).max(met), "{at}");
        prop_assert!(looks <= 9, "{looks}");
    }
}
