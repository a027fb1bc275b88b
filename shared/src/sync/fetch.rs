//! Gathers what one decision needs: links, entries and what the provider said of each.

use std::collections::HashMap;

use domain::{
    calendar::Calendar,
    entry::Entry,
    event::{CalendarEvent, Change, ExternalEventId},
    failure::Refusal,
    id::{EntryId, MemberId},
    link::EventLink,
    sync::observe::{EntrySeen, EventSeen, Observation, Pair, Policy, RefusedEvent},
};
use jiff::Timestamp;

use super::{Context, SyncError};
use crate::store::DirtyEntry;

impl Context<'_> {
    pub(super) fn policy(&self, calendar: &Calendar) -> Policy {
        Policy {
            direction: calendar.settings.direction,
            masked: self.provider.masked(),
        }
    }

    /// What a page of changes means for this calendar. `since` is where the calendar's history begins.
    pub(super) async fn observe_changes(
        &self,
        calendar: &Calendar,
        changes: Vec<Change>,
        since: Option<Timestamp>,
    ) -> Result<Observation, SyncError> {
        let ids: Vec<ExternalEventId> = newest(&changes).keys().map(|id| (*id).clone()).collect();
        let mut links: HashMap<ExternalEventId, EventLink> = self
            .store
            .links_of_events(calendar.id, &ids)
            .await?
            .into_iter()
            .map(|link| (link.external_id.clone(), link))
            .collect();
        let linked: Vec<EntryId> = links.values().map(|link| link.entry).collect();
        let entries = self.entries(&linked).await?;
        let mut seen = Observation {
            policy: self.policy(calendar),
            ..Observation::default()
        };
        let keep: HashMap<ExternalEventId, usize> = newest(&changes)
            .into_iter()
            .map(|(id, index)| (id.clone(), index))
            .collect();
        for (index, change) in changes.into_iter().enumerate() {
            // A page may show one event twice; its last state counts.
            if keep.get(change.external_id()) != Some(&index) {
                continue;
            }
            if let Some(link) = links.remove(change.external_id()) {
                let entry = entry_seen(entries.get(&link.entry), calendar.member);
                let (event, refused) = event_seen(change);
                seen.refused.extend(refused);
                seen.pairs.push(Pair { link, entry, event });
                continue;
            }
            match change {
                Change::Upserted(event) => match before_history(&event, since) {
                    Some(refused) => seen.refused.push(refused),
                    None => seen.new_events.push(event),
                },
                // Never ours; there is nothing to remove.
                Change::Removed(_) => {}
                Change::Refused {
                    external_id,
                    title,
                    refusal,
                } => {
                    seen.refused.push(RefusedEvent {
                        external_id,
                        title,
                        refusal,
                    });
                }
            }
        }
        Ok(seen)
    }

    /// What changed here, for the calendar that each entry is linked to or belongs in.
    pub(super) async fn observe_entries(
        &self,
        calendar: &Calendar,
        dirty: &[DirtyEntry],
    ) -> Result<Observation, SyncError> {
        let ids: Vec<EntryId> = dirty.iter().map(|row| row.entry).collect();
        let links: HashMap<EntryId, EventLink> = self
            .store
            .links_of_entries(&ids, self.connection.id)
            .await?
            .into_iter()
            .map(|link| (link.entry, link))
            .collect();
        let mut entries = self.entries(&ids).await?;
        let mut seen = Observation {
            policy: self.policy(calendar),
            ..Observation::default()
        };
        for id in ids {
            match links.get(&id) {
                Some(link) if link.calendar == calendar.id => seen.pairs.push(Pair {
                    link: link.clone(),
                    entry: entry_seen(entries.get(&id), calendar.member),
                    event: EventSeen::Unreported,
                }),
                None if calendar.settings.receives_new => {
                    let entry = entries
                        .remove(&id)
                        .filter(|entry| entry.assignees.contains(&calendar.member));
                    seen.new_entries.extend(entry);
                }
                Some(_) | None => {}
            }
        }
        Ok(seen)
    }

    /// Looks once more at both ends of a link, at the provider itself.
    pub(super) async fn observe_again(
        &self,
        calendar: &Calendar,
        link: &EventLink,
    ) -> Result<Option<Pair>, SyncError> {
        let Some(link) = self
            .store
            .link_of_entry(link.entry, link.connection)
            .await?
        else {
            return Ok(None);
        };
        let entry = self.store.entry(link.entry).await?;
        let entry = entry_seen(entry.as_ref(), calendar.member);
        let event = match self
            .provider
            .get(&self.access, calendar, &link.external_id)
            .await?
        {
            Some(change) => event_seen(change).0,
            None => EventSeen::Gone,
        };
        Ok(Some(Pair { link, entry, event }))
    }

    async fn entries(&self, ids: &[EntryId]) -> Result<HashMap<EntryId, Entry>, SyncError> {
        Ok(self
            .store
            .entries(ids)
            .await?
            .into_iter()
            .map(|entry| (entry.id, entry))
            .collect())
    }
}

/// The last place at which each event stands in a list of changes.
fn newest(changes: &[Change]) -> HashMap<&ExternalEventId, usize> {
    changes
        .iter()
        .enumerate()
        .map(|(index, change)| (change.external_id(), index))
        .collect()
}

fn entry_seen(entry: Option<&Entry>, owner: MemberId) -> EntrySeen {
    match entry {
        Some(entry) if entry.assignees.contains(&owner) => EntrySeen::Present {
            version: entry.version,
            content: entry.content.clone(),
            shared: entry.assignees.len() > 1,
        },
        Some(_) | None => EntrySeen::Gone,
    }
}

fn event_seen(change: Change) -> (EventSeen, Option<RefusedEvent>) {
    match change {
        Change::Upserted(CalendarEvent {
            revision, content, ..
        }) => (EventSeen::Present { revision, content }, None),
        Change::Removed(_) => (EventSeen::Gone, None),
        Change::Refused {
            external_id,
            title,
            refusal,
        } => (
            EventSeen::Unreadable,
            Some(RefusedEvent {
                external_id,
                title,
                refusal,
            }),
        ),
    }
}

fn before_history(event: &CalendarEvent, since: Option<Timestamp>) -> Option<RefusedEvent> {
    let timing = &event.content.timing;
    let ended = timing.recurrence.is_none() && timing.when.widest_bounds().1 < since?;
    ended.then(|| RefusedEvent {
        external_id: event.external_id.clone(),
        title: event.content.title.clone(),
        refusal: Refusal::BeforeHistory,
    })
}
