//! A worker: what the shell around the rules does, call by call. It can be left off between any two of them.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use super::{
    provider::Next,
    store::{Aside, Lease, Position, Stale},
    world::{Shared, World, turn},
};
use crate::{
    calendar::Calendar,
    event::{Change, ExternalEventId, OccurrenceSeen},
    failure::FailureClass,
    id::{CalendarId, ConnectionId, EntryId},
    link::EventLink,
    sync::{
        decide::decide,
        observe::{Observation, Policy},
    },
};

const PAGES_PER_RUN_MAX: u32 = 3;
const ENTRIES_AT_ONCE: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncError {
    Provider(FailureClass),
    /// The lease is another's, or the table was written by another.
    Store,
    Unsettled,
}

impl From<FailureClass> for SyncError {
    fn from(class: FailureClass) -> Self {
        Self::Provider(class)
    }
}

impl From<Stale> for SyncError {
    fn from(_: Stale) -> Self {
        Self::Store
    }
}

pub(super) struct Worker {
    world: Shared,
    pub(super) connection: ConnectionId,
    fence: u64,
    pub(super) refused: RefCell<BTreeMap<(CalendarId, String), Aside>>,
    /// When the exceptions of a series were last looked at before it is moved or deleted.
    pub(super) looked_at: Cell<u64>,
}

/// One run; says whether another is needed.
pub(super) async fn run(world: Shared, connection: ConnectionId) -> bool {
    turn().await;
    let worker = {
        let mut now = world.borrow_mut();
        let fence = now.store.fences.entry(connection).or_default();
        *fence += 1;
        let fence = *fence;
        let refused = RefCell::new(now.store.refused.clone());
        let world = world.clone();
        Worker {
            world,
            connection,
            fence,
            refused,
            looked_at: Cell::new(u64::MAX),
        }
    };
    worker.visit().await.unwrap_or(true)
}

pub(super) fn policy(calendar: &Calendar) -> Policy {
    Policy {
        direction: calendar.settings.direction,
        privacy: calendar.settings.privacy,
        conflicts: calendar.settings.conflicts,
        ..Policy::default()
    }
}

impl Worker {
    pub(super) fn lease(&self) -> Lease {
        Lease {
            connection: self.connection,
            fence: self.fence,
        }
    }

    /// One call to the table or the provider.
    pub(super) async fn ask<T>(&self, call: impl FnOnce(&mut World) -> T) -> T {
        turn().await;
        call(&mut self.world.borrow_mut())
    }

