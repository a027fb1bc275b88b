//! Writes to links that stand: changes, deletions, letting go.

use domain::{
    calendar::Calendar,
    entry::Entry,
    link::{Base, EventLink, LinkState, Origin, Sent},
    sync::plan::WriteStep,
};

use super::{super::Context, Halt};
use crate::{
    providers::EventWrite,
    store::{EntryWrite, LinkWrite, StoreError},
};

impl Context<'_> {
    pub(super) async fn write(
        &mut self,
        calendar: &Calendar,
        write: WriteStep,
    ) -> Result<(), Halt> {
        let what = format!("pull {}, push {}", write.pull, write.push);
        let WriteStep {
            link,
            entry_version,
            base,
            content,
            event,
            pull,
            push,
        } = write;
        let mut beside = self.settling(&link).await?;
        let mut link = link;
        let (revision, answered) = if push.is_empty() {
            (base.revision, event.clone())
        } else {
            beside.push(self.trace(calendar, &link, &what, Some((Origin::Event, &event))));
            let seen = event.clone();
            let sent = Sent::change(entry_version, &base, &content, &push);
            link = self.intend(link, &base, sent).await?;
            let write = EventWrite {
                id: &link.external_id,
                revision: &base.revision,
                content: &content,
                seen: &seen,
                parts: &push,
            };
            let answer = self.provider.update(&self.access, calendar, write).await?;
            self.counts.events_updated += 1;
            let answered = self
                .policy(calendar)
                .shown_event(answer.content, link.origin);
            (answer.revision, answered)
        };
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
        beside.push(self.trace(
            calendar,
            &link,
            &what,
            Some((Origin::Entry, &before.content)),
        ));
        let base = Base::new(after.version, content, revision, answered);
        beside.push(LinkWrite::Update(linked(link, base)));
        self.write_entry(Some(&before), Some(&after), beside)
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    /// Says what is about to be written: should the answer be lost, it must not look like somebody's edit.
    async fn intend(
        &self,
        mut link: EventLink,
        base: &Base,
        sent: Sent,
    ) -> Result<EventLink, Halt> {
        match &link.state {
            LinkState::Linked { .. } => {}
            // Until it is done, whoever decided has still decided so.
            LinkState::Pending { .. } | LinkState::Conflict { .. } | LinkState::Severed { .. } => {
                return Ok(link);
            }
        }
        link.state = LinkState::Linked {
            base: base.clone(),
            sent: Some(sent),
        };
        self.write_links(vec![LinkWrite::Update(link.clone())])
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
        let mut beside = self.settling(&link).await?;
        let was = Some((Origin::Entry, &before.content));
        beside.push(self.trace(calendar, &link, "delete entry", was));
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
        let mut after = before.clone();
        after.assignees.retain(|member| *member != calendar.member);
        after.version += 1;
        after.updated_at = self.app.clock.now();
        let mut beside = self.settling(&link).await?;
        beside.push(self.trace(calendar, &link, "unassign", None));
        beside.push(LinkWrite::Delete(link));
        self.write_entry(Some(&before), Some(&after), beside)
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    pub(super) async fn delete_event(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        revision: Option<domain::event::Revision>,
    ) -> Result<(), Halt> {
        self.provider
            .delete(&self.access, calendar, &link.external_id, revision.as_ref())
            .await?;
        let mut writes = self.settling(&link).await?;
        let was = link.base().map(|base| (Origin::Event, base.event()));
        writes.push(self.trace(calendar, &link, "delete event", was));
        writes.push(LinkWrite::Delete(link));
        self.write_links(writes).await?;
        self.counts.events_deleted += 1;
        Ok(())
    }

    pub(super) async fn sever(
        &self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        lost: Origin,
    ) -> Result<(), Halt> {
        let what = match lost {
            Origin::Event => "let the copy go",
            Origin::Entry => "leave the event to its calendar",
        };
        let mut writes = self.settling(&link).await?;
        writes.push(self.trace(calendar, &link, what, None));
        let state = LinkState::Severed { lost, base };
        writes.push(LinkWrite::Update(EventLink { state, ..link }));
        Ok(self.write_links(writes).await?)
    }

    pub(super) async fn unlink(&self, link: EventLink) -> Result<(), Halt> {
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
    pub(super) async fn write_links(&self, mut links: Vec<LinkWrite>) -> Result<(), StoreError> {
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
            told_by: Some(self.connection.id),
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
