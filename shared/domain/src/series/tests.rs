use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::time::Zone;

fn zone() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn series(line: &str, timed: bool) -> Content {
    let at = |hour| LocalTime::new(date(2026, 3, 2).at(hour, 0, 0, 0), zone());
    let when = if timed {
        When::Timed {
            start: at(14),
            end: at(15),
        }
    } else {
        When::AllDay {
            start: date(2026, 3, 2),
            end: date(2026, 3, 3),
        }
    };
    let (recurrence, exceptions) = Recurrence::parse(&[line], &when).unwrap();
    Content {
        title: "round".into(),
        notes: String::new(),
        location: String::new(),
        timing: Timing { when, recurrence },
        private: false,
        exceptions,
    }
}

fn year(series: &Content) -> Vec<Occurrence> {
    let (from, to) = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let found = series.occurrences(from.parse().unwrap(), to.parse().unwrap(), &zone(), 1_000);
    assert!(!found.cut);
    found.found
}

fn starts(series: &Content) -> Vec<String> {
    year(series)
        .iter()
        .map(|one| match &one.content.timing.when {
            When::Timed { start, .. } => start.instant().to_string(),
            When::AllDay { start, .. } => start.to_string(),
        })
        .collect()
}

fn key(text: &str) -> OriginalStart {
    text.parse().unwrap()
}

#[test]
fn an_original_start_is_read_as_it_is_written() {
    for text in ["20260302T130000Z", "20260302"] {
        assert_eq!(key(text).to_string(), text);
    }
    for text in [
        "",
        "2026-03-02",
        "20260302T130000",
        "20261302",
        "20260302T130000Z ",
        "+2026030",
    ] {
        assert!(text.parse::<OriginalStart>().is_err(), "{text:?}");
    }
}

#[test]
fn a_moved_occurrence_is_where_it_was_moved_and_nowhere_else() {
    let daily = series("RRULE:FREQ=DAILY;COUNT=3", true);
    let second = key("20260303T130000Z");
    let mut moved = daily.occurrence(second).unwrap();
    let later = LocalTime::new(date(2026, 3, 10).at(9, 0, 0, 0), zone());
    moved.timing.when = moved.timing.when.moved_to(&Moment::Timed(later));

    let changed = daily.clone().with_occurrence(second, Some(&moved));
    let cancelled = changed.clone().with_occurrence(second, None);
    let restored = cancelled
        .clone()
        .with_occurrence(second, daily.occurrence(second).as_ref());

    assert_eq!(
        starts(&changed),
        [
            "2026-03-02T13:00:00Z",
            "2026-03-04T13:00:00Z",
            "2026-03-10T08:00:00Z"
        ]
    );
    assert_eq!(
        starts(&cancelled),
        ["2026-03-02T13:00:00Z", "2026-03-04T13:00:00Z"]
    );
    assert_eq!(restored, daily);
    assert_eq!(cancelled.occurrence(second), None);
}

#[test]
fn an_occurrence_says_only_what_differs_so_that_the_series_still_speaks() {
    let daily = series("RRULE:FREQ=DAILY;COUNT=3", true);
    let second = key("20260303T130000Z");
    let mut named = daily.occurrence(second).unwrap();
    named.title = "with the inspector".into();

    let mut changed = daily.with_occurrence(second, Some(&named));
    changed.location = "depot".into();

    let shown = changed.occurrence(second).unwrap();
    assert_eq!(
        (shown.title.as_str(), shown.location.as_str()),
        ("with the inspector", "depot")
    );
}

#[test]
fn a_series_over_a_clock_change_is_known_by_its_instants() {
    let weekly = series("RRULE:FREQ=WEEKLY;COUNT=5", true);

    let keys: Vec<String> = year(&weekly)
        .iter()
        .map(|one| one.original.unwrap().to_string())
        .collect();

    assert_eq!(keys[3], "20260323T130000Z");
    assert_eq!(keys[4], "20260330T120000Z");
    assert!(weekly.has_occurrence(key("20260330T120000Z")));
    assert!(!weekly.has_occurrence(key("20260330T130000Z")));
}

