//! What holds after quiet, whatever happened before; and what holds at every single write.

use std::collections::BTreeSet;

use super::{
    items::{Item, has_start, reworded},
    ledger::{Removal, values},
    store::{Aside, Position},
    worker::policy,
    world::World,
};
use crate::{
    calendar::Calendar,
    content::{Content, Parts},
    entry::Entry,
    event::ExternalEventId,
    id::CalendarId,
    link::{EventLink, LinkState, Origin},
    series::Exceptions,
};

impl World {
    pub(super) fn allows_write(calendar: &Calendar) {
        assert!(
            calendar.settings.direction.pushes(),
            "a write against the direction"
        );
    }

    /// An event comes into being only where new ones are taken, or where it was before.
    pub(super) fn allows_create(&self, calendar: &Calendar, id: &ExternalEventId) {
        Self::allows_write(calendar);
        let place = self.provider.places.get(&calendar.id);
        let was_there = place.is_some_and(|place| place.items.contains_key(id));
        assert!(
            calendar.settings.receives_new || was_there,
            "a third side was written to"
        );
    }

    pub(super) fn allows_pull(calendar: &Calendar) {
        assert!(
            calendar.settings.direction.pulls(),
            "an entry was written against the direction"
        );
    }

    /// Whatever a cursor has passed is known by a link that says the same.
    pub(super) fn check_cursor(&self, calendar: &Calendar, position: &Position) {
        let cursor = position.cursor.as_deref().unwrap_or_default();
        let Some(seen) = self.provider.seen_by(calendar.id, cursor) else {
            return;
        };
        for item in self.whole_items(calendar.id).filter(|item| item.at <= seen) {
            let known = self.is_known(calendar, item);
            assert!(
                known,
                "the cursor is ahead of {}: {:?}",
                item.id.0,
                self.link(calendar, item)
            );
        }
    }

    fn whole_items(&self, calendar: CalendarId) -> impl Iterator<Item = &Item> {
        let place = self.provider.places.get(&calendar).into_iter();
        let items = place.flat_map(|place| place.items.values());
        items.filter(|item| item.alive && item.occurrence.is_none())
    }

    fn link(&self, calendar: &Calendar, item: &Item) -> Option<EventLink> {
        self.store.link_of_event(calendar.id, &item.id)
    }

    fn is_known(&self, calendar: &Calendar, item: &Item) -> bool {
        if !calendar.settings.direction.pulls() {
            return true;
        }
        let refused = (calendar.id, item.id.0.clone());
        let Some(link) = self.link(calendar, item) else {
            let aside = self.store.refused.get(&refused);
            return aside.is_some_and(|aside| self.is_left_out(calendar, *aside));
        };
        let LinkState::Linked { base, sent: None } = &link.state else {
            return true;
        };
        let shown = policy(calendar).shown_event(item.content.clone(), link.origin);
        let own = |content: &Content| Content {
            exceptions: Exceptions::default(),
            ..content.clone()
        };
        unhidden(calendar, &own(&shown).diff(&own(base.event()))).is_empty()
    }

    /// A meeting may stand aside for its other event in the account, as long as that one is synced; or it was removed
    /// from the schedule altogether.
    fn is_left_out(&self, calendar: &Calendar, aside: Aside) -> bool {
        let Some(entry) = aside.same_meeting else {
            return true;
        };
        let origin = self.ledger.origin_of(entry);
        let meant = [
            Removal::Entry(origin),
            Removal::Unassigned(origin, calendar.member),
        ];
        let link = self.store.links.get(&(entry, calendar.connection));
        let is_synced = link.is_some_and(|link| match link.state {
            LinkState::Severed { lost, .. } => lost == Origin::Entry,
            LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Conflict { .. } => {
                true
            }
        });
        is_synced || aside.due || meant.iter().any(|one| self.ledger.removed.contains(one))
    }

