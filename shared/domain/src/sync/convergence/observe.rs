//! What a worker gathers for one decision.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    store::{LinkWrite, Meeting, Stale},
    worker::{SyncError, Worker, policy},
};
use crate::{
    calendar::Calendar,
    entry::Entry,
    event::{CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen},
    id::{EntryId, MemberId},
    link::{EventLink, LinkState},
    sync::observe::{
        EntrySeen, EventSeen, Known, NewEvent, Observation, Pair, needs_a_look,
        needs_the_whole_series,
    },
};

type Links = BTreeMap<ExternalEventId, EventLink>;

impl Worker {
    pub(super) async fn observe_changes(
        &self,
        calendar: &Calendar,
        changes: Vec<Change>,
    ) -> Result<Observation, SyncError> {
        let (events, occurrences) = sorted(changes);
        let alone = occurrences.values().flatten().map(|one| &one.external_id);
        let ids: BTreeSet<_> = events
            .keys()
            .chain(occurrences.keys())
            .chain(alone)
            .cloned()
            .collect();
        let mut links: Links = self
            .ask(|world| {
                let link = |id| world.store.link_of_event(calendar.id, id);
                let found = ids.iter().filter_map(link);
                found.map(|link| (link.external_id.clone(), link)).collect()
            })
            .await;
        let changes = self
            .with_series(calendar, events, occurrences, &links)
            .await?;
        let wanted: Vec<EntryId> = links.values().map(|link| link.entry).collect();
        let entries = self.entries(&wanted).await;
        let mut seen = Observation {
            policy: policy(calendar),
            ..Observation::default()
        };
        let mut new = Vec::new();
        for change in changes {
            if let Some(link) = links.remove(change.external_id()) {
                let entry = entry_seen(entries.get(&link.entry), calendar.member);
                let link = self.adopted(calendar, link, &entry, &change).await;
                let event = event_seen(Some(change));
                seen.pairs.push(Pair { link, entry, event });
            } else if let Change::Upserted(event) = change {
                new.push(event);
            }
        }
        seen.new_events = self.known(calendar, new).await;
        Ok(seen)
    }

    pub(super) async fn known(
        &self,
        calendar: &Calendar,
        events: Vec<CalendarEvent>,
    ) -> Vec<NewEvent> {
        let meeting_of = |event: &CalendarEvent| event.uid.as_ref().map(|uid| uid.0.clone());
        let uids: Vec<String> = events.iter().filter_map(meeting_of).collect();
        let meetings = self.ask(|world| world.store.meetings.clone()).await;
        let found = uids.iter().filter_map(|uid| meetings.get(uid));
        let ids: Vec<EntryId> = found.map(|meeting| meeting.entry).collect();
        let entries = self.entries(&ids).await;
        let mut deleted = BTreeMap::new();
        if ids.iter().any(|id| !entries.contains_key(id)) {
            deleted = self.ask(|world| world.store.deleted.clone()).await;
        }
        let mut taken = BTreeSet::new();
        let look_up = |event: CalendarEvent| {
            let uid = meeting_of(&event);
            let meeting = uid.as_ref().and_then(|uid| meetings.get(uid));
            let known = match meeting {
                None => Known::Nothing,
                Some(meeting) => Known::of(
                    entries.get(&meeting.entry),
                    deleted.get(&meeting.entry),
                    calendar.member,
                ),
            };
            let first = uid.is_none_or(|uid| taken.insert(uid));
            let claim = meeting
                .filter(|_| first)
                .map_or(0, |meeting| meeting.version);
            NewEvent {
                event,
                known,
                claim,
            }
        };
        events.into_iter().map(look_up).collect()
    }

