//! One week as it is lived in one zone: what of a span falls on which day.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};

use crate::time::{LocalTime, When, Zone};

/// Seven days from a Monday on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    monday: Date,
    zone: Zone,
}

/// What of a span falls on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDay {
    Whole,
    /// Without a beginning it began on an earlier day, without an end it goes on.
    Part {
        from: Option<Time>,
        to: Option<Time>,
    },
}

impl Week {
    /// The week that holds `day`.
    pub fn of(day: Date, zone: Zone) -> Self {
        let since_monday = day.weekday().to_monday_zero_offset();
        Self {
            monday: day.saturating_sub(since_monday.days()),
            zone,
        }
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    pub fn days(&self) -> impl Iterator<Item = Date> {
        let monday = self.monday;
        (0..7).map(move |days| monday.saturating_add(days.days()))
    }

    pub fn previous(&self) -> Date {
        self.monday.saturating_sub(7.days())
    }

    pub fn next(&self) -> Date {
        self.monday.saturating_add(7.days())
    }

    /// The instants at which it begins and ends.
    pub fn bounds(&self) -> (Timestamp, Timestamp) {
        (self.begin_of(self.monday), self.begin_of(self.next()))
    }

    /// "1–7 March 2027", with as much of the first day as differs from the last.
    pub fn title(&self) -> String {
        let (first, last) = (self.monday, self.monday.saturating_add(6.days()));
        let end = last.strftime("%-d %B %Y");
        if first.year() != last.year() {
            format!("{} – {end}", first.strftime("%-d %B %Y"))
        } else if first.month() != last.month() {
            format!("{} – {end}", first.strftime("%-d %B"))
        } else {
            format!("{}–{end}", first.day())
        }
    }

    /// What of a span falls on a day; a span that ends at midnight is not on the day that begins then.
    pub fn on_day(&self, span: &When, day: Date) -> Option<OnDay> {
        let (start, end) = match span {
            When::AllDay { start, end } => {
                return (*start..*end).contains(&day).then_some(OnDay::Whole);
            }
            When::Timed { start, end } => (start.instant(), end.instant()),
        };
        let (dawn, midnight) = (
            self.begin_of(day),
            self.begin_of(day.saturating_add(1.day())),
        );
        let touches = start < midnight && (end > dawn || (start == end && start >= dawn));
        let clock = |instant| LocalTime::at(instant, self.zone.clone()).local.time();
        touches.then(|| {
            let from = (start >= dawn).then(|| clock(start));
            // An end at midnight belongs to the day that it ends.
            let to = (end <= midnight
                || end.duration_since(midnight) < OVERNIGHT && from.is_some())
            .then(|| clock(end));
            match (from, to) {
                (None, None) => OnDay::Whole,
                (from, to) => OnDay::Part { from, to },
            }
        })
    }

    fn begin_of(&self, day: Date) -> Timestamp {
        LocalTime::new(day.at(0, 0, 0, 0), self.zone.clone()).instant()
    }
}

/// What ends in the next hours is read as one night: "22:00 – 02:00".
const OVERNIGHT: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn week() -> Week {
        Week::of(date(2027, 3, 4), Zone::parse("Europe/Berlin").unwrap())
    }

    fn timed(start: &str, end: &str) -> When {
        let at = |text: &str| LocalTime::new(text.parse().unwrap(), week().zone);
        When::Timed {
            start: at(start),
            end: at(end),
        }
    }

    fn shown(span: &When) -> Vec<String> {
        let clock =
            |time: Option<Time>| time.map_or("…".into(), |t| t.strftime("%H:%M").to_string());
        let on = |day: Date| {
            week().on_day(span, day).map(|on| match on {
                OnDay::Whole => format!("{} whole", day.day()),
                OnDay::Part { from, to } => format!("{} {}–{}", day.day(), clock(from), clock(to)),
            })
        };
        week().days().filter_map(on).collect()
    }

    #[test]
    fn a_week_begins_on_monday_in_its_zone() {
        let (from, to) = week().bounds();

        assert_eq!(from.to_string(), "2027-02-28T23:00:00Z");
        assert_eq!(to.to_string(), "2027-03-07T23:00:00Z");
        assert_eq!(
            Week::of(date(2027, 3, 1), Zone::utc()),
            Week::of(date(2027, 3, 7), Zone::utc())
        );
    }

    #[test]
    fn a_title_says_as_much_as_differs() {
        let title = |day| Week::of(day, Zone::utc()).title();

        assert_eq!(title(date(2027, 3, 4)), "1–7 March 2027");
        assert_eq!(title(date(2027, 4, 1)), "29 March – 4 April 2027");
        assert_eq!(title(date(2027, 1, 1)), "28 December 2026 – 3 January 2027");
    }

    #[test]
    fn a_span_is_on_every_day_that_it_touches() {
        assert_eq!(
            shown(&timed("2027-03-02T09:00:00", "2027-03-04T17:30:00")),
            ["2 09:00–…", "3 whole", "4 …–17:30"]
        );
        assert_eq!(
            shown(&timed("2027-03-05T22:00:00", "2027-03-06T02:00:00")),
            ["5 22:00–02:00", "6 …–02:00"]
        );
    }

    #[test]
    fn a_span_that_ends_at_midnight_is_not_on_the_next_day() {
        assert_eq!(
            shown(&timed("2027-03-02T20:00:00", "2027-03-03T00:00:00")),
            ["2 20:00–00:00"]
        );
        assert_eq!(
            shown(&timed("2027-03-03T00:00:00", "2027-03-03T00:00:00")),
            ["3 00:00–00:00"]
        );
    }

    #[test]
    fn whole_days_are_the_same_days_in_every_zone() {
        let trip = |first, end| When::AllDay {
            start: date(2027, 3, first),
            end: date(2027, 3, end),
        };

        assert_eq!(shown(&trip(2, 4)), ["2 whole", "3 whole"]);
        assert_eq!(shown(&trip(6, 9)), ["6 whole", "7 whole"]);
    }
}
