//! What we say of changes that are held.

use jiff::Timestamp;

use super::{EventStatus, IntegrationEvent};
use crate::{
    connection::Connection,
    hold::Hold,
    id::IntegrationEventId,
    sync::brake::{Brake, Way},
};

impl IntegrationEvent {
    /// What the calendar and its events are called stays with their owner.
    pub fn held(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        hold: &Hold,
    ) -> Self {
        let count = hold.count;
        let what = match (hold.way, hold.brake) {
            (Way::Changes | Way::Comparison, Brake::Deletions) => {
                format!("{count} events are gone from a calendar at once")
            }
            (Way::Changes | Way::Comparison, Brake::Overwrites) => {
                format!("{count} events changed in a calendar at once")
            }
            (Way::Entries, Brake::Deletions) => {
                format!("{count} entries of a calendar were removed from the schedule at once")
            }
            (Way::Entries, Brake::Overwrites) => {
                format!("{count} entries of a calendar changed in the schedule at once")
            }
        };
        let message = format!(
            "{what}. Nothing of it is carried out until the account's owner confirms it or has it put back."
        );
        let (name, status) = ("changes.held", EventStatus::Warning);
        Self {
            correlation_id: hold.id.to_string(),
            ..Self::of(id, at, connection, name, status, message)
        }
    }
}
