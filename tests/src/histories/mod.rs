//! The random histories of the engine, played over the product itself: people at the real API and at the simulated
//! providers, the real worker dying and standing still at its own requests, the providers misbehaving. After quiet the
//! outcome is held to the engine's laws. Everything is drawn from a number, so that it can be played again.

mod applications;
mod cast;
mod content_laws;
mod counted;
mod going_laws;
mod happenings;
mod known;
mod laws;
mod ledger;
mod owners;
mod people;
mod rest;

use std::collections::{BTreeMap, BTreeSet};

use domain::{content::Fields, sync::moves::Move};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::Value;

pub use happenings::{Call, Happening, History, Tree, Trouble};
pub use known::known;
pub use laws::{Finding, Law};

use cast::Cast;
use happenings::point;
use ledger::Ledger;

/// Longer than a run's lease.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// Steps in which a run that was asked for begins and gets somewhere.
const STEPS_MAX: u32 = 40;

/// What a history came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub happenings: u64,
    /// Troubles that struck, by name, and runs that were stopped.
    pub met: BTreeMap<String, u64>,
    pub findings: Vec<Finding>,
}

pub(crate) struct Stage {
    cast: Cast,
    ledger: Ledger,
    /// What stood in a private part of a calendar and may go with it.
    unshown: BTreeSet<String>,
    met: BTreeMap<String, u64>,
    /// Whether the lease of what stands still has run out, so that the next run takes over from it.
    overtaken: bool,
}

impl History {
    pub async fn play(&self) -> anyhow::Result<Outcome> {
        let mut stage = Stage::of(self).await?;
        for (number, happening) in self.happenings.iter().enumerate() {
            let later = &self.happenings[number + 1..];
            // Time has passed: whoever does something now has opened the page again.
            stage.cast.open_the_page_again().await?;
            stage.happens(happening, later).await?;
            // What comes next is later, also where ids tell what came first.
            stage.pass(SignedDuration::from_millis(1))?;
        }
        let mut findings = stage.come_to_rest().await?;
        findings.extend(stage.audit().await?);
        Ok(Outcome {
            happenings: self.happenings.len().try_into()?,
            met: stage.met,
            findings,
        })
    }
}

impl Stage {
    async fn of(history: &History) -> anyhow::Result<Self> {
        Ok(Self {
            cast: Cast::of(history).await?,
            ledger: Ledger::default(),
            unshown: BTreeSet::new(),
            met: BTreeMap::new(),
            overtaken: false,
        })
    }

    fn pass(&self, time: SignedDuration) -> anyhow::Result<()> {
        self.cast.world.clock.advance(time)?;
        Ok(())
    }

    /// What a calendar keeps to itself.
    fn hidden(&self, place: usize) -> Fields {
        self.cast.places[place].calendar.settings.privacy.hidden()
    }

    async fn happens(&mut self, happening: &Happening, later: &[Happening]) -> anyhow::Result<()> {
        match happening {
            Happening::Moves(one) => self.moves(one, later).await,
            Happening::Strikes { trouble, times } => self.strikes(*trouble, *times).await,
            Happening::Dies { nth, after } => {
                self.cast.world.crash_next_run(point(*nth, *after));
                Ok(())
            }
            Happening::Passes { minutes } => {
                self.pass(SignedDuration::from_mins(*minutes))?;
                self.settle().await
            }
        }
    }

    async fn settle(&self) -> anyhow::Result<()> {
        self.cast.world.settle().await?;
        Ok(())
    }

