//! What people do on both sides.

use jiff::ToSpan;

use super::{
    items::{Item, OCCURRENCES, Place, reworded},
    ledger::{Removal, own_values},
    provider::Patch,
    store::{EntryWrite, LinkWrite},
    world::World,
};
use crate::{
    calendar::Calendar,
    conflict::{Conflict, ConflictState},
    content::{Content, Field, Fields, Parts},
    entry::{Entry, EntryStatus, WorkItemType},
    event::{CalendarEvent, ExternalEventId, Revision, Uid},
    id::{CalendarId, EntryId, MemberId, TenantId},
    link::{EventLink, LinkState, Origin},
    series::{Exceptions, OriginalStart},
    sync::moves::OccurrenceEdit,
    time::When,
};

impl World {
    fn pick_entry(&self, nth: u8) -> Option<Entry> {
        let entries = &self.store.entries;
        let index = usize::from(nth) % entries.len().max(1);
        entries.values().nth(index).cloned()
    }

    /// An event or a series that is there.
    fn pick_event(&self, nth: u8) -> Option<(CalendarId, Item)> {
        let places = self.provider.places.iter();
        let items = places.flat_map(|(calendar, place)| {
            let items = place.items.values().map(|item| (*calendar, item));
            items.filter(|(_, item)| item.alive && item.occurrence.is_none())
        });
        let found: Vec<_> = items.collect();
        let (calendar, item) = found.get(usize::from(nth) % found.len().max(1))?;
        Some((*calendar, (*item).clone()))
    }

    pub(super) fn create_entry(&mut self, member: MemberId, series: bool) {
        let now = self.now();
        let entry = Entry {
            id: self.mint(EntryId::from_parts),
            tenant: TenantId::from_parts(1, 1),
            version: 1,
            content: self.ledger.fresh(series),
            work_item_type: WorkItemType::default(),
            status: EntryStatus::default(),
            assignees: vec![member],
            attendees: Vec::new(),
            origin: Origin::Entry,
            created_at: now,
            updated_at: now,
        };
        let origin = self.ledger.next();
        self.ledger.entries.insert(entry.id, origin);
        self.ledger.by_person.insert(entry.id);
        self.save(None, Some(&entry));
    }

    fn save(&mut self, before: Option<&Entry>, after: Option<&Entry>) {
        let write = EntryWrite {
            before,
            after,
            told_by: None,
            links: Vec::new(),
        };
        self.store
            .write_entry(write)
            .expect("a person reads and writes at once");
    }

    fn change_entry(&mut self, before: &Entry, content: Content) {
        let (version, updated_at) = (before.version + 1, self.now());
        let after = Entry {
            version,
            content,
            updated_at,
            ..before.clone()
        };
        self.save(Some(before), Some(&after));
    }

    pub(super) fn edit_entry(&mut self, nth: u8, field: Field) {
        let Some(before) = self.pick_entry(nth) else {
            return;
        };
        let mut content = self.ledger.edited(&before.content, field);
        let old = &before.content;
        content.exceptions = old.exceptions.following(&old.timing, &content.timing);
        self.change_entry(&before, content);
    }

    pub(super) fn edit_entry_occurrence(&mut self, nth: u8, which: u8, edit: OccurrenceEdit) {
        let Some(before) = self.pick_entry(nth) else {
            return;
        };
        let Some(at) = original(&before.content, which) else {
            return;
        };
        let plain = before.content.plain_occurrence(at);
        let Some(now) = before.content.occurrence(at).or(plain) else {
            return;
        };
        let old = before.content.exceptions.get(at);
        let after = self.ledger.edited_occurrence(&now, old, edit);
        let content = before.content.clone().with_occurrence(at, after.as_ref());
        self.change_entry(&before, content);
    }

    pub(super) fn delete_entry(&mut self, nth: u8) {
        let Some(before) = self.pick_entry(nth) else {
            return;
        };
        let origin = self.ledger.origin_of(before.id);
        self.ledger.removed.insert(Removal::Entry(origin));
        self.ledger.removes(&before.content);
        self.save(Some(&before), None);
    }

