//! Push channels: events.watch, channels.stop, and the notices that they cause.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::api::Call;
use super::fields::{self, CHANNEL};
use super::state::State;
use super::wire::{ApiError, Reply};
use crate::sim::faults::Target;
use crate::sim::notices::{Fate, NOTICE, is_reachable};
use crate::sim::opaque;

/// The default, and here also the most. Google's own limit is not documented: only the answered expiration counts.
const LIFE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The waits before each further attempt. How often and how long Google tries is not documented.
const RETRY_AFTER_S: [i64; 6] = [1, 2, 4, 8, 16, 32];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Channel {
    id: String,
    account: String,
    client: String,
    calendar: String,
    address: Url,
    token: Option<String>,
    resource_id: String,
    resource_uri: String,
    expires: Timestamp,
    event_types: Vec<String>,
    message_number: u64,
}

/// One message to one channel, with everything that its headers say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Notice {
    pub(super) due: Timestamp,
    pub(super) channel: String,
    pub(super) address: Url,
    pub(super) token: Option<String>,
    pub(super) resource_id: String,
    pub(super) resource_uri: String,
    pub(super) resource_state: ResourceState,
    pub(super) expires: Timestamp,
    pub(super) message_number: u64,
    attempts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ResourceState {
    Sync,
    Exists,
}

impl ResourceState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Exists => "exists",
        }
    }
}

pub(super) fn watch(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let calendar = call.calendar(state)?.id.clone();
    let body = fields::read_body(&call.request.body, CHANNEL)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let id = text("id").ok_or_else(|| ApiError::required("Required field: id"))?;
    if id.is_empty() || id.len() > 64 {
        return Err(ApiError::invalid(
            "Channel id must have 1 to 64 characters.",
        ));
    }
    if !matches!(text("type"), Some("web_hook" | "webhook")) {
        return Err(ApiError::invalid(
            "Unknown channel type; web_hook is the one there is.",
        ));
    }
    let token = text("token").map(str::to_owned);
    if token.as_ref().is_some_and(|token| token.len() > 256) {
        return Err(ApiError::invalid("Channel token exceeds 256 characters."));
    }
    let address = check_address(text("address"))?;
    state.channels.retain(|channel| channel.expires > call.now);
    if state.channels.iter().any(|channel| channel.id == id) {
        return Err(ApiError::new(
            400,
            "channelIdNotUnique",
            format!("Channel id {id} not unique"),
        ));
    }
    let channel = Channel {
        id: id.to_owned(),
        account: call.account.to_owned(),
        client: call.client.to_owned(),
        resource_id: opaque::fingerprint(&format!("events of {calendar}")),
        resource_uri: events_uri(call.public_base, &calendar),
        calendar,
        address,
        token,
        expires: expiration(&body, call.now)?,
        event_types: call.params.all("eventTypes").map(str::to_owned).collect(),
        message_number: 1,
    };
    let answer = shown(&channel);
    enqueue(state, &channel, ResourceState::Sync, call.now);
    state.channels.push(channel);
    Ok(Reply::ok(answer))
}