    async fn moves(&mut self, one: &Move, later: &[Happening]) -> anyhow::Result<()> {
        match *one {
            Move::CreateEntry { member, series } => self.create_entry(member, series).await,
            Move::EditEntry { nth, field } => self.edit_entry(nth, field).await,
            Move::EditEntryOccurrence { nth, which, edit } => {
                self.edit_entry_occurrence(nth, which, edit).await
            }
            Move::DeleteEntry { nth } => self.delete_entry(nth).await,
            Move::Assign { nth, member } => self.assign(nth, member, true).await,
            Move::Unassign { nth, member } => self.assign(nth, member, false).await,
            Move::CreateEvent { calendar, series } => self.create_event(calendar, series),
            Move::EditEvent { nth, field } => self.edit_event(nth, field),
            Move::EditEventOccurrence { nth, which, edit } => {
                self.edit_event_occurrence(nth, which, edit)
            }
            Move::DeleteEvent { nth } => self.delete_event(nth),
            Move::TakeElsewhere { nth, calendar } => self.put_elsewhere(nth, calendar, true).await,
            Move::Invite { nth, calendar } => self.put_elsewhere(nth, calendar, false).await,
            Move::Resolve { nth, external } => self.resolve(nth, external).await,
            Move::Work { connection, calls } => {
                self.works(connection, calls, is_crash_next(later)).await
            }
            // The run that it stops has died where it stood.
            Move::Crash { connection: _ } => Ok(()),
            Move::Overtake { connection: _ } => {
                self.overtaken = true;
                self.pass(LEASE)
            }
            Move::WorkOn {
                connection: _,
                calls: _,
            } => self.go_on().await,
            Move::LoseAnswer { connection: _ } => {
                for on in [Call::Insert, Call::Patch, Call::Delete] {
                    self.strikes(Trouble::LostAnswer { on }, 1).await?;
                }
                Ok(())
            }
            Move::ExpireCursor { calendar: _ } => self.strikes(Trouble::VoidCursor, 1).await,
            Move::EmptyPages { calendar: _ } => self.strikes(Trouble::EmptyPage, 2).await,
        }
    }

    /// Runs that stand still go on to their ends.
    async fn go_on(&mut self) -> anyhow::Result<()> {
        self.overtaken = false;
        self.cast.world.resume_stalled_runs().await
    }

    /// The run under way goes on to its end, unless it has been overtaken. Then somebody asks for another, which goes its
    /// whole way, or stands still at one of its requests while the world does not, or dies there.
    async fn works(&mut self, connection: u8, calls: u32, dies: bool) -> anyhow::Result<()> {
        if !self.overtaken {
            self.go_on().await?;
        }
        let world = self.cast.world.clone();
        let index = usize::from(connection) % self.cast.connections.len();
        self.cast.press_sync(&self.cast.connections[index]).await?;
        if calls == u32::MAX {
            return self.settle().await;
        }
        let (before, at) = (
            world.crashes().stopped_runs,
            point(calls, calls.is_multiple_of(2)),
        );
        if dies {
            world.crash_next_run(at);
        } else {
            world.stall_next_run(at);
        }
        for _ in 0..STEPS_MAX {
            if world.step().await? == 0 {
                self.pass(SignedDuration::from_secs(1))?;
            }
            if world.crashes().stopped_runs > before {
                return Ok(());
            }
        }
        world.unreached_point();
        Ok(())
    }

    async fn strikes(&mut self, trouble: Trouble, times: u32) -> anyhow::Result<()> {
        for provider in self.cast.providers() {
            let (path, told) = if let Some(fault) = trouble.fault(provider, times) {
                let name = fault["name"].as_str().unwrap_or_default().to_owned();
                *self.met.entry(name).or_default() += u64::from(times);
                ("faults", fault)
            } else {
                *self.met.entry("deletions_forgotten".into()).or_default() += 1;
                ("forget_deleted", Value::Null)
            };
            self.cast
                .control(provider, Method::POST, path, &told)
                .await?;
        }
        Ok(())
    }
}

/// Whether the run that is begun now is stopped for ever before anything else is asked of workers.
fn is_crash_next(later: &[Happening]) -> bool {
    let worker = later.iter().find_map(|one| match one {
        Happening::Moves(one @ (Move::Work { .. } | Move::Crash { .. })) => Some(one),
        Happening::Moves(_)
        | Happening::Strikes { .. }
        | Happening::Dies { .. }
        | Happening::Passes { .. } => None,
    });
    matches!(worker, Some(Move::Crash { .. }))
}