    pub(super) fn world(&self) -> std::cell::RefMut<'_, World> {
        self.world.borrow_mut()
    }

    async fn visit(&self) -> Result<bool, SyncError> {
        let of = self.connection;
        let calendars: Vec<Calendar> = {
            let world = self.world();
            let own = world
                .calendars
                .iter()
                .filter(|calendar| calendar.connection == of);
            own.cloned().collect()
        };
        let (mut left, mut readable) = (false, Vec::new());
        for calendar in &calendars {
            match self.pull(calendar).await {
                Ok(more) => {
                    left |= more;
                    readable.push(calendar);
                }
                Err(SyncError::Provider(FailureClass::NotFound | FailureClass::Rejected)) => {}
                Err(error) => return Err(error),
            }
        }
        left |= self.push(&readable).await?;
        for calendar in readable {
            self.retry_due(calendar).await?;
        }
        Ok(left)
    }

    /// Looks anew at what stood aside for an event that is gone.
    async fn retry_due(&self, calendar: &Calendar) -> Result<(), SyncError> {
        let refused = self.refused.borrow().clone();
        let due = refused
            .iter()
            .filter(|((of, _), aside)| *of == calendar.id && aside.due);
        for (key, aside) in due {
            let id = ExternalEventId(key.1.clone());
            let change = self.get(calendar, &id).await;
            let change = change.unwrap_or(Change::Removed(id));
            let observation = self.observe_changes(calendar, vec![change]).await?;
            self.carry_out_all(calendar, observation).await?;
            if self.refused.borrow().get(key) == Some(aside) {
                self.clear_refusal(calendar, &key.1).await;
            }
        }
        Ok(())
    }

    async fn pull(&self, calendar: &Calendar) -> Result<bool, SyncError> {
        let id = calendar.id;
        let known = self
            .ask(|world| world.store.positions.get(&id).cloned())
            .await;
        let mut position = known.unwrap_or_default();
        if !position.began() && !position.known {
            position.known = self
                .ask(|world| {
                    let mut links = world.store.links.values();
                    links.any(|link| link.calendar == id)
                })
                .await;
        }
        let (mut seen, mut pages) = (BTreeSet::new(), 0);
        loop {
            let (cursor, page) = (position.cursor.as_deref(), position.page.as_deref());
            let page = self
                .ask(|world| world.provider.list(id, cursor, page))
                .await;
            let page = match page {
                Ok(page) => page,
                Err(FailureClass::CursorExpired) if position.began() => {
                    (position.cursor, position.page) = (None, None);
                    position.known = true;
                    seen.clear();
                    continue;
                }
                Err(FailureClass::Rejected) if position.began() => {
                    position.known = true;
                    seen.clear();
                    if position.page.take().is_none() {
                        position.cursor = None;
                    }
                    continue;
                }
                Err(class) => return Err(class.into()),
            };
            pages += 1;
            seen.extend(
                page.changes
                    .iter()
                    .map(|change| change.external_id().clone()),
            );
            for event in removed(&page.changes) {
                self.clear_refusal(calendar, &event.0).await;
            }
            let observation = self.observe_changes(calendar, page.changes).await?;
            self.carry_out_all(calendar, observation).await?;
            match page.next {
                Next::Page(next) => position.page = Some(next),
                Next::Cursor(cursor) => {
                    return self.complete(calendar, position, cursor, &seen).await;
                }
            }
            if pages >= PAGES_PER_RUN_MAX {
                self.commit(calendar, &position).await?;
                return Ok(true);
            }
        }
    }

    async fn complete(
        &self,
        calendar: &Calendar,
        position: Position,
        cursor: String,
        seen: &BTreeSet<ExternalEventId>,
    ) -> Result<bool, SyncError> {
        if position.cursor.is_none() && position.known {
            self.remove_missing(calendar, seen).await?;
        }
        let next = Position {
            cursor: Some(cursor),
            page: None,
            known: true,
            ..position.clone()
        };
        if next != position {
            self.commit(calendar, &next).await?;
        }
        Ok(false)
    }

    async fn commit(&self, calendar: &Calendar, position: &Position) -> Result<(), SyncError> {
        let lease = self.lease();
        self.ask(|world| {
            let committed = world.store.commit_position(calendar.id, position, lease)?;
            if position.page.is_none() {
                world.check_cursor(calendar, &committed);
            }
            Ok::<_, Stale>(())
        })
        .await?;
        Ok(())
    }

    async fn remove_missing(
        &self,
        calendar: &Calendar,
        seen: &BTreeSet<ExternalEventId>,
    ) -> Result<(), SyncError> {
        let links = self
            .ask(|world| {
                let links = world.store.links.values();
                let missing = links.filter(|link| link.calendar == calendar.id);
                missing.cloned().collect::<Vec<_>>()
            })
            .await;
        for link in links
            .iter()
            .filter(|link| !seen.contains(&link.external_id))
        {
            if let Some(pair) = self.observe_again(calendar, link).await {
                let observation = Observation {
                    policy: policy(calendar),
                    pairs: vec![pair],
                    ..Observation::default()
                };
                self.carry_out_all(calendar, observation).await?;
            }
        }
        Ok(())
    }

    async fn push(&self, calendars: &[&Calendar]) -> Result<bool, SyncError> {
        let of = self.connection;
        let dirty = self.ask(|world| world.store.dirty_of(of)).await;
        if dirty.is_empty() {
            return Ok(false);
        }
        for handful in dirty.chunks(ENTRIES_AT_ONCE) {
            let ids: Vec<EntryId> = handful.iter().map(|(entry, _)| *entry).collect();
            for calendar in calendars {
                let observation = self.observe_entries(calendar, &ids).await;
                self.carry_out_all(calendar, observation).await?;
            }
            for row in handful {
                self.ask(|world| world.store.clear_dirty(of, *row)).await;
            }
        }
        let left = self.ask(|world| world.store.dirty_of(of)).await;
        Ok(!left.is_empty())
    }

    async fn carry_out_all(
        &self,
        calendar: &Calendar,
        observation: Observation,
    ) -> Result<(), SyncError> {
        for step in decide(observation).steps {
            self.apply(calendar, step).await?;
        }
        Ok(())
    }

    pub(super) async fn refuse(
        &self,
        calendar: &Calendar,
        item: String,
        same_meeting: Option<EntryId>,
    ) {
        let due = false;
        let key = (calendar.id, item);
        self.keep(key, Aside { same_meeting, due }).await;
    }

    async fn keep(&self, key: (CalendarId, String), aside: Aside) {
        self.ask(|world| {
            world.store.writes += 1;
            world.store.refused.insert(key.clone(), aside);
        })
        .await;
        self.refused.borrow_mut().insert(key, aside);
    }

    /// What stood aside for an event that is gone.
    pub(super) async fn let_others_in(&self, lost: &EventLink) {
        let known = self.refused.borrow().clone();
        let aside = known
            .into_iter()
            .filter(|(_, aside)| aside.same_meeting == Some(lost.entry));
        for (key, aside) in aside {
            self.keep(key, Aside { due: true, ..aside }).await;
        }
    }

    pub(super) async fn clear_refusal(&self, calendar: &Calendar, item: &str) {
        let key = (calendar.id, item.to_owned());
        if self.refused.borrow_mut().remove(&key).is_some() {
            self.ask(|world| {
                world.store.writes += 1;
                world.store.refused.remove(&key);
            })
            .await;
        }
    }
}

fn removed(changes: &[Change]) -> Vec<ExternalEventId> {
    let gone = |change: &Change| match change {
        Change::Removed(external_id) => Some(external_id.clone()),
        Change::Occurrence(occurrence) => match occurrence.seen {
            OccurrenceSeen::Cancelled | OccurrenceSeen::Changed(_) => {
                Some(occurrence.external_id.clone())
            }
            OccurrenceSeen::Refused { .. } => None,
        },
        Change::Upserted(_) | Change::Refused { .. } => None,
    };
    changes.iter().filter_map(gone).collect()
}
