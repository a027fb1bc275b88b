//! Random edits on both sides of one link.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::series::OriginalStart;

/// Series that start on the same day, with a few exceptions.
fn any_content() -> impl Strategy<Value = Content> {
    let exception = (
        5i8..8,
        prop::sample::select(vec!["cancelled", "a", "b"]),
        0i8..3,
    );
    (
        prop::sample::select(vec!["a", "b", "c"]),
        prop::sample::select(vec!["x", "y"]),
        1i8..3,
        prop::collection::vec(exception, 0..3),
    )
        .prop_map(|(title, notes, interval, exceptions)| {
            let mut series = content(title, notes, 2);
            let lines = [format!("RRULE:FREQ=DAILY;INTERVAL={interval}")];
            let when = &series.timing.when;
            series.timing.recurrence = Recurrence::parse(&lines, when).unwrap().0;
            for (day, what, moved) in exceptions {
                let at = OriginalStart::Day(date(2026, 3, day));
                let changed = content(what, notes, day + moved);
                series = series.with_occurrence(at, (what != "cancelled").then_some(&changed));
            }
            series
        })
}

proptest! {
    /// After the step is carried out, every field holds the value of whoever changed it; a field that both changed
    /// apart is in a conflict with both values.
    #[test]
    fn no_edit_is_lost(common in any_content(), entry in any_content(), event in any_content()) {
        let base = Base::new(1, common.clone(), Revision("r1".into()), common.clone());
        let step = decide_one(
            link(LinkState::Linked { base, sent: None }),
            ours(2, entry.clone()),
            theirs("r2", event.clone()),
            Policy::default(),
        );
        let (entry_after, event_after) = match step {
            Some(Step::Write(write)) => {
                let event_after = write.event.with_parts_of(&write.content, &write.push);
                prop_assert_eq!(&write.content, &event_after);
                (write.content, event_after)
            }
            Some(Step::Rebase { base, .. }) => (base.entry.clone(), base.event().clone()),
            Some(Step::Conflict { parts, local, external, .. }) => {
                prop_assert!(!parts.is_empty());
                prop_assert_eq!(local.map(|(_, content)| *content), Some(entry.clone()));
                prop_assert_eq!(external.map(|(_, content)| *content), Some(event.clone()));
                let changed_by_both = entry.diff(&common).and(&event.diff(&common));
                prop_assert!(parts.without(&changed_by_both).is_empty());
                prop_assert!(parts.without(&entry.diff(&event)).is_empty());
                return Ok(());
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let ours = entry.diff(&common);
        let expected = event.with_parts_of(&entry, &ours);
        prop_assert_eq!(&entry_after, &expected);
        prop_assert_eq!(&event_after, &expected);
    }
}
