//! Nothing goes that nobody took away, and nothing stays whose owner did.

use std::collections::BTreeSet;

use domain::{
    entry::Entry,
    id::EntryId,
    link::{EventLink, LinkState, Origin as Side},
};

use super::{
    Stage,
    laws::{Finding, Law, Standing},
    ledger::{Origin, Removal},
    people::origin_of,
};

impl Stage {
    pub(super) fn check_gone(&self, standing: &Standing) -> Vec<Finding> {
        let removed = &self.ledger.removed;
        let mut findings = Vec::new();
        for (id, origin) in &self.ledger.entries_by_person {
            let meant = removed.contains(&Removal::Entry(*origin));
            let there = standing.entries.iter().any(|entry| entry.id == *id);
            if !there && !meant {
                findings.push(Finding::new(Law::NothingGone, &format!("{id} is gone")));
            }
        }
        for (place, id, origin) in &self.ledger.events_by_person {
            let member = self.cast.places[*place].calendar.member;
            let reasons = [
                Removal::Entry(*origin),
                Removal::Event(*origin, member),
                Removal::Unassigned(*origin, member),
                Removal::Item(*place, id.clone()),
            ];
            let meant = reasons.iter().any(|reason| removed.contains(reason));
            let there = standing
                .wholes()
                .any(|(at, event)| at == *place && event["id"] == id.as_str());
            if !there && !meant {
                findings.push(Finding::new(Law::NothingGone, &format!("{id} is gone")));
            }
        }
        findings
    }

    /// Unless somebody holds on to it, or it waits for a decision.
    pub(super) fn check_lingering(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut own = BTreeSet::new();
        let mut known = BTreeSet::new();
        for (place, event) in standing.wholes() {
            let id = event["id"].as_str().unwrap_or_default();
            if self.is_by_person(place, id) {
                own.insert(Origin::of_event(event)?);
            }
            // A copy that its person moved, and whose entry was gone by then, is an event of theirs.
            let calendar = self.cast.places[place].calendar.id;
            let of_event = |link: &&EventLink| {
                link.calendar == calendar && link.external_id.0 == id && link.origin == Side::Event
            };
            known.extend(
                standing
                    .links
                    .iter()
                    .filter(of_event)
                    .map(|link| link.entry),
            );
        }
        let is_open = |entry: &Entry| {
            let mut links = standing.links.iter().filter(|link| link.entry == entry.id);
            links.any(|link| matches!(link.state, LinkState::Conflict { .. }))
        };
        let is_held = |entry: &Entry| {
            let made = |(id, _): &(EntryId, Origin)| *id == entry.id;
            self.ledger.entries_by_person.iter().any(made)
                || self.ledger.assigned.contains(&origin_of(entry))
                || self.ledger.decided.contains(&entry.id)
        };
        let lingers = |entry: &&Entry| {
            let has_event = own.contains(&origin_of(entry)) || known.contains(&entry.id);
            !has_event && !is_held(entry) && !is_open(entry)
        };
        let lingering = standing.entries.iter().filter(lingers);
        let said = |entry: &Entry| format!("{} lingers", entry.id);
        Ok(lingering
            .map(|entry| Finding::new(Law::NothingLingers, &said(entry)))
            .collect())
    }
}
