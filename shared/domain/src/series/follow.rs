//! Exceptions of a series that is moved: what was cancelled stays cancelled.

use jiff::ToSpan;

use super::{Exceptions, OriginalStart};
use crate::{
    content::Timing,
    recurrence,
    time::{LocalTime, When},
};

impl Exceptions {
    /// The exceptions of a series whose timing changes from `old` to `new`. An occurrence at the series' own time of day
    /// follows it to the new one, on its day or as many days later as the series itself was moved, wherever the new rule
    /// has an occurrence.
    #[must_use]
    pub fn following(&self, old: &Timing, new: &Timing) -> Self {
        let mut followed = Self::default();
        if new.recurrence.is_none() {
            return followed;
        }
        for (at, exception) in self.iter() {
            followed.set(moved(at, old, new), Some(exception.clone()));
        }
        followed
    }
}

fn moved(at: OriginalStart, old: &Timing, new: &Timing) -> OriginalStart {
    if OriginalStart::of(&old.when) == OriginalStart::of(&new.when)
        && recurrence::has_start(new, at)
    {
        return at;
    }
    let (day, own_time) = match (at, &old.when) {
        (OriginalStart::Day(day), _) => (day, true),
        (OriginalStart::Time(at), When::Timed { start, .. }) => {
            let local = LocalTime::at(at, start.zone.clone()).local;
            (local.date(), local.time() == start.local.time())
        }
        (OriginalStart::Time(_), When::AllDay { .. }) => return at,
    };
    if !own_time {
        return at;
    }
    let shift = old
        .when
        .first_day()
        .until(new.when.first_day())
        .map_or(0, |span| span.get_days());
    let on = |day: jiff::civil::Date| match &new.when {
        When::AllDay { .. } => OriginalStart::Day(day),
        When::Timed { start, .. } => OriginalStart::Time(
            LocalTime::new(day.to_datetime(start.local.time()), start.zone.clone()).instant(),
        ),
    };
    let candidates = [on(day), on(day.saturating_add(shift.days()))];
    let kept = candidates
        .into_iter()
        .find(|at| recurrence::has_start(new, *at));
    kept.unwrap_or(candidates[0])
}