    pub(super) fn check_laws(&self) {
        self.check_sides();
        self.check_complete();
        self.check_doubles();
        self.check_nothing_is_gone();
        self.check_nothing_lingers();
        self.check_no_edit_is_lost();
    }

    /// Both sides of each link are equal in what may flow, or the link says why they are not.
    fn check_sides(&self) {
        for link in self.store.links.values() {
            let calendar = self.calendar(link.calendar);
            let place = self.provider.places.get(&calendar.id);
            let item = place.and_then(|place| place.items.get(&link.external_id));
            let item = item.filter(|item| item.alive);
            let entry = self.store.entries.get(&link.entry);
            let entry = entry.filter(|entry| entry.assignees.contains(&calendar.member));
            match &link.state {
                LinkState::Pending { .. } => panic!("a create was never finished: {link:?}"),
                LinkState::Conflict { .. } => {}
                LinkState::Severed { lost, .. } => self.check_severed(link, *lost, entry, item),
                LinkState::Linked { .. } => {
                    let Some(entry) = entry else {
                        panic!("no entry: {link:?}")
                    };
                    let Some(item) = item else {
                        panic!("no event: {link:?}")
                    };
                    self.check_equal(link, entry, item);
                }
            }
        }
    }

    fn check_severed(
        &self,
        link: &EventLink,
        lost: Origin,
        entry: Option<&Entry>,
        item: Option<&Item>,
    ) {
        let calendar = self.calendar(link.calendar);
        match lost {
            Origin::Event => {
                assert!(
                    entry.is_some() && item.is_none(),
                    "severed and not apart: {link:?}"
                );
                let removal = Removal::Item(calendar.id, link.external_id.clone());
                assert!(
                    self.ledger.removed.contains(&removal),
                    "nobody let it go: {link:?}"
                );
            }
            Origin::Entry => {
                assert!(
                    entry.is_none() && item.is_some(),
                    "severed and not apart: {link:?}"
                );
            }
        }
    }

    fn check_equal(&self, link: &EventLink, entry: &Entry, item: &Item) {
        let calendar = self.calendar(link.calendar);
        let policy = policy(calendar);
        let base = link.base().expect("it is linked");
        let ours = policy.shown_entry(entry.content.clone(), link.origin);
        let whole = self.provider.places[&calendar.id].whole(item);
        let theirs = policy.shown_event(whole, link.origin);
        let (pulls, pushes) = (policy.direction.pulls(), policy.direction.pushes());
        let apart = |left: &Content, right: &Content| {
            unhidden(calendar, &as_it_is(left).diff(&as_it_is(right)))
        };
        let joined = self.ledger.joined.contains(&(link.entry, link.connection));
        let kept = [
            (pushes, apart(&ours, &base.entry)),
            (pulls, apart(&theirs, base.event())),
            (pulls && pushes && !joined, apart(&ours, &theirs)),
        ];
        for (holds, parts) in kept {
            let equal = !holds || parts.is_empty();
            assert!(
                equal,
                "apart in {parts}\nours {ours:?}\ntheirs {theirs:?}\n{link:?}"
            );
        }
    }

    /// Everything that belongs on the other side is there, or it is said why not.
    fn check_complete(&self) {
        for calendar in &self.calendars {
            for item in self.whole_items(calendar.id) {
                assert!(
                    self.is_known(calendar, item),
                    "{} was never taken over",
                    item.id.0
                );
            }
            if !calendar.settings.receives_new {
                continue;
            }
            let theirs = |entry: &&Entry| entry.assignees.contains(&calendar.member);
            for entry in self.store.entries.values().filter(theirs) {
                let link = self.store.links.get(&(entry.id, calendar.connection));
                assert!(link.is_some(), "{} was never copied", entry.id);
            }
        }
        assert!(self.store.dirty.is_empty(), "left: {:?}", self.store.dirty);
    }

