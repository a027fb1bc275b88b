//! An entry as a form holds it: all text, one zone, and the last day itself where the entry has whole days.

use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
};

use super::{Draft, EntryEdit, InvalidField, RecurrenceEdit};
use crate::{
    content::Timing,
    id::MemberId,
    recurrence::{Frequency, Recurrence, Simple},
    time::{DayOnly, LocalTime, Moment, When, Zone},
};

/// What was typed, or what there is to type over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedEntry {
    pub title: String,
    pub all_day: bool,
    pub start_date: String,
    pub start_time: String,
    pub end_date: String,
    pub end_time: String,
    pub zone: String,
    pub location: String,
    pub notes: String,
    pub private: bool,
    /// [`NEVER`](Self::NEVER), a [`Frequency`], or [`KEEP`](Self::KEEP) for a rule that the form cannot express.
    pub repeat: String,
    /// The last day of the simple rules, or nothing.
    pub until: String,
}

impl TypedEntry {
    pub const NEVER: &str = "none";
    pub const KEEP: &str = "keep";

    /// Texts of an entry; whole days have no zone of their own and show `zone`.
    pub fn of(draft: &Draft, zone: &Zone) -> Self {
        let content = &draft.content;
        let Timing { when, recurrence } = &content.timing;
        let (repeat, until) = repeat_of(recurrence, when);
        let rest = Self {
            title: content.title.clone(),
            location: content.location.clone(),
            notes: content.notes.clone(),
            private: content.private,
            repeat,
            until,
            ..Self::default()
        };
        match when {
            When::Timed { start, end } => {
                let end = LocalTime::at(end.instant(), start.zone.clone()).local;
                Self {
                    start_date: start.local.date().to_string(),
                    start_time: clock(start.local.time()),
                    end_date: end.date().to_string(),
                    end_time: clock(end.time()),
                    zone: start.zone.to_string(),
                    ..rest
                }
            }
            When::AllDay { start, end } => Self {
                all_day: true,
                start_date: start.to_string(),
                end_date: end.saturating_sub(1.day()).to_string(),
                zone: zone.to_string(),
                ..rest
            },
        }
    }

    /// An hour to type over.
    pub fn blank(start: DateTime, zone: &Zone) -> Self {
        let end = start.saturating_add(1.hour());
        Self {
            start_date: start.date().to_string(),
            start_time: clock(start.time()),
            end_date: end.date().to_string(),
            end_time: clock(end.time()),
            zone: zone.to_string(),
            repeat: Self::NEVER.to_owned(),
            ..Self::default()
        }
    }

    /// `before` as the form wants it; problems are named by the form's fields.
    pub fn apply(
        &self,
        before: Option<&Draft>,
        owner: MemberId,
    ) -> Result<Draft, Vec<InvalidField>> {
        self.apply_with(before, |edit| edit.apply(before, owner))
    }

    /// Makes the edit of what differs from `shown` as `make` does; problems are named by the form's fields.
    pub fn apply_with(
        &self,
        shown: Option<&Draft>,
        make: impl FnOnce(EntryEdit) -> Result<Draft, Vec<InvalidField>>,
    ) -> Result<Draft, Vec<InvalidField>> {
        let (edit, mut problems) = self.edit(shown);
        match make(edit) {
            Ok(draft) if problems.is_empty() => Ok(draft),
            Ok(_) => Err(problems),
            Err(more) => {
                // A time that could not be read is reported where it stands, not once more as missing.
                let unread = !problems.is_empty();
                let more = more
                    .into_iter()
                    .filter(|problem| !(unread && matches!(problem.field, "start" | "end")));
                problems.extend(more.map(|problem| self.renamed(problem)));
                Err(problems)
            }
        }
    }

    /// What differs from `before`. A field that nobody touched is not an edit: the form may show less than the entry has.
    fn edit(&self, before: Option<&Draft>) -> (EntryEdit, Vec<InvalidField>) {
        let mut problems = Vec::new();
        let shown = before.map(|before| Self::of(before, &Zone::utc()));
        let mut edit = EntryEdit {
            private: Some(self.private)
                .filter(|private| before.is_none_or(|old| old.content.private != *private)),
            ..EntryEdit::default()
        };
        // Browsers send line breaks as two characters.
        let notes = self.notes.replace("\r\n", "\n");
        for (typed, part, old) in [
            (
                &self.title,
                &mut edit.title,
                shown.as_ref().map(|s| &s.title),
            ),
            (
                &self.location,
                &mut edit.location,
                shown.as_ref().map(|s| &s.location),
            ),
            (&notes, &mut edit.notes, shown.as_ref().map(|s| &s.notes)),
        ] {
            if old.map(|old| old.replace("\r\n", "\n")).as_ref() != Some(typed) {
                *part = Some(typed.clone());
            }
        }
        let same_time = shown.as_ref().is_some_and(|shown| self.same_time(shown));
        if !same_time {
            edit.start = self.moment(Side::Start, &mut problems);
            edit.end = self.moment(Side::End, &mut problems);
        }
        let same_repeat = shown
            .as_ref()
            .is_some_and(|shown| (&self.repeat, &self.until) == (&shown.repeat, &shown.until));
        if !(same_time && same_repeat) {
            edit.recurrence = self.recurrence(&mut problems).map(RecurrenceEdit::Rule);
        }
        (edit, problems)
    }

