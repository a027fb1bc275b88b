//! S10: the weeks in which clocks change.

use super::{
    Row, Scenario,
    ledger::Side,
    stage::{BERLIN, Stage},
    words::{Change, Point},
};
use domain::connection::Provider;

const NEW_YORK: &str = "America/New_York";

fn from_to(start: &str, end: &str, zone: &'static str) -> anyhow::Result<Change> {
    Ok(Change::When(
        Point::time(start, zone)?,
        Point::time(end, zone)?,
    ))
}

/// Single hours around, in and across both changes of two zones, and series over them.
fn plans() -> anyhow::Result<Vec<(Change, Option<&'static str>)>> {
    let second_pass = |local: &str| -> anyhow::Result<Point> {
        Ok(Point::Time {
            local: local.parse()?,
            zone: BERLIN,
            later: true,
        })
    };
    let day = |text: &str| -> anyhow::Result<Point> { Ok(Point::Day(text.parse()?)) };
    Ok(vec![
        (
            from_to("2027-03-28T01:30:00", "2027-03-28T03:30:00", BERLIN)?,
            None,
        ),
        (
            from_to("2027-03-27T23:00:00", "2027-03-28T08:00:00", BERLIN)?,
            None,
        ),
        (
            from_to("2027-03-14T01:30:00", "2027-03-14T03:30:00", NEW_YORK)?,
            None,
        ),
        (
            from_to("2027-10-31T02:30:00", "2027-10-31T03:30:00", BERLIN)?,
            None,
        ),
        (
            Change::When(
                second_pass("2027-10-31T02:15:00")?,
                Point::time("2027-10-31T03:15:00", BERLIN)?,
            ),
            None,
        ),
        (
            Change::When(
                Point::time("2027-10-31T02:15:00", BERLIN)?,
                second_pass("2027-10-31T02:15:00")?,
            ),
            None,
        ),
        (Change::When(day("2027-03-27")?, day("2027-03-30")?), None),
        (
            from_to("2027-03-25T02:30:00", "2027-03-25T03:30:00", BERLIN)?,
            Some("RRULE:FREQ=DAILY;COUNT=6"),
        ),
        (
            from_to("2027-03-07T09:00:00", "2027-03-07T10:00:00", NEW_YORK)?,
            Some("RRULE:FREQ=WEEKLY;COUNT=6"),
        ),
        (
            from_to("2027-10-29T02:30:00", "2027-10-29T03:00:00", BERLIN)?,
            Some("RRULE:FREQ=DAILY;COUNT=5"),
        ),
        (
            Change::When(day("2027-03-26")?, day("2027-03-27")?),
            Some("RRULE:FREQ=DAILY;COUNT=4"),
        ),
    ])
}

pub(super) async fn play(at: Provider) -> anyhow::Result<Row> {
    let mut stage = Stage::open(at).await?;
    let mut marks = Vec::new();
    let plans = plans()?.into_iter();
    let knows_second_pass = stage.world.habits().knows_second_pass;
    for (when, rule) in plans.filter(|(when, _)| knows_second_pass || !when.is_in_second_pass()) {
        let mut words = vec![when];
        words.extend(rule.map(|rule| Change::Recurrence(vec![rule.into()])));
        marks.push(stage.make_event(0, words.clone()).await?);
        marks.push(stage.make_entry(words).await?);
    }
    stage.settle().await?;
    stage.look().await?;
    for mark in &marks {
        let place = stage.location();
        stage.edit(Side::Schedule, *mark, place).await?;
        let title = stage.title(*mark);
        stage.edit(Side::Calendar(0), *mark, title).await?;
    }
    stage.settle().await?;
    // Two visits are moved into the change, one from each side.
    for (mark, side) in [(marks[0], Side::Schedule), (marks[1], Side::Calendar(0))] {
        let moved = from_to("2027-10-31T01:30:00", "2027-10-31T03:30:00", BERLIN)?;
        stage.edit(side, mark, moved).await?;
    }
    stage.settle().await?;

    let mut row = stage.audit(Scenario::S10).await?;
    row.compare_occurrences(&stage.members[0]).await?;
    Ok(row)
}
