//! The end of a connection: one row that outlives all others of it, and every write that takes something away.

mod records;

use domain::{
    audit::AuditEntry,
    conflict::{Conflict, ConflictState},
    ending::{Done, Ending},
    id::ConnectionId,
    link::{EventLink, LinkState},
    member::Member,
    subscription::Subscription,
    sync::pace::Pace,
    trace::Trace,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

pub(super) use records::AT_ONCE;
pub use records::Family;

use super::{
    ConnectionRow, LinkWrite, TenantStore,
    demand::row::{Change, number, text},
    item::{Guard, Item, Write},
    keys,
    purges::Timed,
    table::{StoreError, read},
};
use crate::{outbox::OutboxRow, sync::Fence};

/// What a link's end says about its copy in the calendar.
#[derive(Clone, Debug)]
pub struct CopyGone {
    pub link: EventLink,
    pub done: Done,
}

/// A connection's lease, taken to end it.
#[derive(Clone, Copy, Debug)]
pub enum LeaseForEnding {
    Taken {
        fence: Fence,
        pace: Pace,
    },
    /// A run holds it.
    Held {
        left: SignedDuration,
    },
    /// Nothing is left of the connection.
    Gone,
}

#[derive(Deserialize)]
struct Leased {
    fence: u64,
    #[serde(default)]
    pace: Pace,
}

#[derive(Deserialize)]
struct Held {
    lease_until: i64,
}

/// A receipt can be read for three months.
const RECEIPT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

impl TenantStore {
    /// The end of this connection, which may be long over.
    pub async fn ending(&self, connection: ConnectionId) -> Result<Option<Ending>, StoreError> {
        let key = keys::ending(self.tenant, connection);
        let found: Option<Timed<Ending>> = self.table.get(&key).await?;
        Ok(found.map(|row| row.purge))
    }

    /// From this moment on the connection is not synced, told or called, and its account can be connected anew.
    /// `Conflict`: the connection or its member changed meanwhile, or it is being ended already.
    pub async fn begin_ending(
        &self,
        row: &ConnectionRow,
        member: &Member,
        ending: &Ending,
        audit: Option<&AuditEntry>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let connection = &row.connection;
        let mut mirrors = member.mirrors.clone();
        mirrors.retain(|mirror| *mirror != connection.id);
        let mut marked = row.clone();
        marked.connection.ending_since = Some(now);
        let asks_no_more = Change::new(
            "SET ending = :yes, channels = :none, heard = :none REMOVE GSI2PK, GSI2SK",
            "t = :t AND attribute_not_exists(ending)",
        )
        .value(":yes", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
        .value(
            ":none",
            aws_sdk_dynamodb::types::AttributeValue::M(std::collections::HashMap::new()),
        )
        .value(":t", text(self.tenant));
        let account = keys::account(
            self.tenant,
            connection.member,
            connection.provider.name(),
            &connection.subject,
        );
        let mut writes = vec![
            self.mirrors_write(member, mirrors)?,
            Write::update(asks_no_more.on(connection.id)),
            Write::delete(account, Some(self.tenant), &Guard::Any),
            self.ending_write(ending, now)?,
        ];
        writes.extend(self.connection_writes(marked, None)?);
        writes.extend(self.told(&OutboxRow::disconnected(connection, ending), now)?);
        if let Some(audit) = audit {
            writes.push(self.audit_write(audit)?);
        }
        self.table.write(writes).await
    }

    /// `ending.version` is the version read, 0 for a new one.
    fn ending_write(&self, ending: &Ending, now: Timestamp) -> Result<Write, StoreError> {
        let key = keys::ending(self.tenant, ending.connection);
        let guard = Guard::of_version(ending.version);
        let next = Ending {
            version: ending.version + 1,
            ..ending.clone()
        };
        let over_since = next.finished_at;
        let next_at = next.not_before.map_or(now, |until| until.max(now));
        let row = match over_since {
            Some(_) => Timed::over(next),
            None => Timed::until(next_at, ending.connection, next),
        };
        let mut item = Item::new("ending", key, Some(self.tenant), &row).guarded(guard);
        if let Some(over_since) = over_since {
            item = item.expires_at(over_since + RECEIPT_KEPT);
        }
        item.put()
    }

    /// Takes the lease from now on for good: no run gets it again, and whatever a run that has lost it still writes
    /// fails.
    pub async fn lease_for_ending(
        &self,
        connection: ConnectionId,
        now: Timestamp,
        lease_for: SignedDuration,
    ) -> Result<LeaseForEnding, StoreError> {
        let change = Change::new(
            "SET lease_until = :until, fence = fence + :one, closed = :yes",
            "t = :t AND attribute_exists(ending) AND lease_until < :now",
        )
        .value(":until", number((now + lease_for).as_millisecond()))
        .value(":one", number(1))
        .value(":yes", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
        .value(":now", number(now.as_millisecond()))
        .value(":t", text(self.tenant));
        match self.table.update(change.on(connection)).await? {
            Ok(row) => {
                let Leased {
                    fence: number,
                    pace,
                } = read(row)?;
                let fence = Fence { connection, number };
                Ok(LeaseForEnding::Taken { fence, pace })
            }
            Err(Some(row)) => {
                let Held { lease_until } = read(row)?;
                let left = (lease_until - now.as_millisecond()).max(0);
                let left = SignedDuration::from_millis(left);
                Ok(LeaseForEnding::Held { left })
            }
            Err(None) => Ok(LeaseForEnding::Gone),
        }
    }

    /// The next worker need not wait for the lease to run out.
    pub async fn release_for_ending(&self, fence: &Fence, pace: Pace) -> Result<(), StoreError> {
        let pace =
            serde_dynamo::to_attribute_value(pace).map_err(|source| StoreError::Corrupt {
                what: "pace",
                source: Box::new(source),
            })?;
        let change = Change::new(
            "SET lease_until = :zero, pace = :pace",
            "t = :t AND fence = :fence",
        )
        .value(":zero", number(0))
        .value(":pace", pace)
        .value(":fence", number(fence.number))
        .value(":t", text(self.tenant));
        self.table
            .update(change.on(fence.connection))
            .await
            .map(drop)
    }

    /// Fails what is written with it once the end of the connection has been begun by a worker.
    pub(super) fn not_closed(&self, connection: ConnectionId) -> Write {
        let key = keys::demand(connection);
        Write::check_that(key, self.tenant, "attribute_not_exists(closed)")
    }

    /// Keeps how far the end has come: only by the worker that holds the lease, and only from where it was read.
    pub async fn commit_ending(
        &self,
        ending: &Ending,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        self.end_with(ending, Vec::new(), fence, now).await
    }

    async fn end_with(
        &self,
        ending: &Ending,
        mut writes: Vec<Write>,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        writes.push(self.ending_write(ending, now)?);
        if ending.is_over() {
            let row = OutboxRow::disconnection_completed(self.tenant, ending);
            writes.extend(self.told(&row, now)?);
        } else {
            writes.push(self.held(fence));
        }
        self.table.write(writes).await?;
        Ok(Ending {
            version: ending.version + 1,
            ..ending.clone()
        })
    }

    /// The subscription is stopped, or left to itself.
    pub async fn end_subscription(
        &self,
        ending: Ending,
        subscription: &Subscription,
        done: Done,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        let key = self.subscription_key(subscription);
        let writes = vec![Write::delete(key, Some(self.tenant), &Guard::Any)];
        let next = noted(ending, done, 1, now)?;
        self.end_with(&next, writes, fence, now).await
    }

    /// The copy is gone, or stays; its link goes in either case.
    pub async fn end_copy(
        &self,
        ending: Ending,
        copy: CopyGone,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        let writes = self.link_end(&copy.link, now).await?;
        let next = noted(ending, copy.done, 2, now)?;
        self.end_with(&next, writes, fence, now).await
    }

    /// What is about to be removed, to be read afterwards.
    pub async fn put_trace(&self, trace: Trace) -> Result<(), StoreError> {
        self.write_links(vec![LinkWrite::Trace(trace)]).await
    }

    /// A link's end, with that of the conflict that it may be in.
    async fn link_end(&self, link: &EventLink, now: Timestamp) -> Result<Vec<Write>, StoreError> {
        let delete = |key| Write::delete(key, Some(self.tenant), &Guard::Any);
        let mut writes = vec![
            delete(keys::link_by_entry(
                self.tenant,
                link.entry,
                link.connection,
            )),
            delete(keys::link_by_event(
                self.tenant,
                link.calendar,
                &link.external_id,
            )),
        ];
        if let LinkState::Conflict { conflict, .. } = link.state
            && let Some(conflict) = self.conflict(conflict).await?
        {
            let state = match conflict.state {
                ConflictState::Open | ConflictState::Chosen { .. } => {
                    ConflictState::Dropped { at: now }
                }
                ConflictState::Settled { .. }
                | ConflictState::Undone { .. }
                | ConflictState::Dropped { .. } => return Ok(writes),
            };
            let over = Conflict { state, ..conflict };
            writes.extend(self.conflict_writes(over)?);
        }
        Ok(writes)
    }
}

fn noted(ending: Ending, done: Done, records: u32, now: Timestamp) -> Result<Ending, StoreError> {
    ending
        .note(done, records, now)
        .map_err(|source| StoreError::Corrupt {
            what: "ending",
            source: Box::new(source),
        })
}