    fn same_time(&self, shown: &Self) -> bool {
        let days = |typed: &Self| {
            (
                typed.all_day,
                typed.start_date.clone(),
                typed.end_date.clone(),
            )
        };
        let clocks = |typed: &Self| {
            (
                typed.start_time.clone(),
                typed.end_time.clone(),
                typed.zone.clone(),
            )
        };
        days(self) == days(shown) && (self.all_day || clocks(self) == clocks(shown))
    }

    fn moment(&self, side: Side, problems: &mut Vec<InvalidField>) -> Option<Moment> {
        let (date, time) = match side {
            Side::Start => (
                ("start_date", &self.start_date),
                ("start_time", &self.start_time),
            ),
            Side::End => (("end_date", &self.end_date), ("end_time", &self.end_time)),
        };
        let day = parse_date(date.1);
        if day.is_none() {
            problems.push(InvalidField::new(
                date.0,
                "a date is required, such as 2027-03-02",
            ));
        }
        if self.all_day {
            let last = match side {
                Side::Start => day?,
                Side::End => day?.saturating_add(1.day()),
            };
            return Some(Moment::AllDay(DayOnly { date: last }));
        }
        let clock = parse_time(time.1);
        if clock.is_none() {
            problems.push(InvalidField::new(
                time.0,
                "a time is required, such as 14:00",
            ));
        }
        let zone = Zone::parse(self.zone.trim());
        // One zone for both ends: one complaint.
        if let (Err(error), Side::Start) = (&zone, side) {
            let reason = match Zone::of_place(&self.zone) {
                Some(place) => format!("{:?} is not a time zone: did you mean {place}?", self.zone),
                None => error.to_string(),
            };
            problems.push(InvalidField::new("zone", reason));
        }
        Some(Moment::Timed(LocalTime::new(
            day?.to_datetime(clock?),
            zone.ok()?,
        )))
    }

    /// Absent for a rule that is to stay.
    fn recurrence(&self, problems: &mut Vec<InvalidField>) -> Option<Vec<String>> {
        let frequency = match self.repeat.as_str() {
            Self::KEEP => return None,
            "" | Self::NEVER => return Some(Vec::new()),
            name => Frequency::parse(name),
        };
        let until = Some(self.until.trim()).filter(|until| !until.is_empty());
        let last_day = until.and_then(parse_date);
        if frequency.is_none() {
            problems.push(InvalidField::new("repeat", "choose how often it repeats"));
        }
        if until.is_some() && last_day.is_none() {
            problems.push(InvalidField::new(
                "until",
                "the last day is a date, such as 2027-06-30",
            ));
        }
        if let (Some(last), Some(first)) = (last_day, parse_date(&self.start_date))
            && last < first
        {
            problems.push(InvalidField::new(
                "until",
                "the last day is before the start",
            ));
            return None;
        }
        let simple = Simple {
            frequency: frequency?,
            until: last_day,
        };
        Some(simple.lines())
    }

    fn renamed(&self, problem: InvalidField) -> InvalidField {
        let field = match problem.field {
            "start" => "start_date",
            "end" if self.all_day => "end_date",
            "end" => "end_time",
            "recurrence" => "repeat",
            same @ ("title" | "notes" | "location") => same,
            // Not in the form: said for the form as a whole.
            _ => "",
        };
        InvalidField { field, ..problem }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

fn repeat_of(recurrence: &Recurrence, when: &When) -> (String, String) {
    if recurrence.is_none() {
        return (TypedEntry::NEVER.to_owned(), String::new());
    }
    match Simple::of(recurrence, when) {
        Some(Simple { frequency, until }) => {
            let until = until.map(|day| day.to_string());
            (frequency.name().to_owned(), until.unwrap_or_default())
        }
        None => (TypedEntry::KEEP.to_owned(), String::new()),
    }
}

/// As an input of type `time` holds it.
fn clock(time: Time) -> String {
    let format = if time.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    time.strftime(format).to_string()
}

fn parse_date(text: &str) -> Option<Date> {
    Date::strptime("%Y-%m-%d", text.trim()).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let text = text.trim();
    ["%H:%M", "%H:%M:%S"]
        .into_iter()
        .find_map(|format| Time::strptime(format, text).ok())
}

#[cfg(test)]
mod tests;
