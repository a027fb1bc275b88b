//! Connections: one member's authorised link to one provider account.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, MemberId, TenantId};

/// A calendar vendor. What differs between vendors lives in their own module; here it is only a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Google,
    Microsoft,
}

impl Provider {
    /// In the order in which people are offered them.
    pub const ALL: [Self; 2] = [Self::Google, Self::Microsoft];

    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
        }
    }
}

/// What becomes of a refresh token when its provider gives another one for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// It goes on counting for months.
    Last,
    /// Using it has ended it.
    UsedOnce,
}

/// Secrets are written rarely: a vault takes few writes in a second, and keeps few versions of a secret.
const WRITTEN_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

impl RefreshTokens {
    /// Whether the new one takes the place of the one that was `stored_at` that time.
    pub fn should_store(self, stored_at: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Last => now >= stored_at + WRITTEN_AGAIN_AFTER,
            Self::UsedOnce => true,
        }
    }
}

/// One of something for each provider.
#[derive(Clone, Debug, Default)]
pub struct ByProvider<T> {
    pub google: T,
    pub microsoft: T,
}

impl<T> ByProvider<T> {
    pub fn of(&self, provider: Provider) -> &T {
        match provider {
            Provider::Google => &self.google,
            Provider::Microsoft => &self.microsoft,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider {0:?}: expected google or microsoft")]
pub struct UnknownProvider(pub String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == name)
            .ok_or_else(|| UnknownProvider(name.into()))
    }
}

/// Authorization, pause and sync are separate facts; what a person sees as health is computed from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub tenant: TenantId,
    pub member: MemberId,
    pub provider: Provider,
    /// The provider's own, stable id of the account; an address may change.
    pub subject: String,
    /// The account's address, to show.
    pub account: String,
    pub auth: Auth,
    pub scopes: Vec<String>,
    /// The redirect URI with which the account was authorised.
    pub redirect_uri: String,
    pub paused_at: Option<Timestamp>,
    /// Its member disconnected it: nothing is synced any more, and what there is of it is being taken down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending_since: Option<Timestamp>,
    /// Moves only when a run succeeds.
    pub last_sync_at: Option<Timestamp>,
    pub last_failure: Option<LastFailure>,
    pub created_at: Timestamp,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Auth {
    Granted {
        at: Timestamp,
    },
    NeedsReauth {
        since: Timestamp,
        reason: ReauthReason,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReauthReason {
    /// The provider no longer honours the grant.
    Revoked,
    /// The member left out a scope that syncing needs.
    MissingScopes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastFailure {
    pub at: Timestamp,
    /// For the account's owner.
    pub what: String,
    /// For everybody else, where `what` says what calendars are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<String>,
}

impl LastFailure {
    /// For whoever looks after the integration, and not at somebody's calendars.
    pub fn unnamed(self) -> String {
        self.unnamed.unwrap_or(self.what)
    }
}

/// How a connection stands, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its first sync has not come to its end.
    Pending,
    Connected,
    /// Its last sync failed.
    Failing,
    NeedsReauth,
    Paused,
}

/// Why a connection is not synced now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    Paused,
    NeedsReauth,
    Ending,
}

impl Connection {
    /// Whether a sync may run; checked first by every run.
    pub fn idle(&self) -> Option<Idle> {
        if self.ending_since.is_some() {
            return Some(Idle::Ending);
        }
        match (&self.auth, self.paused_at) {
            (Auth::NeedsReauth { .. }, _) => Some(Idle::NeedsReauth),
            (Auth::Granted { .. }, Some(_)) => Some(Idle::Paused),
            (Auth::Granted { .. }, None) => None,
        }
    }

    /// `None`: it is being disconnected, and counts no more.
    pub fn standing(&self) -> Option<Standing> {
        match self.idle() {
            Some(Idle::Ending) => None,
            Some(Idle::NeedsReauth) => Some(Standing::NeedsReauth),
            Some(Idle::Paused) => Some(Standing::Paused),
            None if self.last_failure.is_some() => Some(Standing::Failing),
            None if self.last_sync_at.is_none() => Some(Standing::Pending),
            None => Some(Standing::Connected),
        }
    }
}

#[cfg(test)]
mod refreshing;
