//! Schedule entries, and everything that must be written in the same transaction with them: where they show in each
//! assignee's agenda, which connections have to look at them, and what the outbox tells the world.

use std::collections::BTreeSet;

use domain::{
    entry::{Entry, EntryChange},
    id::{ConnectionId, EntryId, MemberId, TraceId},
    link::Origin,
    member::Member,
    time::Zone,
    trace::{Deed, Overwritten, Trace, TracedBy},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    links::LinkWrite,
    table::{Range, StoreError, Write},
};
use crate::{ids, outbox::OutboxRow};

/// Entries longer than that are looked up one by one, so that a range read can begin this much earlier.
const SHORT_ENTRY: SignedDuration = SignedDuration::from_hours(24 * 7);
const AGENDA_MAX: usize = 2_000;
const DIRTY_MAX: usize = 500;

/// A change of one entry: from nothing, to nothing, or from one state to the next.
#[derive(Clone, Debug)]
pub struct EntryWrite<'a> {
    pub before: Option<&'a Entry>,
    pub after: Option<&'a Entry>,
    pub by: WrittenBy,
    /// Links that change with it.
    pub links: Vec<LinkWrite>,
    pub now: Timestamp,
}

impl EntryWrite<'_> {
    pub(super) fn id(&self) -> Option<EntryId> {
        self.after.or(self.before).map(|entry| entry.id)
    }
}

/// Who makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenBy {
    /// A person: what they did is traced with the change.
    Member(MemberId),
    /// The sync of a connection, which need not be told and leaves traces of its own.
    Sync(ConnectionId),
}

/// A connection has to look at this entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirtyEntry {
    pub entry: EntryId,
    /// Which change put it there: a later one keeps the row alive.
    pub version: u64,
}

/// Entries of one assignee in a range.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub entries: Vec<Entry>,
    pub cut: bool,
}

#[derive(Serialize, Deserialize)]
struct AgendaRow {
    entry: EntryId,
}

impl TenantStore {
    pub async fn entry(&self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        self.table.get(&keys::entry(self.tenant, id)).await
    }

