//! "This and following": one series becomes two.

use jiff::SignedDuration;

use super::{Exceptions, OriginalStart};
use crate::{
    content::{Content, Timing},
    recurrence::{self, Recurrence},
    time::{When, Zone},
};

/// Why a series cannot be split there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSplit {
    #[error("the series has no occurrence that starts there")]
    NoOccurrence,
    #[error("it is the first occurrence: change the whole series instead")]
    First,
}

/// The series up to `at`, and the series from `at` on. Together they have the occurrences that the one had; each
/// exception stays with its occurrence. The earlier part is absent where nothing of it takes place.
pub fn split(series: &Content, at: OriginalStart) -> Result<(Option<Content>, Content), NotSplit> {
    if !series.has_occurrence(at) {
        return Err(NotSplit::NoOccurrence);
    }
    if at <= OriginalStart::of(&series.timing.when) {
        return Err(NotSplit::First);
    }
    let start = at
        .moment(&series.timing.when)
        .ok_or(NotSplit::NoOccurrence)?;
    let when = series.timing.when.moved_to(&start);
    let before = recurrence::starts_before(&series.timing, at);
    let (head, tail) = recurrence::cut(&series.timing, at, last_before(at), before);
    let (mut earlier, mut later) = (Exceptions::default(), Exceptions::default());
    for (key, exception) in series.exceptions.iter() {
        let side = if key < at { &mut earlier } else { &mut later };
        side.set(key, Some(exception.clone()));
    }
    let part = |when: When, recurrence: Recurrence, exceptions| Content {
        timing: Timing { when, recurrence },
        exceptions,
        ..series.clone()
    };
    let head = part(series.timing.when.clone(), head, earlier);
    let head = if head.repeats() {
        takes_place(&head, &when).then_some(head)
    } else {
        head.occurrence(OriginalStart::of(&head.timing.when))
    };
    Ok((head, part(when, tail, later)))
}

/// Whether anything of a series that ends before `next` is not cancelled.
fn takes_place(series: &Content, next: &When) -> bool {
    let utc = Zone::utc();
    let (from, to) = (series.timing.when.bounds(&utc).0, next.bounds(&utc).0);
    let cancelled = series.exceptions.cancelled().count();
    let moved = series.exceptions.len() > cancelled;
    let enough = u16::try_from(cancelled + 1).unwrap_or(u16::MAX);
    moved || !series.occurrences(from, to, &utc, enough).found.is_empty()
}

/// The last moment that is not yet `at`: where the earlier part ends.
fn last_before(at: OriginalStart) -> OriginalStart {
    match at {
        OriginalStart::Day(day) => OriginalStart::Day(day.yesterday().unwrap_or(day)),
        OriginalStart::Time(at) => OriginalStart::Time(at - SignedDuration::from_secs(1)),
    }
}
