//! The fields of the form, on their way in and out.

use domain::{
    content::Content,
    entry::{InvalidField, TypedEntry},
    series::OriginalStart,
    time::Zone,
};
use serde::Deserialize;
use shared::problem::Problem;
use ui::{
    components::FieldError,
    pages::entry::{EntryForm, Repeat, Scope},
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
    /// The original start of the occurrence that was looked at, if one was.
    pub(super) occurrence: String,
    scope: String,
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
        version(&self.version)
    }

    /// A form without it means the one occurrence that was looked at: the least that could be meant.
    pub(super) fn scope(&self) -> Scope {
        Scope::parse(&self.scope).unwrap_or_default()
    }
}

pub(super) fn version(text: &str) -> Result<u64, Problem> {
    text.parse()
        .map_err(|_| Problem::invalid("version", "The form is incomplete. Load the page again."))
}

/// `saved` is what is saved: a rule that the form cannot express is shown from there, and an occurrence leaves it to its
/// series.
pub(super) fn form_of(
    typed: &TypedEntry,
    saved: Option<(&Content, Option<OriginalStart>)>,
    zone: &Zone,
) -> EntryForm {
    let of_one = saved.is_some_and(|(_, at)| at.is_some());
    let saved = saved.map(|(content, _)| content);
    let repeat = match (typed.repeat.as_str(), saved) {
        _ if of_one => Repeat::AsSeries,
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
