//! Writes to links that stand: changes, deletions, conflicts.

use domain::{
    calendar::Calendar,
    conflict::Conflict,
    content::{Content, Fields},
    entry::Entry,
    id::ConflictId,
    link::{Base, EventLink, LinkState},
    sync::plan::WriteStep,
};

use super::{super::Context, Halt};
use crate::{
    ids,
    providers::EventWrite,
    store::{EntryWrite, LinkWrite},
};

impl Context<'_> {
    pub(super) async fn write(
        &mut self,
        calendar: &Calendar,
        write: WriteStep,
    ) -> Result<(), Halt> {
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

    pub(super) async fn rebase(&self, link: EventLink, base: Base) -> Result<(), Halt> {
        let link = EventLink {
            state: LinkState::Linked { base },
            ..link
        };
        Ok(self.store.write_link(LinkWrite::Update(link)).await?)
    }

    pub(super) async fn delete_entry(
        &mut self,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.write_entry(Some(&before), None, LinkWrite::Delete(link))
            .await?;
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
        self.write_entry(Some(&before), Some(&after), LinkWrite::Delete(link))
            .await?;
        self.counts.entries_updated += 1;
        Ok(())
    }

    pub(super) async fn conflict(
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
    pub(super) async fn entry_at(&self, link: &EventLink, version: u64) -> Result<Entry, Halt> {
        let entry = self.store.entry(link.entry).await?;
        entry
            .filter(|entry| entry.version == version)
            .ok_or(Halt::Stale)
    }

    pub(super) async fn write_entry(
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
}
