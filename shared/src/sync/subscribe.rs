//! Sees to it that every chosen calendar is subscribed: one is prolonged where that is possible, else a new one stands
//! before the old one is stopped. Runs care for what is missing, [`renew`] for what is due.

mod targets;

use std::collections::{BTreeSet, HashSet};

use domain::{
    calendar::Calendar,
    connection::Connection,
    failure::FailureClass,
    id::{CalendarId, SubscriptionId},
    subscription::{Subscription, SubscriptionState, Upkeep},
};
use jiff::{SignedDuration, Timestamp};

use self::targets::{Target, targets};
use super::{Context, SyncError, channel};
use crate::{
    app::App,
    crypto::Secret,
    ids,
    metrics::{About, Metric},
    outbox::OutboxRow,
    providers::{
        CalendarProvider, GrantedSubscription, ProviderError, SubscribesTo, SubscriptionRequest,
    },
    store::{Claim, StoreError, TenantStore, Turn},
    vault::VaultError,
};

/// A channel may call before the answer that made it arrives.
const UNTIL_ANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// What is cared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// What is missing, ended, or should have been renewed long ago.
    ForMissing,
    /// Whatever is due.
    ForDue,
}

/// In whose name the provider is asked.
pub(super) struct Keeper<'a> {
    pub(super) app: &'a App,
    pub(super) store: &'a TenantStore,
    pub(super) connection: &'a Connection,
    pub(super) access: &'a Secret,
    /// Those that may call. One that may not has been ended by the provider.
    pub(super) channels: &'a HashSet<SubscriptionId>,
}

/// What the keys of channel tokens say of subscriptions: two rotations end a key.
struct Tokens {
    /// The key that new ones are made with. One with an older token must not be prolonged: the provider would keep it.
    current_kid: String,
    /// Those whose token we know no more.
    void: HashSet<SubscriptionId>,
}

/// What it came to.
pub(super) struct Kept {
    /// What stands afterwards.
    pub(super) subscriptions: Vec<Subscription>,
    /// Another subscription took the place of one: nobody may have called meanwhile.
    pub(super) made: bool,
    pub(super) failure: Option<ProviderError>,
}

enum Subscribed {
    /// With the id that the provider gave.
    Made(String),
    /// The provider does not want to call us, which no retry will change.
    Silent,
}

impl<'a> From<&'a Context<'a>> for Keeper<'a> {
    fn from(context: &'a Context<'a>) -> Self {
        Self {
            app: context.app,
            store: context.store,
            connection: context.connection,
            access: &context.access,
            channels: &context.asked.channels,
        }
    }
}

