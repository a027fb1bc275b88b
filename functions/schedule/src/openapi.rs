//! What the API says of entries.

use std::borrow::Cow;

use axum::http::StatusCode;
use domain::{
    entry::{
        ASSIGNEES_MAX, ATTENDEES_MAX, EXCEPTIONS_MAX, EntryStatus, LOCATION_BYTES_MAX,
        NOTES_BYTES_MAX, TITLE_BYTES_MAX, WorkItemType,
    },
    id::{ConnectionId, EntryId, MemberId},
    member::EmailAddress,
    recurrence::{LINE_BYTES_MAX, LINES_MAX},
    series::OriginalStart,
    time::Moment,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;
use shared::{
    openapi::{Api, Operation, delete, get, patch, post, put},
    problem::Problem,
};

use crate::{
    api, back, entries, exchange::openapi as files, list, occurrences, trace, wire::EntryJson,
};

/// What a request may say of an entry. It is read by hand, in `asked`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape counts")]
struct EntryFields {
    #[schemars(length(min = 1, max = TITLE_BYTES_MAX))]
    title: String,
    /// Null is none, here and below.
    #[schemars(length(max = NOTES_BYTES_MAX))]
    notes: Option<String>,
    #[schemars(length(max = LOCATION_BYTES_MAX))]
    location: Option<String>,
    start: Moment,
    /// Of the kind of the start, and not before it. Whole days end with the day after the last.
    end: Moment,
    /// `RRULE`, `RDATE` and `EXDATE` lines (RFC 5545).
    #[schemars(length(max = LINES_MAX), inner(length(max = LINE_BYTES_MAX)))]
    recurrence: Option<Vec<String>>,
    /// Every occurrence that is to differ from the series, besides those that an `EXDATE` leaves out.
    #[schemars(length(max = EXCEPTIONS_MAX))]
    overrides: Option<Vec<NewOverride>>,
    work_item_type: WorkItemType,
    status: EntryStatus,
    /// The caller, unless said. Only an administrator assigns others.
    #[schemars(length(min = 1, max = ASSIGNEES_MAX), extend("uniqueItems" = true))]
    assignees: Vec<MemberId>,
    #[schemars(length(max = ATTENDEES_MAX))]
    attendees: Option<Vec<EmailAddress>>,
    private: bool,
}

/// What of an occurrence differs from its series; null leaves it to the series.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape counts")]
struct OccurrenceChanges {
    #[schemars(length(min = 1, max = TITLE_BYTES_MAX))]
    title: Option<String>,
    #[schemars(length(max = NOTES_BYTES_MAX))]
    notes: Option<String>,
    #[schemars(length(max = LOCATION_BYTES_MAX))]
    location: Option<String>,
    start: Option<Moment>,
    end: Option<Moment>,
    private: Option<bool>,
}

/// [`OccurrenceChanges`] with the occurrence that they are of.
struct NewOverride;

impl JsonSchema for NewOverride {
    fn schema_name() -> Cow<'static, str> {
        "NewOverride".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = OccurrenceChanges::json_schema(generator);
        let original = generator.subschema_for::<OriginalStart>();
        if let Some(fields) = schema.get_mut("properties") {
            fields["original"] = original.into();
        }
        with_required(schema, &["original"])
    }
}

/// What is left out takes its default.
struct NewEntry;

impl JsonSchema for NewEntry {
    fn schema_name() -> Cow<'static, str> {
        "NewEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = with_required(
            EntryFields::json_schema(generator),
            &["title", "start", "end"],
        );
        schema.insert(
            "description".into(),
            json!("What is left out takes its default."),
        );
        schema
    }
}

/// What is left out stays as it is.
struct EntryChanges;

impl JsonSchema for EntryChanges {
    fn schema_name() -> Cow<'static, str> {
        "EntryChanges".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = with_required(EntryFields::json_schema(generator), &[]);
        schema.insert(
            "description".into(),
            json!("What is left out stays as it is."),
        );
        schema
    }
}

fn with_required(mut schema: Schema, fields: &[&str]) -> Schema {
    schema.insert("required".into(), json!(fields));
    schema
}

pub fn operations(api: &mut Api) {
    let words = "What is scheduled, once or repeatedly. Dates are what their author wrote: a local time in a zone, or a \
                 whole day.";
    api.group(
        "Schedule",
        words,
        [
            list(),
            create(),
            entry(get(api::ENTRY, "getEntry", "One entry")),
            replace(),
            change(),
            remove(),
            history(),
            put_copy_back(),
        ],
    );
    let words = "Single occurrences of a series, each known by its original start, which never changes, whatever it is \
                 moved to.";
    api.group(
        "Occurrences",
        words,
        [
            occurrence(get(
                occurrences::OCCURRENCE,
                "getOccurrence",
                "One occurrence as it takes place",
            ))
            .answers::<EntryJson>(StatusCode::OK, "The entry, as it is at that occurrence.")
            .tagged(),
            change_occurrence(),
            cancel_occurrence(),
            restore_occurrence(),
            change_following(),
            remove_following(),
        ],
    );
    let words = "The schedule as files, of which an import of the same says nothing new.";
    api.group("Files", words, files::operations());
    let words = "Entries that were deleted are kept for thirty days.";
    api.group("Deleted entries", words, [deleted(), bring_back()]);
}

fn list() -> Operation {
    get(
        api::ENTRIES,
        "listEntries",
        "A member's entries in a span of time",
    )
    .words("In order of start. A private entry of somebody else is shown as busy time.")
    .query::<list::ListQuery>()
    .answers::<list::ListPage>(StatusCode::OK, "A page of the list.")
    .refuses(Problem::not_found("member"))
    .refuses(list::bad_cursor())
    .refuses(list::too_many())
}

