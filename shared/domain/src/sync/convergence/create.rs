//! First sight and coming back; conflicts and traces beside what is written.

use super::{
    apply::{Halt, decide_pair, linked},
    observe::entry_seen,
    store::{LinkWrite, Meeting},
    vendor::Created,
    worker::{Worker, policy},
};
use crate::{
    calendar::Calendar,
    content::Content,
    entry::{Entry, EntryStatus, WorkItemType},
    event::{CalendarEvent, Change, ExternalEventId, Revision},
    id::{EntryId, TenantId},
    link::{Base, EventLink, LinkState, Origin, Sent},
    sync::{
        join::join,
        observe::{EntrySeen, EventSeen, Pair},
        plan::Step,
    },
};

impl Worker {
    pub(super) async fn create_entry(
        &self,
        calendar: &Calendar,
        event: CalendarEvent,
        was: Option<Box<Entry>>,
        claim: u64,
    ) -> Result<Option<Step>, Halt> {
        let entry = match was {
            Some(was) => Entry {
                assignees: vec![calendar.member],
                origin: Origin::Event,
                ..was.brought_back(event.content.clone(), self.world().now())
            },
            None => self.new_entry(calendar, event.content.clone()),
        };
        let content = event.content.clone();
        let base = Base::new(
            entry.version,
            content,
            event.revision.clone(),
            event.content.clone(),
        );
        let state = LinkState::Linked { base, sent: None };
        let link = link(calendar, entry.id, &event, state);
        if entry.version > 1 {
            let key = (entry.id, calendar.connection);
            let other = self.ask(|world| world.store.links.get(&key).cloned()).await;
            if let Some(other) = other {
                return self.move_link(calendar, other, link).await;
            }
        }
        let mut beside = vec![self.trace(&link, None)];
        beside.extend(event.uid.clone().map(|uid| {
            let (entry, version) = (entry.id, claim);
            LinkWrite::Claim(Meeting {
                uid,
                entry,
                version,
            })
        }));
        beside.push(LinkWrite::Create(link));
        self.write_entry(calendar, None, Some(&entry), beside)
            .await?;
        self.world().ledger.came_from(entry.id, event.uid.as_ref());
        self.world().ledger.by_person.remove(&entry.id);
        self.world().taken_over(calendar, &event.external_id);
        Ok(None)
    }

    fn new_entry(&self, calendar: &Calendar, content: Content) -> Entry {
        let mut world = self.world();
        let now = world.now();
        Entry {
            id: world.mint(EntryId::from_parts),
            tenant: TenantId::from_parts(1, 1),
            version: 1,
            content,
            work_item_type: WorkItemType::default(),
            status: EntryStatus::default(),
            assignees: vec![calendar.member],
            attendees: Vec::new(),
            origin: Origin::Event,
            created_at: now,
            updated_at: now,
        }
    }

    fn brought_back(&self, calendar: &Calendar, was: Entry, content: Content) -> Entry {
        let mut entry = was.brought_back(content, self.world().now());
        if !entry.assignees.contains(&calendar.member) {
            entry.assignees.push(calendar.member);
        }
        entry
    }

    pub(super) async fn join_entry(
        &self,
        calendar: &Calendar,
        event: CalendarEvent,
        entry: EntryId,
    ) -> Result<Option<Step>, Halt> {
        let before = self
            .ask(|world| world.store.entries.get(&entry).cloned())
            .await;
        let before = before.ok_or(Halt::Stale)?;
        let others = self.ask(|world| world.store.links_of_entry(entry)).await;
        let of_ours = |link: &&EventLink| link.connection == calendar.connection;
        let other = others.iter().find(of_ours);
        let event = match other {
            None if event.content.repeats() => self.whole_event(calendar, event).await?,
            Some(_) | None => event,
        };
        let elsewhere = !others.is_empty();
        let join = join(
            &before,
            &event,
            calendar.member,
            policy(calendar),
            elsewhere,
        );
        let state = LinkState::Linked {
            base: join.base,
            sent: None,
        };
        let mut link = EventLink {
            origin: join.origin,
            ..link(calendar, entry, &event, state)
        };
        if let Some(other) = other {
            return self.move_link(calendar, other.clone(), link).await;
        }
        let beside = vec![self.trace(&link, None), LinkWrite::Create(link.clone())];
        let mut after = before.clone();
        if join.assigns {
            after = before.joined_by(calendar.member, self.world().now());
            self.write_entry(calendar, Some(&before), Some(&after), beside)
                .await?;
            self.world()
                .ledger
                .joined
                .insert((entry, calendar.connection));
        } else {
            self.write_links(beside).await?;
        }
        if !join.again {
            return Ok(None);
        }
        link.version = 1;
        let pair = Pair {
            link,
            entry: entry_seen(Some(&after), calendar.member),
            event: EventSeen::Present {
                revision: event.revision,
                content: event.content,
                changed_at: event.changed_at,
            },
        };
        Ok(decide_pair(calendar, pair))
    }

    /// A list may show the exceptions of a series on another page.
    async fn whole_event(
        &self,
        calendar: &Calendar,
        event: CalendarEvent,
    ) -> Result<CalendarEvent, Halt> {
        match self.get(calendar, &event.external_id).await {
            Some(Change::Upserted(whole)) => Ok(whole),
            None | Some(Change::Removed(_) | Change::Occurrence(_) | Change::Refused { .. }) => {
                Err(Halt::Stale)
            }
        }
    }

