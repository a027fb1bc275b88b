//! Safety brakes: a round that would delete or overwrite unusually much waits until the calendar's owner confirms it.
//!
//! A calendar emptied by a failing device, a script or a stolen session looks exactly like one that its owner emptied.
//! Nothing is lost by asking: what is held stays as it is on both sides, everything else syncs on, and the cursor does
//! not pass what is held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, Step};
use crate::link::Origin;

/// More deletions in one round are held.
pub const DELETIONS_MAX: u32 = 20;
/// More changed entries and events in one round are held.
pub const OVERWRITES_MAX: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HoldBrake")]
pub enum Brake {
    Deletions,
    Overwrites,
}

/// Where steps come from: each counts and holds for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HoldWay")]
pub enum Way {
    /// Changes that the provider listed.
    Changes,
    /// Links that a complete read did not show.
    Comparison,
    /// Entries that changed here.
    Entries,
}

/// What a round has done so far; a round is everything between two cursors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub deletions: u32,
    pub overwrites: u32,
}

/// A plan after the brakes.
#[derive(Clone, Debug, Default)]
pub struct Braked {
    pub plan: Plan,
    pub held: Vec<Step>,
}

/// Takes from a plan what would go beyond the limits of its round. `let_through` is what the owner has decided about:
/// that much may pass beside what would need nobody's word. What came since is a question of its own.
pub fn brake(plan: Plan, round: &mut Round, let_through: Round) -> Braked {
    let count = |kind| {
        plan.steps
            .iter()
            .filter(|step| step.brake() == Some(kind))
            .count()
    };
    let sum =
        |before: u32, kind| before.saturating_add(u32::try_from(count(kind)).unwrap_or(u32::MAX));
    let after = Round {
        deletions: sum(round.deletions, Brake::Deletions),
        overwrites: sum(round.overwrites, Brake::Overwrites),
    };
    let deletions = after.deletions > DELETIONS_MAX.saturating_add(let_through.deletions);
    let overwrites = after.overwrites > OVERWRITES_MAX.saturating_add(let_through.overwrites);
    // Also what is held counts: a further page of the same round is held with it.
    *round = after;
    let is_held = |step: &Step| match step.brake() {
        Some(Brake::Deletions) => deletions,
        Some(Brake::Overwrites) => overwrites,
        None => false,
    };
    let (held, steps) = plan.steps.into_iter().partition(is_held);
    Braked {
        plan: Plan { steps, ..plan },
        held,
    }
}

impl Step {
    /// Which brake counts the step.
    pub fn brake(&self) -> Option<Brake> {
        match self {
            Self::DeleteEntry { .. }
            | Self::Unassign { .. }
            | Self::DeleteEvent { .. }
            | Self::Sever {
                lost: Origin::Event,
                ..
            } => Some(Brake::Deletions),
            Self::Write(_) => Some(Brake::Overwrites),
            Self::CreateEntry { .. }
            | Self::JoinEntry { .. }
            | Self::CreateEvent { .. }
            | Self::FinishCreate { .. }
            | Self::Rebase { .. }
            | Self::RestoreEntry { .. }
            | Self::Sever {
                lost: Origin::Entry,
                ..
            }
            | Self::Unlink { .. }
            | Self::Conflict { .. }
            | Self::Refuse { .. } => None,
        }
    }
}
