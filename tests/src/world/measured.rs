//! What the functions measured, read from the lines that `CloudWatch` would read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use shared::metrics::Metrics;

use super::wire::Wire;

/// By name, the sum of each metric since the start.
pub(super) type Measured = Arc<Mutex<BTreeMap<String, i64>>>;

pub(super) fn collected(into: &Measured, wire: &Wire) -> Metrics {
    let (into, wire) = (Arc::clone(into), wire.clone());
    Metrics::to(move |line| {
        wire.measured(&line);
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array();
        let mut sums = into.lock().unwrap_or_else(PoisonError::into_inner);
        for name in metrics
            .into_iter()
            .flatten()
            .filter_map(|metric| metric["Name"].as_str())
        {
            *sums.entry(name.to_owned()).or_default() += line[name].as_i64().unwrap_or_default();
        }
    })
}

impl super::World {
    pub fn measured(&self) -> BTreeMap<String, i64> {
        let sums = self.measured.lock();
        sums.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
