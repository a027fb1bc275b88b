//! What both sides hold, read as people and programs would read it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Row,
    ledger::Side,
    words::{self, Mark, Values},
};
use crate::{connected::Connected, world::World};

/// The longest span that a list takes, around the scenarios' year.
const SPAN: (&str, &str) = ("2026-12-01T00:00:00Z", "2027-12-31T00:00:00Z");

#[derive(Clone, Debug)]
pub struct Copy {
    pub id: String,
    pub(super) values: Values,
}

#[derive(Debug, Default)]
pub struct Sides {
    held: BTreeMap<Side, BTreeMap<Mark, Vec<Copy>>>,
    /// Open conflicts, as they are kept.
    conflicts: Vec<String>,
    /// Items that stand beside a calendar with a reason.
    refused: Vec<String>,
}

impl Sides {
    pub async fn read(world: &World, members: &[Connected]) -> anyhow::Result<Self> {
        let mut sides = Self::default();
        let mut known = BTreeSet::new();
        sides.held.insert(Side::Schedule, BTreeMap::new());
        for (number, member) in members.iter().enumerate() {
            for entry in member.entries_between(SPAN.0, SPAN.1).await? {
                // An entry of several members is one.
                if known.insert(id(&entry)) {
                    sides.add(Side::Schedule, &entry, words::of_schedule(&entry)?);
                }
            }
            let side = Side::Calendar(number);
            sides.held.insert(side, BTreeMap::new());
            let events = member.calendar.events().await?.into_iter();
            // An occurrence that differs is no copy of its series.
            for event in events.filter(|event| event["recurringEventId"].is_null()) {
                sides.add(side, &event, words::of_google(&event)?);
            }
        }
        let dump = world.aws.dump_table(&world.app.config.table).await?;
        for page in serde_json::Deserializer::from_str(&dump).into_iter::<Vec<Value>>() {
            for item in page? {
                match item["et"]["S"].as_str() {
                    Some("conflict") => sides.conflicts.push(item.to_string()),
                    Some("stuck_item") => sides.refused.push(item.to_string()),
                    _ => {}
                }
            }
        }
        Ok(sides)
    }

    fn add(&mut self, side: Side, item: &Value, shown: Option<(Mark, Values)>) {
        let Some((mark, values)) = shown else {
            return;
        };
        let copies = self.held.entry(side).or_default().entry(mark).or_default();
        copies.push(Copy {
            id: id(item),
            values,
        });
    }

    pub(super) fn sides(&self) -> impl Iterator<Item = Side> {
        self.held.keys().copied()
    }

    /// Everything that is anywhere.
    pub(super) fn marks(&self) -> BTreeSet<Mark> {
        let marks = self.held.values().flat_map(BTreeMap::keys);
        marks.copied().collect()
    }

    pub fn copies(&self, side: Side, mark: Mark) -> &[Copy] {
        let copies = self.held.get(&side).and_then(|held| held.get(&mark));
        copies.map_or(&[], Vec::as_slice)
    }

    /// Whether a value of an item stands anywhere: on a side, or with what waits for a decision.
    pub(super) fn hold(&self, mark: Mark, value: &str) -> bool {
        let shown = self.sides().any(|side| {
            let copies = self.copies(side, mark).iter();
            copies
                .flat_map(|copy| copy.values.values())
                .any(|shown| shown == value)
        });
        let kept = || self.conflicts.iter().chain(&self.refused);
        shown || kept().any(|kept| kept.contains(&mark.written()) && kept.contains(value))
    }

    pub(super) fn is_refused(&self, mark: Mark) -> bool {
        let mark = mark.written();
        self.refused.iter().any(|refused| refused.contains(&mark))
    }

    pub(super) fn is_in_conflict(&self, mark: Mark) -> bool {
        let mark = mark.written();
        self.conflicts
            .iter()
            .any(|conflict| conflict.contains(&mark))
    }
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap_or_default().to_owned()
}

impl Row {
    /// Whatever takes place on one side only is lost.
    pub(super) async fn compare_occurrences(&mut self, member: &Connected) -> anyhow::Result<()> {
        let (ours, theirs) = occurrences(member).await?;
        for apart in ours.symmetric_difference(&theirs) {
            self.lost_updates += 1;
            self.findings.push(format!("{apart:?} is on one side only"));
        }
        Ok(())
    }
}

/// Every occurrence of the member's year, by title and start, as either side expands it.
async fn occurrences(
    member: &Connected,
) -> anyhow::Result<(BTreeSet<Occurrence>, BTreeSet<Occurrence>)> {
    let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    for entry in member.occurrences_between(SPAN.0, SPAN.1).await? {
        let span = &entry["occurrence"];
        let (start, end) = (&span["start"], &span["end"]);
        ours.insert((
            entry["title"].to_string(),
            words::schedule_moment(start)?,
            words::schedule_moment(end)?,
        ));
    }
    for event in member.calendar.occurrences(SPAN.0, SPAN.1).await? {
        theirs.insert((
            event["summary"].to_string(),
            words::google_moment(&event["start"])?,
            words::google_moment(&event["end"])?,
        ));
    }
    Ok((ours, theirs))
}

/// Title, start and end.
type Occurrence = (String, String, String);