impl Keeper<'_> {
    /// Changes what has to be changed, if it is this worker's turn.
    pub(super) async fn see_to(
        &self,
        calendars: &[Calendar],
        care: Care,
    ) -> Result<Kept, SyncError> {
        let id = self.connection.id;
        let subscriptions = self.store.subscriptions(id).await?;
        let left_alone = |subscriptions| Kept {
            subscriptions,
            made: false,
            failure: None,
        };
        let tokens = self.tokens(&subscriptions).await?;
        let targets = targets(self.provider().subscribes_to(), calendars);
        let lacking = |target: &&Target<'_>| !self.is_well(target, &subscriptions, &tokens, care);
        let lacking: Vec<&Target<'_>> = targets.iter().filter(lacking).collect();
        let turn = match care {
            Care::ForDue => Turn::Now,
            Care::ForMissing if lacking.is_empty() => return Ok(left_alone(subscriptions)),
            Care::ForMissing => {
                let upkeep = self.store.upkeep(id).await?.unwrap_or_default();
                let silent = |target: &&Target<'_>| upkeep.silent.contains(&target.calendar);
                if lacking.iter().all(silent) {
                    return Ok(left_alone(subscriptions));
                }
                Turn::WhenDue
            }
        };
        let claim = self.store.claim_upkeep(id, turn, self.now()).await?;
        let Some(claim) = claim else {
            return Ok(left_alone(subscriptions));
        };
        let mut silent = BTreeSet::new();
        let (mut made, mut failure) = (false, None);
        for target in &targets {
            match self.keep(target, &subscriptions, &tokens, care).await {
                Ok(Some(Subscribed::Made(_))) => made = true,
                Ok(Some(Subscribed::Silent)) => drop(silent.insert(target.calendar)),
                Ok(None) => {}
                Err(SyncError::Provider(error)) => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        let subscriptions = self.store.subscriptions(id).await?;
        let now = self.now();
        let upkeep = match &failure {
            None => Upkeep::succeeded(silent),
            Some(error) => claim.upkeep.failed(error.to_string(), now),
        };
        let next_at = upkeep.next_at(&subscriptions, now);
        end(
            self.app,
            self.store,
            self.connection,
            &claim,
            &upkeep,
            next_at,
        )
        .await?;
        Ok(Kept {
            subscriptions,
            made,
            failure,
        })
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn provider(&self) -> &dyn CalendarProvider {
        self.app.provider(self.connection.provider)
    }

    async fn tokens(&self, subscriptions: &[Subscription]) -> Result<Tokens, VaultError> {
        let mut void = HashSet::new();
        // One with a key that we do not know may know better than this process: it is looked for first.
        for own in subscriptions {
            if self.app.keys_of(&own.kid).await?.is_none() {
                void.insert(own.id);
            }
        }
        let current_kid = self.app.keys().await?.kid.clone();
        Ok(Tokens { current_kid, void })
    }

    /// Nothing need be done about it now.
    fn is_well(
        &self,
        target: &Target<'_>,
        all: &[Subscription],
        tokens: &Tokens,
        care: Care,
    ) -> bool {
        let mut own = all.iter().filter(|own| own.calendar == target.calendar);
        let (first, more) = (own.next(), own.next());
        match target.wanted {
            Some(_) => more.is_none() && first.is_some_and(|own| self.is_good(own, tokens, care)),
            None => first.is_none(),
        }
    }

    fn is_good(&self, own: &Subscription, tokens: &Tokens, care: Care) -> bool {
        let is_ended = match own.state {
            SubscriptionState::Intended { .. } => false,
            SubscriptionState::Active { .. } => !self.channels.contains(&own.id),
        };
        let in_time = match care {
            Care::ForMissing => !own.is_late(self.now()),
            Care::ForDue => own.stands(self.now()),
        };
        !is_ended && in_time && !tokens.void.contains(&own.id)
    }

    /// Answers what became of a new subscription, if one was needed.
    async fn keep(
        &self,
        target: &Target<'_>,
        all: &[Subscription],
        tokens: &Tokens,
        care: Care,
    ) -> Result<Option<Subscribed>, SyncError> {
        let own = all.iter().filter(|own| own.calendar == target.calendar);
        let (mut good, mut old): (Vec<_>, Vec<_>) =
            own.partition(|own| target.wanted.is_some() && self.is_good(own, tokens, care));
        let mut stale = Vec::new();
        if good.len() > 1 {
            // A worker that slept has come back with a second.
            good.sort_by_key(|own| own.expires_at());
            match self.provider().subscribes_to() {
                SubscribesTo::OneCalendar => stale.extend(good.drain(..good.len() - 1)),
                // There is one at most: the other has gone for its sake, and prolonging shows which.
                SubscribesTo::TheAccount => drop(old.splice(0..0, good.drain(..).rev())),
            }
        }
        for old in old {
            let may_go_on = target.wanted.is_some() && old.kid == tokens.current_kid;
            if may_go_on && good.is_empty() && self.prolong(old).await? {
                good.push(old);
            } else {
                stale.push(old);
            }
        }
        let subscribed = match target.wanted {
            Some(calendar) if good.is_empty() => {
                Some(self.subscribe(calendar, target.calendar).await?)
            }
            Some(_) | None => None,
        };
        let mut known = good
            .iter()
            .chain(&stale)
            .filter_map(|own| own.external_id());
        let twin = match &subscribed {
            Some(Subscribed::Made(external_id)) => Some(external_id.as_str()),
            // What is left of an old subscription is better than nothing.
            Some(Subscribed::Silent) => return Ok(subscribed),
            None => known.next(),
        };
        for old in &stale {
            self.stop(old, twin).await?;
        }
        Ok(subscribed)
    }

    /// `false`: it cannot go on.
    async fn prolong(&self, old: &Subscription) -> Result<bool, SyncError> {
        let Some(external_id) = old.external_id() else {
            return Ok(false);
        };
        let prolonged = self.provider().renew(self.access, external_id).await?;
        let Some(granted) = prolonged else {
            return Ok(false);
        };
        self.note(old.clone(), granted).await?;
        Ok(true)
    }

    async fn note(
        &self,
        own: Subscription,
        granted: GrantedSubscription,
    ) -> Result<(), StoreError> {
        let (external_id, expires_at) = (granted.external_id, granted.expires_at);
        let (store, connection) = (self.store, self.connection);
        store
            .allow_channel(connection.id, own.id, expires_at)
            .await?;
        let renew_after = self.provider().renew_after();
        let now = self.now();
        let granted = own.granted(external_id, now, expires_at, renew_after);
        let term = (now, expires_at);
        store.put_granted(&granted, connection, term).await?;
        measure(self.app, connection, Metric::SubscriptionRenewed);
        Ok(())
    }

    async fn subscribe(
        &self,
        calendar: &Calendar,
        target: Option<CalendarId>,
    ) -> Result<Subscribed, SyncError> {
        let (app, connection, now) = (self.app, self.connection, self.now());
        let id = ids::mint(connection.tenant, now, SubscriptionId::from_parts);
        let keys = app.keys().await?;
        let intended = Subscription {
            id,
            connection: connection.id,
            calendar: target,
            kid: keys.kid.clone(),
            state: SubscriptionState::Intended { at: now },
        };
        self.store.put_subscription(&intended).await?;
        self.store
            .allow_channel(connection.id, id, now + UNTIL_ANSWERED)
            .await?;
        let request = SubscriptionRequest {
            id,
            address: app
                .config
                .absolute(&format!("/webhooks/{}", connection.provider)),
            channel_token: channel::mint(&keys, connection.provider, connection.id, id),
        };
        let asked = self.provider().subscribe(self.access, calendar, &request);
        match asked.await {
            Ok(granted) => {
                let external_id = granted.external_id.clone();
                if let Err(error) = self.note(intended, granted).await {
                    // It may be disconnected meanwhile: what nobody knows of would go on calling.
                    let stopped = self.provider().unsubscribe(self.access, id, &external_id);
                    drop(stopped.await);
                    return Err(error.into());
                }
                Ok(Subscribed::Made(external_id))
            }
            Err(error)
                if matches!(error.class, FailureClass::Rejected | FailureClass::NotFound) =>
            {
                tracing::warn!(
                    tenant = %self.store.id(), connection = %connection.id, calendar = %calendar.id,
                    "no subscription, polling instead: {error}"
                );
                self.forget(&intended).await?;
                Ok(Subscribed::Silent)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn stop(&self, old: &Subscription, twin: Option<&str>) -> Result<(), SyncError> {
        let (provider, access) = (self.provider(), self.access);
        let stopped = match (old.external_id(), twin) {
            (Some(external_id), _) => provider.unsubscribe(access, old.id, external_id),
            // Whoever asked may have died before the answer.
            (None, Some(twin)) => provider.unsubscribe_unanswered(access, old.id, twin),
            (None, None) => return Ok(self.forget(old).await?),
        };
        stopped.await?;
        Ok(self.forget(old).await?)
    }

    async fn forget(&self, own: &Subscription) -> Result<(), StoreError> {
        self.store.forbid_channel(own.connection, own.id).await?;
        self.store.delete_subscription(own).await
    }
}

/// Gives the claim back, and tells where it fails for the third time in a row.
pub(super) async fn end(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    claim: &Claim,
    upkeep: &Upkeep,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let id = connection.id;
    if let Some(why) = &upkeep.why {
        tracing::warn!(
            tenant = %store.id(), connection = %id, failures = upkeep.failures,
            "subscriptions not seen to, polling until they are: {why}"
        );
    }
    let news = upkeep
        .is_to_be_told()
        .then(|| OutboxRow::subscriptions_failing(connection, upkeep, now));
    match store
        .end_upkeep(claim, upkeep, next_at, news.as_ref(), now)
        .await
    {
        Ok(()) if news.is_some() => measure(app, connection, Metric::SubscriptionsFailing),
        // On a conflict it took so long that somebody else has seen to it.
        Ok(()) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn measure(app: &App, connection: &Connection, metric: Metric) {
    let about = About {
        provider: Some(connection.provider),
        tenant: Some(connection.tenant),
        connection: Some(connection.id),
        run: None,
    };
    app.measure(&about, &[(metric, 1)]);
}
