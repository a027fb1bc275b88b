//! The demand row: each transition of [`domain::sync::demand::Demand`] as one conditional update.

mod pushed;
pub(super) mod row;

use std::collections::{HashMap, HashSet};

use domain::{
    connection::Provider,
    id::{ConnectionId, RunId, SubscriptionId, TenantId},
    run::Trigger,
    sync::{
        demand::{AfterRefusal, Demand, Granted},
        pace::Pace,
        watch::POLL_EVERY,
    },
};
use jiff::{SignedDuration, Timestamp};

pub use pushed::{PushAsk, PushKey};
pub(super) use row::new_row;

use self::row::{Change, DUE_SHARDS, Lane, Row, due_at, number, shard_of, text};
use super::{
    Store, TenantStore, keys,
    table::{StoreError, read},
};

/// The row as it stands, such as after a wish was recorded.
#[derive(Clone, Debug)]
pub struct Asked {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    pub provider: Provider,
    pub demand: Demand,
    pub trigger: Trigger,
    /// When the provider last called.
    pub last_notice_at: Option<Timestamp>,
    /// When each channel last called.
    pub heard: HashMap<SubscriptionId, Timestamp>,
    /// Those that may call.
    pub channels: HashSet<SubscriptionId>,
    /// When a look last found what no notice had told.
    pub last_miss_at: Option<Timestamp>,
    /// When everything was last compared.
    pub reconciled_at: Option<Timestamp>,
    /// How fast it may write.
    pub pace: Pace,
    /// When the timer runs out: the next poll, or the end of a wait.
    pub next_look_at: Option<Timestamp>,
}

/// What a run that covered what was asked leaves in the row.
#[derive(Clone, Copy, Debug)]
pub struct Findings {
    /// When the connection is looked at next.
    pub look_at: Timestamp,
    /// It found what no notice had told.
    pub missed: bool,
    /// It compared everything.
    pub reconciled: bool,
}

/// What a channel calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelCall {
    /// Something changed, or may have.
    Changed,
    /// The provider has ended the subscription, or is about to: another is wanted.
    Ended,
}

/// A channel's call, after its token was verified.
pub enum ChannelAsk {
    Recorded(Box<Asked>),
    /// The channel was stopped or has expired, or its connection is gone.
    UnknownChannel,
}

impl Store {
    /// What a verified channel does: the one write of a webhook, conditional on the channel still being ours.
    pub async fn ask_by_channel(
        &self,
        connection: ConnectionId,
        nonce: SubscriptionId,
        call: ChannelCall,
        now: Timestamp,
    ) -> Result<ChannelAsk, StoreError> {
        let channel = match call {
            ChannelCall::Changed => ", heard.#nonce = :now",
            ChannelCall::Ended => " REMOVE channels.#nonce, heard.#nonce",
        };
        let change = Change::new(
            &format!(
                "SET asked = asked + :one, last_trigger = :trigger, last_notice_at = :now{channel}"
            ),
            "attribute_exists(PK) AND attribute_not_exists(ending) AND channels.#nonce >= :now",
        )
        .name("#nonce", nonce.to_string())
        .value(":one", number(1))
        .value(":trigger", text("notice"))
        .value(":now", number(now.as_millisecond()));
        Ok(match self.table.update(change.on(connection)).await? {
            Ok(row) => ChannelAsk::Recorded(read::<Row>(row)?.into_asked().into()),
            Err(_) => ChannelAsk::UnknownChannel,
        })
    }

    /// What a queue message points at; the caller compares the tenant.
    pub async fn demand(&self, connection: ConnectionId) -> Result<Option<Asked>, StoreError> {
        let row: Option<Row> = self.table.get(&keys::demand(connection)).await?;
        Ok(row.map(Row::into_asked))
    }

    /// Records that a message was sent. Best effort: the next wish sends another if this is lost.
    pub async fn record_send(
        &self,
        connection: ConnectionId,
        sent_for: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = Change::new("SET sent_for = :for, sent_at = :now", "sent_for <= :for")
            .value(":for", number(sent_for))
            .value(":now", number(now.as_millisecond()));
        self.table.update(change.on(connection)).await.map(drop)
    }

