//! Applies the brakes: what is held waits with its calendar, until its owner decides.

use std::collections::HashMap;

use domain::{
    calendar::Calendar,
    hold::{Decision, HeldStep, Hold, SAMPLE_MAX, Spared},
    id::{CalendarId, HoldId},
    sync::{
        brake::{Brake, Braked, Round, Way, brake},
        plan::{Plan, Step},
    },
};

use super::{Context, SyncError};
use crate::ids;

/// The holds of a connection, and what this run adds to them.
#[derive(Default)]
pub(super) struct Holds {
    known: Vec<Hold>,
    rounds: HashMap<(CalendarId, Way), Round>,
    held: HashMap<(CalendarId, Way, Brake), Held>,
}

#[derive(Default)]
struct Held {
    count: u32,
    spared: Spared,
    sample: Vec<HeldStep>,
}

/// How much of a round was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundSeen {
    NotItsEnd,
    ItsEnd,
    Whole,
}

impl RoundSeen {
    fn closes(self, hold: &Hold) -> bool {
        match self {
            Self::NotItsEnd => false,
            Self::ItsEnd => hold.decided.as_ref().is_some_and(|decided| decided.begun),
            Self::Whole => true,
        }
    }
}

impl Holds {
    pub(super) fn of(known: Vec<Hold>) -> Self {
        Self {
            known,
            ..Self::default()
        }
    }

    fn decided(&self, calendar: CalendarId, way: Way) -> impl Iterator<Item = (&Hold, Decision)> {
        let here = move |hold: &&Hold| hold.calendar == calendar && hold.way == way;
        let decided = |hold| Some((hold, Hold::decision(hold)?));
        self.known.iter().filter(here).filter_map(decided)
    }

    /// What the owner wants put back.
    pub(super) fn restoring(&self, calendar: CalendarId, way: Way) -> Option<Brake> {
        let restored = |(hold, decision): (&Hold, Decision)| {
            (decision == Decision::Restore).then_some(hold.brake)
        };
        self.decided(calendar, way).find_map(restored)
    }

    /// Somebody has yet to decide.
    pub(super) fn waits(&self, calendar: CalendarId, way: Way) -> bool {
        let here = |hold: &&Hold| hold.calendar == calendar && hold.way == way;
        self.known
            .iter()
            .filter(here)
            .any(|hold| hold.decided.is_none())
    }

    pub(super) fn any_decided(&self, way: Way) -> bool {
        self.known
            .iter()
            .any(|hold| hold.way == way && hold.decided.is_some())
    }

    pub(super) fn holds_now(&self, calendar: CalendarId, way: Way) -> bool {
        self.held
            .keys()
            .any(|(held, from, _)| (*held, *from) == (calendar, way))
    }

    /// What may be carried out now, and what is held.
    pub(super) fn brake(&mut self, calendar: CalendarId, way: Way, plan: Plan) -> Braked {
        let released: Vec<Brake> = self
            .decided(calendar, way)
            .map(|(hold, _)| hold.brake)
            .collect();
        let round = self.rounds.entry((calendar, way)).or_default();
        let braked = brake(plan, round, &released);
        for step in &braked.held {
            self.note(calendar, way, step);
        }
        braked
    }

    fn note(&mut self, calendar: CalendarId, way: Way, step: &Step) {
        let Some(brake) = step.brake() else { return };
        let held = self.held.entry((calendar, way, brake)).or_default();
        held.count += 1;
        held.spared.count(step);
        if held.sample.len() < SAMPLE_MAX {
            held.sample.push(HeldStep::of(step));
        }
    }
}

impl Context<'_> {
    /// Writes down what is held in a calendar. Where the round is over, what was decided is done, and what a look from
    /// the start did not find is no longer there to be held.
    pub(super) async fn settle_holds(
        &mut self,
        calendar: &Calendar,
        way: Way,
        round: RoundSeen,
    ) -> Result<(), SyncError> {
        let now = self.app.clock.now();
        for brake in [Brake::Deletions, Brake::Overwrites] {
            let found = self.holds.held.remove(&(calendar.id, way, brake));
            let place = self.holds.known.iter().position(|hold| {
                (hold.calendar, hold.way, hold.brake) == (calendar.id, way, brake)
            });
            let known = place.map(|place| self.holds.known.remove(place));
            let hold = match (known, found) {
                (None, None) => continue,
                (Some(known), None) if round.closes(&known) => {
                    self.store.delete_hold(&known).await?;
                    continue;
                }
                (Some(known), None) => known,
                (Some(known), Some(held))
                    if (known.count, known.spared, &known.sample)
                        == (held.count, held.spared, &held.sample) =>
                {
                    known
                }
                (known, Some(held)) => {
                    let next = Hold {
                        count: held.count,
                        spared: held.spared,
                        sample: held.sample,
                        ..known.unwrap_or_else(|| Hold {
                            id: ids::mint(self.store.id(), now, HoldId::from_parts),
                            connection: calendar.connection,
                            calendar: calendar.id,
                            way,
                            brake,
                            count: 0,
                            spared: Spared::default(),
                            sample: Vec::new(),
                            since: now,
                            decided: None,
                            version: 0,
                        })
                    };
                    tracing::warn!(
                        tenant = %self.store.id(), connection = %self.connection.id, calendar = %calendar.id,
                        count = next.count, "held for confirmation"
                    );
                    let was_asked = self.holds.known.iter().any(|hold| hold.asks_as(&next));
                    if next.version > 0 || was_asked {
                        self.store.put_hold(&next).await?
                    } else {
                        self.store.tell_hold(self.connection, &next, now).await?
                    }
                }
            };
            self.holds.known.push(hold);
        }
        Ok(())
    }

    /// What was decided holds for the whole round, also for what an earlier run of it had held: it begins again. Answers
    /// whether there is anything to begin.
    pub(super) async fn begin_decided(
        &mut self,
        calendar: &Calendar,
        way: Way,
    ) -> Result<bool, SyncError> {
        let mut begins = false;
        for hold in &mut self.holds.known {
            if (hold.calendar, hold.way) != (calendar.id, way) {
                continue;
            }
            if let Some(decided) = &mut hold.decided
                && !decided.begun
            {
                decided.begun = true;
                *hold = self.store.put_hold(hold).await?;
                begins = true;
            }
        }
        Ok(begins)
    }
}
