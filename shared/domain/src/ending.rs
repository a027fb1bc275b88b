//! The end of a connection: what is done, in which order, and the receipt of it.
//!
//! Each thing that is done is noted in the same write that makes it final, so that a repeat after a crash finds it done
//! and the receipt counts it once. What the provider will not let us do does not hold up the rest: the receipt says so.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    connection::{Connection, Provider},
    id::{ConnectionId, MemberId},
};

/// In the order in which they are done: access is needed until it is withdrawn, and records say what is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DisconnectionStep")]
pub enum Step {
    StopNotices,
    /// Only where it was asked for.
    RemoveCopies,
    WithdrawAccess,
    DeleteCredential,
    DeleteRecords,
}

impl Step {
    pub const ALL: [Self; 5] = [
        Self::StopNotices,
        Self::RemoveCopies,
        Self::WithdrawAccess,
        Self::DeleteCredential,
        Self::DeleteRecords,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::StopNotices => "stop_notices",
            Self::RemoveCopies => "remove_copies",
            Self::WithdrawAccess => "withdraw_access",
            Self::DeleteCredential => "delete_credential",
            Self::DeleteRecords => "delete_records",
        }
    }

    /// Whether it may be given up: the rest is ours alone.
    fn needs_provider(self) -> bool {
        match self {
            Self::StopNotices | Self::RemoveCopies | Self::WithdrawAccess => true,
            Self::DeleteCredential | Self::DeleteRecords => false,
        }
    }
}

/// What became of our access to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AccessEnd {
    /// The provider honours it no more, because we said so or because it had ended before.
    Withdrawn,
    /// Another connection uses the same account, and would lose its access with this one.
    Shared,
    /// The provider lets only the account's owner withdraw it.
    ByHand,
    Refused {
        detail: String,
    },
}

/// What was done, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub subscriptions_stopped: u32,
    /// The provider goes on calling until they expire; nobody listens.
    pub subscriptions_left: u32,
    pub left_until: Option<Timestamp>,
    pub copies_removed: u32,
    /// Copies of entries that stay in the calendar.
    pub copies_kept: u32,
    pub access: Option<AccessEnd>,
    pub credential_deleted: bool,
    pub records_deleted: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub connection: ConnectionId,
    pub member: MemberId,
    pub provider: Provider,
    /// The account's address, to show.
    pub account: String,
    pub remove_copies: bool,
    pub asked_at: Timestamp,
    /// What is done now; absent when nothing is left.
    pub step: Option<Step>,
    pub finished_at: Option<Timestamp>,
    pub receipt: Receipt,
    /// Secrets of its own that the credential had left when it was deleted.
    #[serde(default)]
    pub lives: u32,
    /// Failures in a row, why the last one failed, and when it is tried again.
    pub tries: u32,
    pub last_failure: Option<String>,
    pub not_before: Option<Timestamp>,
    pub version: u64,
}

/// What was just done, to be noted with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    Stopped,
    LeftToExpire {
        until: Option<Timestamp>,
    },
    CopyRemoved,
    /// The provider did not let us.
    CopyKept,
    Access(AccessEnd),
    CredentialDeleted,
    /// Records are gone; with them the knowledge of copies that stay.
    Records {
        copies: u32,
    },
    /// Nothing of the step is left.
    Step,
}

impl Done {
    fn belongs_to(&self, step: Step) -> bool {
        match self {
            Self::Stopped | Self::LeftToExpire { .. } => step == Step::StopNotices,
            Self::CopyRemoved | Self::CopyKept => step == Step::RemoveCopies,
            Self::Access(_) => step == Step::WithdrawAccess,
            Self::CredentialDeleted => step == Step::DeleteCredential,
            Self::Records { .. } => matches!(step, Step::RemoveCopies | Step::DeleteRecords),
            Self::Step => matches!(
                step,
                Step::StopNotices | Step::RemoveCopies | Step::DeleteRecords
            ),
        }
    }

    fn completes(&self) -> bool {
        match self {
            Self::Access(_) | Self::CredentialDeleted | Self::Step => true,
            Self::Stopped
            | Self::LeftToExpire { .. }
            | Self::CopyRemoved
            | Self::CopyKept
            | Self::Records { .. } => false,
        }
    }
}

