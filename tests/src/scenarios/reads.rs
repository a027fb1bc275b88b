//! S5 and S8: reads that cannot go on where they were, or show less than there is.

use domain::connection::Provider;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Row, Scale, Scenario,
    ledger::Side,
    stage::{MIA, Stage},
    words::Mark,
};
use crate::{
    calendar_user::{CalendarUser, calendar_user},
    connected::Connected,
    world::World,
};

const CALENDAR: Side = Side::Calendar(0);

/// S5: the cursor expires while nobody listens, with edits, deletions and new items in the gap.
pub(super) async fn expired_cursor(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(20, 200)).await?;
    stage.fault(json!({ "name": "notification_drop" })).await?;
    live_on(&mut stage, &marks).await?;
    // What was deleted in the gap is not even listed as deleted any more.
    forget_deleted(&*stage.members[0].calendar).await?;
    stage
        .fault(json!({ "name": "cursor_expired", "count": 1 }))
        .await?;
    stage.members[0].press_sync().await?;
    stage.settle().await?;
    stage.recover().await?;
    stage.audit(Scenario::S5).await
}

/// A tenth each: deleted there, deleted here, edited there, edited here; and some new.
async fn live_on(stage: &mut Stage, marks: &[Mark]) -> anyhow::Result<()> {
    for (number, mark) in marks.iter().enumerate() {
        match number % 10 {
            1 => stage.delete(CALENDAR, *mark).await?,
            2 => stage.delete(Side::Schedule, *mark).await?,
            3 => {
                let title = stage.title(*mark);
                stage.edit(CALENDAR, *mark, title).await?;
            }
            4 => {
                let place = stage.location();
                stage.edit(Side::Schedule, *mark, place).await?;
            }
            5 => {
                let words = stage.visit(u32::try_from(number)?)?;
                stage.make_event(0, words).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// S8: pages with nothing or little on them, in the first read, in a round of changes and in a complete read again.
pub(super) async fn thin_pages(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let world = World::start_with(at).await?;
    let calendar = calendar_user(&world, MIA)?;
    let mut stage = Stage::of(world.clone(), Vec::new());
    let mut marks = Vec::new();
    // A tenth of them is deleted: no more than the brakes let through.
    for number in 0..scale.of(20, 200) {
        let words = stage.visit(number)?;
        marks.push(stage.make_event_by(&*calendar, words).await?);
    }
    thin(&*calendar).await?;
    let mia = Connected::with_history(world, MIA, Value::Null).await?;
    stage.members.push(mia);
    stage.settle().await?;
    stage.look().await?;
    stage.measure_from_here();

    thin(&*calendar).await?;
    live_on(&mut stage, &marks).await?;
    stage.settle().await?;

    let third = marks.split_off(marks.len() / 2);
    stage.fault(json!({ "name": "notification_drop" })).await?;
    let kept: Vec<Mark> = third.into_iter().filter(|mark| mark.0 % 10 >= 6).collect();
    live_on(&mut stage, &kept).await?;
    forget_deleted(&*calendar).await?;
    thin(&*calendar).await?;
    stage
        .fault(json!({ "name": "cursor_expired", "count": 1 }))
        .await?;
    stage.members[0].press_sync().await?;
    stage.settle().await?;
    stage.recover().await?;
    stage.audit(Scenario::S8).await
}

async fn forget_deleted(calendar: &dyn CalendarUser) -> anyhow::Result<()> {
    let all = json!(null);
    calendar
        .control(Method::POST, "forget_deleted", &all)
        .await?;
    Ok(())
}

async fn thin(calendar: &dyn CalendarUser) -> anyhow::Result<()> {
    for fault in [
        json!({ "name": "empty_page", "count": 1 }),
        json!({ "name": "short_page", "count": 2, "page": 2 }),
    ] {
        calendar.control(Method::POST, "faults", &fault).await?;
    }
    Ok(())
}
