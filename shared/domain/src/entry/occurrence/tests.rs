use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::{
    entry::RecurrenceEdit,
    series::{Exception, Occurrence},
    time::{When, Zone},
};

fn owner() -> MemberId {
    MemberId::from_parts(1, 1)
}

fn zone() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn on(day: Date, hour: i8) -> Moment {
    Moment::Timed(LocalTime::new(day.at(hour, 0, 0, 0), zone()))
}

/// From the first Monday of March 2027 on, over the clock change at its end.
fn series(rule: &str) -> Draft {
    let first = date(2027, 3, 1);
    let edit = EntryEdit {
        title: Some("round".into()),
        start: Some(on(first, 10)),
        end: Some(on(first, 11)),
        recurrence: Some(RecurrenceEdit::Lines(vec![rule.into()])),
        ..EntryEdit::default()
    };
    edit.apply(None, owner()).unwrap()
}

fn weekly() -> Draft {
    series("RRULE:FREQ=WEEKLY;COUNT=8")
}

fn all(series: &Draft) -> Vec<Occurrence> {
    let (from, to) = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    let found =
        series
            .content
            .occurrences(from.parse().unwrap(), to.parse().unwrap(), &zone(), 1_000);
    found.found
}

fn keys(series: &Draft) -> Vec<OriginalStart> {
    all(series).iter().filter_map(|one| one.original).collect()
}

fn starts(series: &Draft) -> Vec<String> {
    let local = |one: &Occurrence| match &one.content.timing.when {
        When::Timed { start, .. } => start.local.to_string(),
        When::AllDay { start, .. } => start.to_string(),
    };
    all(series).iter().map(local).collect()
}

fn titles(series: &Draft) -> Vec<String> {
    let title = |one: Occurrence| one.content.title;
    all(series).into_iter().map(title).collect()
}

fn named(title: &str) -> OccurrenceEdit {
    OccurrenceEdit {
        title: Ask::Set(title.into()),
        ..OccurrenceEdit::default()
    }
}

fn as_series() -> OccurrenceEdit {
    OccurrenceEdit {
        title: Ask::AsSeries,
        notes: Ask::AsSeries,
        location: Ask::AsSeries,
        start: Ask::AsSeries,
        end: Ask::AsSeries,
        private: Ask::AsSeries,
    }
}

fn edits() -> impl Strategy<Value = OccurrenceEdit> {
    fn ask<T: std::fmt::Debug + Clone + 'static>(
        value: impl Strategy<Value = T> + 'static,
    ) -> impl Strategy<Value = Ask<T>> {
        prop_oneof![
            Just(Ask::Keep),
            Just(Ask::AsSeries),
            value.prop_map(Ask::Set)
        ]
    }
    let text = || prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned);
    let times = (0i8..12, 12i8..23).prop_map(|(start, end)| {
        let day = date(2027, 3, 9);
        (Ask::Set(on(day, start)), Ask::Set(on(day, end)))
    });
    let times = prop_oneof![
        Just((Ask::Keep, Ask::Keep)),
        Just((Ask::AsSeries, Ask::AsSeries)),
        times
    ];
    (
        ask(text()),
        ask(text()),
        ask(text()),
        times,
        ask(any::<bool>()),
    )
        .prop_map(
            |(title, notes, location, (start, end), private)| OccurrenceEdit {
                title,
                notes,
                location,
                start,
                end,
                private,
            },
        )
}

/// The changed occurrences as a caller would write them down.
fn written(series: &Draft) -> Vec<(OriginalStart, OccurrenceEdit)> {
    fn set<T: Clone>(value: Option<&T>) -> Ask<T> {
        value.cloned().map_or(Ask::Keep, Ask::Set)
    }
    let each = |(at, exception): (OriginalStart, &Exception)| match exception {
        Exception::Cancelled => None,
        Exception::Changed(changes) => {
            let (start, end) = changes.when.as_ref().map(When::moments).unzip();
            let edit = OccurrenceEdit {
                title: set(changes.title.as_ref()),
                notes: set(changes.notes.as_ref()),
                location: set(changes.location.as_ref()),
                start: set(start.as_ref()),
                end: set(end.as_ref()),
                private: set(changes.private.as_ref()),
            };
            Some((at, edit))
        }
    };
    series.content.exceptions.iter().filter_map(each).collect()
}

