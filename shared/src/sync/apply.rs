//! Carries out steps. A step carries everything it needs; when the world has moved on, both sides are looked at again
//! and decided again, never retried blindly.

mod copy;
mod create;
mod join;
mod naming;
mod record;
mod stuck;
mod write;

use std::collections::VecDeque;

use copy::{Begun, creation};
use domain::{
    calendar::Calendar,
    entry::Entry,
    event::CalendarEvent,
    failure::{FailureClass, Refusal},
    id::EntryId,
    link::EventLink,
    sync::{
        decide::decide,
        observe::{Observation, Pair},
        plan::Step,
    },
};
use record::Apart;
use stuck::calls_provider;

use super::{Context, SyncError};
use crate::{
    providers::{ProviderError, Tried},
    store::StoreError,
};

/// Both sides may move while they are looked at; an item that never holds still waits for the next run.
const LOOKS_PER_ITEM_MAX: u32 = 4;

/// Why a step did not come to its end.
enum Halt {
    /// One side changed meanwhile: look again.
    Stale,
    /// This item cannot be synced; the others can.
    Refused(Refusal),
    /// The run cannot go on.
    Stop(SyncError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Stale,
            StoreError::Unavailable { .. } | StoreError::Corrupt { .. } => Self::Stop(error.into()),
        }
    }
}

impl From<ProviderError> for Halt {
    fn from(error: ProviderError) -> Self {
        match error.class {
            FailureClass::Conflict | FailureClass::NotFound => Self::Stale,
            FailureClass::Rejected => Self::Refused(Refusal::Provider {
                detail: error.detail,
            }),
            FailureClass::Transient
            | FailureClass::RateLimited
            | FailureClass::Authentication
            | FailureClass::CursorExpired => Self::Stop(error.into()),
        }
    }
}

/// What an item is called where it does not sync, and what to look at again when it moved.
struct Named {
    item: String,
    title: String,
    /// Whose copy or original it is. No event is known to be one before it has a link.
    entry: Option<EntryId>,
    subject: Subject,
}

enum Subject {
    Nothing,
    Link(Box<EventLink>),
    /// And the entry that its meeting has, or had.
    Event(Box<CalendarEvent>, Option<EntryId>),
    Entry(Box<Entry>),
}

