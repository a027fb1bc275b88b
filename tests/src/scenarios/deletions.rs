//! S15: most of a calendar is gone at once. That may be meant, or a mistake, or somebody else's program; until a person
//! says that it is meant, the schedule keeps its entries.

use domain::connection::Provider;
use jiff::SignedDuration;

use super::{Row, Scale, Scenario, ledger::Side, stage::Stage};

pub(super) async fn play(at: Provider, scale: Scale) -> anyhow::Result<Row> {
    let (mut stage, marks) = Stage::with_items(at, scale.of(40, 200)).await?;
    let most = marks.len() * 3 / 4;
    for mark in &marks[..most] {
        stage.delete_unrecorded(Side::Calendar(0), *mark).await?;
        // They are gone there, and nobody has confirmed that they should be gone here.
        stage.ledger.left(*mark, Side::Calendar(0));
    }
    stage.settle().await?;
    stage.pass(SignedDuration::from_mins(20)).await?;
    stage.audit(Scenario::S15).await
}
