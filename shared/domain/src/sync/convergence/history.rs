//! Plays a random history: people on both sides, workers that run and stop, what the service does to them.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{
    worker::run,
    world::{Shared, World},
};
use crate::{
    calendar::{Calendar, CalendarSettings},
    id::{CalendarId, ConnectionId, MemberId},
    sync::moves::{Account, Move},
    time::Zone,
};

/// More rounds than any history needs: beyond is a livelock.
const ROUNDS_MAX: u32 = 12;

type Running = Pin<Box<dyn Future<Output = bool>>>;

pub(super) struct History {
    pub(super) world: Shared,
    connections: Vec<ConnectionId>,
    running: BTreeMap<ConnectionId, Running>,
}

fn member(number: u8) -> MemberId {
    MemberId::from_parts(2, number.into())
}

impl History {
    pub(super) fn of(accounts: &[Account]) -> Self {
        let mut world = World::default();
        let mut connections = Vec::new();
        for (index, account) in accounts.iter().enumerate() {
            let connection = ConnectionId::from_parts(3, index as u128);
            connections.push(connection);
            let mirrors = world
                .store
                .mirrors
                .entry(member(account.member))
                .or_default();
            mirrors.push(connection);
            for (line, (direction, privacy, conflicts)) in account.calendars.iter().enumerate() {
                let number = world.calendars.len() as u128;
                world.calendars.push(Calendar {
                    id: CalendarId::from_parts(4, number),
                    connection,
                    member: member(account.member),
                    external_id: String::new(),
                    name: String::new(),
                    zone: Zone::utc(),
                    primary: line == 0,
                    writable: true,
                    settings: CalendarSettings {
                        selected: true,
                        direction: *direction,
                        receives_new: direction.pushes() && usize::from(account.receiver) == line,
                        privacy: *privacy,
                        conflicts: *conflicts,
                        ..CalendarSettings::default()
                    },
                    version: 1,
                });
            }
        }
        let world = Rc::new(RefCell::new(world));
        Self {
            world,
            connections,
            running: BTreeMap::new(),
        }
    }

    pub(super) fn play(&mut self, one: &Move) {
        let connections = self.connections.clone();
        let worker = |number: u8| connections[usize::from(number) % connections.len()];
        let shared = self.world.clone();
        let mut world = shared.borrow_mut();
        let calendars: Vec<CalendarId> = world.calendars.iter().map(|one| one.id).collect();
        let calendar = |number: u8| calendars[usize::from(number) % calendars.len()];
        match *one {
            Move::CreateEntry {
                member: number,
                series,
            } => world.create_entry(member(number), series),
            Move::EditEntry { nth, field } => world.edit_entry(nth, field),
            Move::EditEntryOccurrence { nth, which, edit } => {
                world.edit_entry_occurrence(nth, which, edit);
            }
            Move::DeleteEntry { nth } => world.delete_entry(nth),
            Move::Assign {
                nth,
                member: number,
            } => world.assign(nth, member(number)),
            Move::Unassign {
                nth,
                member: number,
            } => world.unassign(nth, member(number)),
            Move::CreateEvent {
                calendar: number,
                series,
            } => {
                world.create_event(calendar(number), series);
            }
            Move::EditEvent { nth, field } => world.edit_event(nth, field),
            Move::EditEventOccurrence { nth, which, edit } => {
                world.edit_event_occurrence(nth, which, edit);
            }
            Move::DeleteEvent { nth } => world.delete_event(nth),
            Move::TakeElsewhere {
                nth,
                calendar: number,
            } => {
                world.put_elsewhere(nth, calendar(number), true);
            }
            Move::Invite {
                nth,
                calendar: number,
            } => {
                world.put_elsewhere(nth, calendar(number), false);
            }
            Move::Resolve { nth, external } => world.resolve(nth, external),
            Move::LoseAnswer { connection } => {
                world.loses_answer.push(worker(connection));
            }
            Move::ExpireCursor { calendar: number } => {
                world.provider.expire_cursors(calendar(number));
            }
            Move::EmptyPages { calendar: number } => {
                world
                    .provider
                    .places
                    .entry(calendar(number))
                    .or_default()
                    .empty_pages = 2;
            }
            Move::Work { connection, calls } => {
                drop(world);
                self.work(worker(connection), calls);
            }
            Move::Crash { connection } => {
                self.running.remove(&worker(connection));
            }
        }
    }

    /// Lets a worker make so many calls. Answers whether it wants another run, once it is at its end.
    fn work(&mut self, connection: ConnectionId, calls: u32) -> Option<bool> {
        let start = || -> Running { Box::pin(run(self.world.clone(), connection)) };
        let mut running = self.running.remove(&connection).unwrap_or_else(start);
        for _ in 0..calls {
            if let Poll::Ready(left) = running
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                return Some(left);
            }
        }
        self.running.insert(connection, running);
        None
    }

    fn writes(&self) -> (usize, usize) {
        let world = self.world.borrow();
        (world.store.writes, world.provider.writes)
    }

    /// Runs until nothing changes any more, then once again to see that quiet is quiet.
    pub(super) fn settle(&mut self) {
        self.world.borrow_mut().loses_answer.clear();
        let connections = self.connections.clone();
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
