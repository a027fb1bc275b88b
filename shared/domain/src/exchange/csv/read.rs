//! Reading rows: each is an entry, or an occurrence of one.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
};

use super::{
    ASSIGNEES, ATTENDEES, COLUMNS, END, END_ZONE, LOCATION, NOTES, ORIGINAL, PRIVATE, RECURRENCE,
    START, STATUS, TITLE, UID, UPDATED_AT, VERSION, WORK_ITEM_TYPE, ZONE, cell::unguarded,
};
use crate::{
    content::{Content, Field, Fields, Timing},
    entry::{EntryStatus, WorkItemType},
    event::Uid,
    exchange::{
        Contents, ENTRIES_MAX, Item, Overridden, PARTS_MAX, Reader, Stated, Unreadable, digits,
        is_blank,
    },
    member::EmailAddress,
    recurrence::Recurrence,
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, When, Zone},
};

type Reason = String;

/// Reads a file whose first row names the columns. Times that name no zone are the reader's.
pub fn read(bytes: &[u8], reader: &Reader) -> Result<Contents, Unreadable> {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotText)?;
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(bytes);
    let mut contents = Contents::default();
    let mut record = ByteRecord::new();
    let mut columns = None;
    let mut occurrences = Vec::new();
    let mut parts = 0;
    let mut lines = Lines {
        bytes,
        line: 1,
        at: 0,
    };
    // Reading memory fails only where it is no text, and it is.
    while rows
        .read_byte_record(&mut record)
        .is_ok_and(|is_there| is_there)
    {
        let line = lines.of(&record);
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(Columns::read(&record, line, &mut contents)?);
            continue;
        };
        parts += 1;
        if parts > PARTS_MAX {
            return Err(Unreadable::TooMany);
        }
        let row = Row {
            record: &record,
            columns,
        };
        match row.item(line, reader) {
            Ok(item) if item.original.is_some() => occurrences.push(item),
            Ok(item) => contents.items.push(item),
            Err(reason) => contents.refuse(line, &row.get(TITLE), reason),
        }
    }
    if columns.is_none() {
        return Err(Unreadable::NoColumn(TITLE));
    }
    join(&mut contents, occurrences);
    if contents.items.len() > ENTRIES_MAX {
        return Err(Unreadable::TooMany);
    }
    Ok(contents)
}

/// Spreadsheets of some languages put something else between cells than a comma.
fn delimiter(text: &str) -> u8 {
    let head = text.trim_start().lines().next().unwrap_or_default();
    let count = |byte: u8| head.bytes().filter(|one| *one == byte).count();
    let all = [b',', b';', b'\t'];
    all.into_iter()
        .rev()
        .max_by_key(|byte| count(*byte))
        .unwrap_or(b',')
}

/// Counts lines as far as it is asked; the reader counts a break of two characters late.
struct Lines<'a> {
    bytes: &'a [u8],
    line: usize,
    at: usize,
}

impl Lines<'_> {
    /// The line of the first cell that begins there or after.
    fn of(&mut self, record: &ByteRecord) -> usize {
        let begins = record.position().map_or(0, csv::Position::byte);
        let begins = usize::try_from(begins).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at >= begins && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += usize::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// Which cell of a row holds what.
struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    fn read(head: &ByteRecord, line: usize, contents: &mut Contents) -> Result<Self, Unreadable> {
        let mut known = BTreeMap::new();
        for (index, cell) in head.iter().enumerate() {
            let name = String::from_utf8_lossy(cell).trim().to_lowercase();
            // What a program calls the same.
            let name = if name == "id" { UID.to_owned() } else { name };
            match COLUMNS.into_iter().find(|column| *column == name) {
                Some(column) if known.insert(column, index).is_some() => {
                    return Err(Unreadable::ColumnTwice(name));
                }
                Some(_) => {}
                None if name.is_empty() => {}
                None => {
                    let words = format!("There is no column {name:.40?}: it was left out.");
                    contents.remarks.add(line, words);
                }
            }
        }
        for column in [TITLE, START] {
            if !known.contains_key(column) {
                return Err(Unreadable::NoColumn(column));
            }
        }
        known.remove(VERSION);
        known.remove(UPDATED_AT);
        Ok(Self(known))
    }
}