proptest! {
    /// Whatever was asked of an occurrence, asking for it as the series has it leaves no trace.
    #[test]
    fn an_occurrence_can_always_be_as_its_series_again(
        asked in prop::collection::vec((0usize..8, edits()), 0..6),
    ) {
        let plain = weekly();
        let keys = keys(&plain);
        let mut series = plain.clone();
        for (which, edit) in &asked {
            series = edit.apply(&series, keys[*which], owner()).unwrap();
        }
        for at in keys {
            let one = as_series().apply(&series, at, owner()).unwrap();
            prop_assert_eq!(&one, &series.restored(at).unwrap());
            series = one;
        }
        prop_assert_eq!(series, plain);
    }

    /// What is written down of a series makes the same series.
    #[test]
    fn a_series_can_be_written_down_and_made_again(
        asked in prop::collection::vec((0usize..8, edits()), 0..6),
        cancelled in prop::collection::vec(0usize..8, 0..3),
    ) {
        let plain = weekly();
        let keys = keys(&plain);
        let mut series = plain.clone();
        for (which, edit) in &asked {
            series = edit.apply(&series, keys[*which], owner()).unwrap();
        }
        for which in cancelled {
            series = series.cancelled(keys[which]).unwrap();
        }
        let (start, end) = series.content.timing.when.moments();
        let edit = EntryEdit {
            title: Some(series.content.title.clone()),
            start: Some(start),
            end: Some(end),
            recurrence: Some(RecurrenceEdit::Lines(series.content.recurrence_lines())),
            overrides: Some(written(&series)),
            ..EntryEdit::default()
        };

        prop_assert_eq!(edit.apply(None, owner()).unwrap(), series);
    }

    /// "All", asked at any occurrence, moves every occurrence as far as that one was moved, over a clock change too.
    #[test]
    fn a_whole_series_moves_as_far_as_the_occurrence_that_was_moved(which in 0usize..8, days in -2i32..3, hour in 0i8..23) {
        let series = weekly();
        let at = keys(&series)[which];
        let day = date(2027, 3, 1).saturating_add((7 * i32::try_from(which).unwrap() + days).days());
        let edit = EntryEdit {
            start: Some(on(day, hour)),
            end: Some(on(day, hour + 1)),
            ..EntryEdit::default()
        };

        let moved = edit.apply_from(&series, at, owner()).unwrap();

        let first = date(2027, 3, 1).saturating_add(days.days()).at(hour, 0, 0, 0);
        // What the clock skips is moved past the gap.
        let expected: Vec<String> = (0..8)
            .map(|week| LocalTime::new(first.saturating_add((7 * week).days()), zone()).zoned().datetime().to_string())
            .collect();
        let shown: Vec<String> = all(&moved)
            .iter()
            .map(|one| one.content.timing.when.bounds(&zone()).0.to_zoned(zone().time_zone()).datetime().to_string())
            .collect();
        prop_assert_eq!(shown, expected);
    }

    /// "This and following" changes what follows and nothing before.
    #[test]
    fn what_follows_is_changed_and_what_was_before_is_not(which in 1usize..8, special in 0usize..8) {
        let series = weekly();
        let keys = keys(&series);
        let series = named("special").apply(&series, keys[special], owner()).unwrap();
        let (earlier, following) = series.split(keys[which]).unwrap();
        let edit = EntryEdit { title: Some("late".into()), ..EntryEdit::default() };

        let following = edit.apply_from(&following, keys[which], owner()).unwrap();

        let mut both = titles(&earlier.unwrap());
        both.extend(titles(&following));
        let expected: Vec<&str> = (0..8)
            .map(|number| match number {
                number if number == special && number != which => "special",
                number if number < which => "round",
                _ => "late",
            })
            .collect();
        prop_assert_eq!(both, expected);
    }
}