    async fn move_link(
        &self,
        calendar: &Calendar,
        other: EventLink,
        link: EventLink,
    ) -> Result<Option<Step>, Halt> {
        if (other.calendar, &other.external_id) == (link.calendar, &link.external_id) {
            return Err(Halt::Stale);
        }
        let from = self.world().calendar(other.calendar).clone();
        let let_go = matches!(
            other.state,
            LinkState::Severed {
                lost: Origin::Event,
                ..
            }
        );
        if !let_go {
            let there = self.get(&from, &other.external_id).await;
            if !matches!(there, None | Some(Change::Removed(_))) {
                return Err(Halt::Refused {
                    same_meeting: Some(link.entry),
                });
            }
        }
        let link = other.moved(link, from.settings.privacy, calendar.settings.privacy);
        let writes = vec![
            self.trace(&link, None),
            LinkWrite::Move {
                from: other.into(),
                to: link.clone().into(),
            },
        ];
        let key = (link.entry, link.connection);
        self.write_links(writes).await?;
        // Edits of a calendar that was only written to count as agreed once something is written over them.
        if !from.settings.direction.pulls() {
            self.world().ledger.joined.insert(key);
        }
        let pair = self.observe_again(calendar, &link).await;
        Ok(pair.and_then(|pair| decide_pair(calendar, pair)))
    }

    pub(super) async fn restore_entry(
        &self,
        calendar: &Calendar,
        link: EventLink,
        revision: Revision,
        content: Content,
    ) -> Result<(), Halt> {
        let before = self
            .ask(|world| world.store.entries.get(&link.entry).cloned())
            .await;
        let was = match &before {
            Some(entry) => Some(Entry {
                version: entry.version - 1,
                ..entry.clone()
            }),
            None => {
                self.ask(|world| world.store.deleted.get(&link.entry).cloned())
                    .await
            }
        };
        let was = was.unwrap_or_else(|| Entry {
            id: link.entry,
            version: link.base().map_or(1, |base| base.entry_version),
            ..self.new_entry(calendar, content.clone())
        });
        let after = self.brought_back(calendar, was, content.clone());
        let mut beside = self.settling(&link).await;
        let overwritten = before.as_ref();
        let overwritten = overwritten.map(|entry| (Origin::Entry, &entry.content));
        beside.push(self.trace(&link, overwritten));
        let base = Base::new(after.version, content.clone(), revision, content);
        {
            let ledger = &mut self.world().ledger;
            let origin = ledger.origin_of(link.entry);
            ledger.held.insert(origin);
        }
        beside.push(LinkWrite::Update(linked(link, base)));
        Ok(self
            .write_entry(calendar, before.as_ref(), Some(&after), beside)
            .await?)
    }

    pub(super) async fn create_event(
        &self,
        calendar: &Calendar,
        entry: &Entry,
    ) -> Result<Option<Step>, Halt> {
        let link = EventLink {
            entry: entry.id,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id: ExternalEventId(format!("copy-{}-{}", entry.id, calendar.id)),
            uid: None,
            origin: Origin::Entry,
            state: LinkState::Pending {
                sent: Sent::creating(entry.version, &entry.content),
            },
            version: 0,
        };
        let writes = vec![self.trace(&link, None), LinkWrite::Create(link.clone())];
        self.write_links(writes).await?;
        let link = EventLink { version: 1, ..link };
        Ok(Some(Step::FinishCreate {
            link: link.into(),
            entry_version: entry.version,
            content: entry.content.clone().into(),
        }))
    }

    pub(super) async fn finish_create(
        &self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
        content: Content,
    ) -> Result<Option<Step>, Halt> {
        let sent = match &link.state {
            LinkState::Pending { sent } => sent.clone(),
            LinkState::Linked { .. } | LinkState::Conflict { .. } | LinkState::Severed { .. } => {
                Sent::creating(entry_version, &content)
            }
        };
        let created = self
            .create(calendar, &link.external_id, &sent.content)
            .await?;
        let policy = policy(calendar);
        let shown = |event: &CalendarEvent| policy.shown_event(event.content.clone(), link.origin);
        let (event, sent, agreed) = match created {
            Created::New(event) => {
                let agreed = shown(&event);
                (event, sent.as_created(), agreed)
            }
            Created::Existing(event) if policy.direction.pulls() => {
                let agreed = sent.as_it_landed(&shown(&event));
                (event, sent, agreed)
            }
            Created::Existing(event) => {
                let agreed = shown(&event);
                (event, sent, agreed)
            }
        };
        let base = Base::new(
            sent.entry_version,
            sent.content,
            event.revision.clone(),
            agreed,
        );
        let mut writes = self.settling(&link).await;
        if link.uid.is_none() {
            writes.extend(event.uid.clone().map(|uid| {
                let (entry, version) = (link.entry, 0);
                LinkWrite::Take(Meeting {
                    uid,
                    entry,
                    version,
                })
            }));
        }
        let mut link = EventLink {
            uid: event.uid,
            ..linked(link, base)
        };
        writes.push(LinkWrite::Update(link.clone()));
        self.write_links(writes).await?;
        link.version += 1;
        let entry = EntrySeen::Present {
            version: entry_version,
            content,
            changed_at: self.world().now(),
            shared: false,
            origin: Origin::Entry,
        };
        let event = EventSeen::Present {
            revision: event.revision,
            content: event.content,
            changed_at: event.changed_at,
        };
        Ok(decide_pair(calendar, Pair { link, entry, event }))
    }
}

fn link(calendar: &Calendar, entry: EntryId, event: &CalendarEvent, state: LinkState) -> EventLink {
    EventLink {
        entry,
        connection: calendar.connection,
        calendar: calendar.id,
        external_id: event.external_id.clone(),
        uid: event.uid.clone(),
        origin: Origin::Event,
        state,
        version: 0,
    }
}
