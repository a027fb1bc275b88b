//! S2 to S4: the ordinary day.

use super::{Row, Scale, Scenario, ledger::Side, stage::Stage, words::Change};
use domain::connection::Provider;

const CALENDAR: Side = Side::Calendar(0);

/// S2. Both items have guests, who must hear of neither.
pub(super) async fn one_each_way(at: Provider) -> anyhow::Result<Row> {
    let mut stage = Stage::open(at).await?;
    let mut words = stage.visit(1)?;
    words.push(Change::Guests(vec!["guest@elsewhere.test".into()]));
    let theirs = stage.make_event(0, words).await?;
    let words = stage.visit(2)?;
    let ours = stage.make_entry(words).await?;
    stage.settle().await?;
    stage.look().await?;
    stage.measure_from_here();

    let title = stage.title(ours);
    stage.edit(CALENDAR, ours, title).await?;
    stage.settle().await?;
    let place = stage.location();
    stage.edit(Side::Schedule, theirs, place).await?;
    stage.settle().await?;

    let mut row = stage.audit(Scenario::S2).await?;
    // Theirs is read once. Ours is written once, and its echo is read.
    row.calls_max = Some(4);
    Ok(row)
}

/// S3: fifty edits of five items, from both sides in turn, while the first of them are already being synced.
pub(super) async fn burst(at: Provider) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, 5).await?;
    for number in 0..50_usize {
        let mark = marks[number % marks.len()];
        if number % 2 == 0 {
            let place = stage.location();
            stage.edit(CALENDAR, mark, place).await?;
        } else {
            let title = stage.title(mark);
            stage.edit(Side::Schedule, mark, title).await?;
        }
        if number % 8 == 7 {
            stage.world.step().await?;
        }
    }
    stage.settle().await?;
    stage.audit(Scenario::S3).await
}

/// S4: a look at a calendar in which nothing happened.
pub(super) async fn none(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, _) = Stage::with_items(at, scale.of(6, 100)).await?;
    stage.members[0].press_sync().await?;
    stage.settle().await?;
    let mut row = stage.audit(Scenario::S4).await?;
    row.calls_max = Some(1);
    Ok(row)
}
