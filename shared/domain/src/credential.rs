//! Where the durable credentials of connections are kept: each in a secret of its own, or many of a tenant in one.
//!
//! A bundle is a shared value, written as a whole, and a vault has no conditional write. Its row is what the vault lacks:
//! it lends the bundle to one writer at a time, and names the version that counts. Whoever writes builds on that version
//! and no other; the row moves to the new one in the transaction that moves the connection's row to it. So a version that
//! was written too late, or whose writer died, changes nothing. [`model`] plays it.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::id::ConnectionId;

/// How a stage keeps credentials that are written from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultMode {
    /// One secret a connection.
    Connection,
    /// One secret a tenant, and more where one would grow too large.
    Bundle,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown vault mode {0:?}: expected connection or bundle")]
pub struct UnknownVaultMode(pub String);

impl FromStr for VaultMode {
    type Err = UnknownVaultMode;

    fn from_str(name: &str) -> Result<Self, UnknownVaultMode> {
        match name {
            "connection" => Ok(Self::Connection),
            "bundle" => Ok(Self::Bundle),
            other => Err(UnknownVaultMode(other.into())),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    #[default]
    Own,
    Bundle {
        shard: u32,
    },
}

/// Where one connection's credential is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub home: Home,
    /// How often it has left a secret of its own. Such a secret is never written again: whoever still means to delete it
    /// cannot hit the one that came after it.
    pub life: u32,
    /// Something of it may stand where it was before.
    pub left: bool,
}

impl Kept {
    pub fn new(home: Home) -> Self {
        Self {
            home,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn moved_to(self, home: Home) -> Self {
        let leaves_own = self.home == Home::Own && home != Home::Own;
        Self {
            home,
            life: self.life + u32::from(leaves_own),
            left: self.left || self.home != home,
        }
    }

    /// Secrets of its own that may be there and do not count.
    pub fn left_lives(self) -> std::ops::Range<u32> {
        0..self.life
    }

    pub fn is_in(self, shard: u32) -> bool {
        self.home == Home::Bundle { shard }
    }
}

/// A secret holds 64 KiB; the rest is for credentials that grow.
pub const BUNDLE_BYTES_MAX: usize = 48 * 1024;
/// An id, and what stands around it and its credential.
const ENTRY_BYTES: usize = 30 + 8;

/// One bundle of a tenant, and how large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub number: u32,
    pub bytes: usize,
}

/// The bundle for a credential: where it is, unless there is no staying; else the first with room, or a new one.
pub fn shard_for(
    shards: &[Shard],
    home: Option<Home>,
    credential_bytes: usize,
    avoided: &BTreeSet<u32>,
) -> u32 {
    if let Some(Home::Bundle { shard }) = home
        && !avoided.contains(&shard)
    {
        return shard;
    }
    let has_room =
        |shard: &&Shard| shard.bytes + ENTRY_BYTES + credential_bytes <= BUNDLE_BYTES_MAX;
    let free = shards
        .iter()
        .filter(|shard| !avoided.contains(&shard.number));
    let first = free.filter(has_room).map(|shard| shard.number).min();
    first.unwrap_or_else(|| {
        let known = shards.iter().map(|shard| &shard.number);
        let last = known.chain(avoided).max();
        last.map_or(0, |last| last + 1)
    })
}

/// What one bundle holds. It is not to be printed: most of the time it holds secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle<T> {
    entries: BTreeMap<ConnectionId, T>,
}

impl<T> Default for Bundle<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }
}

impl<T> FromIterator<(ConnectionId, T)> for Bundle<T> {
    fn from_iter<I: IntoIterator<Item = (ConnectionId, T)>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
        }
    }
}

impl<T> Bundle<T> {
    pub fn get(&self, connection: ConnectionId) -> Option<&T> {
        self.entries.get(&connection)
    }

    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.entries.keys().copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (ConnectionId, &T)> {
        self.entries.iter().map(|(id, value)| (*id, value))
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The next version. What no connection's row says is here goes: it moved on, or came from who died.
    #[must_use]
    pub fn with(
        mut self,
        connection: ConnectionId,
        value: T,
        here: &BTreeSet<ConnectionId>,
    ) -> Self {
        self.entries.retain(|id, _| here.contains(id));
        self.entries.insert(connection, value);
        self
    }

    #[must_use]
    pub fn without(mut self, connection: ConnectionId, here: &BTreeSet<ConnectionId>) -> Self {
        self.entries
            .retain(|id, _| *id != connection && here.contains(id));
        self
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
