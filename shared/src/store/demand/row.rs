//! The stored form of the demand row, and how a change of it is written down.

use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    connection::Provider,
    id::{self, ConnectionId, RunId, TenantId},
    run::Trigger,
    sync::{
        demand::{Demand, Lease},
        pace::Pace,
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::store::{
    item::{Guard, Item},
    keys,
    table::{Attributes, StoreError, Update, Write},
};

/// Timers are spread over that many partitions of the due index.
pub(super) const DUE_SHARDS: u32 = 16;

/// The row as stored: times are milliseconds, so that conditions can compare them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    t: TenantId,
    connection: ConnectionId,
    provider: Provider,
    asked: u64,
    covered: u64,
    #[serde(default)]
    sent_for: u64,
    #[serde(default)]
    sent_at: i64,
    #[serde(default)]
    lease_until: i64,
    #[serde(default)]
    pub(super) lease_covers: u64,
    #[serde(default)]
    pub(super) fence: u64,
    #[serde(default)]
    not_before: i64,
    #[serde(default)]
    released_at: i64,
    #[serde(default)]
    failures: u32,
    /// Absent rather than null: a wish names a run only where the row has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    #[serde(default)]
    last_trigger: Option<Trigger>,
    #[serde(default)]
    last_notice_at: i64,
    /// When each channel last called.
    #[serde(default)]
    heard: HashMap<String, i64>,
    #[serde(default)]
    last_miss_at: i64,
    #[serde(default)]
    reconciled_at: i64,
    #[serde(default)]
    pace: Pace,
    /// Where the row stands in the due index.
    #[serde(rename = "GSI2SK", default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// Which channels may ask, until when.
    #[serde(default)]
    channels: HashMap<String, i64>,
    /// The connection is being disconnected: nobody asks any more, and no run begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ending: Option<bool>,
}

impl Row {
    pub(super) fn into_asked(self) -> Asked {
        Asked {
            tenant: self.t,
            connection: self.connection,
            provider: self.provider,
            trigger: self.last_trigger.unwrap_or(Trigger::Continuation),
            last_notice_at: time(self.last_notice_at),
            last_miss_at: time(self.last_miss_at),
            reconciled_at: time(self.reconciled_at),
            pace: self.pace,
            heard: self
                .heard
                .into_iter()
                .filter_map(|(channel, at)| Some((channel.parse().ok()?, time(at)?)))
                .collect(),
            channels: self
                .channels
                .keys()
                .filter_map(|channel| channel.parse().ok())
                .collect(),
            next_look_at: self.due.as_deref().and_then(due_since),
            demand: Demand {
                asked: self.asked,
                covered: self.covered,
                sent_for: self.sent_for,
                sent_at: time(self.sent_at),
                lease: time(self.lease_until).map(|until| Lease {
                    until,
                    covers: self.lease_covers,
                }),
                fence: self.fence,
                not_before: time(self.not_before),
                released_at: time(self.released_at),
                failures: self.failures,
                run: self.run,
            },
        }
    }
}

/// Zero stands for "never": DynamoDB compares numbers, not absences.
fn time(ms: i64) -> Option<Timestamp> {
    (ms > 0)
        .then(|| Timestamp::from_millisecond(ms).ok())
        .flatten()
}

pub(in crate::store) fn new_row(
    tenant: TenantId,
    connection: ConnectionId,
    provider: Provider,
) -> Result<Write, StoreError> {
    let row = Row {
        t: tenant,
        connection,
        provider,
        asked: 0,
        covered: 0,
        sent_for: 0,
        sent_at: 0,
        lease_until: 0,
        lease_covers: 0,
        fence: 0,
        not_before: 0,
        released_at: 0,
        failures: 0,
        run: None,
        last_trigger: None,
        last_notice_at: 0,
        heard: HashMap::new(),
        last_miss_at: 0,
        reconciled_at: 0,
        pace: Pace::default(),
        due: None,
        channels: HashMap::new(),
        ending: None,
    };
    Item::new("demand", keys::demand(connection), Some(tenant), &row)
        .guarded(Guard::Absent)
        .put()
}

pub(in crate::store) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

pub(in crate::store) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(in crate::store) struct Change {
    expression: String,
    condition: String,
    names: HashMap<String, String>,
    values: Attributes,
}

impl Change {
    pub(in crate::store) fn new(expression: &str, condition: &str) -> Self {
        Self {
            expression: expression.into(),
            condition: condition.into(),
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    pub(in crate::store) fn name(mut self, name: &str, attribute: impl Into<String>) -> Self {
        self.names.insert(name.into(), attribute.into());
        self
    }

    pub(in crate::store) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.into(), value);
        self
    }

    pub(in crate::store) fn on(self, connection: ConnectionId) -> Update {
        self.to(keys::demand(connection))
    }

    pub(in crate::store) fn to(self, key: keys::Key) -> Update {
        Update {
            key,
            expression: self.expression,
            condition: self.condition,
            names: self.names,
            values: self.values,
        }
    }
}

pub(in crate::store) fn due_at(at: Timestamp) -> String {
    format!("{:015}", at.as_millisecond())
}

pub(in crate::store) fn due_since(due: &str) -> Option<Timestamp> {
    time(due.parse().ok()?)
}

/// Timers of one kind, by what they are for.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Lane {
    Sync,
    Upkeep,
    Purge,
    Delivery,
}

impl Lane {
    pub(in crate::store) fn shard(self, shard: u32) -> String {
        let kind = match self {
            Self::Sync => "sync",
            Self::Upkeep => "upkeep",
            Self::Purge => "purge",
            Self::Delivery => "delivery",
        };
        format!("DUE#{kind}#{shard:02}")
    }
}

pub(in crate::store) fn shard_of(lane: Lane, id: impl Display) -> String {
    lane.shard(id::hash(id) % DUE_SHARDS)
}
