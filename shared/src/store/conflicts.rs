//! Conflicts and traces: what people read to understand and decide.

use domain::{
    conflict::{Conflict, ConflictState},
    id::{ConflictId, EntryId, MemberId},
    link::EventLink,
    trace::Trace,
};
use jiff::{SignedDuration, Timestamp};

use serde::{Deserialize, Serialize};

use super::{
    LinkWrite, TenantStore,
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};
use crate::outbox::OutboxRow;

const CONFLICTS_MAX: usize = 1_000;
/// Beyond that a number in the menu says no more.
const COUNTED_MAX: usize = 100;
const TRACES_MAX: usize = 200;
/// A conflict that is over stays readable for three months.
const SETTLED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Whether a conflict waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    Settled,
}

impl Standing {
    fn of(conflict: &Conflict) -> Self {
        match conflict.state {
            ConflictState::Open => Self::Open,
            ConflictState::Chosen { .. }
            | ConflictState::Settled { .. }
            | ConflictState::Undone { .. }
            | ConflictState::Dropped { .. } => Self::Settled,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Open => "OPEN#",
            Self::Settled => "OVER#",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Open => Self::Settled,
            Self::Settled => Self::Open,
        }
    }
}

/// Stands in the list of its member; the conflict itself stands elsewhere.
#[derive(Serialize, Deserialize)]
struct Pointer {
    conflict: ConflictId,
}

impl TenantStore {
    pub async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError> {
        self.table.get(&keys::conflict(self.tenant, id)).await
    }

    /// A member's own conflicts, newest first: the open ones, or those that are decided or over.
    pub async fn conflicts_of(
        &self,
        member: MemberId,
        standing: Standing,
    ) -> Result<Vec<Conflict>, StoreError> {
        let pk = keys::conflicts_of(self.tenant, member);
        let range = Range::prefix(&pk, standing.prefix(), CONFLICTS_MAX).newest_first();
        let pointers: Vec<Pointer> = self.table.range(range).await?;
        let keys: Vec<_> = pointers
            .iter()
            .map(|pointer| keys::conflict(self.tenant, pointer.conflict))
            .collect();
        let mut conflicts: Vec<Conflict> = self.table.get_many(&keys).await?;
        conflicts.sort_by_key(|conflict| std::cmp::Reverse(conflict.id));
        Ok(conflicts)
    }

    /// How many wait for the member to decide: one small read.
    pub async fn open_conflicts(&self, member: MemberId) -> Result<usize, StoreError> {
        let pk = keys::conflicts_of(self.tenant, member);
        let open = Range::prefix(&pk, Standing::Open.prefix(), COUNTED_MAX);
        Ok(self.table.range::<Pointer>(open).await?.len())
    }

    /// Every member's, newest first. However many are settled, those that are open are among them.
    pub async fn conflicts(&self, standing: Standing) -> Result<Vec<Conflict>, StoreError> {
        let pk = keys::conflicts(self.tenant);
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let newest_first = Range::prefix(&pk, "", CONFLICTS_MAX).newest_first();
            let page: Vec<Conflict> = self.table.range(newest_first.before(before)).await?;
            let is_last = page.len() < CONFLICTS_MAX;
            before = page.last().map(|oldest| oldest.id.to_string());
            found.extend(
                page.into_iter()
                    .filter(|conflict| Standing::of(conflict) == standing),
            );
            if is_last || found.len() >= CONFLICTS_MAX {
                found.truncate(CONFLICTS_MAX);
                return Ok(found);
            }
        }
    }

    /// Changes a link, with what goes with it, so that the next run of its connection has something to do.
    pub async fn write_wish(
        &self,
        link: EventLink,
        beside: Vec<LinkWrite>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writes = self.link_writes(LinkWrite::look_again(&link, now))?;
        writes.extend(self.link_writes(LinkWrite::Update(link))?);
        for write in beside {
            writes.extend(self.link_writes(write)?);
        }
        self.table.write(writes).await
    }

    /// What happened to an entry, newest first.
    pub async fn traces(&self, entry: EntryId) -> Result<Vec<Trace>, StoreError> {
        let pk = keys::traces(self.tenant);
        let newest_first = Range::prefix(&pk, &keys::traces_of(entry), TRACES_MAX).newest_first();
        self.table.range(newest_first).await
    }

    /// A new conflict is told to the world, once.
    pub(super) fn conflict_writes(&self, conflict: Conflict) -> Result<Vec<Write>, StoreError> {
        let is_new = conflict.version == 0;
        let key = keys::conflict(self.tenant, conflict.id);
        let guard = Guard::of_version(conflict.version);
        let next = Conflict {
            version: conflict.version + 1,
            ..conflict
        };
        let mut item = Item::new("conflict", key, Some(self.tenant), &next).guarded(guard);
        let standing = Standing::of(&next);
        let pointer = |standing: Standing| {
            keys::conflict_of(self.tenant, next.member, standing.prefix(), next.id)
        };
        let shown = Pointer { conflict: next.id };
        let mut listed = Item::new(
            "member_conflict",
            pointer(standing),
            Some(self.tenant),
            &shown,
        );
        if let Some(over_since) = next.over_since() {
            item = item.expires_at(over_since + SETTLED_KEPT);
            listed = listed.expires_at(over_since + SETTLED_KEPT);
        }
        let elsewhere = pointer(standing.other());
        let mut writes = vec![
            item.put()?,
            listed.put()?,
            Write::delete(elsewhere, Some(self.tenant), &Guard::Any),
        ];
        if is_new {
            let now: Timestamp = next.detected_at;
            let row = OutboxRow::conflict_detected(self.tenant, &next, now);
            writes.extend(self.told(&row, now)?);
        }
        Ok(writes)
    }
}