    pub(super) async fn observe_entries(
        &self,
        calendar: &Calendar,
        ids: &[EntryId],
    ) -> Observation {
        let of = self.connection;
        let links: BTreeMap<EntryId, EventLink> = self
            .ask(|world| {
                let link = |id: &EntryId| Some((*id, world.store.links.get(&(*id, of))?.clone()));
                ids.iter().filter_map(link).collect()
            })
            .await;
        let mut entries = self.entries(ids).await;
        let mut seen = Observation {
            policy: policy(calendar),
            ..Observation::default()
        };
        for id in ids {
            match links.get(id) {
                Some(link) if link.calendar == calendar.id => {
                    let entry = entry_seen(entries.get(id), calendar.member);
                    if needs_a_look(link, &entry, policy(calendar)) {
                        seen.pairs.extend(self.observe_again(calendar, link).await);
                        continue;
                    }
                    seen.pairs.push(Pair {
                        link: link.clone(),
                        entry,
                        event: EventSeen::Unreported,
                    });
                }
                None if calendar.settings.receives_new => {
                    let entry = entries.remove(id);
                    let theirs = |entry: &Entry| entry.assignees.contains(&calendar.member);
                    seen.new_entries.extend(entry.filter(theirs));
                }
                Some(_) | None => {}
            }
        }
        seen
    }

    pub(super) async fn observe_again(
        &self,
        calendar: &Calendar,
        link: &EventLink,
    ) -> Option<Pair> {
        let key = (link.entry, link.connection);
        let link = self
            .ask(|world| world.store.links.get(&key).cloned())
            .await?;
        let entry = self
            .ask(|world| world.store.entries.get(&link.entry).cloned())
            .await;
        let entry = entry_seen(entry.as_ref(), calendar.member);
        let id = &link.external_id;
        let read = self.get(calendar, id).await;
        let read = read.unwrap_or_else(|| Change::Removed(id.clone()));
        let link = self.adopted(calendar, link, &entry, &read).await;
        let event = event_seen(Some(read));
        Some(Pair { link, entry, event })
    }

    async fn adopted(
        &self,
        calendar: &Calendar,
        link: EventLink,
        entry: &EntrySeen,
        change: &Change,
    ) -> EventLink {
        let (EntrySeen::Gone, Change::Upserted(event)) = (entry, change) else {
            return link;
        };
        let shown = policy(calendar).shown_event(event.content.clone(), link.origin);
        let Some(mut adopted) = link.adopted(event, &shown) else {
            return link;
        };
        let mut writes = vec![LinkWrite::Update(adopted.clone())];
        writes.extend(adopted.uid.clone().map(|uid| {
            let (entry, version) = (link.entry, 0);
            LinkWrite::Take(Meeting {
                uid,
                entry,
                version,
            })
        }));
        match self.write_links(writes).await {
            Ok(()) => {
                adopted.version += 1;
                adopted
            }
            Err(Stale) => link,
        }
    }

    async fn entries(&self, ids: &[EntryId]) -> BTreeMap<EntryId, Entry> {
        self.ask(|world| {
            let entry = |id| world.store.entries.get(id).cloned();
            let found = ids.iter().filter_map(entry);
            found.map(|entry| (entry.id, entry)).collect()
        })
        .await
    }

    async fn with_series(
        &self,
        calendar: &Calendar,
        events: BTreeMap<ExternalEventId, Change>,
        mut occurrences: BTreeMap<ExternalEventId, Vec<OccurrenceChange>>,
        links: &Links,
    ) -> Result<Vec<Change>, SyncError> {
        let mut changes = Vec::new();
        for (id, change) in events {
            let own = occurrences.remove(&id).unwrap_or_default();
            match change {
                Change::Upserted(event) if event.content.repeats() => {
                    let link = links.get(&id);
                    changes.push(self.whole(calendar, event, own, link).await);
                }
                change @ (Change::Upserted(_)
                | Change::Removed(_)
                | Change::Occurrence(_)
                | Change::Refused { .. }) => {
                    let gone = matches!(change, Change::Removed(_));
                    let alone = own.into_iter().map(|occurrence| {
                        if gone {
                            Change::Removed(occurrence.external_id)
                        } else {
                            Change::Occurrence(occurrence)
                        }
                    });
                    changes.extend(alone);
                    changes.push(change);
                }
            }
        }
        for (series, own) in occurrences {
            changes.extend(self.of_unseen_series(calendar, series, own, links).await);
        }
        Ok(changes)
    }

