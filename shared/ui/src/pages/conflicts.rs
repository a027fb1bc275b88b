//! Conflicts: what was changed here and in a calendar differently, and who decides what stays.

mod one;

pub use one::{ConflictPage, Difference, Line, Side, State, fields};

use maud::{Markup, html};

use crate::components::{Look, Meaning, Moment, action, badge, link, relative};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Inbox {
    pub frame: Frame,
    /// Whether those are listed that wait for a decision, or those that are decided or over.
    pub open: bool,
    /// Newest first.
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub title: String,
    /// "title and time"
    pub what: String,
    /// "Work, ada@example.com"
    pub calendar: String,
    pub since: Moment,
    /// Since when it is settled or taken back.
    pub over: Option<Moment>,
    pub state: State,
}

impl State {
    fn badge(&self) -> Markup {
        match self {
            Self::Open => badge(Meaning::Warning, "Waits for a decision"),
            Self::Chosen { .. } => badge(Meaning::Notice, "Decided, to be written"),
            Self::Settled { decided: true, .. } => badge(Meaning::Ok, "Settled"),
            Self::Settled { decided: false, .. } => badge(Meaning::Ok, "Both sides agree again"),
            Self::Undone => badge(Meaning::Off, "Taken back"),
            Self::Dropped { .. } => badge(Meaning::Off, "Account disconnected"),
        }
    }
}

impl Inbox {
    pub fn render(&self) -> Markup {
        let head = Head::new("Conflicts", Section::Conflicts);
        let tab = |id, href: &str, words: &str, current: bool| {
            html! { a id=(id) .button href=(href) aria-current=[current.then_some("page")] { (words) } }
        };
        let again = if self.open {
            routes::CONFLICTS.to_owned()
        } else {
            routes::conflicts_settled()
        };
        let content = html! {
            div #inbox hx-get=(again) hx-select="#inbox" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                div.toolbar {
                    nav.steps aria-label="Which conflicts" {
                        (tab("show-open", routes::CONFLICTS, "Open", self.open))
                        (tab("show-settled", &routes::conflicts_settled(), "Settled", !self.open))
                    }
                    p #count .zone { (self.counted()) }
                }
                @if self.rows.is_empty() { (self.empty()) }
                @else {
                    section.panel aria-labelledby="count" {
                        ul.items { @for row in &self.rows { (item(row)) } }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn counted(&self) -> String {
        let what = if self.open { "open" } else { "settled" };
        match self.rows.len() {
            1 => format!("1 {what} conflict"),
            count => format!("{count} {what} conflicts"),
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                (icon(Icon::Check))
                @if self.open {
                    h2 { "Nothing to decide" }
                    p { "When the same thing is changed here and in a calendar, differently, both versions are kept and you are asked here which one stays." }
                    div.actions { (action("to-schedule", routes::SCHEDULE, Look::Plain, "Go to the schedule")) }
                } @else {
                    h2 { "Nothing was settled lately" }
                    p { "Decided conflicts stay here for three months. For a day a decision can be taken back." }
                }
            }
        }
    }
}

fn item(row: &Row) -> Markup {
    html! {
        li {
            p { strong { (link(&row.id, &routes::conflict(&row.id), &row.title)) } }
            p { "Differs in " (row.what) }
            div.badges { (row.state.badge()) }
            p.quiet {
                (row.calendar) " · noticed " (relative(&row.since))
                @if let Some(over) = &row.over {
                    @if row.state == State::Undone { " · taken back " } @else { " · settled " }
                    (relative(over))
                }
            }
        }
    }
}
