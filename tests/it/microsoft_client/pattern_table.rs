//! Each kind of pattern and of rule, one by one.

use domain::{
    content::Timing,
    recurrence::Recurrence,
    time::{LocalTime, Moment, When, Zone},
};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use shared::providers::microsoft::pattern::{Pattern, PatternedRecurrence};

/// Monday, 2 November 2026.
const MONDAY: Date = date(2026, 11, 2);

fn timing(start: Date, lines: &[&str]) -> Timing {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let at = |hour| Moment::Timed(LocalTime::new(start.at(hour, 0, 0, 0), zone.clone()));
    let when = When::new(at(9), at(10)).unwrap();
    let (recurrence, _) = Recurrence::parse(lines, &when).unwrap();
    Timing { when, recurrence }
}

fn pattern(pattern: Value, range: Value) -> Result<Pattern, String> {
    Pattern::read(&wire(pattern, range)).map_err(|refusal| refusal.to_string())
}

fn wire(pattern: Value, range: Value) -> PatternedRecurrence {
    let mut wire = json!({});
    wire["pattern"] = pattern;
    wire["range"] = range;
    serde_json::from_value(wire).unwrap()
}

fn endless() -> Value {
    // As Graph answers: what is not used stands there all the same.
    json!({ "type": "noEnd", "startDate": "2026-11-02", "endDate": "0001-01-01", "recurrenceTimeZone": "UTC",
        "numberOfOccurrences": 0 })
}

fn rule(of: Value, range: Value) -> String {
    let line = pattern(of, range).unwrap().line();
    timing(MONDAY, &[&line]).recurrence.to_string()
}

#[test]
fn every_kind_of_pattern_is_a_rule() {
    let unused =
        json!({ "month": 0, "dayOfMonth": 0, "index": "first", "firstDayOfWeek": "sunday" });
    for (of, wanted) in [
        (
            json!({ "type": "daily", "interval": 3 }),
            "FREQ=DAILY;INTERVAL=3",
        ),
        (
            json!({ "type": "weekly", "interval": 1, "daysOfWeek": ["Wednesday", "monday"] }),
            "FREQ=WEEKLY;BYDAY=MO,WE",
        ),
        (
            json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": "sunday" }),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU",
        ),
        (
            json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday" }),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
        ),
        (
            json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 2 }),
            "FREQ=MONTHLY;BYMONTHDAY=2",
        ),
        (
            json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31 }),
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        (
            json!({ "type": "relativeMonthly", "interval": 1, "daysOfWeek": ["monday"], "index": "first" }),
            "FREQ=MONTHLY;BYDAY=1MO",
        ),
        (
            json!({ "type": "relativeMonthly", "interval": 1, "daysOfWeek": ["friday"], "index": "last" }),
            "FREQ=MONTHLY;BYDAY=-1FR",
        ),
        (
            json!({ "type": "relativeMonthly", "interval": 2, "daysOfWeek": ["saturday", "sunday"], "index": "Second" }),
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=SA,SU;BYSETPOS=2",
        ),
        (
            json!({ "type": "absoluteYearly", "interval": 2, "month": 11, "dayOfMonth": 2 }),
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYMONTHDAY=2",
        ),
        (
            json!({ "type": "absoluteYearly", "interval": 1, "month": 2, "dayOfMonth": 29 }),
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        (
            json!({ "type": "relativeYearly", "interval": 1, "month": 11, "daysOfWeek": ["monday"], "index": "first" }),
            "FREQ=YEARLY;BYMONTH=11;BYDAY=1MO",
        ),
    ] {
        let mut whole = unused.clone();
        whole
            .as_object_mut()
            .unwrap()
            .extend(of.as_object().unwrap().clone());

        assert_eq!(rule(whole, endless()), format!("RRULE:{wanted}"), "{of}");
    }
}

