//! Holds: what the brakes kept from happening, until the calendar's owner confirms it or wants it put back.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CalendarId, ConnectionId, HoldId, MemberId},
    sync::{
        brake::{Brake, Way},
        plan::Step,
    },
};

/// One brake of one calendar that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub id: HoldId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub way: Way,
    pub brake: Brake,
    /// How many steps are held, as far as the last look got.
    pub count: u32,
    #[serde(default)]
    pub spared: Spared,
    /// The first of them.
    pub sample: Vec<HeldStep>,
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    pub version: u64,
}

/// How many of what counts as a deletion leave the entry in the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// Entries that were made here: they stay, without their copy.
    pub severed: u32,
    /// Entries of others, too: they stay, without the calendar's owner.
    pub unassigned: u32,
}

impl Spared {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            severed: self.severed.saturating_add(other.severed),
            unassigned: self.unassigned.saturating_add(other.unassigned),
        }
    }

    pub fn count(&mut self, step: &Step) {
        if matches!(step, Step::Sever { .. }) {
            self.severed += 1;
        }
        if matches!(step, Step::Unassign { .. }) {
            self.unassigned += 1;
        }
    }
}

/// One of the steps that are held, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldStep {
    pub title: String,
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub decision: Decision,
    pub by: MemberId,
    pub at: Timestamp,
    /// The round began again from its start, so that nothing that was held is passed over.
    #[serde(default)]
    pub begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HoldDecision")]
pub enum Decision {
    /// It was meant so.
    Confirm,
    /// Put back what was deleted or overwritten.
    Restore,
}

impl Hold {
    pub fn decision(&self) -> Option<Decision> {
        self.decided.as_ref().map(|decided| decided.decision)
    }

    /// How many of what is held would be gone on the other side, too.
    pub fn deleted(&self) -> u32 {
        let spared = self.spared.severed.saturating_add(self.spared.unassigned);
        self.count.saturating_sub(spared)
    }

    /// Whether both ask the same of the owner. What changes tell is gone, a complete read does not show either: where it
    /// misses no more than they told, it misses the same.
    pub fn asks_as(&self, other: &Self) -> bool {
        let gone = |hold: &Self| match (hold.way, hold.brake) {
            (Way::Changes | Way::Comparison, Brake::Deletions) => true,
            (Way::Entries, _) | (_, Brake::Overwrites) => false,
        };
        let of_calendar = (self.calendar, self.count) == (other.calendar, other.count);
        self.id == other.id || of_calendar && gone(self) && gone(other)
    }

    /// Those to ask the owner about, each question once, as it was first asked.
    pub fn questions(mut holds: Vec<Self>) -> Vec<Self> {
        holds.sort_by_key(|hold| hold.since);
        let mut asked: Vec<Self> = Vec::new();
        for hold in holds {
            if !asked.iter().any(|before| before.asks_as(&hold)) {
                asked.push(hold);
            }
        }
        asked
    }
}

/// More than that is counted, not shown.
pub const SAMPLE_MAX: usize = 20;

impl HeldStep {
    /// What a person has to know of a step.
    pub fn of(step: &Step) -> Self {
        let (title, what) = match step {
            Step::DeleteEntry { link, .. } => (link.title(), "delete the entry"),
            Step::Unassign { link, .. } => (link.title(), "take you off the entry"),
            Step::DeleteEvent { link, .. } => (link.title(), "delete the calendar event"),
            Step::Sever { base, .. } => (base.entry.title.as_str(), "let the copy go"),
            Step::Write(write) if write.push.is_empty() => {
                (write.event.title.as_str(), "change the entry")
            }
            Step::Write(write) => (write.event.title.as_str(), "change the calendar event"),
            Step::CreateEntry { event, .. } | Step::JoinEntry { event, .. } => {
                (event.content.title.as_str(), "create the entry")
            }
            Step::CreateEvent { entry } => {
                (entry.content.title.as_str(), "create the calendar event")
            }
            Step::FinishCreate { content, .. } | Step::RestoreEntry { content, .. } => {
                (content.title.as_str(), "put it back")
            }
            Step::Rebase { link, .. } | Step::Unlink { link } | Step::Conflict { link, .. } => {
                (link.title(), "keep the link up to date")
            }
            Step::Refuse { event } => (event.title.as_str(), "leave it out"),
        };
        Self {
            title: title.to_owned(),
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hold((number, (way, brake, count)): (u64, (Way, Brake, u32))) -> Hold {
        Hold {
            id: HoldId::from_parts(number, 0),
            connection: ConnectionId::from_parts(1, 0),
            calendar: CalendarId::from_parts(1, 0),
            way,
            brake,
            count,
            spared: Spared::default(),
            sample: Vec::new(),
            since: Timestamp::from_second(number.try_into().unwrap_or_default())
                .unwrap_or_default(),
            decided: None,
            version: 1,
        }
    }

    proptest! {
        /// Whoever answers each question has answered every hold, and no question is asked twice.
        #[test]
        fn questions_cover_all_holds_and_are_never_the_same(
            drawn in prop::collection::vec(
                (
                    prop::sample::select(vec![Way::Changes, Way::Comparison, Way::Entries]),
                    prop::sample::select(vec![Brake::Deletions, Brake::Overwrites]),
                    20_u32..23,
                ),
                0..8,
            ),
        ) {
            let holds: Vec<Hold> = (0..).zip(drawn).map(hold).collect();

            let asked = Hold::questions(holds.clone());

            for hold in &holds {
                let covered = asked.iter().filter(|question| question.asks_as(hold)).count();
                prop_assert_eq!(covered, 1);
            }
            prop_assert!(asked.iter().all(|question| holds.contains(question)));
            let is_local = |hold: &&Hold| hold.way == Way::Entries || hold.brake == Brake::Overwrites;
            let of = |holds: &[Hold]| {
                let ids = holds.iter().filter(is_local).map(|hold| hold.id);
                ids.collect::<std::collections::BTreeSet<_>>()
            };
            prop_assert_eq!(of(&asked), of(&holds), "only deletions of a calendar are found twice");
        }
    }
}
