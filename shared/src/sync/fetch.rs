//! Gathers what one decision needs: links, entries and what the provider said of each.

mod given;
mod series;

use std::collections::{HashMap, HashSet};

use domain::{
    calendar::Calendar,
    content::Content,
    entry::Entry,
    event::{CalendarEvent, Change, ExternalEventId, Uid},
    failure::Refusal,
    id::{EntryId, MemberId},
    link::EventLink,
    sync::observe::{
        EntrySeen, EventSeen, Known, NewEvent, Observation, Pair, Policy, RefusedEvent,
        needs_a_look,
    },
};
use jiff::Timestamp;
use series::SeenPage;

use super::{Context, SyncError};
use crate::{
    providers::SeriesShown,
    store::{DirtyEntry, Meeting},
};

impl Context<'_> {
    pub(super) fn policy(&self, calendar: &Calendar) -> Policy {
        Policy {
            direction: calendar.settings.direction,
            privacy: calendar.settings.privacy,
            conflicts: calendar.settings.conflicts,
            masked: self.provider.masked(),
            restoring: None,
        }
    }

    /// What a page of changes means for this calendar. `since` is where the calendar's history begins.
    pub(super) async fn observe_changes(
        &self,
        calendar: &Calendar,
        changes: Vec<Change>,
        series: SeriesShown,
        since: Option<Timestamp>,
    ) -> Result<Observation, SyncError> {
        let page = SeenPage::of(changes);
        let mut links: HashMap<ExternalEventId, EventLink> = self
            .store
            .links_of_events(calendar.id, &page.external_ids())
            .await?
            .into_iter()
            .map(|link| (link.external_id.clone(), link))
            .collect();
        if page.has_new(&links) {
            links.extend(self.unanswered(calendar).await?);
        }
        let changes = match series {
            SeriesShown::Apart => self.with_series(calendar, page, &links).await?,
            SeriesShown::Whole => page.whole(),
        };
        let linked: Vec<EntryId> = links.values().map(|link| link.entry).collect();
        let entries = self.entries(&linked).await?;
        let mut seen = Observation {
            policy: self.policy(calendar),
            ..Observation::default()
        };
        let mut new = Vec::new();
        for change in changes {
            if let Some(link) = links.remove(change.external_id()) {
                let entry = entry_seen(entries.get(&link.entry), calendar.member);
                let link = Box::pin(self.adopted(calendar, link, &entry, &change)).await?;
                let (event, refused) = event_seen(change);
                seen.refused.extend(refused);
                seen.pairs.push(Pair { link, entry, event });
                continue;
            }
            match change {
                Change::Upserted(event) => match before_history(&event, since) {
                    Some(refused) => seen.refused.push(refused),
                    None => new.push(event),
                },
                // Never ours; there is nothing to remove.
                Change::Removed(_) | Change::Occurrence(_) => {}
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
        seen.new_events = self.known(calendar, new).await?;
        Ok(seen)
    }

    /// Whether these meetings have, or had, an entry through another calendar.
    pub(super) async fn known(
        &self,
        calendar: &Calendar,
        events: Vec<CalendarEvent>,
    ) -> Result<Vec<NewEvent>, SyncError> {
        let uids: Vec<Uid> = events
            .iter()
            .filter_map(|event| event.uid.clone())
            .collect();
        let meetings = self.store.meetings(&uids).await?;
        let meetings: HashMap<&Uid, &Meeting> = meetings
            .iter()
            .map(|meeting| (&meeting.uid, meeting))
            .collect();
        let ids: Vec<EntryId> = meetings.values().map(|meeting| meeting.entry).collect();
        let entries = self.entries(&ids).await?;
        let missing: Vec<EntryId> = ids
            .into_iter()
            .filter(|id| !entries.contains_key(id))
            .collect();
        let mut deleted: HashMap<EntryId, Entry> = HashMap::new();
        if !missing.is_empty() {
            let rows = self.store.deleted_of(&missing).await?;
            deleted.extend(rows.into_iter().map(|row| (row.entry.id, row.entry)));
        }
        let mut taken = HashSet::new();
        let look_up = |event: CalendarEvent| {
            let meeting = event
                .uid
                .as_ref()
                .and_then(|uid| meetings.get(uid).copied());
            let known = match meeting {
                None => Known::Nothing,
                Some(meeting) => Known::of(
                    entries.get(&meeting.entry),
                    deleted.get(&meeting.entry),
                    calendar.member,
                ),
            };
            // The second of two events of one meeting on one page meets the first one's entry when it is written.
            let first = event.uid.clone().is_none_or(|uid| taken.insert(uid));
            let claim = meeting
                .filter(|_| first)
                .map_or(0, |meeting| meeting.version);
            NewEvent {
                event,
                known,
                claim,
            }
        };
        Ok(events.into_iter().map(look_up).collect())
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
        let since = calendar.settings.history.starts_at(self.app.clock.now());
        let mut seen = Observation {
            policy: self.policy(calendar),
            ..Observation::default()
        };
        for id in ids {
            match links.get(&id) {
                Some(link) if link.calendar == calendar.id => {
                    let entry = entry_seen(entries.get(&id), calendar.member);
                    if needs_a_look(link, &entry, self.policy(calendar)) {
                        seen.pairs.extend(self.observe_again(calendar, link).await?);
                    } else {
                        seen.pairs.push(Pair {
                            link: link.clone(),
                            entry,
                            event: EventSeen::Unreported,
                        });
                    }
                }
                None if calendar.settings.receives_new => {
                    let entry = entries.remove(&id).filter(|entry| {
                        entry.assignees.contains(&calendar.member)
                            && !ended_before(&entry.content, since)
                    });
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
        let id = &link.external_id;
        let read = self.provider.get(&self.access, calendar, id).await?;
        let read = read.unwrap_or_else(|| Change::Removed(id.clone()));
        let link = Box::pin(self.adopted(calendar, link, &entry, &read)).await?;
        let (event, _) = event_seen(read);
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

pub(super) fn entry_seen(entry: Option<&Entry>, owner: MemberId) -> EntrySeen {
    match entry {
        Some(entry) if entry.assignees.contains(&owner) => EntrySeen::Present {
            version: entry.version,
            content: entry.content.clone(),
            changed_at: entry.updated_at,
            shared: entry.assignees.len() > 1,
            origin: entry.origin,
        },
        Some(_) | None => EntrySeen::Gone,
    }
}

fn event_seen(change: Change) -> (EventSeen, Option<RefusedEvent>) {
    match change {
        Change::Upserted(CalendarEvent {
            revision,
            content,
            changed_at,
            ..
        }) => {
            let event = EventSeen::Present {
                revision,
                content,
                changed_at,
            };
            (event, None)
        }
        Change::Removed(_) => (EventSeen::Gone, None),
        // Made part of its series, or an event of its own, before it comes here.
        Change::Occurrence(_) => (EventSeen::Unreported, None),
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
    ended_before(&event.content, since).then(|| RefusedEvent {
        external_id: event.external_id.clone(),
        title: event.content.title.clone(),
        refusal: Refusal::BeforeHistory,
    })
}

/// What was over before the history that the calendar keeps.
pub(super) fn ended_before(content: &Content, since: Option<Timestamp>) -> bool {
    !content.repeats() && since.is_some_and(|since| content.timing.when.widest_bounds().1 < since)
}
