//! The erasure of a tenant: what is done, in which order, and the receipt of it.
//!
//! From its first moment on nobody signs in and nothing is connected. The connections end first, each with a receipt of
//! its own. Then whoever is still signed in is outlived, so that nothing can be written any more; and then everything
//! goes but this.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ending::{AccessEnd, Ending},
    id::{MemberId, TenantId},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErasureStage")]
pub enum Stage {
    EndConnections,
    OutliveSessions,
    DeleteRecords,
}

impl Stage {
    pub const ALL: [Self; 3] = [
        Self::EndConnections,
        Self::OutliveSessions,
        Self::DeleteRecords,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::EndConnections => "end_connections",
            Self::OutliveSessions => "outlive_sessions",
            Self::DeleteRecords => "delete_records",
        }
    }
}

/// What was done. It names nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureReceipt {
    /// Ended by the erasure, or shortly before it.
    pub connections_ended: u32,
    /// Accounts of which the provider may still honour our access: only their owners can withdraw it.
    pub access_left: u32,
    /// The provider goes on calling until they expire; nobody listens.
    pub subscriptions_left: u32,
    pub copies_removed: u32,
    /// Copies of entries that stay in people's calendars.
    pub copies_kept: u32,
    pub members_deleted: u32,
    pub records_deleted: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub tenant: TenantId,
    pub asked_by: MemberId,
    pub asked_at: Timestamp,
    pub remove_copies: bool,
    /// What is done now; absent when nothing is left.
    pub stage: Option<Stage>,
    pub finished_at: Option<Timestamp>,
    pub receipt: ErasureReceipt,
    pub version: u64,
}

const WAIT_MIN: SignedDuration = SignedDuration::from_secs(5);
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);

impl Erasure {
    pub fn begin(
        tenant: TenantId,
        asked_by: MemberId,
        remove_copies: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            tenant,
            asked_by,
            asked_at: now,
            remove_copies,
            stage: Some(Stage::EndConnections),
            finished_at: None,
            receipt: ErasureReceipt::default(),
            version: 0,
        }
    }

    pub fn is_over(&self) -> bool {
        self.stage.is_none()
    }

    /// Nothing of the stage is left.
    #[must_use]
    pub fn past(self, stage: Stage, now: Timestamp) -> Self {
        let next = match stage {
            Stage::EndConnections => Some(Stage::OutliveSessions),
            Stage::OutliveSessions => Some(Stage::DeleteRecords),
            Stage::DeleteRecords => None,
        };
        Self {
            stage: next,
            finished_at: next.is_none().then_some(now),
            ..self
        }
    }

    /// How long until it is looked again whether the connections have ended: a provider may be away for hours.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        (now.duration_since(self.asked_at) / 10).clamp(WAIT_MIN, WAIT_MAX)
    }

    /// Counts what goes with one write. Of ends that were over before, only that they are forgotten counts.
    #[must_use]
    pub fn deleted(mut self, deleted: &Deleted) -> Self {
        let receipt = &mut self.receipt;
        receipt.records_deleted += deleted.records;
        receipt.members_deleted += deleted.members;
        for ending in &deleted.endings {
            if ending.finished_at.is_some_and(|at| at < self.asked_at) {
                continue;
            }
            receipt.connections_ended += 1;
            receipt.access_left += u32::from(match ending.receipt.access {
                Some(AccessEnd::ByHand | AccessEnd::Refused { .. }) => true,
                Some(AccessEnd::Withdrawn | AccessEnd::Shared) | None => false,
            });
            receipt.subscriptions_left += ending.receipt.subscriptions_left;
            receipt.copies_removed += ending.receipt.copies_removed;
            receipt.copies_kept += ending.receipt.copies_kept;
            receipt.records_deleted += ending.receipt.records_deleted;
        }
        self
    }
}

/// What goes with one write of the last stage.
#[derive(Clone, Debug, Default)]
pub struct Deleted {
    pub records: u32,
    pub members: u32,
    /// Ends that are over, with what they took along.
    pub endings: Vec<Ending>,
}

impl fmt::Display for Erasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipt = &self.receipt;
        let stage = self.stage.map_or("over", Stage::name);
        write!(
            f,
            "{stage}: {} connections ended, {} of them with access left, {} members and {} records deleted",
            receipt.connections_ended,
            receipt.access_left,
            receipt.members_deleted,
            receipt.records_deleted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connection::Provider, ending::Receipt, id::ConnectionId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn begun() -> Erasure {
        Erasure::begin(
            TenantId::from_parts(0, 1),
            MemberId::from_parts(0, 1),
            false,
            NOW,
        )
    }

    fn ended(at: Timestamp, access: AccessEnd) -> Ending {
        Ending {
            connection: ConnectionId::from_parts(0, 1),
            member: MemberId::from_parts(0, 1),
            provider: Provider::ALL[0],
            account: String::new(),
            remove_copies: false,
            asked_at: at,
            step: None,
            finished_at: Some(at),
            receipt: Receipt {
                copies_kept: 3,
                access: Some(access),
                records_deleted: 10,
                ..Receipt::default()
            },
            lives: 0,
            tries: 0,
            last_failure: None,
            not_before: None,
            version: 1,
        }
    }

    #[test]
    fn every_stage_comes_once_and_the_last_one_ends_it() {
        let mut erasure = begun();
        let mut stages = Vec::new();
        while let Some(stage) = erasure.stage {
            stages.push(stage);
            assert_eq!(erasure.finished_at, None);
            erasure = erasure.past(stage, NOW);
        }

        assert_eq!(stages, Stage::ALL);
        assert_eq!(erasure.finished_at, Some(NOW));
    }

    #[test]
    fn the_receipt_counts_what_the_connections_took_along_unless_they_were_gone_before() {
        let deleted = Deleted {
            records: 5,
            members: 1,
            endings: vec![
                ended(NOW - SignedDuration::from_secs(1), AccessEnd::ByHand),
                ended(NOW, AccessEnd::Withdrawn),
                ended(NOW + SignedDuration::from_secs(1), AccessEnd::ByHand),
            ],
        };

        let receipt = begun().deleted(&deleted).receipt;

        let expected = ErasureReceipt {
            connections_ended: 2,
            access_left: 1,
            copies_kept: 6,
            members_deleted: 1,
            records_deleted: 25,
            ..ErasureReceipt::default()
        };
        assert_eq!(receipt, expected);
    }

    #[test]
    fn the_longer_it_takes_the_rarer_it_is_looked_at() {
        let erasure = begun();
        let waits = [0, 60, 600, 86_400].map(|s| {
            let wait = erasure.wait(NOW + SignedDuration::from_secs(s));
            wait.as_secs()
        });

        assert_eq!(waits, [5, 6, 60, 900]);
    }
}