fn create() -> Operation {
    post(api::ENTRIES, "createEntry", "Add an entry")
        .words("It is written to the calendars of those it is assigned to.")
        .takes::<NewEntry>()
        .answers::<EntryJson>(StatusCode::CREATED, "The entry.")
        .tagged()
        .located()
        .leads_to("getEntry", "id", "/id")
        .leads_to("changeEntry", "id", "/id")
        .leads_to("deleteEntry", "id", "/id")
        .refuses(Problem::forbidden("role", "Your role may not add entries."))
        .refuses(not_assigned())
}

fn entry(operation: Operation) -> Operation {
    operation
        .at::<EntryId>("id")
        .answers::<EntryJson>(StatusCode::OK, "The entry.")
        .tagged()
}

/// One that is changed.
fn written(operation: Operation) -> Operation {
    operation
        .versioned()
        .refuses(not_yours())
        .refuses(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "version",
            "Somebody was faster: it is at another version than you have read.",
        ))
}

fn replace() -> Operation {
    written(entry(put(
        api::ENTRY,
        "replaceEntry",
        "Write an entry anew",
    )))
    .words("What is left out takes its default, except that the assignees stay.")
    .takes::<NewEntry>()
    .refuses(not_assigned())
}

fn change() -> Operation {
    written(entry(patch(
        api::ENTRY,
        "changeEntry",
        "Change some of an entry",
    )))
    .takes::<EntryChanges>()
    .refuses(not_assigned())
}

fn remove() -> Operation {
    written(delete(api::ENTRY, "deleteEntry", "Delete an entry"))
        .words("A series goes with all its occurrences. It can be brought back for thirty days.")
        .at::<EntryId>("id")
        .done("It is deleted.")
}

fn history() -> Operation {
    get(trace::TRACE, "traceEntry", "What happened to an entry")
        .words("The latest two hundred things, newest first, each with the versions that it overwrote.")
        .at::<EntryId>("id")
        .answers::<trace::TraceList>(StatusCode::OK, "What happened.")
        .refuses(Problem::forbidden(
            "not_yours",
            "Only its assignees and operators may see what happened to an entry.",
        ))
}

fn put_copy_back() -> Operation {
    post(
        api::COPY_RESTORE,
        "restoreCopy",
        "Put a copy back that was removed from its calendar",
    )
    .at::<EntryId>("id")
    .at::<ConnectionId>("connection")
    .answers::<api::RunAsked>(StatusCode::ACCEPTED, "It is asked for.")
    .refuses(not_yours())
    .refuses(back::not_written_there())
    .refuses(back::not_removed())
}

fn occurrence(operation: Operation) -> Operation {
    operation
        .at::<EntryId>("id")
        .at::<OriginalStart>("original")
}

fn change_occurrence() -> Operation {
    written(occurrence(patch(
        occurrences::OCCURRENCE,
        "changeOccurrence",
        "Change one occurrence",
    )))
    .takes::<OccurrenceChanges>()
    .answers::<EntryJson>(StatusCode::OK, "The entry, as it is at that occurrence.")
    .tagged()
    .refuses(entries::cancelled())
}

fn cancel_occurrence() -> Operation {
    written(occurrence(delete(
        occurrences::OCCURRENCE,
        "cancelOccurrence",
        "Cancel one occurrence",
    )))
    .words("What is cancelled already stays so.")
    .done("It does not take place.")
    .refuses(too_many_differ())
}

fn restore_occurrence() -> Operation {
    written(occurrence(post(
        occurrences::RESTORE,
        "restoreOccurrence",
        "Make one occurrence as its series has it",
    )))
    .answers::<EntryJson>(StatusCode::OK, "The entry, as it is at that occurrence.")
    .tagged()
    .refuses(too_many_differ())
}

fn change_following() -> Operation {
    written(occurrence(post(
        occurrences::FOLLOWING,
        "changeFollowing",
        "Change an occurrence and all that follow",
    )))
    .words("The series ends before it, and goes on as another entry with the changes.")
    .takes::<EntryChanges>()
    .answers::<occurrences::CutJson>(StatusCode::CREATED, "Both entries.")
    .located()
    .refuses(entries::cancelled())
    .refuses(entries::first_occurrence())
    .refuses(not_assigned())
}

fn remove_following() -> Operation {
    written(occurrence(delete(
        occurrences::FOLLOWING,
        "deleteFollowing",
        "Delete an occurrence and all that follow",
    )))
    .done("The series ends before it.")
    .refuses(entries::first_occurrence())
}

fn deleted() -> Operation {
    get(
        api::DELETED,
        "listDeletedEntries",
        "What can be brought back",
    )
    .words("The latest deletion first.")
    .answers::<api::DeletedList>(StatusCode::OK, "All of them.")
}

fn bring_back() -> Operation {
    entry(post(
        api::DELETED_RESTORE,
        "restoreEntry",
        "Bring a deleted entry back",
    ))
    .words("Under its id; the calendars follow as for a new one.")
}

fn not_yours() -> Problem {
    let words = "Only its assignees and administrators may change an entry.";
    Problem::forbidden("not_yours", words)
}

fn not_assigned() -> Problem {
    let words = "Only an administrator assigns entries to colleagues.";
    Problem::forbidden("assignees", words)
}

fn too_many_differ() -> Problem {
    let words = "More occurrences would differ from the series than it can hold.";
    Problem::invalid("", words)
}
