//! What a write may claim as ours, and what it must not go over.

use super::*;
use crate::{calendar::ConflictPolicy, series::OriginalStart, sync::plan::WriteStep};

fn daily(title: &str) -> Content {
    let mut series = content(title, "bring tools", 2);
    let when = &series.timing.when;
    series.timing.recurrence = Recurrence::parse(&["RRULE:FREQ=DAILY;COUNT=4"], when)
        .unwrap()
        .0;
    series
}

fn day(day: i8) -> OriginalStart {
    OriginalStart::Day(date(2026, 3, day))
}

fn retitled(series: Content, at: OriginalStart, title: &str) -> Content {
    let mut occurrence = series.plain_occurrence(at).unwrap();
    occurrence.title = title.into();
    series.with_occurrence(at, Some(&occurrence))
}

/// We retitled the series, they an occurrence.
fn both_ways() -> WriteStep {
    let base = Base::new(1, daily("visit"), Revision("r1".into()), daily("visit"));
    let link = link(LinkState::Linked { base, sent: None });
    let theirs = theirs("r1", retitled(daily("visit"), day(3), "with the inspector"));
    let step = decide_one(link, ours(2, daily("job")), theirs, Policy::default());
    match step {
        Some(Step::Write(write)) => *write,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_pushed_is_said_to_be_sent() {
    let write = both_ways();

    assert_eq!(write.sent().content, daily("job"));
}

#[test]
fn what_an_answer_shows_of_other_occurrences_is_still_to_be_seen() {
    let write = both_ways();
    let seen = retitled(daily("job"), day(3), "with the inspector");

    let answer = retitled(seen.clone(), day(4), "edited meanwhile");
    assert_eq!(write.answered(answer), seen);

    // An occurrence that the series no longer has is gone because of us.
    let mut moved = seen.clone();
    moved.timing.when = content("", "", 9).timing.when;
    let moved = moved.with_occurrence(day(3), None);
    assert_eq!(write.answered(moved.clone()), moved);
}

#[test]
fn an_event_goes_with_its_last_words_on_record() {
    let policy = Policy {
        conflicts: ConflictPolicy::LocalWins,
        ..Policy::default()
    };
    let last = content("visit 2", "bring tools", 2);

    let step = decide_one(
        linked(),
        EntrySeen::Gone,
        theirs("r2", last.clone()),
        policy,
    );

    let Some(Step::DeleteEvent { seen, .. }) = step else {
        panic!("{step:?}")
    };
    assert_eq!(seen, (Revision("r2".into()), last.into()));
}

#[test]
fn nothing_is_written_over_words_that_were_not_read() {
    let policy = Policy {
        direction: Direction::ToExternal,
        ..Policy::default()
    };
    let theirs_edit = content("visit", "their notes", 2);

    let seen = decide_one(linked(), ours(2, base()), theirs("r2", theirs_edit), policy);

    let Some(Step::Rebase { base, .. }) = seen else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (base.revision, base.entry_version),
        (Revision("r1".into()), 2)
    );
}

#[test]
fn what_may_not_flow_stays_a_change_when_something_else_flows() {
    let policy = Policy {
        direction: Direction::FromExternal,
        ..Policy::default()
    };
    let theirs_edit = content("visit", "their notes", 2);

    let step = decide_one(
        linked(),
        ours(2, content("our title", "bring tools", 2)),
        theirs("r2", theirs_edit.clone()),
        policy,
    );

    let Some(Step::Write(write)) = step else {
        panic!("{step:?}")
    };
    assert_eq!(write.content, theirs_edit);
}

#[test]
fn what_we_wrote_and_the_provider_trimmed_is_no_edit_of_theirs() {
    let sent = Sent {
        entry_version: 2,
        content: content("visit", "ring twice ", 2),
    };
    let before = Base::new(1, base(), Revision("r1".into()), base());

    let after = before.with_what_landed(&sent, &content("visit", "ring twice", 2));

    assert_eq!(after.entry.notes, "ring twice ");
    assert_eq!(after.event().notes, "ring twice");
}

#[test]
fn an_occurrence_that_takes_place_again_may_still_lack_its_title() {
    let cancelled = daily("visit").with_occurrence(day(3), None);
    let sent = Sent {
        entry_version: 2,
        content: retitled(daily("visit"), day(3), "with the inspector"),
    };
    let before = Base::new(1, cancelled.clone(), Revision("r1".into()), cancelled);

    let after = before.with_what_landed(&sent, &daily("visit"));

    assert_eq!(
        (&after.entry, after.event()),
        (&daily("visit"), &daily("visit"))
    );
}
