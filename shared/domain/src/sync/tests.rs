//! Two sides, one base: each test says what was on both sides and what must be done.

use jiff::{Timestamp, civil::date};
use proptest::prelude::*;

use super::{
    decide::decide,
    observe::{EntrySeen, EventSeen, Observation, Pair, Policy, RefusedEvent},
    plan::Step,
};
use crate::{
    calendar::Direction,
    content::{Content, Field, Fields, Timing},
    entry::{Entry, EntryStatus, WorkItemType},
    event::{CalendarEvent, ExternalEventId, Revision},
    failure::Refusal,
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId, TenantId},
    link::{Base, EventLink, LinkState, Sent},
    recurrence::Recurrence,
    time::When,
};

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
        state,
        version: 1,
    }
}

fn linked() -> EventLink {
    link(LinkState::Linked {
        base: Base::new(1, base(), Revision("r1".into()), base()),
    })
}

fn ours(version: u64, content: Content) -> EntrySeen {
    EntrySeen::Present {
        version,
        content,
        shared: false,
    }
}

fn theirs(revision: &str, content: Content) -> EventSeen {
    EventSeen::Present {
        revision: Revision(revision.into()),
        content,
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
    let link = link(LinkState::Linked { base });

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
        link(LinkState::Linked { base }),
        ours(2, retitled),
        theirs("r1", html),
        Policy::default(),
    );

    let Some(Step::Write(write)) = step else {
        panic!("{step:?}")
    };
    assert_eq!(
        (write.pull, write.push),
        (Fields::NONE, Fields::NONE.with(Field::Title))
    );
}

#[test]
fn an_entry_that_others_still_have_is_not_deleted_with_one_copy() {
    let shared = EntrySeen::Present {
        version: 1,
        content: base(),
        shared: true,
    };

    let step = decide_one(linked(), shared, EventSeen::Gone, Policy::default());

    assert!(matches!(step, Some(Step::Unassign { .. })), "{step:?}");
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
    assert!(matches!(pulled, Some(Step::Rebase { .. })), "{pulled:?}");
    assert!(matches!(deleted, Some(Step::Unlink { .. })), "{deleted:?}");
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
    });

    let step = decide_one(
        link,
        ours(3, content("a", "b", 3)),
        EventSeen::Gone,
        Policy::default(),
    );

    assert_eq!(step, None);
}

#[test]
fn a_create_without_an_answer_is_finished_or_taken_back() {
    let pending = || {
        link(LinkState::Pending {
            sent: Sent {
                entry_version: 1,
                content: base(),
            },
        })
    };
    let policy = Policy::default;

    let finish = decide_one(pending(), ours(1, base()), EventSeen::Unreported, policy());
    let undo = decide_one(pending(), EntrySeen::Gone, EventSeen::Unreported, policy());

    assert!(
        matches!(finish, Some(Step::FinishCreate { .. })),
        "{finish:?}"
    );
    assert!(
        matches!(undo, Some(Step::DeleteEvent { revision: None, .. })),
        "{undo:?}"
    );
}

#[test]
fn first_sight_creates_on_the_other_side_and_refuses_by_name() {
    let event = CalendarEvent {
        external_id: ExternalEventId("new".into()),
        uid: None,
        revision: Revision("r1".into()),
        content: base(),
    };
    let at = Timestamp::UNIX_EPOCH;
    let entry = Entry {
        id: EntryId::from_parts(1, 9),
        tenant: TenantId::from_parts(1, 1),
        version: 1,
        content: base(),
        work_item_type: WorkItemType::AdHoc,
        status: EntryStatus::Scheduled,
        assignees: vec![MemberId::from_parts(1, 1)],
        attendees: Vec::new(),
        created_at: at,
        updated_at: at,
    };
    let refused = RefusedEvent {
        external_id: ExternalEventId("odd".into()),
        title: "odd".into(),
        refusal: Refusal::UnknownZone {
            zone: "Mars/Base".into(),
        },
    };

    let plan = decide(Observation {
        new_events: vec![event],
        new_entries: vec![entry],
        refused: vec![refused],
        ..Observation::default()
    });

    insta::assert_snapshot!(plan.to_string(), @r#"
    create entry from new
    refuse odd: the time zone "Mars/Base" is not known
    create event from ent_00000000010000000000000009
    unchanged: 0
    "#);
}

fn any_content() -> impl Strategy<Value = Content> {
    (
        prop::sample::select(vec!["a", "b", "c"]),
        prop::sample::select(vec!["x", "y"]),
        1i8..4,
    )
        .prop_map(|(title, notes, day)| content(title, notes, day))
}

proptest! {
    /// After the step is carried out, every field holds the value of whoever changed it; a field that both changed
    /// apart is in a conflict with both values.
    #[test]
    fn no_edit_is_lost(common in any_content(), entry in any_content(), event in any_content()) {
        let base = Base::new(1, common.clone(), Revision("r1".into()), common.clone());
        let step = decide_one(
            link(LinkState::Linked { base }),
            ours(2, entry.clone()),
            theirs("r2", event.clone()),
            Policy::default(),
        );
        let (entry_after, event_after) = match step {
            Some(Step::Write(write)) => {
                let event_after = write.event.with_fields_of(&write.content, write.push);
                prop_assert_eq!(&write.content, &event_after);
                (write.content, event_after)
            }
            Some(Step::Rebase { content, event, .. }) => (*content, *event),
            Some(Step::Conflict { fields, local, external, .. }) => {
                prop_assert!(!fields.is_empty());
                prop_assert_eq!(local.as_deref(), Some(&entry));
                prop_assert_eq!(external.as_deref(), Some(&event));
                for field in fields.iter() {
                    prop_assert!(entry.diff(&common).contains(field) && event.diff(&common).contains(field));
                    prop_assert!(entry.diff(&event).contains(field));
                }
                return Ok(());
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        for field in Field::ALL {
            let source = if entry.diff(&common).contains(field) { &entry } else { &event };
            prop_assert!(!entry_after.diff(source).contains(field), "{} of the entry", field.name());
            prop_assert!(!event_after.diff(source).contains(field), "{} of the event", field.name());
        }
    }
}
