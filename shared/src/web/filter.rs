//! What the filter of a page names. What it cannot name is said: whoever follows an old address must not take everything
//! for what they asked for.

use std::{collections::BTreeMap, str::FromStr};

use axum::{http::StatusCode, response::Response};
use ui::{Markup, components::FieldError, layout::Frame};

use super::page;
use crate::{
    config::Config,
    problem::{FieldProblem, Problem},
};

/// What a filter names that there is not.
#[derive(Default)]
pub struct Flaws(Vec<FieldProblem>);

/// A list of more is no help.
const LISTED_MAX: usize = 12;

impl Flaws {
    fn say(&mut self, field: &str, words: &str) {
        self.0.push(FieldProblem {
            pointer: field.to_owned(),
            detail: words.to_owned(),
        });
    }

    /// What was named and is no filter.
    pub fn unknown(&mut self, others: &BTreeMap<String, String>) {
        for name in others.keys() {
            self.say("", &format!("There is no filter \"{name}\"."));
        }
    }

    /// What `given` names of those that can be chosen; nothing is nothing.
    pub fn choice<T>(
        &mut self,
        (field, noun): (&str, &str),
        given: &str,
        names: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = parse(given);
        if found.is_none() && !given.is_empty() {
            let choose = match names.len() {
                0..=LISTED_MAX => listed(names, "or"),
                _ => "one from the list".to_owned(),
            };
            self.say(field, &format!("There is no such {noun}. Choose {choose}."));
        }
        found
    }

    /// Where a list that is told in parts goes on.
    pub fn place<T: FromStr>(&mut self, cursor: &str) -> Option<T> {
        let place = cursor.parse().ok();
        if place.is_none() && !cursor.is_empty() {
            let words = "The list cannot go on from there, and is shown from its beginning.";
            self.say("", words);
        }
        place
    }

    pub fn said(&self) -> Vec<FieldError> {
        let said = |flaw: &FieldProblem| FieldError::new(&flaw.pointer, &flaw.detail);
        self.0.iter().map(said).collect()
    }

    /// The page that shows what the rest of the filter names, and says what is wrong.
    pub fn answer(&self, config: &Config, frame: &Frame, page: Markup) -> Response {
        if self.0.is_empty() {
            page::show(config, frame, page)
        } else {
            page::html(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }

    /// For what cannot be shown beside a flaw.
    ///
    /// # Errors
    /// With what is wrong, if anything is.
    pub fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid_fields(self.0))
        }
    }
}

/// "a, b and c".
pub fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
