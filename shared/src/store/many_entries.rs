//! Changes of many entries, as many together as a transaction holds.

use std::collections::BTreeSet;

use domain::{
    id::{EntryId, MemberId},
    member::Member,
};

use super::{
    EntryWrite, TenantStore,
    entries::assignees,
    keys,
    table::{StoreError, TRANSACTION_ITEMS_MAX, Write},
};

/// A transaction holds 4 MB: so many of the largest entries, with what was before them in a trace.
const TOGETHER_MAX: usize = 12;

/// How far many changes have come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub written: BTreeSet<EntryId>,
    /// Not written, because somebody else wrote first.
    pub late: BTreeSet<EntryId>,
}

/// What becomes of the others where one is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    GoOn,
    /// Nothing more is written, and of what would have gone together nothing at all.
    Stop,
}

impl TenantStore {
    /// Writes changes of different entries, each whole or not at all. `progress` also tells of what was written before an
    /// error.
    pub async fn write_each_entry(
        &self,
        changes: Vec<EntryWrite<'_>>,
        others: Others,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        let members = self.assignees_of(&changes).await?;
        let mut pack = Pack::default();
        for change in changes {
            let writes = self.change_writes(change.clone(), &members)?;
            if !pack.takes(&change, &writes) {
                let full = std::mem::take(&mut pack);
                self.write_pack(full, &members, others, progress).await?;
                if others == Others::Stop && !progress.late.is_empty() {
                    return Ok(());
                }
            }
            pack.add(change, writes);
        }
        self.write_pack(pack, &members, others, progress).await
    }

    /// One by one where it cannot be done together: one that is late must not hold up the others.
    async fn write_pack(
        &self,
        pack: Pack<'_>,
        members: &[Member],
        others: Others,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        if pack.changes.is_empty() {
            return Ok(());
        }
        let ids: Vec<EntryId> = pack.changes.iter().filter_map(EntryWrite::id).collect();
        let assigned = members
            .iter()
            .filter(|one| pack.assignees.contains(&one.id));
        let checks = assigned.map(|member| {
            let key = keys::member(self.tenant, member.id);
            Write::check(key, self.tenant, member.version)
        });
        match self.table.write(checks.chain(pack.writes).collect()).await {
            Ok(()) => {
                progress.written.extend(ids);
                return Ok(());
            }
            Err(StoreError::Conflict) if others == Others::Stop => {
                progress.late.extend(ids);
                return Ok(());
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        for (change, id) in pack.changes.into_iter().zip(ids) {
            match self.write_entry(change).await {
                Ok(()) => progress.written.insert(id),
                Err(StoreError::Conflict) => progress.late.insert(id),
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }
}

#[derive(Default)]
struct Pack<'a> {
    changes: Vec<EntryWrite<'a>>,
    writes: Vec<Write>,
    assignees: BTreeSet<MemberId>,
}

impl<'a> Pack<'a> {
    fn takes(&self, change: &EntryWrite<'_>, writes: &[Write]) -> bool {
        let members = self.assignees.union(&assignees(change)).count();
        let items = self.writes.len() + writes.len() + members;
        self.changes.is_empty()
            || items <= TRANSACTION_ITEMS_MAX && self.changes.len() < TOGETHER_MAX
    }

    fn add(&mut self, change: EntryWrite<'a>, writes: Vec<Write>) {
        self.assignees.extend(assignees(&change));
        self.writes.extend(writes);
        self.changes.push(change);
    }
}
