//! What changed in a calendar: a view of its time, and what changes in this view. The view is bound to the link under
//! which changes are asked for, so that it does not move with time; before it ends, the calendar is read again.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar::Calendar,
    event::{Change, ExternalEventId},
    failure::FailureClass,
};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{
    super::{Next, Page, ProviderError, ReadFrom, SeriesShown},
    answer::{failed, read, rejected, send},
    batch::REQUESTS_MAX,
    client::{Microsoft, PREFER},
    convert, wire,
};
use crate::crypto::Secret;

/// How far ahead a view shows. Graph lists every occurrence in it one by one.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);
/// A view that shows less ahead is read anew.
const AHEAD_MIN: SignedDuration = SignedDuration::from_hours(24 * 183);
/// The longest view that Graph gives is five years.
const BACK_MAX: SignedDuration = SignedDuration::from_hours(24 * 1_400);

/// Occurrences are short: many go on one page.
const PAGE_SIZE: u16 = 500;

/// A place in a read: the link that goes on, and when the view that it is bound to ends.
struct Place {
    until: Timestamp,
    link: Url,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (until, link) = text.split_once(' ')?;
        Some(Self {
            until: until.parse().ok()?,
            link: link.parse().ok()?,
        })
    }

    fn beside(&self, link: &str) -> String {
        format!("{} {link}", self.until)
    }
}

/// What a page shows of single events, and which series have to be read for what it shows.
#[derive(Default)]
struct Shown {
    events: BTreeMap<String, Change>,
    gone: BTreeSet<String>,
    to_read: BTreeSet<String>,
    /// Occurrences with the series that they are of.
    of_series: BTreeMap<String, Vec<String>>,
}

impl Shown {
    /// Should one stand there twice, its last state counts.
    fn add(&mut self, json: serde_json::Value, calendar: &Calendar) {
        let event = match convert::event(json) {
            Ok(event) => event,
            Err(refused) => {
                let refused = refused.map(|refused| (refused.external_id().0.clone(), *refused));
                self.events.extend(refused);
                return;
            }
        };
        let id = event.id.clone();
        if event.removed.is_some() {
            self.events.remove(&id);
            self.to_read.remove(&id);
            self.gone.insert(id);
            return;
        }
        self.gone.remove(&id);
        let is_kind = |kind: &str| {
            event
                .r#type
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(kind))
        };
        // An occurrence comes with little more than its time, and nothing tells of one that was deleted: its series
        // says both.
        if let Some(series) = event.series_master_id {
            self.of_series.entry(series).or_default().push(id);
        } else if is_kind("seriesMaster")
            || event.recurrence.is_some()
            || event.i_cal_u_id.is_none()
        {
            self.to_read.insert(id);
        } else {
            self.events
                .insert(id, convert::change(event, &calendar.zone));
        }
    }
}

impl Microsoft {
    pub(super) async fn delta(
        &self,
        access: &Secret,
        calendar: &Calendar,
        from: ReadFrom<'_>,
        page: Option<&str>,
    ) -> Result<Page, ProviderError> {
        let operation = "read the events";
        let place = self.place(operation, calendar, from, page)?;
        let request = self
            .http
            .get(place.link.clone())
            .bearer_auth(access.expose())
            .header("prefer", format!("{PREFER}, odata.maxpagesize={PAGE_SIZE}"));
        let list: wire::List = read(operation, send(operation, request).await?).await?;
        let next = match (list.next_link, list.delta_link) {
            (Some(link), None) => Next::Page(place.beside(&link)),
            (None, Some(link)) => Next::Cursor(place.beside(&link)),
            (Some(_), Some(_)) | (None, None) => {
                let detail = "a page must have either a successor or a delta link";
                return Err(rejected(operation, detail));
            }
        };
        let mut shown = Shown::default();
        for json in list.value {
            shown.add(json, calendar);
        }
        let mut series = shown.to_read;
        series.extend(
            shown
                .of_series
                .keys()
                .filter(|id| !shown.gone.contains(*id))
                .cloned(),
        );
        let mut changes: Vec<Change> = shown.events.into_values().collect();
        let series: Vec<String> = series.into_iter().collect();
        // One call after the other: Graph allows four requests at once for a mailbox, and somebody may be looking.
        for some in series.chunks(REQUESTS_MAX) {
            let read = self.many_series(access, calendar, some).await?;
            for (id, found) in some.iter().zip(read) {
                changes.extend(match shown.of_series.get(id) {
                    Some(occurrences) if found.is_empty() => {
                        self.occurrences_alone(access, calendar, occurrences)
                            .await?
                    }
                    Some(_) | None => found,
                });
            }
        }
        Ok(Page {
            changes,
            series: SeriesShown::Whole,
            out_of_view: shown.gone.into_iter().map(ExternalEventId).collect(),
            next,
        })
    }

    fn place(
        &self,
        operation: &'static str,
        calendar: &Calendar,
        from: ReadFrom<'_>,
        page: Option<&str>,
    ) -> Result<Place, ProviderError> {
        let now = self.clock.now();
        let known = |text: &str| Place::parse(text).filter(|place| self.is_graph(&place.link));
        match (page, from) {
            (Some(page), _) => {
                known(page).ok_or_else(|| rejected(operation, "the place in the read is not known"))
            }
            (None, ReadFrom::Cursor(cursor)) => known(cursor)
                .filter(|place| place.until >= now + AHEAD_MIN)
                .ok_or_else(|| {
                    failed(
                        FailureClass::CursorExpired,
                        operation,
                        "its view comes to an end",
                    )
                }),
            (None, ReadFrom::Start { since }) => {
                let earliest = now - BACK_MAX;
                let start = since.map_or(earliest, |since| since.max(earliest));
                Ok(self.beginning(calendar, start, now + AHEAD))
            }
        }
    }

    fn beginning(&self, calendar: &Calendar, start: Timestamp, until: Timestamp) -> Place {
        let mut link = self.endpoints.graph.clone();
        if let Ok(mut segments) = link.path_segments_mut() {
            let path = [
                "me",
                "calendars",
                &calendar.external_id,
                "calendarView",
                "delta",
            ];
            segments.pop_if_empty().extend(path);
        }
        let whole = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        link.query_pairs_mut()
            .append_pair("startDateTime", &whole(start))
            .append_pair("endDateTime", &whole(until));
        Place { until, link }
    }

    /// A link is followed as it was given, but the access token goes nowhere else.
    pub(super) fn is_graph(&self, link: &Url) -> bool {
        link.origin() == self.endpoints.graph.origin()
    }

    /// Someone who was invited to single occurrences cannot read the series, and sees each of them as an event of its own.
    async fn occurrences_alone(
        &self,
        access: &Secret,
        calendar: &Calendar,
        occurrences: &[String],
    ) -> Result<Vec<Change>, ProviderError> {
        let mut alone = Vec::new();
        for occurrence in occurrences {
            alone.extend(self.change(access, calendar, occurrence).await?);
        }
        Ok(alone)
    }
}
