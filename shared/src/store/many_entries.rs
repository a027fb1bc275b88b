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

impl TenantStore {
    /// Writes changes of different entries, each whole or not at all. Answers those that were not written, because somebody
    /// else wrote first.
    pub async fn write_each_entry(
        &self,
        changes: Vec<EntryWrite<'_>>,
    ) -> Result<BTreeSet<EntryId>, StoreError> {
        let members = self.assignees_of(&changes).await?;
        let mut late = BTreeSet::new();
        let mut pack = Pack::default();
        for change in changes {
            let writes = self.change_writes(change.clone(), &members)?;
            if !pack.takes(&change, &writes) {
                late.extend(self.write_pack(pack, &members).await?);
                pack = Pack::default();
            }
            pack.add(change, writes);
        }
        late.extend(self.write_pack(pack, &members).await?);
        Ok(late)
    }

    /// One by one where it cannot be done together: one that is late must not hold up the others.
    async fn write_pack(
        &self,
        pack: Pack<'_>,
        members: &[Member],
    ) -> Result<Vec<EntryId>, StoreError> {
        if pack.changes.is_empty() {
            return Ok(Vec::new());
        }
        let assigned = members
            .iter()
            .filter(|one| pack.assignees.contains(&one.id));
        let checks = assigned.map(|member| {
            let key = keys::member(self.tenant, member.id);
            Write::check(key, self.tenant, member.version)
        });
        match self.table.write(checks.chain(pack.writes).collect()).await {
            Ok(()) => return Ok(Vec::new()),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let mut late = Vec::new();
        for change in pack.changes {
            let id = change.after.or(change.before).map(|entry| entry.id);
            match self.write_entry(change).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => late.extend(id),
                Err(error) => return Err(error),
            }
        }
        Ok(late)
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
