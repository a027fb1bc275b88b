//! API keys: what is kept of them, the way to one from what a program brings, and how often each was used.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    api_key::{ApiKey, HourOfUse},
    audit::AuditEntry,
    id::{ApiKeyId, MemberId, TenantId},
    member::Member,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    demand::row::{Change, text},
    endings::AT_ONCE,
    item::{Guard, Item, Write},
    keys,
    table::{Attributes, Range, StoreError},
};
use crate::{crypto::fingerprint, verified::verified};

/// Whose key a program has brought.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyHolder {
    tenant: TenantId,
    pub member: MemberId,
    pub key: ApiKeyId,
}
verified!(KeyHolder);

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    key: ApiKey,
    /// Of the key itself: by it the way to this row is found, and closed.
    fingerprint: String,
}

const KEYS_MAX: usize = 1_000;
/// A day, and the hour that is not over.
const HOURS_SHOWN: i64 = 25;
const USE_KEPT_HOURS: i64 = 48;
const SECONDS_IN_HOUR: i64 = 3_600;

impl Store {
    /// Who is behind a key. Whether it still holds, its row says.
    pub async fn key_holder(&self, secret: &str) -> Result<Option<KeyHolder>, StoreError> {
        let key = keys::api_key_by_secret(&fingerprint(secret));
        self.table.get(&key).await
    }
}

impl TenantStore {
    /// `secret` is the key as it is shown once.
    pub async fn create_api_key(
        &self,
        key: &ApiKey,
        secret: &str,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let fingerprint = fingerprint(secret);
        let holder = KeyHolder {
            tenant: self.tenant,
            member: key.member,
            key: key.id,
        };
        let way = keys::api_key_by_secret(&fingerprint);
        let way = Item::new("api_key_way", way, None, &holder);
        let kept = Kept {
            key: key.clone(),
            fingerprint,
        };
        let writes = vec![
            self.key_item(&kept).guarded(Guard::Absent).put()?,
            way.guarded(Guard::Absent).put()?,
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    fn key_item(&self, kept: &Kept) -> Item {
        let key = keys::api_key(self.tenant, kept.key.id);
        Item::new("api_key", key, Some(self.tenant), kept)
    }

    /// All of them, also those that hold no more; oldest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let pk = keys::api_keys(self.tenant);
        let rows: Vec<Kept> = self.table.range(Range::prefix(&pk, "", KEYS_MAX)).await?;
        Ok(rows.into_iter().map(|row| row.key).collect())
    }

    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<Kept> = self.table.get(&keys::api_key(self.tenant, id)).await?;
        Ok(row.map(|row| row.key))
    }

    /// The key and its member as they stand now.
    pub async fn key_and_member(
        &self,
        holder: &KeyHolder,
    ) -> Result<Option<(ApiKey, Member)>, StoreError> {
        let key = keys::api_key(self.tenant, holder.key);
        let member = keys::member(self.tenant, holder.member);
        let (kept, member) = self.table.get_both::<Kept, _>(&key, &member).await?;
        Ok(kept.map(|kept| kept.key).zip(member))
    }

    /// From the next request on it opens nothing. `Conflict`: it changed since it was read.
    pub async fn revoke_api_key(
        &self,
        key: &ApiKey,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let row: Option<Kept> = self.table.get(&keys::api_key(self.tenant, key.id)).await?;
        let Some(kept) = row else {
            return Ok(());
        };
        let revoked = Kept {
            key: ApiKey {
                revoked_at: Some(now),
                version: key.version + 1,
                ..key.clone()
            },
            fingerprint: kept.fingerprint.clone(),
        };
        let item = self.key_item(&revoked).guarded(Guard::Version(key.version));
        let way = keys::api_key_by_secret(&kept.fingerprint);
        let writes = vec![
            item.put()?,
            Write::delete(way, None, &Guard::Any),
            self.audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// Deletes some keys with the ways to them, for good.
    pub(super) async fn some_api_key_deletions(&self) -> Result<Vec<Write>, StoreError> {
        let pk = keys::api_keys(self.tenant);
        let rows: Vec<Kept> = self
            .table
            .range(Range::prefix(&pk, "", AT_ONCE / 2))
            .await?;
        let deletions = rows.into_iter().flat_map(|kept| {
            let way = keys::api_key_by_secret(&kept.fingerprint);
            let key = keys::api_key(self.tenant, kept.key.id);
            [self.deletion(key), Write::delete(way, None, &Guard::Any)]
        });
        Ok(deletions.collect())
    }

    /// Counts one request and answers how many there were in this minute, with it.
    pub async fn count_key_use(&self, id: ApiKeyId, now: Timestamp) -> Result<u32, StoreError> {
        let (hour, minute) = hour_and_minute(now);
        let attribute = format!("m{minute:02}");
        let expires_s = (hour + USE_KEPT_HOURS) * SECONDS_IN_HOUR;
        let counted = Change::new(
            "ADD #minute :one SET #ttl = :ttl, et = :et, t = :t",
            "attribute_not_exists(PK) OR t = :t",
        )
        .name("#minute", &attribute)
        .name("#ttl", "ttl")
        .value(":one", AttributeValue::N("1".into()))
        .value(":ttl", AttributeValue::N(expires_s.to_string()))
        .value(":et", text("api_key_use"))
        .value(":t", text(self.tenant))
        .to(keys::api_key_use(self.tenant, hour, id));
        let row = self.table.update(counted).await?;
        let row = row.map_err(|_| StoreError::Conflict)?;
        Ok(row.get(&attribute).and_then(number).unwrap_or(1))
    }

    /// What all keys were used for in the last day, by key.
    pub async fn key_uses(&self, now: Timestamp) -> Result<Vec<(ApiKeyId, HourOfUse)>, StoreError> {
        let pk = keys::api_key_uses(self.tenant);
        let (hour, _) = hour_and_minute(now);
        let range = Range {
            from: keys::api_key_hour(hour + 1 - HOURS_SHOWN),
            ..Range::prefix(&pk, "", usize::MAX)
        };
        let rows = self.table.range_of_items(range).await?;
        Ok(rows.iter().filter_map(hour_of_use).collect())
    }
}

fn hour_and_minute(at: Timestamp) -> (i64, i64) {
    let second = at.as_second();
    let hour = second.div_euclid(SECONDS_IN_HOUR);
    (hour, second.rem_euclid(SECONDS_IN_HOUR) / 60)
}

fn number(value: &AttributeValue) -> Option<u32> {
    value.as_n().ok()?.parse().ok()
}

fn hour_of_use(row: &Attributes) -> Option<(ApiKeyId, HourOfUse)> {
    let (hour, id) = row.get("SK")?.as_s().ok()?.split_once('#')?;
    let hour: i64 = hour.parse().ok()?;
    let minute = |(name, value): (&String, &AttributeValue)| {
        Some((name.strip_prefix('m')?.parse().ok()?, number(value)?))
    };
    let use_of_hour = HourOfUse {
        began_at: Timestamp::from_second(hour * SECONDS_IN_HOUR).ok()?,
        by_minute: row.iter().filter_map(minute).collect(),
    };
    Some((id.parse().ok()?, use_of_hour))
}
