//! Every request that a simulator saw, so that calls can be counted and refusals read.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// Older entries are forgotten; the counts of a caller's `since` stay right within this bound.
const ENTRIES_MAX: usize = 50_000;

#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub seq: u64,
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// The path with its parameters named: what calls are counted by.
    pub route: String,
    /// The provider's own name for the call, such as `events.insert`.
    pub operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Absent where the connection was cut instead of answered.
    pub status: Option<u16>,
    /// What this simulator does not know by name; such a request is a mistake of its sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// It came as a part of a batch, which is a call of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub batched: bool,
}

#[derive(Debug, Default)]
pub struct RequestLog {
    entries: VecDeque<Entry>,
    last_seq: u64,
    calls: u64,
}

impl RequestLog {
    pub fn record(&mut self, mut entry: Entry) {
        self.last_seq += 1;
        self.calls += u64::from(!entry.batched);
        entry.seq = self.last_seq;
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// How often the service was called, remembered or not.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Everything after `since`: the requests, counts by route and by operation, and the refusals by themselves. A batch
    /// counts once in the total; what is in it, by operation and by route.
    pub fn report(&self, since: u64) -> Value {
        let mut by_route: BTreeMap<String, u64> = BTreeMap::new();
        let mut by_operation: BTreeMap<&str, u64> = BTreeMap::new();
        let entries: Vec<&Entry> = self.entries.iter().filter(|e| e.seq > since).collect();
        for entry in &entries {
            *by_route
                .entry(format!("{} {}", entry.method, entry.route))
                .or_default() += 1;
            *by_operation.entry(&entry.operation).or_default() += 1;
        }
        let (batched, calls): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.batched);
        let violations: Vec<&&Entry> = entries.iter().filter(|e| e.refused.is_some()).collect();
        json!({
            "next": self.last_seq,
            "total": calls.len(),
            "batched": batched.len(),
            "counts": by_route,
            "operations": by_operation,
            "violations": violations,
            "requests": entries,
        })
    }
}
