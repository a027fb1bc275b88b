//! Entries as files that other programs read and write: iCalendar (RFC 5545) and CSV (RFC 4180).
//!
//! Reading and writing are each other's inverse: a file that was written of an entry says nothing new about it when it is
//! read, whatever the entry is (`tests`).

pub mod csv;
pub mod ics;
mod stated;

use jiff::civil::{Date, DateTime};

pub use stated::{Overridden, Stated};

use crate::{
    entry::Entry,
    event::Uid,
    id::{EntryId, MemberId},
    series::OriginalStart,
    time::Zone,
};

/// The largest file that is read or written. A function's request and answer hold 6 MB, in which a form's file is written
/// in base64, and twice so when it is confirmed.
pub const FILE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// The most entries of one file. So many are written well within the time that a request may take.
pub const ENTRIES_MAX: usize = 2_000;
/// The most components or rows that are looked at, with occurrences that differ and what is no entry.
pub const PARTS_MAX: usize = 20_000;
/// What is said about a file beside its entries; what is beyond is counted.
const REMARKS_MAX: usize = 50;

/// An entry to be written, under the name by which other calendars know it.
#[derive(Clone, Debug)]
pub struct Exported {
    pub uid: Uid,
    pub entry: Entry,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// In the order of the file.
    pub items: Vec<Item>,
    /// What was meant as an entry, and cannot be one.
    pub refused: Vec<Refused>,
    pub remarks: Remarks,
}

/// One entry, as a file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it begins.
    pub line: usize,
    /// Absent where the file gives it none: then it is known by what it says.
    pub uid: Option<Uid>,
    /// Only this occurrence of a series that is not in the file.
    pub original: Option<OriginalStart>,
    pub stated: Stated,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub line: usize,
    pub title: String,
    pub reason: String,
}

/// What is left out of a file without being refused: tasks, unknown columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    pub said: Vec<Remark>,
    /// How many more there would be.
    pub unsaid: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub line: usize,
    pub words: String,
}

/// Why nothing of a file is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("The file is not text in UTF-8. Save it as UTF-8 and send it again.")]
    NotText,
    #[error("The file is no calendar: it has no BEGIN:VCALENDAR.")]
    NoCalendar,
    #[error(
        "The file answers or cancels an invitation (METHOD:{0}); there is nothing in it to be taken over."
    )]
    Answer(String),
    #[error("The first line has no column {0:?}. The columns are: {columns}.", columns = csv::COLUMNS.join(", "))]
    NoColumn(&'static str),
    #[error("The column {0:?} stands twice.")]
    ColumnTwice(String),
    #[error(
        "The file has more than {ENTRIES_MAX} entries. Divide it, and send the parts one after the other."
    )]
    TooMany,
}

impl Remarks {
    fn add(&mut self, line: usize, words: impl Into<String>) {
        if self.said.len() < REMARKS_MAX {
            let words = words.into();
            self.said.push(Remark { line, words });
        } else {
            self.unsaid += 1;
        }
    }
}

impl Contents {
    fn refuse(&mut self, line: usize, title: &str, reason: impl Into<String>) {
        self.refused.push(Refused {
            line,
            title: title.chars().take(80).collect(),
            reason: reason.into(),
        });
    }
}

const OURS: &str = "@kalends";

/// What other calendars know an entry by that was never theirs.
pub fn uid_of(entry: EntryId) -> Uid {
    Uid(format!("{entry}{OURS}"))
}

/// The entry that [`uid_of`] named, if it was that.
pub fn entry_of(uid: &Uid) -> Option<EntryId> {
    uid.0.strip_suffix(OURS).unwrap_or(&uid.0).parse().ok()
}

impl Item {
    /// What the same entry is called in every file: who imports it twice means one entry. Where the file has no name for
    /// it, two people who are told the same have an entry each.
    pub fn name(&self, importer: MemberId) -> String {
        match (&self.uid, self.original) {
            (Some(uid), None) => format!("uid|{}", uid.0),
            (Some(uid), Some(at)) => format!("uid|{}|{at}", uid.0),
            (None, _) => {
                let mut whose = self.stated.assignees.clone().unwrap_or(vec![importer]);
                whose.sort();
                whose.dedup();
                let whose: Vec<String> = whose.iter().map(ToString::to_string).collect();
                format!("content|{}|{}", whose.join(" "), self.stated.words())
            }
        }
    }

    pub fn title(&self) -> &str {
        &self.stated.content.title
    }
}

/// Where times are read that name no zone.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The zone of whoever reads the file.
    pub zone: Zone,
}

/// A text as every format and program keeps it: one kind of line break, and nothing that cannot be seen.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_kept = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    text.chars().filter(is_kept).collect()
}

/// Whether there is anything in it that can be seen.
fn is_blank(text: &str) -> bool {
    plain(text).trim().is_empty()
}

/// Digits only: the parser alone would take signs, spaces and short years.
fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn compact_date(text: &str) -> Option<Date> {
    let fits = text.len() == 8 && digits(text) == 8;
    fits.then(|| Date::strptime("%Y%m%d", text).ok()).flatten()
}

fn compact_time(text: &str) -> Option<DateTime> {
    let fits = text.len() == 15 && digits(text) == 14;
    fits.then(|| DateTime::strptime("%Y%m%dT%H%M%S", text).ok())
        .flatten()
}

#[cfg(test)]
mod tests;
