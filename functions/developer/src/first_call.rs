//! A call that a new key may make, to be shown with it: whoever tries a key at what it is not for takes it for broken.

use std::collections::BTreeSet;

use domain::permission::Permission as P;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// One request of the API.
pub(crate) struct Call {
    pub(crate) path: String,
    /// Sent with `POST`; without it something is read.
    pub(crate) body: Option<Value>,
}

/// One that reads, if any of the scopes allows one. `None`: nothing is open to these scopes alone.
pub(crate) fn first_call(scopes: &BTreeSet<P>, now: Timestamp) -> Option<Call> {
    let calls = scopes.iter().filter_map(|scope| open_to(*scope, now));
    calls.min_by_key(|call| call.body.is_some())
}

fn open_to(scope: P, now: Timestamp) -> Option<Call> {
    let day = |days: i64| (now + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
    let read = |path: &str| {
        Some(Call {
            path: path.to_owned(),
            body: None,
        })
    };
    let write = |path: &str, body| {
        Some(Call {
            path: path.to_owned(),
            body: Some(body),
        })
    };
    match scope {
        P::ScheduleRead => read(&format!(
            "/api/v1/schedule/entries?from={}T00:00:00Z&to={}T00:00:00Z",
            day(0),
            day(7)
        )),
        P::ConnectionsOwn => read("/api/v1/connections"),
        P::IntegrationsRead => read("/api/integrations/health"),
        P::OpsAdmin => read("/api/v1/ops/audit"),
        P::ScheduleWrite => {
            let at =
                |hour: u8| json!({ "local": format!("{}T{hour:02}:00:00", day(1)), "zone": "UTC" });
            let entry = json!({ "title": "A first entry", "start": at(9), "end": at(10) });
            write("/api/v1/schedule/entries", entry)
        }
        P::IntegrationsReport => write(
            "/api/v1/integrations/edi/events",
            json!({ "status": "success", "event_type": "order.received", "message": "A first report" }),
        ),
        P::ScheduleManage
        | P::IntegrationsManage
        | P::OpsRead
        | P::OpsWrite
        | P::OpsFullAccess
        | P::AlertsRead
        | P::AlertsManage
        | P::AlertsBroadcast
        | P::StatusRead
        | P::StatusWrite
        | P::TeamManage
        | P::OrganizationManage => None,
    }
}
