//! When workers run, how far, and whether they come to rest.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{history::History, worker::run};
use crate::id::ConnectionId;

/// More rounds than any history needs: beyond is a livelock.
const ROUNDS_MAX: u32 = 12;

pub(super) type Running = Pin<Box<dyn Future<Output = bool>>>;

fn go_on(running: &mut Running, calls: u32) -> Option<bool> {
    for _ in 0..calls {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(left) = running.as_mut().poll(&mut context) {
            return Some(left);
        }
    }
    None
}

impl History {
    /// Lets a worker make so many calls. Answers whether it wants another run, once it is at its end.
    pub(super) fn work(&mut self, connection: ConnectionId, calls: u32) -> Option<bool> {
        let start = || -> Running { Box::pin(run(self.world.clone(), connection)) };
        let mut running = self.running.remove(&connection).unwrap_or_else(start);
        let left = go_on(&mut running, calls);
        if left.is_none() {
            self.running.insert(connection, running);
        }
        left
    }

    pub(super) fn crash(&mut self, connection: ConnectionId) {
        self.running.remove(&connection);
    }

    pub(super) fn overtake(&mut self, connection: ConnectionId) {
        if let Some(running) = self.running.remove(&connection) {
            self.overtaken.insert(connection, running);
        }
    }

    pub(super) fn work_on(&mut self, connection: ConnectionId, calls: u32) {
        if let Some(mut running) = self.overtaken.remove(&connection)
            && go_on(&mut running, calls).is_none()
        {
            self.overtaken.insert(connection, running);
        }
    }

    fn writes(&self) -> (usize, usize) {
        let world = self.world.borrow();
        (world.store.writes, world.provider.writes)
    }

    /// Runs until nothing changes any more, then once again to see that quiet is quiet.
    pub(super) fn settle(&mut self) {
        self.world.borrow_mut().loses_answer.clear();
        let connections = self.connections.clone();
        for connection in &connections {
            self.work_on(*connection, u32::MAX);
        }
        for connection in self.running.keys().copied().collect::<Vec<_>>() {
            self.work(connection, u32::MAX);
        }
        let mut rounds = 0;
        loop {
            let before = self.writes();
            let mut left = false;
            for connection in &connections {
                left |= self.work(*connection, u32::MAX).unwrap_or(true);
            }
            if !left && self.writes() == before {
                break;
            }
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "it never comes to rest");
        }
        let (lists, gets, writes) = (self.reads().0, self.reads().1, self.writes());
        for connection in &connections {
            self.work(*connection, u32::MAX);
        }
        let calendars = self.world.borrow().calendars.len();
        let after = self.reads();
        assert_eq!(
            (after.0 - lists, after.1 - gets),
            (calendars, 0),
            "quiet costs reads"
        );
        assert_eq!(self.writes(), writes, "quiet costs writes");
    }

    fn reads(&self) -> (usize, usize) {
        let world = self.world.borrow();
        (world.provider.lists, world.provider.gets)
    }
}
