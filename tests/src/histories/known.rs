//! Short histories: in each something is at stake that random ones seldom come to, or that once went wrong.

use domain::{
    calendar::{ConflictPolicy, Direction, Privacy},
    connection::Provider,
    content::Field,
    sync::moves::{Account, Move},
};

use super::{Call, Happening, History, Trouble};

/// One member with one calendar, both ways.
fn played(provider: Provider, conflicts: ConflictPolicy, happenings: Vec<Happening>) -> History {
    let calendars = vec![(Direction::Bidirectional, Privacy::Full, conflicts)];
    let account = Account {
        member: 0,
        calendars,
        receiver: 0,
    };
    History {
        accounts: vec![account],
        providers: [provider; 4],
        bystander: false,
        happenings,
    }
}

fn moves<const N: usize>(moves: [Move; N]) -> Vec<Happening> {
    moves.into_iter().map(Happening::Moves).collect()
}

const ENTRY: Move = Move::CreateEntry {
    member: 0,
    series: false,
};
const EVENT: Move = Move::CreateEvent {
    calendar: 0,
    series: false,
};
const ENTRY_RETITLED: Move = Move::EditEntry {
    nth: 0,
    field: Field::Title,
};
const EVENT_RETITLED: Move = Move::EditEvent {
    nth: 0,
    field: Field::Title,
};
const TO_THE_END: Move = Move::Work {
    connection: 0,
    calls: u32::MAX,
};

/// Each with what is at stake.
pub fn known() -> Vec<(&'static str, History)> {
    let mut known = Vec::new();
    for provider in [Provider::Google, Provider::Microsoft] {
        known.extend(of_words(provider));
        known.extend(of_things(provider));
    }
    known
}

fn of_words(provider: Provider) -> Vec<(&'static str, History)> {
    let overwritten = || {
        moves([
            EVENT,
            TO_THE_END,
            EVENT_RETITLED,
            ENTRY_RETITLED,
            TO_THE_END,
        ])
    };
    let edited = moves([EVENT, TO_THE_END, ENTRY_RETITLED, TO_THE_END]);
    let mut removed = edited.clone();
    removed.extend(moves([Move::DeleteEvent { nth: 0 }, TO_THE_END]));
    vec![
        (
            "what loses against the schedule is kept",
            played(provider, ConflictPolicy::LocalWins, overwritten()),
        ),
        (
            "what loses against the calendar is kept",
            played(provider, ConflictPolicy::ExternalWins, overwritten()),
        ),
        (
            "an edit does not turn back, and mails nobody",
            played(provider, ConflictPolicy::Ask, edited),
        ),
        (
            "what came from a calendar and was edited goes with its event",
            played(provider, ConflictPolicy::Ask, removed),
        ),
    ]
}

fn of_things(provider: Provider) -> Vec<(&'static str, History)> {
    let lost = Happening::Strikes {
        trouble: Trouble::LostAnswer { on: Call::Insert },
        times: 1,
    };
    let mut unanswered = moves([ENTRY, TO_THE_END]);
    unanswered.insert(1, lost.clone());
    let mut beside_new = moves([EVENT, ENTRY, TO_THE_END]);
    beside_new.insert(0, lost);
    let mut failed = moves([ENTRY, TO_THE_END, EVENT, ENTRY_RETITLED, TO_THE_END]);
    let down = Happening::Strikes {
        trouble: Trouble::Down { on: Call::Insert },
        times: 2,
    };
    failed.insert(1, down.clone());
    let delete = Move::DeleteEvent { nth: 0 };
    let copy_deleted = moves([ENTRY, TO_THE_END, delete.clone(), TO_THE_END]);
    let kept_to_itself = moves([EVENT, TO_THE_END, Move::DeleteEntry { nth: 0 }, TO_THE_END]);
    let mut busy = played(provider, ConflictPolicy::Ask, kept_to_itself);
    busy.accounts[0].calendars[0].1 = Privacy::BusyOnly;
    let put_back = moves([
        ENTRY,
        TO_THE_END,
        EVENT_RETITLED,
        delete.clone(),
        TO_THE_END,
    ]);
    let mut written_to = played(provider, ConflictPolicy::Ask, put_back);
    written_to.accounts[0].calendars[0].0 = Direction::ToExternal;
    let mut put_back_late = written_to.clone();
    put_back_late.happenings.insert(4, down);
    let invite = Move::Invite {
        nth: 0,
        calendar: 1,
    };
    let invited = moves([EVENT, TO_THE_END, invite, ENTRY_RETITLED, TO_THE_END]);
    vec![
        (
            "a create without an answer is one event",
            played(provider, ConflictPolicy::Ask, unanswered),
        ),
        (
            "a create without an answer is one event, where others are new",
            played(provider, ConflictPolicy::Ask, beside_new),
        ),
        (
            "what failed and is changed is written, beside what is new there",
            played(provider, ConflictPolicy::Ask, failed),
        ),
        (
            "a copy takes no original with it",
            played(provider, ConflictPolicy::Ask, copy_deleted),
        ),
        ("what a calendar keeps to itself goes with its event", busy),
        (
            "a copy that is put back says what its entry says",
            written_to,
        ),
        ("a copy is put back though it fails at first", put_back_late),
        (
            "the same meeting is another one for another tenant",
            History {
                bystander: true,
                ..played(provider, ConflictPolicy::Ask, invited)
            },
        ),
    ]
}
