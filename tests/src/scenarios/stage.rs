//! What a scenario is played on: a world, its members, and the record of what they do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, bail};
use domain::connection::Provider;
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::date};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Row, Scenario,
    ledger::{Ledger, Side},
    sides::Sides,
    words::{self, Change, Mark, Point},
};
use crate::{calendar_user::CalendarUser, connected::Connected, person::Person, world::World};

pub(super) const MIA: &str = "mia@northwind.test";
pub(super) const BERLIN: &str = "Europe/Berlin";

/// Within that time after its wait is over, a connection is looked at again.
const SWEEP: SignedDuration = SignedDuration::from_mins(2);

pub struct Stage {
    pub world: World,
    pub members: Vec<Connected>,
    pub ledger: Ledger,
    ids: BTreeMap<(Side, Mark), String>,
    /// Events to which people have invited guests.
    meetings: BTreeSet<String>,
    /// Numbers what is written, so that no two values are the same.
    written: AtomicU32,
    /// Requests of the simulator's log that are not the product's, and where the log stood when measuring began.
    measured_since: u64,
    own_calls_before: u64,
    began_at: Timestamp,
}

/// Wall time, whatever the world's clock says.
pub(super) fn wall_clock() -> Timestamp {
    crate::clock::WorldClock::system().now()
}

impl Stage {
    /// A connected member with nothing on either side.
    pub async fn open(at: Provider) -> anyhow::Result<Self> {
        let world = World::start_with(at).await?;
        let mia = Connected::with_history(world.clone(), MIA, Value::Null).await?;
        Ok(Self::of(world, vec![mia]))
    }

    /// A connected member with as many settled items, made on both sides in turn.
    pub async fn with_items(at: Provider, count: u32) -> anyhow::Result<(Self, Vec<Mark>)> {
        let mut stage = Self::open(at).await?;
        let mut marks = Vec::new();
        for number in 0..count {
            let words = stage.visit(number)?;
            marks.push(match number % 2 {
                0 => stage.make_event(0, words).await?,
                _ => stage.make_entry(words).await?,
            });
        }
        stage.settle().await?;
        stage.look().await?;
        stage.measure_from_here();
        Ok((stage, marks))
    }

    pub(super) fn of(world: World, members: Vec<Connected>) -> Self {
        Self {
            world,
            members,
            ledger: Ledger::default(),
            ids: BTreeMap::new(),
            meetings: BTreeSet::new(),
            written: AtomicU32::new(0),
            measured_since: 0,
            own_calls_before: 0,
            began_at: wall_clock(),
        }
    }

    /// Calls and changes are counted from here on.
    pub fn measure_from_here(&mut self) {
        self.measured_since = self.world.last_request();
        self.own_calls_before = self.own_calls();
        self.ledger.changes = 0;
        self.began_at = wall_clock();
    }

    fn own_calls(&self) -> u64 {
        self.members
            .iter()
            .map(|member| member.calendar.calls())
            .sum()
    }

    /// A word that has not been written before.
    pub fn fresh(&self, word: &str) -> String {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        format!("{word}-{number:06}.")
    }

    pub fn title(&self, mark: Mark) -> Change {
        Change::Title(format!("{} {}", self.fresh("visit"), mark.written()))
    }

    pub fn location(&self) -> Change {
        Change::Location(self.fresh("place"))
    }

    pub fn notes(&self) -> Change {
        Change::Notes(self.fresh("notes"))
    }

    /// An hour on one of ninety days, at any full hour.
    pub fn hour(number: u32) -> anyhow::Result<Change> {
        let day = date(2027, 3, 1).checked_add(i64::from(number % 90).days())?;
        let hour = i8::try_from(8 + number % 9)?;
        let at = |hour| Point::Time {
            local: day.at(hour, 0, 0, 0),
            zone: BERLIN,
            later: false,
        };
        Ok(Change::When(at(hour), at(hour + 1)))
    }

    /// What is in a visit beside its title.
    pub fn visit(&self, number: u32) -> anyhow::Result<Vec<Change>> {
        Ok(vec![Self::hour(number)?, self.location(), self.notes()])
    }

    fn record(&mut self, mark: Mark, side: Side, changes: &[Change]) -> anyhow::Result<()> {
        for change in changes {
            for (field, value) in change.values()? {
                self.ledger.wrote(mark, side, field, value);
            }
        }
        Ok(())
    }

