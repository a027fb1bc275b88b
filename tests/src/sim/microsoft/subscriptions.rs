//! Subscriptions: opened after a handshake, renewed, ended.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::api::Call;
use super::fields::SUBSCRIPTION;
use super::ids::{self, IdType};
use super::notices::release;
use super::payload;
use super::state::State;
use super::times::{read_moment, stamp};
use super::wire::{GraphError, Reply};
use crate::sim::notices::is_reachable;

const LIFE_MAX: SignedDuration = SignedDuration::from_mins(10_080);
/// Anything shorter is made this long.
const LIFE_MIN: SignedDuration = SignedDuration::from_mins(45);
const CLIENT_STATE_MAX: usize = 128;
const ACTIVE_MAX: usize = 1000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) user: String,
    pub(super) tenant: String,
    client: String,
    pub(super) change_type: String,
    resource: String,
    pub(super) notification_url: Url,
    pub(super) lifecycle_url: Option<Url>,
    pub(super) client_state: Option<String>,
    pub(super) ids: IdType,
    pub(super) expires: Timestamp,
    /// Notices wait until the application has authorized it again.
    pub(super) held: bool,
}

/// A subscription that is about to be, if those who are to be notified agree.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    subscription: Subscription,
    context: String,
}

impl Handshake {
    pub(super) fn urls(&self) -> Vec<Url> {
        let lifecycle = self.subscription.lifecycle_url.iter();
        let mut urls = vec![self.subscription.notification_url.clone()];
        urls.extend(
            lifecycle
                .filter(|url| **url != urls[0])
                .cloned()
                .collect::<Vec<_>>(),
        );
        urls
    }
}

/// Checks everything that can be checked without asking anybody.
pub(super) fn prepare(state: &State, call: &Call<'_>) -> Result<Handshake, GraphError> {
    let body = payload::read_body(&call.request.body, &SUBSCRIPTION)?;
    let needed = |name: &str| {
        let text = body.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(format!("The {name} of a subscription is missing.")))
    };
    let change_type = needed("changeType")?;
    for one in change_type.split(',') {
        let known = ["created", "updated", "deleted"];
        if !known.contains(&one.trim()) {
            return Err(invalid(format!("{one:?} is not one of {known:?}.")));
        }
    }
    let resource = needed("resource")?;
    check_resource(resource, call)?;
    let client_state = body.get("clientState").and_then(Value::as_str);
    if client_state.is_some_and(|text| text.chars().count() > CLIENT_STATE_MAX) {
        return Err(invalid(format!(
            "clientState is longer than {CLIENT_STATE_MAX} characters."
        )));
    }
    let expires = read_expiry(&body, call.now)?;
    let own = |of: &&Subscription| of.account == call.account.email && of.expires > call.now;
    let mut same = state.subscriptions.iter().filter(own);
    if same.clone().count() >= ACTIVE_MAX {
        let message = format!("There are {ACTIVE_MAX} subscriptions of this mailbox already.");
        return Err(GraphError::new(403, "Forbidden", message));
    }
    let twin = same.find(|of| {
        of.client == call.client && of.change_type == change_type && of.resource == resource
    });
    if let Some(twin) = twin {
        let message = format!(
            "Subscription Id {} already exists for the requested combination",
            twin.id
        );
        return Err(GraphError::new(409, "ObjectIdentifierInUse", message));
    }
    let lifecycle = body.get("lifecycleNotificationUrl").and_then(Value::as_str);
    let subscription = Subscription {
        id: ids::new_guid(),
        account: call.account.email.clone(),
        user: call.account.user.clone(),
        tenant: call.account.tenant.clone(),
        client: call.client.to_owned(),
        change_type: change_type.to_owned(),
        resource: resource.to_owned(),
        notification_url: read_url(needed("notificationUrl")?)?,
        lifecycle_url: lifecycle.map(read_url).transpose()?,
        client_state: client_state.map(str::to_owned),
        ids: call.prefer.ids,
        expires,
        held: false,
    };
    Ok(Handshake {
        subscription,
        context: call.context("subscriptions/$entity"),
    })
}