impl Context<'_> {
    /// Carries out steps in their order, and last what is created at the provider: many of it go into one call.
    pub(super) async fn apply_all(
        &mut self,
        calendar: &Calendar,
        steps: Vec<Step>,
    ) -> Result<(), SyncError> {
        let mut creations = VecDeque::new();
        for step in steps {
            match creation(step) {
                Ok(creation) => creations.push_back(creation),
                Err(step) => {
                    if calls_provider(&step) {
                        self.may_write()?;
                    }
                    self.apply(calendar, step).await?;
                }
            }
        }
        while !creations.is_empty() {
            let most = self.pace.together(self.provider.creates_at_once());
            let mut together = Vec::new();
            let mut paced = Ok(());
            while together.len() < most && !creations.is_empty() {
                paced = self.may_write();
                if paced.is_err() {
                    break;
                }
                together.extend(creations.pop_front());
            }
            Box::pin(self.create_together(calendar, together)).await?;
            paced?;
        }
        Ok(())
    }

    pub(super) async fn apply(&mut self, calendar: &Calendar, step: Step) -> Result<(), SyncError> {
        let mut step = Some(step);
        for _ in 0..LOOKS_PER_ITEM_MAX {
            let Some(current) = step.take() else {
                return Ok(());
            };
            let named = name(&current);
            let called = calls_provider(&current);
            // Boxed: the steps are many and large, and only one is under way.
            let ended = Box::pin(self.carry_out(calendar, current)).await;
            step = self.follow(calendar, named, called, ended).await?;
        }
        match step {
            Some(step) => {
                let named = name(&step);
                let item = named.item.clone();
                self.fail(calendar, named, SyncError::Unsettled { item })
                    .await
            }
            None => Ok(()),
        }
    }

    /// What is to be done after a step ended so, if anything.
    async fn follow(
        &mut self,
        calendar: &Calendar,
        named: Named,
        called: bool,
        ended: Result<Option<Step>, Halt>,
    ) -> Result<Option<Step>, SyncError> {
        match ended {
            Ok(next) => {
                if called {
                    self.failed_in_a_row.clear();
                }
                if next.is_none() {
                    self.clear_stuck(calendar, &named.item, named.entry).await?;
                }
                return Ok(next);
            }
            Err(Halt::Stop(error)) => self.fail(calendar, named, error).await?,
            Err(Halt::Refused(refusal)) => self.refuse(calendar, named, refusal).await?,
            Err(Halt::Stale) if !self.holds_lease().await? => return Err(SyncError::LeaseLost),
            Err(Halt::Stale) => match self.decide_again(calendar, &named.subject).await {
                Ok(next) => return Ok(next),
                Err(error) => self.fail(calendar, named, error).await?,
            },
        }
        Ok(None)
    }

    async fn decide_again(
        &self,
        calendar: &Calendar,
        subject: &Subject,
    ) -> Result<Option<Step>, SyncError> {
        let link = match subject {
            Subject::Nothing => return Ok(None),
            Subject::Link(link) => Some((**link).clone()),
            Subject::Event(event, _) => {
                let wanted = std::slice::from_ref(&event.external_id);
                self.store.links_of_events(calendar.id, wanted).await?.pop()
            }
            Subject::Entry(entry) => {
                self.store
                    .link_of_entry(entry.id, calendar.connection)
                    .await?
            }
        };
        if let Some(link) = link {
            let pair = self.observe_again(calendar, &link).await?;
            return Ok(pair.and_then(|pair| self.decide_pair(calendar, pair)));
        }
        match subject {
            Subject::Nothing | Subject::Link(_) => Ok(None),
            Subject::Event(event, _) => {
                let seen = Observation {
                    policy: self.policy(calendar),
                    new_events: self.known(calendar, vec![(**event).clone()]).await?,
                    ..Observation::default()
                };
                Ok(decide(seen).steps.pop())
            }
            Subject::Entry(entry) => {
                let entry = self.store.entry(entry.id).await?;
                let still_theirs = entry.filter(|entry| entry.assignees.contains(&calendar.member));
                Ok(still_theirs.map(|entry| Step::CreateEvent {
                    entry: entry.into(),
                }))
            }
        }
    }

    fn decide_pair(&self, calendar: &Calendar, pair: Pair) -> Option<Step> {
        let policy = self.policy(calendar);
        decide(Observation {
            policy,
            pairs: vec![pair],
            ..Observation::default()
        })
        .steps
        .pop()
    }

    /// Answers a further step where one was found on the way.
    async fn carry_out(&mut self, calendar: &Calendar, step: Step) -> Result<Option<Step>, Halt> {
        match step {
            Step::CreateEntry { event, was, claim } => {
                return self.create_entry(calendar, *event, was, claim).await;
            }
            Step::JoinEntry { event, entry } => {
                return self.join_entry(calendar, *event, entry).await;
            }
            Step::CreateEvent { entry } => return self.create_event(calendar, &entry).await,
            Step::FinishCreate {
                link,
                entry_version,
                content,
            } => {
                let begun = Begun {
                    link: *link,
                    entry_version,
                    content: *content,
                    tried: Tried::Perhaps,
                };
                return self.finish_create(calendar, begun).await;
            }
            Step::Write(write) => self.write(calendar, *write).await?,
            Step::Rebase { link, base } => self.rebase(*link, *base).await?,
            Step::DeleteEntry {
                link,
                entry_version,
            } => {
                self.delete_entry(calendar, *link, entry_version).await?;
            }
            Step::Unassign {
                link,
                entry_version,
            } => {
                self.unassign(calendar, *link, entry_version).await?;
            }
            Step::RestoreEntry {
                link,
                revision,
                content,
            } => {
                self.restore_entry(calendar, *link, revision, *content)
                    .await?;
            }
            Step::DeleteEvent { link, seen } => {
                self.delete_event(calendar, *link, seen).await?;
            }
            Step::Sever { link, base, lost } => self.sever(calendar, *link, *base, lost).await?,
            Step::Unlink { link } => self.unlink(*link).await?,
            Step::Conflict {
                link,
                base,
                parts,
                local,
                external,
            } => {
                let apart = Apart {
                    parts,
                    local,
                    external,
                };
                self.conflict(calendar, *link, *base, apart).await?;
            }
            Step::Refuse { event } => return Err(Halt::Refused(event.refusal)),
        }
        Ok(None)
    }
}

fn linked(link: &EventLink, title: &str) -> Named {
    Named {
        item: link.external_id.0.clone(),
        title: title.to_owned(),
        entry: Some(link.entry),
        subject: Subject::Link(link.clone().into()),
    }
}

fn name(step: &Step) -> Named {
    let named = |item: String, title: &str, entry, subject| Named {
        item,
        title: title.to_owned(),
        entry,
        subject,
    };
    match step {
        Step::CreateEntry { event, was, .. } => named(
            event.external_id.0.clone(),
            &event.content.title,
            None,
            Subject::Event(event.clone(), was.as_ref().map(|was| was.id)),
        ),
        Step::JoinEntry { event, entry } => named(
            event.external_id.0.clone(),
            &event.content.title,
            None,
            Subject::Event(event.clone(), Some(*entry)),
        ),
        Step::CreateEvent { entry } => named(
            entry.id.to_string(),
            &entry.content.title,
            Some(entry.id),
            Subject::Entry(entry.clone()),
        ),
        Step::Refuse { event } => {
            let item = event.external_id.0.clone();
            named(item, &event.title, None, Subject::Nothing)
        }
        Step::Write(write) => linked(&write.link, &write.content.title),
        Step::FinishCreate { link, content, .. } | Step::RestoreEntry { link, content, .. } => {
            linked(link, &content.title)
        }
        Step::Rebase { link, base } | Step::Sever { link, base, .. } => {
            linked(link, &base.entry.title)
        }
        Step::DeleteEntry { link, .. }
        | Step::Unassign { link, .. }
        | Step::DeleteEvent { link, .. }
        | Step::Unlink { link }
        | Step::Conflict { link, .. } => linked(
            link,
            link.base().map_or("", |base| base.entry.title.as_str()),
        ),
    }
}
