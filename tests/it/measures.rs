//! What `CloudWatch` is told: alarms watch what is measured, and a day's work shows in it.

use std::sync::{Arc, Mutex};

use domain::connection::Provider;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::metrics::{About, Metric, Metrics};

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

#[test]
fn a_measurement_is_a_line_of_the_embedded_metric_format() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let taken = lines.clone();
    let metrics = Metrics::to(move |line| taken.lock().unwrap().push(line));
    let about = About {
        provider: Some(Provider::Google),
        ..About::default()
    };
    let measured = [(Metric::SyncSucceeded, 1), (Metric::SyncDuration, 250)];
    let at = "2027-03-01T08:00:00Z".parse().unwrap();

    metrics.write("dev", at, &about, &measured);

    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&lines[0]).unwrap(),
        json!({
            "_aws": {
                "Timestamp": 1_803_888_000_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Kalends/dev",
                    "Dimensions": [[], ["Provider"]],
                    "Metrics": [
                        { "Name": "SyncSucceeded", "Unit": "Count" },
                        { "Name": "SyncDuration", "Unit": "Milliseconds" },
                    ],
                }],
            },
            "Provider": "google",
            "SyncSucceeded": 1,
            "SyncDuration": 250,
        })
    );
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
