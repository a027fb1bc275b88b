//! S6, S7, S9 and S13: a provider that refuses, forgets to call, swallows its answers, or ends the grant.

use domain::connection::Provider;
use jiff::SignedDuration;
use serde_json::json;

use super::{Row, Scale, Scenario, ledger::Side, stage::Stage, words::Mark};

const CALENDAR: Side = Side::Calendar(0);

/// Edits of all kinds on both sides. Faults strike people's calls too, so people are done before one is set.
async fn live_on(stage: &mut Stage, marks: &[Mark], new: u32) -> anyhow::Result<()> {
    for (number, mark) in marks.iter().enumerate() {
        match number % 5 {
            0 => {
                let title = stage.title(*mark);
                stage.edit(CALENDAR, *mark, title).await?;
            }
            1 => {
                let place = stage.location();
                stage.edit(Side::Schedule, *mark, place).await?;
            }
            2 => {
                let place = stage.location();
                stage.edit(CALENDAR, *mark, place).await?;
                let title = stage.title(*mark);
                stage.edit(Side::Schedule, *mark, title).await?;
            }
            3 => stage.delete(CALENDAR, *mark).await?,
            _ => stage.delete(Side::Schedule, *mark).await?,
        }
    }
    for number in 0..new {
        let words = stage.visit(number)?;
        stage.make_entry(words).await?;
        let words = stage.visit(number)?;
        stage.make_event(0, words).await?;
    }
    Ok(())
}

/// S6: limits of every kind, one after the other, with edits going on in the schedule.
pub(super) async fn storm(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(10, 100)).await?;
    live_on(&mut stage, &marks, scale.of(2, 20)).await?;
    let [first, second] = stage.world.habits().refusals_for_haste;
    for fault in [
        json!({ "name": "rate_limited", "status": 429, "count": scale.of(3, 20) }),
        json!({ "name": "rate_limited", "status": first.0, "reason": first.1, "count": scale.of(2, 10) }),
        json!({ "name": "rate_limited", "status": second.0, "reason": second.1, "count": 2 }),
        json!({ "name": "rate_limited", "status": 429, "retry_after_s": 90, "count": 2 }),
        json!({ "name": "server_error", "status": 503, "count": 3 }),
        json!({ "name": "rate_limited", "scope": "events.insert", "count": 2 }),
        json!({ "name": "rate_limited", "scope": "events.patch", "count": 2 }),
        json!({ "name": "server_error", "scope": "events.delete", "count": 2 }),
    ] {
        stage.fault(fault).await?;
    }
    for number in 0..scale.of(2, 6) {
        let words = stage.visit(number)?;
        stage.make_entry(words).await?;
        stage.pass(SignedDuration::from_mins(12)).await?;
    }
    stage.recover().await?;
    stage.audit(Scenario::S6).await
}

/// S7: no notice arrives; the poll finds everything within its time, with nobody pressing a button.
pub(super) async fn lost_webhooks(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(10, 100)).await?;
    stage.fault(json!({ "name": "notification_drop" })).await?;
    for (number, mark) in marks.iter().enumerate() {
        // No more than the brakes let through.
        if number % 5 == 0 {
            stage.delete(CALENDAR, *mark).await?;
        } else {
            let title = stage.title(*mark);
            stage.edit(CALENDAR, *mark, title).await?;
        }
    }
    stage.pass(SignedDuration::from_mins(70)).await?;
    stage.audit(Scenario::S7).await
}

/// S9: writes take effect and their answers are lost, one after the other.
pub(super) async fn lost_responses(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(10, 50)).await?;
    live_on(&mut stage, &marks, scale.of(3, 10)).await?;
    for scope in ["events.insert", "events.patch", "events.delete"] {
        let count = scale.of(2, 8);
        stage
            .fault(json!({ "name": "drop_response", "scope": scope, "count": count }))
            .await?;
    }
    stage.pass(SignedDuration::from_mins(10)).await?;
    stage.recover().await?;
    stage.audit(Scenario::S9).await
}

/// S13: the grant ends in the middle of a run, people go on, the member comes back later.
pub(super) async fn revoked_token(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(10, 50)).await?;
    live_on(&mut stage, &marks, scale.of(2, 10)).await?;
    stage
        .fault(json!({ "name": "token_revoked", "scope": "events.insert", "count": 1 }))
        .await?;
    stage.pass(SignedDuration::from_mins(20)).await?;
    let stands = stage.members[0].api("").await?;
    anyhow::ensure!(
        stands["needs_reauth"] == true,
        "nobody is asked to reconnect: {stands}"
    );

    let later = stage.visit(40)?;
    stage.make_entry(later).await?;
    let later = stage.visit(41)?;
    stage.make_event(0, later).await?;
    stage.pass(SignedDuration::from_mins(20)).await?;
    let mia = &stage.members[0];
    let again = mia.person.connect(mia.world.provider).await?;
    anyhow::ensure!(again == mia.connection, "another connection");
    stage.settle().await?;
    stage.recover().await?;
    stage.audit(Scenario::S13).await
}
