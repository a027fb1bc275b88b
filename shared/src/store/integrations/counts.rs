//! What is counted: in quarters of an hour, four to a row, so that a day is few rows.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    id::{self, ApiKeyId},
    integration::{About, EventStatus, Hour, Integration, IntegrationEvent, Quarter},
};
use jiff::{SignedDuration, Timestamp};

use super::OWN;
use crate::store::{
    TenantStore,
    demand::row::{Change, number, text},
    item::Write,
    keys,
    table::{Attributes, StoreError},
};

/// So many rows count at once what many do in one moment: a row takes a thousand writes in a second, and two
/// transactions over one row get in each other's way.
const SHARDS: u32 = 8;
/// The row of an hour is not read for longer than a day.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
const SECONDS_IN_MINUTE: i64 = 60;
/// Callers of one key that count in the same moment of a new minute.
const TRIES_MAX: usize = 10;

/// How often something came to its end in a quarter of an hour, and how often that failed.
pub(super) fn tried(quarter: usize) -> String {
    format!("n{quarter}")
}

pub(super) fn failed(quarter: usize) -> String {
    format!("f{quarter}")
}

fn expires(hour: Hour) -> AttributeValue {
    number((hour.begins_at() + KEPT_FOR).as_second())
}

/// What one try came to.
#[derive(Clone, Copy)]
enum Counts<'a> {
    Success,
    /// It stands in the log.
    Error(&'a str),
    /// The same of what was counted as tried when it began.
    LateError(&'a str),
    /// It is tried again by itself: no error yet, and nothing that counts.
    Failing(&'a str),
}

impl TenantStore {
    /// Something was tried of a connection, or a delivery, and succeeded.
    pub(in crate::store) fn success_write(
        &self,
        integration: Integration,
        of: impl Display,
        at: Timestamp,
    ) -> Write {
        self.count(integration, shard(of), at, Counts::Success)
    }

    /// A try failed; the next one comes by itself. Until its end it counts for nothing, but a dashboard says what happened.
    pub(in crate::store) fn failing_write(
        &self,
        integration: Integration,
        of: impl Display,
        at: Timestamp,
        why: &str,
    ) -> Write {
        self.count(integration, shard(of), at, Counts::Failing(why))
    }

    /// What an event counts for: one success, or one failure.
    pub(super) fn event_count(&self, event: &IntegrationEvent) -> Write {
        let words = event.what_went_wrong();
        let counts = match (event.status, &event.about) {
            (EventStatus::Success | EventStatus::Warning, _) => Counts::Success,
            (EventStatus::Error, About::ApiCall { .. }) => Counts::LateError(words),
            (EventStatus::Error, _) => Counts::Error(words),
        };
        let shard = shard(&event.correlation_id);
        self.count(event.integration, shard, event.at, counts)
    }

    fn count(
        &self,
        integration: Integration,
        shard: u32,
        at: Timestamp,
        counts: Counts<'_>,
    ) -> Write {
        let quarter = Quarter::of(at);
        let (hour, index) = (quarter.hour(), quarter.of_hour());
        let failure = "last_error_at = :at, last_error = :error";
        let (tries, added, seen) = match counts {
            Counts::Success => (1, "#n :tries", "last_success_at = :at"),
            Counts::Error(_) => (1, "#n :tries, #f :one", failure),
            Counts::LateError(_) => (0, "#n :tries, #f :one", failure),
            Counts::Failing(_) => (0, "#n :tries", failure),
        };
        let mut change = Change::new(
            &format!("ADD {added} SET #ttl = :ttl, t = :t, et = :et, {seen}"),
            OWN,
        )
        .name("#n", tried(index))
        .name("#ttl", "ttl")
        .value(":tries", number(tries))
        .value(":ttl", expires(hour))
        .value(":t", text(self.tenant))
        .value(":et", text("tally"))
        .value(":at", number(at.as_millisecond()));
        change = match counts {
            Counts::Success => change,
            Counts::Error(error) | Counts::LateError(error) => change
                .name("#f", failed(index))
                .value(":one", number(1))
                .value(":error", text(error)),
            Counts::Failing(error) => change.value(":error", text(error)),
        };
        let key = keys::tally(self.tenant, hour, integration, shard);
        Write::update(change.to(key))
    }

    /// Counts one request of a key and answers how many there were in this minute, with it.
    pub async fn count_key_use(&self, id: ApiKeyId, now: Timestamp) -> Result<u32, StoreError> {
        let minute = now.as_second().div_euclid(SECONDS_IN_MINUTE);
        let mut known: Option<Attributes> = None;
        for _ in 0..TRIES_MAX {
            let change = match &known {
                None => same_minute(minute),
                Some(row) => next_minute(row, minute),
            };
            match self.table.update(self.key_use(id, now, change)).await? {
                Ok(row) => return Ok(of(&row, "asked").unwrap_or(1)),
                Err(row) => {
                    known =
                        Some(row.unwrap_or_default()).filter(|row| minute_of(row) != Some(minute));
                }
            }
        }
        Err(StoreError::Conflict)
    }

    fn key_use(&self, id: ApiKeyId, now: Timestamp, change: Change) -> crate::store::table::Update {
        let quarter = Quarter::of(now);
        change
            .name("#n", tried(quarter.of_hour()))
            .name("#ttl", "ttl")
            .value(":one", number(1))
            .value(":ttl", expires(quarter.hour()))
            .value(":t", text(self.tenant))
            .value(":et", text("api_key_use"))
            .to(keys::api_key_use(self.tenant, quarter.hour(), id))
    }
}

/// Another request in the minute that is counted.
fn same_minute(minute: i64) -> Change {
    let change = Change::new(
        "ADD #n :one, asked :one SET #ttl = :ttl, et = :et",
        "t = :t AND in_minute = :minute",
    );
    change.value(":minute", number(minute))
}

/// The first request in a minute: the one before is over.
fn next_minute(row: &Attributes, minute: i64) -> Change {
    let (asked, busiest) = (of(row, "asked"), of(row, "busiest"));
    let condition = match minute_of(row) {
        None => "attribute_not_exists(PK)",
        Some(_) => "t = :t AND in_minute = :before AND asked = :asked",
    };
    let mut change = Change::new(
        "ADD #n :one SET #ttl = :ttl, et = :et, t = :t, in_minute = :minute, asked = :one, busiest = :busiest",
        condition,
    )
    .value(":minute", number(minute))
    .value(":busiest", number(busiest.max(asked).unwrap_or_default()));
    if let Some(before) = minute_of(row) {
        change = change
            .value(":before", number(before))
            .value(":asked", number(asked.unwrap_or_default()));
    }
    change
}

fn minute_of(row: &Attributes) -> Option<i64> {
    row.get("in_minute")?.as_n().ok()?.parse().ok()
}

pub(super) fn of(row: &Attributes, name: &str) -> Option<u32> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

/// The minute in which a key was last used.
pub(super) fn last_used_at(row: &Attributes) -> Option<Timestamp> {
    Timestamp::from_second(minute_of(row)? * SECONDS_IN_MINUTE).ok()
}

fn shard(of: impl Display) -> u32 {
    id::spread(of) % SHARDS
}
