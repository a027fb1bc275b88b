//! Two sides, one base: each test says what was on both sides and what must be done.

use jiff::{Timestamp, civil::date};

use super::{
    decide::decide,
    observe::{EntrySeen, EventSeen, Known, NewEvent, Observation, Pair, Policy, RefusedEvent},
    plan::Step,
};
use crate::{
    calendar::Direction,
    content::{Content, Field, Fields, Parts, Timing},
    entry::{Entry, EntryStatus, WorkItemType},
    event::{CalendarEvent, ExternalEventId, Revision},
    failure::Refusal,
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId, TenantId},
    link::{Base, EventLink, LinkState, Origin, Sent},
    recurrence::Recurrence,
    series::Exceptions,
    time::When,
};

mod first_sight;
mod join;
mod merge;
mod policy;
mod write;

fn content(title: &str, notes: &str, day: i8) -> Content {
    let when = When::AllDay {
        start: date(2026, 3, day),
        end: date(2026, 3, day + 1),
    };
    Content {
        title: title.into(),
        notes: notes.into(),
        location: String::new(),
        timing: Timing {
            when,
            recurrence: Recurrence::none(),
        },
        private: false,
        exceptions: Exceptions::default(),
    }
}

fn base() -> Content {
    content("visit", "bring tools", 2)
}

fn link(state: LinkState) -> EventLink {
    EventLink {
        entry: EntryId::from_parts(1, 1),
        connection: ConnectionId::from_parts(1, 2),
        calendar: CalendarId::from_parts(1, 3),
        external_id: ExternalEventId("theirs".into()),
        uid: None,
        origin: Origin::Event,
        state,
        version: 1,
    }
}

fn linked() -> EventLink {
    link(LinkState::Linked {
        base: Base::new(1, base(), Revision("r1".into()), base()),
        sent: None,
    })
}

fn ours(version: u64, content: Content) -> EntrySeen {
    EntrySeen::Present {
        version,
        content,
        changed_at: Timestamp::UNIX_EPOCH,
        shared: false,
        origin: Origin::Event,
    }
}

fn theirs(revision: &str, content: Content) -> EventSeen {
    EventSeen::Present {
        revision: Revision(revision.into()),
        content,
        changed_at: None,
    }
}

fn decide_one(link: EventLink, entry: EntrySeen, event: EventSeen, policy: Policy) -> Option<Step> {
    let seen = Observation {
        policy,
        pairs: vec![Pair { link, entry, event }],
        ..Observation::default()
    };
    decide(seen).steps.pop()
}

fn words(entry: EntrySeen, event: EventSeen) -> String {
    let step = decide_one(linked(), entry, event, Policy::default());
    step.map_or("nothing".into(), |step| step.to_string())
}

#[test]
fn each_pair_of_sides_has_its_step() {
    let (same, gone) = (|| ours(1, base()), || EventSeen::Gone);
    let retitled = || content("visit 2", "bring tools", 2);
    let moved = || content("visit", "bring tools", 9);

    let table = [
        ("same, unreported", words(same(), EventSeen::Unreported)),
        ("same, same", words(same(), theirs("r1", base()))),
        (
            "same, other revision of the same words",
            words(same(), theirs("r2", base())),
        ),
        ("same, moved", words(same(), theirs("r2", moved()))),
        ("same, gone", words(same(), gone())),
        ("same, unreadable", words(same(), EventSeen::Unreadable)),
        (
            "retitled, unreported",
            words(ours(2, retitled()), EventSeen::Unreported),
        ),
        (
            "retitled, moved",
            words(ours(2, retitled()), theirs("r2", moved())),
        ),
        (
            "retitled, retitled alike",
            words(ours(2, retitled()), theirs("r2", retitled())),
        ),
        (
            "retitled, retitled otherwise",
            words(
                ours(2, retitled()),
                theirs("r2", content("job", "bring tools", 2)),
            ),
        ),
        ("retitled, gone", words(ours(2, retitled()), gone())),
        (
            "gone, unreported",
            words(EntrySeen::Gone, EventSeen::Unreported),
        ),
        ("gone, moved", words(EntrySeen::Gone, theirs("r2", moved()))),
        ("gone, gone", words(EntrySeen::Gone, gone())),
    ];

    let table: Vec<String> = table
        .iter()
        .map(|(seen, step)| format!("{seen}: {step}"))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    same, unreported: nothing
    same, same: nothing
    same, other revision of the same words: rebase theirs
    same, moved: write theirs: pull timing, push nothing
    same, gone: delete entry of theirs
    same, unreadable: nothing
    retitled, unreported: write theirs: pull nothing, push title
    retitled, moved: write theirs: pull timing, push title
    retitled, retitled alike: rebase theirs
    retitled, retitled otherwise: conflict on theirs: title
    retitled, gone: conflict on theirs: title
    gone, unreported: delete event theirs
    gone, moved: conflict on theirs: timing
    gone, gone: unlink theirs
    ");
}

#[test]
fn what_the_provider_reworded_is_nobodys_change() {
    let reworded = content("Visit", "bring tools", 2);
    let base = Base::new(1, base(), Revision("r1".into()), reworded.clone());
    let link = link(LinkState::Linked { base, sent: None });

    let step = decide_one(
        link,
        ours(1, self::base()),
        theirs("r1", reworded),
        Policy::default(),
    );

    assert_eq!(step, None);
}