#[test]
fn what_is_cancelled_stays_cancelled_when_the_series_moves() {
    let weekly =
        series("RRULE:FREQ=WEEKLY;COUNT=4", true).with_occurrence(key("20260309T130000Z"), None);
    let moved = |day, hour| {
        let mut timing = weekly.timing.clone();
        let start = LocalTime::new(date(2026, 3, day).at(hour, 0, 0, 0), zone());
        timing.when = timing.when.moved_to(&Moment::Timed(start));
        let exceptions = weekly.exceptions.following(&weekly.timing, &timing);
        exceptions
            .cancelled()
            .map(|at| at.to_string())
            .collect::<Vec<_>>()
    };

    assert_eq!(moved(2, 9), ["20260309T080000Z"], "another hour");
    assert_eq!(moved(3, 14), ["20260310T130000Z"], "the day after");
    assert_eq!(moved(9, 9), ["20260309T080000Z"], "a week later");
}

proptest! {
    /// "This and following" neither loses nor adds an occurrence, and takes every exception along.
    #[test]
    fn both_halves_together_are_the_whole(
        rule in prop::sample::select(vec![
            "RRULE:FREQ=WEEKLY;COUNT=12", "RRULE:FREQ=DAILY;UNTIL=20260420", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=2,20;COUNT=8", "RDATE:20260305T130000Z,20260405T120000Z,20260501T120000Z",
        ]),
        timed in any::<bool>(),
        at in 0usize..14,
        cancelled in 0usize..14,
        changed in 0usize..14,
    ) {
        let mut whole = series(rule, timed);
        let keys: Vec<OriginalStart> = year(&whole).iter().filter_map(|one| one.original).collect();
        let pick = |index: usize| keys[index % keys.len()];
        let mut other = whole.occurrence(pick(changed)).unwrap();
        other.title = "other".into();
        whole = whole.with_occurrence(pick(changed), Some(&other));
        whole = whole.with_occurrence(pick(cancelled), None);

        match split(&whole, pick(at)) {
            Err(refused) => prop_assert!(at % keys.len() == 0, "{refused}"),
            Ok((head, tail)) => {
                let contents = |series: &Content| -> Vec<Content> {
                    year(series).into_iter().map(|one| one.content).collect()
                };
                let mut both = head.as_ref().map(contents).unwrap_or_default();
                both.extend(contents(&tail));
                prop_assert_eq!(both, contents(&whole));
            }
        }
    }

    /// Taking from another series what differs makes the two equal; taking less leaves the rest as it was.
    #[test]
    fn parts_are_taken_one_by_one(
        left in prop::collection::vec((0u8..4, 0u8..4), 0..5),
        right in prop::collection::vec((0u8..4, 0u8..4), 0..5),
    ) {
        let build = |choices: &[(u8, u8)]| {
            let mut daily = series("RRULE:FREQ=DAILY;COUNT=4", false);
            for (day, what) in choices {
                let at = OriginalStart::Day(date(2026, 3, 2 + i8::try_from(*day).unwrap()));
                let mut occurrence = daily.plain_occurrence(at).unwrap();
                match what {
                    1 => occurrence.title = "a".into(),
                    2 => occurrence.location = "b".into(),
                    _ => {}
                }
                daily = daily.with_occurrence(at, (*what != 3).then_some(&occurrence));
            }
            daily
        };
        let (left, right) = (build(&left), build(&right));
        let apart = left.diff(&right);

        prop_assert_eq!(&left.with_parts_of(&right, &apart), &right);
        for (at, fields) in &apart.occurrences {
            let one = crate::content::Parts { occurrences: [(*at, *fields)].into(), ..Default::default() };
            let mixed = left.with_parts_of(&right, &one);
            prop_assert_eq!(mixed.exceptions.get(*at), right.exceptions.get(*at));
            prop_assert_eq!(mixed.diff(&right), apart.without(&one));
        }
    }
}

#[test]
fn an_endless_series_can_be_split_where_it_has_an_occurrence() {
    let weekly = series("RRULE:FREQ=WEEKLY", true);

    let (head, tail) = split(&weekly, key("20260316T130000Z")).unwrap();

    assert_eq!(
        head.unwrap().recurrence_lines(),
        ["RRULE:FREQ=WEEKLY;UNTIL=20260316T125959Z"]
    );
    assert_eq!(tail.recurrence_lines(), ["RRULE:FREQ=WEEKLY"]);
    assert_eq!(
        OriginalStart::of(&tail.timing.when),
        key("20260316T130000Z")
    );
    assert_eq!(
        split(&weekly, key("20260317T130000Z")),
        Err(NotSplit::NoOccurrence)
    );
    assert_eq!(
        split(&weekly, key("20260302T130000Z")),
        Err(NotSplit::First)
    );
}
