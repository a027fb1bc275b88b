//! Keeps every chosen calendar subscribed: the new subscription stands before the old one is stopped.

use domain::{
    calendar::Calendar,
    failure::FailureClass,
    id::SubscriptionId,
    subscription::{Subscription, SubscriptionState},
};
use jiff::SignedDuration;

use super::{Context, SyncError, channel};
use crate::{ids, providers::SubscriptionRequest};

/// A channel may call before the answer that made it arrives.
const UNTIL_ANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Answers what stands afterwards.
pub(super) async fn ensure(
    context: &Context<'_>,
    calendars: &[Calendar],
) -> Result<Vec<Subscription>, SyncError> {
    let mut changed = false;
    let now = context.app.clock.now();
    let subscriptions = context.store.subscriptions(context.connection.id).await?;
    for calendar in calendars {
        let wanted = calendar.settings.selected;
        let (fresh, stale): (Vec<_>, Vec<_>) = subscriptions
            .iter()
            .filter(|subscription| subscription.calendar == calendar.id)
            .partition(|subscription| wanted && !subscription.should_renew(now));
        changed |= !stale.is_empty() || (wanted && fresh.is_empty());
        if wanted && fresh.is_empty() && !subscribe(context, calendar).await? {
            // Polling stands in; what is left of the old subscription is better than nothing.
            continue;
        }
        for old in stale {
            stop(context, old).await?;
        }
    }
    if changed {
        return Ok(context.store.subscriptions(context.connection.id).await?);
    }
    Ok(subscriptions)
}

/// `false`: the provider does not want to call us, which no retry will change.
async fn subscribe(context: &Context<'_>, calendar: &Calendar) -> Result<bool, SyncError> {
    let (app, connection) = (context.app, context.connection);
    let now = app.clock.now();
    let id = ids::mint(now, SubscriptionId::from_parts);
    let intended = Subscription {
        id,
        connection: connection.id,
        calendar: calendar.id,
        state: SubscriptionState::Intended { at: now },
    };
    context.store.put_subscription(&intended).await?;
    context
        .store
        .allow_channel(connection.id, id, now + UNTIL_ANSWERED)
        .await?;
    let request = SubscriptionRequest {
        id,
        address: app
            .config
            .absolute(&format!("/webhooks/{}", connection.provider)),
        channel_token: channel::mint(&*app.keys().await?, connection.provider, connection.id, id),
    };
    match context
        .provider
        .subscribe(&context.access, calendar, &request)
        .await
    {
        Ok(granted) => {
            context
                .store
                .allow_channel(connection.id, id, granted.expires_at)
                .await?;
            let state = SubscriptionState::Active {
                external_id: granted.external_id,
                since: now,
                expires_at: granted.expires_at,
            };
            context
                .store
                .put_subscription(&Subscription { state, ..intended })
                .await?;
            Ok(true)
        }
        Err(error) if matches!(error.class, FailureClass::Rejected | FailureClass::NotFound) => {
            tracing::warn!(
                tenant = %context.store.id(), connection = %connection.id, calendar = %calendar.id,
                "no subscription, polling instead: {error}"
            );
            context.store.forbid_channel(connection.id, id).await?;
            context.store.delete_subscription(&intended).await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

async fn stop(context: &Context<'_>, old: &Subscription) -> Result<(), SyncError> {
    if let SubscriptionState::Active { external_id, .. } = &old.state {
        context
            .provider
            .unsubscribe(&context.access, old.id, external_id)
            .await?;
    }
    context.store.forbid_channel(old.connection, old.id).await?;
    Ok(context.store.delete_subscription(old).await?)
}