    pub(super) fn assign(&mut self, nth: u8, member: MemberId) {
        let Some(before) = self.pick_entry(nth) else {
            return;
        };
        if before.assignees.contains(&member) {
            return;
        }
        let origin = self.ledger.origin_of(before.id);
        self.ledger.held.insert(origin);
        let mut after = Entry {
            version: before.version + 1,
            ..before.clone()
        };
        after.assignees.push(member);
        self.save(Some(&before), Some(&after));
    }

    pub(super) fn unassign(&mut self, nth: u8, member: MemberId) {
        let Some(before) = self.pick_entry(nth) else {
            return;
        };
        if !before.assignees.contains(&member) || before.assignees.len() < 2 {
            return;
        }
        let origin = self.ledger.origin_of(before.id);
        self.ledger
            .removed
            .insert(Removal::Unassigned(origin, member));
        let mut after = Entry {
            version: before.version + 1,
            ..before.clone()
        };
        after.assignees.retain(|assignee| *assignee != member);
        self.save(Some(&before), Some(&after));
    }

    pub(super) fn create_event(&mut self, calendar: CalendarId, series: bool) {
        let content = self.ledger.fresh(series);
        let origin = self.ledger.next();
        let id = format!("own{origin}");
        self.ledger.uids.insert(format!("{id}@model"), origin);
        let now = self.now();
        let event = as_event(id, None, content);
        self.provider.insert(calendar, event, true, now);
    }

    pub(super) fn edit_event(&mut self, nth: u8, field: Field) {
        let Some((calendar, item)) = self.pick_event(nth) else {
            return;
        };
        let mut content = self.ledger.edited(&item.content, field);
        if field == Field::Timing {
            // The service drops what no longer fits; its user sees it go.
            let whole = self.provider.places[&calendar].whole(&item);
            let dropped = whole.exceptions.iter().flat_map(|(_, one)| own_values(one));
            self.ledger.seen_to_go.extend(dropped);
            content.exceptions = Exceptions::default();
        }
        self.patch_as_person(calendar, &item.id, &content, Fields::NONE.with(field));
    }

    fn patch_as_person(
        &mut self,
        calendar: CalendarId,
        id: &ExternalEventId,
        content: &Content,
        fields: Fields,
    ) {
        let (now, content) = (self.now(), &reworded(content));
        let patch = Patch {
            id,
            revision: None,
            content,
            fields,
            now,
        };
        let patched = self.provider.patch(calendar, &patch);
        assert!(patched.is_ok(), "a person changes what is there");
    }

    pub(super) fn edit_event_occurrence(&mut self, nth: u8, which: u8, edit: OccurrenceEdit) {
        let Some((calendar, series)) = self.pick_event(nth) else {
            return;
        };
        let Some(at) = original(&series.content, which) else {
            return;
        };
        let id = ExternalEventId(format!("{}_{at}", series.id));
        let place = &self.provider.places[&calendar];
        let Some(item) = place.find(&id).filter(|item| item.alive) else {
            return;
        };
        let whole = place.whole(&series);
        let after = self
            .ledger
            .edited_occurrence(&item.content, whole.exceptions.get(at), edit);
        if let Some(after) = after {
            let changed = after.diff(&item.content).own;
            self.patch_as_person(calendar, &id, &after, changed);
        } else {
            let now = self.now();
            let deleted = self.provider.delete(calendar, &id, None, now);
            assert!(deleted.is_ok(), "a person cancels what takes place");
        }
    }

    pub(super) fn delete_event(&mut self, nth: u8) {
        let Some((calendar, item)) = self.pick_event(nth) else {
            return;
        };
        let member = self.calendar(calendar).member;
        let origin = self.ledger.origin_of_event(&item);
        if item.by_person {
            self.ledger.removed.insert(Removal::Event(origin, member));
        }
        self.ledger
            .removed
            .insert(Removal::Item(calendar, item.id.clone()));
        let whole = self.provider.places[&calendar].whole(&item);
        self.ledger.removes(&whole);
        let now = self.now();
        let deleted = self.provider.delete(calendar, &item.id, None, now);
        assert!(deleted.is_ok(), "a person deletes what is there");
    }

