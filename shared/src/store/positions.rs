//! How far the sync of each calendar has come: the cursor, and a comparison with a complete read where one goes on.

use std::collections::{BTreeSet, HashSet};

use domain::{
    calendar::Privacy,
    event::ExternalEventId,
    id::{CalendarId, ConnectionId, EntryId},
    link::EventLink,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, Write},
};
use crate::sync::Fence;

/// How far the sync of a calendar has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPosition {
    /// Opaque "since here"; absent before the first complete read and after the provider declared it void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// A page of a read that did not fit into one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Where the read that led to this cursor began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The calendar was read by a direction that imports: otherwise what it holds is still unknown here.
    #[serde(default)]
    pub imports: bool,
    /// How much of it was read: under another privacy its events say something else.
    #[serde(default)]
    pub privacy: Privacy,
    /// Something of the calendar was taken over before this read: what is linked and not shown by it may be gone.
    #[serde(default, alias = "complete")]
    pub known: bool,
    /// Counts complete reads: what one has shown is kept under its number.
    #[serde(default)]
    pub read: u64,
    /// Links that the last complete read has still to be compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparing: Option<Comparing>,
    /// A complete read beside the cursor, which it leaves alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// When the calendar was last read as a whole and compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciled_at: Option<Timestamp>,
    pub version: u64,
}

/// How far a complete read has come that looks for what notices and deltas missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A walk over the calendar's links, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparing {
    /// What ended before was not asked for, so that its absence says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The last place that was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Place>,
}

impl SyncPosition {
    /// There is something to begin again from.
    pub(crate) fn began(&self) -> bool {
        self.cursor.is_some() || self.page.is_some()
    }

    /// The read under way begins again; the cursor stays.
    pub(crate) fn read_again(&mut self) {
        self.page = None;
        if self.cursor.is_none() {
            self.read += 1;
            self.known = true;
        }
    }

    /// Everything is read again, and what an earlier read showed no longer counts.
    pub(crate) fn start_over(&mut self) {
        self.cursor = None;
        self.page = None;
        self.comparing = None;
        self.audit = None;
        self.read += 1;
        self.known = true;
    }
}

/// Where an event's link stands among those of its calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(String);

impl Place {
    pub fn of(event: &ExternalEventId) -> Self {
        Self(crate::crypto::fingerprint(&event.0))
    }

    /// Enough of a place to tell it from all others of its calendar. Should two ever agree, a deletion is overlooked
    /// until the next complete read; nothing is ever deleted for it.
    fn mark(&self) -> &str {
        self.0.get(..MARK_BYTES).unwrap_or(&self.0)
    }
}

/// What a complete read has shown, as far as links are to be compared with it.
#[derive(Clone, Debug, Default)]
pub struct Shown(BTreeSet<String>);

impl Shown {
    pub fn add(&mut self, event: &ExternalEventId) {
        self.0.insert(Place::of(event).mark().to_owned());
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Everything that a complete read has shown, over however many runs it went.
pub struct AllShown(HashSet<String>);

impl AllShown {
    pub fn has(&self, place: &Place) -> bool {
        self.0.contains(place.mark())
    }
}

/// A link by its place.
#[derive(Deserialize)]
struct Placed {
    #[serde(rename = "SK")]
    key: String,
    entry: EntryId,
    connection: ConnectionId,
}

/// One part of [`Shown`], as one row: the marks of up to a run's worth of pages, one after the other.
#[derive(Serialize, Deserialize)]
struct ShownRow {
    marks: String,
}

/// Sixty bits.
const MARK_BYTES: usize = 10;
/// No complete read goes over more runs than that.
const SHOWN_ROWS_MAX: usize = 10_000;
/// A comparison that was given up, with its connection, leaves nothing behind for long.
const SHOWN_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);

impl TenantStore {
    pub async fn sync_position(&self, calendar: CalendarId) -> Result<SyncPosition, StoreError> {
        Ok(self
            .table
            .get(&keys::cursor(self.tenant, calendar))
            .await?
            .unwrap_or_default())
    }

