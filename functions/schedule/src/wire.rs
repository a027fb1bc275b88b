//! Entries as JSON. Requests are read by hand, so that everything wrong with one is told at once, each with its pointer.

use domain::{
    entry::{Entry, EntryEdit, EntryStatus, RecurrenceEdit, WorkItemType},
    id::{EntryId, MemberId},
    member::EmailAddress,
    series::{Changes, Exception, Occurrence, OriginalStart},
    time::{DayOnly, LocalTime, Moment, Zone},
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use shared::problem::FieldProblem;

#[derive(Serialize)]
pub(crate) struct EntryJson {
    id: EntryId,
    version: u64,
    title: String,
    notes: String,
    location: String,
    start: Moment,
    end: Moment,
    recurrence: Vec<String>,
    /// Occurrences that differ from the series, each with what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<Span>,
    work_item_type: WorkItemType,
    status: EntryStatus,
    assignees: Vec<MemberId>,
    attendees: Vec<EmailAddress>,
    private: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Span {
    /// Which occurrence of its series, by its original start.
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<OriginalStart>,
    start: Moment,
    end: Moment,
}

#[derive(Serialize)]
struct Override {
    original: OriginalStart,
    #[serde(flatten)]
    changes: Changes,
}

impl EntryJson {
    pub(crate) fn new(entry: Entry) -> Self {
        let (start, end) = entry.content.timing.when.moments();
        let overrides = entry
            .content
            .exceptions
            .iter()
            .filter_map(|(original, exception)| {
                match exception {
                    // An `EXDATE` says so.
                    Exception::Cancelled => None,
                    Exception::Changed(changes) => Some(Override {
                        original,
                        changes: changes.clone(),
                    }),
                }
            });
        Self {
            id: entry.id,
            version: entry.version,
            overrides: overrides.collect(),
            recurrence: entry.content.recurrence_lines(),
            title: entry.content.title,
            notes: entry.content.notes,
            location: entry.content.location,
            start,
            end,
            occurrence: None,
            work_item_type: entry.work_item_type,
            status: entry.status,
            assignees: entry.assignees,
            attendees: entry.attendees,
            private: entry.content.private,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }

    /// One occurrence of the entry, with its own words where they differ.
    pub(crate) fn occurring(entry: Entry, one: &Occurrence) -> Self {
        let content = &one.content;
        let (start, end) = content.timing.when.moments();
        Self {
            title: content.title.clone(),
            notes: content.notes.clone(),
            location: content.location.clone(),
            private: content.private,
            occurrence: Some(Span {
                original: one.original,
                start,
                end,
            }),
            ..Self::new(entry)
        }
    }
}

/// What a request asks for, and what of it could not be read.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) edit: EntryEdit,
    pub(crate) problems: Vec<FieldProblem>,
}

impl Asked {
    pub(crate) fn read(body: Map<String, Value>) -> Self {
        let mut asked = Self::default();
        for (name, value) in body {
            asked.field(&name, value);
        }
        asked
    }

    /// `null` empties a field that may be empty.
    fn field(&mut self, name: &str, value: Value) {
        let at = format!("/{name}");
        match name {
            "title" => self.edit.title = self.text(&at, &value),
            "notes" | "location" => {
                let text = if value.is_null() {
                    Some(String::new())
                } else {
                    self.text(&at, &value)
                };
                if name == "notes" {
                    self.edit.notes = text;
                } else {
                    self.edit.location = text;
                }
            }
            "start" => self.edit.start = self.moment(&at, value),
            "end" => self.edit.end = self.moment(&at, value),
            "recurrence" if value.is_null() => {
                self.edit.recurrence = Some(RecurrenceEdit::Lines(Vec::new()));
            }
            "recurrence" => {
                let lines = self.list(&at, value, str::parse::<String>);
                self.edit.recurrence = lines.map(RecurrenceEdit::Lines);
            }
            "attendees" if value.is_null() => self.edit.attendees = Some(Vec::new()),
            "attendees" => self.edit.attendees = self.list(&at, value, EmailAddress::parse),
            "assignees" => self.edit.assignees = self.list(&at, value, str::parse::<MemberId>),
            "work_item_type" => self.edit.work_item_type = self.choice(&at, value),
            "status" => self.edit.status = self.choice(&at, value),
            "private" => self.edit.private = self.flag(&at, &value),
            "id" | "version" | "created_at" | "updated_at" | "occurrence" | "overrides" => {
                self.wrong(&at, "is set by the server: leave it out");
            }
            _ => self.wrong(&at, "there is no such field"),
        }
    }

    /// The summary of all problems has no pointers, so each says its place.
    fn wrong(&mut self, pointer: &str, reason: impl Into<String>) {
        let place = pointer.trim_start_matches('/');
        self.problems.push(FieldProblem {
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
        let known = self.problems.len();
        let items: Vec<T> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| self.parsed(&format!("{at}/{index}"), value, &parse))
            .collect();
        (self.problems.len() == known).then_some(items)
    }

    /// `{"local","zone"}`, with `fold` for the second pass of a repeated hour, or `{"date"}`.
    fn moment(&mut self, at: &str, value: Value) -> Option<Moment> {
        let Value::Object(mut parts) = value else {
            self.wrong(at, r#"must be {"local","zone"} or {"date"}"#);
            return None;
        };
        let known = self.problems.len();
        let moment = if let Some(date) = parts.remove("date") {
            let date = self.parsed(&format!("{at}/date"), &date, parse_date);
            date.map(|date| Moment::AllDay(DayOnly { date }))
        } else {
            self.local_time(at, &mut parts).map(Moment::Timed)
        };
        for name in parts.keys() {
            self.wrong(&format!("{at}/{name}"), "does not belong here");
        }
        moment.filter(|_| self.problems.len() == known)
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