/// Opens the subscription, if everybody repeated what they were told.
pub(super) fn open(
    state: &mut State,
    handshake: Handshake,
    refusal: Option<String>,
) -> Result<Reply, GraphError> {
    if let Some(why) = refusal {
        let message = format!("Subscription validation request failed. {why}");
        return Err(invalid(message));
    }
    let mut shown = show(&handshake.subscription);
    shown["@odata.context"] = json!(handshake.context);
    state.subscriptions.push(handshake.subscription);
    Ok(Reply::json(StatusCode::CREATED, shown))
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let own: Vec<Value> = state
        .subscriptions
        .iter()
        .filter(|of| is_of(of, call))
        .map(show)
        .collect();
    Reply::ok(json!({
        "@odata.context": call.context("subscriptions"),
        "value": own,
    }))
}

pub(super) fn get(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let at = position(state, call)?;
    Ok(Reply::ok(show(&state.subscriptions[at])))
}

/// A later end authorizes it anew as well.
pub(super) fn renew(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let at = position(state, call)?;
    let body = payload::read_body(&call.request.body, &SUBSCRIPTION)?;
    if let Some(name) = body.keys().find(|name| *name != "expirationDateTime") {
        let message = format!("{name} of a subscription cannot be changed.");
        return Err(invalid(message));
    }
    state.subscriptions[at].expires = read_expiry(&body, call.now)?;
    release(state, at, call.now);
    let mut shown = show(&state.subscriptions[at]);
    shown["@odata.context"] = json!(call.context("subscriptions/$entity"));
    Ok(Reply::ok(shown))
}

pub(super) fn reauthorize(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let at = position(state, call)?;
    release(state, at, call.now);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let at = position(state, call)?;
    // Notices that are queued already are still delivered.
    state.subscriptions.remove(at);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn position(state: &State, call: &Call<'_>) -> Result<usize, GraphError> {
    let named = |of: &Subscription| of.id == call.id() && is_of(of, call);
    state
        .subscriptions
        .iter()
        .position(named)
        .ok_or_else(|| GraphError::new(404, "ResourceNotFound", "The object was not found."))
}

fn is_of(of: &Subscription, call: &Call<'_>) -> bool {
    of.client == call.client && of.account == call.account.email && of.expires > call.now
}

/// All events of the mailbox, and nothing less: there is no subscription to one calendar.
fn check_resource(resource: &str, call: &Call<'_>) -> Result<(), GraphError> {
    let path = resource.trim_start_matches('/').to_ascii_lowercase();
    let known = [
        "me/events".to_owned(),
        format!("users/{}/events", call.account.user),
        format!("users/{}/events", call.account.email),
    ];
    if known.contains(&path) {
        return Ok(());
    }
    Err(invalid(format!("Resource '{resource}' is not supported.")))
}

fn read_url(text: &str) -> Result<Url, GraphError> {
    let url = Url::parse(text).ok().filter(is_reachable);
    url.ok_or_else(|| invalid(format!("{text:?} is no address with https.")))
}

fn read_expiry(body: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, GraphError> {
    let given = body.get("expirationDateTime").and_then(Value::as_str);
    let expires = given
        .and_then(read_moment)
        .ok_or_else(|| invalid("The expirationDateTime of a subscription is missing."))?;
    if expires <= now {
        return Err(invalid("Subscription expiration cannot lie in the past."));
    }
    if expires > now + LIFE_MAX {
        return Err(invalid(format!(
            "Subscription expiration can only be {} minutes in the future.",
            LIFE_MAX.as_mins()
        )));
    }
    Ok(expires.max(now + LIFE_MIN))
}

fn invalid(message: impl Into<Box<str>>) -> GraphError {
    GraphError::new(400, "ValidationError", message)
}

fn show(of: &Subscription) -> Value {
    json!({
        "id": of.id,
        "resource": of.resource,
        "applicationId": of.client,
        "changeType": of.change_type,
        "clientState": of.client_state,
        "notificationUrl": of.notification_url,
        "notificationQueryOptions": null,
        "lifecycleNotificationUrl": of.lifecycle_url,
        "expirationDateTime": stamp(of.expires),
        "creatorId": of.user,
        "includeResourceData": null,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": null,
        "encryptionCertificateId": null,
        "notificationUrlAppId": null,
    })
}
