//! Files as other programs write them.

use super::*;
use crate::{
    content::Field,
    series::{Exception, OriginalStart},
    time::Moment,
};

const GOOGLE: &str = include_str!("google.ics");
const OUTLOOK: &str = include_str!("outlook.ics");
const APPLE: &str = include_str!("apple.ics");

fn calendar(text: &str) -> Contents {
    ics::read(text.replace('\n', "\r\n").as_bytes(), &reader()).unwrap()
}

fn table(text: &str) -> Contents {
    csv::read(text.as_bytes(), &reader()).unwrap()
}

fn event(lines: &str) -> Contents {
    calendar(&format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:one\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
    ))
}

/// "2027-03-02T14:00 Europe/Berlin", or the day.
fn starts(item: &Item) -> String {
    match item.stated.content.timing.when.moments().0 {
        Moment::Timed(time) => format!("{} {}", time.local.strftime("%Y-%m-%dT%H:%M"), time.zone),
        Moment::AllDay(day) => day.date.to_string(),
    }
}

fn all_starts(contents: &Contents) -> Vec<String> {
    contents.items.iter().map(starts).collect()
}

fn reasons(contents: &Contents) -> Vec<(usize, &str)> {
    let each = contents.refused.iter();
    each.map(|one| (one.line, one.reason.as_str())).collect()
}

fn at(text: &str) -> OriginalStart {
    text.parse().unwrap()
}

#[test]
fn what_google_calendar_exports_is_read() {
    let found = calendar(GOOGLE);

    assert_eq!(reasons(&found), []);
    assert_eq!(
        all_starts(&found),
        [
            "2027-03-02T14:00 Europe/Berlin",
            "2027-03-01T08:00 Europe/Berlin",
            "2027-05-01"
        ]
    );
    let [visit, round, holiday] = &found.items[..] else {
        panic!()
    };
    let content = &visit.stated.content;
    assert_eq!(content.location, "Hafenstraße 12, 20457 Hamburg");
    assert_eq!(
        content.notes,
        "Bring the <b>new</b> filter, please.\nGate code: 4;7"
    );
    let mia = EmailAddress::parse("mia@northwind.test").unwrap();
    assert_eq!(visit.stated.attendees, Some(vec![mia]));
    let series = &round.stated.content;
    assert_eq!(
        series.exceptions.cancelled().collect::<Vec<_>>(),
        [at("20270315T070000Z"), at("20270405T060000Z")]
    );
    let moved = series.occurrence(at("20270322T070000Z")).unwrap();
    assert_eq!(moved.title, "Round with the new colleague");
    assert_eq!(moved.timing.when.first_day(), date(2027, 3, 23));
    assert!(holiday.stated.content.private);
    assert_eq!(holiday.stated.status, Some(EntryStatus::Tentative));
}

#[test]
fn what_outlook_exports_is_read_and_what_is_no_entry_is_said() {
    let found = calendar(OUTLOOK);

    assert_eq!(
        all_starts(&found),
        [
            "2027-03-02T14:00 Europe/Berlin",
            "2027-03-02T09:00 America/New_York"
        ]
    );
    assert_eq!(
        found.items[0].stated.work_item_type,
        Some(WorkItemType::Booking)
    );
    assert_eq!(found.items[0].stated.content.exceptions.len(), 2);
    let (_, end) = found.items[1].stated.content.timing.when.moments();
    assert!(matches!(end, Moment::Timed(time) if time.local == date(2027, 3, 2).at(10, 30, 0, 0)));
    assert_eq!(reasons(&found), [(72, "the end is before the start")]);
    let remark = &found.remarks.said[0];
    assert_eq!(remark.line, 68);
    assert!(
        remark.words.ends_with("is no event, and was left out."),
        "{}",
        remark.words
    );
}

#[test]
fn what_apple_calendar_exports_is_read() {
    let found = calendar(APPLE);

    assert_eq!(reasons(&found), []);
    assert_eq!(
        all_starts(&found),
        [
            "2027-03-02T09:00 America/New_York",
            "2027-03-05T08:30 Europe/Berlin",
            "2027-03-06T08:30 Europe/Vienna"
        ]
    );
    let series = &found.items[0].stated.content;
    let exception = series.exceptions.get(at("20270304T140000Z")).unwrap();
    let Exception::Changed(changes) = exception else {
        panic!()
    };
    assert_eq!(changes.fields().iter().collect::<Vec<_>>(), [Field::Timing]);
    let untitled = made(&found.items[2]).unwrap();
    assert_eq!(untitled.content.title, "Untitled");
    assert!(found.items[2].stated.is_true_of(&untitled));
}

