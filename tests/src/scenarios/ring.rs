//! S11: one entry in the calendars of three members, each a connection of its own. What comes from one goes to the
//! others, and must not come round.

use domain::connection::Provider;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Row, Scale, Scenario, ledger::Side, stage::Stage};
use crate::{connected::Connected, world::World};

/// The first may assign others.
const MEMBERS: [&str; 3] = [
    "ada@northwind.test",
    "mia@northwind.test",
    "max@northwind.test",
];

pub(super) async fn play(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let world = World::start_with(at).await?;
    let (mut connected, mut ids) = (Vec::new(), Vec::new());
    for (number, email) in MEMBERS.into_iter().enumerate() {
        let member = Connected::with_history(world.clone(), email, Value::Null).await?;
        let profile = member.person.get("/api/users/auth/profile").await?;
        ids.push((number, profile.expect(200)?.at("/id")));
        connected.push(member);
    }
    let mut stage = Stage::of(world, connected);
    stage.measure_from_here();
    let mut marks = Vec::new();
    for number in 0..scale.of(3, 20) {
        let words = stage.visit(number)?;
        marks.push(stage.make_entry_for(words, &ids).await?);
    }
    stage.settle().await?;
    stage.look().await?;

    for mark in &marks {
        let title = stage.title(*mark);
        stage.edit(Side::Calendar(1), *mark, title).await?;
    }
    stage.settle().await?;
    for mark in &marks {
        let title = stage.title(*mark);
        stage.edit(Side::Calendar(0), *mark, title).await?;
        let place = stage.location();
        stage.edit(Side::Calendar(2), *mark, place).await?;
        let notes = stage.notes();
        stage.edit(Side::Schedule, *mark, notes).await?;
    }
    stage.settle().await?;
    // One member takes the entry out of their own calendar: it is no longer theirs, and stays the others'.
    let left = marks[0];
    stage.delete_unrecorded(Side::Calendar(1), left).await?;
    stage.ledger.left(left, Side::Calendar(1));
    stage.settle().await?;
    let place = stage.location();
    stage.edit(Side::Calendar(2), left, place).await?;
    // Long enough for an echo to come round several times.
    stage.pass(SignedDuration::from_mins(20)).await?;
    stage.audit(Scenario::S11).await
}
