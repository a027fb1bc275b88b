//! Texts in cells. A spreadsheet computes what begins like a formula, whoever wrote it: such a text is written with an
//! apostrophe before it, and read without. Many a spreadsheet parts cells at semicolons or tabs, and then sees no quotes
//! that would keep a line break: what follows one of these within a text may begin a cell, too.

/// What a spreadsheet may take for the beginning of a formula.
const BEGINS_FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
const GUARD: char = '\'';
const BEGINS_CELL: [char; 4] = [';', '\t', '\r', '\n'];

/// The text as a cell of which nothing is computed.
pub(super) fn guarded(text: &str) -> String {
    let guard = |part: &str| {
        let guard = is_computed(part).then_some(GUARD);
        guard.into_iter().chain(part.chars()).collect::<String>()
    };
    text.split_inclusive(BEGINS_CELL).map(guard).collect()
}

/// The text of a cell.
pub(super) fn unguarded(cell: &str) -> String {
    let text = |part| match str::strip_prefix(part, GUARD) {
        Some(bare) if is_computed(bare) => bare,
        Some(_) | None => part,
    };
    cell.split_inclusive(BEGINS_CELL).map(text).collect()
}

/// Where quotes are taken off, or blanks; and so that what has a guard is given one more.
fn is_computed(part: &str) -> bool {
    let skipped = |letter: char| matches!(letter, GUARD | '"') || letter.is_whitespace();
    part.trim_start_matches(skipped).starts_with(BEGINS_FORMULA)
}
