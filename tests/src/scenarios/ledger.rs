//! The independent record of what people did, and the audit of what both sides hold against it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    sides::Sides,
    words::{Field, Mark, Values},
};

/// The schedule, or one of the calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Schedule,
    Calendar(usize),
}

/// What people did. Kept by the scenarios; the product knows nothing of it.
#[derive(Debug, Default)]
pub struct Ledger {
    items: BTreeMap<Mark, Item>,
    /// Grows whenever everything came to rest: what is written later has seen what was written before.
    epoch: u32,
    pub(super) changes: u64,
}

#[derive(Debug, Default)]
struct Item {
    /// Where it belongs.
    on: BTreeSet<Side>,
    /// Where it was made.
    origin: Option<Side>,
    /// Where it was made or seen.
    seen: BTreeSet<Side>,
    /// The last value of each field, or several where people wrote without having seen each other's.
    fields: BTreeMap<Field, Vec<Written>>,
    deleted: Option<(Side, u32)>,
    /// People wrote the same field without having seen each other's: only then is there something to decide.
    disputed: bool,
}

#[derive(Clone, Debug)]
struct Written {
    side: Side,
    value: String,
    epoch: u32,
}

/// What went wrong, counted, and the first of it in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Harm {
    pub duplicates: u64,
    pub lost_updates: u64,
    pub wrong_deletes: u64,
    pub findings: Vec<String>,
}

impl Ledger {
    pub(super) fn next_mark(&self) -> Mark {
        Mark(u32::try_from(self.items.len()).unwrap_or(u32::MAX))
    }

    /// Somebody made an item that belongs on these sides.
    pub(super) fn made(&mut self, mark: Mark, side: Side, on: &[Side]) {
        let item = self.items.entry(mark).or_default();
        item.on.extend(on);
        item.seen.insert(side);
        item.origin = Some(side);
        self.changes += 1;
    }

    /// Somebody wrote a field: of a new item, or as an edit.
    pub(super) fn wrote(&mut self, mark: Mark, side: Side, field: Field, value: String) {
        let epoch = self.epoch;
        let item = self.items.entry(mark).or_default();
        let written = item.fields.entry(field).or_default();
        // What was there before has been seen by its writer; another side's edit of this moment has not.
        written.retain(|other| other.epoch == epoch && other.side != side);
        item.disputed |= written.iter().any(|other| other.value != value);
        written.push(Written { side, value, epoch });
    }

    pub(super) fn edited(&mut self) {
        self.changes += 1;
    }

    pub fn deleted(&mut self, mark: Mark, side: Side) {
        if side != Side::Schedule && self.origin(mark) == Some(Side::Schedule) {
            // Only a copy: what was made in the schedule stays there.
            return self.left(mark, side);
        }
        let epoch = self.epoch;
        self.items.entry(mark).or_default().deleted = Some((side, epoch));
        self.changes += 1;
    }

    fn origin(&self, mark: Mark) -> Option<Side> {
        self.items.get(&mark)?.origin
    }

    /// From now on the item does not belong there.
    pub(super) fn left(&mut self, mark: Mark, side: Side) {
        let item = self.items.entry(mark).or_default();
        item.on.remove(&side);
        self.changes += 1;
    }

    pub(super) fn came_to_rest(&mut self) {
        self.epoch += 1;
    }

    /// Notes where each item is, so that it is missed there later.
    pub(super) fn look(&mut self, sides: &Sides) {
        for (mark, item) in &mut self.items {
            let there = sides
                .sides()
                .filter(|side| !sides.copies(*side, *mark).is_empty());
            item.seen.extend(there);
        }
    }

    pub fn audit(&self, sides: &Sides) -> Harm {
        let mut harm = Harm::default();
        for (mark, item) in &self.items {
            for side in sides.sides() {
                let copies = sides.copies(side, *mark).len();
                if copies > 1 {
                    harm.duplicates += u64::try_from(copies - 1).unwrap_or(u64::MAX);
                    harm.find(*mark, &format!("{copies} of it in {side:?}"));
                }
            }
            match item.deleted {
                Some((side, epoch)) => item.audit_deleted(*mark, side, epoch, sides, &mut harm),
                None => item.audit_kept(*mark, sides, &mut harm),
            }
        }
        for mark in sides.marks() {
            if !self.items.contains_key(&mark) {
                harm.duplicates += 1;
                harm.find(mark, "nobody made it");
            }
        }
        harm
    }
}

impl Harm {
    /// All of it together.
    pub fn total(&self) -> u64 {
        self.duplicates + self.lost_updates + self.wrong_deletes
    }

    pub(super) fn lost(&mut self, mark: Mark, what: &str) {
        self.lost_updates += 1;
        self.find(mark, what);
    }

    fn find(&mut self, mark: Mark, what: &str) {
        const FINDINGS_MAX: usize = 12;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(format!("{}: {what}", mark.written()));
        }
    }
}

impl Item {
    /// Gone everywhere, unless the other side edited it without knowing: then the edit must be somewhere.
    fn audit_deleted(&self, mark: Mark, by: Side, at: u32, sides: &Sides, harm: &mut Harm) {
        let unaware = |written: &&Written| written.epoch == at && written.side != by;
        let edits: Vec<&Written> = self.fields.values().flatten().filter(unaware).collect();
        for edit in &edits {
            if !sides.hold(mark, &edit.value) {
                harm.lost(mark, &format!("{:?} is nowhere", edit.value));
            }
        }
        for side in sides.sides() {
            if edits.is_empty() && !sides.copies(side, mark).is_empty() {
                harm.lost(mark, &format!("deleted in {by:?} and still in {side:?}"));
            }
        }
    }

    fn audit_kept(&self, mark: Mark, sides: &Sides, harm: &mut Harm) {
        for side in sides.sides() {
            let copies = sides.copies(side, mark);
            match (self.on.contains(&side), copies.first()) {
                (true, Some(copy)) => self.audit_copy(mark, side, &copy.values, sides, harm),
                (true, None) if sides.is_refused(mark) => {}
                (true, None) if self.seen.contains(&side) => {
                    harm.wrong_deletes += 1;
                    harm.find(mark, &format!("gone from {side:?}, deleted by nobody"));
                }
                (true, None) => harm.lost(mark, &format!("never came to {side:?}")),
                (false, Some(_)) => harm.lost(mark, &format!("still in {side:?}")),
                (false, None) => {}
            }
        }
        // What was deleted with its item counts once.
        let nowhere = sides
            .sides()
            .all(|side| sides.copies(side, mark).is_empty());
        for written in self.fields.values().flatten() {
            if !nowhere && !sides.hold(mark, &written.value) {
                harm.lost(mark, &format!("{:?} is nowhere", written.value));
            }
        }
    }

    /// A field that one side alone wrote must be as it was written, unless someone has yet to decide about an item
    /// that people disagree about.
    fn audit_copy(&self, mark: Mark, side: Side, shown: &Values, sides: &Sides, harm: &mut Harm) {
        if self.disputed && sides.is_in_conflict(mark) {
            return;
        }
        for (field, written) in &self.fields {
            let shown = shown.get(field).map_or("", String::as_str);
            let agrees = written.iter().any(|written| written.value == shown);
            // What is nowhere at all is counted as such.
            let wanted = written
                .iter()
                .find(|written| sides.hold(mark, &written.value));
            if let (false, Some(wanted)) = (agrees, wanted) {
                let wanted = &wanted.value;
                harm.lost(
                    mark,
                    &format!("{field:?} in {side:?} is {shown:?} instead of {wanted:?}"),
                );
            }
        }
    }
}
