//! What the world is told, and what operators are.

use domain::id::OutboxId;
use jiff::{SignedDuration, Timestamp};

use super::{
    TenantStore,
    item::{Item, Write},
    keys,
    table::StoreError,
};
use crate::{ids, outbox::OutboxRow};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 3);

impl TenantStore {
    /// To be written with what it tells of: the row for the bus, and the line of the integration log that goes with it.
    pub(super) fn told(&self, row: &OutboxRow, now: Timestamp) -> Result<Vec<Write>, StoreError> {
        let id = ids::mint(self.tenant, now, OutboxId::from_parts);
        let item = Item::new(
            "outbox",
            keys::outbox(self.tenant, id),
            Some(self.tenant),
            row,
        );
        let mut writes = vec![item.expires_at(now + KEPT_FOR).put()?];
        if let Some(event) = &row.event {
            writes.extend(self.event_writes(event)?);
        }
        Ok(writes)
    }
}
