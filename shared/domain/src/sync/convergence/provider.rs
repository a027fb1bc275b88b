//! A calendar service as the worst of them are: items with revisions, exceptions as items of their own, small pages.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::items::{Item, Occurrence, Place, has_start, reworded};
use crate::{
    content::{Content, Field, Fields},
    event::{CalendarEvent, Change, ExternalEventId, Revision, Uid},
    failure::FailureClass,
    id::CalendarId,
    series::Exceptions,
};

const PAGE_SIZE: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) places: BTreeMap<CalendarId, Place>,
    pub(super) last: u64,
    pub(super) lists: usize,
    pub(super) gets: usize,
    pub(super) writes: usize,
}

pub(super) struct Page {
    pub(super) changes: Vec<Change>,
    pub(super) next: Next,
}

pub(super) enum Next {
    Page(String),
    Cursor(String),
}

/// What a write is to say of one item, as far as `fields` go.
pub(super) struct Patch<'a> {
    pub(super) id: &'a ExternalEventId,
    pub(super) revision: Option<&'a Revision>,
    pub(super) content: &'a Content,
    pub(super) fields: Fields,
    pub(super) now: Timestamp,
}

impl Provider {
    fn place(&mut self, calendar: CalendarId) -> &mut Place {
        self.places.entry(calendar).or_default()
    }

    pub(super) fn list(
        &mut self,
        calendar: CalendarId,
        cursor: Option<&str>,
        page: Option<&str>,
    ) -> Result<Page, FailureClass> {
        self.lists += 1;
        let last = self.last;
        let place = self.place(calendar);
        let numbers = |token: &str| -> Vec<u64> {
            token
                .split('.')
                .filter_map(|part| part.parse().ok())
                .collect()
        };
        let void = |token: &str| numbers(token).first() != Some(&u64::from(place.epoch));
        if cursor.is_some_and(void) {
            return Err(FailureClass::CursorExpired);
        }
        if page.is_some_and(void) {
            return Err(FailureClass::Rejected);
        }
        let since = cursor.map(|cursor| numbers(cursor)[1]);
        let (after, began) = page.map_or((since.unwrap_or(0), last), |page| {
            let numbers = numbers(page);
            (numbers[1], numbers[2])
        });
        let mut found: Vec<&Item> = place
            .items
            .values()
            .filter(|item| item.at > after && (since.is_some() || !item.forgotten))
            .collect();
        found.sort_by_key(|item| item.at);
        let empty = place.empty_pages > 0;
        let size = if empty { 0 } else { PAGE_SIZE };
        let more = empty || found.len() > size;
        found.truncate(size);
        let end = found.last().map_or(after, |item| item.at);
        let changes = found.into_iter().map(Item::change).collect();
        place.empty_pages -= u8::from(empty);
        let epoch = place.epoch;
        let next = if more {
            Next::Page(format!("{epoch}.{end}.{began}"))
        } else {
            let seen = since.map_or(began, |_| last);
            Next::Cursor(format!("{epoch}.{seen}"))
        };
        Ok(Page { changes, next })
    }

    /// How far a cursor says that its holder has seen; absent where it is void.
    pub(super) fn seen_by(&self, calendar: CalendarId, cursor: &str) -> Option<u64> {
        let (epoch, seen) = cursor.split_once('.')?;
        let known = self.places.get(&calendar).map_or(0, |place| place.epoch);
        (epoch.parse() == Ok(known)).then(|| seen.parse().ok())?
    }

    pub(super) fn expire_cursors(&mut self, calendar: CalendarId) {
        let place = self.place(calendar);
        place.epoch += 1;
        for item in place.items.values_mut().filter(|item| !item.alive) {
            item.forgotten = item.occurrence.as_ref().is_none_or(|one| one.dropped);
        }
    }

    pub(super) fn empty_pages(&mut self, calendar: CalendarId) {
        self.place(calendar).empty_pages = 2;
    }

    /// A new item under an id that nothing has, nor had.
    pub(super) fn create(
        &mut self,
        calendar: CalendarId,
        event: CalendarEvent,
        now: Timestamp,
    ) -> Result<Item, FailureClass> {
        if self.place(calendar).items.contains_key(&event.external_id) {
            return Err(FailureClass::Conflict);
        }
        Ok(self.insert(calendar, event, false, now))
    }

