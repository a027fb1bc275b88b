//! How often each operation was asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde::Serialize;

/// Requests since the start, summed by service and by operation (`SecretsManager` targets as on the wire).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AwsCounters {
    pub table_requests: u64,
    pub queue_sends: u64,
    pub secret_requests: u64,
    pub event_puts: u64,
    pub operations: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Counting(Arc<Mutex<AwsCounters>>);

impl Counting {
    pub(super) fn count(&self, service: &str, operation: &str) {
        let mut counters = self.0.lock().expect("counters");
        match (service, operation) {
            ("DynamoDB_20120810", _) => counters.table_requests += 1,
            ("AmazonSQS", "SendMessage" | "SendMessageBatch") => counters.queue_sends += 1,
            ("secretsmanager", _) => counters.secret_requests += 1,
            ("AWSEvents", "PutEvents") => counters.event_puts += 1,
            _ => {}
        }
        *counters
            .operations
            .entry(format!("{service}.{operation}"))
            .or_default() += 1;
    }

    pub(super) fn seen(&self) -> AwsCounters {
        self.0.lock().expect("counters").clone()
    }
}
