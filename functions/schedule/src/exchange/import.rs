//! A file's entries, made part of the schedule.

use axum::http::StatusCode;
use domain::{
    exchange::{Contents, Item, Reader, Refused, Remark, Unreadable, csv, ics},
    id::EntryId,
    integration::File,
    sync::brake::OVERWRITES_MAX,
    time::Zone,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use shared::{app::App, problem::Problem, web::Session};

use super::{
    Format, finished,
    plan::{Plan, plan},
    write::{self, Written},
};

/// How a file is to be imported.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// Only says what would be done.
    pub(crate) dry_run: bool,
    pub(crate) update_existing: bool,
    pub(crate) all_or_nothing: bool,
    /// Of times that name no zone.
    pub(crate) zone: Zone,
}

/// What an import did, or would do.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub(crate) struct Report {
    /// Whether anything was written that was to be: not on a dry run, and not where one of all was refused.
    pub(crate) written: bool,
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) unchanged: usize,
    pub(crate) refused: usize,
    /// In the order of the file.
    pub(crate) items: Vec<Part>,
    /// What else there is to say, such as what was left out.
    pub(crate) remarks: Vec<Said>,
    /// How many more remarks there would be.
    pub(crate) more_remarks: usize,
}

/// What becomes of one part of the file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportedItem")]
pub(crate) struct Part {
    pub(crate) line: usize,
    pub(crate) title: String,
    pub(crate) outcome: Outcome,
    /// Absent where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entry: Option<EntryId>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ImportOutcome")]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Refused,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportRemark")]
pub(crate) struct Said {
    /// Absent where it is of the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    pub(crate) words: String,
}

impl Part {
    pub(super) fn new(
        item: &Item,
        outcome: Outcome,
        entry: Option<EntryId>,
        reason: Option<String>,
    ) -> Self {
        Self {
            line: item.line,
            title: item.title().chars().take(80).collect(),
            outcome,
            entry,
            reason,
        }
    }

    pub(super) fn refused(refused: &Refused) -> Self {
        let mut letters = refused.reason.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        Self {
            line: refused.line,
            title: refused.title.clone(),
            outcome: Outcome::Refused,
            entry: None,
            reason: Some(first.unwrap_or_default() + letters.as_str()),
        }
    }
}

pub(crate) async fn import(
    app: &App,
    session: &Session,
    (format, bytes): (Format, &[u8]),
    wishes: &Wishes,
) -> Result<Report, Problem> {
    let zone = wishes.zone.clone();
    let reader = Reader { zone };
    let contents = match format {
        Format::Ics => ics::read(bytes, &reader),
        Format::Csv => csv::read(bytes, &reader),
    };
    let contents = contents.map_err(|error| unreadable(&error))?;
    let mut plan = plan(app, session, &contents, wishes.update_existing).await?;
    let is_refused = |line: &Part| line.outcome == Outcome::Refused;
    let held_up = wishes.all_or_nothing && plan.lines.iter().any(is_refused);
    let write = !(wishes.dry_run || held_up);
    let mut written = write;
    if write {
        let done = write::write(app, session, &mut plan, format, wishes.all_or_nothing).await?;
        written = done == Written::Stands;
    }
    let report = Report::new(written, plan, contents);
    if write {
        let what = json!({
            "format": format.name(), "created": report.created, "updated": report.updated,
            "unchanged": report.unchanged, "refused": report.refused, "written": written,
        });
        let count = if written {
            report.created + report.updated
        } else {
            0
        };
        let file = File::Imported {
            written: u32::try_from(count).unwrap_or(u32::MAX),
            refused: u32::try_from(report.refused).unwrap_or(u32::MAX),
        };
        finished(app, session, &file, session.member, what).await?;
    }
    Ok(report)
}

impl Report {
    fn new(written: bool, plan: Plan, contents: Contents) -> Self {
        let items = plan.lines;
        let count = |outcome| items.iter().filter(|line| line.outcome == outcome).count();
        let updated = count(Outcome::Updated);
        let said = contents.remarks.said.into_iter();
        let mut remarks: Vec<Said> = said
            .map(|Remark { line, words }| Said {
                line: Some(line),
                words,
            })
            .chain(plan.remarks)
            .collect();
        if updated > usize::try_from(OVERWRITES_MAX).unwrap_or(usize::MAX) {
            let words = format!(
                "More than {OVERWRITES_MAX} entries change at once: calendars that have them hold the changes until their \
                 owner confirms them under Connections."
            );
            remarks.insert(0, Said { line: None, words });
        }
        Self {
            written,
            created: count(Outcome::Created),
            updated,
            unchanged: count(Outcome::Unchanged),
            refused: count(Outcome::Refused),
            items,
            remarks,
            more_remarks: contents.remarks.unsaid,
        }
    }
}

fn unreadable(error: &Unreadable) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unreadable_file",
        error.to_string(),
    )
}

/// For the document of the API.
pub(crate) fn no_calendar() -> Problem {
    unreadable(&Unreadable::NoCalendar)
}
