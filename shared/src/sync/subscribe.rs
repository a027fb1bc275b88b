//! Keeps every chosen calendar subscribed: one is prolonged where that is possible, else a new one
//! stands before the old one is stopped.

use domain::{
    calendar::Calendar,
    failure::FailureClass,
    id::{CalendarId, SubscriptionId},
    subscription::{Subscription, SubscriptionState},
};
use jiff::{SignedDuration, Timestamp};

use super::{Context, SyncError, channel};
use crate::{
    ids,
    metrics::Metric,
    providers::{SubscribesTo, SubscriptionRequest},
};

/// Time enough for somebody to find out why.
const SOON: SignedDuration = SignedDuration::from_hours(12);
/// A channel may call before the answer that made it arrives.
const UNTIL_ANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Answers what stands afterwards.
pub(super) async fn ensure(
    context: &Context<'_>,
    calendars: &[Calendar],
) -> Result<Vec<Subscription>, SyncError> {
    let mut changed = false;
    let subscriptions = context.store.subscriptions(context.connection.id).await?;
    for target in targets(context.provider.subscribes_to(), calendars) {
        let own = subscriptions
            .iter()
            .filter(|subscription| subscription.calendar == target.calendar)
            .collect();
        changed |= keep(context, &target, own).await?;
    }
    if changed {
        return Ok(context.store.subscriptions(context.connection.id).await?);
    }
    Ok(subscriptions)
}

/// What is to be subscribed to, or no longer.
struct Target<'a> {
    calendar: Option<CalendarId>,
    /// In whose name the provider is asked; absent where nobody wants to be called any longer.
    wanted: Option<&'a Calendar>,
}

fn targets(to: SubscribesTo, calendars: &[Calendar]) -> Vec<Target<'_>> {
    match to {
        SubscribesTo::OneCalendar => calendars
            .iter()
            .map(|calendar| Target {
                calendar: Some(calendar.id),
                wanted: calendar.settings.selected.then_some(calendar),
            })
            .collect(),
        SubscribesTo::TheAccount => vec![Target {
            calendar: None,
            wanted: calendars.iter().find(|calendar| calendar.settings.selected),
        }],
    }
}

/// Answers whether anything changed.
async fn keep(
    context: &Context<'_>,
    target: &Target<'_>,
    own: Vec<&Subscription>,
) -> Result<bool, SyncError> {
    let is_wanted = target.wanted.is_some();
    let (mut fresh, old): (Vec<_>, Vec<_>) = own
        .into_iter()
        .partition(|subscription| is_wanted && stands(context, subscription));
    let mut stale = Vec::new();
    for old in old {
        if is_wanted && fresh.is_empty() && renew(context, old).await? {
            fresh.push(old);
        } else {
            stale.push(old);
        }
    }
    if let Some(calendar) = target.wanted.filter(|_| fresh.is_empty())
        && !subscribe(context, calendar, target.calendar).await?
    {
        // Polling stands in; what is left of the old subscription is better than nothing.
        let now = context.app.clock.now();
        if stale.iter().any(|old| ends_soon(old, now)) {
            context.measure(Metric::SubscriptionsExpiringSoon);
        }
        return Ok(true);
    }
    for old in &stale {
        stop(context, old).await?;
    }
    let renewed = fresh.iter().any(|own| !stands(context, own));
    Ok(!stale.is_empty() || renewed || (is_wanted && fresh.is_empty()))
}

/// Neither due for renewal nor ended by the provider, which its channel's end tells.
fn stands(context: &Context<'_>, subscription: &Subscription) -> bool {
    let is_ended = match subscription.state {
        SubscriptionState::Intended { .. } => false,
        SubscriptionState::Active { .. } => !context.asked.channels.contains(&subscription.id),
    };
    !is_ended && !subscription.should_renew(context.app.clock.now())
}

fn ends_soon(subscription: &Subscription, now: Timestamp) -> bool {
    let ends_at = subscription.expires_at();
    ends_at.is_some_and(|at| at <= now + SOON)
}

/// `false`: it cannot go on.
async fn renew(context: &Context<'_>, old: &Subscription) -> Result<bool, SyncError> {
    let SubscriptionState::Active { external_id, .. } = &old.state else {
        return Ok(false);
    };
    let renewed = context.provider.renew(&context.access, external_id).await?;
    let Some(granted) = renewed else {
        return Ok(false);
    };
    let id = old.id;
    context
        .store
        .allow_channel(context.connection.id, id, granted.expires_at)
        .await?;
    let state = SubscriptionState::Active {
        external_id: granted.external_id,
        since: context.app.clock.now(),
        expires_at: granted.expires_at,
    };
    let renewed = Subscription {
        state,
        ..old.clone()
    };
    context.store.put_subscription(&renewed).await?;
    context.measure(Metric::SubscriptionRenewed);
    Ok(true)
}

/// `false`: the provider does not want to call us, which no retry will change.
async fn subscribe(
    context: &Context<'_>,
    calendar: &Calendar,
    target: Option<CalendarId>,
) -> Result<bool, SyncError> {
    let (app, connection) = (context.app, context.connection);
    let now = app.clock.now();
    let id = ids::mint(now, SubscriptionId::from_parts);
    let intended = Subscription {
        id,
        connection: connection.id,
        calendar: target,
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
            context.measure(Metric::SubscriptionRenewed);
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
