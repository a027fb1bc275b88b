//! What a sync would do, counted and in examples.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    hold::{HeldStep, SAMPLE_MAX},
    id::CalendarId,
    sync::plan::{Plan, Step},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preview {
    pub calendar: CalendarId,
    pub entries_created: u32,
    pub events_created: u32,
    pub changed: u32,
    pub deleted: u32,
    pub conflicts: u32,
    /// Left out, each for its own reason.
    pub refused: u32,
    pub sample: Vec<HeldStep>,
    /// `false`: there is more than could be looked at in time.
    pub whole: bool,
}

impl Preview {
    pub fn of(calendar: CalendarId) -> Self {
        Self {
            calendar,
            entries_created: 0,
            events_created: 0,
            changed: 0,
            deleted: 0,
            conflicts: 0,
            refused: 0,
            sample: Vec::new(),
            whole: true,
        }
    }

    pub fn add(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let count = match step {
                Step::CreateEntry { .. } | Step::JoinEntry { .. } | Step::RestoreEntry { .. } => {
                    &mut self.entries_created
                }
                Step::CreateEvent { .. } | Step::FinishCreate { .. } => &mut self.events_created,
                Step::Write(_) => &mut self.changed,
                Step::DeleteEntry { .. }
                | Step::Unassign { .. }
                | Step::DeleteEvent { .. }
                | Step::Sever { .. } => &mut self.deleted,
                Step::Conflict { .. } => &mut self.conflicts,
                Step::Refuse { .. } => &mut self.refused,
                Step::Rebase { .. } | Step::Unlink { .. } => continue,
            };
            *count += 1;
            if self.sample.len() < SAMPLE_MAX {
                self.sample.push(HeldStep::of(step));
            }
        }
    }
}
