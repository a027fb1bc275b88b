//! The row of a bundle of credentials: it lends the bundle to one writer at a time, and says which version counts.

use std::{collections::BTreeSet, ops::RangeInclusive};

use domain::{
    credential::{Bundle, Home, Shard},
    erasure::{Deleted, Erasure},
    id::ConnectionId,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ConnectionRow, TenantStore,
    demand::row::{Change, number, text},
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError, read},
};

/// Longer than a version is read, written and committed.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// More bundles than a tenant has; each holds dozens of credentials.
const BUNDLES_MAX: usize = 1_000;
const OWN_CLAIM: &str = "t = :t AND fence = :fence";

#[derive(Serialize, Deserialize)]
struct Row {
    shard: u32,
    /// The version that counts. Without one nothing was ever committed, or the last credential has gone.
    #[serde(default)]
    secret_version: Option<String>,
    bytes: u32,
    lease_until: i64,
    fence: u64,
    /// How often it was emptied. Its secret is another each time: who means to delete one cannot hit the next.
    life: u32,
    /// The secrets of lives before this one are known to be gone.
    cleared: u32,
}

/// A bundle that may be there.
#[derive(Clone, Copy, Debug)]
pub struct StandingBundle {
    pub shard: Shard,
    life: u32,
    cleared: u32,
}

impl StandingBundle {
    /// Of which there may be a secret.
    pub fn lives(&self) -> RangeInclusive<u32> {
        self.cleared..=self.life
    }
}

/// The right to write a bundle, for a while.
#[derive(Clone, Debug)]
pub struct BundleClaim {
    pub shard: u32,
    pub version: Option<String>,
    pub life: u32,
    pub cleared: u32,
    fence: u64,
}

impl Row {
    fn into_claim(self) -> BundleClaim {
        BundleClaim {
            shard: self.shard,
            version: self.secret_version,
            life: self.life,
            cleared: self.cleared,
            fence: self.fence,
        }
    }
}

impl BundleClaim {
    /// Counted up with every claim: it tells what two writers wrote apart.
    pub fn fence(&self) -> u64 {
        self.fence
    }
}

/// A version that was written and does not count yet.
#[derive(Clone, Debug)]
pub struct BundleWrite {
    pub claim: BundleClaim,
    /// None where no credential is left.
    pub version: Option<String>,
    pub bytes: u32,
}

impl TenantStore {
    pub async fn bundles(&self) -> Result<Vec<StandingBundle>, StoreError> {
        let pk = keys::bundles(self.tenant);
        let rows: Vec<Row> = self
            .table
            .range(Range::prefix(&pk, "", BUNDLES_MAX))
            .await?;
        let standing = |row: Row| StandingBundle {
            shard: Shard {
                number: row.shard,
                bytes: row.bytes.try_into().unwrap_or(usize::MAX),
            },
            life: row.life,
            cleared: row.cleared,
        };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// `None`: somebody else has it.
    pub async fn claim_bundle(
        &self,
        shard: u32,
        now: Timestamp,
    ) -> Result<Option<BundleClaim>, StoreError> {
        let key = keys::bundle(self.tenant, shard);
        let until = (now + LEASE).as_millisecond();
        let change = Change::new(
            "SET lease_until = :until, fence = fence + :one",
            "t = :t AND lease_until < :now",
        )
        .value(":until", number(until))
        .value(":one", number(1))
        .value(":now", number(now.as_millisecond()))
        .value(":t", text(self.tenant));
        match self.table.update(change.to(key.clone())).await? {
            Ok(row) => {
                let row: Row = read(row)?;
                Ok(Some(row.into_claim()))
            }
            Err(Some(_)) => Ok(None),
            Err(None) => {
                let row = Row {
                    shard,
                    secret_version: None,
                    bytes: 0,
                    lease_until: until,
                    fence: 1,
                    life: 0,
                    cleared: 0,
                };
                let item = Item::new("bundle", key, Some(self.tenant), &row);
                match self.table.put(item.guarded(Guard::Absent)).await {
                    Ok(()) => Ok(Some(row.into_claim())),
                    Err(StoreError::Conflict) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// The next writer need not wait for the claim to run out.
    pub async fn release_bundle(&self, claim: &BundleClaim) -> Result<(), StoreError> {
        let change = Change::new("SET lease_until = :zero, cleared = :cleared", OWN_CLAIM)
            .value(":zero", number(0))
            .value(":cleared", number(claim.cleared))
            .value(":fence", number(claim.fence))
            .value(":t", text(self.tenant));
        let key = keys::bundle(self.tenant, claim.shard);
        self.table.update(change.to(key)).await.map(drop)
    }

    /// Makes a version count, and gives the claim back, unless no credential is left: then there is a secret to be deleted.
    /// `Conflict`: the claim had run out, and somebody else has it.
    pub async fn commit_bundle(&self, write: &BundleWrite) -> Result<(), StoreError> {
        self.table.write(vec![self.bundle_write(write)?]).await
    }

    pub(super) fn bundle_write(&self, write: &BundleWrite) -> Result<Write, StoreError> {
        let corrupt = |source| StoreError::Corrupt {
            what: "bundle",
            source: Box::new(source),
        };
        let version = serde_dynamo::to_attribute_value(&write.version).map_err(corrupt)?;
        let claim = &write.claim;
        let (lease, life) = match write.version {
            Some(_) => (", lease_until = :zero", claim.life),
            None => ("", claim.life + 1),
        };
        let counts =
            "SET secret_version = :version, bytes = :bytes, life = :life, cleared = :cleared";
        let mut change = Change::new(&format!("{counts}{lease}"), OWN_CLAIM);
        if write.version.is_some() {
            change = change.value(":zero", number(0));
        }
        let change = change
            .value(":version", version)
            .value(":bytes", number(write.bytes))
            .value(":life", number(life))
            .value(":cleared", number(claim.cleared))
            .value(":fence", number(write.claim.fence))
            .value(":t", text(self.tenant));
        let key = keys::bundle(self.tenant, write.claim.shard);
        Ok(Write::update(change.to(key)))
    }

    /// Those of a bundle's connections whose rows say that they are kept there.
    pub async fn living_in<T>(
        &self,
        shard: u32,
        bundle: &Bundle<T>,
    ) -> Result<BTreeSet<ConnectionId>, StoreError> {
        let keys: Vec<_> = bundle
            .connections()
            .map(|connection| keys::connection(self.tenant, connection))
            .collect();
        let rows: Vec<ConnectionRow> = self.table.get_many(&keys).await?;
        let living = rows
            .into_iter()
            .filter(|row| row.secret.kept.home == Home::Bundle { shard });
        Ok(living.map(|row| row.connection.id).collect())
    }

    /// Forgets bundles whose secrets are gone for good.
    pub async fn forget_bundles(
        &self,
        erasure: Erasure,
        bundles: &[StandingBundle],
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let keys = bundles
            .iter()
            .map(|bundle| keys::bundle(self.tenant, bundle.shard.number));
        let writes = keys.map(|key| self.deletion(key)).collect();
        let deleted = Deleted {
            records: u32::try_from(bundles.len()).unwrap_or(u32::MAX),
            ..Deleted::default()
        };
        self.erase(erasure.deleted(&deleted), writes, now).await
    }
}
