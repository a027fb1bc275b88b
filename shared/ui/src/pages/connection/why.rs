//! Why something is in the schedule or the calendar, or is not: a search and its answers.

use maud::{Markup, html};

use crate::components::{Field, Look, Meaning, back, badge, labelled, link, note, submit};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct WhyPage {
    pub frame: Frame,
    /// The connection.
    pub id: String,
    pub account: String,
    pub query: String,
    /// What was found; nothing before anything is asked.
    pub answers: Option<Vec<WhyRow>>,
    /// Whether everything was looked through.
    pub complete: bool,
}

#[derive(Clone, Debug)]
pub struct WhyRow {
    pub title: String,
    /// Whether it is where it should be.
    pub is_well: bool,
    pub words: String,
    pub entry: Option<String>,
    pub external_id: Option<String>,
}

/// For the page of the connection and for the answers' own.
pub(super) fn search(id: &str, query: &str) -> Markup {
    html! {
        section.panel aria-labelledby="why-title" {
            h2 #why-title { "Why is it not here?" }
            form.stack method="get" action=(routes::connection_why(id)) {
                (Field::new("q", "search", "Title or event id").value(query).required()
                    .hint("Says of every event and entry where it stands, and if it is not synced, why."))
                div.actions { (submit("why", Look::Plain, labelled(Icon::Facts, "Find out"), "Looking")) }
            }
        }
    }
}

impl WhyPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Why is it not here?", Section::Connections);
        let connection = routes::connection(&self.id);
        head.back = Some(back("to-connection", &connection, &self.account));
        let content = html! {
            div.columns {
                div.stack {
                    (search(&self.id, &self.query))
                    @if let Some(answers) = &self.answers { (self.answers(answers)) }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn answers(&self, answers: &[WhyRow]) -> Markup {
        html! {
            section.panel aria-labelledby="answers-title" {
                h2 #answers-title { "Found: " (answers.len()) }
                @if answers.is_empty() {
                    p { "Nothing called “" (self.query) "” was seen here or in this account." }
                    p.quiet { "Only chosen calendars are read, and only as far back as the settings say." }
                }
                @if !self.complete {
                    (note(Meaning::Notice, "There is more than can be looked through at once. An event's id finds it in any case."))
                }
                ul.items {
                    @for (number, row) in answers.iter().enumerate() {
                        li {
                            p {
                                @match &row.entry {
                                    Some(entry) => strong { (link(&format!("answer-{number}"), &routes::entry(entry), &row.title)) },
                                    None => strong { (row.title) },
                                }
                            }
                            div.badges {
                                @if row.is_well { (badge(Meaning::Ok, "Synced")) } @else { (badge(Meaning::Off, "Not synced")) }
                            }
                            p { (row.words) }
                            @if let Some(id) = &row.external_id { p.quiet { code { (id) } } }
                        }
                    }
                }
            }
        }
    }
}
