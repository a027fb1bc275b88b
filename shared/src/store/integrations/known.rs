//! Everything that a dashboard says of integrations but what happened, in one request.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    api_key::{HourOfUse, Usage},
    id::{ApiKeyId, WebhookId},
    integration::{Facts, Hour, Integration, Pinned, Quarter, Setup, Standings, Tally},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    PinnedRow, counts, range_of_all,
    webhooks::{self, KnownWebhook},
};
use crate::store::{
    TenantStore, keys,
    table::{Attributes, StoreError, read},
};

/// What is known of a tenant's integrations at one moment.
#[derive(Debug)]
pub struct KnownIntegrations {
    at: Timestamp,
    pub pinned: Pinned,
    health: BTreeMap<Integration, HealthRow>,
    counted: BTreeMap<Integration, Counted>,
    keys: BTreeMap<ApiKeyId, KeyLimit>,
    webhooks: BTreeMap<WebhookId, KnownWebhook>,
    uses: Vec<(ApiKeyId, HourOfUse)>,
}

/// What is set up, as it is stored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HealthRow {
    #[serde(flatten)]
    standings: Standings,
    retrying: u32,
    dead: u32,
    is_set_up: bool,
    last_success_at: i64,
    last_error_at: i64,
    last_error: Option<String>,
}

/// What a dashboard has to know of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLimit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub requests_per_minute: u32,
}

#[derive(Debug, Default)]
struct Counted {
    by_hour: BTreeMap<Hour, Tally>,
    last_success_at: Option<Timestamp>,
    last_error: Option<(Timestamp, String)>,
}

impl Counted {
    fn tally(&self) -> Tally {
        self.by_hour.values().copied().sum()
    }
}

impl KnownIntegrations {
    fn new(at: Timestamp) -> Self {
        Self {
            at,
            pinned: Pinned::default(),
            health: BTreeMap::new(),
            counted: BTreeMap::new(),
            keys: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            uses: Vec::new(),
        }
    }

    fn take(&mut self, row: Attributes) -> Result<(), StoreError> {
        let Some(key) = row.get("SK").and_then(|key| key.as_s().ok()).cloned() else {
            return Ok(());
        };
        if key == keys::PINNED {
            self.pinned = read::<PinnedRow>(row)?.pinned;
        } else if let Some(name) = key.strip_prefix("HEALTH#") {
            // One that a later version knows is not shown by this one.
            if let Ok(integration) = name.parse() {
                self.keys.extend(row.iter().filter_map(key_limit));
                self.webhooks.extend(row.iter().filter_map(webhooks::read));
                self.health.insert(integration, read(row)?);
            }
        } else if let Some(counted) = key.strip_prefix("CTR#") {
            // What cannot be read counts nothing.
            let _ = self.count(counted, &row);
        }
        Ok(())
    }

    /// `key` is the hour, the integration, and the shard or the API key.
    fn count(&mut self, key: &str, row: &Attributes) -> Option<()> {
        let mut parts = key.split('#');
        let hour = Hour(parts.next()?.parse().ok()?);
        let integration: Integration = parts.next()?.parse().ok()?;
        let by_quarter = [0, 1, 2, 3].map(|quarter| Tally {
            tried: counts::of(row, &counts::tried(quarter)).unwrap_or_default(),
            failed: counts::of(row, &counts::failed(quarter)).unwrap_or_default(),
        });
        let counted = self.counted.entry(integration).or_default();
        let of_hour = counted.by_hour.entry(hour).or_default();
        *of_hour = *of_hour + hour.counted(by_quarter, self.at);
        counted.last_success_at = counted.last_success_at.max(moment(row, "last_success_at"));
        if let Some(at) = moment(row, "last_error_at")
            && counted
                .last_error
                .as_ref()
                .is_none_or(|(last, _)| *last < at)
        {
            let words = row.get("last_error").and_then(|words| words.as_s().ok());
            counted.last_error = Some((at, words.cloned().unwrap_or_default()));
        }
        if integration == Integration::ApiKeys {
            let use_of_hour = HourOfUse {
                hour,
                by_quarter,
                busiest: counts::of(row, "busiest").max(counts::of(row, "asked"))?,
                last_used_at: counts::last_used_at(row)?,
            };
            self.uses.push((parts.next()?.parse().ok()?, use_of_hour));
        }
        Some(())
    }

