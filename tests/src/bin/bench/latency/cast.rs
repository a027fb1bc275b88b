//! Twenty connected people, each in an organisation of their own.

use domain::connection::Provider;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use futures::future::try_join_all;
use jiff::SignedDuration;
use serde_json::json;
use tests::{
    clock::WorldClock,
    connected::Connected,
    world::{World, WorldOptions},
};
use tokio::task::JoinHandle;

use super::Edit;
use crate::company;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    FromCalendar,
    FromSchedule,
}

impl Way {
    /// In turn.
    pub(super) fn of(number: usize) -> Self {
        if number.is_multiple_of(2) {
            Self::FromCalendar
        } else {
            Self::FromSchedule
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FromCalendar => "calendar to schedule",
            Self::FromSchedule => "schedule to calendar",
        }
    }
}

pub(super) struct Cast {
    pub(super) world: World,
    members: Vec<Member>,
    moving: JoinHandle<anyhow::Result<()>>,
    written: AtomicU32,
}

struct Member {
    connected: Connected,
    entry: String,
    event: String,
}

impl Cast {
    pub(super) async fn connect(provider: Provider, count: usize) -> anyhow::Result<Self> {
        let world = World::open(WorldOptions {
            clock: WorldClock::system(),
            directory: None,
            provider,
            port: None,
        })
        .await?;
        let moved = world.clone();
        let moving = tokio::spawn(async move { moved.run().await });
        let mut members = Vec::new();
        for number in 0..count {
            members.push(Member::join(&world, number).await?);
        }
        // Not before all have joined: a join waits until the world has come to rest.
        for member in &mut members {
            member.make_entry().await?;
        }
        world.settle().await?;
        for member in &mut members {
            member.find_event().await?;
        }
        world.watch_worker();
        Ok(Self {
            world,
            members,
            moving,
            written: AtomicU32::new(0),
        })
    }

    /// Every answer of the provider takes so much longer.
    pub(super) async fn slow_down(&self, delay_ms: u32) -> anyhow::Result<()> {
        if delay_ms == 0 {
            return Ok(());
        }
        let slow = json!({ "name": "slow", "delay_s": f64::from(delay_ms) / 1_000.0 });
        self.members[0].connected.fault(&slow).await
    }

    /// The bench lives on the system's clock, and so do the pauses between edits.
    pub(super) async fn rest(&self, time: SignedDuration) {
        tokio::time::sleep(time.unsigned_abs()).await;
    }

    pub(super) async fn edit(&self, number: usize, way: Way) -> anyhow::Result<Edit> {
        let written = self.written.fetch_add(1, Ordering::Relaxed);
        let words = format!("visit-{written:06}.");
        let member = &self.members[number];
        let connected = &member.connected;
        let at = match way {
            Way::FromCalendar => {
                let change = json!({ "summary": words });
                connected.calendar.patch(&member.event, change).await?["updated"].clone()
            }
            Way::FromSchedule => {
                let change = json!({ "title": words });
                let answer = connected.patch_entry(&member.entry, &change).await?;
                answer.expect(200)?.json()["updated_at"].clone()
            }
        };
        Ok(Edit {
            way,
            at: at.as_str().context("when it was edited")?.parse()?,
            words,
            arrived: None,
        })
    }

    /// One edit on each connection at the same moment, half of them on either side.
    pub(super) async fn edit_all(&self, round: usize) -> anyhow::Result<Vec<Edit>> {
        let edits =
            (0..self.members.len()).map(|number| self.edit(number, Way::of(round + number)));
        try_join_all(edits).await
    }

    pub(super) fn leave(self) {
        self.moving.abort();
    }
}

impl Member {
    async fn join(world: &World, number: usize) -> anyhow::Result<Self> {
        let connected = company::join(world, number).await?;
        Ok(Self {
            connected,
            entry: String::new(),
            event: String::new(),
        })
    }

    async fn make_entry(&mut self) -> anyhow::Result<()> {
        let at = |hour: u32| json!({ "local": format!("2027-03-03T{hour}:00:00"), "zone": "Europe/Berlin" });
        let visit = json!({ "title": "visit", "start": at(10), "end": at(11) });
        let entry = self.connected.create_entry(&visit).await?;
        entry["id"]
            .as_str()
            .context("an id")?
            .clone_into(&mut self.entry);
        Ok(())
    }

    async fn find_event(&mut self) -> anyhow::Result<()> {
        let events = self.connected.calendar.events().await?;
        let event = events.first().context("the entry is in the calendar")?;
        event["id"]
            .as_str()
            .context("an id")?
            .clone_into(&mut self.event);
        Ok(())
    }
}
