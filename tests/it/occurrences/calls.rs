//! What editing a series costs at the provider.

use serde_json::json;

use super::{Series, span, weekly};

/// Writes and single reads of events, beside the listing that every run makes.
async fn calls(series: &Series) -> [u64; 4] {
    let mia = &series.mia;
    [
        mia.calls("events.insert").await,
        mia.calls("events.get").await,
        mia.calls("events.patch").await,
        mia.calls("events.delete").await,
    ]
}

#[tokio::test]
async fn two_years_of_a_series_cost_what_one_event_costs() {
    let mut years = weekly();
    years["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=104"]);
    let series = Series::of(&years).await;
    assert_eq!(calls(&series).await, [1, 0, 0, 0]);

    let place = json!({ "location": "Depot" });
    series
        .mia
        .patch_entry(&series.id, &place)
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    assert_eq!(calls(&series).await, [1, 0, 1, 0]);

    let moved = span("2027-08-03", 15, 16);
    series
        .patch("20270802T080000Z", &moved)
        .await
        .expect(200)
        .unwrap();
    series.mia.settle().await;
    assert_eq!(calls(&series).await, [1, 1, 2, 0]);

    series.cancel("20270809T080000Z").await.expect(204).unwrap();
    series.mia.settle().await;
    assert_eq!(calls(&series).await, [1, 2, 2, 1]);

    series.mia.sync_now().await;
    assert_eq!(
        calls(&series).await,
        [1, 2, 2, 1],
        "our own writes cost nothing when they come back"
    );
}
