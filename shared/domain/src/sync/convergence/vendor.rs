//! The calls that one change of a calendar takes: a series is written item by item, each write guarded.

use super::{
    items::{Item, reworded},
    ledger::values,
    provider::{Patch, created},
    store::Lease,
    worker::Worker,
    world::World,
};
use crate::{
    calendar::Calendar,
    content::{Content, Field, Fields, Parts},
    event::{CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen, Revision},
    failure::FailureClass,
    series::{Exception, OriginalStart},
};

pub(super) enum Created {
    New(CalendarEvent),
    Existing(CalendarEvent),
}

#[derive(Clone, Copy)]
pub(super) struct EventWrite<'a> {
    pub(super) id: &'a ExternalEventId,
    pub(super) revision: &'a Revision,
    pub(super) content: &'a Content,
    pub(super) seen: &'a Content,
    pub(super) parts: &'a Parts,
}

pub(super) struct Written {
    pub(super) revision: Revision,
    pub(super) content: Content,
}

impl World {
    /// Nothing at the provider guards what comes into being, or back, under an id of ours. A run does neither once it was
    /// overtaken, because its process ends some time before its lease does.
    fn has_process(&self, lease: Lease) -> Result<(), FailureClass> {
        let is_held = self.store.is_held(lease);
        is_held.then_some(()).ok_or(FailureClass::Transient)
    }
}

impl Worker {
    pub(super) async fn get(&self, calendar: &Calendar, id: &ExternalEventId) -> Option<Change> {
        self.ask(|world| {
            world.provider.gets += 1;
            world.provider.places.get(&calendar.id)?.get(id)
        })
        .await
    }

    pub(super) async fn create(
        &self,
        calendar: &Calendar,
        id: &ExternalEventId,
        content: &Content,
    ) -> Result<Created, FailureClass> {
        let inserted = self
            .ask(|world| {
                world.has_process(self.lease())?;
                world.allows_create(calendar, id);
                let now = world.now();
                let event = CalendarEvent {
                    external_id: id.clone(),
                    uid: None,
                    revision: Revision(String::new()),
                    changed_at: None,
                    content: created(content),
                };
                let created = world.provider.create(calendar.id, event, now);
                if let Ok(item) = &created {
                    world.ledger.copied(item);
                }
                world.answer(self.connection, created)
            })
            .await;
        match inserted {
            Ok(item) => return Ok(Created::New(item.shown())),
            Err(FailureClass::Conflict) => {}
            Err(class) => return Err(class),
        }
        match self.get(calendar, id).await {
            Some(Change::Upserted(event)) => Ok(Created::Existing(event)),
            Some(Change::Removed(_)) => {
                let whole = created(content);
                let item = self.patch(calendar, id, None, &whole, Fields::ALL).await?;
                Ok(Created::New(item.shown()))
            }
            Some(Change::Refused { .. } | Change::Occurrence(_)) | None => {
                Err(FailureClass::Rejected)
            }
        }
    }

    async fn patch(
        &self,
        calendar: &Calendar,
        id: &ExternalEventId,
        revision: Option<&Revision>,
        content: &Content,
        fields: Fields,
    ) -> Result<Item, FailureClass> {
        self.ask(|world| {
            if revision.is_none() {
                world.has_process(self.lease())?;
                // Nor the moment between the look at what was deleted and its coming back.
                let moved_back = world.provider.places[&calendar.id].find(id);
                let moved_back = moved_back.filter(|item| item.alive);
                let words = moved_back.iter().flat_map(|item| values(&item.content));
                world.ledger.seen_to_go.extend(words);
            }
            World::allows_write(calendar);
            if fields.contains(Field::Timing) {
                self.takes_along(world, calendar, id);
            }
            let now = world.now();
            let content = &reworded(content);
            let patch = Patch {
                id,
                revision,
                content,
                fields,
                now,
            };
            let patched = world.provider.patch(calendar.id, &patch);
            world.answer(self.connection, patched)
        })
        .await
    }

    /// No guard of the service covers the moment between a look at the exceptions of a series and its move or deletion.
    fn takes_along(&self, world: &mut World, calendar: &Calendar, series: &ExternalEventId) {
        let since = self.looked_at.replace(u64::MAX);
        let unseen = world.provider.exceptions_since(calendar.id, series, since);
        world
            .ledger
            .seen_to_go
            .extend(unseen.iter().flat_map(values));
        let hidden = calendar.settings.privacy.hidden();
        for content in world.provider.exceptions_since(calendar.id, series, 0) {
            world.ledger.goes_unshown(&content, hidden);
        }
    }

