//! First sight of theirs: an event becomes an entry. And what is brought back.

use domain::{
    calendar::Calendar,
    content::Content,
    entry::{Entry, EntryStatus, WorkItemType},
    event::{CalendarEvent, Revision},
    failure::Refusal,
    id::EntryId,
    link::{Base, EventLink, LinkState, Origin},
    sync::plan::Step,
    trace::Deed,
};

use super::{super::Context, Halt, write::linked};
use crate::{
    ids,
    store::{LinkWrite, Meeting},
};

impl Context<'_> {
    pub(super) async fn create_entry(
        &mut self,
        calendar: &Calendar,
        event: CalendarEvent,
        was: Option<Box<Entry>>,
        claim: u64,
    ) -> Result<Option<Step>, Halt> {
        let content = event.content.clone().as_entry();
        let entry = match was {
            // It stays gone for everybody else whom it had.
            Some(was) => Entry {
                assignees: vec![calendar.member],
                origin: Origin::Event,
                ..was.brought_back(content.clone(), self.app.clock.now())
            },
            None => self.new_entry(calendar, content.clone()),
        };
        let base = Base::new(
            entry.version,
            content,
            event.revision.clone(),
            event.content.clone(),
        );
        let link = EventLink {
            entry: entry.id,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id: event.external_id.clone(),
            uid: event.uid.clone(),
            origin: Origin::Event,
            state: LinkState::Linked { base, sent: None },
            version: 0,
        };
        // The entry was deleted, and the event that it had here does not know yet.
        if entry.version > 1
            && let Some(other) = self
                .store
                .link_of_entry(entry.id, calendar.connection)
                .await?
        {
            return self.move_link(calendar, other, link).await;
        }
        let mut beside = vec![self.trace(calendar, &link, Deed::CreateEntry, None)];
        beside.extend(event.uid.map(|uid| {
            LinkWrite::Claim(Meeting {
                uid,
                entry: entry.id,
                version: claim,
            })
        }));
        beside.push(LinkWrite::Create(link));
        self.write_entry(None, Some(&entry), beside).await?;
        self.counts.entries_created += 1;
        Ok(None)
    }

    fn new_entry(&self, calendar: &Calendar, content: Content) -> Entry {
        let now = self.app.clock.now();
        Entry {
            id: ids::mint(self.store.id(), now, EntryId::from_parts),
            tenant: self.store.id(),
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
        let mut entry = was.brought_back(content, self.app.clock.now());
        if !entry.assignees.contains(&calendar.member) {
            entry.assignees.push(calendar.member);
        }
        entry
    }

    /// The account shows the meeting in a second calendar: either it was moved there, or it is in both.
    pub(super) async fn move_link(
        &mut self,
        calendar: &Calendar,
        other: EventLink,
        link: EventLink,
    ) -> Result<Option<Step>, Halt> {
        if (other.calendar, &other.external_id) == (link.calendar, &link.external_id) {
            // Whoever took over from this run was there first.
            return Err(Halt::Stale);
        }
        let calendars = self.store.calendars(calendar.connection).await?;
        let from = calendars.iter().find(|known| known.id == other.calendar);
        if let Some(from) = from
            && !matches!(
                other.state,
                LinkState::Severed {
                    lost: Origin::Event,
                    ..
                }
            )
        {
            let there = self
                .provider
                .get(&self.access, from, &other.external_id)
                .await?;
            let is_there = !matches!(there, None | Some(domain::event::Change::Removed(_)));
            if is_there {
                return Err(Halt::Refused(Refusal::SameMeeting {
                    calendar: from.name.clone(),
                }));
            }
        }
        let into = calendar.settings.privacy;
        let link = other.moved(link, from.map_or(into, |from| from.settings.privacy), into);
        let writes = vec![
            self.trace(calendar, &link, Deed::FollowEvent, None),
            LinkWrite::Move {
                from: other.into(),
                to: link.clone().into(),
            },
        ];
        self.write_links(writes).await?;
        // What the schedule is shown of a new event is not what it is shown of its copy.
        let pair = self.observe_again(calendar, &link).await;
        let pair = pair.map_err(Halt::Stop)?;
        Ok(pair.and_then(|pair| self.decide_pair(calendar, pair)))
    }

    /// What was deleted here comes back as their event has it.
    pub(super) async fn restore_entry(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        revision: Revision,
        content: Content,
    ) -> Result<(), Halt> {
        let before = self.store.entry(link.entry).await?;
        let was = match &before {
            Some(entry) => Some(Entry {
                version: entry.version - 1,
                ..entry.clone()
            }),
            None => self
                .store
                .deleted_of(&[link.entry])
                .await?
                .pop()
                .map(|row| row.entry),
        };
        let was = was.unwrap_or_else(|| Entry {
            id: link.entry,
            version: link.base().map_or(1, |base| base.entry_version),
            ..self.new_entry(calendar, content.clone())
        });
        let entry_content = content.clone().as_entry();
        let after = self.brought_back(calendar, was, entry_content.clone());
        let mut beside = self.settling(&link).await?;
        // It may be there still, for others, and edited.
        let overwritten = before.as_ref().map(|entry| (Origin::Entry, &entry.content));
        beside.push(self.trace(calendar, &link, Deed::RestoreEntry, overwritten));
        let base = Base::new(after.version, entry_content, revision, content);
        beside.push(LinkWrite::Update(linked(link, base)));
        self.write_entry(before.as_ref(), Some(&after), beside)
            .await?;
        self.counts.entries_created += 1;
        Ok(())
    }
}
