//! The table: guarded writes, all of a transaction or nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    conflict::Conflict,
    entry::Entry,
    event::{ExternalEventId, Uid},
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId},
    link::EventLink,
    trace::Trace,
};

/// Another one wrote first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stale;

#[derive(Clone, Debug)]
pub(super) struct Meeting {
    pub(super) uid: Uid,
    pub(super) entry: EntryId,
    pub(super) version: u64,
}

#[derive(Clone, Debug)]
pub(super) enum LinkWrite {
    Create(EventLink),
    Update(EventLink),
    Delete(EventLink),
    Move {
        from: Box<EventLink>,
        to: Box<EventLink>,
    },
    Claim(Meeting),
    Take(Meeting),
    Conflict(Conflict),
    Trace(Trace),
    /// All of it only while this run holds its lease.
    Under(Lease),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub(super) connection: ConnectionId,
    pub(super) fence: u64,
}

pub(super) struct EntryWrite<'a> {
    pub(super) before: Option<&'a Entry>,
    pub(super) after: Option<&'a Entry>,
    pub(super) told_by: Option<ConnectionId>,
    pub(super) links: Vec<LinkWrite>,
}

/// An item that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    /// The entry that is synced through another calendar of the account.
    pub(super) same_meeting: Option<EntryId>,
    /// To be looked at anew.
    pub(super) due: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) cursor: Option<String>,
    pub(super) page: Option<String>,
    /// Something of the calendar was read before.
    pub(super) known: bool,
    pub(super) version: u64,
}

impl Position {
    pub(super) fn began(&self) -> bool {
        self.cursor.is_some() || self.page.is_some()
    }
}

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) entries: BTreeMap<EntryId, Entry>,
    pub(super) deleted: BTreeMap<EntryId, Entry>,
    pub(super) links: BTreeMap<(EntryId, ConnectionId), EventLink>,
    by_event: BTreeMap<(CalendarId, ExternalEventId), (EntryId, ConnectionId)>,
    pub(super) meetings: BTreeMap<String, Meeting>,
    pub(super) conflicts: BTreeMap<ConflictId, Conflict>,
    pub(super) traces: Vec<Trace>,
    pub(super) dirty: BTreeMap<(ConnectionId, EntryId), u64>,
    pub(super) positions: BTreeMap<CalendarId, Position>,
    pub(super) refused: BTreeMap<(CalendarId, String), Aside>,
    pub(super) fences: BTreeMap<ConnectionId, u64>,
    /// The connections that are told of each member's entries.
    pub(super) mirrors: BTreeMap<MemberId, Vec<ConnectionId>>,
    pub(super) writes: usize,
}

/// A row, to see that no transaction names one twice.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    ByEntry(EntryId, ConnectionId),
    ByEvent(CalendarId, ExternalEventId),
    Meeting(String),
    Conflict(ConflictId),
}

fn by_entry(link: &EventLink) -> (EntryId, ConnectionId) {
    (link.entry, link.connection)
}

fn by_event(link: &EventLink) -> (CalendarId, ExternalEventId) {
    (link.calendar, link.external_id.clone())
}

fn rows(write: &LinkWrite) -> Vec<Row> {
    let entry = |link: &EventLink| Row::ByEntry(link.entry, link.connection);
    let event = |link: &EventLink| Row::ByEvent(link.calendar, link.external_id.clone());
    match write {
        LinkWrite::Create(link) | LinkWrite::Delete(link) => vec![entry(link), event(link)],
        LinkWrite::Update(link) => vec![entry(link)],
        LinkWrite::Move { from, to } => vec![entry(from), event(from), event(to)],
        LinkWrite::Claim(meeting) | LinkWrite::Take(meeting) => {
            vec![Row::Meeting(meeting.uid.0.clone())]
        }
        LinkWrite::Conflict(conflict) => vec![Row::Conflict(conflict.id)],
        LinkWrite::Trace(_) | LinkWrite::Under(_) => Vec::new(),
    }
}

impl Store {
    pub(super) fn link_of_event(
        &self,
        calendar: CalendarId,
        event: &ExternalEventId,
    ) -> Option<EventLink> {
        let key = self.by_event.get(&(calendar, event.clone()))?;
        self.links.get(key).cloned()
    }

    pub(super) fn links_of_entry(&self, entry: EntryId) -> Vec<EventLink> {
        let of_it = |link: &&EventLink| link.entry == entry;
        self.links.values().filter(of_it).cloned().collect()
    }

    pub(super) fn is_held(&self, lease: Lease) -> bool {
        self.fences.get(&lease.connection) == Some(&lease.fence)
    }

    fn link_at(&self, link: &EventLink, version: u64) -> bool {
        let known = self.links.get(&by_entry(link));
        known.is_some_and(|known| known.version == version)
    }

