//! Occurrences that were cancelled and are wanted back: what the calendar's provider makes of that wish.

use domain::connection::Provider;
use serde_json::{Value, json};
use tests::world::World;

use super::{SECOND, Series, THIRD, assert_nobody_was_invited, shown_alike, weekly};
use crate::support::{Connected, MIA};

impl Series {
    async fn with(world: World) -> Self {
        let mia = Connected::with(world, MIA).await;
        let entry = mia.create_entry(&weekly()).await;
        mia.settle().await;
        let id = entry["id"].as_str().unwrap().to_owned();
        Self { mia, id }
    }

    /// Cancels one here and one there.
    async fn lose_two(&self) {
        self.cancel(THIRD).await.expect(204).unwrap();
        self.mia.settle().await;
        let series = self.mia.event("round").await;
        let there = format!("{}_{SECOND}", series["id"].as_str().unwrap());
        self.mia.calendar.delete(&there).await.unwrap();
        assert_eq!(self.shown().await.len(), 3);
    }
}

#[tokio::test]
async fn a_cancelled_occurrence_is_brought_back() {
    let series = Series::start().await;
    series.lose_two().await;

    series.restore(SECOND).await.expect(200).unwrap();
    series.restore(THIRD).await.expect(200).unwrap();

    let shown = series.shown().await;
    assert_eq!(shown[1], "round 2027-03-08T09:00:00Z");
    assert_eq!(shown.len(), 5);
    assert_eq!(series.entry().await["recurrence"], weekly()["recurrence"]);
    series.mia.sync_now().await;
    assert_eq!(shown_alike(&series.mia).await, shown);
    assert_nobody_was_invited(&series.mia).await;
}

#[tokio::test]
async fn what_is_no_longer_left_out_takes_place_there() {
    let mut entry = weekly();
    let left_out = format!("EXDATE:{SECOND},{THIRD}");
    entry["recurrence"] = json!([weekly()["recurrence"][0], left_out]);
    let series = Series::of(&entry).await;
    assert_eq!(series.shown().await.len(), 3);

    let lines = json!({ "recurrence": weekly()["recurrence"] });
    let patched = series.mia.patch_entry(&series.id, &lines).await;
    patched.expect(200).unwrap();

    assert_eq!(series.shown().await.len(), 5);
    series.mia.sync_now().await;
    assert_eq!(shown_alike(&series.mia).await.len(), 5);
}

/// Outlook keeps what is cancelled. The wish stands here, with its reason, and holds up nothing.
#[tokio::test]
async fn a_wish_that_outlook_cannot_fulfil_is_said_and_rests() {
    let world = World::start_with(Provider::Microsoft).await.unwrap();
    let series = Series::with(world).await;
    let mia = &series.mia;
    series.lose_two().await;

    series.restore(THIRD).await.expect(200).unwrap();
    mia.settle().await;

    let items = mia.api("/items").await["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1, "{items:#}");
    assert_eq!(items[0]["entry"], series.id);
    assert_eq!(items[0]["state"], "refused");
    let why = items[0]["words"].as_str().unwrap();
    assert!(
        why.contains("cannot bring back a single occurrence"),
        "{why}"
    );
    assert_eq!(mia.occurrences().await.len(), 4, "the wish is not lost");
    let writes = mia.calls("events.patch").await + mia.calls("events.delete").await;
    mia.sync_now().await;
    mia.create_entry(&crate::support::visit("pump", 4)).await;
    mia.settle().await;
    mia.event("pump").await;
    let after = mia.calls("events.patch").await + mia.calls("events.delete").await;
    assert_eq!(after, writes, "it is not tried over and over");

    // Given up, both sides agree again, and what else is changed arrives.
    series.cancel(THIRD).await.expect(204).unwrap();
    let place = json!({ "location": "Depot" });
    mia.patch_entry(&series.id, &place)
        .await
        .expect(200)
        .unwrap();
    mia.settle().await;
    assert_eq!(mia.event("round").await["location"], "Depot");
    assert_eq!(mia.api("/items").await["items"], Value::Array(Vec::new()));
}
