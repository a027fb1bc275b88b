//! Changing a series at one of its occurrences: this one, this and those that follow, or all of them.

use std::collections::BTreeSet;

use jiff::ToSpan;

use super::{Draft, EXCEPTIONS_BYTES_MAX, EXCEPTIONS_MAX, EntryEdit, InvalidField};
use crate::{
    content::{Content, Field, Fields},
    id::MemberId,
    recurrence,
    series::{Exceptions, NotAnOccurrence, NotSplit, OriginalStart, split},
    time::{DayOnly, LocalTime, Moment},
};

/// What is asked of one field of an occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ask<T> {
    #[default]
    Keep,
    /// What the series says, now and whenever it changes.
    AsSeries,
    Set(T),
}

/// What is asked of one occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OccurrenceEdit {
    pub title: Ask<String>,
    pub notes: Ask<String>,
    pub location: Ask<String>,
    pub start: Ask<Moment>,
    pub end: Ask<Moment>,
    pub private: Ask<bool>,
}

/// Why an occurrence is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotEdited {
    NoOccurrence(NotAnOccurrence),
    /// It does not take place: there is nothing to edit.
    Cancelled,
    /// It is the first one: what is asked of it and those that follow is asked of the whole series.
    First,
    Invalid(Vec<InvalidField>),
}

impl From<NotAnOccurrence> for NotEdited {
    fn from(error: NotAnOccurrence) -> Self {
        Self::NoOccurrence(error)
    }
}

impl From<Vec<InvalidField>> for NotEdited {
    fn from(problems: Vec<InvalidField>) -> Self {
        Self::Invalid(problems)
    }
}

impl<T: Clone> Ask<T> {
    fn asked(&self) -> Option<T> {
        match self {
            Self::Keep | Self::AsSeries => None,
            Self::Set(value) => Some(value.clone()),
        }
    }

    fn kept(&self, now: T, series: &T) -> T {
        match self {
            Self::Keep | Self::Set(_) => now,
            Self::AsSeries => series.clone(),
        }
    }

    fn asked_or_as(&self, series: T) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::AsSeries => Some(series),
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl OccurrenceEdit {
    /// The series with the edit made to one of its occurrences.
    pub fn apply(
        &self,
        series: &Draft,
        at: OriginalStart,
        owner: MemberId,
    ) -> Result<Draft, NotEdited> {
        let now = series.occurring(at)?;
        let plain = series.content.as_series_has_it(at)?;
        let content = self.over(
            &plain,
            Draft {
                content: now,
                ..series.clone()
            },
            owner,
        )?;
        Ok(series.with_occurrence(at, Some(&content))?)
    }

    /// What becomes of the occurrence that `now` holds; `plain` is the same as its series has it.
    fn over(
        &self,
        plain: &Content,
        mut now: Draft,
        owner: MemberId,
    ) -> Result<Content, Vec<InvalidField>> {
        let content = &mut now.content;
        content.title = self
            .title
            .kept(std::mem::take(&mut content.title), &plain.title);
        content.notes = self
            .notes
            .kept(std::mem::take(&mut content.notes), &plain.notes);
        content.location = self
            .location
            .kept(std::mem::take(&mut content.location), &plain.location);
        content.private = self.private.kept(content.private, &plain.private);
        let (start, end) = plain.timing.when.moments();
        let edit = EntryEdit {
            title: self.title.asked(),
            notes: self.notes.asked(),
            location: self.location.asked(),
            private: self.private.asked(),
            start: self.start.asked_or_as(start),
            end: self.end.asked_or_as(end),
            ..EntryEdit::default()
        };
        Ok(edit.apply(Some(&now), owner)?.content)
    }
}

impl Draft {
    /// One occurrence, as an entry of its own would be.
    pub fn occurrence(&self, at: OriginalStart) -> Result<Self, NotEdited> {
        Ok(Self {
            content: self.occurring(at)?,
            ..self.clone()
        })
    }

    fn occurring(&self, at: OriginalStart) -> Result<Content, NotEdited> {
        self.content
            .find_occurrence(at)?
            .ok_or(NotEdited::Cancelled)
    }

    /// The series with one occurrence as given; `None` cancels it.
    pub fn with_occurrence(
        &self,
        at: OriginalStart,
        occurrence: Option<&Content>,
    ) -> Result<Self, Vec<InvalidField>> {
        let content = self.content.clone().with_occurrence(at, occurrence);
        if let Some(reason) = too_much(&content.exceptions, &self.content.exceptions) {
            return Err(vec![InvalidField::new("", reason)]);
        }
        Ok(Self {
            content,
            ..self.clone()
        })
    }

    /// The series with one occurrence cancelled.
    pub fn cancelled(&self, at: OriginalStart) -> Result<Self, NotEdited> {
        self.content.find_occurrence(at)?;
        Ok(self.with_occurrence(at, None)?)
    }

