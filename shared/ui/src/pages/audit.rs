//! The audit log: who did what, when, from where, and what came of it.

use domain::audit::{Action, Outcome};
use maud::{Markup, html};

use crate::components::{Look, Meaning, Moment, Select, absolute, action as leads, badge, submit};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct AuditPage {
    pub frame: Frame,
    pub filter: Filter,
    /// Newest first.
    pub rows: Vec<AuditRow>,
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
                (self.filters())
                @if self.rows.is_empty() { (empty()) }
                @else {
                    section.panel aria-label="Audit log" {
                        ul.items { @for row in &self.rows { (row.render()) } }
                    }
                }
                @if let Some(next) = &self.next {
                    div.actions { (leads("older", &self.older(next), Look::Plain, "Older")) }
                }
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

    fn older(&self, next: &str) -> String {
        let (action, outcome) = self.filter.chosen();
        format!(
            "{}?action={action}&outcome={outcome}&cursor={next}",
            routes::AUDIT
        )
    }
}

impl Filter {
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

fn empty() -> Markup {
    html! {
        div.empty {
            (icon(Icon::Facts))
            h2 { "Nothing of that kind was written down" }
            p { "Sign-ins, changes of access and what was refused are kept here for as long as the organisation exists." }
        }
    }
}
