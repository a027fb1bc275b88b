//! What people call the calendars and members that records speak of by id.

use std::collections::{BTreeSet, HashMap};

use domain::id::{CalendarId, ConnectionId, MemberId};
use futures::future::{try_join, try_join_all};

use crate::store::{StoreError, TenantStore};

pub struct Names {
    calendars: HashMap<CalendarId, String>,
    members: HashMap<MemberId, String>,
}

impl Names {
    pub async fn of(
        store: &TenantStore,
        connections: impl IntoIterator<Item = ConnectionId>,
        members: impl IntoIterator<Item = MemberId>,
    ) -> Result<Self, StoreError> {
        let connections: BTreeSet<ConnectionId> = connections.into_iter().collect();
        let named = connections.into_iter().map(async |id| {
            let looks = try_join(store.connection(id), store.calendars(id));
            let (row, calendars) = Box::pin(looks).await?;
            let account = row.map_or_else(String::new, |row| row.connection.account);
            let named = calendars
                .into_iter()
                .map(|calendar| (calendar.id, calendar.shown_name(&account)));
            Ok::<_, StoreError>(named.collect::<Vec<_>>())
        });
        let members: BTreeSet<MemberId> = members.into_iter().collect();
        let members: Vec<MemberId> = members.into_iter().collect();
        let looks = try_join(try_join_all(named), store.members(&members));
        let (calendars, members) = Box::pin(looks).await?;
        Ok(Self {
            calendars: calendars.into_iter().flatten().collect(),
            members: members
                .into_iter()
                .map(|member| (member.id, member.name))
                .collect(),
        })
    }

    /// "Work, ada@example.com"
    pub fn calendar(&self, id: CalendarId) -> String {
        let name = self.calendars.get(&id).cloned();
        name.unwrap_or_else(|| "a calendar that is gone".to_owned())
    }

    pub fn member(&self, id: MemberId) -> String {
        let name = self.members.get(&id).cloned();
        name.unwrap_or_else(|| "somebody who left".to_owned())
    }
}