    /// The series with one occurrence as the series has it, whatever it was.
    pub fn restored(&self, at: OriginalStart) -> Result<Self, NotEdited> {
        let plain = self.content.as_series_has_it(at)?;
        Ok(self.with_occurrence(at, Some(&plain))?)
    }

    /// The series before an occurrence, if anything of it takes place, and the series from it on.
    pub fn split(&self, at: OriginalStart) -> Result<(Option<Self>, Self), NotEdited> {
        self.content.find_occurrence(at)?;
        let (earlier, following) = split(&self.content, at).map_err(|error| match error {
            NotSplit::NoOccurrence => NotEdited::NoOccurrence(NotAnOccurrence::Unknown(at)),
            NotSplit::First => NotEdited::First,
        })?;
        let with = |content| Self {
            content,
            ..self.clone()
        };
        Ok((earlier.map(with), with(following)))
    }
}

impl EntryEdit {
    /// The edit to a whole series, asked while looking at one of its occurrences: where that is moved, the series moves as
    /// far, and what is asked holds for that occurrence too.
    pub fn apply_from(
        mut self,
        series: &Draft,
        at: OriginalStart,
        owner: MemberId,
    ) -> Result<Draft, Vec<InvalidField>> {
        let plain = series.content.as_series_has_it(at);
        let plain = plain.map_err(|error| vec![InvalidField::new("", error.to_string())])?;
        let mut before = series.clone();
        before
            .content
            .exceptions
            .take(&Exceptions::default(), at, self.fields());
        let first = series.content.timing.when.first_day();
        let since = first.until(plain.timing.when.first_day());
        let days = since.map_or(0, |span| span.get_days());
        self.start = self.start.map(|moment| earlier_by(days, moment));
        self.end = self.end.map(|moment| earlier_by(days, moment));
        self.apply(Some(&before), owner)
    }

    /// The fields of a content that it sets.
    fn fields(&self) -> Fields {
        let sets = |field: &Field| match field {
            Field::Title => self.title.is_some(),
            Field::Notes => self.notes.is_some(),
            Field::Location => self.location.is_some(),
            Field::Timing => self.start.is_some() || self.end.is_some(),
            Field::Private => self.private.is_some(),
        };
        Field::ALL.into_iter().filter(sets).collect()
    }
}

fn earlier_by(days: i32, moment: Moment) -> Moment {
    match moment {
        Moment::AllDay(DayOnly { date }) => Moment::AllDay(DayOnly {
            date: date.saturating_sub(days.days()),
        }),
        Moment::Timed(LocalTime { local, zone, .. }) => {
            Moment::Timed(LocalTime::new(local.saturating_sub(days.days()), zone))
        }
    }
}

/// A series in which these occurrences differ and no others, besides those that are cancelled.
pub(super) fn overridden(
    draft: Draft,
    overrides: &[(OriginalStart, OccurrenceEdit)],
    owner: MemberId,
    problems: &mut Vec<InvalidField>,
) -> Draft {
    let mut content = Content {
        exceptions: draft.content.exceptions.only_cancelled(),
        ..draft.content.clone()
    };
    let whole = Content {
        exceptions: Exceptions::default(),
        ..draft.content.clone()
    };
    let wanted: BTreeSet<OriginalStart> = overrides.iter().map(|(at, _)| *at).collect();
    let starts = recurrence::starts_among(&whole.timing, &wanted);
    let mut seen = BTreeSet::new();
    for (line, (at, edit)) in overrides.iter().enumerate() {
        let unfit = if !whole.repeats() {
            Some("the entry does not repeat")
        } else if !starts.contains(at) {
            Some("the series has no occurrence that starts there")
        } else if content.exceptions.cancelled_at(*at) {
            Some("an EXDATE leaves this occurrence out")
        } else if !seen.insert(*at) {
            Some("this occurrence stands twice")
        } else {
            None
        };
        let made = match (unfit, whole.plain_occurrence(*at)) {
            (None, Some(plain)) => {
                let now = Draft {
                    content: plain.clone(),
                    ..draft.clone()
                };
                edit.over(&plain, now, owner)
            }
            (unfit, _) => Err(vec![InvalidField::new(
                "original",
                unfit.unwrap_or_default(),
            )]),
        };
        match made {
            Ok(occurrence) => content = content.with_occurrence(*at, Some(&occurrence)),
            Err(flaws) => problems.extend(flaws.into_iter().map(|flaw| InvalidField {
                line: Some(line),
                ..flaw
            })),
        }
    }
    Draft { content, ..draft }
}

/// Why a series cannot have that many exceptions. Those that it has already do not count against it.
pub(super) fn too_much(exceptions: &Exceptions, before: &Exceptions) -> Option<String> {
    if exceptions.len() > EXCEPTIONS_MAX.max(before.len()) {
        return Some(format!("a series has at most {EXCEPTIONS_MAX} exceptions"));
    }
    (exceptions.bytes() > EXCEPTIONS_BYTES_MAX.max(before.bytes())).then(|| {
        "together, the exceptions of this series say more than one entry can hold".to_owned()
    })
}

#[cfg(test)]
mod tests;
