//! What the API says of files.

use axum::http::StatusCode;
use domain::exchange::FILE_BYTES_MAX;
use shared::{
    openapi::{Operation, get, post},
    problem::Problem,
    web::{CALENDAR, TABLE, not_a_file, too_large},
};

use super::{
    api::{EXPORT, ExportQuery, IMPORT, ImportQuery},
    export::too_much,
    import::{Report, no_calendar},
};

const FILES: &[&str] = &[CALENDAR, TABLE];

pub(crate) fn operations() -> [Operation; 2] {
    [take_out(), bring_in()]
}

fn take_out() -> Operation {
    get(EXPORT, "exportEntries", "A member's entries as a file")
        .words("Private entries of somebody else are left out. A file is whole: what does not fit is refused.")
        .query::<ExportQuery>()
        .answers_file(FILES, "The file.")
        .refuses(Problem::not_found("member"))
        .refuses(too_much())
}

fn bring_in() -> Operation {
    post(IMPORT, "importEntries", "Import entries from a file")
        .words("The same file imported twice is there once. What cannot be imported is answered with its line and the reason.")
        .query::<ImportQuery>()
        .takes_file(FILES)
        .answers::<Report>(StatusCode::OK, "What was done, or would be.")
        .refuses(not_a_file())
        .refuses(too_large(FILE_BYTES_MAX))
        .refuses(no_calendar())
}
