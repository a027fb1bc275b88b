//! Items that do not sync. Those that fail stand before those that are refused, so that however many are refused, none
//! that has to be tried again is overlooked.

use std::{fmt, str::FromStr};

use domain::{
    connection::Connection,
    id::{CalendarId, ConnectionId, ItemId},
    integration::IntegrationEvent,
    item::{ItemState, StuckItem},
};
use jiff::Timestamp;

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Attributes, Range, StoreError, Write, read},
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

/// An item, and whose it is.
#[derive(Clone, Debug)]
pub struct StuckOne {
    pub connection: ConnectionId,
    pub item: StuckItem,
    /// Where it stands among all.
    pub place: StuckPlace,
}

/// Where an item stands among those of all connections, or may stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StuckPlace(String);

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this is no place of the list; take the one that it answered")]
pub struct NoPlace;

impl FromStr for StuckPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(3, '#');
        let connection = parts.next().and_then(|id| id.parse::<ConnectionId>().ok());
        let lane = parts.next().filter(|lane| matches!(*lane, "F" | "R"));
        let is_last = |item: &str| item == LAST;
        let item = parts.next();
        let item = item.filter(|item| is_last(item) || item.parse::<ItemId>().is_ok());
        match (connection, lane, item) {
            (Some(_), Some(_), Some(_)) => Ok(Self(text.to_owned())),
            _ => Err(NoPlace),
        }
    }
}

impl fmt::Display for StuckPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Behind every id.
const LAST: &str = "\u{10FFFF}";

impl StuckOne {
    fn read(row: Attributes) -> Result<Self, StoreError> {
        let key: keys::Key = read(row.clone())?;
        let connection = keys::connection_stuck(&key);
        let connection = connection.ok_or_else(|| StoreError::Corrupt {
            what: "item",
            source: format!("its key is {}", key.sk).into(),
        })?;
        Ok(Self {
            connection,
            item: read(row)?,
            place: StuckPlace(key.sk),
        })
    }
}

impl StuckOne {
    /// Where items go on behind those of its connection that are refused, if it is one: they are the last of it.
    pub fn behind_refused(&self) -> Option<StuckPlace> {
        let refused = format!("{}R#", keys::stuck_of(self.connection));
        let is_refused = self.place.0.starts_with(&refused);
        is_refused.then(|| StuckPlace(refused + LAST))
    }
}

impl TenantStore {
    pub async fn stuck_items(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<StuckItem>, StoreError> {
        let pk = keys::stuck_items(self.tenant);
        let of_connection = keys::stuck_of(connection);
        self.table
            .range(Range::prefix(&pk, &of_connection, ITEMS_MAX))
            .await
    }

    /// Some of those of all connections, or of one, in an order that does not change, from after a place on.
    pub async fn stuck_items_of_all(
        &self,
        connection: Option<ConnectionId>,
        after: Option<&StuckPlace>,
        limit: usize,
    ) -> Result<Vec<StuckOne>, StoreError> {
        let pk = keys::stuck_items(self.tenant);
        let prefix = connection.map(keys::stuck_of).unwrap_or_default();
        let mut range = Range::prefix(&pk, &prefix, limit);
        if let Some(after) = after {
            // The first text behind it.
            range.from = format!("{after}\0");
        }
        if range.from > range.to {
            return Ok(Vec::new());
        }
        let rows = self.table.range_of_items(range).await?;
        rows.into_iter().map(StuckOne::read).collect()
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
        event: Option<&IntegrationEvent>,
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
        if let Some(event) = event {
            writes.extend(self.event_writes(event)?);
        }
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
