//! The steps of an end. Each does one thing, or one handful, and commits it.

use domain::{
    calendar::Calendar,
    ending::{AccessEnd, Done, Ending, Step},
    event::{CalendarEvent, Change},
    failure::FailureClass,
    id::TraceId,
    link::{EventLink, Origin},
    subscription::SubscriptionState,
    trace::{Deed, Overwritten, Trace, TracedBy},
};
use jiff::SignedDuration;

use super::{Access, Halt, Work, failed};
use crate::{
    credential,
    crypto::Secret,
    ids,
    oauth::{AccessError, access_token},
    providers::{CalendarProvider, ProviderError, Revoked},
    store::CopyGone,
    vault::VaultError,
};

/// Whoever uses the calendar may be at the copy in the same moment.
const LOOKS_PER_COPY_MAX: u32 = 4;

/// An answer that ends the matter, one way or the other.
enum Called<T> {
    Done(T),
    Refused(ProviderError),
}

impl Work<'_> {
    pub(super) async fn go_on(&mut self, ending: Ending) -> Result<Ending, Halt> {
        match ending.step {
            None => Ok(ending),
            Some(Step::StopNotices) => self.stop_notices(ending).await,
            Some(Step::RemoveCopies) => Box::pin(self.remove_copies(ending)).await,
            Some(Step::WithdrawAccess) => self.withdraw_access(ending).await,
            Some(Step::DeleteCredential) => self.delete_credential(ending).await,
            Some(Step::DeleteRecords) => {
                let now = self.now();
                Ok(self.store.end_records(ending, &self.fence, now).await?)
            }
        }
    }

    /// Notes what left no record.
    async fn note(&self, ending: Ending, done: Done) -> Result<Ending, Halt> {
        let now = self.now();
        let next = ending.note(done, 0, now)?;
        Ok(self.store.commit_ending(&next, &self.fence, now).await?)
    }

    fn provider(&self, ending: &Ending) -> &dyn CalendarProvider {
        self.app.provider(ending.provider)
    }

    async fn stop_notices(&mut self, ending: Ending) -> Result<Ending, Halt> {
        let subscriptions = self.store.subscriptions(self.connection).await?;
        let Some(subscription) = subscriptions.first() else {
            return self.note(ending, Done::Step).await;
        };
        let left = Done::LeftToExpire {
            until: subscription.expires_at(),
        };
        let done = match &subscription.state {
            // Whether the provider knows of it was never learnt.
            SubscriptionState::Intended { .. } => left,
            SubscriptionState::Active { external_id, .. } => match self.access(&ending).await? {
                None => left,
                Some(access) => {
                    let provider = self.provider(&ending);
                    let stopped = provider
                        .unsubscribe(&access, subscription.id, external_id)
                        .await;
                    match self.judge(stopped).await? {
                        Called::Done(()) => Done::Stopped,
                        Called::Refused(_) => left,
                    }
                }
            },
        };
        let now = self.now();
        let ended = self
            .store
            .end_subscription(ending, subscription, done, &self.fence, now);
        Ok(ended.await?)
    }

    /// Walks all links: what is not our copy is let go on the way.
    async fn remove_copies(&mut self, ending: Ending) -> Result<Ending, Halt> {
        let Some((calendar, links)) = self.store.some_links(self.connection).await? else {
            return self.note(ending, Done::Step).await;
        };
        let (copies, others): (Vec<_>, Vec<_>) = links.into_iter().partition(EventLink::has_copy);
        if !others.is_empty() {
            let now = self.now();
            let ended = self.store.end_links(ending, &others, &self.fence, now);
            return Ok(ended.await?);
        }
        let mut ending = ending;
        for link in copies {
            let now = self.now();
            if now >= self.ends_at {
                break;
            }
            self.pace.take(now).map_err(|pause| Halt::Paced { pause })?;
            let done = self.remove_copy(&ending, &calendar, &link).await?;
            let copy = CopyGone { link, done };
            ending = self.store.end_copy(ending, copy, &self.fence, now).await?;
        }
        Ok(ending)
    }

    async fn remove_copy(
        &mut self,
        ending: &Ending,
        calendar: &Calendar,
        link: &EventLink,
    ) -> Result<Done, Halt> {
        let Some(access) = self.access(ending).await? else {
            return Ok(Done::CopyKept);
        };
        for _ in 0..LOOKS_PER_COPY_MAX {
            let provider = self.provider(ending);
            let seen = provider.get(&access, calendar, &link.external_id).await;
            let event = match self.judge(seen).await? {
                Called::Done(None | Some(Change::Removed(_))) => return Ok(Done::CopyRemoved),
                Called::Done(Some(Change::Upserted(event))) => event,
                Called::Done(Some(Change::Occurrence(_) | Change::Refused { .. }))
                | Called::Refused(_) => return Ok(Done::CopyKept),
            };
            // Afterwards there is nothing left to record.
            let trace = self.trace(ending, link, &event);
            self.store.put_trace(trace).await?;
            let provider = self.provider(ending);
            let deleted = provider
                .delete(&access, calendar, &link.external_id, Some(&event.revision))
                .await;
            match self.judge(deleted).await? {
                Called::Done(()) => return Ok(Done::CopyRemoved),
                Called::Refused(error) if error.class == FailureClass::Conflict => {}
                Called::Refused(_) => return Ok(Done::CopyKept),
            }
        }
        Ok(Done::CopyKept)
    }

    /// The same however often the same is removed.
    fn trace(&self, ending: &Ending, link: &EventLink, event: &CalendarEvent) -> Trace {
        let name = format!("{}|{}|{}", link.connection, link.calendar, event.revision.0);
        let name = format!("{name}|{}", link.external_id);
        Trace {
            id: ids::derive(self.store.id(), ending.asked_at, &name, TraceId::from_parts),
            entry: link.entry,
            at: self.now(),
            by: TracedBy::Sync {
                connection: link.connection,
                calendar: link.calendar,
                external_id: link.external_id.0.clone(),
            },
            deed: Deed::EndCopy,
            overwritten: vec![Overwritten {
                side: Origin::Event,
                content: event.content.clone(),
            }],
        }
    }

    /// Right before the call it is looked up whether somebody else needs the access: for some providers it is one for
    /// all connections of an account.
    async fn withdraw_access(&mut self, ending: Ending) -> Result<Ending, Halt> {
        let refused = |detail: String| AccessEnd::Refused { detail };
        let Some(row) = self.store.connection(self.connection).await? else {
            let end = refused("the connection was gone already".into());
            return self.note(ending, Done::Access(end)).await;
        };
        let connected = self
            .store
            .is_account_connected(ending.provider, &row.connection.subject)
            .await?;
        if connected {
            return self.note(ending, Done::Access(AccessEnd::Shared)).await;
        }
        if ending.gives_up() {
            let why = ending.last_failure.clone().unwrap_or_default();
            return self.note(ending, Done::Access(refused(why))).await;
        }
        let end = match credential::read(self.app, self.connection, &row.secret).await {
            Err(VaultError::Missing { .. }) => refused("our credential was gone already".into()),
            Err(
                error @ (VaultError::Unavailable { .. }
                | VaultError::Malformed { .. }
                | VaultError::Full { .. }),
            ) => return Err(failed(&error)),
            Ok(token) => {
                let revoked = self.provider(&ending).revoke(&token).await;
                match self.judge(revoked).await? {
                    Called::Done(Revoked::Ended) => AccessEnd::Withdrawn,
                    Called::Done(Revoked::OnlyByHand) => AccessEnd::ByHand,
                    Called::Refused(error) => refused(error.detail),
                }
            }
        };
        self.note(ending, Done::Access(end)).await
    }

    async fn delete_credential(&self, ending: Ending) -> Result<Ending, Halt> {
        let row = self.store.connection(self.connection).await?;
        let lives = row.map_or(0, |row| row.secret.kept.life);
        credential::delete(self.app, self.store, self.connection, lives)
            .await
            .map_err(|error| failed(&error))?;
        let ending = Ending { lives, ..ending };
        self.note(ending, Done::CredentialDeleted).await
    }

    /// `None`: the grant is dead, or the provider was given up on.
    async fn access(&mut self, ending: &Ending) -> Result<Option<Secret>, Halt> {
        if ending.gives_up() {
            return Ok(None);
        }
        if matches!(self.access, Access::Unknown) {
            self.access = match access_token(self.app, self.store, self.connection).await {
                Ok(access) => Access::Granted(access),
                Err(AccessError::NeedsReauth) => Access::Dead,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(match &self.access {
            Access::Granted(access) => Some(access.clone()),
            Access::Unknown | Access::Dead => None,
        })
    }

    /// What the answer asks for. An access token may die before its time; only a second one says that the grant has.
    async fn judge<T>(&mut self, answer: Result<T, ProviderError>) -> Result<Called<T>, Halt> {
        let error = match answer {
            Ok(value) => return Ok(Called::Done(value)),
            Err(error) => error,
        };
        match error.class {
            FailureClass::Authentication => {
                self.access = if self.renewed {
                    Access::Dead
                } else {
                    self.store.forget_cached_token(self.connection).await?;
                    Access::Unknown
                };
                self.renewed = true;
                Err(Halt::Again)
            }
            FailureClass::Transient | FailureClass::RateLimited => Err(Halt::Failed {
                wait: error
                    .retry_after_s
                    .and_then(|seconds| i64::try_from(seconds).ok())
                    .map(SignedDuration::from_secs),
                too_fast: error.class == FailureClass::RateLimited,
                why: error.to_string(),
            }),
            FailureClass::Conflict
            | FailureClass::CursorExpired
            | FailureClass::NotFound
            | FailureClass::Rejected => Ok(Called::Refused(error)),
        }
    }
}
