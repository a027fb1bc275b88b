//! Calendars of a connection, where each one's sync stands, and the subscriptions on them.

use domain::{
    calendar::Calendar,
    id::{CalendarId, ConnectionId, MemberId},
    subscription::Subscription,
};
use jiff::Timestamp;
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
    /// There has been a complete read before: what is linked and absent from the next one may be gone.
    #[serde(default)]
    pub complete: bool,
    pub version: u64,
}

impl SyncPosition {
    /// There is something to begin again from.
    pub(crate) fn began(&self) -> bool {
        self.cursor.is_some() || self.page.is_some()
    }
}

/// More calendars than any account shows.
const CALENDARS_MAX: usize = 250;
const SUBSCRIPTIONS_MAX: usize = 500;

impl TenantStore {
    pub async fn calendars(&self, connection: ConnectionId) -> Result<Vec<Calendar>, StoreError> {
        let pk = format!("T#{}#CAL", self.tenant);
        self.table
            .range(Range::prefix(&pk, &format!("{connection}#"), CALENDARS_MAX))
            .await
    }

    /// Writes new and changed calendars; `calendar.version` is the version read, 0 for a new one.
    pub async fn put_calendars(&self, calendars: &[Calendar]) -> Result<(), StoreError> {
        for chunk in calendars.chunks(50) {
            let writes = chunk
                .iter()
                .map(|calendar| self.calendar_write(calendar))
                .collect::<Result<_, _>>()?;
            self.table.write(writes).await?;
        }
        Ok(())
    }

    fn calendar_write(&self, calendar: &Calendar) -> Result<Write, StoreError> {
        let guard = match calendar.version {
            0 => Guard::Absent,
            version => Guard::Version(version),
        };
        let mut next = calendar.clone();
        next.version += 1;
        let key = keys::calendar(self.tenant, calendar.connection, calendar.id);
        Item::new("calendar", key, Some(self.tenant), &next)
            .guarded(guard)
            .put()
    }

    /// Says whether a connection is told of the member's entries. Entries written at this moment start over.
    pub async fn set_mirror(
        &self,
        member: MemberId,
        connection: ConnectionId,
        told: bool,
    ) -> Result<(), StoreError> {
        for _ in 0..5 {
            let Some(member) = self.member(member).await? else {
                return Ok(());
            };
            let mut mirrors = member.mirrors.clone();
            mirrors.retain(|mirror| *mirror != connection);
            mirrors.extend(told.then_some(connection));
            if mirrors == member.mirrors {
                return Ok(());
            }
            match self.set_mirrors(&member, mirrors).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    pub async fn sync_position(&self, calendar: CalendarId) -> Result<SyncPosition, StoreError> {
        Ok(self
            .table
            .get(&keys::cursor(self.tenant, calendar))
            .await?
            .unwrap_or_default())
    }

    /// Moves the cursor: only by the run that holds the lease, and only from where that run found it.
    pub async fn commit_position(
        &self,
        calendar: CalendarId,
        position: &SyncPosition,
        fence: &Fence,
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
        let held = Write::check_number(
            keys::demand(fence.connection),
            self.tenant,
            "fence",
            fence.number,
        );
        self.table
            .write(vec![item.guarded(guard).put()?, held])
            .await?;
        Ok(next)
    }

    pub async fn subscriptions(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<Subscription>, StoreError> {
        let pk = format!("T#{}#SUB", self.tenant);
        self.table
            .range(Range::prefix(
                &pk,
                &format!("{connection}#"),
                SUBSCRIPTIONS_MAX,
            ))
            .await
    }

    pub async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let key = self.subscription_key(subscription);
        self.table
            .put(Item::new(
                "subscription",
                key,
                Some(self.tenant),
                subscription,
            ))
            .await
    }

    pub async fn delete_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let key = self.subscription_key(subscription);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &Guard::Any)])
            .await
    }

    fn subscription_key(&self, subscription: &Subscription) -> keys::Key {
        let Subscription {
            id,
            connection,
            calendar,
            ..
        } = subscription;
        keys::subscription(self.tenant, *connection, *calendar, *id)
    }
}