    /// Moves the cursor: only by the run that holds the lease, and only from where that run found it. What the read has
    /// shown since is kept in the same write, so that a position never stands without it.
    pub async fn commit_position(
        &self,
        calendar: CalendarId,
        position: &SyncPosition,
        shown: &Shown,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<SyncPosition, StoreError> {
        let guard = match position.version {
            0 => Guard::Absent,
            version => Guard::Version(version),
        };
        let next = SyncPosition {
            version: position.version + 1,
            ..position.clone()
        };
        let item = Item::new(
            "cursor",
            keys::cursor(self.tenant, calendar),
            Some(self.tenant),
            &next,
        );
        let mut writes = vec![item.guarded(guard).put()?, self.held(fence)];
        if !shown.0.is_empty() {
            let key = keys::shown(self.tenant, calendar, position.read, next.version);
            let row = ShownRow {
                marks: shown.0.iter().map(String::as_str).collect(),
            };
            let item = Item::new("shown", key, Some(self.tenant), &row);
            writes.push(item.expires_at(now + SHOWN_KEPT_FOR).put()?);
        }
        self.table.write(writes).await?;
        Ok(next)
    }

    /// Fails what is written with it once another run holds the lease.
    pub(super) fn held(&self, fence: &Fence) -> Write {
        let key = keys::demand(fence.connection);
        Write::check_number(key, self.tenant, "fence", fence.number)
    }

    /// What a complete read has shown.
    pub async fn all_shown(&self, calendar: CalendarId, read: u64) -> Result<AllShown, StoreError> {
        let pk = keys::shown_of(self.tenant, calendar);
        let rows: Vec<ShownRow> = self
            .table
            .range(Range::prefix(
                &pk,
                &keys::shown_prefix(read),
                SHOWN_ROWS_MAX,
            ))
            .await?;
        let marks = rows.iter().flat_map(|row| {
            let each = row.marks.as_bytes().chunks(MARK_BYTES);
            each.map(|mark| String::from_utf8_lossy(mark).into_owned())
        });
        Ok(AllShown(marks.collect()))
    }

    /// No comparison needs it any more, nor what an interrupted one left.
    pub async fn forget_shown(&self, calendar: CalendarId) -> Result<(), StoreError> {
        #[derive(Deserialize)]
        struct Keyed {
            #[serde(rename = "SK")]
            sk: String,
        }
        let pk = keys::shown_of(self.tenant, calendar);
        let rows: Vec<Keyed> = self
            .table
            .range(Range::prefix(&pk, "", SHOWN_ROWS_MAX))
            .await?;
        for chunk in rows.chunks(50) {
            let writes = chunk.iter().map(|row| {
                let key = keys::Key {
                    pk: pk.clone(),
                    sk: row.sk.clone(),
                };
                Write::delete(key, Some(self.tenant), &Guard::Any)
            });
            self.table.write(writes.collect()).await?;
        }
        Ok(())
    }

    /// Up to `limit` links of a calendar in the order of their places, where `shown` does not hold them, and the last
    /// place that was looked at: `None` at the end.
    pub async fn links_not_shown(
        &self,
        calendar: CalendarId,
        after: Option<&Place>,
        shown: &AllShown,
        limit: usize,
    ) -> Result<(Vec<(Place, EventLink)>, Option<Place>), StoreError> {
        let pk = format!("T#{}#LINK", self.tenant);
        let prefix = format!("R#{calendar}#");
        let mut range = Range::prefix(&pk, &prefix, limit);
        if let Some(after) = after {
            // A blank sorts before everything that a place is made of.
            range.from = format!("{prefix}{} ", after.0);
        }
        let placed: Vec<Placed> = self.table.range(range).await?;
        let place = |row: &Placed| Place(row.key.trim_start_matches(&prefix).to_owned());
        let last = placed.last().map(place);
        let wanted: Vec<_> = placed
            .iter()
            .filter(|row| !shown.has(&place(row)))
            .map(|row| keys::link_by_entry(self.tenant, row.entry, row.connection))
            .collect();
        let links: Vec<EventLink> = self.table.get_many(&wanted).await?;
        let mut links: Vec<(Place, EventLink)> = links
            .into_iter()
            .map(|link| (Place::of(&link.external_id), link))
            .collect();
        links.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok((links, last))
    }
}
