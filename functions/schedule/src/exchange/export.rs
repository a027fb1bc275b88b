//! A member's entries in a span of time, as a file.

use std::collections::HashMap;

use axum::http::StatusCode;
use domain::{
    access::Access,
    entry::Entry,
    event::Uid,
    exchange::{
        ENTRIES_MAX, Exported, FILE_BYTES_MAX,
        csv::{self, Rows},
        ics, uid_of,
    },
    id::{EntryId, MemberId},
    integration::File,
    link::Origin,
    series::Occurrences,
    time::Zone,
};
use jiff::Timestamp;
use serde_json::json;
use shared::{
    app::App,
    problem::Problem,
    store::TenantStore,
    web::{CALENDAR, Session, TABLE},
};

use super::{Format, finished};
use crate::{
    access::{may, shown_to},
    list,
};

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) format: Format,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) assignee: MemberId,
    /// Whole days are days of this zone.
    pub(crate) zone: Zone,
    /// A series as its occurrences.
    pub(crate) expand: bool,
    /// Begins with the mark by which old spreadsheets know the encoding.
    pub(crate) bom: bool,
}

pub(crate) struct ExportedFile {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

pub(crate) async fn export(
    app: &App,
    session: &Session,
    asked: &Asked,
) -> Result<ExportedFile, Problem> {
    let store = app.store.tenant(session);
    if asked.assignee != session.member && store.member(asked.assignee).await?.is_none() {
        return Err(Problem::not_found("member"));
    }
    let listed = store.agenda(asked.assignee, asked.from, asked.to).await?;
    if listed.cut {
        return Err(too_much());
    }
    let mut entries = listed.entries;
    // Of somebody else's private entry there is nothing to take along.
    entries.retain(|entry| may(session, entry) != Access::Busy && asked.holds(entry));
    let uids = uids(&store, asked.assignee, &entries).await?;
    let exported = entries.into_iter().map(|entry| Exported {
        uid: uids
            .get(&entry.id)
            .cloned()
            .unwrap_or_else(|| uid_of(entry.id)),
        entry: shown_to(session, entry),
    });
    let exported: Vec<Exported> = exported.collect();
    let count = exported.len();
    let text = asked.file_of(exported)?;
    let what = json!({
        "format": asked.format.name(), "entries": count, "from": asked.from, "to": asked.to,
    });
    let file = File::Exported {
        entries: u32::try_from(count).unwrap_or(u32::MAX),
    };
    finished(app, session, &file, asked.assignee, what).await?;
    let day = |at: Timestamp| at.to_zoned(asked.zone.time_zone()).date();
    Ok(ExportedFile {
        name: format!(
            "schedule-{}-{}.{}",
            day(asked.from),
            day(asked.to),
            asked.format.name()
        ),
        kind: match asked.format {
            Format::Ics => CALENDAR,
            Format::Csv => TABLE,
        },
        text,
    })
}

impl Asked {
    fn holds(&self, entry: &Entry) -> bool {
        let found = entry.content.occurrences(self.from, self.to, &self.zone, 1);
        !found.found.is_empty() || found.cut
    }

    /// A file is whole, or it is not written.
    fn file_of(&self, exported: Vec<Exported>) -> Result<String, Problem> {
        if exported.len() > ENTRIES_MAX {
            return Err(too_much());
        }
        let text = match (self.format, self.expand) {
            (Format::Ics, _) => ics::write(&exported),
            (Format::Csv, false) => csv::write(&Rows::Entries(exported)),
            (Format::Csv, true) => csv::write(&self.occurrences(exported)?),
        };
        let text = if self.bom {
            format!("\u{FEFF}{text}")
        } else {
            text
        };
        if text.len() > FILE_BYTES_MAX {
            return Err(too_much());
        }
        Ok(text)
    }

    fn occurrences(&self, exported: Vec<Exported>) -> Result<Rows, Problem> {
        let mut rows = Vec::new();
        for one in exported {
            let Occurrences { found, cut } = one.entry.content.occurrences(
                self.from,
                self.to,
                &self.zone,
                list::OCCURRENCES_MAX,
            );
            if cut || rows.len() + found.len() > ENTRIES_MAX {
                return Err(too_much());
            }
            let row = |occurrence: domain::series::Occurrence| {
                (one.clone(), occurrence.original, occurrence.content)
            };
            rows.extend(found.into_iter().map(row));
        }
        rows.sort_by_key(|(_, _, content)| content.timing.when.bounds(&self.zone));
        Ok(Rows::Occurrences(rows))
    }
}

/// What calendars know an entry by that came from one of them.
async fn uids(
    store: &TenantStore,
    assignee: MemberId,
    entries: &[Entry],
) -> Result<HashMap<EntryId, Uid>, Problem> {
    let came = entries.iter().filter(|entry| entry.origin == Origin::Event);
    let came: Vec<EntryId> = came.map(|entry| entry.id).collect();
    let mut uids = HashMap::new();
    if came.is_empty() {
        return Ok(uids);
    }
    for row in store.connections_of(assignee).await? {
        let links = store.links_of_entries(&came, row.connection.id).await?;
        let known = links
            .into_iter()
            // A copy in another account of theirs has a name of its own there.
            .filter(|link| link.origin == Origin::Event)
            .filter_map(|link| Some((link.entry, link.uid?)));
        uids.extend(known);
    }
    Ok(uids)
}

pub(crate) fn too_much() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_much",
        format!(
            "There is more in this span than one file can hold: {ENTRIES_MAX} entries, or {} MB. Ask for a shorter one.",
            FILE_BYTES_MAX / 1024 / 1024
        ),
    )
}
