//! Entries as JSON.

use domain::{
    content::Content,
    entry::{Entry, EntryStatus, WorkItemType},
    id::{EntryId, MemberId},
    member::EmailAddress,
    series::{Changes, Exception, OriginalStart},
    time::Moment,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Entry")]
pub(crate) struct EntryJson {
    id: EntryId,
    version: u64,
    title: String,
    notes: String,
    location: String,
    start: Moment,
    end: Moment,
    recurrence: Vec<String>,
    /// Occurrences that differ from the series, each with what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<Span>,
    work_item_type: WorkItemType,
    status: EntryStatus,
    assignees: Vec<MemberId>,
    attendees: Vec<EmailAddress>,
    private: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OccurrenceSpan")]
struct Span {
    /// Which occurrence of its series, by its original start.
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<OriginalStart>,
    start: Moment,
    end: Moment,
    /// It does not take place; what is shown is what the series would have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
}

#[derive(Serialize, JsonSchema)]
struct Override {
    original: OriginalStart,
    #[serde(flatten)]
    changes: Changes,
}

impl EntryJson {
    pub(crate) fn new(entry: Entry) -> Self {
        let (start, end) = entry.content.timing.when.moments();
        let overrides = entry
            .content
            .exceptions
            .iter()
            .filter_map(|(original, exception)| {
                match exception {
                    // An `EXDATE` says so.
                    Exception::Cancelled => None,
                    Exception::Changed(changes) => Some(Override {
                        original,
                        changes: changes.clone(),
                    }),
                }
            });
        Self {
            id: entry.id,
            version: entry.version,
            overrides: overrides.collect(),
            recurrence: entry.content.recurrence_lines(),
            title: entry.content.title,
            notes: entry.content.notes,
            location: entry.content.location,
            start,
            end,
            occurrence: None,
            work_item_type: entry.work_item_type,
            status: entry.status,
            assignees: entry.assignees,
            attendees: entry.attendees,
            private: entry.content.private,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }

    /// One occurrence of the entry, with its own words where they differ.
    pub(crate) fn occurring(
        entry: Entry,
        original: Option<OriginalStart>,
        content: &Content,
    ) -> Self {
        let (start, end) = content.timing.when.moments();
        let exceptions = &entry.content.exceptions;
        let cancelled = original.is_some_and(|at| exceptions.cancelled_at(at));
        Self {
            title: content.title.clone(),
            notes: content.notes.clone(),
            location: content.location.clone(),
            private: content.private,
            occurrence: Some(Span {
                original,
                start,
                end,
                cancelled,
            }),
            ..Self::new(entry)
        }
    }
}