    fn titled(&self, mark: Mark, mut words: Vec<Change>) -> Vec<Change> {
        words.push(self.title(mark));
        words
    }

    /// Somebody makes an event in a calendar; `calendar` is theirs, connected or not.
    pub async fn make_event_by(
        &mut self,
        calendar: &dyn CalendarUser,
        words: Vec<Change>,
    ) -> anyhow::Result<Mark> {
        let mark = self.ledger.next_mark();
        let (side, words) = (Side::Calendar(0), self.titled(mark, words));
        let made = calendar.insert(words::for_google(&words)?).await?;
        self.keep(mark, side, &made, &[Side::Schedule, side], &words)?;
        Ok(mark)
    }

    /// A member makes an event in their calendar.
    pub async fn make_event(&mut self, member: usize, words: Vec<Change>) -> anyhow::Result<Mark> {
        let mark = self.ledger.next_mark();
        let (side, words) = (Side::Calendar(member), self.titled(mark, words));
        let calendar = &self.members[member].calendar;
        let made = calendar.insert(words::for_google(&words)?).await?;
        self.keep(mark, side, &made, &[Side::Schedule, side], &words)?;
        Ok(mark)
    }

    /// Somebody makes an entry of their own, connected or not.
    pub async fn make_entry_by(
        &mut self,
        person: &Person,
        words: Vec<Change>,
    ) -> anyhow::Result<Mark> {
        let mark = self.ledger.next_mark();
        let words = self.titled(mark, words);
        let body = words::for_schedule(&words);
        let made = person.post("/api/v1/schedule/entries", &body).await?;
        let made = made.expect(201)?.json();
        let on = [Side::Schedule, Side::Calendar(0)];
        self.keep(mark, Side::Schedule, &made, &on, &words)?;
        Ok(mark)
    }

    /// The first member makes an entry of their own.
    pub async fn make_entry(&mut self, words: Vec<Change>) -> anyhow::Result<Mark> {
        self.make_entry_for(words, &[]).await
    }

    /// The first member makes an entry for these members, by number and id.
    pub async fn make_entry_for(
        &mut self,
        words: Vec<Change>,
        members: &[(usize, String)],
    ) -> anyhow::Result<Mark> {
        let mark = self.ledger.next_mark();
        let words = self.titled(mark, words);
        let mut body = words::for_schedule(&words);
        let mut on = vec![Side::Schedule];
        if members.is_empty() {
            on.push(Side::Calendar(0));
        } else {
            let ids: Vec<&String> = members.iter().map(|(_, id)| id).collect();
            body["assignees"] = json!(ids);
            on.extend(members.iter().map(|(number, _)| Side::Calendar(*number)));
        }
        let made = self.members[0].create_entry(&body).await?;
        self.keep(mark, Side::Schedule, &made, &on, &words)?;
        Ok(mark)
    }

    fn keep(
        &mut self,
        mark: Mark,
        side: Side,
        made: &Value,
        on: &[Side],
        words: &[Change],
    ) -> anyhow::Result<()> {
        let id = made["id"].as_str().context("what was made has an id")?;
        self.ids.insert((side, mark), id.to_owned());
        if words.iter().any(|word| matches!(word, Change::Guests(_))) {
            self.meetings.insert(id.to_owned());
        }
        self.ledger.made(mark, side, on);
        self.record(mark, side, words)
    }

    /// What an item is called on a side: as its maker was told, or as somebody finds it there.
    pub async fn id(&mut self, side: Side, mark: Mark) -> anyhow::Result<String> {
        if let Some(id) = self.ids.get(&(side, mark)) {
            return Ok(id.clone());
        }
        let sides = Sides::read(&self.world, &self.members).await?;
        let found = sides.copies(side, mark).first();
        let id = found.with_context(|| format!("{} is not in {side:?}", mark.written()))?;
        self.ids.insert((side, mark), id.id.clone());
        Ok(id.id.clone())
    }

    /// Somebody edits an item where they see it.
    pub async fn edit(&mut self, side: Side, mark: Mark, change: Change) -> anyhow::Result<()> {
        let id = self.id(side, mark).await?;
        let changes = [change];
        match side {
            Side::Schedule => {
                let body = words::for_schedule(&changes);
                let answer = self.members[0].patch_entry(&id, &body).await?;
                answer.expect(200)?;
            }
            Side::Calendar(member) => {
                let body = words::for_google(&changes)?;
                self.members[member].calendar.patch(&id, body).await?;
            }
        }
        self.ledger.edited();
        self.record(mark, side, &changes)
    }