    pub fn facts(&self, integration: Integration) -> Facts {
        let health = self.health.get(&integration);
        let counted = self.counted.get(&integration);
        let setup = match integration {
            Integration::Calendars(_) => {
                Setup::Calendars(health.map(|row| row.standings).unwrap_or_default())
            }
            Integration::Reported(_) => Setup::Reported {
                is_set_up: health.is_some_and(|row| row.is_set_up),
            },
            Integration::ApiKeys => Setup::ApiKeys {
                active: u32::try_from(self.active_keys().count()).unwrap_or(u32::MAX),
            },
            Integration::Webhooks => webhooks::setup(&self.webhooks),
            Integration::Files => webhooks::setup(&BTreeMap::new()),
        };
        let stored = |of: fn(&HealthRow) -> i64| {
            let ms = health.map(of).filter(|ms| *ms > 0)?;
            Timestamp::from_millisecond(ms).ok()
        };
        Facts {
            setup,
            last_success_at: counted
                .and_then(|counted| counted.last_success_at)
                .max(stored(|row| row.last_success_at)),
            last_error_at: counted
                .and_then(|counted| Some(counted.last_error.as_ref()?.0))
                .max(stored(|row| row.last_error_at)),
            tally: counted.map(Counted::tally).unwrap_or_default(),
        }
    }

    /// What was counted in each hour that the last day reaches into.
    pub fn hours(&self, integration: Integration) -> Vec<Tally> {
        let counted = self.counted.get(&integration);
        let of = |hour| counted.and_then(|counted| counted.by_hour.get(&hour).copied());
        Hour::all_counted(self.at)
            .map(|hour| of(hour).unwrap_or_default())
            .collect()
    }

    /// What went wrong last: if it was counted in the last day, or is the last that a connector has reported.
    pub fn last_error(&self, integration: Integration) -> Option<&str> {
        let counted = self.counted.get(&integration);
        let counted = counted.and_then(|counted| Some(counted.last_error.as_ref()?.1.as_str()));
        let reported = self.health.get(&integration);
        let reported = reported.filter(|row| row.last_error_at > row.last_success_at);
        counted.or_else(|| reported.and_then(|row| row.last_error.as_deref()))
    }

    /// Items and deliveries that wait for their next try.
    pub fn retrying(&self) -> u32 {
        let items = self.health.values().map(|row| row.retrying);
        let deliveries = self.webhooks.values().map(|known| known.retrying);
        items.chain(deliveries).sum()
    }

    /// Items and deliveries that are not tried again by themselves.
    pub fn dead(&self) -> u32 {
        let items = self.health.values().map(|row| row.dead);
        let deliveries = self.webhooks.values().map(|known| known.dead);
        items.chain(deliveries).sum()
    }

    pub fn webhooks(&self) -> &BTreeMap<WebhookId, KnownWebhook> {
        &self.webhooks
    }

    /// Everything that failed in the last day and is not tried again by itself: as many as the log has errors.
    pub fn failed_24h(&self) -> u32 {
        self.counted
            .values()
            .map(|counted| counted.tally().failed)
            .sum()
    }

    fn active_keys(&self) -> impl Iterator<Item = (&ApiKeyId, &KeyLimit)> {
        self.keys
            .iter()
            .filter(|(_, limit)| limit.expires_at.is_none_or(|at| at > self.at))
    }

    pub fn key_usage(&self, key: ApiKeyId, requests_per_minute: u32) -> Usage {
        let of_key = self.uses.iter().filter(|(id, _)| *id == key);
        let hours: Vec<HourOfUse> = of_key.map(|(_, hour)| *hour).collect();
        Usage::of(&hours, requests_per_minute, self.at)
    }

    /// Of all keys that hold: the highest share of its limit that any asked in a minute of the last day, in per cent.
    pub fn limit_use_percent(&self) -> u32 {
        self.active_keys()
            .map(|(key, limit)| {
                let usage = self.key_usage(*key, limit.requests_per_minute);
                usage.peak_percent_24h
            })
            .max()
            .unwrap_or_default()
    }
}

/// Each key has an attribute of its own, so that two can be made at once.
fn key_limit((name, value): (&String, &AttributeValue)) -> Option<(ApiKeyId, KeyLimit)> {
    let limit = serde_dynamo::from_attribute_value(value.clone()).ok()?;
    Some((name.parse().ok()?, limit))
}

fn moment(row: &Attributes, name: &str) -> Option<Timestamp> {
    let ms = row.get(name).map(AttributeValue::as_n)?.ok()?;
    Timestamp::from_millisecond(ms.parse().ok()?).ok()
}

impl TenantStore {
    /// As it is `at` this time. One request.
    pub async fn integrations(&self, at: Timestamp) -> Result<KnownIntegrations, StoreError> {
        let pk = keys::integrations(self.tenant);
        let first = keys::tallies_from(Quarter::first_counted(at).hour());
        let rows = self.table.range_of_items(range_of_all(&pk, first)).await?;
        let mut known = KnownIntegrations::new(at);
        for row in rows {
            known.take(row)?;
        }
        Ok(known)
    }
}
