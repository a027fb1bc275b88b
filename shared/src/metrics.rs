//! Metrics in `CloudWatch`'s embedded metric format: a line of the log is a measurement, so that a function makes no call
//! for it (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Written here because each line has a tenant of its own: a tenant is a property, found by queries of the log, and never
//! a dimension, of which each value is paid for.

use std::sync::Arc;

use domain::{
    connection::Provider,
    id::{ConnectionId, RunId, TenantId},
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What is measured. Alarms and the dashboard of the template name these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    SweepHeartbeat,
    /// Connections that the sweep asked for.
    SweepAsked,
    WebhookAccepted,
    WebhookRejected,
    /// Notices that took the way over their tenant's own topic.
    WebhookRelayed,
    /// Notices that should have, and were asked for directly.
    RelayFailed,
    SyncSucceeded,
    SyncContinued,
    SyncFailed,
    SyncDuration,
    /// From the provider's last notice to the end of the run that it asked for.
    NoticeToWritten,
    ConflictsFound,
    SubscriptionRenewed,
    /// Seeing to a connection's subscriptions has failed three times in a row.
    SubscriptionsFailing,
    RenewalHeartbeat,
    ReauthorizationRequired,
    CrossTenantDenied,
}

impl Metric {
    const fn unit(self) -> &'static str {
        match self {
            Self::SweepHeartbeat
            | Self::SweepAsked
            | Self::WebhookAccepted
            | Self::WebhookRejected
            | Self::WebhookRelayed
            | Self::RelayFailed
            | Self::SyncSucceeded
            | Self::SyncContinued
            | Self::SyncFailed
            | Self::ConflictsFound
            | Self::SubscriptionRenewed
            | Self::SubscriptionsFailing
            | Self::RenewalHeartbeat
            | Self::ReauthorizationRequired
            | Self::CrossTenantDenied => "Count",
            Self::SyncDuration | Self::NoticeToWritten => "Milliseconds",
        }
    }
}

/// Whom a measurement is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// The one dimension: each metric is there for each provider, and for all together.
    pub provider: Option<Provider>,
    pub tenant: Option<TenantId>,
    pub connection: Option<ConnectionId>,
    pub run: Option<RunId>,
}

/// Where measurements go; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    lines: Arc<dyn Fn(String) + Send + Sync>,
}

impl Metrics {
    /// Where Lambda reads them.
    pub fn printed() -> Self {
        #[expect(clippy::print_stdout, reason = "this is how Lambda takes measurements")]
        Self::to(|line| println!("{line}"))
    }

    pub fn to(lines: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self {
            lines: Arc::new(lines),
        }
    }

    pub fn write(&self, stage: &str, at: Timestamp, about: &About, measured: &[(Metric, i64)]) {
        (self.lines)(line(stage, at, about, measured).to_string());
    }
}

fn line(stage: &str, at: Timestamp, about: &About, measured: &[(Metric, i64)]) -> Value {
    let names: Vec<Value> = measured
        .iter()
        .map(|(metric, _)| json!({ "Name": format!("{metric:?}"), "Unit": metric.unit() }))
        .collect();
    let mut dimensions = vec![json!([])];
    let mut line = Map::new();
    if let Some(provider) = about.provider {
        dimensions.push(json!(["Provider"]));
        line.insert("Provider".into(), provider.name().into());
    }
    let ids = [
        ("tenant", about.tenant.map(|id| id.to_string())),
        ("connection", about.connection.map(|id| id.to_string())),
        ("run", about.run.map(|id| id.to_string())),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            line.insert(name.into(), id.into());
        }
    }
    for (metric, value) in measured {
        line.insert(format!("{metric:?}"), (*value).into());
    }
    let directive = json!([{
        "Namespace": format!("Kalends/{stage}"),
        "Dimensions": dimensions,
        "Metrics": names,
    }]);
    line.insert(
        "_aws".into(),
        json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": directive }),
    );
    line.into()
}
