//! API keys: what is kept of them, the way to one from what a program brings, and how often each was used.

use domain::{
    api_key::ApiKey,
    audit::AuditEntry,
    id::{ApiKeyId, MemberId, TenantId},
    member::Member,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    endings::AT_ONCE,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
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
            self.known_key_write(key)?,
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
            self.forgotten_key_write(key.id),
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
}