    /// Connections of one shard whose timer has run out, oldest first.
    pub async fn due(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<Asked>, StoreError> {
        let mut found = Vec::new();
        let due = self.timers(Lane::Sync, shard, now, limit).await?;
        for connection in due.iter().filter_map(keys::connection_asked) {
            found.extend(self.demand(connection).await?);
        }
        Ok(found)
    }

    /// The rows whose timers have run out.
    pub(super) async fn timers(
        &self,
        lane: Lane,
        shard: u32,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<keys::Key>, StoreError> {
        let answer = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name("GSI2")
            .key_condition_expression("GSI2PK = :shard AND GSI2SK < :now")
            .expression_attribute_values(":shard", text(lane.shard(shard)))
            .expression_attribute_values(":now", text(due_at(now)))
            .limit(limit)
            .send()
            .await
            .map_err(super::table::unavailable("Query"))?;
        let items = answer.items.unwrap_or_default();
        items.into_iter().map(read).collect()
    }

    pub fn due_shards() -> u32 {
        DUE_SHARDS
    }
}

impl TenantStore {
    pub async fn demand(&self, connection: ConnectionId) -> Result<Option<Asked>, StoreError> {
        let row: Option<Row> = self.table.get(&keys::demand(connection)).await?;
        Ok(row
            .map(Row::into_asked)
            .filter(|row| row.tenant == self.tenant))
    }

    /// Raises `asked`. A person's wish also names the run that they will be shown.
    pub async fn ask(
        &self,
        connection: ConnectionId,
        trigger: Trigger,
        run: Option<RunId>,
    ) -> Result<Option<Asked>, StoreError> {
        let (set_run, value) = match run {
            Some(run) => (", #run = if_not_exists(#run, :run)", Some(text(run))),
            None => ("", None),
        };
        let trigger = serde_json::to_value(trigger)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned));
        let mut change = Change::new(
            &format!("SET asked = asked + :one, last_trigger = :trigger{set_run}"),
            "t = :t AND attribute_not_exists(ending)",
        )
        .value(":one", number(1))
        .value(":trigger", text(trigger.unwrap_or_default()))
        .value(":t", text(self.tenant));
        if let Some(value) = value {
            change = change.name("#run", "run").value(":run", value);
        }
        match self.table.update(change.on(connection)).await? {
            Ok(row) => Ok(Some(read::<Row>(row)?.into_asked())),
            Err(_) => Ok(None),
        }
    }

    /// Takes the lease, or says what to do with the message instead. `run` names the run where no wish has: a person
    /// who asks while it goes on is shown this one.
    pub async fn take_lease(
        &self,
        connection: ConnectionId,
        now: Timestamp,
        lease_for: SignedDuration,
        run: RunId,
    ) -> Result<Result<(Granted, Asked), AfterRefusal>, StoreError> {
        let change = Change::new(
            "SET lease_until = :until, lease_covers = asked, fence = fence + :one, \
             #run = if_not_exists(#run, :run)",
            "t = :t AND attribute_not_exists(ending) AND asked > covered AND lease_until < :now \
             AND not_before <= :now",
        )
        .name("#run", "run")
        .value(":run", text(run))
        .value(":until", number((now + lease_for).as_millisecond()))
        .value(":one", number(1))
        .value(":now", number(now.as_millisecond()))
        .value(":t", text(self.tenant));
        match self.table.update(change.on(connection)).await? {
            Ok(row) => {
                let row: Row = read(row)?;
                let granted = Granted {
                    fence: row.fence,
                    covers: row.lease_covers,
                };
                Ok(Ok((granted, row.into_asked())))
            }
            Err(Some(row)) => {
                let row = read::<Row>(row)?;
                if row.ending.is_some() {
                    return Ok(Err(AfterRefusal::Delete));
                }
                let refusal = row.into_asked().demand.refusal(now);
                // Between the refusal and now the lease ran out: the message comes back at once.
                Ok(Err(refusal.unwrap_or(AfterRefusal::PutBack {
                    after: SignedDuration::ZERO,
                })))
            }
            // The connection is gone; nothing is left to cover.
            Err(None) => Ok(Err(AfterRefusal::Delete)),
        }
    }