    pub async fn entries(&self, ids: &[EntryId]) -> Result<Vec<Entry>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| keys::entry(self.tenant, *id)).collect();
        self.table.get_many(&keys).await
    }

    /// Entries of a member that may touch `from..to`: series are included whole, the caller expands them.
    pub async fn agenda(
        &self,
        member: MemberId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Listed, StoreError> {
        let pk = keys::agenda(self.tenant, member);
        // Whole days begin up to fourteen hours before they do in UTC.
        let earliest = from - SHORT_ENTRY - SignedDuration::from_hours(15);
        let latest = to + SignedDuration::from_hours(15);
        let short = Range {
            pk: &pk,
            from: keys::agenda_short_bound(earliest.as_second()),
            to: keys::agenda_short_bound(latest.as_second()),
            limit: AGENDA_MAX,
            newest_first: false,
        };
        let (short, long) = futures::try_join!(
            self.table.range::<AgendaRow>(short),
            self.table
                .range::<AgendaRow>(Range::prefix(&pk, "L#", AGENDA_MAX)),
        )?;
        let cut = short.len() >= AGENDA_MAX || long.len() >= AGENDA_MAX;
        let ids: Vec<EntryId> = short.iter().chain(&long).map(|row| row.entry).collect();
        let mut entries = self.entries(&ids).await?;
        entries.sort_by_cached_key(|entry| (entry.content.timing.when.widest_bounds().0, entry.id));
        Ok(Listed { entries, cut })
    }

    /// Every entry of a member, for the first look of a new connection.
    pub async fn all_entries_of(&self, member: MemberId) -> Result<Vec<EntryId>, StoreError> {
        let pk = keys::agenda(self.tenant, member);
        let rows: Vec<AgendaRow> = self
            .table
            .range(Range::prefix(&pk, "", usize::MAX >> 33))
            .await?;
        Ok(rows.into_iter().map(|row| row.entry).collect())
    }

    /// Writes a change with all that belongs to it, or nothing.
    pub async fn write_entry(&self, write: EntryWrite<'_>) -> Result<(), StoreError> {
        self.write_entries(vec![write]).await
    }

    /// Writes changes of different entries with all that belongs to them, or nothing of any.
    pub async fn write_entries(&self, changes: Vec<EntryWrite<'_>>) -> Result<(), StoreError> {
        let members = self.assignees_of(&changes).await?;
        let mut writes: Vec<Write> = members
            .iter()
            .map(|member| {
                let key = keys::member(self.tenant, member.id);
                Write::check(key, self.tenant, member.version)
            })
            .collect();
        for change in changes {
            writes.extend(self.change_writes(change, &members)?);
        }
        self.table.write(writes).await
    }

    /// What one change writes; `members` holds at least its assignees.
    pub(super) fn change_writes(
        &self,
        write: EntryWrite<'_>,
        members: &[Member],
    ) -> Result<Vec<Write>, StoreError> {
        let (id, version) = match (write.before, write.after) {
            (_, Some(after)) => (after.id, after.version),
            (Some(before), None) => (before.id, before.version + 1),
            (None, None) => return Ok(Vec::new()),
        };
        let assignees = assignees(&write);
        let told: BTreeSet<ConnectionId> = members
            .iter()
            .filter(|member| assignees.contains(&member.id))
            .flat_map(|member| member.mirrors.iter().copied())
            .filter(|connection| WrittenBy::Sync(*connection) != write.by)
            .collect();
        let mut writes = vec![self.entry_write(&write, id)?];
        writes.extend(self.deleted_writes(&write)?);
        writes.extend(self.agenda_writes(&write)?);
        for connection in &told {
            let row = DirtyEntry { entry: id, version };
            writes.push(self.dirty_write(*connection, &row)?);
        }
        writes.extend(self.member_trace(&write, id)?);
        for link in write.links {
            writes.extend(self.link_writes(link)?);
        }
        let change = match (write.before, write.after) {
            (None, _) => EntryChange::ScheduleEntryCreated,
            (Some(_), Some(_)) => EntryChange::ScheduleEntryUpdated,
            (Some(_), None) => EntryChange::ScheduleEntryDeleted,
        };
        let row = OutboxRow::entry_changed(
            self.tenant,
            change,
            id,
            version,
            told.into_iter().collect(),
            write.now,
        );
        writes.extend(self.told(&row, write.now)?);
        Ok(writes)
    }

    fn member_trace(
        &self,
        write: &EntryWrite<'_>,
        entry: EntryId,
    ) -> Result<Vec<Write>, StoreError> {
        let WrittenBy::Member(member) = write.by else {
            return Ok(Vec::new());
        };
        let (deed, overwritten) = match (write.before, write.after) {
            (None, Some(after)) if after.version > 1 => (Deed::RestoreEntry, None),
            (None, _) => (Deed::CreateEntry, None),
            (Some(before), None) => (Deed::DeleteEntry, Some(before)),
            (Some(before), Some(after)) => {
                let parts = before.content.diff(&after.content);
                let overwritten = Some(before).filter(|_| !parts.is_empty());
                (Deed::ChangeEntry { parts }, overwritten)
            }
        };
        let overwritten = overwritten.map(|was| Overwritten {
            side: Origin::Entry,
            content: was.content.clone(),
        });
        self.link_writes(LinkWrite::Trace(Trace {
            id: ids::mint(self.tenant, write.now, TraceId::from_parts),
            entry,
            at: write.now,
            by: TracedBy::Member { member },
            deed,
            overwritten: overwritten.into_iter().collect(),
        }))
    }

    pub(super) async fn assignees_of(
        &self,
        changes: &[EntryWrite<'_>],
    ) -> Result<Vec<Member>, StoreError> {
        let ids: BTreeSet<MemberId> = changes.iter().flat_map(assignees).collect();
        self.members(&ids.into_iter().collect::<Vec<_>>()).await
    }

    fn entry_write(&self, write: &EntryWrite<'_>, id: EntryId) -> Result<Write, StoreError> {
        let guard = write
            .before
            .map_or(Guard::Absent, |before| Guard::Version(before.version));
        let key = keys::entry(self.tenant, id);
        match write.after {
            Some(after) => Item::new("entry", key, Some(self.tenant), after)
                .guarded(guard)
                .put(),
            None => Ok(Write::delete(key, Some(self.tenant), &guard)),
        }
    }

    fn agenda_writes(&self, write: &EntryWrite<'_>) -> Result<Vec<Write>, StoreError> {
        let keys_of = |entry: Option<&Entry>| -> Vec<keys::Key> {
            let each = |entry: &Entry| -> Vec<keys::Key> {
                entry
                    .assignees
                    .iter()
                    .map(|member| self.agenda_key(entry, *member))
                    .collect()
            };
            entry.map(each).unwrap_or_default()
        };
        let (before, after) = (keys_of(write.before), keys_of(write.after));
        let id = write.after.or(write.before).map(|entry| entry.id);
        let mut writes = Vec::new();
        for key in before.iter().filter(|key| !after.contains(key)) {
            writes.push(Write::delete(key.clone(), Some(self.tenant), &Guard::Any));
        }
        for key in after.into_iter().filter(|key| !before.contains(key)) {
            if let Some(entry) = id {
                writes
                    .push(Item::new("agenda", key, Some(self.tenant), &AgendaRow { entry }).put()?);
            }
        }
        Ok(writes)
    }

    fn agenda_key(&self, entry: &Entry, member: MemberId) -> keys::Key {
        let timing = &entry.content.timing;
        let (start, end) = timing.when.bounds(&Zone::utc());
        if timing.recurrence.is_none() && end.duration_since(start) <= SHORT_ENTRY {
            keys::agenda_short(self.tenant, member, start.as_second(), entry.id)
        } else {
            keys::agenda_long(self.tenant, member, entry.id)
        }
    }

    /// What this connection still has to look at, oldest id first.
    pub async fn dirty_entries(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<DirtyEntry>, StoreError> {
        let pk = keys::dirty_of(self.tenant, connection);
        self.table.range(Range::prefix(&pk, "", DIRTY_MAX)).await
    }

    /// Puts entries before a connection that has never seen them.
    pub async fn mark_dirty(
        &self,
        connection: ConnectionId,
        rows: &[DirtyEntry],
    ) -> Result<(), StoreError> {
        for chunk in rows.chunks(50) {
            let mut writes = chunk
                .iter()
                .map(|row| self.dirty_write(connection, row))
                .collect::<Result<Vec<_>, _>>()?;
            writes.push(self.not_closed(connection));
            self.table.write(writes).await?;
        }
        Ok(())
    }

    pub(super) fn dirty_write(
        &self,
        connection: ConnectionId,
        row: &DirtyEntry,
    ) -> Result<Write, StoreError> {
        let key = keys::dirty(self.tenant, connection, row.entry);
        Item::new("dirty_entry", key, Some(self.tenant), row).put()
    }

    /// Done with this change of the entry; a newer one keeps its row.
    pub async fn clear_dirty(
        &self,
        connection: ConnectionId,
        row: &DirtyEntry,
    ) -> Result<(), StoreError> {
        let key = keys::dirty(self.tenant, connection, row.entry);
        match self
            .table
            .write(vec![Write::delete(
                key,
                Some(self.tenant),
                &Guard::Version(row.version),
            )])
            .await
        {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }
}

/// Everybody whose calendars the change may concern.
pub(super) fn assignees(write: &EntryWrite<'_>) -> BTreeSet<MemberId> {
    [write.before, write.after]
        .into_iter()
        .flatten()
        .flat_map(|entry| entry.assignees.iter().copied())
        .collect()
}
