//! The demand protocol under random crashes: webhooks and workers that stop between any two remote calls, a queue that
//! delivers twice and out of order, and a clock that jumps. After quiet, every change must have been seen by a run that
//! began after it.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::demand::{AfterAsk, AfterRefusal, Demand, Granted};
use crate::id::RunId;

const LEASE: SignedDuration = SignedDuration::from_secs(70);
const VISIBILITY: SignedDuration = SignedDuration::from_secs(360);
const DEBOUNCE: SignedDuration = SignedDuration::from_secs(5);

/// Where a participant stops, counted in remote calls; beyond its last call it does not stop.
type CrashAfter = u8;

#[derive(Clone, Debug)]
enum Move {
    /// Something changes, and someone asks for a sync.
    Change {
        crash: CrashAfter,
    },
    /// A worker receives a message and runs until `crash`, while `changes` arrive between its reading and its end.
    Work {
        message: prop::sample::Index,
        crash: CrashAfter,
        changes: u8,
        provider_says_wait: bool,
    },
    /// The queue hands out a message that is in flight once more.
    Redeliver {
        message: prop::sample::Index,
    },
    Wait {
        seconds: u16,
    },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0u8..5).prop_map(|crash| Move::Change { crash }),
        4 => (any::<prop::sample::Index>(), 0u8..9, 0u8..2, prop::bool::weighted(0.15)).prop_map(
            |(message, crash, changes, provider_says_wait)| Move::Work { message, crash, changes, provider_says_wait }
        ),
        1 => any::<prop::sample::Index>().prop_map(|message| Move::Redeliver { message }),
        2 => (0u16..400).prop_map(|seconds| Move::Wait { seconds }),
    ];
    prop::collection::vec(one, 1..40)
}

struct Model {
    now: Timestamp,
    row: Demand,
    /// When each message of the queue can next be received.
    queue: Vec<Timestamp>,
    changes: u32,
    /// The changes that a finished reading of the provider has seen.
    seen: u32,
    /// Changes whose sender got an answer: only these are promised to be covered.
    promised: u32,
}

impl Model {
    fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        Self {
            now,
            row: Demand::default(),
            queue: Vec::new(),
            changes: 0,
            seen: 0,
            promised: 0,
        }
    }

    fn change(&mut self, crash: CrashAfter) {
        self.changes += 1;
        if crash == 0 {
            return;
        }
        self.row.ask(None);
        let row = self.row.clone();
        match row.after_ask(self.now, DEBOUNCE) {
            AfterAsk::AlreadySent | AfterAsk::Waits { .. } => {}
            AfterAsk::Send { delay } => {
                if crash == 1 {
                    return;
                }
                self.queue.push(self.now + delay);
                if crash == 2 {
                    return;
                }
                self.row.record_send(row.asked, self.now);
            }
        }
        // Only now is the provider answered; before, it calls again.
        self.promised = self.changes;
    }

    fn work(&mut self, message: usize, crash: CrashAfter, changes: u8, provider_says_wait: bool) {
        self.queue[message] = self.now + VISIBILITY;
        if crash == 0 {
            return;
        }
        let granted = match self.row.take(self.now, LEASE, RunId::from_parts(0, 1)) {
            Ok(granted) => granted,
            Err(AfterRefusal::Delete) => {
                self.queue.swap_remove(message);
                return;
            }
            Err(AfterRefusal::PutBack { after }) => {
                self.queue[message] = self.now + after;
                return;
            }
        };
        if crash == 1 {
            return;
        }
        let reading = self.changes;
        for _ in 0..changes {
            self.change(9);
        }
        if crash == 2 {
            return;
        }
        if provider_says_wait {
            self.end_waiting(message, crash, granted);
            return;
        }
        self.seen = self.seen.max(reading);
        if crash == 3 {
            return;
        }
        if !self.row.finish(granted, self.now) {
            return;
        }
        if crash == 4 {
            return;
        }
        if self.row.wants_another_run() && !self.send_replacement(crash, DEBOUNCE) {
            return;
        }
        self.queue.swap_remove(message);
    }

    fn end_waiting(&mut self, message: usize, crash: CrashAfter, granted: Granted) {
        let wait = SignedDuration::from_secs(60);
        if !self.row.give_back(granted, self.now, Some(self.now + wait)) || crash == 4 {
            return;
        }
        if self.send_replacement(crash, wait) {
            self.queue.swap_remove(message);
        }
    }

    fn send_replacement(&mut self, crash: CrashAfter, delay: SignedDuration) -> bool {
        if crash == 5 {
            return false;
        }
        let asked = self.row.asked;
        self.queue.push(self.now + delay);
        if crash == 6 {
            return false;
        }
        self.row.record_send(asked, self.now);
        crash != 7
    }

    fn play(&mut self, one: &Move) {
        match one {
            Move::Change { crash } => self.change(*crash),
            Move::Work {
                message,
                crash,
                changes,
                provider_says_wait,
            } => {
                let ready: Vec<usize> = (0..self.queue.len())
                    .filter(|index| self.queue[*index] <= self.now)
                    .collect();
                if !ready.is_empty() {
                    self.work(
                        ready[message.index(ready.len())],
                        *crash,
                        *changes,
                        *provider_says_wait,
                    );
                }
            }
            Move::Redeliver { message } => {
                if !self.queue.is_empty() {
                    let index = message.index(self.queue.len());
                    self.queue[index] = self.now;
                }
            }
            Move::Wait { seconds } => self.now += SignedDuration::from_secs((*seconds).into()),
        }
    }

    /// Lets everything that is still in the queue run, without help from sweep or poll.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let Some(next) = (0..self.queue.len()).min_by_key(|index| self.queue[*index]) else {
                return;
            };
            self.now = self.now.max(self.queue[next]);
            self.work(next, 9, 0, false);
        }
        panic!("the queue never empties: {:?}", self.row);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_promised_change_is_left_uncovered(moves in moves()) {
        let mut model = Model::new();
        for one in &moves {
            model.play(one);
        }
        model.settle();

        prop_assert!(model.seen >= model.promised, "seen {} of {}", model.seen, model.promised);
    }
}