#[test]
fn only_what_the_series_has_can_be_edited() {
    let series = weekly();
    let refused = |at: &str| {
        named("x")
            .apply(&series, at.parse().unwrap(), owner())
            .unwrap_err()
    };
    let second = "20270308T090000Z".parse().unwrap();
    let single = series.occurrence(second).unwrap();
    let without = series.cancelled(second).unwrap();

    assert_eq!(refused("20270308"), NotAnOccurrence::NotADay.into());
    let unknown = "20270308T100000Z";
    let expected = NotAnOccurrence::Unknown(unknown.parse().unwrap());
    assert_eq!(refused(unknown), expected.into());
    assert_eq!(
        named("x").apply(&single, second, owner()),
        Err(NotAnOccurrence::NoSeries.into())
    );
    assert_eq!(
        named("x").apply(&without, second, owner()),
        Err(NotEdited::Cancelled)
    );
    assert_eq!(without.restored(second).unwrap(), series);
    assert_eq!(series.split(keys(&series)[0]), Err(NotEdited::First));
}

#[test]
fn a_rule_that_names_the_day_of_its_start_moves_with_it() {
    let series = series("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO");
    let wednesday = date(2027, 3, 10);
    let edit = EntryEdit {
        start: Some(on(wednesday, 9)),
        end: Some(on(wednesday, 10)),
        ..EntryEdit::default()
    };

    let moved = edit.apply_from(&series, keys(&series)[1], owner()).unwrap();

    assert_eq!(
        starts(&moved),
        [
            "2027-03-03T09:00:00",
            "2027-03-10T09:00:00",
            "2027-03-17T09:00:00"
        ]
    );
}

#[test]
fn what_the_shorter_series_no_longer_has_does_not_take_place() {
    let series = weekly();
    let series = named("special")
        .apply(&series, keys(&series)[6], owner())
        .unwrap();
    let edit = EntryEdit {
        recurrence: Some(RecurrenceEdit::Rule(vec![
            "RRULE:FREQ=WEEKLY;COUNT=3".into(),
        ])),
        ..EntryEdit::default()
    };

    let shorter = edit.apply(Some(&series), owner()).unwrap();

    assert_eq!(titles(&shorter), ["round", "round", "round"]);
}

#[test]
fn an_override_that_cannot_be_is_named_by_its_line() {
    let second: OriginalStart = "20270308T090000Z".parse().unwrap();
    let third: OriginalStart = "20270315T090000Z".parse().unwrap();
    let backwards = OccurrenceEdit {
        end: Ask::Set(on(date(2027, 3, 1), 8)),
        ..OccurrenceEdit::default()
    };
    let edit = EntryEdit {
        recurrence: Some(RecurrenceEdit::Lines(vec![
            "RRULE:FREQ=WEEKLY;COUNT=8".into(),
            format!("EXDATE:{third}"),
        ])),
        overrides: Some(vec![
            (second, named("x")),
            (second, named("y")),
            (third, named("x")),
            ("20270309T090000Z".parse().unwrap(), named("x")),
            ("20270322T090000Z".parse().unwrap(), backwards),
        ]),
        ..EntryEdit::default()
    };

    let problems = edit.apply(Some(&weekly()), owner()).unwrap_err();

    let places: Vec<_> = problems
        .iter()
        .map(|flaw| (flaw.line, flaw.field))
        .collect();
    assert_eq!(
        places,
        [
            (Some(1), "original"),
            (Some(2), "original"),
            (Some(3), "original"),
            (Some(4), "end")
        ]
    );
}

#[test]
fn a_series_holds_as_many_exceptions_as_an_item_does() {
    let daily = series("RRULE:FREQ=DAILY");
    let long = OccurrenceEdit {
        notes: Ask::Set("x".repeat(30_000)),
        ..OccurrenceEdit::default()
    };
    let keys = keys(&daily);
    let two = long.apply(&daily, keys[0], owner()).unwrap();
    let two = long.apply(&two, keys[1], owner()).unwrap();

    let Err(NotEdited::Invalid(problems)) = long.apply(&two, keys[2], owner()) else {
        panic!("three of them are too much");
    };

    assert_eq!(problems[0].field, "");
    assert!(named("short").apply(&two, keys[2], owner()).is_ok());
}
