//! Links between entries and calendar events. Each is two items, one found by either side, always written together: an
//! index would be too late to keep two workers from creating the same thing twice.

use domain::{
    conflict::Conflict,
    event::ExternalEventId,
    failure::Refusal,
    id::{CalendarId, ConnectionId, EntryId},
    link::EventLink,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, Write},
};

#[derive(Clone, Debug)]
pub enum LinkWrite {
    Create(EventLink),
    /// `link.version` is the version read.
    Update(EventLink),
    Delete(EventLink),
}

#[derive(Serialize, Deserialize)]
struct ByEvent {
    entry: EntryId,
    connection: ConnectionId,
}

/// An event or entry that is not synced, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedItem {
    pub calendar: CalendarId,
    /// The provider's event id, or the entry's id.
    pub item: String,
    pub title: String,
    pub refusal: Refusal,
    pub attempts: u32,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

const REFUSED_MAX: usize = 1_000;
const LINKS_MAX: usize = 200_000;

impl TenantStore {
    pub async fn link_of_entry(
        &self,
        entry: EntryId,
        connection: ConnectionId,
    ) -> Result<Option<EventLink>, StoreError> {
        self.table
            .get(&keys::link_by_entry(self.tenant, entry, connection))
            .await
    }

    /// Every calendar in which an entry has a copy.
    pub async fn links_of_entry(&self, entry: EntryId) -> Result<Vec<EventLink>, StoreError> {
        let pk = format!("T#{}#LINK", self.tenant);
        self.table
            .range(Range::prefix(&pk, &format!("L#{entry}#"), 100))
            .await
    }

    /// The links of these entries within one connection.
    pub async fn links_of_entries(
        &self,
        entries: &[EntryId],
        connection: ConnectionId,
    ) -> Result<Vec<EventLink>, StoreError> {
        let keys: Vec<_> = entries
            .iter()
            .map(|entry| keys::link_by_entry(self.tenant, *entry, connection))
            .collect();
        self.table.get_many(&keys).await
    }

    /// The links of these events; an event without one is absent from the answer.
    pub async fn links_of_events(
        &self,
        calendar: CalendarId,
        events: &[ExternalEventId],
    ) -> Result<Vec<EventLink>, StoreError> {
        let keys: Vec<_> = events
            .iter()
            .map(|event| keys::link_by_event(self.tenant, calendar, event))
            .collect();
        let found: Vec<ByEvent> = self.table.get_many(&keys).await?;
        let keys: Vec<_> = found
            .iter()
            .map(|row| keys::link_by_entry(self.tenant, row.entry, row.connection))
            .collect();
        self.table.get_many(&keys).await
    }

    /// Every link of a calendar, for a comparison with a complete read.
    pub async fn links_of_calendar(
        &self,
        calendar: CalendarId,
    ) -> Result<Vec<EventLink>, StoreError> {
        let pk = format!("T#{}#LINK", self.tenant);
        let found: Vec<ByEvent> = self
            .table
            .range(Range::prefix(&pk, &format!("R#{calendar}#"), LINKS_MAX))
            .await?;
        let keys: Vec<_> = found
            .iter()
            .map(|row| keys::link_by_entry(self.tenant, row.entry, row.connection))
            .collect();
        self.table.get_many(&keys).await
    }

    pub async fn write_link(&self, write: LinkWrite) -> Result<(), StoreError> {
        self.table.write(self.link_writes(write)?).await
    }

    /// Stops a link until someone decides, with all they need to decide and a word to the world.
    pub async fn write_conflict(
        &self,
        conflict: &Conflict,
        link: EventLink,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::conflict(self.tenant, conflict.id);
        let mut writes = self.link_writes(LinkWrite::Update(link))?;
        writes.push(
            Item::new("conflict", key, Some(self.tenant), conflict)
                .guarded(Guard::Absent)
                .put()?,
        );
        writes.push(self.outbox_write(
            &crate::outbox::OutboxRow::conflict_detected(self.tenant, conflict, now),
            now,
        )?);
        self.table.write(writes).await
    }

    pub(super) fn link_writes(&self, write: LinkWrite) -> Result<Vec<Write>, StoreError> {
        let by_entry =
            |link: &EventLink| keys::link_by_entry(self.tenant, link.entry, link.connection);
        let by_event =
            |link: &EventLink| keys::link_by_event(self.tenant, link.calendar, &link.external_id);
        Ok(match write {
            LinkWrite::Create(mut link) => {
                link.version = 1;
                let pointer = ByEvent {
                    entry: link.entry,
                    connection: link.connection,
                };
                vec![
                    Item::new("link", by_entry(&link), Some(self.tenant), &link)
                        .guarded(Guard::Absent)
                        .put()?,
                    Item::new(
                        "link_by_event",
                        by_event(&link),
                        Some(self.tenant),
                        &pointer,
                    )
                    .guarded(Guard::Absent)
                    .put()?,
                ]
            }
            LinkWrite::Update(mut link) => {
                let read = link.version;
                link.version += 1;
                let item = Item::new("link", by_entry(&link), Some(self.tenant), &link);
                vec![item.guarded(Guard::Version(read)).put()?]
            }
            LinkWrite::Delete(link) => vec![
                Write::delete(
                    by_entry(&link),
                    Some(self.tenant),
                    &Guard::Version(link.version),
                ),
                Write::delete(by_event(&link), Some(self.tenant), &Guard::Any),
            ],
        })
    }

    pub async fn refused_items(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<RefusedItem>, StoreError> {
        let pk = format!("T#{}#ITEM#{connection}", self.tenant);
        self.table.range(Range::prefix(&pk, "", REFUSED_MAX)).await
    }

    pub async fn refused_item(
        &self,
        connection: ConnectionId,
        calendar: CalendarId,
        item: &str,
    ) -> Result<Option<RefusedItem>, StoreError> {
        self.table
            .get(&keys::refused(self.tenant, connection, calendar, item))
            .await
    }

    pub async fn put_refused_item(
        &self,
        connection: ConnectionId,
        refused: &RefusedItem,
    ) -> Result<(), StoreError> {
        let key = keys::refused(self.tenant, connection, refused.calendar, &refused.item);
        self.table
            .put(Item::new("refused_item", key, Some(self.tenant), refused))
            .await
    }

    pub async fn clear_refused_item(
        &self,
        connection: ConnectionId,
        calendar: CalendarId,
        item: &str,
    ) -> Result<(), StoreError> {
        let key = keys::refused(self.tenant, connection, calendar, item);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &Guard::Any)])
            .await
    }
}