#[test]
fn each_end_of_a_pattern_is_an_end_of_the_rule() {
    let daily = json!({ "type": "daily", "interval": 1 });

    let numbered = rule(
        daily.clone(),
        json!({ "type": "numbered", "numberOfOccurrences": 5 }),
    );
    let dated = rule(daily, json!({ "type": "endDate", "endDate": "2026-11-30" }));

    assert_eq!(numbered, "RRULE:FREQ=DAILY;COUNT=5");
    // The last day counts, to its end where the series is.
    assert_eq!(dated, "RRULE:FREQ=DAILY;UNTIL=20261130T225959Z");
}

#[test]
fn a_pattern_that_is_none_is_refused_in_words() {
    for (of, range, words) in [
        (
            json!({ "type": "hourly", "interval": 1 }),
            endless(),
            "the pattern \"hourly\"",
        ),
        (
            json!({ "type": "weekly", "interval": 1 }),
            endless(),
            "the weekdays []",
        ),
        (
            json!({ "type": "weekly", "interval": 1, "daysOfWeek": ["funday"] }),
            endless(),
            "the weekdays [\"funday\"]",
        ),
        (
            json!({ "type": "absoluteMonthly", "interval": 1 }),
            endless(),
            "day of the month",
        ),
        (
            json!({ "type": "absoluteYearly", "interval": 1, "month": 13, "dayOfMonth": 1 }),
            endless(),
            "no month from 1 to 12",
        ),
        (
            json!({ "type": "daily", "interval": 1 }),
            json!({ "type": "numbered" }),
            "no occurrence",
        ),
        (
            json!({ "type": "daily", "interval": 1 }),
            json!({ "type": "endDate", "endDate": "soon" }),
            "an end date that is none",
        ),
    ] {
        let refused = pattern(of, range).unwrap_err();

        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn rules_that_say_the_same_in_other_words_are_patterns() {
    let daily = "daily/1///";
    for (start, line, wanted) in [
        (MONDAY, "RRULE:FREQ=DAILY", daily),
        (
            MONDAY,
            "RRULE:FREQ=DAILY;BYDAY=MO,FR",
            "weekly/1/monday,friday//",
        ),
        (MONDAY, "RRULE:FREQ=WEEKLY", "weekly/1/monday//"),
        (MONDAY, "RRULE:FREQ=MONTHLY", "absoluteMonthly/1///2"),
        (MONDAY, "RRULE:FREQ=YEARLY", "absoluteYearly/1//11/2"),
        (
            MONDAY,
            "RRULE:FREQ=YEARLY;BYMONTH=11",
            "absoluteYearly/1//11/2",
        ),
        (
            MONDAY,
            "RRULE:FREQ=YEARLY;INTERVAL=4",
            "absoluteYearly/4//11/2",
        ),
        (
            date(2026, 11, 30),
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1",
            "relativeMonthly/1/monday,tuesday,wednesday,thursday,friday,saturday,sunday//",
        ),
        (
            date(2027, 1, 31),
            "RRULE:FREQ=YEARLY",
            "absoluteYearly/1//1/31",
        ),
        (
            MONDAY,
            "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1",
            "relativeMonthly/1/monday//",
        ),
    ] {
        let found = Pattern::of(&timing(start, &[line])).unwrap();
        let wire = found.wire(start, "UTC").pattern;
        let or_nothing = |number: i64| {
            if number == 0 {
                String::new()
            } else {
                number.to_string()
            }
        };
        let shown = format!(
            "{}/{}/{}/{}/{}",
            wire.r#type,
            wire.interval,
            wire.days_of_week.join(","),
            or_nothing(wire.month),
            or_nothing(wire.day_of_month),
        );

        assert_eq!(shown, wanted, "{line}");
    }
}

/// Each with a word of the reason.
fn are_refused<const N: usize>(rules: [(Date, Vec<&str>, &str); N]) {
    for (start, lines, words) in rules {
        let refused = Pattern::of(&timing(start, &lines)).unwrap_err().to_string();

        assert!(refused.contains(words), "{lines:?}: {refused}");
    }
}

#[test]
fn a_rule_of_days_that_outlook_does_not_have_is_refused_with_the_reason() {
    are_refused([
        (
            MONDAY,
            vec!["RRULE:FREQ=DAILY", "RDATE:20261224T090000"],
            "single dates",
        ),
        (MONDAY, vec!["RDATE:20261224T090000"], "single dates"),
        (
            MONDAY,
            vec!["RRULE:FREQ=DAILY;INTERVAL=2;BYDAY=MO"],
            "every 2 days",
        ),
        (
            MONDAY,
            vec!["RRULE:FREQ=DAILY;BYMONTH=11"],
            "leave out months",
        ),
        (
            MONDAY,
            vec!["RRULE:FREQ=WEEKLY;BYMONTH=11;BYDAY=MO"],
            "leave out months",
        ),
        (MONDAY, vec!["RRULE:FREQ=MONTHLY;BYDAY=MO"], "several days"),
        (
            MONDAY,
            vec!["RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO"],
            "several days",
        ),
        (
            MONDAY,
            vec!["RRULE:FREQ=MONTHLY;BYMONTHDAY=2,16"],
            "several days",
        ),
        (
            MONDAY,
            vec!["RRULE:FREQ=MONTHLY;BYMONTHDAY=2;BYDAY=MO"],
            "together",
        ),
    ]);
}

#[test]
fn a_rule_of_months_that_outlook_does_not_have_is_refused_with_the_reason() {
    are_refused([
        (
            MONDAY,
            vec!["RRULE:FREQ=YEARLY;BYMONTH=5,11;BYMONTHDAY=2"],
            "several months",
        ),
        (
            MONDAY,
            vec!["RRULE:FREQ=YEARLY;BYWEEKNO=45;BYDAY=MO"],
            "BYWEEKNO",
        ),
        (MONDAY, vec!["RRULE:FREQ=YEARLY;BYYEARDAY=306"], "BYYEARDAY"),
        (MONDAY, vec!["RRULE:FREQ=DAILY;BYHOUR=9,17"], "BYHOUR"),
        (
            MONDAY,
            vec!["RRULE:FREQ=WEEKLY;BYDAY=TU"],
            "does not follow from the rule",
        ),
        (
            date(2026, 11, 30),
            vec!["RRULE:FREQ=MONTHLY;BYDAY=5MO"],
            "the fifth",
        ),
        (
            date(2026, 11, 23),
            vec!["RRULE:FREQ=MONTHLY;BYDAY=-2MO"],
            "the last but one",
        ),
        (
            date(2026, 11, 29),
            vec!["RRULE:FREQ=MONTHLY;BYMONTHDAY=-2"],
            "several days",
        ),
        (
            date(2026, 10, 31),
            vec!["RRULE:FREQ=MONTHLY"],
            "without a day 31",
        ),
        (
            date(2026, 11, 30),
            vec!["RRULE:FREQ=MONTHLY;BYMONTHDAY=30"],
            "without a day 30",
        ),
        (
            date(2028, 2, 29),
            vec!["RRULE:FREQ=YEARLY"],
            "without a day 29",
        ),
    ]);
}

#[test]
fn the_last_day_of_a_rule_is_the_last_day_on_which_it_can_begin() {
    for (until, last) in [
        ("20261130T080000Z", "2026-11-30"),
        // An hour before it would begin on that day.
        ("20261130T070000Z", "2026-11-29"),
        ("20261130", "2026-11-30"),
        ("20261129T230000Z", "2026-11-29"),
    ] {
        let line = format!("RRULE:FREQ=DAILY;UNTIL={until}");
        let found = Pattern::of(&timing(MONDAY, &[&line])).unwrap();

        let range = found.wire(MONDAY, "W. Europe Standard Time").range;

        assert_eq!(range.end_date.as_deref(), Some(last), "{until}");
        assert_eq!(range.start_date, "2026-11-02");
        assert_eq!(
            range.recurrence_time_zone.as_deref(),
            Some("W. Europe Standard Time")
        );
    }
}
