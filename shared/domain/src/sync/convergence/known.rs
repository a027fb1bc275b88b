//! Histories that broke the engine, or a law, when they were found. Where a worker was stopped is counted in calls, and an
//! engine that is changed makes others: each history is played with every worker stopped a little earlier or later, too.

use super::play;
use crate::{
    calendar::{
        ConflictPolicy::{self, Ask, ExternalWins, LocalWins},
        Direction::{self, Bidirectional, FromExternal, ToExternal},
        Privacy::{self, BusyOnly, Full},
    },
    content::Field::{Location, Notes, Timing, Title},
    sync::moves::{
        Account,
        Move::{
            self, Assign, Crash, CreateEntry, CreateEvent, DeleteEntry, DeleteEvent, EditEntry,
            EditEntryOccurrence, EditEvent, EditEventOccurrence, EmptyPages, ExpireCursor, Invite,
            LoseAnswer, Overtake, Resolve, TakeElsewhere, Unassign, Work,
        },
        OccurrenceEdit::{self, Cancel, Retitle},
    },
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

fn shifted(moves: &[Move], by: i32) -> Vec<Move> {
    let mut moves = moves.to_vec();
    for one in &mut moves {
        if let Work { calls, .. } = one
            && *calls < u32::MAX
        {
            *calls = calls.saturating_add_signed(by);
        }
    }
    moves
}

macro_rules! history {
    ($name:ident, $($accounts:expr, $moves:expr),+ $(,)?) => {
        #[test]
        fn $name() {
            for by in -6..=6 {
                $(play(&$accounts, &shifted(&$moves, by));)+
            }
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

history! { the_second_event_of_a_meeting_takes_over_from_the_first,
    [account(0, &[(Bidirectional, Full, ExternalWins), PLAIN], 0)],
    [CreateEntry { member: 0, series: false }, CreateEvent { calendar: 125, series: false },
     Invite { nth: 0, calendar: 30 }, CreateEntry { member: 0, series: false }, Work { connection: 0, calls: 9 },
     CreateEntry { member: 0, series: false }, Work { connection: 0, calls: 12 }, DeleteEvent { nth: 6 }]
}

history! { two_accounts_lose_a_meeting_at_once,
    [account(0, &[PLAIN], 0), account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 0, series: false }, Invite { nth: 0, calendar: 1 },
     Work { connection: 0, calls: u32::MAX }, Work { connection: 1, calls: u32::MAX },
     Work { connection: 0, calls: u32::MAX }, DeleteEvent { nth: 0 }, DeleteEvent { nth: 0 },
     Work { connection: 0, calls: 10 }, Work { connection: 1, calls: u32::MAX }]
}

history! { an_overtaken_worker_writes_down_nothing,
    [account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 0, series: false }, Work { connection: 0, calls: 5 }, Overtake { connection: 0 },
     DeleteEvent { nth: 0 }, Work { connection: 0, calls: 6 }]
}

history! { an_overtaken_worker_brings_nothing_back,
    [account(0, &[(Bidirectional, BusyOnly, Ask), PLAIN], 0), account(0, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 2, series: false }, LoseAnswer { connection: 0 }, Work { connection: 1, calls: 10 },
     Work { connection: 2, calls: u32::MAX }, Work { connection: 0, calls: 6 }, Overtake { connection: 2 },
     DeleteEntry { nth: 0 }, Work { connection: 2, calls: u32::MAX }]
}

history! { an_overtaken_worker_meets_what_the_other_took_over,
    [account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 0, series: false }, Work { connection: 0, calls: 6 }, Overtake { connection: 0 },
     Work { connection: 0, calls: 10 }, DeleteEvent { nth: 0 }]
}

history! { a_meeting_of_two_accounts_is_deleted_from_one_and_then_unassigned,
    [account(1, &[(Bidirectional, Full, ExternalWins)], 0), account(0, &[PLAIN], 0), account(0, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 32, series: false }, Work { connection: 0, calls: u32::MAX },
     CreateEvent { calendar: 0, series: false }, Invite { nth: 66, calendar: 198 }, DeleteEvent { nth: 144 },
     Work { connection: 0, calls: 11 }, Work { connection: 2, calls: u32::MAX }, Unassign { nth: 0, member: 0 }]
}

history! { a_deletion_is_taken_back_after_its_event_was_edited,
    [account(0, &[PLAIN], 0), account(1, &[(Bidirectional, Full, ConflictPolicy::NewestWins)], 0)],
    [CreateEntry { member: 1, series: true }, Assign { nth: 0, member: 0 }, Work { connection: 1, calls: u32::MAX },
     Unassign { nth: 0, member: 1 }, EditEventOccurrence { nth: 0, which: 0, edit: Retitle },
     Work { connection: 1, calls: 15 }, Assign { nth: 0, member: 1 }, CreateEntry { member: 0, series: false },
     EditEvent { nth: 0, field: Title }]
}

history! { a_meeting_leaves_one_account_while_the_other_meets_it,
    [account(1, &[(FromExternal, Full, Ask), PLAIN], 0), account(1, &[PLAIN, PLAIN], 1)],
    [CreateEvent { calendar: 60, series: false }, Work { connection: 1, calls: 5 }, Invite { nth: 0, calendar: 174 },
     Work { connection: 0, calls: 5 }, DeleteEvent { nth: 90 }]
}

history! { a_series_is_moved_while_its_occurrence_is_taken_over,
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, Work { connection: 0, calls: u32::MAX },
     EditEventOccurrence { nth: 0, which: 0, edit: Retitle }, CreateEvent { calendar: 0, series: false },
     EditEvent { nth: 6, field: Notes }, Work { connection: 0, calls: 10 }, EditEntry { nth: 0, field: Timing }]
}

