//! What the simulated service remembers.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::channels::{Channel, Notice};
use super::event::Event;
use super::identity::Signing;
use super::mail::Mail;
use super::oauth::grants::Grants;
use super::oauth::service_accounts::ServiceAccounts;
use super::pubsub::PubSub;
use crate::sim::faults::Faults;
use crate::sim::request_log::RequestLog;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) calendars: BTreeMap<String, Calendar>,
    pub(super) grants: Grants,
    pub(super) channels: Vec<Channel>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) mails: Vec<Mail>,
    #[serde(default)]
    pub(super) service_accounts: ServiceAccounts,
    #[serde(default)]
    pub(super) signing: Signing,
    #[serde(default)]
    pub(super) pubsub: PubSub,
    /// Grows with every change anywhere: etags, sync tokens and page tokens are positions on it.
    revision: u64,
    /// What was deleted up to here is forgotten, so that no older sync token can be answered.
    #[serde(default)]
    pub(super) forgotten: u64,
    #[serde(skip)]
    pub(super) faults: Faults,
    #[serde(skip)]
    pub(super) requests: RequestLog,
    #[serde(skip)]
    pub(super) quota: Quota,
    /// Notices that are on the wire at this moment.
    #[serde(skip)]
    pub(super) in_flight: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) email: String,
    pub(super) zone: String,
    /// In the order in which the calendar list shows them, the primary one first.
    pub(super) calendars: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Calendar {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) summary: String,
    pub(super) zone: String,
    /// What its own account may do: `owner`, `writer`, `reader` or `freeBusyReader`.
    pub(super) access_role: String,
    pub(super) events: BTreeMap<String, Event>,
    /// When the calendar itself changed, for the calendar list.
    pub(super) revision: u64,
    pub(super) updated: Timestamp,
}

/// The sliding window of requests per minute and user; off unless a limit is set.
#[derive(Debug, Default)]
pub(super) struct Quota {
    pub(super) per_minute_per_user: Option<usize>,
    pub(super) recent: BTreeMap<String, VecDeque<Timestamp>>,
}

impl State {
    pub(super) fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }
}

/// Quoted as in the `ETag` header, which is how Google writes it into bodies too.
pub(super) fn etag(revision: u64) -> String {
    format!("\"{}\"", 3_500_000_000_000_000 + revision * 2)
}

impl Calendar {
    pub(super) fn is_primary(&self) -> bool {
        self.id == self.owner
    }

    pub(super) fn is_writable(&self) -> bool {
        matches!(self.access_role.as_str(), "owner" | "writer")
    }
}

impl Quota {
    /// Counts one request; false when the window is full.
    pub(super) fn admit(&mut self, account: &str, now: Timestamp) -> bool {
        let Some(limit) = self.per_minute_per_user else {
            return true;
        };
        let recent = self.recent.entry(account.to_owned()).or_default();
        while recent
            .front()
            .is_some_and(|at| now.duration_since(*at).as_secs() >= 60)
        {
            recent.pop_front();
        }
        if recent.len() >= limit {
            return false;
        }
        recent.push_back(now);
        true
    }
}
