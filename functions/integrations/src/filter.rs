//! What the filters of the log and of the error queue name.

use std::collections::BTreeMap;

use domain::integration::{EventStatus, Integration};
use serde::Deserialize;
use shared::{store::StuckPlace, web::Flaws};

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
    pub(crate) fn read(self) -> (Asked, Flaws) {
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
            cursor: flaws.place(&self.cursor),
            ..Asked::default()
        };
        flaws.unknown(&self.others);
        (asked, flaws)
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
    pub(crate) fn read(self) -> (Filter, Option<StuckPlace>, Flaws) {
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
        let cursor = flaws.place(&self.cursor);
        (filter, cursor, flaws)
    }
}