    /// One original has one entry, and at most one copy in a calendar.
    fn check_doubles(&self) {
        let mut origins = BTreeSet::new();
        for entry in self.store.entries.keys() {
            let origin = self.ledger.origin_of(*entry);
            assert!(origins.insert(origin), "{entry} is there twice");
        }
        for calendar in &self.calendars {
            let mut copies = BTreeSet::new();
            for item in self.whole_items(calendar.id).filter(|item| !item.by_person) {
                let origin = self.ledger.origin_of_event(item);
                assert!(copies.insert(origin), "{} is there twice", item.id.0);
            }
        }
    }

    fn check_nothing_is_gone(&self) {
        let removed = &self.ledger.removed;
        for entry in &self.ledger.by_person {
            let origin = self.ledger.origin_of(*entry);
            let meant = removed.contains(&Removal::Entry(origin));
            let there = self.store.entries.contains_key(entry);
            assert!(there || meant, "{entry} is gone");
        }
        for calendar in &self.calendars {
            let place = self.provider.places.get(&calendar.id).into_iter();
            let items = place.flat_map(|place| place.items.values());
            for item in
                items.filter(|item| item.by_person && !item.alive && item.occurrence.is_none())
            {
                let origin = self.ledger.origin_of_event(item);
                let reasons = [
                    Removal::Entry(origin),
                    Removal::Unassigned(origin, calendar.member),
                    Removal::Item(calendar.id, item.id.clone()),
                ];
                let meant = reasons.iter().any(|reason| removed.contains(reason));
                assert!(meant, "{} is gone", item.id.0);
            }
        }
    }

    /// What came from a calendar goes with its last event there; unless somebody holds on to it, or it waits for a
    /// decision.
    fn check_nothing_lingers(&self) {
        let items = || {
            self.provider
                .places
                .values()
                .flat_map(|place| place.items.values())
        };
        for entry in self.store.entries.keys() {
            let origin = self.ledger.origin_of(*entry);
            if self.ledger.by_person.contains(entry) || self.ledger.held.contains(&origin) {
                continue;
            }
            let is_own = |item: &Item| {
                item.alive && item.by_person && self.ledger.origin_of_event(item) == origin
            };
            let mut links = self.store.links.values();
            let is_open = links.any(|link| {
                link.entry == *entry && matches!(link.state, LinkState::Conflict { .. })
            });
            assert!(items().any(is_own) || is_open, "{entry} lingers");
        }
    }

    /// A value that is nowhere any more was replaced by somebody who saw it, or is kept where it can be found.
    fn check_no_edit_is_lost(&self) {
        let mut kept: BTreeSet<String> = self.ledger.seen_to_go.clone();
        for entry in self.store.entries.values() {
            kept.extend(values(&entry.content));
        }
        for place in self.provider.places.values() {
            for item in place.items.values().filter(|item| item.alive) {
                kept.extend(values(&item.content));
            }
        }
        for conflict in self.store.conflicts.values() {
            let sides = [conflict.local.content(), conflict.external.content()];
            let said = sides.into_iter().flatten().chain([&conflict.base]);
            kept.extend(said.flat_map(values));
        }
        let overwritten = self
            .store
            .traces
            .iter()
            .flat_map(|trace| &trace.overwritten);
        kept.extend(overwritten.flat_map(|was| values(&was.content)));
        let lost: Vec<&String> = self.ledger.written.difference(&kept).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    }
}

/// Without what one side is not shown.
fn unhidden(calendar: &Calendar, parts: &Parts) -> Parts {
    parts.masked(calendar.settings.privacy.hidden())
}

/// In the service's words: each occurrence that the series has as it takes place, whichever of its fields repeat the series.
fn as_it_is(content: &Content) -> Content {
    let plain = Content {
        exceptions: Exceptions::default(),
        ..reworded(content)
    };
    let fitting = content.exceptions.iter().map(|(at, _)| at);
    fitting
        .filter(|at| has_start(content, *at))
        .fold(plain, |said, at| {
            let occurrence = content.occurrence(at).as_ref().map(reworded);
            said.with_occurrence(at, occurrence.as_ref())
        })
}
