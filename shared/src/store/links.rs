//! Links between entries and calendar events. Each is two items, one found by either side, always written together: an
//! index would be too late to keep two workers from creating the same thing twice.

use domain::{
    conflict::Conflict,
    event::{ExternalEventId, Uid},
    id::{CalendarId, ConnectionId, EntryId},
    link::EventLink,
    trace::Trace,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    DirtyEntry, TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, TRANSACTION_ITEMS_MAX, Write},
};
use crate::sync::Fence;

/// A change of a link, and what changes with it.
#[derive(Clone, Debug)]
pub enum LinkWrite {
    Create(EventLink),
    /// `link.version` is the version read.
    Update(EventLink),
    Delete(EventLink),
    /// The entry's link within its connection goes over to another event.
    Move {
        from: Box<EventLink>,
        to: Box<EventLink>,
    },
    /// From now on the meeting is this entry; `version` is the version read, 0 where nobody had it.
    Claim(Meeting),
    /// The meeting is this entry, whatever was known of it.
    Take(Meeting),
    /// A conflict that is new at version 0, or changed since the version read.
    Conflict(Conflict),
    Trace(Trace),
    /// There is something to do for the entry, which no run under way has seen.
    LookAgain {
        connection: ConnectionId,
        row: DirtyEntry,
    },
    /// All of it only while this run holds its lease.
    Under(Fence),
}

impl LinkWrite {
    /// A run that is looking at the entry right now has seen it without the change, and must not take the row away:
    /// no version of an entry is as high as a time in milliseconds.
    pub fn look_again(link: &EventLink, now: Timestamp) -> Self {
        let row = DirtyEntry {
            entry: link.entry,
            version: u64::try_from(now.as_millisecond()).unwrap_or(u64::MAX),
        };
        let connection = link.connection;
        Self::LookAgain { connection, row }
    }

    /// From here on the link has the id that the provider gave.
    pub fn under_its_id(was: EventLink, link: EventLink) -> Self {
        if was.external_id == link.external_id {
            return Self::Update(link);
        }
        Self::Move {
            from: was.into(),
            to: link.into(),
        }
    }

    pub fn take(uid: Uid, entry: EntryId) -> Self {
        Self::Take(Meeting {
            uid,
            entry,
            version: 0,
        })
    }
}

/// Which entry a meeting has, wherever else it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    pub uid: Uid,
    pub entry: EntryId,
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
struct ByEvent {
    entry: EntryId,
    connection: ConnectionId,
}

