//! Requests as they are written. They are read by hand, so that everything wrong with one is told at once, each with its
//! pointer.

use domain::{
    entry::{Ask, EntryEdit, OccurrenceEdit, RecurrenceEdit},
    id::MemberId,
    member::EmailAddress,
    series::OriginalStart,
    time::{DayOnly, LocalTime, Moment, Zone},
};
use jiff::civil::{Date, DateTime};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::problem::FieldProblem;

/// What a request asks for, and what of it could not be read.
pub(crate) type Asked<T> = (T, Vec<FieldProblem>);

pub(crate) fn entry(body: Map<String, Value>) -> Asked<EntryEdit> {
    let mut reader = Reader::default();
    let mut edit = EntryEdit::default();
    for (name, value) in body {
        reader.field(&mut edit, &name, value);
    }
    (edit, reader.0)
}

pub(crate) fn occurrence(body: Map<String, Value>) -> Asked<OccurrenceEdit> {
    let mut reader = Reader::default();
    let edit = reader.occurrence("", body);
    (edit, reader.0)
}

/// Notes what is wrong while it reads.
#[derive(Default)]
struct Reader(Vec<FieldProblem>);

impl Reader {
    /// `null` empties a field that may be empty.
    fn field(&mut self, edit: &mut EntryEdit, name: &str, value: Value) {
        let at = format!("/{name}");
        match name {
            "title" => edit.title = self.text(&at, &value),
            "notes" | "location" => {
                let text = if value.is_null() {
                    Some(String::new())
                } else {
                    self.text(&at, &value)
                };
                if name == "notes" {
                    edit.notes = text;
                } else {
                    edit.location = text;
                }
            }
            "start" => edit.start = self.moment(&at, value),
            "end" => edit.end = self.moment(&at, value),
            "recurrence" if value.is_null() => {
                edit.recurrence = Some(RecurrenceEdit::Lines(Vec::new()));
            }
            "recurrence" => {
                let lines = self.list(&at, value, str::parse::<String>);
                edit.recurrence = lines.map(RecurrenceEdit::Lines);
            }
            "overrides" if value.is_null() => edit.overrides = Some(Vec::new()),
            "overrides" => edit.overrides = self.overrides(&at, value),
            "attendees" if value.is_null() => edit.attendees = Some(Vec::new()),
            "attendees" => edit.attendees = self.list(&at, value, EmailAddress::parse),
            "assignees" => edit.assignees = self.list(&at, value, str::parse::<MemberId>),
            "work_item_type" => edit.work_item_type = self.choice(&at, value),
            "status" => edit.status = self.choice(&at, value),
            "private" => edit.private = self.flag(&at, &value),
            "id" | "version" | "created_at" | "updated_at" | "occurrence" => {
                self.wrong(&at, "is set by the server: leave it out");
            }
            _ => self.wrong(&at, "there is no such field"),
        }
    }

    /// Each with its original start and with what differs.
    fn overrides(
        &mut self,
        at: &str,
        value: Value,
    ) -> Option<Vec<(OriginalStart, OccurrenceEdit)>> {
        let Value::Array(lines) = value else {
            self.wrong(at, "must be a list of objects");
            return None;
        };
        let known = self.0.len();
        let mut overrides = Vec::new();
        for (number, line) in lines.into_iter().enumerate() {
            let at = format!("{at}/{number}");
            let Value::Object(mut line) = line else {
                self.wrong(&at, "must be an object");
                continue;
            };
            let original = line.remove("original").unwrap_or_default();
            let original = self.parsed(&format!("{at}/original"), &original, str::parse);
            let edit = self.occurrence(&at, line);
            overrides.extend(original.map(|original| (original, edit)));
        }
        (self.0.len() == known).then_some(overrides)
    }

    /// `null` leaves a field to the series.
    fn occurrence(&mut self, at: &str, body: Map<String, Value>) -> OccurrenceEdit {
        let mut edit = OccurrenceEdit::default();
        for (name, value) in body {
            let at = format!("{at}/{name}");
            match name.as_str() {
                "title" => edit.title = ask(value, |value| self.text(&at, &value)),
                "notes" => edit.notes = ask(value, |value| self.text(&at, &value)),
                "location" => edit.location = ask(value, |value| self.text(&at, &value)),
                "start" => edit.start = ask(value, |value| self.moment(&at, value)),
                "end" => edit.end = ask(value, |value| self.moment(&at, value)),
                "private" => edit.private = ask(value, |value| self.flag(&at, &value)),
                _ => self.wrong(&at, "an occurrence has no such field of its own"),
            }
        }
        edit
    }

