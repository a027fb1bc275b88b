//! What the filter of a page names. What it cannot name is said: whoever follows an old address must not take everything
//! for what they asked for.

use std::collections::BTreeMap;

use domain::integration::{EventStatus, Integration};
use serde::Deserialize;
use shared::problem::FieldProblem;

use crate::{
    errors::{Filter, Waits},
    log::{Asked, DateRange},
};

/// A form sends what was left empty, too.
#[derive(Default, Deserialize)]
pub(crate) struct LogFilled {
    #[serde(default)]
    status: String,
    #[serde(default)]
    integration_type: String,
    #[serde(default)]
    date_range: String,
    #[serde(default)]
    correlation_id: String,
    #[serde(default)]
    cursor: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl LogFilled {
    /// As far as it names something, and what is wrong with the rest.
    pub(crate) fn read(self) -> (Asked, Vec<FieldProblem>) {
        let mut flaws = Flaws::default();
        let statuses = EventStatus::ALL.map(EventStatus::name);
        let integrations = Integration::ALL.map(Integration::name);
        let ranges = DateRange::ALL.map(DateRange::name);
        let asked = Asked {
            status: flaws.choice(
                ("status", "status"),
                &self.status,
                &statuses,
                EventStatus::parse,
            ),
            integration_type: flaws.choice(
                ("integration_type", "integration"),
                &self.integration_type,
                &integrations,
                |name| name.parse().ok(),
            ),
            date_range: flaws.choice(
                ("date_range", "time"),
                &self.date_range,
                &ranges,
                DateRange::parse,
            ),
            correlation_id: Some(self.correlation_id).filter(|id| !id.is_empty()),
            cursor: self.cursor.parse().ok(),
            ..Asked::default()
        };
        if asked.cursor.is_none() && !self.cursor.is_empty() {
            flaws.say(
                "",
                "The list cannot go on from there. It begins with the newest.",
            );
        }
        flaws.unknown(&self.others);
        (asked, flaws.0)
    }
}

/// The same of the error queue.
#[derive(Default, Deserialize)]
pub(crate) struct QueueFilled {
    #[serde(default)]
    state: String,
    #[serde(default)]
    integration_type: String,
    #[serde(default)]
    cursor: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl QueueFilled {
    /// As far as it names something, where to go on, and what is wrong with the rest.
    pub(crate) fn read(self) -> (Filter, Option<String>, Vec<FieldProblem>) {
        let mut flaws = Flaws::default();
        let states = [Waits::Retrying, Waits::DeadLetter].map(Waits::name);
        let integrations = Integration::ALL.map(Integration::name);
        let filter = Filter {
            state: flaws.choice(("state", "state"), &self.state, &states, Waits::parse),
            integration_type: flaws.choice(
                ("integration_type", "integration"),
                &self.integration_type,
                &integrations,
                |name| name.parse().ok(),
            ),
            connection: None,
        };
        flaws.unknown(&self.others);
        let cursor = Some(self.cursor).filter(|cursor| !cursor.is_empty());
        (filter, cursor, flaws.0)
    }
}

#[derive(Default)]
struct Flaws(Vec<FieldProblem>);

impl Flaws {
    fn say(&mut self, field: &str, words: &str) {
        self.0.push(FieldProblem {
            pointer: field.to_owned(),
            detail: words.to_owned(),
        });
    }

    fn unknown(&mut self, others: &BTreeMap<String, String>) {
        for name in others.keys() {
            self.say("", &format!("There is no filter \"{name}\"."));
        }
    }

    /// What `given` names of those that can be chosen; nothing is nothing.
    fn choice<T>(
        &mut self,
        (field, noun): (&str, &str),
        given: &str,
        names: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = parse(given);
        if found.is_none() && !given.is_empty() {
            let names = listed(names, "or");
            self.say(field, &format!("There is no such {noun}. Choose {names}."));
        }
        found
    }
}

/// "a, b and c".
pub(crate) fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