    fn holds(&self, write: &LinkWrite) -> bool {
        match write {
            LinkWrite::Create(link) => {
                !self.links.contains_key(&by_entry(link))
                    && !self.by_event.contains_key(&by_event(link))
            }
            LinkWrite::Update(link) | LinkWrite::Delete(link) => self.link_at(link, link.version),
            LinkWrite::Move { from, to } => {
                self.link_at(from, from.version) && !self.by_event.contains_key(&by_event(to))
            }
            LinkWrite::Claim(meeting) => {
                let known = self.meetings.get(&meeting.uid.0);
                known.map_or(0, |known| known.version) == meeting.version
            }
            LinkWrite::Conflict(conflict) => {
                let known = self.conflicts.get(&conflict.id);
                known.map_or(0, |known| known.version) == conflict.version
            }
            LinkWrite::Under(lease) => self.is_held(*lease),
            LinkWrite::Take(_) | LinkWrite::Trace(_) => true,
        }
    }

    fn check(&self, writes: &[LinkWrite]) -> Result<(), Stale> {
        let mut touched = BTreeSet::new();
        for row in writes.iter().flat_map(rows) {
            assert!(!touched.contains(&row), "{row:?} twice in one transaction");
            touched.insert(row);
        }
        let holds = writes.iter().all(|write| self.holds(write));
        if holds { Ok(()) } else { Err(Stale) }
    }

    pub(super) fn write_links(&mut self, writes: Vec<LinkWrite>) -> Result<(), Stale> {
        self.check(&writes)?;
        self.writes += 1;
        for write in writes {
            self.write_link(write);
        }
        Ok(())
    }

    fn put_meeting(&mut self, meeting: Meeting) {
        let version = meeting.version + 1;
        let key = meeting.uid.0.clone();
        self.meetings.insert(key, Meeting { version, ..meeting });
    }

    fn write_link(&mut self, write: LinkWrite) {
        match write {
            LinkWrite::Create(link) => {
                self.by_event.insert(by_event(&link), by_entry(&link));
                self.links
                    .insert(by_entry(&link), EventLink { version: 1, ..link });
            }
            LinkWrite::Update(link) => {
                let version = link.version + 1;
                self.links
                    .insert(by_entry(&link), EventLink { version, ..link });
            }
            LinkWrite::Delete(link) => {
                self.links.remove(&by_entry(&link));
                self.by_event.remove(&by_event(&link));
            }
            LinkWrite::Move { from, to } => {
                self.by_event.remove(&by_event(&from));
                self.by_event.insert(by_event(&to), by_entry(&to));
                let version = from.version + 1;
                self.links
                    .insert(by_entry(&to), EventLink { version, ..*to });
            }
            LinkWrite::Claim(meeting) | LinkWrite::Take(meeting) => self.put_meeting(meeting),
            LinkWrite::Conflict(conflict) => {
                let version = conflict.version + 1;
                self.conflicts.insert(
                    conflict.id,
                    Conflict {
                        version,
                        ..conflict
                    },
                );
            }
            LinkWrite::Trace(trace) => self.traces.push(trace),
            LinkWrite::Under(_) => {}
        }
    }

    pub(super) fn write_entry(&mut self, write: EntryWrite<'_>) -> Result<(), Stale> {
        let EntryWrite {
            before,
            after,
            told_by,
            links,
        } = write;
        let Some(id) = after.or(before).map(|entry| entry.id) else {
            return Ok(());
        };
        let known = self.entries.get(&id).map(|entry| entry.version);
        if known != before.map(|before| before.version) {
            return Err(Stale);
        }
        self.check(&links)?;
        self.writes += 1;
        let version = match (before, after) {
            (_, Some(after)) => after.version,
            (Some(before), None) => before.version + 1,
            (None, None) => 0,
        };
        let members = [before, after].into_iter().flatten();
        let told: BTreeSet<ConnectionId> = members
            .flat_map(|entry| &entry.assignees)
            .flat_map(|member| self.mirrors.get(member).into_iter().flatten())
            .filter(|connection| Some(**connection) != told_by)
            .copied()
            .collect();
        self.dirty.extend(
            told.into_iter()
                .map(|connection| ((connection, id), version)),
        );
        match (before, after) {
            (_, Some(after)) => {
                if before.is_none() && after.version > 1 {
                    self.deleted.remove(&id);
                }
                self.entries.insert(id, after.clone());
            }
            (Some(before), None) => {
                self.entries.remove(&id);
                self.deleted.insert(id, before.clone());
            }
            (None, None) => {}
        }
        for link in links {
            self.write_link(link);
        }
        Ok(())
    }

    pub(super) fn dirty_of(&self, connection: ConnectionId) -> Vec<(EntryId, u64)> {
        let rows = self.dirty.iter().filter(|((of, _), _)| *of == connection);
        rows.map(|((_, entry), version)| (*entry, *version))
            .collect()
    }

    pub(super) fn clear_dirty(&mut self, connection: ConnectionId, row: (EntryId, u64)) {
        self.writes += 1;
        if self.dirty.get(&(connection, row.0)) == Some(&row.1) {
            self.dirty.remove(&(connection, row.0));
        }
    }

    pub(super) fn commit_position(
        &mut self,
        calendar: CalendarId,
        position: &Position,
        lease: Lease,
    ) -> Result<Position, Stale> {
        let known = self
            .positions
            .get(&calendar)
            .map_or(0, |known| known.version);
        if known != position.version || !self.is_held(lease) {
            return Err(Stale);
        }
        self.writes += 1;
        let version = position.version + 1;
        let next = Position {
            version,
            ..position.clone()
        };
        self.positions.insert(calendar, next.clone());
        Ok(next)
    }
}
