//! Writes to links that stand: changes, deletions.

use super::{
    apply::{Halt, linked},
    store::{EntryWrite, LinkWrite, Stale},
    vendor::EventWrite,
    worker::{Worker, policy},
    world::World,
};
use crate::{
    calendar::Calendar,
    content::Content,
    entry::Entry,
    event::{Change, Revision},
    link::{Base, EventLink, LinkState, Origin},
    sync::{loss::stays_elsewhere, plan::WriteStep},
};

impl Worker {
    pub(super) async fn write(&self, calendar: &Calendar, write: WriteStep) -> Result<(), Halt> {
        let mut link = write.link.clone();
        let mut beside = self.settling(&link).await;
        let (revision, answered) = if write.push.is_empty() {
            (write.base.revision.clone(), write.event.clone())
        } else {
            if write.content.says_its_rule(&write.event, &write.push) {
                self.exceptions_as_seen(calendar, &link, &write.event)
                    .await?;
            }
            let was = self.trace(&link, Some((Origin::Event, &write.event)));
            link = self.intend(link, &write, was).await?;
            let asked = EventWrite {
                id: &link.external_id,
                revision: &write.base.revision,
                content: &write.content,
                seen: &write.event,
                parts: &write.push,
            };
            let answer = self.update(calendar, asked).await?;
            let shown = policy(calendar).shown_event(answer.content, link.origin);
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
            updated_at: self.world().now(),
            ..before.clone()
        };
        beside.push(self.trace(&link, Some((Origin::Entry, &before.content))));
        let base = Base::new(after.version, content, revision, answered);
        beside.push(LinkWrite::Update(linked(link, base)));
        self.write_entry(calendar, Some(&before), Some(&after), beside)
            .await?;
        let pulled = before.content.diff(&after.content).own;
        let ledger = &self.world().ledger;
        ledger.goes_forward(&before.content, &after.content, pulled);
        Ok(())
    }

    async fn exceptions_as_seen(
        &self,
        calendar: &Calendar,
        link: &EventLink,
        seen: &Content,
    ) -> Result<(), Halt> {
        if !seen.repeats() {
            return Ok(());
        }
        let now = self.get(calendar, &link.external_id).await;
        self.looked_at.set(self.world().provider.last);
        let Some(Change::Upserted(event)) = now else {
            return Ok(());
        };
        let shown = policy(calendar).shown_event(event.content, link.origin);
        if shown.exceptions == seen.exceptions {
            Ok(())
        } else {
            Err(Halt::Stale)
        }
    }

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

    pub(super) async fn delete_entry(
        &self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.let_others_in(&link).await;
        if let Some(base) = self.base_if_it_stays(calendar, &link).await {
            return self.lose_one_of_several(calendar, link, base, before).await;
        }
        let mut beside = self.settling(&link).await;
        beside.push(self.trace(&link, Some((Origin::Entry, &before.content))));
        beside.push(LinkWrite::Delete(link));
        Ok(self
            .write_entry(calendar, Some(&before), None, beside)
            .await?)
    }

    pub(super) async fn unassign(
        &self,
        calendar: &Calendar,
        link: EventLink,
        entry_version: u64,
    ) -> Result<(), Halt> {
        let before = self.entry_at(&link, entry_version).await?;
        self.let_others_in(&link).await;
        if let Some(base) = self.base_if_it_stays(calendar, &link).await {
            return self.lose_one_of_several(calendar, link, base, before).await;
        }
        let mut after = before.clone();
        after.assignees.retain(|member| *member != calendar.member);
        after.version += 1;
        after.updated_at = self.world().now();
        let mut beside = self.settling(&link).await;
        beside.push(self.trace(&link, None));
        beside.push(LinkWrite::Delete(link));
        Ok(self
            .write_entry(calendar, Some(&before), Some(&after), beside)
            .await?)
    }

    async fn base_if_it_stays(&self, calendar: &Calendar, link: &EventLink) -> Option<Base> {
        let of_entry = |other: &&EventLink| other.entry == link.entry;
        let (links, calendars) = self
            .ask(|world| {
                let links = world.store.links.values().filter(of_entry);
                (links.cloned().collect::<Vec<_>>(), world.calendars.clone())
            })
            .await;
        let stays = stays_elsewhere(link, calendar.member, &links, &calendars);
        link.base().filter(|_| stays).cloned()
    }

    async fn lose_one_of_several(
        &self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        before: Entry,
    ) -> Result<(), Halt> {
        let after = Entry {
            version: before.version + 1,
            ..before.clone()
        };
        let beside = self.severed(link, base, Origin::Event).await;
        Ok(self
            .write_entry(calendar, Some(&before), Some(&after), beside)
            .await?)
    }

    pub(super) async fn delete_event(
        &self,
        calendar: &Calendar,
        link: EventLink,
        (revision, content): (Revision, Box<Content>),
    ) -> Result<(), Halt> {
        self.exceptions_as_seen(calendar, &link, &content).await?;
        self.gives_up(&link).await;
        let was = self.trace(&link, Some((Origin::Event, &content)));
        let mut link = link.before_deletion(&content);
        self.write_links(vec![was, LinkWrite::Update(link.clone())])
            .await?;
        link.version += 1;
        self.delete(calendar, &link.external_id, Some(&revision))
            .await?;
        let mut writes = self.settling(&link).await;
        writes.push(LinkWrite::Delete(link));
        Ok(self.write_links(writes).await?)
    }

    pub(super) async fn gives_up(&self, link: &EventLink) {
        match link.origin {
            Origin::Entry => self.let_others_in(link).await,
            Origin::Event => {}
        }
    }

    pub(super) async fn sever(
        &self,
        link: EventLink,
        base: Base,
        lost: Origin,
    ) -> Result<(), Halt> {
        match lost {
            Origin::Event => self.let_others_in(&link).await,
            Origin::Entry => {}
        }
        let writes = self.severed(link, base, lost).await;
        Ok(self.write_links(writes).await?)
    }

    async fn severed(&self, link: EventLink, base: Base, lost: Origin) -> Vec<LinkWrite> {
        let mut writes = self.settling(&link).await;
        writes.push(self.trace(&link, None));
        let state = LinkState::Severed { lost, base };
        writes.push(LinkWrite::Update(EventLink { state, ..link }));
        writes
    }

    pub(super) async fn entry_at(&self, link: &EventLink, version: u64) -> Result<Entry, Halt> {
        let entry = self
            .ask(|world| world.store.entries.get(&link.entry).cloned())
            .await;
        entry
            .filter(|entry| entry.version == version)
            .ok_or(Halt::Stale)
    }

    pub(super) async fn write_links(&self, mut writes: Vec<LinkWrite>) -> Result<(), Stale> {
        writes.push(LinkWrite::Under(self.lease()));
        self.ask(|world| world.store.write_links(writes)).await
    }

    pub(super) async fn write_entry(
        &self,
        calendar: &Calendar,
        before: Option<&Entry>,
        after: Option<&Entry>,
        mut links: Vec<LinkWrite>,
    ) -> Result<(), Stale> {
        links.push(LinkWrite::Under(self.lease()));
        let told_by = Some(self.connection);
        self.ask(|world| {
            World::allows_pull(calendar);
            let write = EntryWrite {
                before,
                after,
                told_by,
                links,
            };
            world.store.write_entry(write)
        })
        .await
    }
}