    pub(super) fn insert(
        &mut self,
        calendar: CalendarId,
        event: CalendarEvent,
        by_person: bool,
        now: Timestamp,
    ) -> Item {
        let uid = event
            .uid
            .unwrap_or_else(|| Uid(format!("{}@model", event.external_id)));
        let item = Item {
            id: event.external_id,
            uid,
            at: 0,
            changed_at: now,
            alive: true,
            forgotten: false,
            by_person,
            content: event.content,
            occurrence: None,
        };
        self.commit(calendar, item)
    }

    pub(super) fn patch(
        &mut self,
        calendar: CalendarId,
        patch: &Patch<'_>,
    ) -> Result<Item, FailureClass> {
        let place = self.place(calendar);
        let mut item = place.find(patch.id).ok_or(FailureClass::NotFound)?;
        if patch
            .revision
            .is_some_and(|known| *known != item.revision())
        {
            return Err(FailureClass::Conflict);
        }
        let content = patch.content;
        item.content = item.content.with_parts_of(content, &patch.fields.into());
        if let Some(occurrence) = &mut item.occurrence {
            let series = place.items.get(&occurrence.series);
            let plain = series.and_then(|one| one.content.plain_occurrence(occurrence.original));
            let own = occurrence.own.or(patch.fields);
            let as_series = plain.map(|plain| own.without(plain.diff(&item.content).own));
            occurrence.own = own.without(as_series.unwrap_or_default());
        } else if patch.fields.contains(Field::Timing) {
            item.content.exceptions = content.exceptions.only_cancelled();
        }
        // A write of ours to what was deleted brings it back, if it does not insist on the revision.
        item.alive = true;
        item.changed_at = patch.now;
        self.follow(calendar, &item, patch.fields);
        Ok(self.commit(calendar, item))
    }

    /// The exceptions of a series that were written since.
    pub(super) fn exceptions_since(
        &mut self,
        calendar: CalendarId,
        series: &ExternalEventId,
        since: u64,
    ) -> Vec<Content> {
        let items = self.place(calendar).items.values();
        let later = items.filter(|item| item.alive && item.at > since);
        let own = later.filter(|item| item.is_exception_of(series).is_some());
        own.map(|item| item.content.clone()).collect()
    }

    /// Exceptions have the new values of their series wherever they have none of their own.
    fn follow(&mut self, calendar: CalendarId, series: &Item, fields: Fields) {
        let fields = fields.without(Fields::NONE.with(Field::Timing));
        for item in self.place(calendar).items.values_mut() {
            if let Some(occurrence) = item.is_exception_of(&series.id) {
                let followed = fields.without(occurrence.own).into();
                item.content = item.content.with_parts_of(&series.content, &followed);
            }
        }
    }

    pub(super) fn delete(
        &mut self,
        calendar: CalendarId,
        id: &ExternalEventId,
        revision: Option<&Revision>,
        now: Timestamp,
    ) -> Result<(), FailureClass> {
        let found = self.place(calendar).find(id);
        let mut item = found
            .filter(|item| item.alive)
            .ok_or(FailureClass::NotFound)?;
        if revision.is_some_and(|known| *known != item.revision()) {
            return Err(FailureClass::Conflict);
        }
        item.alive = false;
        item.changed_at = now;
        self.commit(calendar, item);
        Ok(())
    }

    /// Stores an item and drops the exceptions that it no longer has.
    fn commit(&mut self, calendar: CalendarId, item: Item) -> Item {
        self.last += 1;
        let item = Item {
            at: self.last,
            forgotten: false,
            ..item
        };
        let mut last = self.last;
        let place = self.place(calendar);
        place.items.insert(item.id.clone(), item.clone());
        let fits = |at| {
            let left_out = item.content.exceptions.get(at).is_some();
            item.alive && has_start(&item.content, at) && !left_out
        };
        // What was dropped and fits again is as the series says.
        place.items.retain(|_, one| {
            let own = one.occurrence.as_ref().filter(|own| own.series == item.id);
            !own.is_some_and(|own| own.dropped && fits(own.original))
        });
        for one in place.items.values_mut() {
            let Some(occurrence) = one.is_exception_of(&item.id).cloned() else {
                continue;
            };
            if !fits(occurrence.original) {
                last += 1;
                one.at = last;
                one.alive = false;
                one.occurrence = Some(Occurrence {
                    dropped: true,
                    ..occurrence
                });
            }
        }
        self.last = last;
        item
    }
}

/// What a create says of exceptions: which occurrences are left out.
pub(super) fn created(content: &Content) -> Content {
    let exceptions: Exceptions = content.exceptions.only_cancelled();
    Content {
        exceptions,
        ..reworded(content)
    }
}
