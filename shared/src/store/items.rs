//! Items that do not sync. Those that fail stand before those that are refused, so that however many are refused, none
//! that has to be tried again is overlooked.

use domain::{
    connection::Connection,
    id::{CalendarId, ConnectionId, ItemId},
    item::{ItemState, StuckItem},
};
use jiff::Timestamp;

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, Write},
};
use crate::ids;

const ITEMS_MAX: usize = 1_000;

/// The same item has the same id, however often it is met.
pub fn item_id(connection: &Connection, calendar: CalendarId, item: &str) -> ItemId {
    let name = format!("{}|{calendar}|{item}", connection.id);
    ids::derive(
        connection.tenant,
        Timestamp::UNIX_EPOCH,
        &name,
        ItemId::from_parts,
    )
}

fn lane(state: &ItemState) -> char {
    match state {
        ItemState::Failing { .. } | ItemState::Dead { .. } => 'F',
        ItemState::Refused { .. } => 'R',
    }
}

const LANES: [char; 2] = ['F', 'R'];

impl TenantStore {
    pub async fn stuck_items(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<StuckItem>, StoreError> {
        let pk = keys::stuck_of(self.tenant, connection);
        self.table.range(Range::prefix(&pk, "", ITEMS_MAX)).await
    }

    pub async fn stuck_item(
        &self,
        connection: ConnectionId,
        id: ItemId,
    ) -> Result<Option<StuckItem>, StoreError> {
        let keys = LANES.map(|lane| keys::stuck(self.tenant, connection, lane, id));
        Ok(self.table.get_many(&keys).await?.pop())
    }

    pub async fn put_stuck_item(
        &self,
        connection: ConnectionId,
        stuck: &StuckItem,
    ) -> Result<(), StoreError> {
        let own = lane(&stuck.state);
        let mut writes = LANES
            .into_iter()
            .map(|lane| {
                let key = keys::stuck(self.tenant, connection, lane, stuck.id);
                if lane == own {
                    Item::new("stuck_item", key, Some(self.tenant), stuck).put()
                } else {
                    Ok(Write::delete(key, Some(self.tenant), &Guard::Any))
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        writes.push(self.not_closed(connection));
        self.table.write(writes).await
    }

    pub async fn clear_stuck_item(
        &self,
        connection: ConnectionId,
        stuck: &StuckItem,
    ) -> Result<(), StoreError> {
        let key = keys::stuck(self.tenant, connection, lane(&stuck.state), stuck.id);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &Guard::Any)])
            .await
    }
}
