//! What a content says, in words for people: what is compared, chosen between and copied from.

use jiff::{ToSpan, civil::Date};

use super::{Content, Field, Fields, Parts};
use crate::{
    series::OriginalStart,
    time::{LocalTime, When, Zone},
};

impl Field {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Notes => "Notes",
            Self::Location => "Place",
            Self::Timing => "Time",
            Self::Private => "Private",
        }
    }
}

impl Parts {
    /// "title and time", "place on 8 March 2027"; days are those of `series`, where it is known.
    pub fn words(&self, series: Option<&When>) -> String {
        let mut all = self.own.named();
        let occurrences = self.occurrences.iter();
        all.extend(occurrences.map(|(at, fields)| {
            let names = listed(&fields.named());
            let day = at.words(series);
            if *fields == Fields::ALL {
                day
            } else {
                format!("{names} on {day}")
            }
        }));
        listed(&all)
    }
}

impl Fields {
    fn named(self) -> Vec<String> {
        self.iter()
            .map(|field| field.words().to_lowercase())
            .collect()
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl OriginalStart {
    /// The day of the occurrence, as its series lives it.
    pub fn words(self, series: Option<&When>) -> String {
        let day = match (self, series) {
            (Self::Day(day), _) => day,
            (Self::Time(at), Some(When::Timed { start, .. })) => {
                LocalTime::at(at, start.zone.clone()).local.date()
            }
            (Self::Time(at), Some(When::AllDay { .. }) | None) => {
                LocalTime::at(at, Zone::utc()).local.date()
            }
        };
        long(day)
    }
}

impl When {
    /// "2 March 2027, 10:00 – 11:00 Europe/Berlin".
    pub fn words(&self) -> String {
        match self {
            Self::AllDay { start, end } => {
                let last = end.saturating_sub(1.day());
                if *start == last {
                    long(*start)
                } else {
                    format!("{} – {}", long(*start), long(last))
                }
            }
            Self::Timed { start, end } => {
                let (from, to) = (
                    start.local,
                    LocalTime::at(end.instant(), start.zone.clone()).local,
                );
                let clock = to.strftime("%H:%M");
                let until = if from.date() == to.date() {
                    clock.to_string()
                } else {
                    format!("{}, {clock}", long(to.date()))
                };
                let from = format!("{}, {}", long(from.date()), from.strftime("%H:%M"));
                format!("{from} – {until} {}", start.zone)
            }
        }
    }
}

fn long(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

impl Content {
    pub fn field_words(&self, field: Field) -> String {
        let text = match field {
            Field::Title => self.title.clone(),
            Field::Notes => self.notes.clone(),
            Field::Location => self.location.clone(),
            Field::Timing if self.timing.recurrence.is_none() => self.timing.when.words(),
            Field::Timing => format!(
                "{}. {}",
                self.timing.when.words(),
                self.timing.recurrence.words(&self.timing.when)
            ),
            Field::Private if self.private => "Yes".to_owned(),
            Field::Private => "No".to_owned(),
        };
        if text.is_empty() {
            "(empty)".to_owned()
        } else {
            text
        }
    }

    /// Names and values of `parts`.
    pub fn parts_words(&self, parts: &Parts) -> Vec<(String, String)> {
        let own = parts
            .own
            .iter()
            .map(|field| (field.words().to_owned(), self.field_words(field)));
        let mut all: Vec<_> = own.collect();
        for (at, fields) in &parts.occurrences {
            let day = at.words(Some(&self.timing.when));
            match self.occurrence(*at) {
                None => all.push((day, "Cancelled".to_owned())),
                Some(occurrence) => all.extend(fields.iter().map(|field| {
                    let name = format!("{} on {day}", field.words());
                    (name, occurrence.field_words(field))
                })),
            }
        }
        all
    }

    /// Everything that it says, but for what is empty: to be copied from.
    pub fn all_words(&self) -> String {
        let exceptions = self.exceptions.iter().map(|(at, _)| (at, Fields::ALL));
        let parts = Parts {
            own: Fields::ALL,
            occurrences: exceptions.collect(),
        };
        let lines = self.parts_words(&parts).into_iter();
        lines
            .filter(|(_, value)| value != "(empty)")
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{content::Timing, recurrence::Recurrence, series::Exceptions, time::Zone};

    fn timed(from: (i8, i8), to: (i8, i8)) -> When {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let at = |(day, hour)| LocalTime::new(date(2027, 3, day).at(hour, 0, 0, 0), zone.clone());
        When::Timed {
            start: at(from),
            end: at(to),
        }
    }

    #[test]
    fn a_time_says_its_days_once() {
        assert_eq!(
            timed((2, 10), (2, 11)).words(),
            "2 March 2027, 10:00 – 11:00 Europe/Berlin"
        );
        assert_eq!(
            timed((2, 22), (3, 2)).words(),
            "2 March 2027, 22:00 – 3 March 2027, 02:00 Europe/Berlin"
        );
        let days = |last| When::AllDay {
            start: date(2027, 3, 2),
            end: date(2027, 3, last),
        };
        assert_eq!(days(3).words(), "2 March 2027");
        assert_eq!(days(5).words(), "2 March 2027 – 4 March 2027");
    }

    #[test]
    fn everything_that_is_said_can_be_copied() {
        let when = timed((2, 10), (2, 11));
        let (recurrence, _) = Recurrence::parse(&["RRULE:FREQ=WEEKLY"], &when).unwrap();
        let mut round = Content {
            title: "round".into(),
            notes: "two\nlines".into(),
            location: String::new(),
            timing: Timing { when, recurrence },
            private: false,
            exceptions: Exceptions::default(),
        };
        let at: OriginalStart = "20270309T090000Z".parse().unwrap();
        round = round.with_occurrence(at, None);

        assert_eq!(
            round.all_words(),
            "Title: round\nNotes: two\nlines\n\
             Time: 2 March 2027, 10:00 – 11:00 Europe/Berlin. Every week\nPrivate: No\n\
             9 March 2027: Cancelled"
        );
        let parts = Parts {
            own: Fields::NONE.with(Field::Title).with(Field::Timing),
            occurrences: [(at, Fields::NONE.with(Field::Location))].into(),
        };
        assert_eq!(
            parts.words(Some(&round.timing.when)),
            "title, time and place on 9 March 2027"
        );
    }
}
