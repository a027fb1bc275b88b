//! First sight: their event becomes an entry, our entry becomes an event.

use domain::{
    calendar::Calendar,
    content::Content,
    entry::{Entry, EntryStatus, WorkItemType},
    event::CalendarEvent,
    id::EntryId,
    link::{Base, EventLink, LinkState, Sent},
    sync::{
        observe::{EntrySeen, EventSeen, Pair},
        plan::Step,
    },
};

use super::{super::Context, Halt};
use crate::{ids, providers::Created, store::LinkWrite};

impl Context<'_> {
    pub(super) async fn create_entry(
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

    pub(super) async fn create_event(
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
            state: LinkState::Pending {
                sent: Sent {
                    entry_version: entry.version,
                    content: entry.content.clone(),
                },
            },
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

    pub(super) async fn finish_create(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
        content: Content,
    ) -> Result<Option<Step>, Halt> {
        let sent = match &link.state {
            LinkState::Pending { sent } => sent.clone(),
            LinkState::Linked { .. } | LinkState::Conflict { .. } => Sent {
                entry_version,
                content: content.clone(),
            },
        };
        let created = self
            .provider
            .create(&self.access, calendar, &link.external_id, &sent.content)
            .await?;
        let (event, agreed) = match created {
            Created::New(event) => {
                self.counts.events_created += 1;
                (event.clone(), event.content)
            }
            // What was sent is agreed: anything else in the event is somebody's edit, to be decided like any other.
            Created::Existing(event) => (event, sent.content.clone()),
        };
        let base = Base::new(
            sent.entry_version,
            sent.content,
            event.revision.clone(),
            agreed,
        );
        let mut link = EventLink {
            uid: event.uid,
            state: LinkState::Linked { base },
            ..link
        };
        self.store
            .write_link(LinkWrite::Update(link.clone()))
            .await?;
        link.version += 1;
        let pair = Pair {
            link,
            entry: EntrySeen::Present {
                version: entry_version,
                content,
                shared: false,
            },
            event: EventSeen::Present {
                revision: event.revision,
                content: event.content,
            },
        };
        Ok(self.decide_pair(calendar, pair))
    }
}