#[test]
fn a_character_that_was_cut_by_a_fold_is_one_again() {
    let mut file =
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270302T130000Z\r\nSUMMARY:Stra\xC3".to_vec();
    file.extend(b"\r\n \x9Fe\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");

    let found = ics::read(&file, &reader()).unwrap();

    assert_eq!(found.items[0].title(), "Straße");
}

#[test]
fn what_is_no_calendar_is_refused_as_a_whole() {
    let read = |text: &str| ics::read(text.as_bytes(), &reader()).unwrap_err();

    assert_eq!(read("title,start\n"), Unreadable::NoCalendar);
    let cancelling = "BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n";
    assert_eq!(read(cancelling), Unreadable::Answer("CANCEL".into()));
    assert_eq!(
        ics::read(b"\xff", &reader()).unwrap_err(),
        Unreadable::NotText
    );
    assert_eq!(
        csv::read(b"\xff", &reader()).unwrap_err(),
        Unreadable::NotText
    );
    let many = "BEGIN:VEVENT\nDTSTART:20270302T130000Z\nEND:VEVENT\n".repeat(ENTRIES_MAX + 1);
    assert_eq!(
        read(&format!("BEGIN:VCALENDAR\n{many}END:VCALENDAR\n")),
        Unreadable::TooMany
    );
}

#[test]
fn what_cannot_be_an_entry_says_where_it_is_and_why() {
    for (lines, reason) in [
        ("SUMMARY:x", "it has no DTSTART"),
        (
            "DTSTART:tomorrow",
            "DTSTART \"tomorrow\" is no date or time",
        ),
        (
            "DTSTART;TZID=Mars/Olympus:20270302T130000",
            "\"Mars/Olympus\" is no time zone that is known, and keeps the time of no place",
        ),
        (
            "DTSTART:20270302T130000Z\nDURATION:long",
            "DURATION \"long\" is no length of time",
        ),
        (
            "DTSTART:20270302T130000Z\nRRULE:FREQ=HOURLY",
            "a series may repeat daily or less often",
        ),
        (
            "DTSTART:20270302T130000Z\nRDATE;VALUE=PERIOD:20270303T130000Z/PT1H",
            "an RDATE of periods is not understood",
        ),
        (
            "DTSTART:20270302T130000Z\nEXRULE:FREQ=DAILY",
            "EXRULE is obsolete and not supported",
        ),
        (
            "DTSTART:99990302T130000Z",
            "the year must lie between 1900 and 2200",
        ),
    ] {
        assert_eq!(reasons(&event(lines)), [(2, reason)], "{lines}");
    }
    let unfinished = calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270302T130000Z\n");
    assert_eq!(
        reasons(&unfinished),
        [(2, "the file ends in the middle of it")]
    );
}

#[test]
fn what_stands_twice_or_alone_is_told_apart() {
    let one = "BEGIN:VEVENT\nUID:a\nDTSTART:20270302T130000Z\nEND:VEVENT\n";
    let alone = "BEGIN:VEVENT\nUID:b\nRECURRENCE-ID:20270302T130000Z\nDTSTART:20270302T140000Z\nEND:VEVENT\n";
    let stray = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20270302T130000Z\nDTSTART:20270302T140000Z\nEND:VEVENT\n";

    let found = calendar(&format!(
        "BEGIN:VCALENDAR\n{one}{one}{alone}{stray}END:VCALENDAR\n"
    ));

    assert_eq!(
        reasons(&found),
        [
            (6, "it has the UID of the event in line 2"),
            (15, "the entry that it is an occurrence of does not repeat")
        ]
    );
    assert_eq!(found.items[1].original, Some(at("20270302T130000Z")));
    assert_eq!(found.items[1].name(owner()), "uid|b|20270302T130000Z");
}

#[test]
fn an_occurrence_that_the_series_does_not_have_is_known_as_one() {
    let series =
        "BEGIN:VEVENT\nUID:a\nSUMMARY:x\nDTSTART:20270302T130000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n";
    let stray = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20270303T130000Z\nDTSTART:20270302T140000Z\nEND:VEVENT\n";

    let found = calendar(&format!("BEGIN:VCALENDAR\n{series}{stray}END:VCALENDAR\n"));

    let stated = &found.items[0].stated;
    assert_eq!(stated.strays(), [(at("20270303T130000Z"), 8)].into());
    assert!(made(&found.items[0]).unwrap().content.exceptions.is_empty());
}

