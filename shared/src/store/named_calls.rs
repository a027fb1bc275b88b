//! Calls that named themselves, so that a repeat is answered like the first instead of being carried out again.

use domain::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{StoreError, Write},
};
use crate::crypto::fingerprint;

/// How long a name is remembered.
pub const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Who called what, under which name.
#[derive(Clone, Debug)]
pub struct CallName {
    fingerprint: String,
}

impl CallName {
    /// A name is its caller's: two members may use the same.
    pub fn new(member: MemberId, method: &str, path: &str, name: &str) -> Self {
        Self {
            fingerprint: fingerprint(format!("{member}\n{method}\n{path}\n{name}")),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.fingerprint
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NamedCall {
    /// Of the request, to tell a repeat from another request of the same name.
    pub request: String,
    pub first_at: Timestamp,
    /// When it was last begun.
    pub begun_at: Timestamp,
    /// What it was answered, sealed: an answer may hold what is shown only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    pub version: u64,
}

impl TenantStore {
    pub async fn named_call(&self, name: &CallName) -> Result<Option<NamedCall>, StoreError> {
        let key = keys::named_call(self.tenant, &name.fingerprint);
        self.table.get(&key).await
    }

    /// `call.version` is the version read, 0 for a new one. `Conflict`: somebody else was faster.
    pub async fn put_named_call(
        &self,
        name: &CallName,
        call: NamedCall,
    ) -> Result<NamedCall, StoreError> {
        let guard = Guard::of_version(call.version);
        let next = NamedCall {
            version: call.version + 1,
            ..call
        };
        let key = keys::named_call(self.tenant, &name.fingerprint);
        let item = Item::new("named_call", key, Some(self.tenant), &next);
        let item = item
            .expires_at(next.first_at + REMEMBERED_FOR)
            .guarded(guard);
        self.table.put(item).await?;
        Ok(next)
    }

    /// The same request may be tried again under its name.
    pub async fn forget_named_call(
        &self,
        name: &CallName,
        call: &NamedCall,
    ) -> Result<(), StoreError> {
        let key = keys::named_call(self.tenant, &name.fingerprint);
        let guard = Guard::Version(call.version);
        let delete = Write::delete(key, Some(self.tenant), &guard);
        self.table.write(vec![delete]).await
    }
}
