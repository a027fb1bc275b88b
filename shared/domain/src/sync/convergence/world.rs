//! Everything outside of a worker, and the one way to it: a call at a time, with anything at all happening in between.

use std::{cell::RefCell, future::poll_fn, mem, rc::Rc, task::Poll};

use jiff::{SignedDuration, Timestamp};

use super::{ledger::Ledger, provider::Provider, store::Store};
use crate::{
    calendar::Calendar,
    failure::FailureClass,
    id::{CalendarId, ConnectionId},
};

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) calendars: Vec<Calendar>,
    pub(super) provider: Provider,
    pub(super) store: Store,
    pub(super) ledger: Ledger,
    /// Connections whose next write at the provider is carried out and never answered.
    pub(super) loses_answer: Vec<ConnectionId>,
    ticks: i64,
    minted: u128,
}

pub(super) type Shared = Rc<RefCell<World>>;

impl World {
    /// Time goes on whenever somebody looks at the clock.
    pub(super) fn now(&mut self) -> Timestamp {
        self.ticks += 1;
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(self.ticks)
    }

    pub(super) fn mint<T>(&mut self, make: fn(u64, u128) -> T) -> T {
        self.minted += 1;
        make(1, self.minted)
    }

    pub(super) fn calendar(&self, id: CalendarId) -> &Calendar {
        let found = self.calendars.iter().find(|calendar| calendar.id == id);
        found.expect("calendars are never removed")
    }

    /// What the provider answers to a write, if it answers.
    pub(super) fn answer<T>(
        &mut self,
        connection: ConnectionId,
        answer: Result<T, FailureClass>,
    ) -> Result<T, FailureClass> {
        self.provider.writes += 1;
        let before = self.loses_answer.len();
        self.loses_answer.retain(|losing| *losing != connection);
        if self.loses_answer.len() < before {
            return Err(FailureClass::Transient);
        }
        answer
    }
}

/// Comes to its end when it is polled for the second time: each poll of a worker is one call.
pub(super) async fn turn() {
    let mut waited = false;
    poll_fn(|_| {
        if mem::replace(&mut waited, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
