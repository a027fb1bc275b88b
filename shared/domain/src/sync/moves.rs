//! What random histories are made of: what people do, when workers run and stop, what the service does to them. Played
//! over models here, and over the whole product where everything is joined; never shipped.

use proptest::prelude::*;

use crate::{
    calendar::{ConflictPolicy, Direction, Privacy},
    content::Field,
};

/// What somebody does to one occurrence.
#[derive(Clone, Copy, Debug)]
pub enum OccurrenceEdit {
    Retitle,
    Move,
    Cancel,
}

/// One thing that happens. Whoever plays it counts what is there and takes the rest of a division.
#[derive(Clone, Debug)]
pub enum Move {
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
    /// Its lease runs out while it is under way: the next one takes over.
    Overtake {
        connection: u8,
    },
    /// A worker that was overtaken goes on all the same, for so many calls.
    WorkOn {
        connection: u8,
        calls: u32,
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
pub struct Account {
    pub member: u8,
    pub calendars: Vec<(Direction, Privacy, ConflictPolicy)>,
    pub receiver: u8,
}

pub fn accounts() -> impl Strategy<Value = Vec<Account>> {
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

pub fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec(a_move(), 5..=25)
}

pub fn a_move() -> impl Strategy<Value = Move> {
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
        2 => (0u8..3).prop_map(|connection| Move::Overtake { connection }),
        2 => (0u8..3, 1u8..24).prop_map(|(connection, calls)| Move::WorkOn { connection, calls: calls.into() }),
        1 => (0u8..3).prop_map(|connection| Move::LoseAnswer { connection }),
        1 => any::<u8>().prop_map(|calendar| Move::ExpireCursor { calendar }),
        1 => any::<u8>().prop_map(|calendar| Move::EmptyPages { calendar }),
    ];
    prop_oneof![on_entries, on_events, on_workers]
}
