//! Writes to links that stand: changes, deletions, letting go.

use domain::{
    calendar::Calendar,
    content::Content,
    entry::Entry,
    event::{Change, Revision},
    link::{Base, EventLink, LinkState, Origin},
    sync::{loss::stays_elsewhere, plan::WriteStep},
    trace::Deed,
};

use super::{super::Context, Halt};
use crate::{
    providers::EventWrite,
    store::{EntryWrite, LinkWrite, StoreError, WrittenBy},
};

impl Context<'_> {
    pub(super) async fn write(
        &mut self,
        calendar: &Calendar,
        write: WriteStep,
    ) -> Result<(), Halt> {
        let mut link = write.link.clone();
        let mut beside = self.settling(&link).await?;
        let (revision, answered) = if write.push.is_empty() {
            (write.base.revision.clone(), write.event.clone())
        } else {
            if write.content.says_its_rule(&write.event, &write.push) {
                self.exceptions_as_seen(calendar, &link, &write.event)
                    .await?;
            }
            let deed = Deed::ChangeEvent {
                parts: write.push.clone(),
            };
            let was = self.trace(calendar, &link, deed, Some((Origin::Event, &write.event)));
            link = self.intend(link, &write, was).await?;
            let asked = EventWrite {
                id: &link.external_id,
                revision: &write.base.revision,
                content: &write.content,
                seen: &write.event,
                parts: &write.push,
                hidden: calendar.settings.privacy.hidden_of_event(link.origin),
            };
            let answer = self.provider.update(&self.access, calendar, asked).await?;
            self.counts.events_updated += 1;
            let shown = self
                .policy(calendar)
                .shown_event(answer.content, link.origin);
            (answer.revision, write.answered(shown))
        };
        let WriteStep {
            entry_version,
            content,
            pull,
            ..
        } = write;
        if pull.is_empty() {
            let base = Base::new(entry_version, content, revision, answered);
            beside.push(LinkWrite::Update(linked(link, base)));
            return Ok(self.write_links(beside).await?);
        }
        let before = self.entry_at(&link, entry_version).await?;
        let after = Entry {
            version: entry_version + 1,
            content: before.content.with_parts_of(&content, &pull),
            updated_at: self.app.clock.now(),
            ..before.clone()
        };
        let was = Some((Origin::Entry, &before.content));
        beside.push(self.trace(calendar, &link, Deed::ChangeEntry { parts: pull }, was));
        let base = Base::new(after.version, content, revision, answered);
        beside.push(LinkWrite::Update(linked(link, base)));
        self.write_entry(Some(&before), Some(&after), beside)
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    /// The revision of a series does not speak for its exceptions, and whoever moves or deletes the series takes them
    /// along: they are looked at once more before.
    async fn exceptions_as_seen(
        &self,
        calendar: &Calendar,
        link: &EventLink,
        seen: &Content,
    ) -> Result<(), Halt> {
        if !seen.repeats() {
            return Ok(());
        }
        let now = self
            .provider
            .get(&self.access, calendar, &link.external_id)
            .await?;
        let Some(Change::Upserted(event)) = now else {
            return Ok(());
        };
        let shown = self
            .policy(calendar)
            .shown_event(event.content, link.origin);
        if shown.exceptions == seen.exceptions {
            Ok(())
        } else {
            Err(Halt::Stale)
        }
    }

    /// Says what is about to be written, and what it was before: should the answer be lost, the one must not look like
    /// somebody's edit, and the other must not be lost with it.
    async fn intend(
        &self,
        mut link: EventLink,
        write: &WriteStep,
        was: LinkWrite,
    ) -> Result<EventLink, Halt> {
        match &mut link.state {
            LinkState::Linked { base, sent } => {
                base.clone_from(&write.base);
                *sent = Some(write.sent());
            }
            // Until it is done, whoever decided has still decided so.
            LinkState::Conflict { sent, .. } => *sent = Some(write.sent()),
            LinkState::Pending { .. } | LinkState::Severed { .. } => {
                self.write_links(vec![was]).await?;
                return Ok(link);
            }
        }
        self.write_links(vec![was, LinkWrite::Update(link.clone())])
            .await?;
        link.version += 1;
        Ok(link)
    }

    pub(super) async fn rebase(&self, link: EventLink, base: Base) -> Result<(), Halt> {
        let mut writes = self.settling(&link).await?;
        writes.push(LinkWrite::Update(linked(link, base)));
        Ok(self.write_links(writes).await?)
    }

    pub(super) async fn delete_entry(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.let_others_in(&link).await?;
        if let Some(base) = Box::pin(self.base_if_it_stays(calendar, &link)).await? {
            let lose = self.lose_one_of_several(calendar, link, base, before);
            return Box::pin(lose).await;
        }
        let mut beside = self.settling(&link).await?;
        let was = Some((Origin::Entry, &before.content));
        beside.push(self.trace(calendar, &link, Deed::DeleteEntry, was));
        beside.push(LinkWrite::Delete(link));
        self.write_entry(Some(&before), None, beside).await?;
        self.counts.entries_deleted += 1;
        Ok(())
    }

    pub(super) async fn unassign(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.let_others_in(&link).await?;
        if let Some(base) = Box::pin(self.base_if_it_stays(calendar, &link)).await? {
            let lose = self.lose_one_of_several(calendar, link, base, before);
            return Box::pin(lose).await;
        }
        let mut after = before.clone();
        after.assignees.retain(|member| *member != calendar.member);
        after.version += 1;
        after.updated_at = self.app.clock.now();
        let mut beside = self.settling(&link).await?;
        beside.push(self.trace(calendar, &link, Deed::Unassign, None));
        beside.push(LinkWrite::Delete(link));
        self.write_entry(Some(&before), Some(&after), beside)
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    /// Answers what was last agreed on, if the entry stays with another event of its owner.
    async fn base_if_it_stays(
        &self,
        calendar: &Calendar,
        link: &EventLink,
    ) -> Result<Option<Base>, Halt> {
        let links = self.store.links_of_entry(link.entry).await?;
        let mut calendars = Vec::new();
        let others = links
            .iter()
            .filter(|other| other.connection != link.connection && other.origin == Origin::Event);
        for other in others {
            calendars.extend(self.store.calendars(other.connection).await?);
        }
        let stays = stays_elsewhere(link, calendar.member, &links, &calendars);
        Ok(link.base().filter(|_| stays).cloned())
    }

    /// The entry is written as it was: of two accounts that lose theirs at once, the second has to look again, and sees
    /// that it has the last one.
    async fn lose_one_of_several(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        before: Entry,
    ) -> Result<(), Halt> {
        let after = Entry {
            version: before.version + 1,
            ..before.clone()
        };
        let beside = self.severed(calendar, link, base, Origin::Event).await?;
        self.write_entry(Some(&before), Some(&after), beside).await
    }

    pub(super) async fn delete_event(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        (revision, content): (Revision, Box<Content>),
    ) -> Result<(), Halt> {
        self.exceptions_as_seen(calendar, &link, &content).await?;
        self.gives_up(&link).await?;
        // Afterwards there is nothing left to record.
        let was = Some((Origin::Event, &*content));
        let was = self.trace(calendar, &link, Deed::DeleteEvent, was);
        let mut link = link.before_deletion(&content);
        self.write_links(vec![was, LinkWrite::Update(link.clone())])
            .await?;
        link.version += 1;
        self.provider
            .delete(&self.access, calendar, &link.external_id, Some(&revision))
            .await?;
        let mut writes = self.settling(&link).await?;
        writes.push(LinkWrite::Delete(link));
        self.write_links(writes).await?;
        self.counts.events_deleted += 1;
        Ok(())
    }

    pub(super) async fn sever(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        lost: Origin,
    ) -> Result<(), Halt> {
        match lost {
            Origin::Event => self.let_others_in(&link).await?,
            Origin::Entry => {}
        }
        let writes = self.severed(calendar, link, base, lost).await?;
        Ok(self.write_links(writes).await?)
    }

    async fn severed(
        &self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        lost: Origin,
    ) -> Result<Vec<LinkWrite>, Halt> {
        let deed = match lost {
            Origin::Event => Deed::LoseEvent,
            Origin::Entry => Deed::LeaveEvent,
        };
        let mut writes = self.settling(&link).await?;
        writes.push(self.trace(calendar, &link, deed, None));
        let state = LinkState::Severed { lost, base };
        writes.push(LinkWrite::Update(EventLink { state, ..link }));
        Ok(writes)
    }

    pub(super) async fn unlink(&mut self, link: EventLink) -> Result<(), Halt> {
        self.gives_up(&link).await?;
        let mut writes = self.settling(&link).await?;
        writes.push(LinkWrite::Delete(link));
        Ok(self.write_links(writes).await?)
    }

    /// The entry, if it is still the one that was decided about.
    pub(super) async fn entry_at(&self, link: &EventLink, version: u64) -> Result<Entry, Halt> {
        let entry = self.store.entry(link.entry).await?;
        entry
            .filter(|entry| entry.version == version)
            .ok_or(Halt::Stale)
    }

    /// Writes all of it, if this run still holds its lease: what another run wrote since is newer than what this one saw.
    pub(in crate::sync) async fn write_links(
        &self,
        mut links: Vec<LinkWrite>,
    ) -> Result<(), StoreError> {
        links.push(LinkWrite::Under(self.fence));
        self.store.write_links(links).await
    }

    pub(super) async fn write_entry(
        &self,
        before: Option<&Entry>,
        after: Option<&Entry>,
        mut links: Vec<LinkWrite>,
    ) -> Result<(), Halt> {
        links.push(LinkWrite::Under(self.fence));
        let write = EntryWrite {
            before,
            after,
            by: WrittenBy::Sync(self.connection.id),
            links,
            now: self.app.clock.now(),
        };
        Ok(self.store.write_entry(write).await?)
    }
}

pub(super) fn linked(link: EventLink, base: Base) -> EventLink {
    let state = LinkState::Linked { base, sent: None };
    EventLink { state, ..link }
}
