//! Texts in cells. A spreadsheet computes what begins like a formula, whoever wrote it: such a text is written with an
//! apostrophe before it, and read without.

/// What a spreadsheet may take for the beginning of a formula.
const BEGINS_FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
const GUARD: char = '\'';

/// The text as a cell that nothing computes.
pub(super) fn guarded(text: &str) -> String {
    let bare = text.trim_start_matches(GUARD);
    if bare.starts_with(BEGINS_FORMULA) {
        format!("{GUARD}{text}")
    } else {
        text.to_owned()
    }
}

/// The text of a cell.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix(GUARD) {
        Some(text) if text.trim_start_matches(GUARD).starts_with(BEGINS_FORMULA) => text,
        Some(_) | None => cell,
    }
}