struct Row<'a> {
    record: &'a ByteRecord,
    columns: &'a Columns,
}

impl Row<'_> {
    fn has(&self, column: &str) -> bool {
        self.columns.0.contains_key(column)
    }

    /// A text as it was written.
    fn get(&self, column: &str) -> String {
        let cell = self
            .columns
            .0
            .get(column)
            .and_then(|index| self.record.get(*index));
        // The whole file is text.
        unguarded(&String::from_utf8_lossy(cell.unwrap_or_default()))
    }

    /// A word or number; absent where the cell is empty.
    fn word(&self, column: &str) -> Option<String> {
        let word = self.get(column).trim().to_owned();
        Some(word).filter(|word| !word.is_empty())
    }

    fn item(&self, line: usize, reader: &Reader) -> Result<Item, Reason> {
        let original = self
            .word(ORIGINAL)
            .map(|text| text.parse::<OriginalStart>());
        let original = original.transpose().map_err(|error| error.to_string())?;
        let when = self.when(reader)?;
        let lines = self.get(RECURRENCE);
        let lines: Vec<&str> = lines.split_whitespace().collect();
        let (recurrence, exceptions) =
            Recurrence::parse(&lines, &when).map_err(|error| error.to_string())?;
        if original.is_some() && !recurrence.is_none() {
            return Err("a row of one occurrence cannot repeat".to_owned());
        }
        let work_item_type = self.choice(WORK_ITEM_TYPE, &WorkItemType::ALL, WorkItemType::name)?;
        Ok(Item {
            line,
            uid: self.word(UID).map(Uid),
            original,
            stated: Stated {
                content: Content {
                    title: self.get(TITLE),
                    notes: self.get(NOTES),
                    location: self.get(LOCATION),
                    timing: Timing { when, recurrence },
                    private: self.flag()?.unwrap_or_default(),
                    exceptions,
                },
                fields: self.fields(),
                repetition: self.has(RECURRENCE),
                work_item_type,
                status: self.choice(STATUS, &EntryStatus::ALL, EntryStatus::name)?,
                attendees: self.list(ATTENDEES, EmailAddress::parse)?,
                assignees: self
                    .list(ASSIGNEES, str::parse)?
                    .filter(|list| !list.is_empty()),
                overridden: Overridden::new(),
            },
        })
    }

    fn fields(&self) -> Fields {
        let says = |field: &Field| match field {
            Field::Title => !is_blank(&self.get(TITLE)),
            Field::Notes => self.has(NOTES),
            Field::Location => self.has(LOCATION),
            Field::Timing => true,
            Field::Private => self.word(PRIVATE).is_some(),
        };
        Field::ALL.into_iter().filter(says).collect()
    }

    fn when(&self, reader: &Reader) -> Result<When, Reason> {
        let zone = |column| {
            let zone = self.word(column).map(|name| Zone::parse(&name));
            zone.transpose().map_err(|error| error.to_string())
        };
        let start_zone = zone(ZONE)?;
        let end_zone = zone(END_ZONE)?.or_else(|| start_zone.clone());
        let start = self.word(START).ok_or("start is empty")?;
        let start = moment(START, &start, start_zone, &reader.zone)?;
        let end = match (self.word(END), &start) {
            (Some(end), _) => moment(END, &end, end_zone, &reader.zone)?,
            (None, Moment::AllDay(_)) => start.clone(),
            (None, Moment::Timed(_)) => return Err("end is empty".to_owned()),
        };
        let end = match (&start, end) {
            // Meant as that one day.
            (Moment::AllDay(day), Moment::AllDay(end)) if day.date == end.date => {
                Moment::AllDay(DayOnly {
                    date: day.date.saturating_add(1.day()),
                })
            }
            (_, end) => end,
        };
        When::new(start, end).map_err(|error| error.to_string())
    }

    fn choice<T: Copy>(
        &self,
        column: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<Option<T>, Reason> {
        let Some(word) = self.word(column).map(|word| word.to_lowercase()) else {
            return Ok(None);
        };
        let found = all.iter().copied().find(|one| name(*one) == word);
        let names = || {
            all.iter()
                .map(|one| name(*one))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let wrong = || format!("{column} is one of {}", names());
        found.map(Some).ok_or_else(wrong)
    }

    fn flag(&self) -> Result<Option<bool>, Reason> {
        match self
            .word(PRIVATE)
            .map(|word| word.to_lowercase())
            .as_deref()
        {
            None => Ok(None),
            Some("true" | "yes" | "1") => Ok(Some(true)),
            Some("false" | "no" | "0") => Ok(Some(false)),
            Some(_) => Err("private is true or false".to_owned()),
        }
    }

    fn list<T, E: ToString>(
        &self,
        column: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, Reason> {
        if !self.has(column) {
            return Ok(None);
        }
        let words = self.get(column);
        let wrong = |error: E| format!("{column}: {}", error.to_string());
        let all = words
            .split_whitespace()
            .map(|word| parse(word).map_err(wrong));
        all.collect::<Result<_, _>>().map(Some)
    }
}

/// A day, a time of a zone, or one that says how far it is from UTC.
fn moment(column: &str, text: &str, zone: Option<Zone>, home: &Zone) -> Result<Moment, Reason> {
    let wrong = || {
        format!(
            "{column} is a time such as 2027-03-02T14:00, or a day such as 2027-03-02 for whole days"
        )
    };
    if text.len() == 10 && digits(text) == 8 {
        let date = Date::strptime("%Y-%m-%d", text).map_err(|_| wrong())?;
        return Ok(Moment::AllDay(DayOnly { date }));
    }
    let text = text.replacen(' ', "T", 1);
    let format = match text.len() {
        16 => "%Y-%m-%dT%H:%M",
        19 => "%Y-%m-%dT%H:%M:%S",
        _ => {
            let at: Timestamp = text.parse().map_err(|_| wrong())?;
            let utc = if text.ends_with('Z') {
                Zone::utc()
            } else {
                home.clone()
            };
            return Ok(Moment::Timed(LocalTime::at(at, zone.unwrap_or(utc))));
        }
    };
    let local = DateTime::strptime(format, &text).map_err(|_| wrong())?;
    let zone = zone.unwrap_or_else(|| home.clone());
    Ok(Moment::Timed(LocalTime::new(local, zone)))
}

/// Makes the rows of single occurrences part of their series, where it is in the file.
fn join(contents: &mut Contents, occurrences: Vec<Item>) {
    let mut series: BTreeMap<String, usize> = BTreeMap::new();
    let items = std::mem::take(&mut contents.items);
    for item in items {
        let uid = item.uid.as_ref().map(|uid| uid.0.clone());
        if let Some(index) = uid.as_ref().and_then(|uid| series.get(uid)) {
            let reason = format!("it has the uid of line {}", contents.items[*index].line);
            contents.refuse(item.line, item.title(), reason);
        } else {
            series.extend(uid.map(|uid| (uid, contents.items.len())));
            contents.items.push(item);
        }
    }
    for one in occurrences {
        let index = one.uid.as_ref().and_then(|uid| series.get(&uid.0));
        match index.map(|index| override_with(&mut contents.items[*index].stated, &one)) {
            None if one.uid.is_none() => {
                contents.refuse(
                    one.line,
                    one.title(),
                    "an occurrence needs the uid of its series",
                );
            }
            None => contents.items.push(one),
            Some(Ok(())) => {}
            Some(Err(reason)) => contents.refuse(one.line, one.title(), reason),
        }
    }
    contents.items.sort_by_key(|item| item.line);
    contents.refused.sort_by_key(|refused| refused.line);
}

fn override_with(series: &mut Stated, one: &Item) -> Result<(), Reason> {
    let at = one.original.ok_or("it names no occurrence")?;
    let mut content = one.stated.content.clone();
    if !one.stated.fields.contains(Field::Private) {
        content.private = series.content.private;
    }
    series.change(at, one.line, Some(content))
}
