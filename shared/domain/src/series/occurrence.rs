//! The occurrences of a series as they take place.

use jiff::Timestamp;

use super::{Changes, Exception, Exceptions, OriginalStart};
use crate::{
    content::{Content, Field, Fields, Parts, Timing},
    recurrence::{self, Recurrence},
    time::{When, Zone},
};

/// Why there is no such occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOccurrence {
    #[error("this entry does not repeat: it has no occurrences")]
    NoSeries,
    #[error(
        "this series is of times: name an occurrence by its original start, such as 20260302T130000Z"
    )]
    NotADay,
    #[error(
        "this series is of whole days: name an occurrence by its original day, such as 20260302"
    )]
    NotATime,
    #[error("the series has no occurrence that starts at {0} by its rule")]
    Unknown(OriginalStart),
}

/// One occurrence as it takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Absent for what does not repeat.
    pub original: Option<OriginalStart>,
    pub content: Content,
}

/// What an expansion found, in order of start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    pub found: Vec<Occurrence>,
    /// There are more in the range than were asked for.
    pub cut: bool,
}

impl Content {
    pub fn repeats(&self) -> bool {
        !self.timing.recurrence.is_none()
    }

    /// The recurrence lines with every cancelled occurrence as an `EXDATE`.
    pub fn recurrence_lines(&self) -> Vec<String> {
        let mut lines = self.timing.recurrence.lines().to_vec();
        lines.extend(recurrence::excluding(
            self.exceptions.cancelled(),
            &self.timing.when,
        ));
        lines
    }

    /// One occurrence as the series alone would have it. Absent where `at` is of the other kind than the series.
    pub fn plain_occurrence(&self, at: OriginalStart) -> Option<Self> {
        let start = at.moment(&self.timing.when)?;
        Some(self.once(self.timing.when.moved_to(&start)))
    }

    /// The series' own words, at one time.
    fn once(&self, when: When) -> Self {
        Self {
            title: self.title.clone(),
            notes: self.notes.clone(),
            location: self.location.clone(),
            timing: Timing {
                when,
                recurrence: Recurrence::none(),
            },
            private: self.private,
            exceptions: Exceptions::default(),
        }
    }

    /// Like [`plain_occurrence`](Self::plain_occurrence), for one that the series has.
    pub fn as_series_has_it(&self, at: OriginalStart) -> Result<Self, NotAnOccurrence> {
        if !self.repeats() {
            return Err(NotAnOccurrence::NoSeries);
        }
        let plain = self.plain_occurrence(at).ok_or(match at {
            OriginalStart::Day(_) => NotAnOccurrence::NotADay,
            OriginalStart::Time(_) => NotAnOccurrence::NotATime,
        })?;
        // What differs is shown, so it can be named, even if a provider keeps it where the rule has nothing.
        let known = self.exceptions.get(at).is_some() || recurrence::has_start(&self.timing, at);
        known.then_some(plain).ok_or(NotAnOccurrence::Unknown(at))
    }

    /// One occurrence of the series as it takes place; `None` where it is cancelled.
    pub fn find_occurrence(&self, at: OriginalStart) -> Result<Option<Self>, NotAnOccurrence> {
        self.as_series_has_it(at)?;
        Ok(self.occurrence(at))
    }

    /// One occurrence as it takes place; absent where it is cancelled.
    pub fn occurrence(&self, at: OriginalStart) -> Option<Self> {
        let plain = self.plain_occurrence(at)?;
        match self.exceptions.get(at) {
            None => Some(plain),
            Some(Exception::Changed(changes)) => Some(changes.over(plain)),
            Some(Exception::Cancelled) => None,
        }
    }

    /// The series with one occurrence as given; `None` cancels it.
    #[must_use]
    pub fn with_occurrence(mut self, at: OriginalStart, occurrence: Option<&Self>) -> Self {
        self.set_occurrence(at, occurrence);
        self
    }

    /// Makes one occurrence as given; `None` cancels it.
    pub fn set_occurrence(&mut self, at: OriginalStart, occurrence: Option<&Self>) {
        let exception = match occurrence {
            None => Some(Exception::Cancelled),
            Some(occurrence) => self
                .plain_occurrence(at)
                .map(|plain| Exception::Changed(Changes::between(&plain, occurrence))),
        };
        self.exceptions.set(at, exception);
    }

    /// Whether to write `parts` over `seen` is to say the rule anew, and which occurrences it leaves out: an occurrence that
    /// takes place again may be left out by the rule itself.
    pub fn says_its_rule(&self, seen: &Self, parts: &Parts) -> bool {
        let again = |at: &OriginalStart| self.takes_place_again(seen, *at);
        parts.own.contains(Field::Timing) || parts.occurrences.keys().any(again)
    }

    /// Whether an occurrence that `seen` leaves out takes place.
    pub fn takes_place_again(&self, seen: &Self, at: OriginalStart) -> bool {
        seen.exceptions.cancelled_at(at)
            && !self.exceptions.cancelled_at(at)
            && self.has_occurrence(at)
    }

    /// Whether `fields` of an occurrence are neither as they were, nor as different from their series as they were: the
    /// series may just have been written, and reach the occurrence or not.
    pub fn occurrence_changed_since(&self, seen: &Self, at: OriginalStart, fields: Fields) -> bool {
        match (self.occurrence(at), seen.occurrence(at)) {
            (None, None) => false,
            (Some(now), Some(before)) => {
                let apart = self.diff(seen).occurrences;
                let apart = apart.get(&at).copied().unwrap_or_default();
                let mut apart = apart.and(fields).iter();
                apart.any(|field| now.field_differs(&before, field))
            }
            (None, Some(_)) | (Some(_), None) => true,
        }
    }

    /// Whether the rule has an occurrence that starts there, cancelled or not.
    pub fn has_occurrence(&self, at: OriginalStart) -> bool {
        self.repeats() && recurrence::has_start(&self.timing, at)
    }

    /// The occurrences that touch `from..to` (exclusive end), at most `limit`. Days are taken in `zone`.
    pub fn occurrences(
        &self,
        from: Timestamp,
        to: Timestamp,
        zone: &Zone,
        limit: u16,
    ) -> Occurrences {
        let found = recurrence::expand(&self.timing, from, to, zone, limit);
        let occurrence = |when: When| Occurrence {
            original: self.repeats().then(|| OriginalStart::of(&when)),
            content: self.once(when),
        };
        let is_plain = |when: &When| self.exceptions.get(OriginalStart::of(when)).is_none();
        let mut all: Vec<Occurrence> = found
            .spans
            .into_iter()
            .filter(is_plain)
            .map(occurrence)
            .collect();
        let changed = self.exceptions.iter().filter_map(|(at, _)| {
            let content = self.occurrence(at)?;
            let within = content.timing.when.touches(from, to, zone);
            within.then_some(Occurrence {
                original: Some(at),
                content,
            })
        });
        let plain = all.len();
        all.extend(changed);
        if all.len() > plain {
            all.sort_by_cached_key(|one| one.content.timing.when.bounds(zone));
        }
        Occurrences {
            found: all,
            cut: found.cut,
        }
    }
}
