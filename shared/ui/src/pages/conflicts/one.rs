//! One conflict: what both sides say, side by side, and a choice for each difference.

use maud::{Markup, Render as _, html};

use crate::components::{
    FieldError, Look, Meaning, Moment, Radio, absolute, back, badge, error_summary, labelled, link,
    note, post, submit, submit_as,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

/// What the form calls its fields; each choice is named by its difference.
pub mod fields {
    /// `local` or `external`: everything of one side.
    pub const KEEP: &str = "keep";
    pub const VERSION: &str = "version";
}

#[derive(Clone, Debug)]
pub struct ConflictPage {
    pub frame: Frame,
    pub id: String,
    /// Sent back with the decision: it holds for what was seen.
    pub version: u64,
    pub title: String,
    /// The entry, where there is one.
    pub entry: Option<String>,
    /// "Work, ada@example.com"
    pub calendar: String,
    pub since: Moment,
    pub state: State,
    pub differences: Vec<Difference>,
    /// Why the member cannot decide, if they cannot.
    pub locked: Option<String>,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// The decision is written down and not carried out; `waits` says what for, where it is more than the next sync.
    Chosen {
        by: String,
        at: Moment,
        waits: Option<String>,
    },
    Settled {
        at: Moment,
        /// Whether somebody decided; otherwise both sides came to agree.
        decided: bool,
        /// Until when the decision can be taken back, if it can.
        undo_until: Option<Moment>,
    },
    Undone,
    /// Its account was disconnected before anything was written.
    Dropped {
        at: Moment,
    },
}

#[derive(Clone, Debug)]
pub struct Difference {
    /// The name of the choice.
    pub name: String,
    /// "Time", "Place on 8 March 2027"
    pub label: String,
    pub before: Side,
    pub here: Side,
    pub there: Side,
    /// Whether the calendar's side was chosen, if any was.
    pub external: Option<bool>,
}

/// What one side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    Deleted,
    Says(Vec<Line>),
}

/// A value; with a name where the difference has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: Option<String>,
    pub value: String,
}

impl Side {
    fn render(&self) -> Markup {
        html! {
            @match self {
                Self::Deleted => em { "Deleted" },
                Self::Says(lines) => @for line in lines {
                    @if let Some(name) = &line.name { span.quiet { (name) ": " } }
                    (line.value) br;
                },
            }
        }
    }
}

impl ConflictPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new(&self.title, Section::Conflicts);
        head.back = Some(back("all-conflicts", routes::CONFLICTS, "Conflicts"));
        let is_awaited = matches!(self.state, State::Chosen { waits: None, .. });
        // Looked at again only while a run is awaited: otherwise someone may be choosing.
        let look = is_awaited.then(|| routes::conflict(&self.id));
        let content = html! {
            div.columns {
                section #conflict .panel aria-labelledby="conflict-title" data-running[is_awaited] hx-get=[look]
                    hx-select="#conflict" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                    h2 #conflict-title { "Changed here and in " (self.calendar) }
                    p.quiet { "Noticed " (absolute(&self.since)) ". Everything else goes on syncing." }
                    @if let Some(entry) = &self.entry {
                        p { (link("to-entry", &routes::entry(entry), "Show the entry")) }
                    }
                    (self.standing())
                    (error_summary(&self.errors))
                    (self.body())
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn may_choose(&self) -> bool {
        let undecided = matches!(self.state, State::Open | State::Chosen { .. });
        undecided && self.locked.is_none()
    }

    fn standing(&self) -> Markup {
        match &self.state {
            State::Open => match &self.locked {
                Some(reason) => note(Meaning::Off, reason),
                None => note(
                    Meaning::Warning,
                    "Nothing is written until someone decides. What is not kept stays in the history of the entry.",
                ),
            },
            State::Chosen { by, at, waits } => note(
                Meaning::Notice,
                html! {
                    strong { "Will be written with the next sync" }
                    p { "Decided by " (by) ", " (absolute(at)) "." @if let Some(reason) = waits { " " (reason) } }
                },
            ),
            State::Settled { at, decided, .. } => note(
                Meaning::Ok,
                html! {
                    @if *decided { "Decided and written, " } @else { "Both sides agree again, since " }
                    (absolute(at)) "."
                },
            ),
            State::Undone => note(
                Meaning::Off,
                "The decision was taken back: what it had overwritten stands in the entry again.",
            ),
            State::Dropped { at } => note(
                Meaning::Off,
                html! { "The account was disconnected, " (absolute(at)) ". Nothing was written: each side says what it said." },
            ),
        }
    }

    fn body(&self) -> Markup {
        let csrf = &self.frame.csrf;
        let version = html! { input type="hidden" name=(fields::VERSION) value=(self.version); };
        if self.may_choose() {
            let body = html! {
                (version)
                (self.table())
                div.actions {
                    (submit("decide", Look::Primary, labelled(Icon::Save, "Keep what is chosen"), "Saving"))
                    (submit_as("keep-local", Look::Plain, (fields::KEEP, "local"), "Keep all of here"))
                    (submit_as("keep-external", Look::Plain, (fields::KEEP, "external"), "Keep all of the calendar"))
                }
            };
            return post(csrf, &routes::conflict(&self.id), "stack", body);
        }
        let until = match &self.state {
            State::Settled { undo_until, .. } => undo_until.as_ref(),
            State::Open | State::Chosen { .. } | State::Undone | State::Dropped { .. } => None,
        };
        html! {
            (self.table())
            @if let Some(until) = until.filter(|_| self.locked.is_none()) {
                (post(csrf, &routes::conflict_undo(&self.id), "stack", html! {
                    (version)
                    p.quiet { "Taking it back gives the entry what it said before, or what the calendar said if all of here was kept. Calendars follow. Possible until " (absolute(until)) "." }
                    div.actions { (submit("undo", Look::Plain, labelled(Icon::Back, "Take it back"), "Taking back")) }
                }))
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table.stacks aria-labelledby="conflict-title" {
                thead {
                    tr {
                        th scope="col" { "What" } th scope="col" { "Before" }
                        th scope="col" { "Here" } th scope="col" { "In the calendar" }
                    }
                }
                tbody {
                    @for (number, difference) in self.differences.iter().enumerate() {
                        tr {
                            td data-label="What" { strong { (difference.label) } }
                            td data-label="Before" { div { (difference.before.render()) } }
                            td data-label="Here" { (self.choice(number, difference, false)) }
                            td data-label="In the calendar" { (self.choice(number, difference, true)) }
                        }
                    }
                }
            }
        }
    }

    fn choice(&self, number: usize, difference: &Difference, external: bool) -> Markup {
        let (side, value) = if external {
            (&difference.there, "external")
        } else {
            (&difference.here, "local")
        };
        let chosen = difference.external == Some(external);
        if !self.may_choose() {
            return html! {
                div { (side.render()) @if chosen { (badge(Meaning::Ok, "Kept")) } }
            };
        }
        Radio {
            id: &format!("difference-{number}-{value}"),
            name: &difference.name,
            value,
            label: html! { span.heard { (difference.label) ": " } (side.render()) },
            checked: chosen,
        }
        .render()
    }
}
