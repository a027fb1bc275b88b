//! What is written is read as it was, whatever it is.

mod files;
mod zones;

use jiff::{
    Timestamp, ToSpan,
    civil::{DateTime, date},
};
use proptest::prelude::*;

use super::{
    csv::{self, Rows},
    ics, *,
};
use crate::{
    content::{Content, Timing},
    entry::{Draft, EntryStatus, WorkItemType},
    id::{MemberId, TenantId},
    link::Origin,
    member::EmailAddress,
    recurrence::Recurrence,
    series::Exceptions,
    time::{LocalTime, When},
};

fn reader() -> Reader {
    Reader {
        zone: Zone::parse("Europe/Berlin").unwrap(),
    }
}

fn owner() -> MemberId {
    MemberId::from_parts(1, 7)
}

/// Texts with everything that means something to either format, and anything else.
fn text() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(vec![
        "",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\\",
        "\\n",
        ";",
        ",",
        ":",
        "\"",
        "'",
        "''=",
        "=1+1",
        "+49 30",
        "-",
        "@sum",
        "BEGIN:VEVENT",
        "END:VCALENDAR",
        "\u{FEFF}",
        "ä",
        "\u{1F4C5}",
        "\u{2028}",
        " ",
        "\u{0}",
        "\u{85}",
        "＝",
        "\n=1+1",
        ";\"=cmd|'/C calc'!A0;",
        "\t+",
        "\n- ",
    ]);
    let part = prop_oneof![
        3 => awkward.prop_map(str::to_owned),
        2 => "[a-z]{1,60}",
        1 => any::<String>(),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn zone() -> impl Strategy<Value = Zone> {
    let names = [
        "Europe/Berlin",
        "UTC",
        "Etc/UTC",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Santiago",
        "Pacific/Apia",
        "Europe/Dublin",
        "Africa/Cairo",
    ];
    prop::sample::select(names.to_vec()).prop_map(|name| Zone::parse(name).unwrap())
}

/// Half of them in the nights in which Berlin changes its clock.
fn time(zone: Zone) -> impl Strategy<Value = LocalTime> {
    let any_day = (1950_i16..2150, 1_i8..=12, 1_i8..=28, 0_i8..24, 0_i8..60);
    let any_day = any_day
        .prop_map(|(year, month, day, hour, minute)| date(year, month, day).at(hour, minute, 0, 0));
    let changed = prop::sample::select(vec![date(2026, 10, 25), date(2027, 3, 28)]);
    let changed =
        (changed, 0_i8..4, 0_i8..60).prop_map(|(day, hour, minute)| day.at(hour, minute, 30, 0));
    (prop_oneof![any_day, changed], any::<bool>()).prop_map(
        move |(local, fold): (DateTime, bool)| {
            let time = LocalTime::new(local, zone.clone());
            LocalTime { fold, ..time }
        },
    )
}

fn when() -> impl Strategy<Value = When> {
    let timed = (zone(), zone(), any::<bool>())
        .prop_flat_map(|(zone, other, apart)| {
            (time(zone), Just(other), Just(apart), 0_i64..100_000)
        })
        .prop_map(|(start, other, apart, minutes)| {
            let ends = start.instant() + jiff::SignedDuration::from_mins(minutes);
            let zone = if apart { other } else { start.zone.clone() };
            let end = LocalTime::at(ends, zone);
            When::Timed { start, end }
        });
    let days = (0_i64..40_000, 1_i64..20).prop_map(|(day, days)| {
        let start = date(1990, 1, 1) + day.days();
        When::AllDay {
            start,
            end: start + days.days(),
        }
    });
    prop_oneof![3 => timed, 1 => days]
}

const RULES: [&str; 7] = [
    "",
    "RRULE:FREQ=DAILY;COUNT=9",
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "RRULE:FREQ=DAILY;UNTIL=21990101T000000Z",
    "RRULE:FREQ=WEEKLY",
];

fn content() -> impl Strategy<Value = Content> {
    let changed = (0_usize..6, 0..3_u8, text(), -90_i64..90);
    let texts = (text(), text(), text(), any::<bool>());
    let rule = (prop::sample::select(RULES.to_vec()), any::<bool>());
    (texts, when(), rule, prop::collection::vec(changed, 0..4)).prop_map(
        |((title, notes, location, private), when, (rule, dates), changed)| {
            let mut lines = vec![rule.to_owned()];
            lines.extend((dates && !rule.is_empty()).then(|| match &when {
                When::AllDay { .. } => "RDATE;VALUE=DATE:20510305,20520607".to_owned(),
                When::Timed { start, .. } => format!("RDATE;TZID={}:20510305T101500", start.zone),
            }));
            // A series cannot start where its clock shows a time twice.
            let (recurrence, _) = Recurrence::parse(&lines, &when).unwrap_or_default();
            let mut content = Content {
                title,
                notes,
                location,
                private,
                timing: Timing { when, recurrence },
                exceptions: Exceptions::default(),
            };
            for (which, what, words, minutes) in changed {
                change(&mut content, which, what, &words, minutes);
            }
            content
        },
    )
}

/// Makes one of the next occurrences differ.
fn change(content: &mut Content, which: usize, what: u8, words: &str, minutes: i64) {
    let (from, to) = (content.timing.when.widest_bounds().0, Timestamp::MAX);
    let found = if content.repeats() {
        let to = from
            .checked_add(jiff::SignedDuration::from_hours(24 * 800))
            .unwrap_or(to);
        content.occurrences(from, to, &Zone::utc(), 8).found
    } else {
        Vec::new()
    };
    let plain = found
        .into_iter()
        .nth(which)
        .and_then(|one| Some((one.original?, one.content)));
    let Some((at, mut occurrence)) = plain else {
        return;
    };
    // iCalendar's EXDATE has no word for the second pass of an hour, nor has the rule.
    let is_said = at
        .moment(&content.timing.when)
        .is_some_and(|moment| match moment {
            crate::time::Moment::Timed(time) => !time.fold,
            crate::time::Moment::AllDay(_) => true,
        });
    if !is_said {
        return;
    }
    if what == 0 {
        content.set_occurrence(at, None);
        return;
    }
    words.clone_into(&mut occurrence.notes);
    if what == 2
        && let When::Timed { start, .. } = &occurrence.timing.when
    {
        let moved = start.instant() + jiff::SignedDuration::from_mins(minutes);
        let moved = crate::time::Moment::Timed(LocalTime::at(moved, start.zone.clone()));
        occurrence.timing.when = occurrence.timing.when.moved_to(&moved);
        occurrence.title = words.chars().rev().collect();
    }
    if is_blank(&occurrence.title) {
        occurrence.title.clone_from(&content.title);
    }
    content.set_occurrence(at, Some(&occurrence));
}

fn exported() -> impl Strategy<Value = Exported> {
    let kinds = (
        prop::sample::select(WorkItemType::ALL.to_vec()),
        prop::sample::select(EntryStatus::ALL.to_vec()),
    );
    let attendees = prop::collection::vec("[a-z;,=+]{1,8}@[a-z]{1,5}[.]org", 0..3);
    (content(), kinds, attendees, any::<u64>()).prop_map(
        |(content, (kind, status), attendees, id)| {
            let id = EntryId::from_parts(1, u128::from(id));
            let draft = Draft {
                content,
                work_item_type: kind,
                status,
                assignees: vec![owner(), MemberId::from_parts(2, 2)],
                attendees: attendees
                    .iter()
                    .map(|one| EmailAddress::parse(one).unwrap())
                    .collect(),
            };
            let mut entry = draft.into_entry(id, TenantId::from_parts(1, 1), Timestamp::UNIX_EPOCH);
            entry.origin = Origin::Entry;
            Exported {
                uid: uid_of(id),
                entry,
            }
        },
    )
}

/// The one item of a file, of which everything could be read.
fn only(contents: Contents) -> Item {
    assert_eq!(
        (&contents.refused, &contents.remarks),
        (&Vec::new(), &Remarks::default())
    );
    assert_eq!(contents.items.len(), 1, "{:#?}", contents.items);
    contents.items.into_iter().next().unwrap()
}

fn through_ics(exported: &Exported) -> Item {
    let file = ics::write(std::slice::from_ref(exported));
    assert!(
        file.split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains(['\r', '\n']))
    );
    only(ics::read(file.as_bytes(), &reader()).unwrap())
}

