//! What happened to an entry: when, by whom, and what it said before.

use maud::{Markup, html};

use crate::components::{Moment, relative};

#[derive(Clone, Debug)]
pub struct Happening {
    pub id: String,
    /// "Changed here: title"
    pub words: String,
    /// A person, or the calendar whose sync it was.
    pub by: String,
    pub at: Moment,
    pub was: Vec<Was>,
}

/// What was overwritten, as text to copy from.
#[derive(Clone, Debug)]
pub struct Was {
    /// Whether the calendar said it.
    pub there: bool,
    pub text: String,
}

pub(super) fn history(happenings: &[Happening]) -> Markup {
    html! {
        section #history .panel aria-labelledby="history-title" {
            h2 #history-title { "What happened" }
            @if happenings.is_empty() {
                p.quiet { "Nothing in the last three months." }
            } @else {
                ol.items {
                    @for one in happenings {
                        li {
                            p { (one.words) }
                            p.quiet { (one.by) " · " (relative(&one.at)) }
                            @for (number, was) in one.was.iter().enumerate() { (before(&one.id, number, was)) }
                        }
                    }
                }
            }
        }
    }
}

fn before(id: &str, number: usize, was: &Was) -> Markup {
    let text = format!("{id}-was-{number}");
    let side = if was.there {
        "What the calendar said before"
    } else {
        "What the entry said before"
    };
    html! {
        details {
            summary id={ (text) "-show" } { (side) }
            div.field {
                label.heard for=(text) { (side) ", to copy from" }
                textarea id=(text) rows="4" readonly { "\n" (was.text) }
            }
        }
    }
}
