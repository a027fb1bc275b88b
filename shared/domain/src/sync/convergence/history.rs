//! Random histories: what people do, when workers run and stop, what the service does to them.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;

use super::{
    ledger::OccurrenceEdit,
    worker::run,
    world::{Shared, World},
};
use crate::{
    calendar::{Calendar, CalendarSettings, ConflictPolicy, Direction, Privacy},
    content::Field,
    id::{CalendarId, ConnectionId, MemberId},
    time::Zone,
};

/// More rounds than any history needs: beyond is a livelock.
const ROUNDS_MAX: u32 = 12;

#[derive(Clone, Debug)]
pub(super) enum Move {
    CreateEntry {
        member: u8,
        series: bool,
    },
    EditEntry {
        nth: u8,
        field: Field,
    },
    EditEntryOccurrence {
        nth: u8,
        which: u8,
        edit: OccurrenceEdit,
    },
    DeleteEntry {
        nth: u8,
    },
    Assign {
        nth: u8,
        member: u8,
    },
    Unassign {
        nth: u8,
        member: u8,
    },
    CreateEvent {
        calendar: u8,
        series: bool,
    },
    EditEvent {
        nth: u8,
        field: Field,
    },
    EditEventOccurrence {
        nth: u8,
        which: u8,
        edit: OccurrenceEdit,
    },
    DeleteEvent {
        nth: u8,
    },
    TakeElsewhere {
        nth: u8,
        calendar: u8,
    },
    Invite {
        nth: u8,
        calendar: u8,
    },
    Resolve {
        nth: u8,
        external: bool,
    },
    /// A worker goes on for so many calls; one is started where none is under way.
    Work {
        connection: u8,
        calls: u32,
    },
    /// It stops where it is, for ever.
    Crash {
        connection: u8,
    },
    LoseAnswer {
        connection: u8,
    },
    ExpireCursor {
        calendar: u8,
    },
    EmptyPages {
        calendar: u8,
    },
}

/// One connection: whose it is, and its calendars.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) member: u8,
    pub(super) calendars: Vec<(Direction, Privacy, ConflictPolicy)>,
    pub(super) receiver: u8,
}

pub(super) fn accounts() -> impl Strategy<Value = Vec<Account>> {
    let direction = prop_oneof![
        4 => Just(Direction::Bidirectional),
        1 => Just(Direction::ToExternal),
        1 => Just(Direction::FromExternal),
    ];
    let privacy = prop_oneof![4 => Just(Privacy::Full), 1 => Just(Privacy::BusyOnly)];
    let policy = proptest::sample::select(ConflictPolicy::ALL.to_vec());
    let calendars = prop::collection::vec((direction, privacy, policy), 1..=2);
    let one = (0u8..2, calendars, 0u8..3).prop_map(|(member, calendars, receiver)| Account {
        member,
        calendars,
        receiver,
    });
    prop::collection::vec(one, 1..=3)
}

fn field() -> impl Strategy<Value = Field> {
    proptest::sample::select(Field::ALL.to_vec())
}

fn occurrence_edit() -> impl Strategy<Value = OccurrenceEdit> {
    prop_oneof![
        Just(OccurrenceEdit::Retitle),
        Just(OccurrenceEdit::Move),
        Just(OccurrenceEdit::Cancel),
    ]
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let on_entries = prop_oneof![
        2 => (0u8..2, any::<bool>()).prop_map(|(member, series)| Move::CreateEntry { member, series }),
        4 => (any::<u8>(), field()).prop_map(|(nth, field)| Move::EditEntry { nth, field }),
        2 => (any::<u8>(), 0u8..4, occurrence_edit())
            .prop_map(|(nth, which, edit)| Move::EditEntryOccurrence { nth, which, edit }),
        1 => any::<u8>().prop_map(|nth| Move::DeleteEntry { nth }),
        1 => (any::<u8>(), 0u8..2).prop_map(|(nth, member)| Move::Assign { nth, member }),
        1 => (any::<u8>(), 0u8..2).prop_map(|(nth, member)| Move::Unassign { nth, member }),
    ];
    let on_events = prop_oneof![
        2 => (any::<u8>(), any::<bool>())
            .prop_map(|(calendar, series)| Move::CreateEvent { calendar, series }),
        4 => (any::<u8>(), field()).prop_map(|(nth, field)| Move::EditEvent { nth, field }),
        2 => (any::<u8>(), 0u8..4, occurrence_edit())
            .prop_map(|(nth, which, edit)| Move::EditEventOccurrence { nth, which, edit }),
        1 => any::<u8>().prop_map(|nth| Move::DeleteEvent { nth }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(nth, calendar)| Move::TakeElsewhere { nth, calendar }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(nth, calendar)| Move::Invite { nth, calendar }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(nth, external)| Move::Resolve { nth, external }),
    ];
    let on_workers = prop_oneof![
        6 => (0u8..3, 1u8..24).prop_map(|(connection, calls)| Move::Work { connection, calls: calls.into() }),
        4 => (0u8..3).prop_map(|connection| Move::Work { connection, calls: u32::MAX }),
        2 => (0u8..3).prop_map(|connection| Move::Crash { connection }),
        1 => (0u8..3).prop_map(|connection| Move::LoseAnswer { connection }),
        1 => any::<u8>().prop_map(|calendar| Move::ExpireCursor { calendar }),
        1 => any::<u8>().prop_map(|calendar| Move::EmptyPages { calendar }),
    ];
    let one = prop_oneof![on_entries, on_events, on_workers];
    prop::collection::vec(one, 5..=25)
}

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
