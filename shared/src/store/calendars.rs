//! Calendars of a connection, and the subscriptions on them.

use domain::{
    calendar::Calendar,
    connection::Connection,
    id::{ConnectionId, IntegrationEventId, MemberId},
    integration::IntegrationEvent,
    subscription::Subscription,
};
use jiff::Timestamp;

use super::{
    TenantStore,
    item::{Guard, Item},
    keys,
    table::{Range, StoreError, TRANSACTION_ITEMS_MAX, Write},
};
use crate::ids;

/// More calendars than any account shows.
const CALENDARS_MAX: usize = 250;
const SUBSCRIPTIONS_MAX: usize = 500;

impl TenantStore {
    pub async fn calendars(&self, connection: ConnectionId) -> Result<Vec<Calendar>, StoreError> {
        let pk = keys::calendars(self.tenant);
        self.table
            .range(Range::prefix(&pk, &format!("{connection}#"), CALENDARS_MAX))
            .await
    }

    /// Writes new and changed calendars; `calendar.version` is the version read, 0 for a new one.
    pub async fn put_calendars(&self, calendars: &[Calendar]) -> Result<(), StoreError> {
        for chunk in calendars.chunks(50) {
            let mut writes = chunk
                .iter()
                .map(|calendar| self.calendar_write(calendar))
                .collect::<Result<Vec<_>, _>>()?;
            let connection = chunk.first().map(|calendar| calendar.connection);
            writes.extend(connection.map(|connection| self.not_closed(connection)));
            self.table.write(writes).await?;
        }
        Ok(())
    }

    /// Writes what was chosen otherwise, while the other calendars are what they were read as: what two people choose in the
    /// same moment is never mixed. More than fit into one transaction are written by handfuls.
    pub async fn put_choice(
        &self,
        connection: ConnectionId,
        changed: &[Calendar],
        others: &[Calendar],
    ) -> Result<(), StoreError> {
        // One more says that the connection stands.
        if changed.is_empty() || changed.len() + others.len() >= TRANSACTION_ITEMS_MAX {
            return self.put_calendars(changed).await;
        }
        let mut writes = vec![self.not_closed(connection)];
        for calendar in changed {
            writes.push(self.calendar_write(calendar)?);
        }
        let check = |calendar: &Calendar| {
            let key = keys::calendar(self.tenant, connection, calendar.id);
            Write::check(key, self.tenant, calendar.version)
        };
        writes.extend(others.iter().map(check));
        self.table.write(writes).await
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
            let standing = told.then_some(connection);
            match self.set_mirrors(&member, mirrors, standing).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    pub async fn subscriptions(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<Subscription>, StoreError> {
        let pk = keys::subscriptions(self.tenant);
        self.table
            .range(Range::prefix(
                &pk,
                &format!("{connection}#"),
                SUBSCRIPTIONS_MAX,
            ))
            .await
    }

    pub async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        self.table
            .write(self.subscription_writes(subscription)?)
            .await
    }

    /// One that the provider has granted from `now` until then; the log tells of it.
    pub async fn put_granted(
        &self,
        subscription: &Subscription,
        connection: &Connection,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let id = ids::mint(self.tenant, now, IntegrationEventId::from_parts);
        let event = IntegrationEvent::renewed(id, now, connection, until);
        let mut writes = self.subscription_writes(subscription)?;
        writes.extend(self.event_writes(&event)?);
        self.table.write(writes).await
    }

    fn subscription_writes(&self, subscription: &Subscription) -> Result<Vec<Write>, StoreError> {
        let key = self.subscription_key(subscription);
        let item = Item::new("subscription", key, Some(self.tenant), subscription);
        Ok(vec![item.put()?, self.not_closed(subscription.connection)])
    }

    pub async fn delete_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let key = self.subscription_key(subscription);
        self.table
            .write(vec![Write::delete(key, Some(self.tenant), &Guard::Any)])
            .await
    }

    pub(super) fn subscription_key(&self, subscription: &Subscription) -> keys::Key {
        let Subscription {
            id,
            connection,
            calendar,
            ..
        } = subscription;
        keys::subscription(self.tenant, *connection, *calendar, *id)
    }
}
