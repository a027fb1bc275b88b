//! What went wrong, what to do, and what to quote when asking for help.

use maud::{Markup, html};

use crate::components::{Look, action};
use crate::layout::{Theme, bare};

#[derive(Clone, Debug)]
pub struct ProblemPage {
    pub theme: Theme,
    pub status: u16,
    /// "This page does not exist"
    pub title: String,
    pub what_happened: String,
    pub what_to_do: String,
    pub request_id: String,
    /// The way on: words and address.
    pub way: (String, String),
}

impl ProblemPage {
    pub fn render(&self) -> Markup {
        let (words, href) = &self.way;
        let content = html! {
            p { (self.what_happened) }
            p { (self.what_to_do) }
            div.actions { (action("way-on", href, Look::Primary, words)) }
            dl.facts.small {
                div { dt { "Status" } dd { (self.status) } }
                div { dt { "Request" } dd { code { (self.request_id) } } }
            }
        };
        bare(&self.title, self.theme, content)
    }
}
