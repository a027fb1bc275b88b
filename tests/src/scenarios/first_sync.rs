//! S1: a calendar with a history, and a schedule with one, meet for the first time.

use domain::connection::Provider;
use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use reqwest::Method;
use serde_json::Value;

use super::{
    Row, Scale, Scenario,
    ledger::Side,
    stage::{BERLIN, MIA, Stage},
    words::{self, Change, Point},
};
use crate::{calendar_user::calendar_user, connected::Connected, person::Person, world::World};

pub(super) async fn play(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let count = scale.of(60, 1_000);
    let world = World::start_with(at).await?;
    let calendar = calendar_user(&world, MIA)?;
    let mia = Person::sign_in(&world, MIA).await?;
    let mut stage = Stage::of(world.clone(), Vec::new());
    for number in 0..count {
        let words = mixed(&stage, number)?;
        if number.is_multiple_of(2) {
            let mark = stage.make_event_by(&*calendar, words).await?;
            if number.is_multiple_of(150) && !is_all_day(number) {
                let id = stage.id(Side::Calendar(0), mark).await?;
                let (original, moved) = third_week(number)?;
                let words = words::for_google(&[moved])?;
                calendar.patch(&format!("{id}_{original}"), words).await?;
            }
        } else {
            let mark = stage.make_entry_by(&mia, words).await?;
            if number % 450 == 15 && !is_all_day(number) {
                let id = stage.id(Side::Schedule, mark).await?;
                let (original, moved) = third_week(number)?;
                let path = format!("/api/v1/schedule/entries/{id}/occurrences/{original}");
                let words = words::for_schedule(&[moved]);
                mia.json(Method::PATCH, &path, &words).await?.expect(200)?;
            }
        }
    }
    let made = calendar.calls();
    let connected = Connected::with_history(world, MIA, Value::Null).await?;
    stage.members.push(connected);
    stage.settle().await?;
    let mut row = stage.audit(Scenario::S1).await?;
    row.compare_occurrences(&stage.members[0]).await?;
    // Made by the person before there was a connection.
    row.calls -= made;
    row.calls_per_change = super::stage::ratio(row.calls, row.changes);
    let habits = stage.world.habits();
    // A fifth are series: read when they are seen first, and when our own come back, twenty at a time.
    let reads = (count / 5 * 2).div_ceil(20) * u32::from(habits.reads_each_series);
    // Each that a series of ours leaves out is looked for and deleted, and the series read again.
    let left_out = (count / 30) * 3 * u32::from(habits.leaves_out_one_by_one);
    row.calls_max = Some((scale.of(12, 30) + reads + left_out).into());
    Ok(row)
}

fn is_all_day(number: u32) -> bool {
    number % 7 == 3
}

/// An occurrence of a weekly series, by its original start, and the same at three in the night.
fn third_week(number: u32) -> anyhow::Result<(String, Change)> {
    let day = first_day(number)?.checked_add(14.days())?;
    let hour = i8::try_from(8 + number % 9)?;
    let original = day.at(hour, 0, 0, 0).in_tz(BERLIN)?.timestamp();
    let at = |hour| Point::Time {
        local: day.at(hour, 0, 0, 0),
        zone: BERLIN,
        later: false,
    };
    let original = original.strftime("%Y%m%dT%H%M%SZ").to_string();
    Ok((original, Change::When(at(3), at(4))))
}

fn first_day(number: u32) -> anyhow::Result<Date> {
    Ok(date(2027, 3, 1).checked_add(i64::from(number % 90).days())?)
}

/// A fifth are series; some last whole days, some are private, some have guests.
fn mixed(stage: &Stage, number: u32) -> anyhow::Result<Vec<Change>> {
    let mut words = vec![stage.location(), stage.notes()];
    let day = first_day(number)?;
    let all_day = is_all_day(number);
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
