use jiff::{Timestamp, civil::date};
use proptest::prelude::*;

use super::*;
use crate::{
    content::{Content, Timing},
    time::{LocalTime, When, Zone},
};

fn zone() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn timed() -> When {
    let at = |hour| LocalTime::new(date(2026, 3, 2).at(hour, 0, 0, 0), zone());
    When::Timed {
        start: at(14),
        end: at(15),
    }
}

fn all_day() -> When {
    When::AllDay {
        start: date(2026, 3, 2),
        end: date(2026, 3, 3),
    }
}

fn normal(lines: &[&str], when: &When) -> Vec<String> {
    normal_lines(lines, when)
}

fn normal_lines<S: AsRef<str>>(lines: &[S], when: &When) -> Vec<String> {
    let (recurrence, cancelled) = Recurrence::parse(lines, when).unwrap();
    let excluding = excluding(cancelled.cancelled(), when);
    recurrence
        .lines()
        .iter()
        .cloned()
        .chain(excluding)
        .collect()
}

fn starts(lines: &[&str], when: &When, from: &str, to: &str) -> Vec<String> {
    let (recurrence, exceptions) = Recurrence::parse(lines, when).unwrap();
    let (from, to): (Timestamp, Timestamp) = (from.parse().unwrap(), to.parse().unwrap());
    let series = Content {
        title: String::new(),
        notes: String::new(),
        location: String::new(),
        timing: Timing {
            when: when.clone(),
            recurrence,
        },
        private: false,
        exceptions,
    };
    series
        .occurrences(from, to, &zone(), 500)
        .found
        .iter()
        .map(|one| match &one.content.timing.when {
            When::Timed { start, .. } => start.instant().to_string(),
            When::AllDay { start, .. } => start.to_string(),
        })
        .collect()
}

#[test]
fn equal_rules_have_one_spelling() {
    let written = normal(
        &["rrule:wkst=mo;Interval=1;byday=+1MO;freq=monthly"],
        &timed(),
    );

    assert_eq!(written, ["RRULE:FREQ=MONTHLY;BYDAY=1MO"]);
}

#[test]
fn a_weekday_that_is_none_is_refused_and_breaks_nothing() {
    for day in ["ૐ", "aૐ", "", "M", "XX", "xMO", "99999MO", "MO,", "MO;"] {
        let line = format!("RRULE:FREQ=MONTHLY;BYDAY={day}{day}");

        assert!(Recurrence::parse(&[&line], &timed()).is_err(), "{line}");
    }
}

#[test]
fn an_until_date_covers_the_whole_last_day() {
    let lines = ["RRULE:FREQ=DAILY;UNTIL=20260304"];

    assert_eq!(
        normal(&lines, &timed()),
        ["RRULE:FREQ=DAILY;UNTIL=20260304T225959Z"]
    );
    assert_eq!(
        starts(
            &lines,
            &timed(),
            "2026-03-01T00:00:00Z",
            "2026-04-01T00:00:00Z"
        )
        .len(),
        3
    );
}

#[test]
fn excluded_dates_are_merged_and_written_in_the_zone_of_the_start() {
    let written = normal(
        &[
            "RRULE:FREQ=DAILY",
            "EXDATE:20260304T130000Z",
            "EXDATE;TZID=America/New_York:20260303T080000",
        ],
        &timed(),
    );

    assert_eq!(
        written,
        [
            "RRULE:FREQ=DAILY",
            "EXDATE;TZID=Europe/Berlin:20260303T140000,20260304T140000"
        ]
    );
}

#[test]
fn a_series_keeps_its_wall_clock_when_summer_time_begins() {
    let starts = starts(
        &["RRULE:FREQ=WEEKLY"],
        &timed(),
        "2026-03-22T00:00:00Z",
        "2026-04-01T00:00:00Z",
    );

    assert_eq!(starts, ["2026-03-23T13:00:00Z", "2026-03-30T12:00:00Z"]);
}

#[test]
fn an_all_day_series_falls_on_days() {
    let lines = [
        "RRULE:FREQ=WEEKLY;UNTIL=20260316T235959Z",
        "EXDATE;VALUE=DATE:20260309",
    ];

    assert_eq!(
        starts(
            &lines,
            &all_day(),
            "2026-03-01T00:00:00Z",
            "2026-05-01T00:00:00Z"
        ),
        ["2026-03-02", "2026-03-16"]
    );
}

#[test]
fn a_start_that_does_not_fit_the_rule_is_still_an_occurrence() {
    let starts = starts(
        &["RRULE:FREQ=WEEKLY;BYDAY=TH"],
        &timed(),
        "2026-03-01T00:00:00Z",
        "2026-03-07T00:00:00Z",
    );

    assert_eq!(starts, ["2026-03-02T13:00:00Z", "2026-03-05T13:00:00Z"]);
}