history! { a_copy_is_moved_while_its_entry_is_deleted,
    [account(0, &[(FromExternal, Full, Ask), (Bidirectional, Full, ExternalWins)], 1)],
    [CreateEntry { member: 0, series: false }, LoseAnswer { connection: 0 },
     Work { connection: 0, calls: u32::MAX }, EditEvent { nth: 0, field: Title }, DeleteEntry { nth: 0 },
     Work { connection: 0, calls: 18 }, TakeElsewhere { nth: 0, calendar: 50 }]
}

history! { a_series_is_moved_back_and_one_of_its_occurrences_stays_behind,
    [account(0, &[PLAIN], 0), account(0, &[(Bidirectional, Full, LocalWins)], 0), account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 223, series: true }, Work { connection: 1, calls: 10 }, EditEventOccurrence { nth: 0, which: 0, edit: Retitle }, EditEntryOccurrence { nth: 0, which: 0, edit: Retitle }, EditEvent { nth: 0, field: Timing }, Work { connection: 1, calls: 4 }, EditEntryOccurrence { nth: 0, which: 1, edit: Retitle }]
}

history! { a_decision_is_carried_out_and_never_answered,
    [account(0, &[PLAIN, PLAIN], 0)],
    [LoseAnswer { connection: 0 }, CreateEntry { member: 0, series: false }, Work { connection: 0, calls: u32::MAX }, EditEvent { nth: 0, field: Location }, EditEntry { nth: 0, field: Location }, Work { connection: 0, calls: 12 }, Resolve { nth: 0, external: false }, Work { connection: 0, calls: 8 }, LoseAnswer { connection: 0 }, Work { connection: 0, calls: 9 }, EditEntry { nth: 0, field: Location }]
}

history! { a_copy_is_moved_before_its_entry_is_deleted,
    [account(1, &[PLAIN], 0), account(1, &[PLAIN, PLAIN], 0)],
    [Work { connection: 1, calls: 1 }, CreateEvent { calendar: 54, series: false }, Work { connection: 2, calls: 10 }, Work { connection: 1, calls: 23 }, TakeElsewhere { nth: 19, calendar: 2 }, DeleteEvent { nth: 126 }]
}

history! { an_event_moves_to_a_calendar_that_shows_less,
    [account(0, &[(Bidirectional, BusyOnly, Ask)], 0), account(0, &[(FromExternal, BusyOnly, Ask), PLAIN], 0)],
    [CreateEvent { calendar: 33, series: false }, Invite { nth: 0, calendar: 11 }, Work { connection: 0, calls: u32::MAX }, EditEntry { nth: 0, field: Title }, Work { connection: 1, calls: 13 }, TakeElsewhere { nth: 19, calendar: 199 }]
}