#[test]
fn an_edit_is_pushed_without_the_words_that_the_provider_changed() {
    let html = content("visit", "bring tools (formatted)", 2);
    let base = Base::new(1, base(), Revision("r1".into()), html.clone());
    let retitled = content("visit 2", "bring tools", 2);

    let step = decide_one(
        link(LinkState::Linked { base, sent: None }),
        ours(2, retitled),
        theirs("r1", html),
        Policy::default(),
    );

    let Some(Step::Write(write)) = step else {
        panic!("{step:?}")
    };
    let title = Parts::from(Fields::NONE.with(Field::Title));
    assert_eq!((write.pull, write.push), (Parts::none(), title));
}

#[test]
fn losing_a_copy_is_not_losing_the_entry() {
    let copy = EventLink {
        origin: Origin::Entry,
        ..linked()
    };
    let made_here = |shared| EntrySeen::Present {
        version: 1,
        content: base(),
        changed_at: Timestamp::UNIX_EPOCH,
        shared,
        origin: Origin::Entry,
    };
    let policy = Policy::default;
    let edited = || ours(2, content("visit 2", "bring tools", 2));

    let outcomes = [
        decide_one(copy.clone(), ours(1, base()), EventSeen::Gone, policy()),
        decide_one(copy, edited(), EventSeen::Gone, policy()),
        decide_one(linked(), made_here(false), EventSeen::Gone, policy()),
        decide_one(linked(), made_here(true), EventSeen::Gone, policy()),
    ];

    let words: Vec<String> = outcomes.iter().flatten().map(ToString::to_string).collect();
    let kept = "let the copy theirs go";
    assert_eq!(words, [kept, kept, kept, "unassign from entry of theirs"]);
}

#[test]
fn what_was_let_go_is_not_made_anew_until_it_comes_back() {
    let base = || Base::new(1, base(), Revision("r1".into()), base());
    let severed = |lost| link(LinkState::Severed { lost, base: base() });
    let words = |lost, entry, event| {
        let step = decide_one(severed(lost), entry, event, Policy::default());
        step.map_or("nothing".into(), |step| step.to_string())
    };
    let retitled = || content("visit 2", "bring tools", 2);

    let table = [
        words(Origin::Event, ours(2, retitled()), EventSeen::Unreported),
        words(Origin::Event, ours(2, retitled()), EventSeen::Gone),
        words(
            Origin::Event,
            ours(2, retitled()),
            theirs("r3", self::base()),
        ),
        words(Origin::Event, EntrySeen::Gone, EventSeen::Gone),
        words(Origin::Entry, EntrySeen::Gone, theirs("r3", retitled())),
        words(Origin::Entry, EntrySeen::Gone, EventSeen::Gone),
        // It may have changed since it was let go.
        words(Origin::Entry, ours(3, self::base()), EventSeen::Unreported),
        words(
            Origin::Entry,
            ours(3, self::base()),
            theirs("r3", retitled()),
        ),
    ];

    insta::assert_snapshot!(table.join("\n"), @r"
    nothing
    nothing
    write theirs: pull nothing, push title
    unlink theirs
    nothing
    unlink theirs
    nothing
    write theirs: pull title, push nothing
    ");
}

#[test]
fn nothing_flows_against_the_chosen_direction() {
    let one_way = |direction| Policy {
        direction,
        ..Policy::default()
    };
    let retitled = || content("visit 2", "bring tools", 2);

    let pushed = decide_one(
        linked(),
        ours(2, retitled()),
        EventSeen::Unreported,
        one_way(Direction::FromExternal),
    );
    let pulled = decide_one(
        linked(),
        ours(1, base()),
        theirs("r2", retitled()),
        one_way(Direction::ToExternal),
    );
    let deleted = decide_one(
        linked(),
        EntrySeen::Gone,
        EventSeen::Unreported,
        one_way(Direction::FromExternal),
    );
    let put_back = decide_one(
        linked(),
        ours(1, base()),
        EventSeen::Gone,
        one_way(Direction::ToExternal),
    );

    assert!(matches!(pushed, Some(Step::Rebase { .. })), "{pushed:?}");
    assert_eq!(pulled, None);
    let left = matches!(
        deleted,
        Some(Step::Sever {
            lost: Origin::Entry,
            ..
        })
    );
    assert!(left, "{deleted:?}");
    assert!(
        matches!(put_back, Some(Step::FinishCreate { .. })),
        "{put_back:?}"
    );
}

#[test]
fn a_conflict_waits_until_someone_decides() {
    let base = Base::new(1, base(), Revision("r1".into()), base());
    let link = link(LinkState::Conflict {
        conflict: ConflictId::from_parts(1, 1),
        base,
        choice: None,
        sent: None,
    });

    let words = |entry, event| {
        let step = decide_one(link.clone(), entry, event, Policy::default());
        step.map_or("nothing".into(), |step| step.to_string())
    };
    let apart = || content("a", "bring tools", 2);

    let table = [
        words(ours(3, apart()), EventSeen::Unreported),
        words(
            ours(3, apart()),
            theirs("r2", content("b", "bring tools", 2)),
        ),
        words(ours(3, apart()), EventSeen::Gone),
        words(ours(3, apart()), theirs("r2", apart())),
        words(ours(3, apart()), theirs("r3", self::base())),
        words(ours(3, self::base()), theirs("r3", self::base())),
    ];

    insta::assert_snapshot!(table.join("\n"), @r"
    nothing
    conflict on theirs: title
    conflict on theirs: title
    rebase theirs
    write theirs: pull nothing, push title
    rebase theirs
    ");
}
