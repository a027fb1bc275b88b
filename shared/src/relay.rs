//! The way that notices take over a topic of the tenant's own, where one stands: Calendar cannot publish, so we do, and
//! what Pub/Sub then pushes to us asks for the sync.

mod hops;
pub mod setup;

use std::{sync::Arc, time::Duration};

use domain::{connection::Provider, id::TenantId};

pub use hops::{Hop, Malformed, Relay};

use crate::{
    app::App,
    metrics::{About, Metric},
    providers::google::pubsub::{Expected, IdentityError, KeysError, Push},
    queue::AskError,
    store::{PushKey, StoreError},
    sync::channel::{self, VerifiedChannel},
    telemetry::chain,
    vault::VaultError,
    verified::verified,
};

/// Google waits for its answer meanwhile, and the notice may have to be asked for directly afterwards.
const PUBLISH_WITHIN: Duration = Duration::from_secs(2);
/// Where pushes arrive.
pub const PUSH_PATH: &str = "/webhooks/google/pubsub";

/// A message that our own push account brought, from a subscription that is this tenant's.
#[derive(Debug)]
pub struct VerifiedPush {
    tenant: TenantId,
}
verified!(VerifiedPush);

/// Whose notices take the way; nobody's where that cannot be known.
pub async fn configured(app: &App) -> Option<Arc<Relay>> {
    match app.vault.google_relay(app.clock.now()).await {
        Ok(relay) => Some(relay).filter(|relay| !relay.is_empty()),
        Err(error) => {
            tracing::error!(error = %chain(&error), "no relay: notices are asked for directly");
            None
        }
    }
}

/// Hands a notice on to the topic of its connection's tenant. False: it must be asked for directly.
pub async fn hand_on(
    app: &App,
    relay: &Relay,
    channel: VerifiedChannel,
    channel_token: &str,
) -> Result<bool, StoreError> {
    let Some(asked) = app.store.demand(channel.connection).await? else {
        return Ok(false);
    };
    let (Some(hop), Some(publisher)) = (relay.hop(asked.tenant), relay.publisher()) else {
        return Ok(false);
    };
    let about = About {
        provider: Some(asked.provider),
        tenant: Some(asked.tenant),
        connection: Some(channel.connection),
        run: None,
    };
    let publishing = app
        .pubsub
        .publish(publisher, &hop.topic, channel_token, app.clock.now());
    let failed = match tokio::time::timeout(PUBLISH_WITHIN, publishing).await {
        Ok(Ok(())) => {
            app.measure(&about, &[(Metric::WebhookRelayed, 1)]);
            return Ok(true);
        }
        Ok(Err(error)) => chain(&error).to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::error!(
        tenant = %asked.tenant, connection = %channel.connection, topic = hop.topic, error = failed,
        "notice not published; it is asked for directly"
    );
    app.measure(&about, &[(Metric::RelayFailed, 1)]);
    Ok(false)
}

/// What becomes of a push that does not ask for a sync.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It cannot be told now, or not be kept: Pub/Sub is to deliver it again.
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Nobody whom we know pushes it.
    #[error("the push comes from {0}")]
    Unidentified(&'static str),
    /// It is ours, and means nothing: it would not mean more the next time.
    #[error("the message means nothing: {0}")]
    Meaningless(&'static str),
}

/// Whether the push account of our relay calls us. Answers whose messages it may bring.
pub async fn identify(app: &App, proof: &str) -> Result<Arc<Relay>, PushError> {
    let relay = app.vault.google_relay(app.clock.now()).await?;
    let Some(account) = relay.push_account() else {
        return Err(PushError::Unidentified("nobody: there is no relay"));
    };
    let audience = app.config.absolute(PUSH_PATH);
    let expected = Expected {
        audience: audience.as_str(),
        account,
    };
    match app.pubsub.verify(proof, expected, app.clock.now()).await {
        Ok(()) => Ok(relay),
        Err(IdentityError::Forged(reason)) => Err(PushError::Unidentified(reason)),
        Err(IdentityError::Unknown(error)) => Err(error.into()),
    }
}

/// Asks for the sync that a message calls for, once for all its deliveries. The table is not touched before the
/// message is its tenant's and its channel token ours.
pub async fn pushed(app: &App, relay: &Relay, push: &Push) -> Result<(), PushError> {
    let meaningless = PushError::Meaningless;
    let tenant = relay.tenant_of(&push.subscription);
    let tenant = tenant.ok_or(meaningless("unknown_subscription"))?;
    let channel = channel::verify(app, Provider::Google, &push.text).await?;
    let channel = channel.ok_or(meaningless("channel_token"))?;
    let key = PushKey::of(&push.subscription, &push.message_id);
    Ok(channel::pushed(app, &VerifiedPush { tenant }, channel, &key).await?)
}
