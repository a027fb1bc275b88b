//! S12 and S14: the worker dies at each of its requests, or stands still until another has done its work.

use anyhow::ensure;
use domain::connection::Provider;
use jiff::SignedDuration;

use super::{Row, Scale, Scenario, ledger::Side, stage::Stage, words::Mark};
use crate::world::CrashPoint;

const CALENDAR: Side = Side::Calendar(0);
/// A run with more requests than this never ends.
const REQUESTS_MAX: u32 = 2_000;

/// Items of which each kind of change is made in one round.
async fn prepare(stage: &mut Stage) -> anyhow::Result<Vec<Mark>> {
    let mut marks = Vec::new();
    for number in 0..6 {
        let words = stage.visit(number)?;
        marks.push(match number % 2 {
            0 => stage.make_event(0, words).await?,
            _ => stage.make_entry(words).await?,
        });
    }
    stage.settle().await?;
    Ok(marks)
}

/// Everything that can happen to an item, each to one: new, edited, deleted, on either side, and edited on both.
async fn change_everything(stage: &mut Stage, marks: &[Mark]) -> anyhow::Result<()> {
    let title = stage.title(marks[0]);
    stage.edit(CALENDAR, marks[0], title).await?;
    let title = stage.title(marks[1]);
    stage.edit(Side::Schedule, marks[1], title).await?;
    let place = stage.location();
    stage.edit(CALENDAR, marks[2], place).await?;
    let title = stage.title(marks[2]);
    stage.edit(Side::Schedule, marks[2], title).await?;
    let title = stage.title(marks[3]);
    stage.edit(CALENDAR, marks[3], title).await?;
    let title = stage.title(marks[3]);
    stage.edit(Side::Schedule, marks[3], title).await?;
    stage.delete(CALENDAR, marks[4]).await?;
    stage.delete(Side::Schedule, marks[5]).await?;
    let words = stage.visit(7)?;
    stage.make_event(0, words).await?;
    // Two, so that they go out together.
    for number in [8, 9] {
        let words = stage.visit(number)?;
        stage.make_entry(words).await?;
    }
    Ok(())
}

/// S12. In the tests every few requests, in the bench each.
pub(super) async fn at_every_step(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let mut stage = Stage::open(at).await?;
    let stride = scale.of(17, 1);
    for moment in [CrashPoint::before, CrashPoint::after] {
        // Where not every request has its turn, each moment has requests of its own.
        let is_before = moment(1) == CrashPoint::before(1);
        let first = if is_before { 1 } else { 1 + stride / 2 };
        for nth in (first..=REQUESTS_MAX).step_by(usize::try_from(stride)?) {
            ensure!(nth < REQUESTS_MAX, "a run that never ends");
            let marks = prepare(&mut stage).await?;
            change_everything(&mut stage, &marks).await?;
            stage.world.crash_next_run(moment(nth));
            // Also the message that its worker left behind, which comes back when its visibility ends.
            stage.settle().await?;
            if stage.world.unreached_point().is_some() {
                break;
            }
        }
    }
    stage.audit(Scenario::S12).await
}

/// S14: a worker stands still at one request after the other. Another is asked for meanwhile: at once, while the lease
/// holds, or after it ran out; people go on. Then the first wakes up and goes on with what it knew.
pub(super) async fn two_workers(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let mut stage = Stage::open(at).await?;
    let stride = usize::try_from(scale.of(13, 2))?;
    for nth in (1..=REQUESTS_MAX).step_by(stride) {
        ensure!(nth < REQUESTS_MAX, "a run that never ends");
        let marks = prepare(&mut stage).await?;
        change_everything(&mut stage, &marks).await?;
        let moment = if nth % 4 < 2 {
            CrashPoint::before
        } else {
            CrashPoint::after
        };
        stage.world.stall_next_run(moment(nth));
        let before = stage.world.crashes().stopped_runs;
        step_until_stopped(&stage, before).await?;
        stage.members[0].press_sync().await?;
        if nth % 3 == 0 {
            stage.world.step().await?;
        } else {
            stage.settle().await?;
            let title = stage.title(marks[0]);
            stage.edit(CALENDAR, marks[0], title).await?;
            let place = stage.location();
            stage.edit(Side::Schedule, marks[1], place).await?;
        }
        stage.world.resume_stalled_runs().await?;
        stage.settle().await?;
        if stage.world.unreached_point().is_some() {
            break;
        }
    }
    stage.audit(Scenario::S14).await
}

/// Up to a minute, in which a burst is gathered.
async fn step_until_stopped(stage: &Stage, before: u64) -> anyhow::Result<()> {
    for _ in 0..60 {
        stage.world.step().await?;
        if stage.world.crashes().stopped_runs > before {
            break;
        }
        let second = SignedDuration::from_secs(1);
        stage.world.clock.advance(second)?;
    }
    Ok(())
}