    /// Somebody deletes an item where they see it.
    pub async fn delete(&mut self, side: Side, mark: Mark) -> anyhow::Result<()> {
        self.delete_unrecorded(side, mark).await?;
        self.ledger.deleted(mark, side);
        Ok(())
    }

    /// The same, to be recorded by the scenario as it means it.
    pub async fn delete_unrecorded(&mut self, side: Side, mark: Mark) -> anyhow::Result<()> {
        let id = self.id(side, mark).await?;
        match side {
            Side::Schedule => drop(self.members[0].delete_entry(&id).await?.expect(204)?),
            Side::Calendar(member) => drop(self.members[member].calendar.delete(&id).await?),
        }
        Ok(())
    }

    /// Everything that was asked for is done; what people write from now on, they write having seen it.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        self.world.settle().await?;
        self.came_to_rest().await
    }

    pub async fn pass(&mut self, time: SignedDuration) -> anyhow::Result<()> {
        self.world.advance(time).await?;
        self.came_to_rest().await
    }

    /// People open the page again: they see what became of it, and their sessions go on.
    async fn came_to_rest(&mut self) -> anyhow::Result<()> {
        for member in &self.members {
            let profile = member.person.get("/api/users/auth/profile").await?;
            profile.expect(200)?;
        }
        self.ledger.came_to_rest();
        Ok(())
    }

    pub async fn look(&mut self) -> anyhow::Result<()> {
        let sides = Sides::read(&self.world, &self.members).await?;
        self.ledger.look(&sides);
        Ok(())
    }

    pub async fn fault(&self, fault: Value) -> anyhow::Result<()> {
        self.members[0].fault(&fault).await
    }

    /// The faults are over. What still waits is given the time that it was told to wait, then the button is pressed:
    /// whatever is owed is done now.
    pub async fn recover(&mut self) -> anyhow::Result<()> {
        for member in &self.members {
            member.no_more_faults().await?;
            let stands = member.api("").await?;
            if let Some(until) = stands["sync"]["not_before"].as_str() {
                let until: Timestamp = until.parse()?;
                let wait = until.duration_since(self.world.clock.now());
                self.world.advance(wait + SWEEP).await?;
            }
            member.person.get("/api/users/auth/profile").await?;
            member.press_sync().await?;
        }
        self.settle().await
    }

    /// Whoever was invited by people hears of every change, where the provider cannot be silent.
    fn is_harm(&self, mail: &Value) -> bool {
        let event = mail["event"].as_str().unwrap_or_default();
        !(self.world.habits().tells_guests && self.meetings.contains(event))
    }

    /// Compares both sides with the record.
    pub async fn audit(&self, scenario: Scenario) -> anyhow::Result<Row> {
        let spent = wall_clock().duration_since(self.began_at);
        let calendar = &self.members[0].calendar;
        let log = format!("requests?since={}", self.measured_since);
        let none = Value::Null;
        let log = calendar.control(Method::GET, &log, &none).await?;
        let all = log["total"].as_u64().context("a total")?;
        let own = self.own_calls() - self.own_calls_before;
        if let Some(refused) = log["violations"].as_array().and_then(|list| list.first()) {
            bail!(
                "{} was called in a way that it refuses: {refused}",
                self.world.provider
            );
        }
        let mail = calendar.control(Method::GET, "mail", &none).await?;
        let mail = mail["mails"].as_array().context("mails")?;
        let sides = Sides::read(&self.world, &self.members).await?;
        let harm = self.ledger.audit(&sides);
        let changes = self.ledger.changes;
        let calls = all.saturating_sub(own);
        Ok(Row {
            scenario,
            title: scenario.title(),
            provider: self.world.provider,
            changes,
            calls,
            calls_max: None,
            calls_per_change: ratio(calls, changes.max(1)),
            duplicates: harm.duplicates,
            lost_updates: harm.lost_updates,
            wrong_deletes: harm.wrong_deletes,
            invitations: u64::try_from(mail.iter().filter(|one| self.is_harm(one)).count())?,
            crashes: self.world.crashes().stopped_runs,
            seconds: spent.as_secs_f64(),
            findings: harm.findings,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(super) fn ratio(of: u64, to: u64) -> f64 {
    (of as f64 / to as f64 * 100.0).round() / 100.0
}
