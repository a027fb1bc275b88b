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

impl Held {
    /// What is held with what was found before, as long as nobody has decided about that.
    fn beside(mut self, known: &Hold, round: RoundSeen) -> Self {
        match (known.way, round) {
            // It was set aside, and is not looked at again.
            (Way::Entries, _) => {
                self.count = self.count.saturating_add(known.count);
                self.spared = self.spared.and(known.spared);
                let found = std::mem::replace(&mut self.sample, known.sample.clone());
                self.sample.extend(found);
                self.sample.truncate(SAMPLE_MAX);
                self
            }
            // The other part of the read may have held it.
            (Way::Changes | Way::Comparison, RoundSeen::NotItsEnd | RoundSeen::ItsEnd)
                if known.count > self.count =>
            {
                Self {
                    count: known.count,
                    spared: known.spared,
                    sample: known.sample.clone(),
                }
            }
            (Way::Changes | Way::Comparison, _) => self,
        }
    }
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

    /// What was confirmed, as it was asked about. Where everything is put back, nothing need be held.
    fn let_through(&self, calendar: CalendarId, way: Way) -> Round {
        let mut round = Round::default();
        for (hold, decision) in self.decided(calendar, way) {
            let count = match decision {
                Decision::Confirm => hold.count,
                Decision::Restore => u32::MAX,
            };
            match hold.brake {
                Brake::Deletions => round.deletions = count,
                Brake::Overwrites => round.overwrites = count,
            }
        }
        round
    }

    /// What may be carried out now, and what is held.
    pub(super) fn brake(&mut self, calendar: CalendarId, way: Way, plan: Plan) -> Braked {
        let let_through = self.let_through(calendar, way);
        let round = self.rounds.entry((calendar, way)).or_default();
        let braked = brake(plan, round, let_through);
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
                (Some(known), Some(held)) if known.decided.is_none() => {
                    let Held {
                        count,
                        spared,
                        sample,
                    } = held.beside(&known, round);
                    let next = Hold {
                        count,
                        spared,
                        sample,
                        ..known.clone()
                    };
                    if next == known {
                        known
                    } else {
                        self.store.put_hold(&next).await?
                    }
                }
                (known, Some(held)) => self.ask(calendar, (way, brake), known, held).await?,
            };
            self.holds.known.push(hold);
        }
        Ok(())
    }

    /// Asks the calendar's owner: for the first time, or anew where more came than was confirmed.
    async fn ask(
        &mut self,
        calendar: &Calendar,
        (way, brake): (Way, Brake),
        known: Option<Hold>,
        held: Held,
    ) -> Result<Hold, SyncError> {
        let now = self.app.clock.now();
        let fresh = || Hold {
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
        };
        let next = Hold {
            count: held.count,
            spared: held.spared,
            sample: held.sample,
            decided: None,
            ..known.unwrap_or_else(fresh)
        };
        tracing::warn!(
            tenant = %self.store.id(), connection = %self.connection.id, calendar = %calendar.id,
            count = next.count, "held for confirmation"
        );
        let was_asked = self.holds.known.iter().any(|hold| hold.asks_as(&next));
        Ok(if was_asked {
            self.store.put_hold(&next).await?
        } else {
            self.store.tell_hold(self.connection, &next, now).await?
        })
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
