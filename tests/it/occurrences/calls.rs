//! What editing a series costs at the provider.

use serde_json::json;

use super::{Series, span, weekly};

/// New events, changes and deletions.
async fn writes(series: &Series) -> [u64; 3] {
    let mia = &series.mia;
    [
        mia.calls("events.insert").await,
        mia.calls("events.patch").await,
        mia.calls("events.delete").await,
    ]
}

/// Before an occurrence is written, its series is looked at. Where the listing that every run makes says no more of a
/// series than that it changed, it is read once for each time that it was written instead.
async fn assert_reads(series: &Series, looked_at: u64, written: u64) {
    let reads_each = series.mia.world.habits().reads_each_series;
    let reads = if reads_each { written } else { looked_at };
    assert_eq!(series.mia.calls("events.get").await, reads);
}

#[tokio::test]
async fn two_years_of_a_series_cost_what_one_event_costs() {
    let mut years = weekly();
    years["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=104"]);
    let series = Series::of(&years).await;
    assert_eq!(writes(&series).await, [1, 0, 0]);
    assert_reads(&series, 0, 1).await;

    let place = json!({ "location": "Depot" });
    series
        .mia
        .patch_entry(&series.id, &place)
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    assert_eq!(writes(&series).await, [1, 1, 0]);
    assert_reads(&series, 0, 2).await;

    let moved = span("2027-08-03", 15, 16);
    series
        .patch("20270802T080000Z", &moved)
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    assert_eq!(writes(&series).await, [1, 2, 0]);
    assert_reads(&series, 1, 3).await;

    series.cancel("20270809T080000Z").await.expect(204).unwrap();
    series.mia.settle().await;
    assert_eq!(writes(&series).await, [1, 2, 1]);
    assert_reads(&series, 2, 4).await;

    series.mia.sync_now().await;
    assert_eq!(writes(&series).await, [1, 2, 1]);
    // Our own writes cost nothing more when nothing new is told of them.
    assert_reads(&series, 2, 4).await;
}
