//! What a calendar of the service holds: events, series, and exceptions as items of their own.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};

use crate::{
    content::{Content, Fields},
    event::{
        CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen, Revision, Uid,
    },
    series::OriginalStart,
    time::When,
};

/// What every series of the model does: one occurrence a day for so many days.
pub(super) const OCCURRENCES: i32 = 4;

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: ExternalEventId,
    pub(super) uid: Uid,
    /// Position of its last change among all changes; also its revision.
    pub(super) at: u64,
    pub(super) changed_at: Timestamp,
    pub(super) alive: bool,
    /// Deleted so long ago that a complete listing no longer shows it.
    pub(super) forgotten: bool,
    /// Put there by somebody, not by us.
    pub(super) by_person: bool,
    pub(super) content: Content,
    pub(super) occurrence: Option<Occurrence>,
}

/// What makes an item an exception of a series.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) series: ExternalEventId,
    pub(super) original: OriginalStart,
    /// Fields of its own; in all others it follows its series.
    pub(super) own: Fields,
    /// Its series no longer has it.
    pub(super) dropped: bool,
}

#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) items: BTreeMap<ExternalEventId, Item>,
    /// Cursors of earlier epochs are void.
    pub(super) epoch: u32,
    /// How many of the next pages come empty.
    pub(super) empty_pages: u8,
}

pub(super) fn has_start(series: &Content, original: OriginalStart) -> bool {
    let (When::AllDay { start, .. }, OriginalStart::Day(day)) = (&series.timing.when, original)
    else {
        return false;
    };
    series.repeats() && *start <= day && day < *start + OCCURRENCES.days()
}

/// The words that this service makes of ours.
pub(super) fn reworded(content: &Content) -> Content {
    Content {
        title: content.title.trim().into(),
        notes: content.notes.trim().into(),
        location: content.location.trim().into(),
        ..content.clone()
    }
}

impl Item {
    pub(super) fn revision(&self) -> Revision {
        Revision(format!("r{}", self.at))
    }

    pub(super) fn shown(&self) -> CalendarEvent {
        CalendarEvent {
            external_id: self.id.clone(),
            uid: Some(self.uid.clone()),
            revision: self.revision(),
            changed_at: Some(self.changed_at),
            content: self.content.clone(),
        }
    }

    pub(super) fn change(&self) -> Change {
        let Some(occurrence) = &self.occurrence else {
            return if self.alive {
                Change::Upserted(self.shown())
            } else {
                Change::Removed(self.id.clone())
            };
        };
        Change::Occurrence(OccurrenceChange {
            external_id: self.id.clone(),
            series: occurrence.series.clone(),
            original: occurrence.original,
            seen: if self.alive {
                OccurrenceSeen::Changed(self.shown().into())
            } else {
                OccurrenceSeen::Cancelled
            },
        })
    }

    pub(super) fn is_exception_of(&self, series: &ExternalEventId) -> Option<&Occurrence> {
        let occurrence = self.occurrence.as_ref()?;
        (occurrence.series == *series && !occurrence.dropped).then_some(occurrence)
    }
}

impl Place {
    /// A stored item, or an occurrence that the rule of its series makes.
    pub(super) fn find(&self, id: &ExternalEventId) -> Option<Item> {
        let dropped = |item: &Item| item.occurrence.as_ref().is_some_and(|one| one.dropped);
        if let Some(item) = self.items.get(id).filter(|item| !dropped(item)) {
            return Some(item.clone());
        }
        let (series, at) = id.0.rsplit_once('_')?;
        let series = self.items.get(&ExternalEventId(series.into()))?;
        let original: OriginalStart = at.parse().ok()?;
        let left_out = series.content.exceptions.get(original).is_some();
        if !has_start(&series.content, original) || left_out {
            return None;
        }
        Some(Item {
            id: id.clone(),
            content: series.content.plain_occurrence(original)?,
            occurrence: Some(Occurrence {
                series: series.id.clone(),
                original,
                own: Fields::NONE,
                dropped: false,
            }),
            ..series.clone()
        })
    }

    /// An event or a series with all its exceptions.
    pub(super) fn whole(&self, item: &Item) -> Content {
        let exceptions = self.items.values().filter(|one| {
            one.occurrence
                .as_ref()
                .is_some_and(|occurrence| occurrence.series == item.id)
        });
        let over = |series, one: &Item| match one.change() {
            Change::Occurrence(occurrence) => occurrence.over(series),
            Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. } => series,
        };
        exceptions.fold(item.content.clone(), over)
    }

    pub(super) fn get(&self, id: &ExternalEventId) -> Option<Change> {
        let item = self.find(id)?;
        Some(match item.change() {
            Change::Upserted(series) => Change::Upserted(CalendarEvent {
                content: self.whole(&item),
                ..series
            }),
            Change::Occurrence(occurrence) => occurrence.standing_alone(),
            change @ (Change::Removed(_) | Change::Refused { .. }) => change,
        })
    }
}
