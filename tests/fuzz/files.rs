//! Files that people import.

use domain::{
    entry::Draft,
    exchange::{Contents, Exported, Item, PARTS_MAX, Reader, Unreadable, csv, ics, uid_of},
    id::{EntryId, MemberId, TenantId},
    time::Zone,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{
    alone::{alone, check, peak_of},
    edits::{bytes, edited_text, edits},
};

const CALENDARS: [&str; 3] = [
    include_str!("../../shared/domain/src/exchange/tests/google.ics"),
    include_str!("../../shared/domain/src/exchange/tests/outlook.ics"),
    include_str!("../../shared/domain/src/exchange/tests/apple.ics"),
];
const TABLE: &str = "uid,original,title,start,end,zone,end_zone,recurrence,location,notes,work_item_type,status,private,assignees,attendees\r\n\
    a,,Round,2027-03-01T08:00:00,2027-03-01T09:00:00,Europe/Berlin,,\"RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20270315T080000\",Yard,'=1+1,booking,scheduled,false,,mia@northwind.test\r\n\
    a,20270308T070000Z,Late round,2027-03-08T10:00:00,2027-03-08T11:00:00,Europe/Berlin,,,Yard,,booking,scheduled,true,,\r\n\
    ,,Fair,2027-05-01,2027-05-03,,,,,\"two\nlines\",time_off,tentative,,,\r\n";

/// How much more may be held than was sent, beside what is said of as many parts as are looked at.
const TIMES_THE_FILE: usize = 24;
const BESIDE: usize = PARTS_MAX * 400;

type Read = fn(&[u8], &Reader) -> Result<Contents, Unreadable>;

fn reader() -> Reader {
    Reader {
        zone: Zone::parse("Europe/Berlin").unwrap(),
    }
}

/// What was read is an entry or says why not; as an entry it is written and read again, and says nothing new.
fn is_usable(read: Read, write: fn(Exported) -> String, file: &[u8]) {
    let Ok(contents) = read(file, &reader()) else {
        return;
    };
    assert!(contents.refused.iter().all(|one| !one.reason.is_empty()));
    for item in &contents.items {
        let owner = MemberId::from_parts(1, 1);
        if let Ok(draft) = item.stated.new_entry().apply(None, owner) {
            stays_itself(read, write, item, &draft);
        }
    }
}

fn stays_itself(read: Read, write: fn(Exported) -> String, item: &Item, draft: &Draft) {
    // What the series does not have is not taken.
    assert!(item.stated.is_true_of(draft) || !item.stated.strays().is_empty());
    let id = EntryId::from_parts(1, 1);
    let entry = draft
        .clone()
        .into_entry(id, TenantId::from_parts(1, 1), Timestamp::UNIX_EPOCH);
    let file = write(Exported {
        uid: uid_of(id),
        entry,
    });
    let again = read(file.as_bytes(), &reader()).unwrap();
    assert_eq!(again.refused, []);
    assert!(
        again.items[0].stated.is_true_of(draft),
        "{draft:#?}\n{file}"
    );
}

fn calendar(exported: Exported) -> String {
    ics::write(&[exported])
}

fn table(exported: Exported) -> String {
    csv::write(&csv::Rows::Entries(vec![exported]))
}

fn edited_calendars() -> impl Strategy<Value = String> {
    let sample = prop::sample::select(CALENDARS.to_vec());
    (sample, edits(), any::<bool>()).prop_map(|(sample, edits, is_dos)| {
        let text = edited_text(sample, &edits);
        if is_dos {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

#[test]
fn any_bytes_are_a_file_or_none() {
    check(bytes(), |bytes| {
        is_usable(ics::read, calendar, &bytes);
        is_usable(csv::read, table, &bytes);
        let within = [b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n".as_slice(), &bytes].concat();
        is_usable(ics::read, calendar, &within);
        Ok(())
    });
}

#[test]
fn an_edited_calendar_is_read_or_refused() {
    check(edited_calendars(), |text| {
        is_usable(ics::read, calendar, text.as_bytes());
        Ok(())
    });
}

#[test]
fn an_edited_table_is_read_or_refused() {
    check(edits(), |edits| {
        is_usable(csv::read, table, edited_text(TABLE, &edits).as_bytes());
        Ok(())
    });
}

#[test]
fn no_file_makes_its_reader_hold_much_more_than_it_was_sent() {
    let _alone = alone();
    let event = "BEGIN:VEVENT\nDTSTART:20270302T130000Z\nEND:VEVENT\n";
    let within = |text: String| format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR\n");
    let in_event = |text: String| within(format!("BEGIN:VEVENT\n{text}END:VEVENT\n"));
    let files = [
        within("BEGIN:VEVENT\nEND:VEVENT\n".repeat(PARTS_MAX / 2)),
        within(event.repeat(1_999)),
        within("BEGIN:VTIMEZONE\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n".repeat(5_000)),
        in_event("UID:\n".repeat(200_000)),
        in_event("RDATE:\n".repeat(200_000)),
        in_event("X:\n".repeat(200_000)),
        "BEGIN:X\n".repeat(15_000),
        in_event(format!(
            "DTSTART:20270302T130000Z\nRRULE:FREQ=DAILY\nEXDATE:{}\n",
            "20270303T130000Z,".repeat(60_000)
        )),
        in_event(format!(
            "DTSTART:20270302T130000Z\nSUMMARY:{}\n",
            "\\n".repeat(500_000)
        )),
        in_event(format!("SUMMARY:x\n{}", " y\n".repeat(300_000))),
        "no properties\n".repeat(70_000),
    ];
    for file in files {
        is_within_bounds(ics::read, &file);
    }
    let tables = [
        format!("title,start\n{}", ",x\n".repeat(PARTS_MAX - 1)),
        format!("title,start\n{}", ",2027-03-02\n".repeat(1_999)),
        format!("title,start{}\n", ",x".repeat(100_000)),
        format!("title,start\n\"{}", "\"\"".repeat(400_000)),
    ];
    for file in tables {
        is_within_bounds(csv::read, &file);
    }
}

fn is_within_bounds(read: Read, file: &str) {
    let peak = peak_of(|| read(file.as_bytes(), &reader()));
    assert!(
        peak <= file.len() * TIMES_THE_FILE + BESIDE,
        "{peak} bytes for a file of {}: {:.60?}",
        file.len(),
        file
    );
}