/// Something was noted that is not part of the step under way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{done:?} is no part of {step:?}")]
pub struct OutOfOrder {
    step: Option<Step>,
    done: Done,
}

/// With the waits between them, half a day.
const TRIES_MAX: u32 = 20;
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(60);

impl Ending {
    pub fn begin(connection: &Connection, remove_copies: bool, now: Timestamp) -> Self {
        Self {
            connection: connection.id,
            member: connection.member,
            provider: connection.provider,
            account: connection.account.clone(),
            remove_copies,
            asked_at: now,
            step: Some(Step::StopNotices),
            finished_at: None,
            receipt: Receipt::default(),
            lives: 0,
            tries: 0,
            last_failure: None,
            not_before: None,
            version: 0,
        }
    }

    pub fn is_over(&self) -> bool {
        self.step.is_none()
    }

    fn after(&self, step: Step) -> Option<Step> {
        match step {
            Step::StopNotices if self.remove_copies => Some(Step::RemoveCopies),
            Step::StopNotices | Step::RemoveCopies => Some(Step::WithdrawAccess),
            Step::WithdrawAccess => Some(Step::DeleteCredential),
            Step::DeleteCredential => Some(Step::DeleteRecords),
            Step::DeleteRecords => None,
        }
    }

    /// The steps of this ending, in order.
    pub fn steps(&self) -> Vec<Step> {
        let first = Some(Step::StopNotices);
        std::iter::successors(first, |step| self.after(*step)).collect()
    }

    /// Counts what was done, together with the records that went with it.
    pub fn note(mut self, done: Done, records: u32, now: Timestamp) -> Result<Self, OutOfOrder> {
        let Some(step) = self.step.filter(|step| done.belongs_to(*step)) else {
            let step = self.step;
            return Err(OutOfOrder { step, done });
        };
        let given_up = self.gives_up();
        if done.completes() {
            self.step = self.after(step);
            self.finished_at = self.step.is_none().then_some(now);
        }
        // What is given up on stays so to the end of its step.
        if done.completes() || !given_up {
            self.tries = 0;
            self.last_failure = None;
        }
        self.not_before = None;
        let receipt = &mut self.receipt;
        receipt.records_deleted += records;
        match done {
            Done::Stopped => receipt.subscriptions_stopped += 1,
            Done::LeftToExpire { until } => {
                receipt.subscriptions_left += 1;
                receipt.left_until = receipt.left_until.max(until);
            }
            Done::CopyRemoved => receipt.copies_removed += 1,
            Done::CopyKept => receipt.copies_kept += 1,
            Done::Access(end) => receipt.access = Some(end),
            Done::CredentialDeleted => receipt.credential_deleted = true,
            Done::Records { copies } => receipt.copies_kept += copies,
            Done::Step => {}
        }
        Ok(self)
    }

    /// To be tried again, no sooner than the provider asked for.
    #[must_use]
    pub fn failed(self, why: String, wait: Option<SignedDuration>, now: Timestamp) -> Self {
        let backoff = SignedDuration::from_secs(5 << self.tries.min(10)).min(WAIT_MAX);
        Self {
            tries: self.tries + 1,
            last_failure: Some(why),
            not_before: Some(now + wait.unwrap_or(SignedDuration::ZERO).max(backoff)),
            ..self
        }
    }

    /// The provider has failed so often that what it would have to do is left undone.
    pub fn gives_up(&self) -> bool {
        self.tries >= TRIES_MAX && self.step.is_some_and(Step::needs_provider)
    }
}

/// When to look again for the run whose lease is held for so long yet: after as long as it has been at it, since most are
/// over in a moment and few are long; once the lease has run out, at the latest.
pub fn look_again_after(left: SignedDuration, lease: SignedDuration) -> SignedDuration {
    let has_run = (lease - left).max(SignedDuration::from_secs(1));
    has_run.min(left + SignedDuration::from_secs(1))
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipt = &self.receipt;
        let step = self.step.map_or("over", Step::name);
        write!(
            f,
            "{step}: {} subscriptions stopped, {} left, {} copies removed, {} kept, {} records deleted",
            receipt.subscriptions_stopped,
            receipt.subscriptions_left,
            receipt.copies_removed,
            receipt.copies_kept,
            receipt.records_deleted
        )
    }
}

#[cfg(test)]
mod tests;