    pub(super) async fn delete(
        &self,
        calendar: &Calendar,
        id: &ExternalEventId,
        revision: Option<&Revision>,
    ) -> Result<(), FailureClass> {
        let deleted = self
            .ask(|world| {
                World::allows_write(calendar);
                self.takes_along(world, calendar, id);
                let now = world.now();
                let item = world.provider.places[&calendar.id].find(id);
                let deleted = world.provider.delete(calendar.id, id, revision, now);
                if let (Ok(()), Some(item)) = (deleted, item) {
                    let hidden = calendar.settings.privacy.hidden();
                    world.ledger.goes_unshown(&item.content, hidden);
                }
                world.answer(self.connection, deleted)
            })
            .await;
        match deleted {
            Ok(()) | Err(FailureClass::NotFound) => Ok(()),
            Err(class) => Err(class),
        }
    }

    pub(super) async fn update(
        &self,
        calendar: &Calendar,
        write: EventWrite<'_>,
    ) -> Result<Written, FailureClass> {
        let EventWrite {
            id,
            revision,
            content,
            seen,
            parts,
        } = write;
        let mut own = parts.own;
        let left_out = Some(&Exception::Cancelled);
        if content.says_its_rule(seen, parts) {
            own = own.with(Field::Timing);
        }
        let mut written = Written {
            revision: revision.clone(),
            content: seen.clone(),
        };
        if !own.is_empty() {
            let item = self
                .patch(calendar, id, Some(revision), content, own)
                .await?;
            let moved = own.contains(Field::Timing);
            written = self.with_old_exceptions(calendar, item, seen, moved).await;
        }
        for (at, fields) in &parts.occurrences {
            if content.exceptions.get(*at) == left_out
                && written.content.exceptions.get(*at) == left_out
                && own.contains(Field::Timing)
                && seen.exceptions.get(*at).is_none()
            {
                continue;
            }
            written.content = self
                .update_occurrence(calendar, write, (*at, *fields), written.content)
                .await?;
        }
        Ok(written)
    }

    async fn with_old_exceptions(
        &self,
        calendar: &Calendar,
        item: Item,
        seen: &Content,
        moved: bool,
    ) -> Written {
        let revision = item.revision();
        let cancelled = seen.exceptions.cancelled().count();
        if moved && seen.exceptions.len() > cancelled {
            let whole = |content: Content| Written {
                revision: revision.clone(),
                content,
            };
            return self
                .ask(|world| {
                    world.provider.gets += 1;
                    let place = &world.provider.places[&calendar.id];
                    whole(place.whole(&item))
                })
                .await;
        }
        let mut content = item.content;
        for (at, exception) in seen.exceptions.iter() {
            content.exceptions.set(at, Some(exception.clone()));
        }
        Written { revision, content }
    }

    async fn update_occurrence(
        &self,
        calendar: &Calendar,
        write: EventWrite<'_>,
        (at, fields): (OriginalStart, Fields),
        mut series: Content,
    ) -> Result<Content, FailureClass> {
        let EventWrite { content, seen, .. } = write;
        let id = ExternalEventId(format!("{}_{at}", write.id));
        let found = self
            .ask(|world| {
                world.provider.gets += 1;
                world.provider.places[&calendar.id].find(&id)
            })
            .await;
        let Some(found) = found else {
            series.exceptions.set(at, None);
            return Ok(series);
        };
        let etag = found.revision();
        let now = as_occurrence(&found, write.id, at).over(series.clone());
        let apart = now.diff(seen).occurrences.get(&at).copied();
        if !apart.unwrap_or_default().and(fields).is_empty() {
            return Err(FailureClass::Conflict);
        }
        let Some(wanted) = content.occurrence(at) else {
            if now.exceptions.get(at) != Some(&Exception::Cancelled) {
                self.delete(calendar, &id, Some(&etag)).await?;
            }
            return Ok(series.with_occurrence(at, None));
        };
        let item = self
            .patch(calendar, &id, Some(&etag), &wanted, fields)
            .await?;
        Ok(as_occurrence(&item, write.id, at).over(series))
    }
}

fn as_occurrence(item: &Item, series: &ExternalEventId, at: OriginalStart) -> OccurrenceChange {
    OccurrenceChange {
        external_id: item.id.clone(),
        series: series.clone(),
        original: at,
        seen: if item.alive {
            OccurrenceSeen::Changed(item.shown().into())
        } else {
            OccurrenceSeen::Cancelled
        },
    }
}
