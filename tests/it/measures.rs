//! What `CloudWatch` is told: alarms watch what is measured, and a day's work shows in it.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Connected, google_visit};

/// Names that the template gives to metrics of ours.
fn watched() -> Vec<String> {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let alarms = template
        .split("Namespace: !Sub \"Kalends/${Stage}\", MetricName: ")
        .skip(1);
    let graphs = template.split("[\"Kalends/${Stage}\", \"").skip(1);
    alarms
        .chain(graphs)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect())
        .collect()
}

#[test]
fn every_alarm_and_graph_of_our_own_metrics_names_one_that_is_measured() {
    let measured = include_str!("../../shared/src/metrics.rs");
    let watched = watched();
    assert!(watched.len() >= 7, "{watched:?}");
    for name in watched {
        assert!(measured.contains(&format!("    {name},\n")), "{name}");
    }
}

#[tokio::test]
async fn a_days_work_is_measured() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("Boiler", 2))
        .await
        .unwrap();
    mia.settle().await;
    mia.world
        .advance(SignedDuration::from_mins(3))
        .await
        .unwrap();

    let measured = mia.world.measured();
    assert!(measured["SyncSucceeded"] >= 2, "{measured:?}");
    assert_eq!(measured["WebhookAccepted"], 1, "{measured:?}");
    assert_eq!(measured["SubscriptionRenewed"], 1, "{measured:?}");
    assert_eq!(measured["SweepHeartbeat"], 2, "{measured:?}");
    assert_eq!(measured["ConflictsFound"], 0, "{measured:?}");
    assert!(
        !measured.contains_key("ReauthorizationRequired"),
        "{measured:?}"
    );

    mia.fault(&json!({ "name": "token_revoked", "scope": "mia@northwind.test", "count": 1 }))
        .await;
    mia.sync_now().await;
    let measured = mia.world.measured();
    assert_eq!(measured["ReauthorizationRequired"], 1, "{measured:?}");
}
