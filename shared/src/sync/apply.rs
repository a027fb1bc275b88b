//! Carries out steps. A step carries everything it needs; when the world has moved on, both sides are looked at again
//! and decided again, never retried blindly.

use domain::{
    calendar::Calendar,
    conflict::Conflict,
    content::{Content, Fields},
    entry::{Entry, EntryStatus, WorkItemType},
    event::CalendarEvent,
    failure::{FailureClass, Refusal},
    id::{ConflictId, EntryId},
    link::{Base, EventLink, LinkState},
    sync::{
        decide::decide,
        observe::{EntrySeen, EventSeen, Observation, Pair},
        plan::{Step, WriteStep},
    },
};

use super::{Context, SyncError};
use crate::{
    ids,
    providers::{Created, EventWrite, ProviderError},
    store::{EntryWrite, LinkWrite, RefusedItem, StoreError},
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

/// What an item is called where it is refused, and what to look at again when it moved.
struct Named {
    item: String,
    title: String,
    subject: Subject,
}

enum Subject {
    Nothing,
    Link(Box<EventLink>),
    Event(Box<CalendarEvent>),
    Entry(Box<Entry>),
}

impl Context<'_> {
    pub(super) async fn apply(&mut self, calendar: &Calendar, step: Step) -> Result<(), SyncError> {
        let mut step = Some(step);
        for _ in 0..LOOKS_PER_ITEM_MAX {
            let Some(current) = step.take() else {
                return Ok(());
            };
            let named = name(&current);
            match self.carry_out(calendar, current).await {
                Ok(next) => {
                    step = next;
                    if step.is_none() {
                        return self.clear_refusal(calendar, &named.item).await;
                    }
                }
                Err(Halt::Stop(error)) => return Err(error),
                Err(Halt::Refused(refusal)) => {
                    return self
                        .refuse(calendar, named.item, named.title, refusal)
                        .await;
                }
                Err(Halt::Stale) => step = self.decide_again(calendar, named.subject).await?,
            }
        }
        match step {
            // The cursor stays where it is, so that the item is met again.
            Some(step) => Err(SyncError::Unsettled {
                item: name(&step).item,
            }),
            None => Ok(()),
        }
    }

    async fn decide_again(
        &self,
        calendar: &Calendar,
        subject: Subject,
    ) -> Result<Option<Step>, SyncError> {
        let link = match &subject {
            Subject::Nothing => return Ok(None),
            Subject::Link(link) => Some((**link).clone()),
            Subject::Event(event) => {
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
            Subject::Event(event) => Ok(Some(Step::CreateEntry { event })),
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
            Step::CreateEntry { event } => self.create_entry(calendar, *event).await?,
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
            Step::Rebase {
                link,
                entry_version,
                content,
                revision,
                event,
            } => {
                self.rebase(*link, Base::new(entry_version, *content, revision, *event))
                    .await?;
            }
            Step::DeleteEntry {
                link,
                entry_version,
            } => self.delete_entry(*link, entry_version).await?,
            Step::Unassign {
                link,
                entry_version,
            } => self.unassign(calendar, *link, entry_version).await?,
            Step::DeleteEvent { link, revision } => {
                self.provider
                    .delete(&self.access, calendar, &link.external_id, revision.as_ref())
                    .await?;
                self.store.write_link(LinkWrite::Delete(*link)).await?;
                self.counts.events_deleted += 1;
            }
            Step::Unlink { link } => self.store.write_link(LinkWrite::Delete(*link)).await?,
            Step::Conflict {
                link,
                fields,
                local,
                external,
            } => {
                self.conflict(
                    *link,
                    fields,
                    local.map(|content| *content),
                    external.map(|content| *content),
                )
                .await?;
            }
            Step::Refuse { event } => return Err(Halt::Refused(event.refusal)),
        }
        Ok(None)
    }

    async fn create_entry(
        &mut self,
        calendar: &Calendar,
        event: CalendarEvent,
    ) -> Result<(), Halt> {
        let now = self.app.clock.now();
        let entry = Entry {
            id: ids::mint(now, EntryId::from_parts),
            tenant: self.store.id(),
            version: 1,
            content: event.content.clone(),
            work_item_type: WorkItemType::default(),
            status: EntryStatus::default(),
            assignees: vec![calendar.member],
            attendees: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        let base = Base::new(1, event.content.clone(), event.revision, event.content);
        let link = EventLink {
            entry: entry.id,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id: event.external_id,
            uid: event.uid,
            state: LinkState::Linked { base },
            version: 0,
        };
        self.write_entry(None, Some(&entry), LinkWrite::Create(link))
            .await?;
        self.counts.entries_created += 1;
        Ok(())
    }

    async fn create_event(
        &mut self,
        calendar: &Calendar,
        entry: &Entry,
    ) -> Result<Option<Step>, Halt> {
        let external_id = self.provider.event_id(&self.copy_key(calendar, entry.id));
        let link = EventLink {
            entry: entry.id,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id,
            uid: None,
            state: LinkState::Pending,
            version: 0,
        };
        // The link comes first: if the provider's answer is lost, the next run finds the event under this id.
        self.store
            .write_link(LinkWrite::Create(link.clone()))
            .await?;
        let link = EventLink { version: 1, ..link };
        let content = entry.content.clone().into();
        Ok(Some(Step::FinishCreate {
            link: link.into(),
            entry_version: entry.version,
            content,
        }))
    }

    async fn finish_create(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
        content: Content,
    ) -> Result<Option<Step>, Halt> {
        let created = self
            .provider
            .create(&self.access, calendar, &link.external_id, &content)
            .await?;
        let (event, base) = match created {
            Created::New(event) => {
                self.counts.events_created += 1;
                let base = Base::new(
                    entry_version,
                    content.clone(),
                    event.revision.clone(),
                    event.content.clone(),
                );
                (event, base)
            }
            // What was sent is the base: anything else in it is somebody's edit, to be decided like any other.
            Created::Existing(event) => {
                let base = Base::new(
                    entry_version,
                    content.clone(),
                    event.revision.clone(),
                    content.clone(),
                );
                (event, base)
            }
        };
        let mut link = EventLink {
            uid: event.uid,
            state: LinkState::Linked { base },
            ..link
        };
        self.store
            .write_link(LinkWrite::Update(link.clone()))
            .await?;
        link.version += 1;
        let entry = EntrySeen::Present {
            version: entry_version,
            content,
            shared: false,
        };
        let seen = EventSeen::Present {
            revision: event.revision,
            content: event.content,
        };
        match &link.state {
            LinkState::Linked { base } if Some(base.event()) == present(&seen) => Ok(None),
            LinkState::Linked { .. } | LinkState::Pending | LinkState::Conflict { .. } => Ok(self
                .decide_pair(
                    calendar,
                    Pair {
                        link,
                        entry,
                        event: seen,
                    },
                )),
        }
    }

    async fn write(&mut self, calendar: &Calendar, write: WriteStep) -> Result<(), Halt> {
        let WriteStep {
            link,
            entry_version,
            revision,
            content,
            event,
            pull,
            push,
        } = write;
        let (revision, event) = if push.is_empty() {
            (revision, event)
        } else {
            let write = EventWrite {
                id: &link.external_id,
                revision: &revision,
                content: &content,
                fields: push,
            };
            let answer = self.provider.update(&self.access, calendar, write).await?;
            self.counts.events_updated += 1;
            (answer.revision, answer.content)
        };
        if pull.is_empty() {
            return self
                .rebase(link, Base::new(entry_version, content, revision, event))
                .await;
        }
        let before = self.entry_at(&link, entry_version).await?;
        let after = Entry {
            version: entry_version + 1,
            content: content.clone(),
            updated_at: self.app.clock.now(),
            ..before.clone()
        };
        let base = Base::new(after.version, content, revision, event);
        let link = EventLink {
            state: LinkState::Linked { base },
            ..link
        };
        self.write_entry(Some(&before), Some(&after), LinkWrite::Update(link))
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    async fn rebase(&self, link: EventLink, base: Base) -> Result<(), Halt> {
        let link = EventLink {
            state: LinkState::Linked { base },
            ..link
        };
        Ok(self.store.write_link(LinkWrite::Update(link)).await?)
    }

    async fn delete_entry(&mut self, link: EventLink, entry_version: u64) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.write_entry(Some(&before), None, LinkWrite::Delete(link))
            .await?;
        self.counts.entries_deleted += 1;
        Ok(())
    }

    async fn unassign(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        let mut after = before.clone();
        after.assignees.retain(|member| *member != calendar.member);
        after.version += 1;
        after.updated_at = self.app.clock.now();
        self.write_entry(Some(&before), Some(&after), LinkWrite::Delete(link))
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    async fn conflict(
        &mut self,
        link: EventLink,
        fields: Fields,
        local: Option<Content>,
        external: Option<Content>,
    ) -> Result<(), Halt> {
        let LinkState::Linked { base } = &link.state else {
            return Err(Halt::Stale);
        };
        let now = self.app.clock.now();
        let conflict = Conflict {
            id: ids::mint(now, ConflictId::from_parts),
            entry: link.entry,
            connection: link.connection,
            calendar: link.calendar,
            external_id: link.external_id.clone(),
            fields,
            base: base.entry.clone(),
            local,
            external,
            detected_at: now,
        };
        let state = LinkState::Conflict {
            conflict: conflict.id,
            base: base.clone(),
        };
        self.store
            .write_conflict(&conflict, EventLink { state, ..link }, now)
            .await?;
        self.counts.conflicts += 1;
        Ok(())
    }

    /// The entry, if it is still the one that was decided about.
    async fn entry_at(&self, link: &EventLink, version: u64) -> Result<Entry, Halt> {
        let entry = self.store.entry(link.entry).await?;
        entry
            .filter(|entry| entry.version == version)
            .ok_or(Halt::Stale)
    }

    async fn write_entry(
        &self,
        before: Option<&Entry>,
        after: Option<&Entry>,
        link: LinkWrite,
    ) -> Result<(), Halt> {
        let write = EntryWrite {
            before,
            after,
            told_by: Some(self.connection.id),
            links: vec![link],
            now: self.app.clock.now(),
        };
        Ok(self.store.write_entry(write).await?)
    }

    async fn refuse(
        &mut self,
        calendar: &Calendar,
        item: String,
        title: String,
        refusal: Refusal,
    ) -> Result<(), SyncError> {
        let now = self.app.clock.now();
        let known = self
            .refused
            .iter()
            .find(|known| known.calendar == calendar.id && known.item == item);
        let refused = RefusedItem {
            calendar: calendar.id,
            item,
            title,
            refusal,
            attempts: known.map_or(0, |known| known.attempts) + 1,
            first_seen_at: known.map_or(now, |known| known.first_seen_at),
            last_seen_at: now,
        };
        self.store
            .put_refused_item(self.connection.id, &refused)
            .await?;
        self.counts.refused += 1;
        Ok(())
    }

    async fn clear_refusal(&mut self, calendar: &Calendar, item: &str) -> Result<(), SyncError> {
        let before = self.refused.len();
        self.refused
            .retain(|known| known.calendar != calendar.id || known.item != item);
        if self.refused.len() < before {
            self.store
                .clear_refused_item(self.connection.id, calendar.id, item)
                .await?;
        }
        Ok(())
    }
}

fn present(seen: &EventSeen) -> Option<&Content> {
    match seen {
        EventSeen::Present { content, .. } => Some(content),
        EventSeen::Unreported | EventSeen::Gone | EventSeen::Unreadable => None,
    }
}

fn name(step: &Step) -> Named {
    let named = |item: String, title: &str, subject| Named {
        item,
        title: title.to_owned(),
        subject,
    };
    let linked = |link: &EventLink, title: &str| {
        named(
            link.external_id.0.clone(),
            title,
            Subject::Link(link.clone().into()),
        )
    };
    match step {
        Step::CreateEntry { event } => named(
            event.external_id.0.clone(),
            &event.content.title,
            Subject::Event(event.clone()),
        ),
        Step::CreateEvent { entry } => named(
            entry.id.to_string(),
            &entry.content.title,
            Subject::Entry(entry.clone()),
        ),
        Step::Refuse { event } => {
            named(event.external_id.0.clone(), &event.title, Subject::Nothing)
        }
        Step::Write(write) => linked(&write.link, &write.content.title),
        Step::FinishCreate { link, content, .. } | Step::Rebase { link, content, .. } => {
            linked(link, &content.title)
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
