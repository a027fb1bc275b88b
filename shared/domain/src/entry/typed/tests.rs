use jiff::civil::date;

use super::*;

fn owner() -> MemberId {
    MemberId::from_parts(1, 1)
}

fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn typed() -> TypedEntry {
    TypedEntry {
        title: "Morning round".into(),
        ..TypedEntry::blank(date(2027, 3, 2).at(8, 0, 0, 0), &berlin())
    }
}

fn saved(typed: &TypedEntry) -> Draft {
    typed.apply(None, owner()).unwrap()
}

fn fields(typed: &TypedEntry) -> Vec<&'static str> {
    let problems = typed.apply(None, owner()).unwrap_err();
    problems.iter().map(|problem| problem.field).collect()
}

#[test]
fn what_is_shown_again_is_what_was_typed() {
    let weekly = TypedEntry {
        repeat: "weekly".into(),
        until: "2027-06-30".into(),
        ..typed()
    };
    let days = TypedEntry {
        all_day: true,
        end_date: "2027-03-04".into(),
        start_time: String::new(),
        end_time: String::new(),
        ..typed()
    };

    for typed in [typed(), weekly, days] {
        assert_eq!(TypedEntry::of(&saved(&typed), &berlin()), typed);
    }
}

#[test]
fn the_last_day_of_whole_days_is_included() {
    let days = TypedEntry {
        all_day: true,
        ..typed()
    };

    assert_eq!(
        saved(&days).content.timing.when,
        When::AllDay {
            start: date(2027, 3, 2),
            end: date(2027, 3, 3)
        }
    );
}

#[test]
fn saving_an_untouched_form_changes_nothing() {
    let mut draft = saved(&typed());
    let zone = Zone::parse("America/New_York").unwrap();
    let When::Timed { start, end } = &mut draft.content.timing.when else {
        panic!("a timed entry");
    };
    *end = LocalTime::at(end.instant(), zone);
    start.fold = true;
    draft.content.notes = "one\r\ntwo\nthree".into();
    (draft.content.timing.recurrence, draft.content.exceptions) = Recurrence::parse(
        &["RRULE:FREQ=WEEKLY;INTERVAL=2", "EXDATE:20270316T070000Z"],
        &draft.content.timing.when,
    )
    .unwrap();
    let mut shown = TypedEntry::of(&draft, &berlin());
    shown.notes = shown.notes.replace("\r\n", "\n").replace('\n', "\r\n");

    assert_eq!(shown.repeat, TypedEntry::KEEP);
    assert_eq!(shown.apply(Some(&draft), owner()), Ok(draft));
}

#[test]
fn a_rule_finer_than_the_form_survives_another_time() {
    let mut draft = saved(&typed());
    let lines = ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"];
    draft.content.timing.recurrence = Recurrence::parse(&lines, &draft.content.timing.when)
        .unwrap()
        .0;
    let later = TypedEntry {
        end_time: "10:00".into(),
        ..TypedEntry::of(&draft, &berlin())
    };

    let after = later.apply(Some(&draft), owner()).unwrap();

    assert_eq!(after.content.timing.recurrence.lines(), lines);
    assert_ne!(after.content.timing.when, draft.content.timing.when);
}

#[test]
fn every_field_that_cannot_be_read_is_named() {
    let wrong = TypedEntry {
        title: " ".into(),
        start_date: "tomorrow".into(),
        end_time: String::new(),
        zone: "Berlin".into(),
        repeat: "sometimes".into(),
        until: "never".into(),
        ..typed()
    };

    assert_eq!(
        fields(&wrong),
        ["start_date", "zone", "end_time", "repeat", "until", "title"]
    );
}

#[test]
fn a_place_without_its_continent_is_recognised() {
    let wrong = TypedEntry {
        zone: "berlin".into(),
        ..typed()
    };

    let problems = wrong.apply(None, owner()).unwrap_err();

    assert!(problems[0].reason.ends_with("did you mean Europe/Berlin?"));
}

#[test]
fn an_end_before_the_start_is_told_at_the_field_that_is_shown() {
    let timed = TypedEntry {
        end_time: "07:00".into(),
        ..typed()
    };
    let days = TypedEntry {
        all_day: true,
        end_date: "2027-03-01".into(),
        ..typed()
    };

    assert_eq!(
        (fields(&timed), fields(&days)),
        (vec!["end_time"], vec!["end_date"])
    );
}

#[test]
fn a_last_day_before_the_start_is_refused() {
    let wrong = TypedEntry {
        repeat: "daily".into(),
        until: "2027-03-01".into(),
        ..typed()
    };

    assert_eq!(fields(&wrong), ["until"]);
}