    async fn whole(
        &self,
        calendar: &Calendar,
        mut event: CalendarEvent,
        own: Vec<OccurrenceChange>,
        link: Option<&EventLink>,
    ) -> Change {
        let item = (calendar.id, event.external_id.0.clone());
        let was_refused = || self.refused.borrow().contains_key(&item);
        let direction = calendar.settings.direction;
        if link.map_or_else(was_refused, |link| {
            needs_the_whole_series(link, &event.revision, &own, direction)
        }) {
            let read = self.get(calendar, &event.external_id).await;
            return read.unwrap_or(Change::Removed(event.external_id));
        }
        let base = link.and_then(EventLink::base);
        for (at, exception) in base.iter().flat_map(|base| base.event().exceptions.iter()) {
            event.content.exceptions.set(at, Some(exception.clone()));
        }
        event.content = own
            .iter()
            .fold(event.content, |content, one| one.over(content));
        Change::Upserted(event)
    }

    async fn of_unseen_series(
        &self,
        calendar: &Calendar,
        series: ExternalEventId,
        own: Vec<OccurrenceChange>,
        links: &Links,
    ) -> Vec<Change> {
        if let Some(link) = links.get(&series)
            && let LinkState::Linked { base, sent: None } = &link.state
        {
            let known = base.event().clone();
            return vec![Change::Upserted(CalendarEvent {
                external_id: series,
                uid: link.uid.clone(),
                revision: base.revision.clone(),
                changed_at: own.iter().filter_map(changed_at).max(),
                content: own.iter().fold(known, |content, one| one.over(content)),
            })];
        }
        match self.get(calendar, &series).await {
            Some(whole @ (Change::Upserted(_) | Change::Refused { .. })) => vec![whole],
            Some(Change::Removed(_) | Change::Occurrence(_)) => {
                let gone = |one: OccurrenceChange| Change::Removed(one.external_id);
                own.into_iter().map(gone).collect()
            }
            None => own
                .into_iter()
                .map(OccurrenceChange::standing_alone)
                .collect(),
        }
    }
}

type Sorted = (
    BTreeMap<ExternalEventId, Change>,
    BTreeMap<ExternalEventId, Vec<OccurrenceChange>>,
);

/// A page's events by id, each in its last state, and beside them the occurrences by series.
fn sorted(changes: Vec<Change>) -> Sorted {
    let newest = changes
        .into_iter()
        .map(|change| (change.external_id().clone(), change));
    let newest: BTreeMap<ExternalEventId, Change> = newest.collect();
    let (mut events, mut occurrences) = Sorted::default();
    for (id, change) in newest {
        match change {
            Change::Occurrence(one) => {
                occurrences.entry(one.series.clone()).or_default().push(one);
            }
            change @ (Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. }) => {
                events.insert(id, change);
            }
        }
    }
    (events, occurrences)
}

fn changed_at(occurrence: &OccurrenceChange) -> Option<jiff::Timestamp> {
    match &occurrence.seen {
        OccurrenceSeen::Changed(event) => event.changed_at,
        OccurrenceSeen::Cancelled | OccurrenceSeen::Refused { .. } => None,
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

fn event_seen(change: Option<Change>) -> EventSeen {
    match change {
        Some(Change::Upserted(event)) => EventSeen::Present {
            revision: event.revision,
            content: event.content,
            changed_at: event.changed_at,
        },
        Some(Change::Removed(_)) | None => EventSeen::Gone,
        Some(Change::Occurrence(_)) => EventSeen::Unreported,
        Some(Change::Refused { .. }) => EventSeen::Unreadable,
    }
}
