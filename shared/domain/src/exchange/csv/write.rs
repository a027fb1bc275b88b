//! Writing rows.

use super::{COLUMNS, cell::guarded};
use crate::{
    content::Content,
    entry::Entry,
    exchange::{Exported, stated::is_second_pass},
    series::{Exception, OriginalStart},
    time::{LocalTime, When},
};

/// What each row is.
#[derive(Clone, Debug)]
pub enum Rows {
    /// An entry, and after a series each occurrence that differs from it.
    Entries(Vec<Exported>),
    /// One occurrence of an entry.
    Occurrences(Vec<(Exported, Option<OriginalStart>, Content)>),
}

/// A file with these rows.
pub fn write(rows: &Rows) -> String {
    let mut file = String::new();
    row(&mut file, &COLUMNS);
    match rows {
        Rows::Entries(entries) => {
            for Exported { uid, entry } in entries {
                let content = &entry.content;
                row(&mut file, &cells(&uid.0, entry, None, content));
                for (at, exception) in content.exceptions.iter() {
                    if let (Exception::Changed(_), Some(one)) = (exception, content.occurrence(at))
                    {
                        row(&mut file, &cells(&uid.0, entry, Some(at), &one));
                    }
                }
            }
        }
        Rows::Occurrences(occurrences) => {
            for (Exported { uid, entry }, original, content) in occurrences {
                row(&mut file, &cells(&uid.0, entry, *original, content));
            }
        }
    }
    file
}

/// Adds a row to a file.
pub fn row(file: &mut String, cells: &[impl AsRef<str>]) {
    for (index, cell) in cells.iter().enumerate() {
        let cell = guarded(cell.as_ref());
        if index > 0 {
            file.push(',');
        }
        if cell.contains([',', '"', '\r', '\n', ';', '\t']) {
            let doubled = cell.replace('"', "\"\"");
            file.extend(["\"", &doubled, "\""]);
        } else {
            file.push_str(&cell);
        }
    }
    file.push_str("\r\n");
}

fn cells(
    uid: &str,
    entry: &Entry,
    original: Option<OriginalStart>,
    content: &Content,
) -> [String; COLUMNS.len()] {
    let (start, end, zone, end_zone) = match &content.timing.when {
        When::AllDay { start, end } => (
            start.to_string(),
            end.to_string(),
            String::new(),
            String::new(),
        ),
        When::Timed { start, end } => {
            let end_zone = Some(&end.zone).filter(|zone| **zone != start.zone);
            let end_zone = end_zone.map_or_else(String::new, ToString::to_string);
            (time(start), time(end), start.zone.to_string(), end_zone)
        }
    };
    let spaced = |words: Vec<String>| words.join(" ");
    [
        uid.to_owned(),
        original.map_or_else(String::new, |at| at.to_string()),
        content.title.clone(),
        start,
        end,
        zone,
        end_zone,
        content.recurrence_lines().join("\n"),
        content.location.clone(),
        content.notes.clone(),
        entry.work_item_type.name().to_owned(),
        entry.status.name().to_owned(),
        content.private.to_string(),
        spaced(entry.assignees.iter().map(ToString::to_string).collect()),
        spaced(
            entry
                .attendees
                .iter()
                .map(|one| one.as_str().to_owned())
                .collect(),
        ),
        entry.version.to_string(),
        entry.updated_at.to_string(),
    ]
}

/// The second pass of a repeated hour is told from the first by its offset.
fn time(time: &LocalTime) -> String {
    let local = time.local.strftime("%Y-%m-%dT%H:%M:%S");
    if is_second_pass(time) {
        format!("{local}{}", time.zoned().strftime("%:z"))
    } else {
        local.to_string()
    }
}
