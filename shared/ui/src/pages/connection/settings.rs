//! Which calendars sync, how, and how far back.

use maud::{Markup, html};

use crate::components::{
    Checkbox, Csrf, FieldError, Look, Select, error_of, error_summary, labelled, post, submit,
};
use crate::icons::Icon;
use crate::routes;

/// Names of the form's fields, for whoever reads it.
pub mod fields {
    /// Of the calendars that the form shows.
    pub const VERSION: &str = "version";
    pub const HISTORY: &str = "history_days";
    /// The calendar that new entries go to; empty leaves it to us.
    pub const RECEIVES_NEW: &str = "receives_new";

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

    pub fn conflicts(calendar: &str) -> String {
        format!("conflicts.{calendar}")
    }
}

const DIRECTIONS: [(&str, &str); 3] = [
    ("bidirectional", "Both ways"),
    ("to_external", "To calendar only"),
    ("from_external", "From calendar only"),
];
const PRIVACY: [(&str, &str); 2] = [
    ("full", "Share all details"),
    ("busy_only", "Share busy times only"),
];
const CONFLICTS: [(&str, &str); 4] = [
    ("ask", "Conflicts: ask me"),
    ("local_wins", "Conflicts: schedule wins"),
    ("external_wins", "Conflicts: calendar wins"),
    ("newest_wins", "Conflicts: newest wins"),
];
/// What the choices of each calendar mean, said once for all.
const MEANINGS: [&str; 3] = [
    "Busy times only: a calendar and the schedule show each other when something is, called “Busy”. Titles, places and notes stay where they were written.",
    "A conflict is the same field changed on both sides. Ask me: both stay as they are until you decide. Otherwise the side that wins is written over the other at once.",
    "Newest wins: where nobody can say which change is newer, such as after a deletion, you are asked.",
];
const HISTORY: [(&str, &str); 5] = [
    ("0", "From today"),
    ("30", "30 days back"),
    ("90", "90 days back"),
    ("365", "One year back"),
    ("everything", "Everything"),
];
/// Offered where the calendars hold something that the list lacks, so that saving changes nothing unasked.
const HISTORY_AS_IT_IS: (&str, &str) = ("", "As it is");

#[derive(Clone, Debug)]
pub struct Settings {
    pub calendars: Vec<CalendarChoice>,
    /// The form's value: days (`0`, `30`, `90` or `365`), `everything`, or empty for what is none of these.
    pub history_days: String,
    /// The calendar that new entries go to; empty where none is chosen.
    pub receives_new: String,
    /// Of all calendars, as they are shown.
    pub version: u64,
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
    /// `ask`, `local_wins`, `external_wins` or `newest_wins`.
    pub conflicts: String,
    /// The provider lets us read it and nothing else.
    pub read_only: bool,
}

impl Settings {
    pub(super) fn render(&self, connection: &str, csrf: &Csrf) -> Markup {
        let history = if self.history_days.is_empty() {
            [&[HISTORY_AS_IT_IS], &HISTORY[..]].concat()
        } else {
            HISTORY.to_vec()
        };
        let receivers = self.receivers();
        let form = html! {
            input type="hidden" name=(fields::VERSION) value=(self.version);
            @if self.calendars.is_empty() {
                p.quiet { "The account's calendars have not been read yet. They appear here as soon as they are." }
            } @else {
                ul.choices { @for calendar in &self.calendars { li { (calendar.render(&self.errors)) } } }
                ul.plain { @for meaning in MEANINGS { li.hint { (meaning) } } }
            }
            div.pair {
                (Select {
                    hint: Some("How much of the past is synced. What is ahead always is."),
                    error: error_of(&self.errors, fields::HISTORY),
                    ..Select::new(fields::HISTORY, "History", &history, &self.history_days)
                })
                (Select {
                    hint: Some("One of the ticked calendars gets what is new in your schedule."),
                    error: error_of(&self.errors, fields::RECEIVES_NEW),
                    ..Select::new(fields::RECEIVES_NEW, "New entries go to", &receivers, &self.receives_new)
                })
            }
            div.actions {
                button #preview-settings class=(Look::Quiet.class()) type="submit" formaction=(routes::connection_preview(connection)) data-busy="Looking" { "Preview" }
                (submit("save-settings", Look::Primary, labelled(Icon::Save, "Save"), "Saving"))
            }
        };
        html! {
            section.panel aria-labelledby="calendars-title" {
                h2 #calendars-title { "Calendars to sync" }
                (error_summary(&self.errors))
                (post(csrf, &routes::connection_settings(connection), "stack", form))
            }
        }
    }

    fn receivers(&self) -> Vec<(&str, &str)> {
        let writable = self.calendars.iter().filter(|calendar| !calendar.read_only);
        let calendars = writable.map(|calendar| (calendar.id.as_str(), calendar.name.as_str()));
        std::iter::once(("", "The primary calendar, or else the first"))
            .chain(calendars)
            .collect()
    }
}

impl CalendarChoice {
    fn render(&self, errors: &[FieldError]) -> Markup {
        let (selected, direction) = (fields::selected(&self.id), fields::direction(&self.id));
        let (privacy, conflicts) = (fields::privacy(&self.id), fields::conflicts(&self.id));
        let select = |field, label, choices, chosen| Select {
            quiet: true,
            error: error_of(errors, field),
            ..Select::new(field, label, choices, chosen)
        };
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
                (select(&direction, "Direction", directions, &self.direction))
                (select(&privacy, "Privacy", &PRIVACY, &self.privacy))
                (select(&conflicts, "Conflicts", &CONFLICTS, &self.conflicts))
            }
        }
    }
}