#[test]
fn what_cannot_be_repeated_is_refused_by_name() {
    let refuse = |lines: &[&str]| Recurrence::parse(lines, &timed()).unwrap_err().to_string();

    insta::assert_snapshot!([
        refuse(&["RRULE:FREQ=HOURLY"]),
        refuse(&["RRULE:INTERVAL=2"]),
        refuse(&["RRULE:FREQ=SOMETIMES"]),
        refuse(&["RRULE:FREQ=DAILY;COUNT=2;UNTIL=20260401"]),
        refuse(&["RRULE:FREQ=DAILY;COUNT=2;COUNT=3"]),
        refuse(&["RRULE:FREQ=DAILY;UNTIL=soon"]),
        refuse(&["RRULE:FREQ=DAILY;BYFULLMOON=1"]),
        refuse(&["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"]),
        refuse(&["EXDATE:20260304T130000Z"]),
        refuse(&["EXRULE:FREQ=WEEKLY"]),
        refuse(&["DTSTART:20260304T130000Z"]),
        refuse(&["nonsense"]),
        refuse(&["RRULE:FREQ=DAILY", "EXDATE;TZID=Mars/Base:20260304T130000"]),
    ].join("\n"), @r#"
    a series may repeat daily or less often
    in "RRULE:INTERVAL=2": FREQ is missing
    in "RRULE:FREQ=SOMETIMES": "SOMETIMES" is not a frequency
    in "RRULE:FREQ=DAILY;COUNT=2;UNTIL=20260401": UNTIL and COUNT exclude each other
    in "RRULE:FREQ=DAILY;COUNT=2;COUNT=3": COUNT stands twice
    in "RRULE:FREQ=DAILY;UNTIL=soon": "SOON" is not a date or time
    in "RRULE:FREQ=DAILY;BYFULLMOON=1": BYFULLMOON is not supported
    more than one RRULE
    EXDATE without an RRULE or RDATE
    EXRULE is obsolete and not supported
    "DTSTART:20260304T130000Z" is not a recurrence line: expected RRULE, RDATE or EXDATE
    in "nonsense": no colon
    in "EXDATE;TZID=Mars/Base:20260304T130000": unknown time zone "Mars/Base": use an IANA name such as Europe/Berlin
    "#);
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(
        freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1u32..5,
        count in prop::option::of(1u32..50),
        byday in prop::option::of(prop::sample::select(vec!["MO", "TU,TH", "+1SU", "-1FR"])),
        days in prop::collection::vec(1i8..28, 0..5),
        whole_days in any::<bool>(),
    ) {
        let when = if whole_days { all_day() } else { timed() };
        let count = count.map(|count| format!(";COUNT={count}")).unwrap_or_default();
        let byday = byday
            .filter(|_| matches!(freq, "MONTHLY" | "YEARLY"))
            .map(|byday| format!(";BYDAY={byday}"))
            .unwrap_or_default();
        let rule = format!("RRULE:INTERVAL={interval};FREQ={freq}{count}{byday}");
        let mut lines = vec![rule];
        lines.extend(days.iter().map(|day| format!("EXDATE:202604{day:02}T120000Z")));

        let once = normal_lines(&lines, &when);
        let twice = normal_lines(&once, &when);

        prop_assert_eq!(once, twice);
    }

    #[test]
    fn no_text_makes_the_reader_panic(lines in prop::collection::vec(".{0,60}", 0..4), tail in ".{0,40}") {
        let _ = Recurrence::parse(&lines, &timed());
        let _ = Recurrence::parse(&[format!("RRULE:FREQ=DAILY;{tail}")], &all_day());
        let _ = Recurrence::parse(&[format!("EXDATE;{tail}")], &timed());
    }
}

fn simple(line: &str, when: &When) -> Option<(Frequency, Option<String>)> {
    let (recurrence, _) = Recurrence::parse(&[line], when).unwrap();
    let simple = Simple::of(&recurrence, when)?;
    Some((simple.frequency, simple.until.map(|day| day.to_string())))
}

#[test]
fn a_rule_that_only_says_what_its_start_says_is_simple() {
    let when = timed();

    assert_eq!(
        simple("RRULE:FREQ=DAILY", &when),
        Some((Frequency::Daily, None))
    );
    assert_eq!(
        simple("RRULE:FREQ=WEEKLY;BYDAY=MO", &when),
        Some((Frequency::Weekly, None))
    );
    assert_eq!(
        simple("RRULE:FREQ=MONTHLY;BYMONTHDAY=2", &when),
        Some((Frequency::Monthly, None))
    );
    assert_eq!(simple("RRULE:FREQ=WEEKLY;BYDAY=TU", &when), None);
    assert_eq!(simple("RRULE:FREQ=DAILY;COUNT=3", &when), None);
}

#[test]
fn the_last_day_is_the_last_on_which_the_series_can_begin() {
    let until = |value: &str, when: &When| {
        simple(&format!("RRULE:FREQ=DAILY;UNTIL={value}"), when)
            .unwrap()
            .1
            .unwrap()
    };

    assert_eq!(until("20260304", &timed()), "2026-03-04");
    assert_eq!(until("20260304T130000Z", &timed()), "2026-03-04");
    assert_eq!(until("20260304T125959Z", &timed()), "2026-03-03");
    assert_eq!(until("20260304", &all_day()), "2026-03-04");
}

#[test]
fn rules_have_words() {
    let words = |lines: &[&str]| {
        let when = timed();
        Recurrence::parse(lines, &when).unwrap().0.words(&when)
    };

    insta::assert_snapshot!([
        words(&["RRULE:FREQ=DAILY"]),
        words(&["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH,FR;UNTIL=20270630"]),
        words(&["RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=10"]),
        words(&["RRULE:FREQ=MONTHLY;BYDAY=-1FR"]),
        words(&["RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15"]),
        words(&["RRULE:FREQ=DAILY", "RDATE:20260304T180000Z"]),
        words(&["RDATE:20260304T130000Z,20260306T130000Z"]),
        words(&["RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"]),
    ].join("\n"), @"
    Every day
    Every 2 weeks on Tuesday, Thursday and Friday, until 30 June 2027
    Every month on the second Tuesday, 10 times
    Every month on the last Friday
    Every month on day 1 and 15
    Every day, and on 1 day
    On chosen days
    By a rule of its own
    ");
}
