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
    store::{ChannelAsk, ChannelCall},
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

/// `None` for anything that we did not mint for this provider, without saying why.
pub fn verify(keys: &Keys, provider: Provider, token: &str) -> Option<VerifiedChannel> {
    let mut parts = token.split('.');
    let (version, kid) = (parts.next()?, parts.next()?);
    let (connection, subscription, given) = (parts.next()?, parts.next()?, parts.next()?);
    if version != "v1" || kid != keys.kid || parts.next().is_some() {
        return None;
    }
    let connection: ConnectionId = format!("con_{connection}").parse().ok()?;
    let subscription: SubscriptionId = format!("sub_{subscription}").parse().ok()?;
    let given = URL_SAFE_NO_PAD.decode(given).ok()?;
    same(&mac(keys, provider, connection, subscription), &given).then_some(VerifiedChannel {
        connection,
        subscription,
    })
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
            let about = About {
                provider: Some(asked.provider),
                tenant: Some(asked.tenant),
                connection: Some(connection),
                run: None,
            };
            app.measure(&about, &[(Metric::WebhookAccepted, 1)]);
            queue::follow_up(app, &asked).await
        }
        // Stopped channels go on calling for a while; that is not worth a retry.
        ChannelAsk::UnknownChannel => {
            tracing::info!(%connection, reason = "unknown_channel", "webhook ignored");
            Ok(())
        }
    }
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