#[test]
fn a_table_as_people_write_it_is_read() {
    let found = table(
        "\u{FEFF}Title;Start;End;Zone;Private;Notes;Colour\r\n\
         Pump;2027-03-02 14:00;2027-03-02T15:00:00;Europe/Vienna;yes;\"two\nlines\";red\r\n\
         ;;;;;;\r\n\
         Fair;2027-03-05;2027-03-05;;;;\r\n\
         Call;2027-03-02T14:00:00Z;2027-03-02T16:00:00+01:00;;no;'=1+1;\r\n",
    );

    assert_eq!(
        all_starts(&found),
        [
            "2027-03-02T14:00 Europe/Vienna",
            "2027-03-05",
            "2027-03-02T14:00 UTC"
        ]
    );
    assert_eq!(found.items[0].stated.content.notes, "two\nlines");
    assert!(found.items[0].stated.content.private);
    assert_eq!(found.items[0].line, 2);
    assert_eq!(found.items[2].stated.content.notes, "=1+1");
    assert_eq!(reasons(&found), []);
    assert_eq!(
        found.remarks.said[0].words,
        "There is no column \"colour\": it was left out."
    );
}

#[test]
fn an_occurrence_that_does_not_say_whether_it_is_private_is_what_its_series_is() {
    for (said, differs) in [("", None), ("true", None), ("false", Some(false))] {
        let found = table(&format!(
            "uid,title,start,end,private,recurrence,original\n\
             u1,Physio,2027-03-01,2027-03-01,true,RRULE:FREQ=WEEKLY,\n\
             u1,Physio later,2027-03-09,2027-03-09,{said},,20270308\n",
        ));
        assert_eq!(reasons(&found), []);
        let series = made(&found.items[0]).unwrap().content;
        let exception = series.exceptions.get(at("20270308"));
        let Some(Exception::Changed(changes)) = exception else {
            panic!("{series:#?}");
        };
        assert_eq!(changes.private, differs, "{said:?}");
    }
}

#[test]
fn a_row_that_is_no_entry_says_why() {
    let head = "title,start,end,zone,status,attendees,recurrence,original,uid\n";
    for (row, reason) in [
        (",,,,,,,,", None),
        ("x,,,,,,,,", Some("start is empty")),
        (
            "x,02.03.2027,,,,,,,",
            Some(
                "start is a time such as 2027-03-02T14:00, or a day such as 2027-03-02 for whole days",
            ),
        ),
        ("x,2027-03-02T14:00,,,,,,,", Some("end is empty")),
        (
            "x,2027-03-02T14:00,2027-03-02,,,,,,",
            Some("start and end must both have a time, or both be dates"),
        ),
        (
            "x,2027-03-02,,Mars,,,,,",
            Some("unknown time zone \"Mars\": use an IANA name such as Europe/Berlin"),
        ),
        (
            "x,2027-03-02,,,done,,,,",
            Some("status is one of scheduled, tentative, completed, cancelled"),
        ),
        (
            "x,2027-03-02,,,,nobody,,,",
            Some("attendees: an e-mail address looks like name@example.com"),
        ),
        (
            "x,2027-03-02,,,,,RRULE:FREQ=DAILY,20270302,a",
            Some("a row of one occurrence cannot repeat"),
        ),
        (
            "x,2027-03-02,,,,,,20270302,",
            Some("an occurrence needs the uid of its series"),
        ),
    ] {
        let found = table(&format!("{head}{row}\n"));
        assert_eq!(
            reasons(&found),
            reason
                .map(|reason| (2, reason))
                .into_iter()
                .collect::<Vec<_>>(),
            "{row}"
        );
    }
    let read = |text: &str| csv::read(text.as_bytes(), &reader()).unwrap_err();
    assert_eq!(read("title,end\n"), Unreadable::NoColumn("start"));
    assert_eq!(read(""), Unreadable::NoColumn("title"));
    assert_eq!(
        read("title,start,title\n"),
        Unreadable::ColumnTwice("title".into())
    );
}

#[test]
fn what_a_table_has_no_column_for_is_left_as_it_is() {
    let found = table("uid,title,start,end\na,Pump,2027-03-02T14:00,2027-03-02T15:00\n");
    let stated = &found.items[0].stated;
    let mut series = stated.new_entry().apply(None, owner()).unwrap();
    let when = &series.content.timing.when;
    series.content.timing.recurrence = Recurrence::parse(&["RRULE:FREQ=DAILY"], when).unwrap().0;
    series.content.notes = "kept".into();
    series.content.set_occurrence(at("20270303T130000Z"), None);

    assert!(stated.is_true_of(&series));
    assert_eq!(
        stated.edit(&series).apply(Some(&series), owner()).unwrap(),
        series
    );
}