/// Only the user and the client that opened a channel can stop it.
pub(super) fn stop(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = fields::read_body(&call.request.body, CHANNEL)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let id = text("id").ok_or_else(|| ApiError::required("Required field: id"))?;
    let resource =
        text("resourceId").ok_or_else(|| ApiError::required("Required field: resourceId"))?;
    let at = state.channels.iter().position(|channel| {
        channel.id == id
            && channel.resource_id == resource
            && channel.account == call.account
            && channel.client == call.client
            && channel.expires > call.now
    });
    let Some(at) = at else {
        let message = format!("Channel '{id}' not found for project '{}'", call.client);
        return Err(ApiError::new(404, "notFound", message));
    };
    // Notices that are queued already are still delivered, as with Google.
    state.channels.remove(at);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Queues one notice for every channel on the calendar, whoever made the change.
pub(super) fn announce(state: &mut State, calendar: &str, event_type: &str, now: Timestamp) {
    let mut told = Vec::new();
    for channel in &mut state.channels {
        let concerned = channel.calendar == calendar
            && channel.expires > now
            && (channel.event_types.is_empty()
                || channel.event_types.iter().any(|kind| kind == event_type));
        if concerned {
            // Numbers grow, but not one by one.
            channel.message_number += 1 + channel.message_number % 7;
            told.push(channel.clone());
        }
    }
    for channel in told {
        enqueue(state, &channel, ResourceState::Exists, now);
    }
}

/// The notices that are due, taken off the queue, those of one channel together and in order.
pub(super) fn take_due(state: &mut State, now: Timestamp) -> Vec<Vec<Notice>> {
    let (due, later): (Vec<Notice>, Vec<Notice>) = state
        .notices
        .drain(..)
        .partition(|notice| notice.due <= now);
    state.notices.extend(later);
    state.in_flight += due.len();
    let mut by_channel: Vec<Vec<Notice>> = Vec::new();
    for notice in due {
        match by_channel
            .iter_mut()
            .find(|of| of[0].channel == notice.channel)
        {
            Some(of_channel) => of_channel.push(notice),
            None => by_channel.push(vec![notice]),
        }
    }
    for of_channel in &mut by_channel {
        of_channel.sort_by_key(|notice| notice.due);
    }
    by_channel
}

/// Notes how an attempt ended. Four statuses are tried again; everything else, success or not, is the end.
pub(super) fn settle(state: &mut State, mut notice: Notice, status: Option<u16>, now: Timestamp) {
    state.in_flight -= 1;
    if !matches!(status, Some(500 | 502 | 503 | 504)) || notice.expires <= now {
        return;
    }
    if let Some(wait) = RETRY_AFTER_S.get(notice.attempts) {
        notice.attempts += 1;
        notice.due = now + SignedDuration::from_secs(*wait);
        state.notices.push_back(notice);
    }
}

fn enqueue(state: &mut State, channel: &Channel, resource_state: ResourceState, now: Timestamp) {
    let mut notice = Notice {
        due: now,
        channel: channel.id.clone(),
        address: channel.address.clone(),
        token: channel.token.clone(),
        resource_id: channel.resource_id.clone(),
        resource_uri: channel.resource_uri.clone(),
        resource_state,
        expires: channel.expires,
        message_number: channel.message_number,
        attempts: 0,
    };
    let path = Url::parse(&channel.resource_uri)
        .map_or_else(|_| String::new(), |uri| uri.path().to_owned());
    let target = Target {
        method: NOTICE,
        account: Some(&channel.account),
        path: &path,
        page: None,
    };
    let fate = Fate::of(&mut state.faults, &target);
    if fate.dropped {
        return;
    }
    notice.due = now + fate.delay;
    if fate.reordered {
        let earlier = state
            .notices
            .iter_mut()
            .rev()
            .find(|queued| queued.channel == channel.id);
        match earlier {
            Some(queued) => queued.due = notice.due + SignedDuration::from_secs(1),
            None => notice.due += SignedDuration::from_secs(2),
        }
    }
    if fate.doubled {
        state.notices.push_back(notice.clone());
    }
    state.notices.push_back(notice);
}

fn check_address(address: Option<&str>) -> Result<Url, ApiError> {
    let address = address.ok_or_else(|| ApiError::required("Required field: address"))?;
    let url =
        Url::parse(address).map_err(|_| ApiError::invalid("Channel address is not a URL."))?;
    if is_reachable(&url) {
        return Ok(url);
    }
    let message = format!("WebHook callback must be HTTPS: {address}");
    Err(ApiError::new(400, "push.webhookUrlNotHttps", message))
}

fn expiration(
    body: &serde_json::Map<String, Value>,
    now: Timestamp,
) -> Result<Timestamp, ApiError> {
    let most = now + LIFE_MAX;
    let number = |value: &Value| match value.as_str() {
        Some(text) => text.parse().ok(),
        None => value.as_i64(),
    };
    let mut expires = most;
    if let Some(asked) = body.get("expiration").and_then(number) {
        let asked = Timestamp::from_millisecond(asked)
            .map_err(|_| ApiError::invalid("Invalid value for: expiration"))?;
        expires = expires.min(asked);
    }
    if let Some(params) = body.get("params").and_then(Value::as_object) {
        if let Some(unknown) = params.keys().find(|name| *name != "ttl") {
            return Err(ApiError::refused(format!(
                "Unknown channel parameter {unknown:?}."
            )));
        }
        if let Some(ttl) = params.get("ttl") {
            let ttl = number(ttl)
                .filter(|ttl| (1..=i64::from(i32::MAX)).contains(ttl))
                .ok_or_else(|| ApiError::invalid("Invalid value for: params.ttl"))?;
            expires = expires.min(now + SignedDuration::from_secs(ttl));
        }
    }
    if expires <= now {
        return Err(ApiError::invalid("Channel expiration lies in the past."));
    }
    Ok(expires)
}

fn events_uri(public_base: &Url, calendar: &str) -> String {
    let mut uri = public_base.clone();
    uri.path_segments_mut()
        .expect("the public base is an http address")
        .clear()
        .extend(["calendar", "v3", "calendars", calendar, "events"]);
    uri.set_query(Some("alt=json"));
    uri.to_string()
}

fn shown(channel: &Channel) -> Value {
    let mut shown = json!({
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.resource_uri,
        "expiration": channel.expires.as_millisecond().to_string(),
    });
    if let Some(token) = &channel.token {
        shown["token"] = json!(token);
    }
    shown
}
