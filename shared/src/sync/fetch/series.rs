//! Puts series together: a list of changes shows a series and its changed occurrences as events of their own, in any
//! order and on any page.

use std::collections::{BTreeMap, HashMap};

use domain::{
    calendar::Calendar,
    event::{CalendarEvent, Change, ExternalEventId, OccurrenceChange, OccurrenceSeen},
    item::StuckItem,
    link::{EventLink, LinkState},
    sync::observe::needs_the_whole_series,
};

use super::super::{Context, SyncError};

/// One page, each event in its last state.
pub(super) struct SeenPage {
    events: BTreeMap<ExternalEventId, Change>,
    occurrences: BTreeMap<ExternalEventId, Vec<OccurrenceChange>>,
}

impl SeenPage {
    pub(super) fn of(changes: Vec<Change>) -> Self {
        // A page may show one event twice; its last state counts.
        let newest: BTreeMap<ExternalEventId, Change> = changes
            .into_iter()
            .map(|change| (change.external_id().clone(), change))
            .collect();
        let mut page = Self {
            events: BTreeMap::new(),
            occurrences: BTreeMap::new(),
        };
        for (id, change) in newest {
            match change {
                Change::Occurrence(occurrence) => {
                    page.occurrences
                        .entry(occurrence.series.clone())
                        .or_default()
                        .push(occurrence);
                }
                change @ (Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. }) => {
                    page.events.insert(id, change);
                }
            }
        }
        page
    }

    /// Whether it shows an event that none of these links is of.
    pub(super) fn has_new(&self, links: &HashMap<ExternalEventId, EventLink>) -> bool {
        let is_new = |(id, change): (&ExternalEventId, &Change)| {
            matches!(change, Change::Upserted(_)) && !links.contains_key(id)
        };
        self.events.iter().any(is_new)
    }

    /// The changes of a page whose series are whole: an occurrence that is left is of a series that its reader may not
    /// see.
    pub(super) fn whole(self) -> Vec<Change> {
        let alone = self.occurrences.into_values().flatten();
        let alone = alone.map(OccurrenceChange::standing_alone);
        self.events.into_values().chain(alone).collect()
    }

    /// Everything that may have a link: events, series, and occurrences that stand alone.
    pub(super) fn external_ids(&self) -> Vec<ExternalEventId> {
        let series = self
            .occurrences
            .keys()
            .filter(|id| !self.events.contains_key(*id));
        let alone = self
            .occurrences
            .values()
            .flatten()
            .map(|occurrence| &occurrence.external_id);
        self.events
            .keys()
            .chain(series)
            .chain(alone)
            .cloned()
            .collect()
    }
}

impl Context<'_> {
    /// The page's changes with every series whole.
    pub(super) async fn with_series(
        &self,
        calendar: &Calendar,
        page: SeenPage,
        links: &HashMap<ExternalEventId, EventLink>,
    ) -> Result<Vec<Change>, SyncError> {
        let SeenPage {
            events,
            mut occurrences,
        } = page;
        let mut changes = Vec::new();
        for (id, change) in events {
            let own = occurrences.remove(&id).unwrap_or_default();
            let link = links.get(&id);
            match change {
                Change::Upserted(event) if event.content.repeats() => {
                    changes.extend(refusals(&own));
                    changes.push(self.whole(calendar, event, own, link).await?);
                }
                // A series takes its occurrences with it.
                change @ (Change::Upserted(_)
                | Change::Removed(_)
                | Change::Occurrence(_)
                | Change::Refused { .. }) => {
                    let gone = matches!(change, Change::Removed(_));
                    let alone = own.into_iter().map(|occurrence| {
                        let external_id = occurrence.external_id.clone();
                        if gone {
                            Change::Removed(external_id)
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
            changes.extend(self.of_unseen_series(calendar, series, own, links).await?);
        }
        Ok(changes)
    }

    /// A series that the page shows, with its exceptions: those of the page over those that were known.
    async fn whole(
        &self,
        calendar: &Calendar,
        mut event: CalendarEvent,
        own: Vec<OccurrenceChange>,
        link: Option<&EventLink>,
    ) -> Result<Change, SyncError> {
        let was_refused = || {
            let is_this =
                |item: &StuckItem| item.calendar == calendar.id && item.item == event.external_id.0;
            self.stuck.iter().any(is_this)
        };
        let direction = calendar.settings.direction;
        if link.map_or_else(was_refused, |link| {
            needs_the_whole_series(link, &event.revision, &own, direction)
        }) {
            let read = self
                .provider
                .get(&self.access, calendar, &event.external_id)
                .await?;
            return Ok(read.unwrap_or(Change::Removed(event.external_id)));
        }
        let base = link.and_then(EventLink::base);
        for (at, exception) in base.iter().flat_map(|base| base.event().exceptions.iter()) {
            event.content.exceptions.keep(at, exception.clone());
        }
        event.content = own
            .iter()
            .fold(event.content, |content, one| one.over(content));
        Ok(Change::Upserted(event))
    }

    /// Occurrences whose series did not change, or comes on another page, or is not to be seen at all.
    async fn of_unseen_series(
        &self,
        calendar: &Calendar,
        series: ExternalEventId,
        own: Vec<OccurrenceChange>,
        links: &HashMap<ExternalEventId, EventLink>,
    ) -> Result<Vec<Change>, SyncError> {
        let mut changes = refusals(&own);
        // Only where both sides agree does the base hold the series as it is.
        if let Some(link) = links.get(&series)
            && let LinkState::Linked { base, sent: None } = &link.state
        {
            let known = base.event().clone();
            changes.push(Change::Upserted(CalendarEvent {
                external_id: series,
                uid: link.uid.clone(),
                revision: base.revision.clone(),
                changed_at: own.iter().filter_map(changed_at).max(),
                content: own.iter().fold(known, |content, one| one.over(content)),
            }));
            return Ok(changes);
        }
        match self.provider.get(&self.access, calendar, &series).await? {
            Some(whole @ (Change::Upserted(_) | Change::Refused { .. })) => changes.push(whole),
            Some(Change::Removed(_) | Change::Occurrence(_)) => {
                changes.extend(own.into_iter().map(|one| Change::Removed(one.external_id)));
            }
            None => changes.extend(own.into_iter().map(OccurrenceChange::standing_alone)),
        }
        Ok(changes)
    }
}

fn changed_at(occurrence: &OccurrenceChange) -> Option<jiff::Timestamp> {
    match &occurrence.seen {
        OccurrenceSeen::Changed(event) => event.changed_at,
        OccurrenceSeen::Cancelled | OccurrenceSeen::Refused { .. } => None,
    }
}

/// Occurrences that cannot be held, each with its reason.
fn refusals(occurrences: &[OccurrenceChange]) -> Vec<Change> {
    let refused = |occurrence: &OccurrenceChange| match &occurrence.seen {
        OccurrenceSeen::Refused { title, refusal } => Some(Change::Refused {
            external_id: occurrence.external_id.clone(),
            title: title.clone(),
            refusal: refusal.clone(),
        }),
        OccurrenceSeen::Cancelled | OccurrenceSeen::Changed(_) => None,
    };
    occurrences.iter().filter_map(refused).collect()
}