history! { two_events_of_one_meeting_bring_its_entry_back,
    [account(1, &[PLAIN, PLAIN], 0), account(1, &[PLAIN, (Bidirectional, Full, ExternalWins)], 0)],
    [CreateEvent { calendar: 30, series: false }, Work { connection: 1, calls: 14 },
     Work { connection: 0, calls: u32::MAX }, TakeElsewhere { nth: 187, calendar: 19 },
     Invite { nth: 162, calendar: 51 }]
}

history! { a_series_that_we_move_back_drops_its_occurrences,
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [Work { connection: 0, calls: 1 }, CreateEvent { calendar: 0, series: true }, Overtake { connection: 0 },
     EditEventOccurrence { nth: 0, which: 0, edit: Retitle }, Work { connection: 0, calls: 12 },
     EditEvent { nth: 0, field: Timing }, EditEntryOccurrence { nth: 0, which: 1, edit: Retitle },
     ExpireCursor { calendar: 0 }, Work { connection: 0, calls: 19 }]
}

history! { an_event_moves_to_a_calendar_that_shows_more,
    [account(0, &[PLAIN, (Bidirectional, BusyOnly, Ask)], 0)],
    [CreateEvent { calendar: 0, series: false }, CreateEvent { calendar: 49, series: true },
     Work { connection: 0, calls: 21 }, Work { connection: 0, calls: 4 }, CreateEntry { member: 1, series: false },
     Invite { nth: 127, calendar: 44 }, EditEntryOccurrence { nth: 79, which: 0, edit: Retitle },
     Work { connection: 0, calls: 6 }, DeleteEvent { nth: 47 }]
}

history! { an_event_of_theirs_takes_the_place_of_a_copy,
    [account(1, &[PLAIN], 0), account(1, &[PLAIN], 0)],
    [CreateEvent { calendar: 61, series: false }, Work { connection: 1, calls: 10 }, Work { connection: 0, calls: 5 },
     Assign { nth: 0, member: 0 }, Invite { nth: 0, calendar: 6 }, Work { connection: 0, calls: 10 },
     DeleteEvent { nth: 108 }, DeleteEvent { nth: 103 }]
}

history! { one_occurrence_takes_place_again_and_another_was_edited,
    [account(1, &[PLAIN, (ToExternal, Full, Ask)], 1)],
    [CreateEntry { member: 1, series: true }, Work { connection: 0, calls: 4 }, Work { connection: 0, calls: 21 },
     EditEntryOccurrence { nth: 0, which: 0, edit: Cancel }, EditEventOccurrence { nth: 0, which: 1, edit: Cancel },
     EditEventOccurrence { nth: 0, which: 0, edit: Retitle }, EditEntryOccurrence { nth: 0, which: 1, edit: Retitle }]
}

history! { an_occurrence_that_the_series_dropped_is_changed_further,
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, Work { connection: 0, calls: u32::MAX },
     Work { connection: 0, calls: 4 },
     EditEntryOccurrence { nth: 0, which: 2, edit: OccurrenceEdit::Move },
     EditEvent { nth: 0, field: Timing }, Work { connection: 0, calls: u32::MAX },
     EditEntryOccurrence { nth: 0, which: 2, edit: Retitle }],
    [account(0, &[PLAIN], 0), account(0, &[PLAIN], 0)],
    [CreateEvent { calendar: 162, series: true }, Work { connection: 2, calls: 10 },
     EditEntryOccurrence { nth: 0, which: 0, edit: Retitle }, EmptyPages { calendar: 30 },
     Work { connection: 2, calls: u32::MAX }, CreateEntry { member: 0, series: false },
     EditEvent { nth: 0, field: Timing }, EditEventOccurrence { nth: 0, which: 0, edit: Retitle },
     EditEvent { nth: 0, field: Notes }]
}

