//! The audit log: who did what, when, from where, and what came of it.

use domain::audit::{Action, Outcome};
use maud::{Markup, html};

use crate::components::{
    FieldError, Look, Meaning, Moment, Select, absolute, action as leads, badge, error_summary,
    submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct AuditPage {
    pub frame: Frame,
    pub filter: Filter,
    /// What was asked for and cannot be, so that nothing is filtered by it.
    pub errors: Vec<FieldError>,
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Whether those that are shown begin with the newest there is.
    pub is_newest: bool,
    /// Where older lines begin.
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub action: Option<Action>,
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Debug)]
pub struct AuditRow {
    pub id: String,
    pub at: Moment,
    pub who: String,
    pub action: Action,
    pub outcome: Outcome,
    /// What kind of thing, and its id.
    pub resource: Option<(String, String)>,
    /// Field, before, after.
    pub changes: Vec<(String, String, String)>,
    pub from: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: String,
}

impl AuditPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Audit log", Section::Audit);
        let content = html! {
            div.stack {
                (error_summary(&self.errors))
                (self.filters())
                @if self.rows.is_empty() { (self.empty()) }
                @else {
                    section.panel aria-label="Audit log" {
                        ul.items { @for row in &self.rows { (row.render()) } }
                    }
                }
                (self.more())
            }
        };
        page(&self.frame, &head, content)
    }

    fn filters(&self) -> Markup {
        let all = std::iter::once(("", "Everything"));
        let actions: Vec<_> = all
            .chain(Action::ALL.iter().map(|one| (one.name(), one.words())))
            .collect();
        let outcomes = [
            ("", "Any outcome"),
            (Outcome::Succeeded.name(), Outcome::Succeeded.words()),
            (Outcome::Denied.name(), Outcome::Denied.words()),
        ];
        let (action, outcome) = self.filter.chosen();
        html! {
            form #filter .toolbar method="get" action=(routes::AUDIT) {
                (Select::new("action", "What happened", &actions, action))
                (Select::new("outcome", "Outcome", &outcomes, outcome))
                (submit("show", Look::Plain, "Show", "Looking"))
            }
        }
    }

    fn empty(&self) -> Markup {
        let (title, words) = if self.next.is_some() {
            (
                "Nothing of that kind so far",
                "What was looked through has none. Older lines may.",
            )
        } else {
            (
                "Nothing of that kind was written down",
                "Sign-ins, changes of access and what was refused are kept here for as long as the organisation exists.",
            )
        };
        html! {
            div.empty {
                (icon(Icon::Facts))
                h2 { (title) }
                p { (words) }
            }
        }
    }

    fn more(&self) -> Markup {
        html! {
            @if !self.is_newest || self.next.is_some() {
                div.actions {
                    @if !self.is_newest {
                        (leads("newest", &self.filter.address(""), Look::Plain, "Newest"))
                    }
                    @if let Some(next) = &self.next {
                        (leads("older", &self.filter.address(next), Look::Plain, "Older"))
                    }
                }
            }
        }
    }
}

impl Filter {
    fn address(self, cursor: &str) -> String {
        let (action, outcome) = self.chosen();
        format!(
            "{}?action={action}&outcome={outcome}&cursor={cursor}",
            routes::AUDIT
        )
    }

    fn chosen(self) -> (&'static str, &'static str) {
        let action = self.action.map(Action::name).unwrap_or_default();
        (action, self.outcome.map(Outcome::name).unwrap_or_default())
    }
}

impl AuditRow {
    fn render(&self) -> Markup {
        html! {
            li {
                p { strong { (self.action.words()) } }
                @if self.outcome == Outcome::Denied {
                    div.badges { (badge(Meaning::Warning, self.outcome.words())) }
                }
                p {
                    (self.who)
                    @if let Some((kind, id)) = &self.resource { " · " (kind) " " code { (id) } }
                }
                @for (field, before, after) in &self.changes {
                    p { (field) ": " (before) " → " (after) }
                }
                p.quiet {
                    (absolute(&self.at))
                    @if let Some(from) = &self.from { " · from " (from) }
                    " · request " code { (self.request_id) }
                }
                @if let Some(agent) = &self.user_agent { p.quiet { (agent) } }
            }
        }
    }
}