    /// The summary of all problems has no pointers, so each says its place.
    fn wrong(&mut self, pointer: &str, reason: impl Into<String>) {
        let place = pointer.trim_start_matches('/');
        self.0.push(FieldProblem {
            pointer: pointer.to_owned(),
            detail: format!("{place}: {}", reason.into()),
        });
    }

    fn text(&mut self, at: &str, value: &Value) -> Option<String> {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(at, "must be a text");
        }
        text
    }

    fn flag(&mut self, at: &str, value: &Value) -> Option<bool> {
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(at, "must be true or false");
        }
        flag
    }

    fn choice<T: DeserializeOwned>(&mut self, at: &str, value: Value) -> Option<T> {
        serde_json::from_value(value)
            .map_err(|error| self.wrong(at, error.to_string()))
            .ok()
    }

    fn parsed<T, E: ToString>(
        &mut self,
        at: &str,
        value: &Value,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(&self.text(at, value)?)
            .map_err(|error| self.wrong(at, error.to_string()))
            .ok()
    }

    fn list<T, E: ToString>(
        &mut self,
        at: &str,
        value: Value,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let Value::Array(values) = value else {
            self.wrong(at, "must be a list of texts");
            return None;
        };
        let known = self.0.len();
        let items: Vec<T> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| self.parsed(&format!("{at}/{index}"), value, &parse))
            .collect();
        (self.0.len() == known).then_some(items)
    }

    /// `{"local","zone"}`, with `fold` for the second pass of a repeated hour, or `{"date"}`.
    fn moment(&mut self, at: &str, value: Value) -> Option<Moment> {
        let Value::Object(mut parts) = value else {
            self.wrong(at, r#"must be {"local","zone"} or {"date"}"#);
            return None;
        };
        let known = self.0.len();
        let moment = if let Some(date) = parts.remove("date") {
            let date = self.parsed(&format!("{at}/date"), &date, parse_date);
            date.map(|date| Moment::AllDay(DayOnly { date }))
        } else {
            self.local_time(at, &mut parts).map(Moment::Timed)
        };
        for name in parts.keys() {
            self.wrong(&format!("{at}/{name}"), "does not belong here");
        }
        moment.filter(|_| self.0.len() == known)
    }

    fn local_time(&mut self, at: &str, parts: &mut Map<String, Value>) -> Option<LocalTime> {
        let local = parts.remove("local").unwrap_or_default();
        let local = self.parsed(&format!("{at}/local"), &local, parse_local);
        let zone = parts.remove("zone").unwrap_or_default();
        let zone = self.parsed(&format!("{at}/zone"), &zone, Zone::parse);
        let fold = match parts.remove("fold") {
            Some(fold) => self.flag(&format!("{at}/fold"), &fold)?,
            None => false,
        };
        Some(LocalTime {
            fold,
            ..LocalTime::new(local?, zone?)
        })
    }
}

fn parse_date(text: &str) -> Result<Date, &'static str> {
    let wrong = "must be a date such as 2027-03-02";
    // The parser alone would also take week dates and times.
    if text.len() != "2027-03-02".len() {
        return Err(wrong);
    }
    Date::strptime("%Y-%m-%d", text).map_err(|_| wrong)
}

fn parse_local(text: &str) -> Result<DateTime, &'static str> {
    let wrong = "must be a local time such as 2027-03-02T14:00:00, without an offset";
    let format = match text.len() {
        16 => "%Y-%m-%dT%H:%M",
        19 => "%Y-%m-%dT%H:%M:%S",
        _ => return Err(wrong),
    };
    DateTime::strptime(format, text).map_err(|_| wrong)
}

/// What could not be read is noted by the reader, and asks for nothing.
fn ask<T>(value: Value, read: impl FnOnce(Value) -> Option<T>) -> Ask<T> {
    if value.is_null() {
        return Ask::AsSeries;
    }
    read(value).map_or(Ask::Keep, Ask::Set)
}
