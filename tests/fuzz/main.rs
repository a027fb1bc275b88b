//! What comes from outside, as it may come: nothing of it breaks a reader. Each target runs for a moment with the other
//! tests, on bytes and on real samples that were edited. For longer, and of one target only:
//!
//! `PROPTEST_CASES=10000000 cargo test --profile measured -p tests --test fuzz edited_lines`
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without ends it"
)]

mod alone;
mod edits;
mod events;
mod files;
mod notices;
mod rules;
