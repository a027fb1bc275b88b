//! Which calendars sync, how, and how far back.

use maud::{Markup, html};

use crate::components::{
    Checkbox, Csrf, FieldError, Look, Select, error_of, error_summary, labelled, post, submit,
};
use crate::icons::Icon;
use crate::routes;

/// Names of the form's fields, for whoever reads it.
pub mod fields {
    pub const HISTORY: &str = "history_days";
    pub const POLICY: &str = "conflict_policy";

    /// Present when the calendar is ticked.
    pub fn selected(calendar: &str) -> String {
        format!("selected.{calendar}")
    }

    pub fn direction(calendar: &str) -> String {
        format!("direction.{calendar}")
    }

    pub fn privacy(calendar: &str) -> String {
        format!("privacy.{calendar}")
    }
}

const DIRECTIONS: [(&str, &str); 3] = [
    ("bidirectional", "Both ways"),
    ("to_external", "To calendar only"),
    ("from_external", "From calendar only"),
];
const PRIVACY: [(&str, &str); 2] = [("full", "All details"), ("busy_only", "Busy only")];
const HISTORY: [(&str, &str); 4] = [
    ("0", "From today"),
    ("30", "30 days back"),
    ("90", "90 days back"),
    ("365", "One year back"),
];
const POLICIES: [(&str, &str); 4] = [
    ("ask", "Ask me"),
    ("local_wins", "Keep the schedule's version"),
    ("external_wins", "Keep the calendar's version"),
    ("newest_wins", "Keep the newer version"),
];

#[derive(Clone, Debug)]
pub struct Settings {
    pub calendars: Vec<CalendarChoice>,
    /// Days, as the form's value: `0`, `30`, `90` or `365`.
    pub history_days: String,
    /// `ask`, `local_wins`, `external_wins` or `newest_wins`.
    pub conflict_policy: String,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug)]
pub struct CalendarChoice {
    /// Ours, as field names and ids are made of it.
    pub id: String,
    pub name: String,
    /// What is special about it: "Primary", "Read only at the provider".
    pub remark: String,
    pub selected: bool,
    /// `bidirectional`, `to_external` or `from_external`.
    pub direction: String,
    /// `full` or `busy_only`.
    pub privacy: String,
    /// The provider lets us read it and nothing else.
    pub read_only: bool,
}

impl Settings {
    pub(super) fn render(&self, connection: &str, csrf: &Csrf) -> Markup {
        let form = html! {
            @if self.calendars.is_empty() {
                p.quiet { "The account's calendars have not been read yet. They appear here as soon as they are." }
            } @else {
                ul.choices { @for calendar in &self.calendars { li { (calendar.render()) } } }
            }
            div.pair {
                (Select {
                    hint: Some("How much of the past is synced. What is ahead always is."),
                    error: error_of(&self.errors, fields::HISTORY),
                    ..Select::new(fields::HISTORY, "History", &HISTORY, &self.history_days)
                })
                (Select {
                    hint: Some("When the same detail was changed on both sides."),
                    error: error_of(&self.errors, fields::POLICY),
                    ..Select::new(fields::POLICY, "Conflicts", &POLICIES, &self.conflict_policy)
                })
            }
            div.actions { (submit("save-settings", Look::Primary, labelled(Icon::Save, "Save"), "Saving")) }
        };
        html! {
            section.panel aria-labelledby="calendars-title" {
                h2 #calendars-title { "Calendars to sync" }
                (error_summary(&self.errors))
                (post(csrf, &routes::connection_settings(connection), "stack", form))
            }
        }
    }
}

impl CalendarChoice {
    fn render(&self) -> Markup {
        let (selected, direction, privacy) = (
            fields::selected(&self.id),
            fields::direction(&self.id),
            fields::privacy(&self.id),
        );
        let directions = if self.read_only {
            &DIRECTIONS[2..]
        } else {
            &DIRECTIONS[..]
        };
        html! {
            fieldset.choice {
                legend.heard { (self.name) }
                (Checkbox {
                    id: &selected,
                    name: &selected,
                    label: &self.name,
                    checked: self.selected,
                    hint: (!self.remark.is_empty()).then_some(&self.remark),
                })
                (Select { quiet: true, ..Select::new(&direction, "Direction", directions, &self.direction) })
                (Select { quiet: true, ..Select::new(&privacy, "Privacy", &PRIVACY, &self.privacy) })
            }
        }
    }
}
