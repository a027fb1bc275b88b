//! What subscriptions are told: changes of events, and what becomes of the subscription itself.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::ids;
use super::state::State;
use super::subscriptions::Subscription;
use super::times::stamp;
use crate::sim::faults::Target;
use crate::sim::notices::{Fate, NOTICE};

/// How long a notice is tried.
const PATIENCE: SignedDuration = SignedDuration::from_hours(4);
/// How many notices one request carries at most.
const NOTICES_MAX: usize = 100;

/// One entry of the `value` of a notification, and where and when it goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Notice {
    pub(super) due: Timestamp,
    pub(super) url: Url,
    pub(super) body: Value,
    pub(super) attempts: u32,
    subscription: String,
    first_due: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Updated,
    Deleted,
}

impl Change {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Lifecycle {
    ReauthorizationRequired,
    SubscriptionRemoved,
    Missed,
}

impl Lifecycle {
    fn as_str(self) -> &'static str {
        match self {
            Self::ReauthorizationRequired => "reauthorizationRequired",
            Self::SubscriptionRemoved => "subscriptionRemoved",
            Self::Missed => "missed",
        }
    }
}

/// Queues one notice for every subscription of the mailbox, whoever made the change.
pub(super) fn announce(
    state: &mut State,
    calendar: &str,
    key: &str,
    change: Change,
    now: Timestamp,
) {
    let Some(calendar) = state.calendars.get(calendar) else {
        return;
    };
    let (account, event) = (&calendar.owner, calendar.events.get(key));
    let told = state.subscriptions.iter().filter(|of| {
        let mut kinds = of.change_type.split(',').map(str::trim);
        of.account == *account && of.expires > now && kinds.any(|kind| kind == change.as_str())
    });
    let bodies: Vec<(Subscription, Value)> = event
        .map(|event| {
            told.map(|of| {
                let id = ids::event_id(event, None, of.ids);
                let resource = format!("Users/{}/Events/{id}", of.user);
                let mut body = head(of);
                body["changeType"] = json!(change.as_str());
                body["resource"] = json!(resource);
                body["resourceData"] = json!({
                    "@odata.type": "#Microsoft.Graph.Event",
                    "@odata.id": resource,
                    "@odata.etag": ids::etag(event.revision),
                    "id": id,
                });
                (of.clone(), body)
            })
            .collect()
        })
        .unwrap_or_default();
    for (of, body) in bodies {
        enqueue(state, &of, of.notification_url.clone(), body, now);
    }
}

/// Tells an application what becomes of its subscriptions of a mailbox; answers how many were told.
pub(super) fn lifecycle(
    state: &mut State,
    account: &str,
    what: Lifecycle,
    now: Timestamp,
) -> usize {
    let of_account = |of: &&mut Subscription| of.account == account && of.expires > now;
    let mut told = Vec::new();
    for of in state.subscriptions.iter_mut().filter(of_account) {
        of.held |= what == Lifecycle::ReauthorizationRequired;
        told.push(of.clone());
    }
    if what == Lifecycle::SubscriptionRemoved {
        state.subscriptions.retain(|of| of.account != account);
    }
    let mut count = 0;
    for mut of in told {
        if let Some(url) = of.lifecycle_url.clone() {
            let mut body = head(&of);
            body["lifecycleEvent"] = json!(what.as_str());
            // This one does not wait: it is what asks for the authorization.
            of.held = false;
            enqueue(state, &of, url, body, now);
            count += 1;
        }
    }
    count
}

/// The notices that are due, taken off the queue, those of one address together and in order.
pub(super) fn take_due(state: &mut State, now: Timestamp) -> Vec<Vec<Notice>> {
    let (due, later): (Vec<Notice>, Vec<Notice>) = state
        .notices
        .drain(..)
        .partition(|notice| notice.due <= now);
    state.notices.extend(later);
    state.in_flight += due.len();
    let mut by_url: Vec<Vec<Notice>> = Vec::new();
    for notice in due {
        let fits = |of: &&mut Vec<Notice>| of[0].url == notice.url && of.len() < NOTICES_MAX;
        match by_url.iter_mut().find(fits) {
            Some(of_url) => of_url.push(notice),
            None => by_url.push(vec![notice]),
        }
    }
    for of_url in &mut by_url {
        of_url.sort_by_key(|notice| notice.due);
    }
    by_url
}

/// Notes how an attempt ended. Whatever was not taken is tried again, ever more seldom, for four hours.
pub(super) fn settle(state: &mut State, notices: Vec<Notice>, delivered: bool, now: Timestamp) {
    state.in_flight -= notices.len();
    if delivered {
        return;
    }
    for mut notice in notices {
        let wait = SignedDuration::from_secs(5) * 2_i32.saturating_pow(notice.attempts.min(12));
        notice.attempts += 1;
        notice.due = now + wait;
        if notice.due <= notice.first_due + PATIENCE {
            state.notices.push_back(notice);
        }
    }
}

fn head(of: &Subscription) -> Value {
    json!({
        "id": ids::new_guid(),
        "subscriptionId": of.id,
        "subscriptionExpirationDateTime": stamp(of.expires),
        "clientState": of.client_state,
        "tenantId": of.tenant,
    })
}

fn enqueue(state: &mut State, of: &Subscription, url: Url, body: Value, now: Timestamp) {
    let target = Target {
        method: NOTICE,
        account: Some(&of.account),
        path: "/v1.0/me/events",
        page: None,
    };
    let fate = Fate::of(&mut state.faults, &target);
    if fate.dropped {
        return;
    }
    // One that waits for authorization is due when nobody waits for it any more, unless it is released before.
    let held = if of.held {
        PATIENCE
    } else {
        SignedDuration::ZERO
    };
    let mut notice = Notice {
        due: now + fate.delay + held,
        url,
        body,
        attempts: 0,
        subscription: of.id.clone(),
        first_due: now,
    };
    if fate.reordered {
        let mut queued = state.notices.iter_mut().rev();
        match queued.find(|queued| queued.subscription == of.id) {
            Some(queued) => queued.due = notice.due + SignedDuration::from_secs(1),
            None => notice.due += SignedDuration::from_secs(2),
        }
    }
    if fate.doubled {
        state.notices.push_back(notice.clone());
    }
    state.notices.push_back(notice);
}

pub(super) fn release(state: &mut State, at: usize, now: Timestamp) {
    let of = &mut state.subscriptions[at];
    of.held = false;
    let id = of.id.clone();
    for notice in &mut state.notices {
        if notice.subscription == id && notice.attempts == 0 {
            notice.due = notice.due.min(now);
        }
    }
}