    /// The same meeting in another calendar, under the same id. A move takes it from where it was.
    pub(super) fn put_elsewhere(&mut self, nth: u8, target: CalendarId, moved: bool) {
        let Some((from, item)) = self.pick_event(nth) else {
            return;
        };
        let connection = |id| self.calendar(id).connection;
        if from == target || (moved && connection(from) != connection(target)) {
            return;
        }
        let there = self.provider.places.get(&target);
        let has = |place: &Place| {
            place
                .items
                .values()
                .any(|one| one.uid == item.uid && one.alive)
        };
        // Exceptions would have to go along; what matters here is seen without them.
        if there.is_some_and(has) || self.provider.places[&from].whole(&item) != item.content {
            return;
        }
        // Of a copy whose create was never answered no identity is known: gone elsewhere, it is another event.
        let link = self.store.link_of_event(from, &item.id);
        if link.is_some_and(|link| matches!(link.state, LinkState::Pending { .. })) {
            return;
        }
        let now = self.now();
        if moved {
            let deleted = self.provider.delete(from, &item.id, None, now);
            assert!(deleted.is_ok(), "a person moves what is there");
            self.ledger
                .removed
                .insert(Removal::Item(from, item.id.clone()));
        }
        let by_person = item.by_person || !moved;
        self.ledger.says_twice(&item.content);
        let event = as_event(item.id.0, Some(item.uid), item.content);
        self.provider.insert(target, event, by_person, now);
    }

    /// A copy that its person moved, and whose entry was gone by then, is an event of theirs.
    pub(super) fn taken_over(&mut self, calendar: &Calendar, id: &ExternalEventId) {
        let place = self.provider.places.get_mut(&calendar.id);
        if let Some(item) = place.and_then(|place| place.items.get_mut(id)) {
            item.by_person = true;
        }
    }

    /// Somebody decides a conflict, as a whole for one side.
    pub(super) fn resolve(&mut self, nth: u8, external: bool) {
        let undecided = |link: &&EventLink| matches!(link.state, LinkState::Conflict { .. });
        let links: Vec<&EventLink> = self.store.links.values().filter(undecided).collect();
        let Some(link) = links.get(usize::from(nth) % links.len().max(1)) else {
            return;
        };
        let mut link = (*link).clone();
        let LinkState::Conflict {
            conflict, choice, ..
        } = &mut link.state
        else {
            return;
        };
        let conflict = self.store.conflicts[&*conflict].clone();
        let kept = if external {
            conflict.parts.clone()
        } else {
            Parts::none()
        };
        let Ok(made) = conflict.choose(&kept) else {
            return;
        };
        *choice = Some(made);
        let (key, version) = ((link.connection, link.entry), conflict.version);
        let (by, at) = (conflict.member, self.now());
        let state = ConflictState::Chosen {
            by,
            at,
            external: kept,
        };
        let decided = LinkWrite::Conflict(Conflict { state, ..conflict });
        let written = self
            .store
            .write_links(vec![decided, LinkWrite::Update(link)]);
        assert!(written.is_ok(), "a person decides what is open");
        // No version of an entry: whichever is marked next keeps its row.
        self.store.dirty.entry(key).or_insert(version + 1_000_000);
    }
}

fn as_event(id: String, uid: Option<Uid>, content: Content) -> CalendarEvent {
    CalendarEvent {
        external_id: ExternalEventId(id),
        uid,
        revision: Revision(String::new()),
        changed_at: None,
        content,
    }
}

fn original(series: &Content, which: u8) -> Option<OriginalStart> {
    let When::AllDay { start, .. } = &series.timing.when else {
        return None;
    };
    let at = *start + (i64::from(which) % i64::from(OCCURRENCES)).days();
    series.repeats().then_some(OriginalStart::Day(at))
}
