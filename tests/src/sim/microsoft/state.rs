//! What the simulated service remembers.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Event, Item};
use super::ids;
use super::mail::Mail;
use super::notices::Notice;
use super::oauth::grants::Grants;
use super::subscriptions::Subscription;
use super::throttle::Throttle;
use crate::sim::faults::Faults;
use crate::sim::request_log::RequestLog;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By address.
    pub(super) accounts: BTreeMap<String, Account>,
    /// By id.
    pub(super) calendars: BTreeMap<String, Calendar>,
    pub(super) grants: Grants,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) mails: Vec<Mail>,
    /// Grows with every change anywhere: change keys and delta links are positions on it.
    revision: u64,
    /// What was deleted up to here is forgotten, so that no older delta link can be answered.
    pub(super) forgotten: u64,
    pub(super) repeated_transaction: RepeatedTransaction,
    #[serde(skip)]
    pub(super) faults: Faults,
    #[serde(skip)]
    pub(super) requests: RequestLog,
    #[serde(skip)]
    pub(super) throttle: Throttle,
    /// Notices that are on the wire at this moment.
    #[serde(skip)]
    pub(super) in_flight: usize,
}

/// What creating an event under a known `transactionId` answers. The documents only say that it creates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RepeatedTransaction {
    /// 201 and the event that is there.
    #[default]
    Existing,
    /// 409.
    Conflict,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) email: String,
    pub(super) user: String,
    pub(super) tenant: String,
    /// IANA; what the person's own pages are in.
    pub(super) zone: String,
    /// In the order in which they are listed, the default one first.
    pub(super) calendars: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Calendar {
    pub(super) id: String,
    /// The account's address.
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) can_edit: bool,
    pub(super) is_default: bool,
    /// By key.
    pub(super) events: BTreeMap<String, Event>,
    pub(super) gone: Vec<Gone>,
    pub(super) revision: u64,
}

/// An event that was here: what is said of it to those who follow changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Gone {
    pub(super) event: Event,
    pub(super) revision: u64,
}

impl State {
    pub(super) fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The mailbox's own calendars.
    pub(super) fn calendars_of(&self, account: &str) -> impl Iterator<Item = &Calendar> {
        let listed = self.accounts.get(account);
        listed
            .into_iter()
            .flat_map(|account| &account.calendars)
            .filter_map(|id| self.calendars.get(id))
    }

    /// An event of a mailbox by either of its ids, and the calendar that it is in.
    pub(super) fn find(&self, account: &str, id: &str) -> Option<(&Calendar, Item<'_>)> {
        let named = ids::read_event_id(id)?;
        let (calendar, event) = self
            .calendars_of(account)
            .find_map(|calendar| Some((calendar, calendar.events.get(&named.key)?)))?;
        if named.moves.is_some_and(|moves| moves != event.moves) {
            return None;
        }
        let item = match named.occurrence {
            None => event.item(),
            Some(date) => event.occurrence(date)?,
        };
        Some((calendar, item))
    }

    pub(super) fn event_mut(&mut self, calendar: &str, key: &str) -> Option<&mut Event> {
        self.calendars.get_mut(calendar)?.events.get_mut(key)
    }

    pub(super) fn next_notice_at(&self) -> Option<Timestamp> {
        self.notices.iter().map(|notice| notice.due).min()
    }
}
