//! S1: a calendar with a history, and a schedule with one, meet for the first time.

use jiff::{ToSpan as _, civil::date};
use serde_json::Value;

use super::{
    Row, Scale, Scenario,
    stage::{BERLIN, MIA, Stage},
    words::{Change, Point},
};
use crate::{connected::Connected, google_user::GoogleUser, world::World};

pub(super) async fn play(scale: Scale) -> anyhow::Result<Row> {
    let count = scale.of(60, 1_000);
    let world = World::start().await?;
    let google = GoogleUser::of(&world, MIA)?;
    let mut stage = Stage::of(world.clone(), Vec::new());
    for number in 0..count {
        let words = mixed(&stage, number)?;
        stage.make_event_by(&google, words).await?;
    }
    let made = google.calls();
    let connected = Connected::with_history(world, MIA, Value::Null).await?;
    stage.members.push(connected);
    stage.settle().await?;
    let mut row = stage.audit(Scenario::S1).await?;
    // Made by the person before there was a connection.
    row.calls -= made;
    row.calls_per_change = super::stage::ratio(row.calls, row.changes);
    Ok(row)
}

/// A fifth are series; some last whole days, some are private, some have guests.
fn mixed(stage: &Stage, number: u32) -> anyhow::Result<Vec<Change>> {
    let mut words = vec![stage.location(), stage.notes()];
    let day = date(2027, 3, 1).checked_add(i64::from(number % 90).days())?;
    let all_day = number % 7 == 3;
    words.push(if all_day {
        let after = day.checked_add(i64::from(1 + number % 3).days())?;
        Change::When(Point::Day(day), Point::Day(after))
    } else {
        Stage::hour(number)?
    });
    if number.is_multiple_of(5) {
        let mut lines = vec![match number % 15 {
            0 => "RRULE:FREQ=WEEKLY;COUNT=8".to_owned(),
            5 => "RRULE:FREQ=DAILY;COUNT=5".to_owned(),
            _ => "RRULE:FREQ=MONTHLY;COUNT=3".to_owned(),
        }];
        if number.is_multiple_of(15) && !all_day {
            let second = day.checked_add(7.days())?.strftime("%Y%m%d");
            let hour = 8 + number % 9;
            lines.push(format!("EXDATE;TZID={BERLIN}:{second}T{hour:02}0000"));
        }
        words.push(Change::Recurrence(lines));
    }
    if number % 11 == 1 {
        words.push(Change::Private);
    }
    if number % 13 == 2 {
        words.push(Change::Guests(vec!["guest@elsewhere.test".into()]));
    }
    Ok(words)
}
