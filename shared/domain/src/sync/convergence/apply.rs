//! Carrying out steps; where the world moved on, both sides are looked at again and decided again.

use super::{
    store::{LinkWrite, Stale},
    worker::{SyncError, Worker, policy},
};
use crate::{
    calendar::Calendar,
    entry::Entry,
    event::CalendarEvent,
    failure::FailureClass,
    id::EntryId,
    link::{Base, EventLink, LinkState},
    sync::{
        decide::decide,
        observe::{Observation, Pair},
        plan::Step,
    },
};

const LOOKS_PER_ITEM_MAX: u32 = 4;

pub(super) enum Halt {
    Stale,
    Refused { same_meeting: Option<EntryId> },
    Stop(SyncError),
}

impl From<Stale> for Halt {
    fn from(_: Stale) -> Self {
        Self::Stale
    }
}

impl From<FailureClass> for Halt {
    fn from(class: FailureClass) -> Self {
        match class {
            FailureClass::Conflict | FailureClass::NotFound => Self::Stale,
            FailureClass::Rejected => Self::Refused { same_meeting: None },
            FailureClass::Transient
            | FailureClass::RateLimited
            | FailureClass::Authentication
            | FailureClass::CursorExpired => Self::Stop(class.into()),
        }
    }
}

/// What to look at again.
enum Subject {
    Nothing,
    Link(Box<EventLink>),
    Event(Box<CalendarEvent>),
    Entry(Box<Entry>),
}

fn name(step: &Step) -> (String, Subject) {
    match step {
        Step::CreateEntry { event, .. } | Step::JoinEntry { event, .. } => {
            (event.external_id.0.clone(), Subject::Event(event.clone()))
        }
        Step::CreateEvent { entry } => (entry.id.to_string(), Subject::Entry(entry.clone())),
        Step::Refuse { event } => (event.external_id.0.clone(), Subject::Nothing),
        Step::Write(write) => linked_item(&write.link),
        Step::FinishCreate { link, .. }
        | Step::RestoreEntry { link, .. }
        | Step::Rebase { link, .. }
        | Step::Sever { link, .. }
        | Step::DeleteEntry { link, .. }
        | Step::Unassign { link, .. }
        | Step::DeleteEvent { link, .. }
        | Step::Unlink { link }
        | Step::Conflict { link, .. } => linked_item(link),
    }
}

fn linked_item(link: &EventLink) -> (String, Subject) {
    (
        link.external_id.0.clone(),
        Subject::Link(link.clone().into()),
    )
}

pub(super) fn linked(link: EventLink, base: Base) -> EventLink {
    let state = LinkState::Linked { base, sent: None };
    EventLink { state, ..link }
}

impl Worker {
    pub(super) async fn apply(&self, calendar: &Calendar, step: Step) -> Result<(), SyncError> {
        let mut step = Some(step);
        for _ in 0..LOOKS_PER_ITEM_MAX {
            let Some(current) = step.take() else {
                return Ok(());
            };
            let (item, subject) = name(&current);
            match Box::pin(self.carry_out(calendar, current)).await {
                Ok(next) => {
                    step = next;
                    if step.is_none() {
                        self.clear_refusal(calendar, &item).await;
                        return Ok(());
                    }
                }
                Err(Halt::Stop(error)) => return Err(error),
                Err(Halt::Refused { same_meeting }) => {
                    self.refuse(calendar, item, same_meeting).await;
                    return Ok(());
                }
                Err(Halt::Stale) => {
                    let lease = self.lease();
                    if !self.ask(|world| world.store.is_held(lease)).await {
                        return Err(SyncError::Store);
                    }
                    step = self.decide_again(calendar, subject).await;
                }
            }
        }
        match step {
            Some(_) => Err(SyncError::Unsettled),
            None => Ok(()),
        }
    }

    async fn decide_again(&self, calendar: &Calendar, subject: Subject) -> Option<Step> {
        let link = match &subject {
            Subject::Nothing => return None,
            Subject::Link(link) => Some((**link).clone()),
            Subject::Event(event) => {
                let id = &event.external_id;
                self.ask(|world| world.store.link_of_event(calendar.id, id))
                    .await
            }
            Subject::Entry(entry) => {
                let key = (entry.id, calendar.connection);
                self.ask(|world| world.store.links.get(&key).cloned()).await
            }
        };
        if let Some(link) = link {
            let pair = self.observe_again(calendar, &link).await?;
            return decide_pair(calendar, pair);
        }
        match subject {
            Subject::Nothing | Subject::Link(_) => None,
            Subject::Event(event) => {
                let seen = Observation {
                    policy: policy(calendar),
                    new_events: self.known(calendar, vec![*event]).await,
                    ..Observation::default()
                };
                decide(seen).steps.pop()
            }
            Subject::Entry(entry) => {
                let entry = self
                    .ask(|world| world.store.entries.get(&entry.id).cloned())
                    .await;
                let still_theirs = entry.filter(|entry| entry.assignees.contains(&calendar.member));
                still_theirs.map(|entry| Step::CreateEvent {
                    entry: entry.into(),
                })
            }
        }
    }

    async fn carry_out(&self, calendar: &Calendar, step: Step) -> Result<Option<Step>, Halt> {
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
                return self
                    .finish_create(calendar, *link, entry_version, *content)
                    .await;
            }
            Step::Write(write) => self.write(calendar, *write).await?,
            Step::Rebase { link, base } => {
                let mut writes = self.settling(&link).await;
                writes.push(LinkWrite::Update(linked(*link, *base)));
                self.write_links(writes).await?;
            }
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
            Step::Sever { link, base, lost } => self.sever(*link, *base, lost).await?,
            Step::Unlink { link } => {
                self.gives_up(&link).await;
                let mut writes = self.settling(&link).await;
                writes.push(LinkWrite::Delete(*link));
                self.write_links(writes).await?;
            }
            Step::Conflict {
                link,
                base,
                parts,
                local,
                external,
            } => {
                let sides = (local, external);
                self.conflict(calendar, *link, *base, parts, sides).await?;
            }
            Step::Refuse { .. } => return Err(Halt::Refused { same_meeting: None }),
        }
        Ok(None)
    }
}

pub(super) fn decide_pair(calendar: &Calendar, pair: Pair) -> Option<Step> {
    let policy = policy(calendar);
    let seen = Observation {
        policy,
        pairs: vec![pair],
        ..Observation::default()
    };
    decide(seen).steps.pop()
}
