//! The fields of the form, on their way in and out.

use domain::{
    content::Content,
    entry::{InvalidField, TypedEntry},
    time::Zone,
};
use serde::Deserialize;
use shared::problem::Problem;
use ui::{
    components::FieldError,
    pages::entry::{EntryForm, Repeat},
};

/// As browsers send them: a box that is not ticked is absent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    title: String,
    all_day: Option<String>,
    start_date: String,
    start_time: String,
    end_date: String,
    end_time: String,
    zone: String,
    location: String,
    notes: String,
    private: Option<String>,
    repeat: String,
    until: String,
    version: String,
}

impl Fields {
    pub(super) fn typed(self) -> TypedEntry {
        TypedEntry {
            title: self.title,
            all_day: self.all_day.is_some(),
            start_date: self.start_date,
            start_time: self.start_time,
            end_date: self.end_date,
            end_time: self.end_time,
            zone: self.zone,
            location: self.location,
            notes: self.notes,
            private: self.private.is_some(),
            repeat: self.repeat,
            until: self.until,
        }
    }

    /// The version that the form was filled from. Without it nobody could tell whose change is newer.
    pub(super) fn version(&self) -> Result<u64, Problem> {
        self.version.parse().map_err(|_| {
            Problem::invalid("version", "The form is incomplete. Load the page again.")
        })
    }
}

/// `saved` is what is saved: a rule that the form cannot express is shown from there.
pub(super) fn form_of(typed: &TypedEntry, saved: Option<&Content>, zone: &Zone) -> EntryForm {
    let repeat = match (typed.repeat.as_str(), saved) {
        (TypedEntry::KEEP, Some(saved)) => Repeat::Custom {
            words: saved.recurrence_words(),
            rule: saved.recurrence_lines().join("\n"),
        },
        ("" | TypedEntry::NEVER | TypedEntry::KEEP, _) => Repeat::Never,
        (frequency, _) => Repeat::Every {
            frequency: frequency.to_owned(),
            until: typed.until.clone(),
        },
    };
    // The reader's own zone first, then all.
    let own = zone.to_string();
    let others = Zone::places().filter(|name| *name != own);
    EntryForm {
        title: typed.title.clone(),
        all_day: typed.all_day,
        start_date: typed.start_date.clone(),
        start_time: typed.start_time.clone(),
        end_date: typed.end_date.clone(),
        end_time: typed.end_time.clone(),
        zone: typed.zone.clone(),
        zones: std::iter::once(own.clone()).chain(others).collect(),
        location: typed.location.clone(),
        notes: typed.notes.clone(),
        private: typed.private,
        repeat,
    }
}

pub(super) fn complaints(problems: Vec<InvalidField>) -> Vec<FieldError> {
    problems
        .into_iter()
        .map(|problem| FieldError::new(problem.field, &sentence(&problem.reason)))
        .collect()
}

/// The form is filled anew with what somebody else saved; what was typed over it is told, so that it is not lost.
pub(super) fn lost_words(typed: &TypedEntry, current: &TypedEntry) -> Vec<FieldError> {
    let fields = [
        ("title", &typed.title, &current.title),
        ("start_date", &typed.start_date, &current.start_date),
        ("start_time", &typed.start_time, &current.start_time),
        ("end_date", &typed.end_date, &current.end_date),
        ("end_time", &typed.end_time, &current.end_time),
        ("zone", &typed.zone, &current.zone),
        ("repeat", &typed.repeat, &current.repeat),
        ("until", &typed.until, &current.until),
        ("location", &typed.location, &current.location),
        ("notes", &typed.notes, &current.notes),
    ];
    let words = "Somebody was faster. Below is what they saved; make your change again where it is still needed.";
    let lost = fields
        .into_iter()
        .filter(|(_, typed, current)| typed.replace("\r\n", "\n") != **current)
        .map(|(field, typed, _)| FieldError::new(field, &format!("You had typed “{typed}”.")));
    std::iter::once(FieldError::new("", words))
        .chain(lost)
        .collect()
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let stop = if reason.ends_with(['.', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{stop}", letters.as_str())
}
