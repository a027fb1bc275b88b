//! What there is of a connection beside the row of its end, kind by kind, and how it goes.

use domain::{
    calendar::Calendar,
    ending::{Done, Ending},
    id::ConnectionId,
    link::EventLink,
};
use jiff::Timestamp;

use super::{Fence, noted};
use crate::store::{
    TenantStore,
    item::Write,
    keys,
    table::{Range, StoreError},
};

/// Records that are found and deleted alike, in the order in which they go: calendars are the way to what is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Links,
    Cursors,
    Shown,
    DirtyEntries,
    ParkedEntries,
    Holds,
    StuckItems,
    Runs,
    Subscriptions,
    AccessTokens,
    Calendars,
}

impl Family {
    pub const ALL: [Self; 11] = [
        Self::Links,
        Self::Cursors,
        Self::Shown,
        Self::DirtyEntries,
        Self::ParkedEntries,
        Self::Holds,
        Self::StuckItems,
        Self::Runs,
        Self::Subscriptions,
        Self::AccessTokens,
        Self::Calendars,
    ];
}

/// Deletions of one transaction, beside what is written with them.
pub(in crate::store) const AT_ONCE: usize = 80;
/// A link is two items, and a conflict that goes with it three.
const LINKS_AT_ONCE: usize = 15;

/// Some of what is there to delete.
#[derive(Default)]
struct Found {
    writes: Vec<Write>,
    records: u32,
    /// Copies that stay in the calendar and that nothing knows of afterwards.
    copies: u32,
}

impl TenantStore {
    /// Links of the first calendar that has any, with the calendar.
    pub async fn some_links(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<(Calendar, Vec<EventLink>)>, StoreError> {
        for calendar in self.calendars(connection).await? {
            let links = self
                .some_links_of_calendar(calendar.id, LINKS_AT_ONCE)
                .await?;
            if !links.is_empty() {
                return Ok(Some((calendar, links)));
            }
        }
        Ok(None)
    }

    /// Deletes links whose events are none of ours, and leave nothing in the calendar.
    pub async fn end_links(
        &self,
        ending: Ending,
        links: &[EventLink],
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        let mut found = Found::default();
        for link in links {
            found.writes.extend(self.link_end(link, now).await?);
            found.records += 2;
        }
        self.delete_found(ending, found, fence, now).await
    }

    /// Deletes some of what is left, and the connection itself when nothing else is.
    pub async fn end_records(
        &self,
        ending: Ending,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        let connection = ending.connection;
        let calendars = self.calendars(connection).await?;
        for family in Family::ALL {
            let found = self.left_of(family, connection, &calendars, now).await?;
            if found.records > 0 {
                return self.delete_found(ending, found, fence, now).await;
            }
        }
        let own = keys::connection_of(self.tenant, ending.member, connection);
        let writes = vec![
            self.deletion(keys::connection(self.tenant, connection)),
            self.deletion(own),
            self.deletion(keys::upkeep(connection)),
            Write::delete_that(keys::demand(connection), self.tenant, "fence", fence.number),
        ];
        let next = noted(ending, Done::Step, 4, now)?;
        self.end_with(&next, writes, fence, now).await
    }

    async fn delete_found(
        &self,
        ending: Ending,
        found: Found,
        fence: &Fence,
        now: Timestamp,
    ) -> Result<Ending, StoreError> {
        let done = Done::Records {
            copies: found.copies,
        };
        let next = noted(ending, done, found.records, now)?;
        self.end_with(&next, found.writes, fence, now).await
    }

    async fn left_of(
        &self,
        family: Family,
        connection: ConnectionId,
        calendars: &[Calendar],
        now: Timestamp,
    ) -> Result<Found, StoreError> {
        let tenant = self.tenant;
        let of_connection = format!("{connection}#");
        match family {
            Family::Links => self.links_left(calendars, now).await,
            Family::Cursors => {
                let keys = calendars
                    .iter()
                    .map(|calendar| keys::cursor(tenant, calendar.id));
                let keys: Vec<_> = keys.collect();
                let there: Vec<keys::Key> = self.table.get_many(&keys).await?;
                Ok(self.deleting(there))
            }
            Family::Shown => {
                for calendar in calendars {
                    let found = self.under(&keys::shown_of(tenant, calendar.id), "").await?;
                    if found.records > 0 {
                        return Ok(found);
                    }
                }
                Ok(Found::default())
            }
            Family::DirtyEntries => self.under(&keys::dirty_of(tenant, connection), "").await,
            Family::ParkedEntries => self.under(&keys::parked_of(tenant, connection), "").await,
            Family::Holds => self.under(&keys::holds(tenant, connection), "").await,
            Family::StuckItems => self.under(&keys::stuck_items(tenant), &of_connection).await,
            Family::Runs => self.under(&keys::runs_of(tenant, connection), "").await,
            Family::Subscriptions => {
                self.under(&keys::subscriptions(tenant), &of_connection)
                    .await
            }
            Family::AccessTokens => {
                let key = keys::access_token(tenant, connection);
                let there: Option<keys::Key> = self.table.get(&key).await?;
                Ok(self.deleting(there.into_iter().collect()))
            }
            Family::Calendars => self.under(&keys::calendars(tenant), &of_connection).await,
        }
    }

    async fn under(&self, pk: &str, prefix: &str) -> Result<Found, StoreError> {
        let there = self.table.range(Range::prefix(pk, prefix, AT_ONCE)).await?;
        Ok(self.deleting(there))
    }

    fn deleting(&self, there: Vec<keys::Key>) -> Found {
        let mut found = Found::default();
        for key in there.into_iter().take(AT_ONCE) {
            found.records += 1;
            found.writes.push(self.deletion(key));
        }
        found
    }

    async fn links_left(
        &self,
        calendars: &[Calendar],
        now: Timestamp,
    ) -> Result<Found, StoreError> {
        let mut found = Found::default();
        for calendar in calendars {
            let links = self
                .some_links_of_calendar(calendar.id, LINKS_AT_ONCE)
                .await?;
            for link in &links {
                found.writes.extend(self.link_end(link, now).await?);
                found.records += 2;
                found.copies += u32::from(link.has_copy());
            }
            if found.records > 0 {
                break;
            }
        }
        Ok(found)
    }
}
