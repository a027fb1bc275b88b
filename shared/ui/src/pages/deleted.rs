//! Deleted entries, as long as they can be brought back.

use maud::{Markup, html};

use crate::components::{Look, Moment, absolute, action, back, labelled, post, relative, submit};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct DeletedPage {
    pub frame: Frame,
    /// The latest deletion first.
    pub rows: Vec<DeletedRow>,
}

#[derive(Clone, Debug)]
pub struct DeletedRow {
    pub id: String,
    pub title: String,
    /// "2 March 2027, 10:00 – 11:00 Europe/Berlin"
    pub when: String,
    pub deleted: Moment,
    pub kept_until: Moment,
}

impl DeletedPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Deleted entries", Section::Schedule);
        head.back = Some(back("back-to-week", routes::SCHEDULE, "Schedule"));
        let content = html! {
            @if self.rows.is_empty() { (empty()) }
            @else {
                section.panel aria-label="Deleted entries" {
                    ul.items {
                        @for row in &self.rows {
                            li {
                                p { strong { (row.title) } }
                                p { (row.when) }
                                p.quiet { "Deleted " (relative(&row.deleted)) " · kept until " (absolute(&row.kept_until)) }
                                (self.restore(row))
                            }
                        }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn restore(&self, row: &DeletedRow) -> Markup {
        let button = submit(
            &format!("{}-restore", row.id),
            Look::Plain,
            labelled(Icon::Back, "Bring back"),
            "Bringing back",
        );
        post(
            &self.frame.csrf,
            &routes::deleted_restore(&row.id),
            "",
            button,
        )
    }
}

fn empty() -> Markup {
    html! {
        div.empty {
            (icon(Icon::Trash))
            h2 { "Nothing was deleted lately" }
            p { "Deleted entries of yours stay here for thirty days, and can be brought back with all that was in them." }
            div.actions { (action("to-schedule", routes::SCHEDULE, Look::Plain, "Go to the schedule")) }
        }
    }
}
