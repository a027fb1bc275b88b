//! The single table. Nothing else in the product knows DynamoDB.
//!
//! Every item of a tenant is reached through a [`TenantStore`], which is given only for a proof of tenancy. What has no
//! tenant yet (a sign-in, an authorization coming back, a channel's call) has a method of its own on [`Store`].

mod api_keys;
mod audits;
mod bundles;
mod calendars;
mod conflicts;
mod connections;
mod deleted;
mod deliveries;
mod demand;
mod endings;
mod entries;
mod erasures;
mod fates;
mod holds;
mod integrations;
mod invites;
mod item;
mod items;
mod keys;
mod links;
mod many_entries;
mod members;
mod named_calls;
mod oauth_states;
mod outbox;
mod positions;
mod purges;
mod runs;
mod sessions;
mod table;
mod team;
mod upkeeps;
mod webhooks;

pub use api_keys::KeyHolder;
pub use bundles::{BundleClaim, BundleWrite, StandingBundle};
pub use conflicts::Standing;
pub use connections::{ConnectionRow, SecretPointer, TokenLease};
pub use deleted::DeletedEntry;
pub use deliveries::{Errand, Told};
pub use demand::{Asked, ChannelAsk, ChannelCall, Findings, PushAsk, PushKey};
pub use endings::{CopyGone, Family, LeaseForEnding};

pub use entries::{DirtyEntry, EntryWrite, Listed, WrittenBy};
pub use erasures::TenantFamily;
pub use fates::{AtEnd, AtErasure, FATES};
pub use integrations::{KeyLimit, KnownIntegrations, KnownWebhook, Share};
pub use items::{NoPlace, StuckOne, StuckPlace, item_id};
pub use links::{LinkWrite, Meeting};
pub use many_entries::{Others, Progress};
pub use members::{Counted, Login, Tries};
pub use named_calls::{CallName, NamedCall, REMEMBERED_FOR};
pub use oauth_states::OAuthState;
pub use positions::{AllShown, Audit, Comparing, Place, Shown, SyncPosition};
pub use purges::Purge;
pub use sessions::{RefreshRow, Refreshed, StandingSession};
pub use table::StoreError;
pub use upkeeps::{Claim, DueUpkeep, Turn};
pub use webhooks::{KeptWebhook, SealedBefore, SealedSecrets};

use domain::id::TenantId;
use table::Table;

use crate::verified::Verified;

#[derive(Clone)]
pub struct Store {
    table: Table,
}

/// Everything of one tenant, and nothing of any other.
#[derive(Clone)]
pub struct TenantStore {
    table: Table,
    tenant: TenantId,
}

impl Store {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self {
            table: Table::new(client, table),
        }
    }

    pub fn tenant(&self, proof: &impl Verified) -> TenantStore {
        self.tenant_unchecked(proof.tenant())
    }

    fn tenant_unchecked(&self, tenant: TenantId) -> TenantStore {
        TenantStore {
            table: self.table.clone(),
            tenant,
        }
    }

    /// One cheap read, so that the first request does not pay for the connection.
    pub async fn prime(&self) -> Result<(), StoreError> {
        self.table
            .get::<serde_json::Value>(&keys::priming())
            .await
            .map(drop)
    }
}

impl TenantStore {
    pub fn id(&self) -> TenantId {
        self.tenant
    }
}
