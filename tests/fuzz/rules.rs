//! Recurrence lines and Outlook's patterns.

use domain::{
    content::Timing,
    recurrence::{Recurrence, excluding, expand, first_by_rule},
    time::{DayOnly, LocalTime, Moment, When, Zone},
};
use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;
use serde_json::Value;
use shared::providers::microsoft::pattern::{Pattern, PatternedRecurrence};

use crate::{
    alone::check,
    edits::{bytes, edited_json, edited_text, edits},
};

const LINES: &str = include_str!("samples/recurrence_lines.txt");
const EVENTS: &str = include_str!("samples/graph_events.json");

fn edited_lines() -> impl Strategy<Value = Vec<String>> {
    let samples: Vec<&str> = LINES.lines().collect();
    let line = (prop::sample::select(samples), edits());
    let line = line.prop_map(|(sample, edits)| edited_text(sample, &edits));
    prop::collection::vec(line, 0..4)
}

fn edited_patterns() -> impl Strategy<Value = Value> {
    let events: Vec<Value> = serde_json::from_str(EVENTS).unwrap();
    let patterns: Vec<Value> = events
        .into_iter()
        .filter_map(|mut event| event.get_mut("recurrence").map(Value::take))
        .filter(|pattern| !pattern.is_null())
        .collect();
    (any::<u16>(), edits()).prop_map(move |(which, edits)| edited_json(&patterns, which, &edits))
}

fn when(all_day: bool) -> When {
    if all_day {
        let day = |text: &str| {
            Moment::AllDay(DayOnly {
                date: text.parse().unwrap(),
            })
        };
        return When::new(day("2026-10-19"), day("2026-10-21")).unwrap();
    }
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let at = |text: &str| Moment::Timed(LocalTime::new(text.parse().unwrap(), zone.clone()));
    When::new(at("2026-10-19T09:00:00"), at("2026-10-19T10:30:00")).unwrap()
}

/// What is accepted has one spelling, and can be expanded, written for Outlook and read back.
fn is_refused_or_usable(lines: &[String], when: &When) {
    let Ok((recurrence, exceptions)) = Recurrence::parse(lines, when) else {
        return;
    };
    let again = Recurrence::parse(recurrence.lines(), when).unwrap();
    assert_eq!(again.0, recurrence);
    let cancelled = excluding(exceptions.cancelled(), when);
    let whole: Vec<String> = recurrence
        .lines()
        .iter()
        .cloned()
        .chain(cancelled)
        .collect();
    if !recurrence.is_none() {
        assert_eq!(
            Recurrence::parse(&whole, when).unwrap(),
            (recurrence.clone(), exceptions)
        );
    }
    let timing = Timing {
        when: when.clone(),
        recurrence,
    };
    let (from, to): (Timestamp, Timestamp) = (
        "2026-10-01T00:00:00Z".parse().unwrap(),
        "2027-10-01T00:00:00Z".parse().unwrap(),
    );
    expand(&timing, from, to, &Zone::utc(), 100);
    first_by_rule(&timing);
    if let Ok(pattern) = Pattern::of(&timing) {
        assert_eq!(
            Pattern::read(&pattern.wire(when.first_day(), "UTC")).unwrap(),
            pattern
        );
    }
}

#[test]
fn any_lines_are_refused_or_have_one_spelling() {
    check((bytes(), any::<bool>()), |(bytes, all_day)| {
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        is_refused_or_usable(&lines, &when(all_day));
        Ok(())
    });
}

#[test]
fn edited_lines_are_refused_or_have_one_spelling() {
    check((edited_lines(), any::<bool>()), |(lines, all_day)| {
        is_refused_or_usable(&lines, &when(all_day));
        Ok(())
    });
}

#[test]
fn an_edited_pattern_is_refused_or_a_rule() {
    check(edited_patterns(), |json| {
        if let Ok(wire) = serde_json::from_value::<PatternedRecurrence>(json)
            && let Ok(pattern) = Pattern::read(&wire)
        {
            let start: Date = "2026-10-19".parse().unwrap();
            let again = Pattern::read(&pattern.wire(start, "UTC"));
            prop_assert_eq!(again.ok(), Some(pattern.clone()));
            for all_day in [false, true] {
                is_refused_or_usable(&[pattern.line()], &when(all_day));
            }
        }
        Ok(())
    });
}
