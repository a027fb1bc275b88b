//! Refusals that AWS gives now and then and no emulator gives by itself: throttles, transaction conflicts.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use super::ApiError;

#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<BTreeMap<String, VecDeque<Option<ApiError>>>>>);

impl Faults {
    /// `None` lets one pass.
    pub(super) fn add(&self, operation: &str, error: Option<ApiError>) {
        let mut faults = self.0.lock().expect("faults");
        faults
            .entry(operation.to_owned())
            .or_default()
            .push_back(error);
    }

    pub(super) fn forget(&self) {
        self.0.lock().expect("faults").clear();
    }

    pub(super) fn take(&self, operation: &str) -> Option<ApiError> {
        self.0
            .lock()
            .expect("faults")
            .get_mut(operation)?
            .pop_front()?
    }
}
