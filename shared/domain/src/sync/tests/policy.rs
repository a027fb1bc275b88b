//! What a calendar's owner has chosen, or is asked.

use jiff::{Timestamp, civil::date};

use super::*;
use crate::{
    calendar::{ConflictPolicy, Privacy},
    link::Choice,
    series::OriginalStart,
    sync::brake::{Brake, DELETIONS_MAX, Round, brake},
};

#[test]
fn a_policy_decides_what_nobody_has_to() {
    let words = |conflicts, event: EventSeen| {
        let policy = Policy {
            conflicts,
            ..Policy::default()
        };
        let entry = ours(2, content("ours", "bring tools", 2));
        decide_one(linked(), entry, event, policy)
            .unwrap()
            .to_string()
    };
    let retitled = |changed_at: i64| EventSeen::Present {
        revision: Revision("r2".into()),
        content: content("theirs", "bring tools", 9),
        changed_at: Some(Timestamp::from_second(changed_at).unwrap()),
    };

    let table = [
        words(ConflictPolicy::LocalWins, retitled(1)),
        words(ConflictPolicy::ExternalWins, retitled(1)),
        words(ConflictPolicy::NewestWins, retitled(1)),
        words(ConflictPolicy::NewestWins, retitled(-1)),
        words(ConflictPolicy::LocalWins, EventSeen::Gone),
        words(ConflictPolicy::ExternalWins, EventSeen::Gone),
        words(ConflictPolicy::NewestWins, EventSeen::Gone),
    ];

    insta::assert_snapshot!(table.join("\n"), @r"
    write theirs: pull timing, push title
    write theirs: pull title,timing, push nothing
    write theirs: pull title,timing, push nothing
    write theirs: pull timing, push title
    finish creating theirs
    delete entry of theirs
    conflict on theirs: title
    ");
}

#[test]
fn a_choice_holds_for_what_its_maker_saw_and_nothing_newer() {
    let title = Parts::from(Fields::NONE.with(Field::Title));
    let chosen = |external: &Parts| {
        link(LinkState::Conflict {
            conflict: ConflictId::from_parts(1, 1),
            base: Base::new(1, base(), Revision("r1".into()), base()),
            choice: Some(Choice {
                external: external.clone(),
                entry_version: Some(2),
                revision: Some(Revision("r2".into())),
            }),
            sent: None,
        })
    };
    let words = |external: &Parts, version, revision| {
        let entry = ours(version, content("ours", "bring tools", 2));
        let event = theirs(revision, content("theirs", "bring tools", 2));
        decide_one(chosen(external), entry, event, Policy::default())
            .unwrap()
            .to_string()
    };

    let table = [
        words(&title, 2, "r2"),
        words(&Parts::none(), 2, "r2"),
        words(&title, 3, "r2"),
        words(&title, 2, "r3"),
    ];

    insta::assert_snapshot!(table.join("\n"), @r"
    write theirs: pull title, push nothing
    write theirs: pull nothing, push title
    conflict on theirs: title
    conflict on theirs: title
    ");
}

#[test]
fn our_own_unanswered_write_is_not_their_edit() {
    let sent = Sent {
        entry_version: 2,
        content: content("second", "bring tools", 2),
    };
    let link = link(LinkState::Linked {
        base: Base::new(1, base(), Revision("r1".into()), base()),
        sent: Some(sent),
    });

    let step = decide_one(
        link,
        ours(3, content("third", "bring tools", 2)),
        theirs("r2", content("second", "bring tools", 9)),
        Policy::default(),
    );

    assert_eq!(
        step.unwrap().to_string(),
        "write theirs: pull timing, push title"
    );
}

#[test]
fn a_calendar_that_shows_busy_times_shows_no_more() {
    let policy = Policy {
        privacy: Privacy::BusyOnly,
        ..Policy::default()
    };
    let secret = CalendarEvent {
        external_id: ExternalEventId("new".into()),
        uid: None,
        revision: Revision("r1".into()),
        changed_at: None,
        content: content("secret", "secret", 2),
    };
    let plan = decide(Observation {
        policy,
        new_events: vec![NewEvent {
            event: secret,
            known: Known::Nothing,
            claim: 0,
        }],
        ..Observation::default()
    });
    assert!(!format!("{plan:?}").contains("secret"), "{plan:?}");

    // Native there: its words never come, and ours never go over them.
    let busy = || content("Busy", "", 2);
    let native = || {
        link(LinkState::Linked {
            base: Base::new(1, busy(), Revision("r1".into()), busy()),
            sent: None,
        })
    };
    let words = |link: EventLink, entry, event| {
        decide_one(link, entry, event, policy).map_or("nothing".into(), |step| step.to_string())
    };
    let copy = || EventLink {
        origin: Origin::Entry,
        ..native()
    };
    let table = [
        words(
            native(),
            ours(1, busy()),
            theirs("r2", content("secret", "more", 5)),
        ),
        words(
            native(),
            ours(2, content("ours", "", 2)),
            EventSeen::Unreported,
        ),
        words(
            copy(),
            ours(2, content("our secret", "x", 4)),
            EventSeen::Unreported,
        ),
        words(
            copy(),
            ours(1, content("our secret", "x", 2)),
            theirs("r2", content("hello", "", 2)),
        ),
    ];
    insta::assert_snapshot!(table.join("\n"), @r"
    write theirs: pull timing, push nothing
    rebase theirs
    write theirs: pull nothing, push timing
    rebase theirs
    ");
}

#[test]
fn one_side_moving_the_series_under_an_exception_of_the_other_is_a_conflict() {
    let daily = |day: i8| {
        let mut series = content("visit", "", day);
        let lines = ["RRULE:FREQ=DAILY;COUNT=9"];
        series.timing.recurrence = Recurrence::parse(&lines, &series.timing.when).unwrap().0;
        series
    };
    let cancelled = daily(2).with_occurrence(OriginalStart::Day(date(2026, 3, 5)), None);
    let link = link(LinkState::Linked {
        base: Base::new(1, daily(2), Revision("r1".into()), daily(2)),
        sent: None,
    });

    let words = |entry, event| {
        decide_one(
            link.clone(),
            ours(2, entry),
            theirs("r2", event),
            Policy::default(),
        )
        .unwrap()
        .to_string()
    };

    assert_eq!(
        words(daily(3), cancelled.clone()),
        "conflict on theirs: timing,20260305:title,notes,location,timing,private"
    );
    assert_eq!(
        words(cancelled, daily(3)),
        "conflict on theirs: timing,20260305:title,notes,location,timing,private"
    );
}

#[test]
fn brakes_hold_what_is_unusual_and_let_the_rest_pass() {
    let deletions = |count: u32| -> Vec<Step> {
        let delete = |number| Step::DeleteEntry {
            link: Box::new(EventLink {
                external_id: ExternalEventId(format!("e{number}")),
                ..linked()
            }),
            entry_version: 1,
        };
        (0..count).map(delete).collect()
    };
    let unlink = || Step::Unlink {
        link: Box::new(linked()),
    };
    let planned = |steps: Vec<Step>| crate::sync::plan::Plan {
        steps,
        unchanged: 0,
    };
    let mut round = Round::default();

    let none = Round::default();
    let few = brake(planned(deletions(DELETIONS_MAX)), &mut round, none);
    let mut one_more = deletions(1);
    one_more.push(unlink());
    let more = brake(planned(one_more), &mut round, none);
    let later = brake(planned(deletions(1)), &mut round, none);
    let confirms = |count| {
        let let_through = Round {
            deletions: count,
            ..none
        };
        brake(planned(deletions(300)), &mut Round::default(), let_through)
    };
    let (confirmed, grown) = (confirms(280), confirms(279));
    let changes = Round {
        overwrites: 300,
        ..none
    };
    let other = brake(planned(deletions(300)), &mut round, changes);

    assert_eq!((few.plan.steps.len(), few.held.len()), (20, 0));
    assert_eq!((more.plan.steps, more.held.len()), (vec![unlink()], 1));
    assert_eq!(later.held.len(), 1, "a round stays held");
    assert_eq!((confirmed.plan.steps.len(), confirmed.held.len()), (300, 0));
    assert_eq!(
        (grown.plan.steps.len(), grown.held.len()),
        (0, 300),
        "more than was confirmed, and would pass by itself"
    );
    assert_eq!(
        other.held.len(),
        300,
        "deletions are not confirmed by confirming changes"
    );
}

#[test]
fn what_was_held_can_be_put_back_instead() {
    let restoring = |brake| Policy {
        restoring: Some(brake),
        ..Policy::default()
    };
    let words = |entry, event, policy| {
        decide_one(linked(), entry, event, policy)
            .unwrap()
            .to_string()
    };

    let table = [
        words(
            ours(1, base()),
            EventSeen::Gone,
            restoring(Brake::Deletions),
        ),
        words(
            EntrySeen::Gone,
            theirs("r1", base()),
            restoring(Brake::Deletions),
        ),
        words(
            ours(1, base()),
            theirs("r2", content("x", "", 2)),
            restoring(Brake::Overwrites),
        ),
        words(
            ours(1, base()),
            theirs("r2", content("x", "", 2)),
            restoring(Brake::Deletions),
        ),
    ];

    insta::assert_snapshot!(table.join("\n"), @r"
    finish creating theirs
    restore entry of theirs
    write theirs: pull nothing, push title,notes
    write theirs: pull title,notes, push nothing
    ");
}
