//! The settings form: reading it as a choice, and saying which of its fields is wrong.

use std::{collections::HashMap, str::FromStr};

use domain::{
    calendar::{Calendar, CalendarSettings, Flaw, History, Setting},
    id::CalendarId,
};
use shared::problem::Problem;
use ui::{components::FieldError, pages::connection::fields};

/// The form as it was sent, by field name.
pub(crate) type Fields = HashMap<String, String>;

/// How the form names a history without bound.
pub(crate) const EVERYTHING: &str = "everything";

/// One line for each known calendar, in their order.
pub(crate) type Lines = Vec<(CalendarId, CalendarSettings)>;

/// The version of the calendars that the form was filled in over.
pub(crate) fn version(form: &Fields) -> Result<u64, Problem> {
    let version = form.get(fields::VERSION).and_then(|text| text.parse().ok());
    version.ok_or_else(|| Problem::invalid(fields::VERSION, "Load the page again."))
}

/// What the form chooses. A field that cannot be read leaves the calendar's setting as it is, with an error beside it.
pub(crate) fn read(form: &Fields, known: &[Calendar]) -> (Lines, Vec<FieldError>) {
    let mut errors = Vec::new();
    let history = history(form, &mut errors);
    let receiver = form.get(fields::RECEIVES_NEW).map_or("", String::as_str);
    if !receiver.is_empty() && !known.iter().any(|own| own.id.to_string() == receiver) {
        let words = "This is not a calendar of the connection.";
        errors.push(FieldError::new(fields::RECEIVES_NEW, words));
    }
    let lines = known
        .iter()
        .map(|calendar| {
            let id = calendar.id.to_string();
            let known = &calendar.settings;
            let (direction, privacy, conflicts) = (
                (fields::direction(&id), "Choose which way changes flow."),
                (fields::privacy(&id), "Choose how much is shared."),
                (fields::conflicts(&id), "Choose who wins a conflict."),
            );
            let mut settings = CalendarSettings {
                selected: form.contains_key(&fields::selected(&id)),
                direction: choice(form, direction, known.direction, &mut errors),
                privacy: choice(form, privacy, known.privacy, &mut errors),
                conflicts: choice(form, conflicts, known.conflicts, &mut errors),
                history: history.unwrap_or(known.history),
                receives_new: false,
            };
            // The one that received so far and is unticked now gives that up by itself.
            settings.receives_new =
                receiver == id && (calendar.takes(&settings) || !calendar.settings.receives_new);
            (calendar.id, settings)
        })
        .collect();
    (lines, errors)
}

/// `None` leaves each calendar its own.
fn history(form: &Fields, errors: &mut Vec<FieldError>) -> Option<History> {
    match form.get(fields::HISTORY).map(String::as_str) {
        None | Some("") => None,
        Some(EVERYTHING) => Some(History::Everything),
        Some(days) => {
            let days = days.parse().map(History::Days);
            if days.is_err() {
                let words = "Choose how much of the past is synced.";
                errors.push(FieldError::new(fields::HISTORY, words));
            }
            days.ok()
        }
    }
}

/// What the field chooses; `known` where the form lacks it or it means nothing.
fn choice<T: FromStr>(
    form: &Fields,
    (field, complaint): (String, &str),
    known: T,
    errors: &mut Vec<FieldError>,
) -> T {
    let Some(chosen) = form.get(&field) else {
        return known;
    };
    chosen.parse().unwrap_or_else(|_| {
        errors.push(FieldError::new(&field, complaint));
        known
    })
}

/// The fields to which the flaws of a choice belong.
pub(crate) fn errors(flaws: &[Flaw], lines: &Lines) -> Vec<FieldError> {
    flaws
        .iter()
        .filter_map(|flaw| {
            let id = lines.get(flaw.line)?.0.to_string();
            let field = match flaw.setting {
                Setting::Calendar => fields::selected(&id),
                Setting::Direction => fields::direction(&id),
                Setting::ReceivesNew => fields::RECEIVES_NEW.to_owned(),
            };
            Some(FieldError::new(&field, flaw.words))
        })
        .collect()
}

/// The calendars as the form would have them, to show a refused choice again.
pub(crate) fn applied(known: &[Calendar], lines: Lines) -> Vec<Calendar> {
    known
        .iter()
        .zip(lines)
        .map(|(calendar, (_, settings))| Calendar {
            settings,
            ..calendar.clone()
        })
        .collect()
}
