//! How it goes with the subscriptions of a connection, and who sees to them: one worker at a time, on a timer of its own.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    connection::Provider,
    id::{ConnectionId, TenantId},
    subscription::Upkeep,
    sync::sweep::Overdue,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    demand::row::{Change, Lane, due_at, due_since, number, shard_of, text},
    item::{Guard, Item, Write},
    keys,
    table::{StoreError, Update, read},
};
use crate::{outbox::OutboxRow, verified::verified};

/// Longer than a worker needs for all calendars of an account; a claim whose worker died is free afterwards.
const CLAIM: SignedDuration = SignedDuration::from_mins(2);

#[derive(Serialize, Deserialize)]
struct Row {
    provider: Provider,
    upkeep: Upkeep,
    held_until: i64,
    #[serde(rename = "GSI2PK")]
    shard: String,
    #[serde(rename = "GSI2SK")]
    due: String,
}

#[derive(Deserialize)]
struct Owner {
    t: TenantId,
    provider: Provider,
    #[serde(rename = "GSI2SK")]
    due: String,
}

/// A connection whose subscriptions are to be looked at. Its row says whose it is.
#[derive(Clone, Copy, Debug)]
pub struct DueUpkeep {
    tenant: TenantId,
    pub connection: ConnectionId,
}
verified!(DueUpkeep);

/// The right to change a connection's subscriptions, for a while.
pub struct Claim {
    connection: ConnectionId,
    held_until: i64,
    pub upkeep: Upkeep,
}

/// Whose turn it is where subscriptions fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Not before the next try is due.
    WhenDue,
    Now,
}

impl Store {
    /// Connections of one shard whose subscriptions are to be looked at, the longest overdue first.
    pub async fn upkeeps_due(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<Overdue<DueUpkeep>>, StoreError> {
        let mut found = Vec::new();
        let due = self.timers(Lane::Upkeep, shard, now, limit).await?;
        for connection in due.iter().filter_map(keys::connection_asked) {
            let row: Option<Owner> = self.table.get(&keys::upkeep(connection)).await?;
            found.extend(row.map(|row| Overdue {
                since: due_since(&row.due).unwrap_or(now),
                provider: row.provider,
                what: DueUpkeep {
                    tenant: row.t,
                    connection,
                },
            }));
        }
        Ok(found)
    }
}

impl TenantStore {
    pub async fn upkeep(&self, connection: ConnectionId) -> Result<Option<Upkeep>, StoreError> {
        let found = self.table.get_item(&keys::upkeep(connection)).await?;
        let Some(item) = found else { return Ok(None) };
        let owner: Owner = read(item.clone())?;
        if owner.t != self.tenant {
            return Ok(None);
        }
        Ok(Some(read::<Row>(item)?.upkeep))
    }

    /// The first sync subscribes; should it never come to that, the timer does.
    pub(super) fn new_upkeep(
        &self,
        connection: ConnectionId,
        provider: Provider,
        due: Timestamp,
    ) -> Result<Write, StoreError> {
        let row = Row {
            provider,
            upkeep: Upkeep::default(),
            held_until: 0,
            shard: shard_of(Lane::Upkeep, connection),
            due: due_at(due),
        };
        Item::new("upkeep", keys::upkeep(connection), Some(self.tenant), &row)
            .guarded(Guard::Absent)
            .put()
    }

    /// `None`: somebody else is at it, a failure is to be waited for, or the connection is gone.
    pub async fn claim_upkeep(
        &self,
        connection: ConnectionId,
        turn: Turn,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let held_until = (now + CLAIM).as_millisecond();
        let waits = match turn {
            Turn::WhenDue => " AND (upkeep.failures = :zero OR GSI2SK < :due)",
            Turn::Now => "",
        };
        let mut change = Change::new(
            "SET held_until = :until, GSI2SK = :again",
            &format!("t = :t AND held_until < :now{waits}"),
        )
        .value(":until", number(held_until))
        .value(":again", text(due_at(now + CLAIM)))
        .value(":now", number(now.as_millisecond()))
        .value(":t", text(self.tenant));
        if turn == Turn::WhenDue {
            change = change
                .value(":zero", number(0))
                .value(":due", text(due_at(now)));
        }
        let claimed = self.table.update(on_upkeep(change, connection)).await?;
        let Ok(item) = claimed else { return Ok(None) };
        Ok(Some(Claim {
            connection,
            held_until,
            upkeep: read::<Row>(item)?.upkeep,
        }))
    }

    /// Gives the claim back and notes how it went. `Conflict`: it had run out, and somebody else has it.
    pub async fn end_upkeep(
        &self,
        claim: &Claim,
        upkeep: &Upkeep,
        next_at: Timestamp,
        news: Option<&OutboxRow>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let upkeep: AttributeValue =
            serde_dynamo::to_attribute_value(upkeep).map_err(|source| StoreError::Corrupt {
                what: "upkeep",
                source: Box::new(source),
            })?;
        let change = Change::new(
            "SET upkeep = :upkeep, held_until = :zero, GSI2SK = :due",
            "t = :t AND held_until = :held",
        )
        .value(":upkeep", upkeep)
        .value(":zero", number(0))
        .value(":due", text(due_at(next_at)))
        .value(":held", number(claim.held_until))
        .value(":t", text(self.tenant));
        let mut writes = vec![Write::update(on_upkeep(change, claim.connection))];
        if let Some(news) = news {
            writes.extend(self.told(news, now)?);
        }
        self.table.write(writes).await
    }
}

fn on_upkeep(change: Change, connection: ConnectionId) -> Update {
    Update {
        key: keys::upkeep(connection),
        ..change.on(connection)
    }
}
