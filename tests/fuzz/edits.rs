//! Real samples, edited: what is nearly right gets further than noise.

use proptest::prelude::*;
use serde_json::Value;

/// Words that mean something somewhere, or nearly.
const WORDS: [&str; 48] = [
    "",
    " ",
    ".",
    ",",
    ";",
    ":",
    "=",
    "-",
    "0",
    "-1",
    "1",
    "32",
    "366",
    "99999999999999999999",
    "FREQ=",
    "DAILY",
    "WEEKLY",
    "MONTHLY",
    "YEARLY",
    "BYDAY=",
    "BYMONTHDAY=",
    "BYSETPOS=",
    "BYYEARDAY=",
    "BYWEEKNO=53",
    "UNTIL=",
    "COUNT=",
    "INTERVAL=",
    "INTERVAL=4294967295",
    "-53MO",
    "RRULE:",
    "RDATE:",
    "EXDATE;VALUE=DATE:",
    "TZID=Europe/Berlin",
    "99991231T235959Z",
    "00010101",
    "2026-11-02T08:00:00",
    "9999-12-31T23:59:59Z",
    "-9999-01-01",
    "Europe/Berlin",
    "UTC",
    "cancelled",
    "html",
    "<a href=\"",
    "&#x110000;",
    "absoluteMonthly",
    "last",
    "v1.",
    "\u{1F4C5}\u{0301}",
];

/// What is copied into itself doubles.
const EDITS_MAX: usize = 8;

/// A change at some place of a sample.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Replace {
        at: u16,
        by: Piece,
    },
    Remove {
        at: u16,
    },
    /// What stands at one place is put at another too.
    Copy {
        from: u16,
        to: u16,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Nothing,
    Flag(bool),
    Number(i64),
    Word(u8),
    Words { word: u8, times: u16 },
    Text(String),
}

/// As many as a sample can bear.
pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        1 => Just(Piece::Nothing),
        1 => any::<bool>().prop_map(Piece::Flag),
        2 => any::<i64>().prop_map(Piece::Number),
        6 => any::<u8>().prop_map(Piece::Word),
        1 => (any::<u8>(), any::<u16>()).prop_map(|(word, times)| Piece::Words { word, times }),
        2 => any::<String>().prop_map(Piece::Text),
    ];
    let edit = prop_oneof![
        4 => (any::<u16>(), piece).prop_map(|(at, by)| Edit::Replace { at, by }),
        1 => any::<u16>().prop_map(|at| Edit::Remove { at }),
        2 => any::<(u16, u16)>().prop_map(|(from, to)| Edit::Copy { from, to }),
    ];
    prop::collection::vec(edit, 0..=EDITS_MAX)
}

/// Noise, half of it in the letters of JSON.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "[\\[\\]{}\",:0-9.eE+ntf-]{0,12}".prop_map(String::into_bytes),
    ]
}

impl Piece {
    fn text(&self) -> String {
        let word = |at: u8| WORDS[usize::from(at) % WORDS.len()];
        match self {
            Self::Nothing => String::new(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Word(at) => word(*at).to_owned(),
            Self::Words { word: at, times } => word(*at).repeat(usize::from(*times)),
            Self::Text(text) => text.clone(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Word(_) | Self::Words { .. } | Self::Text(_) => self.text().into(),
        }
    }
}

fn pick<T>(all: &[T], at: u16) -> Option<&T> {
    all.get(usize::from(at) % all.len().max(1))
}

/// One of these samples, with the edits made.
pub(crate) fn edited_json(samples: &[Value], which: u16, edits: &[Edit]) -> Value {
    let mut json = pick(samples, which).cloned().unwrap_or_default();
    for edit in edits {
        let mut places = Vec::new();
        pointers(&json, String::new(), &mut places);
        let place = |at: u16| pick(&places, at).cloned().unwrap_or_default();
        match edit {
            Edit::Replace { at, by } => put(&mut json, &place(*at), by.json()),
            Edit::Remove { at } => remove(&mut json, &place(*at)),
            Edit::Copy { from, to } => {
                let copied = json.pointer(&place(*from)).cloned();
                put(&mut json, &place(*to), copied.unwrap_or_default());
            }
        }
    }
    json
}

fn put(json: &mut Value, place: &str, value: Value) {
    if let Some(old) = json.pointer_mut(place) {
        *old = value;
    }
}

fn remove(json: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else {
        return;
    };
    match json.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(name.parse().unwrap());
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
}

fn pointers(json: &Value, path: String, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(path);
}

/// The text with the edits made; a place is one between two characters, or the part between two separators.
pub(crate) fn edited_text(sample: &str, edits: &[Edit]) -> String {
    let mut parts: Vec<String> = sample
        .split_inclusive([';', '=', ':', ',', '.'])
        .map(str::to_owned)
        .collect();
    for edit in edits {
        let places = parts.len().max(1);
        let place = |at: u16| usize::from(at) % places;
        match edit {
            Edit::Replace { at, by } if parts.is_empty() => {
                parts.push(format!("{at}{}", by.text()));
            }
            Edit::Replace { at, by } => parts[place(*at)] = by.text(),
            Edit::Remove { at } if parts.is_empty() => parts.push(at.to_string()),
            Edit::Remove { at } => drop(parts.remove(place(*at))),
            Edit::Copy { from, to } => {
                let copied = parts.get(place(*from)).cloned().unwrap_or_default();
                parts.insert(place(*to).min(parts.len()), copied);
            }
        }
    }
    parts.concat()
}
