//! One event as stored: a single one, or a series with everything that differs from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::recurrence::Recurrence;
use super::times::When;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    /// What both ids are made of.
    pub(super) key: String,
    /// How often it has moved to another calendar.
    pub(super) moves: u32,
    pub(super) transaction_id: Option<String>,
    /// What the meeting is called wherever else it stands, if it came from there.
    #[serde(default)]
    pub(super) ical_uid: Option<String>,
    /// The address of an organizer who is not this mailbox.
    pub(super) organizer: Option<String>,
    pub(super) is_cancelled: bool,
    /// Its zone is of a legacy client's own making; the times are right all the same.
    pub(super) custom_zone: bool,
    pub(super) time: Stretch,
    /// Every other property that can be written, checked, as Graph words it.
    pub(super) content: Map<String, Value>,
    pub(super) extended: BTreeMap<String, String>,
    pub(super) series: Option<Series>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) revision: u64,
}

/// When it is: days, or moments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stretch {
    pub(super) start: When,
    pub(super) end: When,
    pub(super) all_day: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) recurrence: Recurrence,
    /// By the date that the pattern gives the occurrence; a series has no two on one day.
    pub(super) exceptions: BTreeMap<Date, Exception>,
    pub(super) cancelled: BTreeSet<Date>,
}

/// What differs from the series in one occurrence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Exception {
    pub(super) time: Stretch,
    pub(super) changed: Map<String, Value>,
    pub(super) extended: BTreeMap<String, String>,
    pub(super) modified: Timestamp,
    pub(super) revision: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    SingleInstance,
    SeriesMaster,
    Occurrence,
    Exception,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::SingleInstance => "singleInstance",
            Self::SeriesMaster => "seriesMaster",
            Self::Occurrence => "occurrence",
            Self::Exception => "exception",
        }
    }
}

/// What a caller calls an event: a single one, a series, or one of its occurrences.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) event: &'a Event,
    pub(super) kind: Kind,
    /// The occurrence's date as its series would have it, and its start.
    pub(super) original: Option<(Date, When)>,
    pub(super) time: Stretch,
    pub(super) content: Map<String, Value>,
    pub(super) extended: BTreeMap<String, String>,
    pub(super) modified: Timestamp,
    pub(super) revision: u64,
}

impl Stretch {
    pub(super) fn from(&self) -> Timestamp {
        self.start.compared(self.all_day)
    }

    pub(super) fn until(&self) -> Timestamp {
        self.end.compared(self.all_day)
    }

    /// Whether any of it lies in the window; an event without length does where it stands.
    pub(super) fn touches(&self, after: Timestamp, before: Timestamp) -> bool {
        self.from() < before && (self.until() > after || self.from() >= after)
    }

    /// The same length, from another start on.
    pub(super) fn moved_to(&self, wall: DateTime) -> Self {
        let start = self.start.at(wall);
        let end = self.start.end_from(&self.end, &start, self.all_day);
        Self {
            start,
            end,
            all_day: self.all_day,
        }
    }
}

impl Event {
    /// The event itself: a single one, or the master of its series.
    pub(super) fn item(&self) -> Item<'_> {
        Item {
            event: self,
            kind: if self.series.is_some() {
                Kind::SeriesMaster
            } else {
                Kind::SingleInstance
            },
            original: None,
            time: self.time.clone(),
            content: self.content.clone(),
            extended: self.extended.clone(),
            modified: self.modified,
            revision: self.revision,
        }
    }

    /// The occurrence that the pattern puts on this date, if it is still there.
    pub(super) fn occurrence(&self, date: Date) -> Option<Item<'_>> {
        let series = self.series.as_ref()?;
        if series.cancelled.contains(&date) {
            return None;
        }
        let end_of_day = date.at(23, 59, 59, 0);
        let starts = series.recurrence.starts(&self.time.start, end_of_day);
        let start = starts.last().filter(|start| start.date() == date)?;
        Some(self.occurrence_at(series, *start))
    }

    fn occurrence_at(&self, series: &Series, start: DateTime) -> Item<'_> {
        let original = self.time.start.at(start);
        let mut item = Item {
            kind: Kind::Occurrence,
            original: Some((start.date(), original)),
            time: self.time.moved_to(start),
            ..self.item()
        };
        if let Some(exception) = series.exceptions.get(&start.date()) {
            item.kind = Kind::Exception;
            item.time = exception.time.clone();
            item.content.extend(exception.changed.clone());
            item.extended.extend(exception.extended.clone());
            item.modified = exception.modified;
            item.revision = exception.revision;
        }
        item
    }

    /// Every occurrence that touches the window, in the order of the pattern.
    pub(super) fn occurrences(&self, after: Timestamp, before: Timestamp) -> Vec<Item<'_>> {
        self.occurrences_until(before)
            .into_iter()
            .filter(|item| item.time.touches(after, before))
            .collect()
    }

    /// Every occurrence that the pattern starts before `until`, wherever exceptions have gone since, and every
    /// exception.
    pub(super) fn occurrences_until(&self, until: Timestamp) -> Vec<Item<'_>> {
        let Some(series) = &self.series else {
            return Vec::new();
        };
        // A day more than asked: a day's instant depends on the zone that it is looked at from.
        let last = until
            .to_zoned(self.time.start.time_zone())
            .datetime()
            .saturating_add(Span::new().days(1));
        let far = series.exceptions.keys().next_back();
        let last = far.map_or(last, |date| last.max(date.at(23, 59, 59, 0)));
        series
            .recurrence
            .starts(&self.time.start, last)
            .into_iter()
            .filter(|start| !series.cancelled.contains(&start.date()))
            .map(|start| self.occurrence_at(series, start))
            .collect()
    }
}
