//! What waits for a person: what cannot go on until they decide, with what they can choose. Nothing is stored of it: each
//! is read off its cause, so that it is there exactly as long as that.

use std::cmp::Reverse;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    conflict::{Conflict, ConflictState},
    connection::{Auth, Connection, Provider, ReauthReason},
    hold::Hold,
    id::ConnectionId,
    item::StuckItem,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub since: Timestamp,
    pub about: About,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The same was changed here and in a calendar, differently.
    Conflict(Box<Conflict>),
    /// The provider no longer accepts our access.
    Reauth {
        connection: ConnectionId,
        provider: Provider,
        account: String,
        reason: ReauthReason,
    },
    /// Unusually many changes at once.
    Held(Hold),
    /// Events and entries of one connection that are not tried again by themselves. There is at least one.
    Items {
        connection: ConnectionId,
        account: String,
        items: Vec<StuckItem>,
    },
}

/// What a person can do about it. The first is what most want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "NotificationChoice")]
pub enum Choice {
    /// Looks at both sides and decides each difference.
    Compare,
    /// Keeps all that stands in the schedule.
    KeepLocal,
    /// Keeps all that stands in the calendar.
    KeepExternal,
    /// Gives access again.
    Reconnect,
    Disconnect,
    /// Puts back what was deleted or changed.
    Restore,
    /// Lets it happen.
    Confirm,
    /// Tries all of them again.
    Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "NotificationKind")]
pub enum Kind {
    Conflict,
    NeedsReauth,
    ChangesHeld,
    ItemsNotSynced,
}

impl Notification {
    /// What a connection waits for. One that is being disconnected waits for nothing.
    pub fn of_connection(
        connection: &Connection,
        holds: Vec<Hold>,
        items: Vec<StuckItem>,
    ) -> Vec<Self> {
        if connection.ending_since.is_some() {
            return Vec::new();
        }
        let (id, account) = (connection.id, &connection.account);
        let reauth = match connection.auth {
            Auth::NeedsReauth { since, reason } => Some(Self {
                since,
                about: About::Reauth {
                    connection: id,
                    provider: connection.provider,
                    account: account.clone(),
                    reason,
                },
            }),
            Auth::Granted { .. } => None,
        };
        let mut undecided = holds;
        undecided.retain(|hold| hold.decided.is_none());
        let held = Hold::questions(undecided).into_iter().map(|hold| Self {
            since: hold.since,
            about: About::Held(hold),
        });
        let mut items = items;
        items.retain(|item| item.needs_attention() && item.next_try_at().is_none());
        let not_synced = items.iter().map(|item| item.last_seen_at).max();
        let not_synced = not_synced.map(|since| Self {
            since,
            about: About::Items {
                connection: id,
                account: account.clone(),
                items,
            },
        });
        reauth.into_iter().chain(held).chain(not_synced).collect()
    }

    /// `None`: nobody is asked any more.
    pub fn of_conflict(conflict: Conflict) -> Option<Self> {
        match conflict.state {
            ConflictState::Open => Some(Self {
                since: conflict.detected_at,
                about: About::Conflict(Box::new(conflict)),
            }),
            ConflictState::Chosen { .. }
            | ConflictState::Settled { .. }
            | ConflictState::Dropped { .. }
            | ConflictState::Undone { .. } => None,
        }
    }

    /// Newest first.
    #[must_use]
    pub fn in_order(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by_cached_key(|one| (Reverse(one.since), one.id()));
        all
    }

    pub fn kind(&self) -> Kind {
        match self.about {
            About::Conflict(_) => Kind::Conflict,
            About::Reauth { .. } => Kind::NeedsReauth,
            About::Held(_) => Kind::ChangesHeld,
            About::Items { .. } => Kind::ItemsNotSynced,
        }
    }

    pub fn connection(&self) -> ConnectionId {
        match &self.about {
            About::Conflict(conflict) => conflict.connection,
            About::Held(hold) => hold.connection,
            About::Reauth { connection, .. } | About::Items { connection, .. } => *connection,
        }
    }

    /// The same for as long as it waits, and another's once something else does.
    pub fn id(&self) -> String {
        match &self.about {
            About::Conflict(conflict) => format!("conflict-{}", conflict.id),
            About::Reauth { connection, .. } => format!("reauth-{connection}"),
            About::Held(hold) => format!("held-{}", hold.id),
            About::Items { connection, .. } => format!("items-{connection}"),
        }
    }

    /// What can be chosen, by somebody who may decide about entries or not.
    pub fn choices(&self, may_decide: bool) -> &'static [Choice] {
        match self.about {
            About::Conflict(_) if may_decide => {
                &[Choice::Compare, Choice::KeepLocal, Choice::KeepExternal]
            }
            About::Conflict(_) => &[Choice::Compare],
            About::Reauth { .. } => &[Choice::Reconnect, Choice::Disconnect],
            About::Held(_) => &[Choice::Restore, Choice::Confirm],
            About::Items { .. } => &[Choice::Retry],
        }
    }
}

#[cfg(test)]
mod tests;