fn through_csv(exported: &Exported) -> Item {
    let file = csv::write(&Rows::Entries(vec![exported.clone()]));
    only(csv::read(file.as_bytes(), &reader()).unwrap())
}

/// What a new entry would be that is made of the item.
fn made(item: &Item) -> Option<Draft> {
    item.stated.new_entry().apply(None, owner()).ok()
}

fn says_nothing_new(item: &Item, exported: &Exported) {
    assert_eq!(item.uid.as_ref(), Some(&exported.uid));
    assert_eq!(entry_of(&exported.uid), Some(exported.entry.id));
    let draft = exported.entry.draft();
    assert!(
        item.stated.is_true_of(&draft),
        "{:#?}\n{draft:#?}",
        item.stated
    );
    let made = made(item);
    if !is_blank(&draft.content.title) {
        let made = made.unwrap_or_else(|| panic!("{:#?}", item.stated));
        assert!(item.stated.is_true_of(&Draft {
            assignees: draft.assignees,
            ..made
        }));
    }
}

proptest! {
    #[test]
    fn a_calendar_says_nothing_new_of_what_it_was_written_of(exported in exported()) {
        says_nothing_new(&through_ics(&exported), &exported);
    }

    #[test]
    fn a_table_says_nothing_new_of_what_it_was_written_of(exported in exported()) {
        says_nothing_new(&through_csv(&exported), &exported);
    }

    /// Or else the laws above would hold of anything.
    #[test]
    fn what_differs_is_seen(exported in exported(), which in 0..7_u8) {
        let mut other = exported.entry.draft();
        match which {
            0 => other.content.title.push('!'),
            1 => other.content.notes.push('!'),
            2 => other.content.location.push('!'),
            3 => other.content.private ^= true,
            4 => other.status = if other.status == EntryStatus::Tentative { EntryStatus::Scheduled } else { EntryStatus::Tentative },
            5 => other.attendees.push(EmailAddress::parse("new@example.org").unwrap()),
            _ => {
                let (start, _) = other.content.timing.when.moments();
                let later = match start {
                    crate::time::Moment::Timed(time) => crate::time::Moment::Timed(LocalTime::at(time.instant() + jiff::SignedDuration::from_hours(25), time.zone)),
                    crate::time::Moment::AllDay(day) => crate::time::Moment::AllDay(crate::time::DayOnly { date: day.date + 1.day() }),
                };
                other.content.timing.when = other.content.timing.when.moved_to(&later);
            }
        }
        let is_untitled = is_blank(&exported.entry.content.title);
        for item in [through_ics(&exported), through_csv(&exported)] {
            prop_assert!(item.stated.is_true_of(&other) == (which == 0 && is_untitled), "{:#?}\n{:#?}", item, other);
        }
    }

    /// Wherever a spreadsheet parts cells, and whether or not it heeds quotes where it does.
    #[test]
    fn no_cell_begins_like_a_formula(exported in exported()) {
        let file = csv::write(&Rows::Entries(vec![exported]));
        for (delimiter, quoting) in [(b',', true), (b';', true), (b';', false), (b'\t', true), (b'\t', false)] {
            let mut reader = ::csv::ReaderBuilder::new();
            reader.delimiter(delimiter).quoting(quoting).flexible(true);
            for row in reader.from_reader(file.as_bytes()).byte_records() {
                for cell in &row.unwrap() {
                    let cell = String::from_utf8_lossy(cell);
                    let bare = cell.trim_start_matches(|letter: char| letter == '"' || letter.is_whitespace());
                    prop_assert!(!bare.starts_with(['=', '+', '-', '@', '＝']), "{cell:?}");
                }
            }
        }
    }

    /// A spreadsheet from which columns were taken.
    #[test]
    fn a_table_says_nothing_of_what_it_has_no_column_for(
        exported in exported(),
        left_out in prop::sample::subsequence(vec!["notes", "location", "private"], 1..=3),
    ) {
        let file = csv::write(&Rows::Entries(vec![exported.clone()]));
        let mut written = ::csv::Reader::from_reader(file.as_bytes());
        let columns = written.headers().unwrap().clone();
        let mut table = ::csv::Writer::from_writer(Vec::new());
        let rows = written.records().map(Result::unwrap);
        for row in [columns.clone()].into_iter().chain(rows) {
            let cells = columns.iter().zip(&row);
            table.write_record(cells.filter(|(column, _)| !left_out.contains(column)).map(|(_, cell)| cell)).unwrap();
        }
        let item = only(csv::read(&table.into_inner().unwrap(), &reader()).unwrap());
        let draft = exported.entry.draft();

        prop_assert!(item.stated.is_true_of(&draft), "{:#?}", item.stated);
        if let Ok(after) = item.stated.edit(&draft).apply(Some(&draft), owner()) {
            prop_assert!(through_csv(&exported).stated.is_true_of(&after), "{after:#?}");
        }
    }
}
