//! EventBridge: what was put on a bus, kept in a bounded list for tests to read.

use std::{collections::VecDeque, path::Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiError, endpoint::request, faults::Faults, kept::Kept, names};
use crate::clock::WorldClock;

const KEPT: usize = 1_000;
/// What a fault for one entry of a put is filed under.
const ENTRY: &str = "PutEvents.Entry";
const MAX_BYTES: usize = 256 * 1024;

/// An entry that was accepted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PutEvent {
    pub id: String,
    pub bus: String,
    pub source: String,
    pub detail_type: String,
    pub detail: Value,
    pub resources: Vec<String>,
    pub at: Timestamp,
}

pub(super) struct Events {
    clock: WorldClock,
    kept: Kept<VecDeque<PutEvent>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    time: Option<f64>,
}

impl Events {
    pub(super) fn open(clock: WorldClock, directory: Option<&Path>) -> anyhow::Result<Self> {
        let kept = Kept::open(directory, "events.json")?;
        Ok(Self { clock, kept })
    }

    pub(super) fn save(&self) -> anyhow::Result<()> {
        self.kept.save()
    }

    pub(super) fn seen(&self) -> Vec<PutEvent> {
        self.kept.read(|events| events.iter().cloned().collect())
    }

    pub(super) fn answer(
        &self,
        operation: &str,
        body: &[u8],
        faults: &Faults,
    ) -> Result<Value, ApiError> {
        if operation != "PutEvents" {
            return Err(ApiError::new(
                "UnknownOperationException",
                format!("the EventBridge stand-in does not know the operation {operation}"),
            ));
        }
        let PutEvents { entries } = request(body)?;
        check_request(&entries)?;
        let mut failed = 0;
        let results: Vec<Value> = entries
            .into_iter()
            .map(|entry| {
                let fault = faults.take(ENTRY);
                match fault.map_or_else(|| accept(entry, self.clock.now()), Err) {
                    Ok(event) => {
                        let id = event.id.clone();
                        self.keep(event);
                        json!({ "EventId": id })
                    }
                    Err(error) => {
                        failed += 1;
                        json!({ "ErrorCode": error.code, "ErrorMessage": error.message })
                    }
                }
            })
            .collect();
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    fn keep(&self, event: PutEvent) {
        self.kept.change(|events| {
            if events.len() == KEPT {
                events.pop_front();
            }
            events.push_back(event);
        });
    }
}

fn check_request(entries: &[Entry]) -> Result<(), ApiError> {
    if !(1..=10).contains(&entries.len()) {
        return Err(ApiError::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have \
                 length between 1 and 10; it has {}",
                entries.len()
            ),
        ));
    }
    let bytes: usize = entries.iter().map(Entry::bytes).sum();
    if bytes > MAX_BYTES {
        return Err(ApiError::new(
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        ));
    }
    Ok(())
}

fn accept(entry: Entry, now: Timestamp) -> Result<PutEvent, ApiError> {
    let source = required("Source", entry.source)?;
    if source.starts_with("aws.") {
        return Err(ApiError::new(
            "NotAuthorizedForSourceException",
            "Not authorized for the source.",
        ));
    }
    let detail_type = required("DetailType", entry.detail_type)?;
    let detail = required("Detail", entry.detail)?;
    let detail: Value = serde_json::from_str(&detail)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| ApiError::new("MalformedDetail", "Detail is malformed."))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole milliseconds of a time in range"
    )]
    let time = |seconds: f64| Timestamp::from_millisecond((seconds * 1000.0) as i64).unwrap_or(now);
    Ok(PutEvent {
        id: names::uuid(),
        bus: entry.event_bus_name.unwrap_or_else(|| "default".to_owned()),
        source,
        detail_type,
        detail,
        resources: entry.resources,
        at: entry.time.map_or(now, time),
    })
}

fn required(name: &str, value: Option<String>) -> Result<String, ApiError> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        ApiError::new(
            "InvalidArgument",
            format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
        )
    })
}

impl Entry {
    /// As AWS counts them: 14 for a time, then the UTF-8 length of each text.
    fn bytes(&self) -> usize {
        let text = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        let time = self.time.map_or(0, |_| 14);
        let resources: usize = self.resources.iter().map(String::len).sum();
        time + text(&self.source) + text(&self.detail_type) + text(&self.detail) + resources
    }
}