    /// Ends a run that covered what it set out to; `findings` stay. `None`: the lease was lost, and with it the right to say so.
    pub async fn finish_lease(
        &self,
        connection: ConnectionId,
        granted: Granted,
        now: Timestamp,
        pace: Pace,
        findings: Findings,
    ) -> Result<Option<Asked>, StoreError> {
        let missed = if findings.missed {
            ", last_miss_at = :now"
        } else {
            ""
        };
        let reconciled = if findings.reconciled {
            ", reconciled_at = :now"
        } else {
            ""
        };
        let set = format!(
            "SET covered = :covers, failures = :zero, not_before = :zero, lease_until = :zero, \
             released_at = :now, GSI2PK = :shard, GSI2SK = :due, pace = :pace{missed}{reconciled} REMOVE #run"
        );
        let change = Change::new(&set, "t = :t AND fence = :fence")
            .value(":covers", number(granted.covers))
            .value(":due", text(due_at(findings.look_at)));
        self.end_lease(change, connection, granted, pace, now).await
    }

    /// Ends a run that must go on: not before `not_before` where it failed, at once where it only ran out of time.
    pub async fn give_lease_back(
        &self,
        connection: ConnectionId,
        granted: Granted,
        now: Timestamp,
        pace: Pace,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Asked>, StoreError> {
        let failures = if not_before.is_some() {
            "failures + :one"
        } else {
            ":zero"
        };
        let set = format!(
            "SET failures = {failures}, not_before = :before, lease_until = :zero, \
             released_at = :now, GSI2PK = :shard, GSI2SK = :due, pace = :pace REMOVE #run"
        );
        let due = not_before.unwrap_or(now + POLL_EVERY);
        let mut change = Change::new(&set, "t = :t AND fence = :fence")
            .value(
                ":before",
                number(not_before.map_or(0, Timestamp::as_millisecond)),
            )
            .value(":due", text(due_at(due)));
        if not_before.is_some() {
            change = change.value(":one", number(1));
        }
        self.end_lease(change, connection, granted, pace, now).await
    }

    async fn end_lease(
        &self,
        change: Change,
        connection: ConnectionId,
        granted: Granted,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<Asked>, StoreError> {
        let pace =
            serde_dynamo::to_attribute_value(pace).map_err(|source| StoreError::Corrupt {
                what: "pace",
                source: Box::new(source),
            })?;
        let change = change
            .value(":pace", pace)
            .name("#run", "run")
            .value(":zero", number(0))
            .value(":now", number(now.as_millisecond()))
            .value(":fence", number(granted.fence))
            .value(":shard", text(shard_of(Lane::Sync, connection)))
            .value(":t", text(self.tenant));
        match self.table.update(change.on(connection)).await? {
            Ok(row) => Ok(Some(read::<Row>(row)?.into_asked())),
            Err(_) => Ok(None),
        }
    }

    /// From now on this channel may ask for syncs of the connection.
    pub async fn allow_channel(
        &self,
        connection: ConnectionId,
        nonce: SubscriptionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let change = Change::new("SET channels.#nonce = :expires", "t = :t")
            .name("#nonce", nonce.to_string())
            .value(":expires", number(expires_at.as_millisecond()))
            .value(":t", text(self.tenant));
        self.table
            .update(change.on(connection))
            .await?
            .map(drop)
            .map_err(|_| StoreError::Conflict)
    }

    pub async fn forbid_channel(
        &self,
        connection: ConnectionId,
        nonce: SubscriptionId,
    ) -> Result<(), StoreError> {
        let change = Change::new("REMOVE channels.#nonce, heard.#nonce", "t = :t")
            .name("#nonce", nonce.to_string())
            .value(":t", text(self.tenant));
        self.table.update(change.on(connection)).await.map(drop)
    }

    /// Looks again no later than `at`.
    pub async fn schedule_sync(
        &self,
        connection: ConnectionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let standing = "t = :t AND attribute_not_exists(ending)";
        let change = Change::new("SET GSI2PK = :shard, GSI2SK = :due", standing)
            .value(":shard", text(shard_of(Lane::Sync, connection)))
            .value(":due", text(due_at(at)))
            .value(":t", text(self.tenant));
        self.table.update(change.on(connection)).await.map(drop)
    }
}
