//! Channel tokens: what a notice brings back to prove that we asked for it. Checked before anything is read.
//!
//! `v1.{kid}.{connection}.{subscription}.{mac}`, about 110 characters; Google takes 256 and Graph 128.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    connection::Provider,
    id::{ConnectionId, SubscriptionId},
};

use crate::{
    app::App,
    crypto::{Keys, Purpose, same},
    metrics::{About, Metric},
    queue::{self, AskError},
    relay::VerifiedPush,
    store::{Asked, ChannelAsk, ChannelCall, PushAsk, PushKey},
    vault::VaultError,
};

/// What a token that holds says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifiedChannel {
    pub connection: ConnectionId,
    pub subscription: SubscriptionId,
}

/// The MAC is cut to 128 bits.
const MAC_BYTES: usize = 16;

pub fn mint(
    keys: &Keys,
    provider: Provider,
    connection: ConnectionId,
    subscription: SubscriptionId,
) -> String {
    let mac = URL_SAFE_NO_PAD.encode(mac(keys, provider, connection, subscription));
    // The prefixes say nothing here: the places do.
    let (con, sub) = (connection.to_string(), subscription.to_string());
    format!("v1.{}.{}.{}.{mac}", keys.kid, &con[4..], &sub[4..])
}

/// What a token of our form says, before anything of it is believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub kid: &'a str,
    channel: VerifiedChannel,
    mac: [u8; MAC_BYTES],
}

impl<'a> Claim<'a> {
    pub fn read(token: &'a str) -> Option<Self> {
        let mut parts = token.split('.');
        let (version, kid) = (parts.next()?, parts.next()?);
        let (connection, subscription, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if version != "v1" || parts.next().is_some() {
            return None;
        }
        let channel = VerifiedChannel {
            connection: format!("con_{connection}").parse().ok()?,
            subscription: format!("sub_{subscription}").parse().ok()?,
        };
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?;
        Some(Self { kid, channel, mac })
    }

    pub fn verified(&self, keys: &Keys, provider: Provider) -> Option<VerifiedChannel> {
        let VerifiedChannel {
            connection,
            subscription,
        } = self.channel;
        let ours = mac(keys, provider, connection, subscription);
        (self.kid == keys.kid && same(&ours, &self.mac)).then_some(self.channel)
    }
}

/// `None` for anything that we did not mint for this provider, without saying why.
pub async fn verify(
    app: &App,
    provider: Provider,
    token: &str,
) -> Result<Option<VerifiedChannel>, VaultError> {
    let Some(claim) = Claim::read(token) else {
        return Ok(None);
    };
    let keys = app.keys_of(claim.kid).await?;
    Ok(keys.and_then(|keys| claim.verified(&keys, provider)))
}

/// Records what a channel calls for and sees to it that somebody looks.
pub async fn called(
    app: &App,
    channel: VerifiedChannel,
    call: ChannelCall,
) -> Result<(), AskError> {
    let VerifiedChannel {
        connection,
        subscription,
    } = channel;
    let asked = app
        .store
        .ask_by_channel(connection, subscription, call, app.clock.now())
        .await?;
    match asked {
        ChannelAsk::Recorded(asked) => {
            accepted(app, &asked);
            queue::follow_up(app, &asked).await
        }
        ChannelAsk::UnknownChannel => {
            ignored(connection);
            Ok(())
        }
    }
}

/// What [`called`] does, for a call that came as a message of this tenant's, and may come again.
pub async fn pushed(
    app: &App,
    proof: &VerifiedPush,
    channel: VerifiedChannel,
    key: &PushKey,
) -> Result<(), AskError> {
    let VerifiedChannel {
        connection,
        subscription,
    } = channel;
    let store = app.store.tenant(proof);
    let now = app.clock.now();
    let asked = store
        .ask_by_push(connection, subscription, key, now)
        .await?;
    match asked {
        PushAsk::Recorded(asked) => {
            accepted(app, &asked);
            queue::follow_up(app, &asked).await
        }
        // Whoever recorded the wish may have died before the message was sent.
        PushAsk::Repeated(asked) if asked.demand.asked > asked.demand.covered => {
            queue::follow_up(app, &asked).await
        }
        PushAsk::Repeated(_) => Ok(()),
        PushAsk::UnknownChannel => {
            ignored(connection);
            Ok(())
        }
        PushAsk::Foreign(provider) => {
            tracing::error!(tenant = %store.id(), %connection, "another tenant's channel token was pushed");
            let about = About {
                provider: Some(provider),
                tenant: Some(store.id()),
                connection: Some(connection),
                run: None,
            };
            let denied = [(Metric::WebhookRejected, 1), (Metric::CrossTenantDenied, 1)];
            app.measure(&about, &denied);
            Ok(())
        }
    }
}

/// Stopped channels go on calling for a while; that is not worth a retry.
fn ignored(connection: ConnectionId) {
    tracing::info!(%connection, reason = "unknown_channel", "webhook ignored");
}

fn accepted(app: &App, asked: &Asked) {
    let about = About {
        provider: Some(asked.provider),
        tenant: Some(asked.tenant),
        connection: Some(asked.connection),
        run: None,
    };
    app.measure(&about, &[(Metric::WebhookAccepted, 1)]);
}

/// A call that nobody vouches for; what it brought is not repeated.
pub fn refused(app: &App, provider: Provider, reason: &'static str) {
    tracing::warn!(%provider, reason, "webhook rejected");
    let about = About {
        provider: Some(provider),
        ..About::default()
    };
    app.measure(&about, &[(Metric::WebhookRejected, 1)]);
}

fn mac(
    keys: &Keys,
    provider: Provider,
    connection: ConnectionId,
    subscription: SubscriptionId,
) -> [u8; MAC_BYTES] {
    let parts = [
        provider.name(),
        &connection.to_string(),
        &subscription.to_string(),
    ];
    let whole = keys.mac(Purpose::ChannelToken, &parts);
    std::array::from_fn(|index| whole[index])
}
