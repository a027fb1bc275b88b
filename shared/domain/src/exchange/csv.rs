//! CSV files (RFC 4180), for spreadsheets and scripts.

mod cell;
mod read;
mod write;

pub use read::read;
pub use write::{Rows, row, write};

/// The columns, in the order in which they are written. A file may have any of them, in any order; [`TITLE`] and [`START`]
/// must be there.
pub const COLUMNS: [&str; 17] = [
    UID,
    ORIGINAL,
    TITLE,
    START,
    END,
    ZONE,
    END_ZONE,
    RECURRENCE,
    LOCATION,
    NOTES,
    WORK_ITEM_TYPE,
    STATUS,
    PRIVATE,
    ASSIGNEES,
    ATTENDEES,
    VERSION,
    UPDATED_AT,
];

const UID: &str = "uid";
/// Which occurrence of the series of that uid the row is of, by its original start.
const ORIGINAL: &str = "original";
const TITLE: &str = "title";
const START: &str = "start";
/// Of whole days, the day after the last.
const END: &str = "end";
const ZONE: &str = "zone";
/// Where the end is of another zone.
const END_ZONE: &str = "end_zone";
const RECURRENCE: &str = "recurrence";
const LOCATION: &str = "location";
const NOTES: &str = "notes";
const WORK_ITEM_TYPE: &str = "work_item_type";
const STATUS: &str = "status";
const PRIVATE: &str = "private";
const ASSIGNEES: &str = "assignees";
const ATTENDEES: &str = "attendees";
/// These two are only written.
const VERSION: &str = "version";
const UPDATED_AT: &str = "updated_at";
