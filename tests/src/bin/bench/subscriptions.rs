//! Ninety days of subscriptions, over the whole product on a virtual clock, in each kind of trouble.
//!
//! The clock goes from one due thing to the next: a look at a connection (as the sweep finds it within the minute), a
//! renewal (within the quarter of an hour), a person's change, the end of a subscription, the beginning or end of trouble.
//! What is counted is counted whenever all is at rest. Each kind has a world of its own, and they are played side by side.

mod play;
mod trouble;
mod watched;

use domain::connection::Provider;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{Measured, table::Table};
use trouble::Trouble;

/// Of each provider and in each kind of trouble.
const CONNECTIONS: usize = 1;

pub(crate) async fn run(providers: &[Provider], days: i64) -> anyhow::Result<Measured> {
    let table = Table::begin(
        &format!("Subscriptions over {days} days"),
        &[
            ("trouble", 18),
            ("connections", 11),
            ("days", 4),
            ("renewals", 8),
            ("at the end", 10),
            ("at once", 7),
            ("unheeded min", 12),
            ("changes", 7),
            ("not found", 9),
            ("found within", 12),
            ("leaked", 6),
        ],
    )?;
    let mut kinds = JoinSet::new();
    for trouble in Trouble::ALL {
        kinds.spawn(play::play(trouble, providers.to_vec(), days));
    }
    let (mut rows, mut good) = (Vec::new(), true);
    while let Some(played) = kinds.join_next().await {
        let counts = played??;
        table.row(&counts.cells())?;
        good &= counts.are_good();
        rows.push(counts.json());
    }
    Table::note(
        "at the end, at once: subscriptions at the provider, of all and at most for one connection; unheeded: minutes in \
         which a connection that could be looked at had neither a subscription nor a poll within its time",
    )?;
    Ok(Measured { rows, good })
}

struct Counts {
    trouble: Trouble,
    connections: usize,
    days: i64,
    renewals: i64,
    /// At the provider when all is over.
    left: usize,
    at_once: usize,
    unheeded: SignedDuration,
    changes: usize,
    not_found: usize,
    found_within: SignedDuration,
    /// The most at a time that the provider knew and we did not.
    leaked: usize,
}

impl Counts {
    fn are_good(&self) -> bool {
        let found = self.changes > 0 && self.not_found == 0;
        let subscribed = self.left == self.connections && self.leaked == 0;
        found && subscribed && self.unheeded.is_zero()
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.trouble.name().to_owned(),
            self.connections.to_string(),
            self.days.to_string(),
            self.renewals.to_string(),
            self.left.to_string(),
            self.at_once.to_string(),
            self.unheeded.as_mins().to_string(),
            self.changes.to_string(),
            self.not_found.to_string(),
            format!("{} min", self.found_within.as_secs().div_euclid(60) + 1),
            self.leaked.to_string(),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "trouble": self.trouble.name(),
            "connections": self.connections,
            "days": self.days,
            "renewals": self.renewals,
            "subscriptions_at_the_end": self.left,
            "subscriptions_at_once": self.at_once,
            "unheeded_min": self.unheeded.as_mins(),
            "changes": self.changes,
            "changes_not_found": self.not_found,
            "found_within_s": self.found_within.as_secs(),
            "leaked": self.leaked,
        })
    }
}
