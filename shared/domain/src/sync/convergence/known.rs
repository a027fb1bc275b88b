//! Histories that broke the engine, or a law, when they were found.

use super::{
    history::{
        Account,
        Move::{
            Crash, CreateEntry, CreateEvent, DeleteEntry, DeleteEvent, EditEntry,
            EditEntryOccurrence, EditEvent, EditEventOccurrence, EmptyPages, ExpireCursor, Invite,
            LoseAnswer, TakeElsewhere, Work,
        },
    },
    ledger::OccurrenceEdit::Retitle,
    play,
};
use crate::{
    calendar::{
        ConflictPolicy::{self, Ask, ExternalWins, LocalWins},
        Direction::{self, Bidirectional, FromExternal},
        Privacy::{self, BusyOnly, Full},
    },
    content::Field::{Location, Timing, Title},
};

type Line = (Direction, Privacy, ConflictPolicy);

const PLAIN: Line = (Bidirectional, Full, Ask);

fn account(member: u8, calendars: &[Line], receiver: u8) -> Account {
    let calendars = calendars.to_vec();
    Account {
        member,
        calendars,
        receiver,
    }
}

macro_rules! history {
    ($name:ident, $accounts:expr, $moves:expr $(,)?) => {
        #[test]
        fn $name() {
            play(&$accounts, &$moves);
        }
    };
}

history! { one_of_two_copies_is_deleted_and_the_other_moved_into_its_place,
    [account(0, &[PLAIN, PLAIN], 1)],
    [CreateEvent { calendar: 181, series: false }, Invite { nth: 0, calendar: 32 },
     EditEvent { nth: 110, field: Title }, CreateEntry { member: 0, series: false },
     Work { connection: 0, calls: 10 }, Work { connection: 0, calls: 18 }, DeleteEvent { nth: 198 },
     TakeElsewhere { nth: 67, calendar: 104 }]
}

history! { a_meeting_in_two_accounts_is_moved_within_one,
    [account(0, &[PLAIN], 1), account(0, &[PLAIN, PLAIN], 1), account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 48, series: false }, CreateEntry { member: 0, series: false },
     CreateEntry { member: 0, series: false }, CreateEvent { calendar: 202, series: false },
     Work { connection: 1, calls: u32::MAX }, DeleteEvent { nth: 125 }, Work { connection: 1, calls: 4 },
     TakeElsewhere { nth: 143, calendar: 121 }, Invite { nth: 136, calendar: 220 },
     Work { connection: 0, calls: 1 }]
}

history! { a_deleted_meeting_comes_back_through_another_calendar,
    [account(0, &[PLAIN], 0), account(0, &[PLAIN], 0), account(1, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 10, series: false }, Work { connection: 2, calls: u32::MAX }, DeleteEntry { nth: 0 },
     EditEvent { nth: 0, field: Title }, Invite { nth: 0, calendar: 20 }, Work { connection: 0, calls: 11 },
     EditEntry { nth: 0, field: Title }]
}

history! { a_create_is_trimmed_and_never_answered,
    [account(1, &[(Bidirectional, Full, ExternalWins)], 0)],
    [CreateEvent { calendar: 0, series: false }, EditEntry { nth: 0, field: Title }, LoseAnswer { connection: 0 },
     CreateEntry { member: 1, series: false }, EditEntry { nth: 0, field: Title },
     EditEntry { nth: 0, field: Location }, Work { connection: 0, calls: u32::MAX },
     EditEntry { nth: 44, field: Location }]
}

history! { a_series_moves_away_under_the_hand_that_writes_its_occurrence,
    [account(0, &[(Bidirectional, Full, LocalWins), PLAIN], 0)],
    [CreateEntry { member: 0, series: true }, EditEntryOccurrence { nth: 0, which: 0, edit: Retitle },
     Work { connection: 2, calls: 21 }, EditEvent { nth: 0, field: Timing },
     EditEntryOccurrence { nth: 0, which: 1, edit: Retitle }]
}

history! { a_first_read_that_never_came_to_its_end_is_read_anew,
    [account(0, &[PLAIN, PLAIN], 0), account(0, &[(FromExternal, Full, Ask)], 0)],
    [EmptyPages { calendar: 92 }, CreateEvent { calendar: 137, series: false }, Work { connection: 1, calls: 19 },
     DeleteEvent { nth: 0 }, ExpireCursor { calendar: 17 }, Crash { connection: 1 }]
}

history! { a_page_is_void_after_what_it_showed_is_gone,
    [account(0, &[(Bidirectional, BusyOnly, Ask)], 0), account(0, &[PLAIN], 0), account(0, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 56, series: true }, CreateEvent { calendar: 104, series: false },
     EditEventOccurrence { nth: 74, which: 0, edit: Retitle }, EditEvent { nth: 32, field: Title },
     Work { connection: 0, calls: 5 }, DeleteEvent { nth: 137 }, ExpireCursor { calendar: 236 }]
}

history! { a_deletion_of_ours_is_never_answered_and_the_entry_back_by_then,
    [account(0, &[PLAIN, PLAIN], 0), account(0, &[PLAIN, (FromExternal, Full, Ask)], 0)],
    [CreateEntry { member: 0, series: false }, Work { connection: 0, calls: u32::MAX }, DeleteEntry { nth: 0 },
     Invite { nth: 0, calendar: 2 }, LoseAnswer { connection: 2 }, Work { connection: 2, calls: 10 },
     Work { connection: 1, calls: 1 }]
}
