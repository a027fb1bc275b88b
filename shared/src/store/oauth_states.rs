//! Authorizations under way: what must still be true when the provider sends the browser back.

use domain::{
    connection::Provider,
    id::{ConnectionId, MemberId, SessionId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    item::{Guard, Item},
    keys,
    table::StoreError,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthState {
    pub tenant: TenantId,
    pub member: MemberId,
    pub session: SessionId,
    pub provider: Provider,
    pub redirect_uri: String,
    /// The PKCE verifier, sealed for this state.
    pub sealed_verifier: String,
    /// A connection that is being authorised again.
    pub reconnects: Option<ConnectionId>,
    pub expires_at: Timestamp,
}

impl TenantStore {
    pub async fn put_oauth_state(&self, state: &str, row: &OAuthState) -> Result<(), StoreError> {
        let item = Item::new("oauth_state", keys::oauth_state(state), None, row);
        self.table
            .put(item.guarded(Guard::Absent).expires_at(row.expires_at))
            .await
    }
}

impl Store {
    /// Of several callbacks with the same state exactly one gets the row. The caller checks time, session and tenant.
    pub async fn consume_oauth_state(&self, state: &str) -> Result<Option<OAuthState>, StoreError> {
        self.table.take(&keys::oauth_state(state)).await
    }
}
