//! Plays a random history: people on both sides, workers that run and stop, what the service does to them.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::{
    rounds::Running,
    world::{Shared, World},
};
use crate::{
    calendar::{Calendar, CalendarSettings},
    id::{CalendarId, ConnectionId, MemberId},
    sync::moves::{Account, Move},
    time::Zone,
};

pub(super) struct History {
    pub(super) world: Shared,
    pub(super) connections: Vec<ConnectionId>,
    pub(super) running: BTreeMap<ConnectionId, Running>,
    pub(super) overtaken: BTreeMap<ConnectionId, Running>,
}

fn person(number: u8) -> MemberId {
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
                .entry(person(account.member))
                .or_default();
            mirrors.push(connection);
            for (line, (direction, privacy, conflicts)) in account.calendars.iter().enumerate() {
                let number = world.calendars.len() as u128;
                world.calendars.push(Calendar {
                    id: CalendarId::from_parts(4, number),
                    connection,
                    member: person(account.member),
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
            overtaken: BTreeMap::new(),
        }
    }

    pub(super) fn play(&mut self, one: &Move) {
        let connections = self.connections.clone();
        let of = |number: u8| connections[usize::from(number) % connections.len()];
        let shared = self.world.clone();
        let mut world = shared.borrow_mut();
        let places: Vec<CalendarId> = world.calendars.iter().map(|one| one.id).collect();
        let place = |number: u8| places[usize::from(number) % places.len()];
        match *one {
            Move::CreateEntry { member, series } => world.create_entry(person(member), series),
            Move::EditEntry { nth, field } => world.edit_entry(nth, field),
            Move::EditEntryOccurrence { nth, which, edit } => {
                world.edit_entry_occurrence(nth, which, edit);
            }
            Move::DeleteEntry { nth } => world.delete_entry(nth),
            Move::Assign { nth, member } => world.assign(nth, person(member)),
            Move::Unassign { nth, member } => world.unassign(nth, person(member)),
            Move::CreateEvent { calendar, series } => world.create_event(place(calendar), series),
            Move::EditEvent { nth, field } => world.edit_event(nth, field),
            Move::EditEventOccurrence { nth, which, edit } => {
                world.edit_event_occurrence(nth, which, edit);
            }
            Move::DeleteEvent { nth } => world.delete_event(nth),
            Move::TakeElsewhere { nth, calendar } => {
                world.put_elsewhere(nth, place(calendar), true);
            }
            Move::Invite { nth, calendar } => world.put_elsewhere(nth, place(calendar), false),
            Move::Resolve { nth, external } => world.resolve(nth, external),
            Move::LoseAnswer { connection } => world.loses_answer.push(of(connection)),
            Move::ExpireCursor { calendar } => world.provider.expire_cursors(place(calendar)),
            Move::EmptyPages { calendar } => world.provider.empty_pages(place(calendar)),
            Move::Work { connection, calls } => {
                drop(world);
                self.work(of(connection), calls);
            }
            Move::Crash { connection } => self.crash(of(connection)),
            Move::Overtake { connection } => {
                drop(world);
                self.overtake(of(connection));
            }
            Move::WorkOn { connection, calls } => {
                drop(world);
                self.work_on(of(connection), calls);
            }
        }
    }
}
