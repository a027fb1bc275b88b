//! Refusals that AWS gives now and then and no emulator gives by itself: throttles, transaction conflicts.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use super::ApiError;

#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<Planned>>);

#[derive(Debug, Default)]
struct Planned {
    /// By operation. `None` lets one pass.
    next: BTreeMap<String, VecDeque<Option<ApiError>>>,
    /// What becomes of requests that speak of something, until told otherwise.
    about: Vec<(String, Trouble)>,
}

/// What a request meets instead of its answer.
#[derive(Clone, Debug)]
pub enum Trouble {
    Refused(ApiError),
    /// Nothing, for as long as anybody waits.
    Silence,
}

impl Faults {
    /// `None` lets one pass.
    pub(super) fn add(&self, operation: &str, error: Option<ApiError>) {
        let mut planned = self.0.lock().expect("faults");
        let of_operation = planned.next.entry(operation.to_owned()).or_default();
        of_operation.push_back(error);
    }

    pub(super) fn add_about(&self, what: &str, trouble: Trouble) {
        let mut planned = self.0.lock().expect("faults");
        planned.about.push((what.to_owned(), trouble));
    }

    pub(super) fn forget(&self) {
        *self.0.lock().expect("faults") = Planned::default();
    }

    pub(super) fn take(&self, operation: &str) -> Option<ApiError> {
        let mut planned = self.0.lock().expect("faults");
        planned.next.get_mut(operation)?.pop_front()?
    }

    /// What a request meets that says this.
    pub(super) fn about(&self, body: &[u8]) -> Option<Trouble> {
        let planned = self.0.lock().expect("faults");
        if planned.about.is_empty() {
            return None;
        }
        let body = String::from_utf8_lossy(body);
        let mut about = planned.about.iter();
        about
            .find(|(what, _)| body.contains(what.as_str()))
            .map(|(_, trouble)| trouble.clone())
    }
}
