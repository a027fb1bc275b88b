//! Patterns as rules: both say the same dates. `tests/official/pattern_check.py` asks other libraries.

use domain::{
    content::Timing,
    recurrence::{self, Recurrence},
    time::{DayOnly, LocalTime, Moment, When, Zone},
};
use jiff::{
    ToSpan,
    civil::{Date, Weekday, date},
};
use proptest::prelude::*;
use shared::providers::microsoft::pattern::{Days, Ends, Index, Pattern};

/// Days after the start that are looked at.
const DAYS: i32 = 3_000;
const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// A second, direct reading of what Microsoft documents: each day is asked whether it is one.
fn is_day(pattern: &Pattern, start: Date, day: Date) -> bool {
    let interval = i32::try_from(pattern.interval).unwrap();
    let days_on = start.until(day).unwrap().get_days();
    let months_on = (i32::from(day.year()) - i32::from(start.year())) * 12
        + i32::from(day.month() - start.month());
    let years_on = i32::from(day.year() - start.year());
    match &pattern.days {
        Days::Daily => days_on % interval == 0,
        Days::Weekly { days, first } => {
            let into_week = i32::from(first.until(start.weekday()));
            days.contains(&day.weekday()) && (days_on + into_week) / 7 % interval == 0
        }
        Days::MonthDay(wanted) => months_on % interval == 0 && is_month_day(*wanted, day),
        Days::MonthWeekday(index, days) => {
            months_on % interval == 0 && is_weekday(*index, days, day)
        }
        Days::YearDay { month, day: wanted } => {
            years_on % interval == 0 && day.month() == *month && is_month_day(*wanted, day)
        }
        Days::YearWeekday { month, index, days } => {
            years_on % interval == 0 && day.month() == *month && is_weekday(*index, days, day)
        }
    }
}

fn is_month_day(wanted: i8, day: Date) -> bool {
    day.day() == wanted.min(day.days_in_month())
}

fn is_weekday(index: Index, days: &[Weekday], day: Date) -> bool {
    if !days.contains(&day.weekday()) {
        return false;
    }
    let matching = |from: i8, to: i8| {
        let mut all = from..=to;
        let count = all.by_ref().filter(|number| {
            let other = date(day.year(), day.month(), *number);
            days.contains(&other.weekday())
        });
        count.count()
    };
    match index {
        Index::First => matching(1, day.day()) == 1,
        Index::Second => matching(1, day.day()) == 2,
        Index::Third => matching(1, day.day()) == 3,
        Index::Fourth => matching(1, day.day()) == 4,
        Index::Last => matching(day.day(), day.days_in_month()) == 1,
    }
}

fn expanded(pattern: &Pattern, start: Date) -> Vec<Date> {
    let last = match pattern.ends {
        Ends::On(last) => last,
        Ends::Never | Ends::After(_) => Date::MAX,
    };
    let count = match pattern.ends {
        Ends::After(count) => usize::try_from(count).unwrap(),
        Ends::Never | Ends::On(_) => usize::MAX,
    };
    (0..DAYS)
        .map(|days| start.saturating_add(days.days()))
        .filter(|day| *day <= last && is_day(pattern, start, *day))
        .take(count)
        .collect()
}

fn weekdays() -> impl Strategy<Value = Vec<Weekday>> {
    proptest::sample::subsequence(WEEKDAYS.to_vec(), 1..=7)
}

fn index() -> impl Strategy<Value = Index> {
    proptest::sample::select(vec![
        Index::First,
        Index::Second,
        Index::Third,
        Index::Fourth,
        Index::Last,
    ])
}

fn days() -> impl Strategy<Value = Days> {
    prop_oneof![
        Just(Days::Daily),
        (weekdays(), proptest::sample::select(WEEKDAYS.to_vec()))
            .prop_map(|(days, first)| Days::Weekly { days, first }),
        (1..=31i8).prop_map(Days::MonthDay),
        (index(), weekdays()).prop_map(|(index, days)| Days::MonthWeekday(index, days)),
        (1..=12i8, 1..=31i8).prop_map(|(month, day)| Days::YearDay { month, day }),
        (1..=12i8, index(), weekdays()).prop_map(|(month, index, days)| Days::YearWeekday {
            month,
            index,
            days
        }),
    ]
}

/// A pattern and a start that is one of its days, timed or of whole days.
fn series() -> impl Strategy<Value = (Pattern, Date, bool)> {
    let ends = prop_oneof![
        Just(None),
        (1..30u32).prop_map(|count| Some(Ok(count))),
        (0..2_500i32).prop_map(|days| Some(Err(days))),
    ];
    (days(), 1..5u32, 0..1_500i32, ends, any::<bool>()).prop_map(
        |(days, interval, later, ends, all_day)| {
            let anywhere = date(2025, 1, 1).saturating_add(later.days());
            let mut pattern = Pattern {
                interval: 1,
                days,
                ends: Ends::Never,
            };
            let start = expanded(&pattern, anywhere)[0];
            pattern.interval = interval;
            pattern.ends = match ends {
                None => Ends::Never,
                Some(Ok(count)) => Ends::After(count),
                Some(Err(days)) => Ends::On(start.saturating_add(days.days())),
            };
            (pattern, start, all_day)
        },
    )
}

fn timing(pattern: &Pattern, start: Date, all_day: bool) -> Timing {
    let zone = Zone::parse("America/New_York").unwrap();
    let at = |hour| Moment::Timed(LocalTime::new(start.at(hour, 30, 0, 0), zone.clone()));
    let day = |date| Moment::AllDay(DayOnly { date });
    let when = if all_day {
        When::new(day(start), day(start.tomorrow().unwrap()))
    } else {
        When::new(at(20), at(21))
    };
    let when = when.unwrap();
    let (recurrence, _) = Recurrence::parse(&[pattern.line()], &when).unwrap();
    Timing { when, recurrence }
}

/// What means nothing in this pattern, as our own client writes it.
fn without_what_means_nothing(mut pattern: Pattern) -> Pattern {
    if let Days::Weekly { first, .. } = &mut pattern.days
        && pattern.interval == 1
    {
        *first = Weekday::Sunday;
    }
    pattern
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_pattern_and_its_rule_have_the_same_dates((pattern, start, all_day) in series()) {
        let timing = timing(&pattern, start, all_day);
        let zone = Zone::parse("America/New_York").unwrap();
        let end = start.saturating_add(DAYS.days());
        let bounds = |day: Date| LocalTime::new(day.at(0, 0, 0, 0), zone.clone()).instant();

        let spans = recurrence::expand(&timing, bounds(start), bounds(end), &zone, u16::MAX).spans;

        let ours: Vec<Date> = spans.iter().map(When::first_day).collect();
        prop_assert_eq!(ours, expanded(&pattern, start));
    }

    #[test]
    fn a_pattern_comes_back_from_its_rule((pattern, start, all_day) in series()) {
        let timing = timing(&pattern, start, all_day);

        let back = Pattern::of(&timing);

        prop_assert_eq!(back, Ok(without_what_means_nothing(pattern)));
    }

    #[test]
    fn a_pattern_is_read_as_it_was_written((pattern, start, _) in series()) {
        let written = pattern.wire(start, "Eastern Standard Time");

        prop_assert_eq!(Pattern::read(&written), Ok(pattern));
    }
}
