use jiff::civil::date;

use super::*;
use crate::time::{DayOnly, LocalTime, Zone};

fn owner() -> MemberId {
    MemberId::from_parts(1, 1)
}

fn at(hour: i8) -> Moment {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    Moment::Timed(LocalTime::new(date(2027, 3, 2).at(hour, 0, 0, 0), zone))
}

fn whole() -> EntryEdit {
    EntryEdit {
        title: Some("  Boiler service ".into()),
        start: Some(at(14)),
        end: Some(at(15)),
        ..EntryEdit::default()
    }
}

fn series() -> Draft {
    let lines = [
        "RRULE:FREQ=DAILY",
        "EXDATE;TZID=Europe/Berlin:20270304T140000",
    ];
    let edit = EntryEdit {
        recurrence: Some(RecurrenceEdit::Lines(lines.map(str::to_owned).to_vec())),
        ..whole()
    };
    edit.apply(None, owner()).unwrap()
}

fn refused(edit: EntryEdit, before: Option<&Draft>) -> Vec<(&'static str, String)> {
    let problems = edit.apply(before, owner()).unwrap_err();
    problems.into_iter().map(|p| (p.field, p.reason)).collect()
}

#[test]
fn a_new_entry_takes_defaults_and_belongs_to_its_owner() {
    let draft = whole().apply(None, owner()).unwrap();

    assert_eq!(draft.content.title, "Boiler service");
    assert_eq!(draft.assignees, [owner()]);
    assert_eq!(draft.work_item_type, WorkItemType::AdHoc);
    assert!(draft.content.timing.recurrence.is_none());
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let edit = EntryEdit {
        notes: Some("x".repeat(NOTES_BYTES_MAX + 1)),
        assignees: Some(vec![owner(), owner()]),
        ..EntryEdit::default()
    };

    let fields: Vec<_> = refused(edit, None)
        .into_iter()
        .map(|(field, _)| field)
        .collect();

    assert_eq!(fields, ["title", "notes", "start", "end", "assignees"]);
}

#[test]
fn an_edit_leaves_alone_what_it_does_not_name() {
    let before = series();
    let edit = EntryEdit {
        notes: Some("Bring keys".into()),
        ..EntryEdit::default()
    };

    let after = edit
        .apply(Some(&before), MemberId::from_parts(2, 2))
        .unwrap();

    let mut expected = before;
    expected.content.notes = "Bring keys".into();
    assert_eq!(after, expected);
}

#[test]
fn an_edited_entry_stays_what_it_was_before() {
    let (id, tenant) = (EntryId::from_parts(1, 1), TenantId::from_parts(1, 1));
    let (made, edited) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    let made_here = series().into_entry(id, tenant, made);
    for origin in [Origin::Entry, Origin::Event] {
        let before = Entry {
            origin,
            version: 7,
            ..made_here.clone()
        };

        let after = before.changed_to(before.draft(), edited);

        let same = Entry {
            version: 8,
            updated_at: edited,
            ..before
        };
        assert_eq!(after, same);
    }
}

#[test]
fn an_end_before_the_start_is_refused_at_the_end() {
    let edit = EntryEdit {
        start: Some(at(16)),
        ..EntryEdit::default()
    };

    assert_eq!(
        refused(edit, Some(&series())),
        [("end", "the end is before the start".to_owned())]
    );
}

#[test]
fn an_occurrence_that_was_left_out_stays_out_when_the_series_moves() {
    let edit = EntryEdit {
        start: Some(at(9)),
        ..EntryEdit::default()
    };

    let after = edit.apply(Some(&series()), owner()).unwrap();

    assert_eq!(
        after.content.recurrence_lines()[1],
        "EXDATE;TZID=Europe/Berlin:20270304T090000"
    );
}

#[test]
fn a_series_that_becomes_whole_days_keeps_its_rule() {
    let edit = EntryEdit {
        start: Some(Moment::AllDay(DayOnly {
            date: date(2027, 3, 2),
        })),
        end: Some(Moment::AllDay(DayOnly {
            date: date(2027, 3, 3),
        })),
        ..EntryEdit::default()
    };

    let after = edit.apply(Some(&series()), owner()).unwrap();

    assert_eq!(
        after.content.recurrence_lines(),
        ["RRULE:FREQ=DAILY", "EXDATE;VALUE=DATE:20270304"]
    );
}

#[test]
fn an_untitled_event_from_a_calendar_can_still_be_moved() {
    let mut untitled = series();
    untitled.content.title.clear();
    let moved = EntryEdit {
        end: Some(at(18)),
        ..EntryEdit::default()
    };
    let emptied = EntryEdit {
        title: Some("  ".into()),
        ..EntryEdit::default()
    };

    assert!(moved.apply(Some(&untitled), owner()).is_ok());
    assert_eq!(refused(emptied, Some(&series()))[0].0, "title");
}

#[test]
fn a_rule_that_cannot_be_kept_is_refused_where_it_stands() {
    let edit = EntryEdit {
        recurrence: Some(RecurrenceEdit::Lines(vec!["RRULE:FREQ=HOURLY".into()])),
        ..whole()
    };

    assert_eq!(refused(edit, None)[0].0, "recurrence");
}

#[test]
fn an_attendee_is_invited_once() {
    let address = |text| EmailAddress::parse(text).unwrap();
    let edit = EntryEdit {
        attendees: Some(vec![address("mia@example.com"), address("MIA@example.com")]),
        ..whole()
    };

    let draft = edit.apply(None, owner()).unwrap();

    assert_eq!(draft.attendees, [address("mia@example.com")]);
}
