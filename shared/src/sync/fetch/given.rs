//! Events whose ids the provider gives: what a lost answer did not tell, and what a read left out.

use std::collections::{BTreeSet, HashMap};

use domain::{
    calendar::Calendar,
    event::{Change, ExternalEventId},
    id::EntryId,
    link::{EventLink, LinkState},
    sync::observe::EntrySeen,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::super::{Context, SyncError};
use crate::{
    providers::{Page, is_name},
    store::{LinkWrite, StoreError},
};

/// Asked for at the same time; providers allow few requests at once.
const ASKED_AT_ONCE: usize = 3;

impl Context<'_> {
    /// Copies of this calendar that an earlier try may have created without hearing of it. Such a copy comes back under an
    /// id that no link knows, and must not be taken for somebody's new event.
    pub(super) async fn unanswered(
        &self,
        calendar: &Calendar,
    ) -> Result<HashMap<ExternalEventId, EventLink>, SyncError> {
        if self.provider.event_id("").is_some() {
            return Ok(HashMap::new());
        }
        let found = self.unanswered.get_or_try_init(|| self.find_unanswered());
        let found = found.await?.iter();
        Ok(found
            .filter(|(_, link)| link.calendar == calendar.id)
            .map(|(id, link)| (id.clone(), link.clone()))
            .collect())
    }

    /// An entry whose copy has no answer yet still waits to be written, or stands aside as failed.
    async fn find_unanswered(&self) -> Result<HashMap<ExternalEventId, EventLink>, SyncError> {
        let connection = self.connection.id;
        let dirty = self.store.dirty_entries(connection).await?;
        let failed = self.stuck.iter().filter_map(|item| item.entry);
        // What failed and was changed since is both.
        let waiting: BTreeSet<EntryId> = dirty.iter().map(|row| row.entry).chain(failed).collect();
        let waiting: Vec<EntryId> = waiting.into_iter().collect();
        let calendars = self.store.calendars(connection).await?;
        let mut found = HashMap::new();
        for link in self.store.links_of_entries(&waiting, connection).await? {
            let is_pending = matches!(link.state, LinkState::Pending { .. });
            let calendar = calendars.iter().find(|known| known.id == link.calendar);
            let Some(calendar) = calendar.filter(|_| is_pending && is_name(&link.external_id))
            else {
                continue;
            };
            let id = &link.external_id;
            if let Some(Change::Upserted(event)) =
                self.provider.get(&self.access, calendar, id).await?
            {
                found.insert(event.external_id, link);
            }
        }
        Ok(found)
    }

    /// Nothing will ask again for an event whose entry is gone: what no answer told of it is written down where it is seen.
    pub(super) async fn adopted(
        &self,
        calendar: &Calendar,
        link: EventLink,
        entry: &EntrySeen,
        change: &Change,
    ) -> Result<EventLink, SyncError> {
        let (EntrySeen::Gone, Change::Upserted(event)) = (entry, change) else {
            return Ok(link);
        };
        let shown = event.content.clone();
        let shown = self.policy(calendar).shown_event(shown, link.origin);
        let Some(mut adopted) = link.adopted(event, &shown) else {
            return Ok(link);
        };
        let mut writes = vec![LinkWrite::under_its_id(link.clone(), adopted.clone())];
        let entry = link.entry;
        writes.extend(adopted.uid.clone().map(|uid| LinkWrite::take(uid, entry)));
        match self.write_links(writes).await {
            Ok(()) => {
                adopted.version += 1;
                Ok(adopted)
            }
            Err(StoreError::Conflict) => Ok(link),
            Err(error) => Err(error.into()),
        }
    }

    /// What became of events that the page no longer shows. Of those that were never ours nothing is asked: nothing
    /// could be removed for them.
    pub(in crate::sync) async fn with_out_of_view(
        &self,
        calendar: &Calendar,
        page: &mut Page,
    ) -> Result<(), SyncError> {
        if page.out_of_view.is_empty() {
            return Ok(());
        }
        let gone = std::mem::take(&mut page.out_of_view);
        let links = self.store.links_of_events(calendar.id, &gone).await?;
        let linked = |id: &ExternalEventId| links.iter().any(|link| link.external_id == *id);
        let stuck = |id: &ExternalEventId| self.stuck.iter().any(|item| item.item == id.0);
        let known = gone.into_iter().filter(|id| linked(id) || stuck(id));
        let read = |id: ExternalEventId| async move {
            let found = self.provider.get(&self.access, calendar, &id).await?;
            Ok::<_, SyncError>(found.unwrap_or(Change::Removed(id)))
        };
        let reads = stream::iter(known).map(read).buffered(ASKED_AT_ONCE);
        page.changes.extend(reads.try_collect::<Vec<_>>().await?);
        Ok(())
    }
}
