//! Points in time. The server writes the absolute form; the script makes recent ones relative.

use maud::{Markup, html};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339, for machines.
    pub at: String,
    /// Date, time and zone, for people.
    pub words: String,
}

impl Moment {
    pub fn new(at: &str, words: &str) -> Self {
        Self {
            at: at.to_owned(),
            words: words.to_owned(),
        }
    }
}

/// "5 minutes ago", for how recent something is.
pub fn relative(moment: &Moment) -> Markup {
    html! { time datetime=(moment.at) title=(moment.words) data-relative { (moment.words) } }
}

/// The exact time, for records.
pub fn absolute(moment: &Moment) -> Markup {
    html! { time datetime=(moment.at) { (moment.words) } }
}

/// The exact time and, where the script can say it, how recent that is: for logs.
pub fn exact(moment: &Moment) -> Markup {
    html! { (absolute(moment)) span.scripted { " · " (relative(moment)) } }
}