history! { a_copy_comes_back_where_it_was_removed_and_its_entry_is_deleted,
    [account(0, &[PLAIN], 0), account(0, &[PLAIN], 0), account(1, &[PLAIN, (ToExternal, Full, Ask)], 0)],
    [CreateEntry { member: 1, series: false }, CreateEntry { member: 0, series: false },
     Work { connection: 2, calls: u32::MAX }, TakeElsewhere { nth: 0, calendar: 11 },
     Work { connection: 2, calls: 18 }, CreateEvent { calendar: 28, series: false },
     EditEntry { nth: 0, field: Title }, TakeElsewhere { nth: 127, calendar: 62 }, DeleteEntry { nth: 128 }]
}

history! { a_copy_is_invited_into_another_account_and_moved_out_of_sight_there,
    [account(0, &[(ToExternal, Full, Ask), PLAIN], 0), account(0, &[PLAIN, PLAIN], 0)],
    [CreateEntry { member: 0, series: false }, Work { connection: 1, calls: u32::MAX },
     EditEntry { nth: 0, field: Title }, Invite { nth: 0, calendar: 85 }, Work { connection: 2, calls: u32::MAX },
     TakeElsewhere { nth: 72, calendar: 52 }]
}

history! { what_broke_it_earlier_holds,
    [account(0, &[(Bidirectional, BusyOnly, Ask)], 0)],
    [CreateEvent { calendar: 0, series: false }, Work { connection: 0, calls: 9 }, DeleteEntry { nth: 0 },
     CreateEntry { member: 0, series: false }, CreateEntry { member: 0, series: false }],
    [account(0, &[PLAIN], 0)],
    [Work { connection: 0, calls: 10 }, EditEntry { nth: 0, field: Title }, EditEntry { nth: 0, field: Title },
     Work { connection: 0, calls: 4 }, ExpireCursor { calendar: 0 }],
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [CreateEvent { calendar: 0, series: false }, Work { connection: 0, calls: 9 },
     EditEvent { nth: 0, field: Title }, DeleteEntry { nth: 0 }, CreateEntry { member: 0, series: false }],
    [account(0, &[(FromExternal, Full, Ask)], 0), account(0, &[PLAIN], 0), account(0, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 180, series: true }, Work { connection: 0, calls: 9 }, Invite { nth: 0, calendar: 89 },
     EditEvent { nth: 30, field: Title }, DeleteEntry { nth: 0 }, CreateEntry { member: 0, series: false }],
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, CreateEntry { member: 0, series: false },
     Work { connection: 0, calls: 15 }, EditEntryOccurrence { nth: 151, which: 0, edit: Retitle },
     EditEvent { nth: 103, field: Timing }, EditEventOccurrence { nth: 155, which: 0, edit: Retitle },
     CreateEntry { member: 0, series: false }],
    [account(0, &[PLAIN, PLAIN], 0)],
    [CreateEvent { calendar: 7, series: false }, Work { connection: 0, calls: 18 }, DeleteEntry { nth: 0 },
     Invite { nth: 0, calendar: 134 }, CreateEntry { member: 0, series: false }],
    [account(0, &[PLAIN], 0)],
    [CreateEntry { member: 0, series: true }, EditEntryOccurrence { nth: 0, which: 0, edit: Retitle },
     CreateEntry { member: 0, series: false }, Work { connection: 0, calls: u32::MAX },
     EditEventOccurrence { nth: 30, which: 0, edit: Retitle }, EditEntry { nth: 126, field: Title }],
    [account(0, &[PLAIN, PLAIN], 1)],
    [LoseAnswer { connection: 0 }, CreateEntry { member: 0, series: false },
     Work { connection: 0, calls: u32::MAX }, TakeElsewhere { nth: 0, calendar: 110 },
     CreateEntry { member: 0, series: false }],
    [account(0, &[PLAIN, PLAIN], 0), account(0, &[PLAIN, PLAIN], 0), account(1, &[(Bidirectional, Full, LocalWins)],
     0)],
    [CreateEvent { calendar: 89, series: true }, Work { connection: 2, calls: u32::MAX },
     EditEventOccurrence { nth: 0, which: 0, edit: Retitle }, EditEntry { nth: 0, field: Title },
     DeleteEvent { nth: 0 }],
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [LoseAnswer { connection: 0 }, CreateEvent { calendar: 0, series: false }, Work { connection: 0, calls: 11 },
     DeleteEntry { nth: 0 }, EditEvent { nth: 0, field: Title }, Work { connection: 0, calls: u32::MAX }],
    [account(0, &[(Bidirectional, Full, ExternalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, EditEvent { nth: 0, field: Title },
     CreateEntry { member: 0, series: false }, CreateEvent { calendar: 0, series: false },
     EditEntry { nth: 0, field: Title }, Work { connection: 0, calls: 9 },
     EditEntryOccurrence { nth: 0, which: 0, edit: Retitle },
     EditEntryOccurrence { nth: 1, which: 0, edit: Cancel }, EditEvent { nth: 104, field: Notes },
     CreateEntry { member: 0, series: false }, EditEventOccurrence { nth: 20, which: 0, edit: Retitle }],
    [account(1, &[(Bidirectional, Full, ExternalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, Work { connection: 0, calls: u32::MAX },
     Assign { nth: 0, member: 0 }, Unassign { nth: 0, member: 1 }, EditEntry { nth: 0, field: Title },
     EditEvent { nth: 0, field: Title }],
    [account(0, &[(Bidirectional, BusyOnly, Ask), PLAIN], 1)],
    [CreateEntry { member: 0, series: false }, Work { connection: 0, calls: u32::MAX },
     EditEvent { nth: 0, field: Title }, TakeElsewhere { nth: 0, calendar: 30 },
     CreateEntry { member: 0, series: false }],
    [account(1, &[(ToExternal, Full, Ask)], 0), account(1, &[(FromExternal, Full, Ask)], 0)],
    [CreateEvent { calendar: 55, series: false }, CreateEntry { member: 0, series: false },
     Work { connection: 1, calls: 9 }, Work { connection: 2, calls: 17 }, EditEvent { nth: 44, field: Notes },
     Work { connection: 0, calls: u32::MAX }, EditEntry { nth: 7, field: Notes }],
    [account(0, &[(Bidirectional, Full, LocalWins)], 0)],
    [CreateEvent { calendar: 0, series: true }, Work { connection: 0, calls: 11 },
     EditEventOccurrence { nth: 0, which: 0, edit: Retitle },
     EditEventOccurrence { nth: 0, which: 1, edit: Retitle }, EditEntry { nth: 0, field: Title },
     EditEvent { nth: 0, field: Title }, Work { connection: 0, calls: u32::MAX },
     EditEvent { nth: 0, field: Title }],
    [account(0, &[PLAIN, (FromExternal, Full, Ask)], 0)],
    [CreateEvent { calendar: 103, series: false }, Work { connection: 0, calls: 18 },
     EditEntry { nth: 0, field: Title }, CreateEvent { calendar: 12, series: false },
     EditEvent { nth: 187, field: Notes }, Work { connection: 0, calls: 12 },
     TakeElsewhere { nth: 73, calendar: 48 }],
    [account(0, &[PLAIN, PLAIN], 2), account(0, &[PLAIN], 0)],
    [CreateEntry { member: 0, series: false }, LoseAnswer { connection: 0 },
     CreateEvent { calendar: 189, series: false }, Work { connection: 2, calls: u32::MAX },
     EditEvent { nth: 0, field: Location }, EditEntry { nth: 47, field: Notes }, Work { connection: 2, calls: 10 },
     EditEntry { nth: 49, field: Notes }],
    [account(1, &[PLAIN, (Bidirectional, Full, LocalWins)], 1), account(0, &[PLAIN], 0), account(0, &[PLAIN], 0)],
    [CreateEntry { member: 1, series: true }, EditEntryOccurrence { nth: 0, which: 3, edit: Cancel },
     Work { connection: 0, calls: u32::MAX }, EditEntryOccurrence { nth: 0, which: 3, edit: Retitle },
     Assign { nth: 0, member: 0 }],
    [account(1, &[(ToExternal, Full, Ask)], 0)],
    [LoseAnswer { connection: 0 }, CreateEntry { member: 1, series: false },
     Work { connection: 0, calls: u32::MAX }, EditEvent { nth: 0, field: Title }, Work { connection: 0, calls: 6 },
     DeleteEntry { nth: 0 }]
}