/// Three months, as long as people ask why something changed.
const TRACE_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
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
        self.some_links_of_calendar(calendar, LINKS_MAX).await
    }

    /// At most so many of them, in no order that means anything.
    pub async fn some_links_of_calendar(
        &self,
        calendar: CalendarId,
        max: usize,
    ) -> Result<Vec<EventLink>, StoreError> {
        let pk = format!("T#{}#LINK", self.tenant);
        let found: Vec<ByEvent> = self
            .table
            .range(Range::prefix(&pk, &format!("R#{calendar}#"), max))
            .await?;
        let keys: Vec<_> = found
            .iter()
            .map(|row| keys::link_by_entry(self.tenant, row.entry, row.connection))
            .collect();
        self.table.get_many(&keys).await
    }

    /// Writes all of it or nothing.
    pub async fn write_links(&self, writes: Vec<LinkWrite>) -> Result<(), StoreError> {
        let mut items = Vec::new();
        for write in writes {
            items.extend(self.link_writes(write)?);
        }
        self.table.write(items).await
    }

    /// Writes each group wholly or not at all, while the run holds its lease, in as few transactions as they fit in.
    /// Answers for each whether it was written: what somebody else wrote first is not.
    pub async fn write_links_each(
        &self,
        groups: Vec<Vec<LinkWrite>>,
        fence: Fence,
    ) -> Result<Vec<bool>, StoreError> {
        let mut items: Vec<Vec<Write>> = Vec::new();
        for group in groups {
            let writes = group.into_iter().map(|write| self.link_writes(write));
            items.push(writes.collect::<Result<Vec<_>, _>>()?.concat());
        }
        let mut written = Vec::new();
        let mut left = items.as_slice();
        while !left.is_empty() {
            let (fitting, rest) = left.split_at(fitting(left));
            left = rest;
            if self.write_under(fitting.concat(), &fence).await.is_ok() {
                written.extend(fitting.iter().map(|_| true));
                continue;
            }
            // One of them may be refused, or all be too large together.
            for group in fitting {
                match self.write_under(group.clone(), &fence).await {
                    Ok(()) => written.push(true),
                    Err(StoreError::Conflict) => written.push(false),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(written)
    }

    async fn write_under(&self, mut items: Vec<Write>, fence: &Fence) -> Result<(), StoreError> {
        items.push(self.held(fence));
        self.table.write(items).await
    }

    pub async fn meetings(&self, uids: &[Uid]) -> Result<Vec<Meeting>, StoreError> {
        let keys: Vec<_> = uids
            .iter()
            .map(|uid| keys::meeting(self.tenant, uid))
            .collect();
        self.table.get_many(&keys).await
    }

    pub(super) fn link_writes(&self, write: LinkWrite) -> Result<Vec<Write>, StoreError> {
        let by_entry =
            |link: &EventLink| keys::link_by_entry(self.tenant, link.entry, link.connection);
        let by_event =
            |link: &EventLink| keys::link_by_event(self.tenant, link.calendar, &link.external_id);
        Ok(match write {
            LinkWrite::Create(mut link) => {
                link.version = 1;
                vec![
                    Item::new("link", by_entry(&link), Some(self.tenant), &link)
                        .guarded(Guard::Absent)
                        .put()?,
                    self.found_by_event(&link)?,
                ]
            }
            LinkWrite::Update(mut link) => {
                let read = link.version;
                link.version += 1;
                let item = Item::new("link", by_entry(&link), Some(self.tenant), &link);
                vec![item.guarded(Guard::Version(read)).put()?]
            }
            LinkWrite::Move { from, mut to } => {
                to.version = from.version + 1;
                vec![
                    Item::new("link", by_entry(&to), Some(self.tenant), &to)
                        .guarded(Guard::Version(from.version))
                        .put()?,
                    Write::delete(by_event(&from), Some(self.tenant), &Guard::Any),
                    self.found_by_event(&to)?,
                ]
            }
            LinkWrite::Delete(link) => vec![
                Write::delete(
                    by_entry(&link),
                    Some(self.tenant),
                    &Guard::Version(link.version),
                ),
                Write::delete(by_event(&link), Some(self.tenant), &Guard::Any),
            ],
            LinkWrite::Claim(meeting) => {
                let guard = Guard::of_version(meeting.version);
                vec![self.meeting_write(meeting, guard)?]
            }
            LinkWrite::Take(meeting) => vec![self.meeting_write(meeting, Guard::Any)?],
            LinkWrite::Conflict(conflict) => self.conflict_writes(conflict)?,
            LinkWrite::Under(fence) => vec![self.held(&fence)],
            LinkWrite::LookAgain { connection, row } => vec![self.dirty_write(connection, &row)?],
            LinkWrite::Trace(trace) => {
                let key = keys::trace(self.tenant, trace.entry, trace.id);
                let item = Item::new("trace", key, Some(self.tenant), &trace);
                vec![item.expires_at(trace.at + TRACE_KEPT).put()?]
            }
        })
    }

    fn found_by_event(&self, link: &EventLink) -> Result<Write, StoreError> {
        let key = keys::link_by_event(self.tenant, link.calendar, &link.external_id);
        let pointer = ByEvent {
            entry: link.entry,
            connection: link.connection,
        };
        Item::new("link_by_event", key, Some(self.tenant), &pointer)
            .guarded(Guard::Absent)
            .put()
    }

    fn meeting_write(&self, meeting: Meeting, guard: Guard) -> Result<Write, StoreError> {
        let key = keys::meeting(self.tenant, &meeting.uid);
        let next = Meeting {
            version: meeting.version + 1,
            ..meeting
        };
        Item::new("meeting", key, Some(self.tenant), &next)
            .guarded(guard)
            .put()
    }
}

/// How many of the groups, at least one, go into one transaction beside the lease.
fn fitting(groups: &[Vec<Write>]) -> usize {
    let mut items = 1;
    let fits = |group: &&Vec<Write>| {
        items += group.len();
        items <= TRANSACTION_ITEMS_MAX
    };
    groups.iter().take_while(fits).count().max(1)
}
