//! What people do in the schedule, over its API.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use domain::{
    conflict::ConflictState,
    content::Field,
    entry::Entry,
    id::{EntryId, MemberId},
    series::{Exception, OriginalStart},
    sync::moves::OccurrenceEdit,
};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Standing;

use super::{
    Stage,
    cast::ZONE,
    ledger::{
        OCCURRENCES, Origin, Removal, Spot, entry_value, for_schedule, own_values, start_of, values,
    },
};
use crate::person::Person;

const ENTRIES: &str = "/api/v1/schedule/entries";

/// When the nth occurrence of a series starts, as its rule has it.
pub(super) fn original(start: jiff::civil::DateTime, which: u8) -> anyhow::Result<OriginalStart> {
    let days = i64::from(u32::from(which) % OCCURRENCES);
    let at = start.checked_add(days.days())?;
    let at: Timestamp = at.to_zoned(TimeZone::get(ZONE)?)?.timestamp();
    Ok(OriginalStart::Time(at))
}

pub(super) fn origin_of(entry: &Entry) -> Origin {
    Origin::of(start_of(&entry.content.timing.when))
}

impl Stage {
    /// Every entry of the tenant, in the order in which their originals came to be.
    pub(super) async fn entries(&self) -> anyhow::Result<Vec<Entry>> {
        let mut ids = BTreeSet::new();
        for (_, member) in &self.cast.members {
            ids.extend(self.cast.store.all_entries_of(*member).await?);
        }
        let ids: Vec<EntryId> = ids.into_iter().collect();
        let mut entries = self.cast.store.entries(&ids).await?;
        entries.sort_by_key(|entry| (origin_of(entry), entry.id));
        Ok(entries)
    }

    async fn pick_entry(&self, nth: u8) -> anyhow::Result<Option<Entry>> {
        let mut entries = self.entries().await?;
        let index = usize::from(nth) % entries.len().max(1);
        Ok((index < entries.len()).then(|| entries.swap_remove(index)))
    }

    /// Whoever is assigned may also see what is private.
    fn person_at(&self, entry: &Entry) -> &Person {
        let assigned = |(_, id): &&(Person, MemberId)| entry.assignees.contains(id);
        let member = self.cast.members.iter().find(assigned);
        &member.unwrap_or(&self.cast.members[0]).0
    }

    async fn patch_entry(&self, entry: &Entry, rest: &str, change: &Value) -> anyhow::Result<()> {
        let path = format!("{ENTRIES}/{}{rest}", entry.id);
        let person = self.person_at(entry);
        let patched = person.json(Method::PATCH, &path, change).await?;
        patched
            .expect(200)
            .with_context(|| format!("PATCH {path} {change}"))?;
        Ok(())
    }

    pub(super) async fn create_entry(&mut self, member: u8, series: bool) -> anyhow::Result<()> {
        let fresh = self.ledger.fresh(series);
        let (start, end) = for_schedule(fresh.start)?;
        let entry = json!({
            "title": fresh.title, "notes": fresh.notes, "location": fresh.location,
            "start": start, "end": end, "recurrence": fresh.recurrence,
        });
        let person = &self.cast.members[usize::from(member) % 2].0;
        let made = person.post(ENTRIES, &entry).await?.expect(201)?;
        let id: EntryId = made.at("/id").parse()?;
        self.ledger.entries_by_person.push((id, fresh.origin));
        Ok(())
    }

    pub(super) async fn edit_entry(&mut self, nth: u8, field: Field) -> anyhow::Result<()> {
        let Some(entry) = self.pick_entry(nth).await? else {
            return Ok(());
        };
        let origin = origin_of(&entry);
        let old = entry_value(&entry.content, field);
        if field == Field::Timing && entry.content.repeats() {
            // When the other side changed an occurrence meanwhile, the old time is a choice too.
            self.ledger.removes(old);
        } else if let Some(old) = old {
            self.ledger.replaces(Spot::Entry(entry.id), origin, old);
        }
        let change = match field {
            Field::Title => json!({ "title": self.ledger.word('t') }),
            Field::Notes => json!({ "notes": self.ledger.word('n') }),
            Field::Location => json!({ "location": self.ledger.word('l') }),
            Field::Timing => {
                let (start, end) = for_schedule(self.ledger.start(origin))?;
                json!({ "start": start, "end": end })
            }
            Field::Private => json!({ "private": !entry.content.private }),
        };
        self.patch_entry(&entry, "", &change).await
    }

    pub(super) async fn edit_entry_occurrence(
        &mut self,
        nth: u8,
        which: u8,
        edit: OccurrenceEdit,
    ) -> anyhow::Result<()> {
        let found = self.pick_entry(nth).await?;
        let Some(entry) = found.filter(|entry| entry.content.repeats()) else {
            return Ok(());
        };
        let at = original(start_of(&entry.content.timing.when), which)?;
        let rest = format!("/occurrences/{at}");
        let old = entry.content.exceptions.get(at);
        if old == Some(&Exception::Cancelled) {
            // It has to take place again before anything else can be said of it.
            let path = format!("{ENTRIES}/{}{rest}/restore", entry.id);
            let restored = self.person_at(&entry).post(&path, &json!({})).await?;
            restored.expect(200)?;
            return Ok(());
        }
        let now = entry.content.occurrence(at).context("it takes place")?;
        let field = match edit {
            OccurrenceEdit::Retitle => Field::Title,
            OccurrenceEdit::Move => Field::Timing,
            OccurrenceEdit::Cancel => {
                let mut alone = domain::series::Exceptions::default();
                alone.set(at, old.cloned());
                self.ledger.removes(own_values(&alone));
                let path = format!("{ENTRIES}/{}{rest}", entry.id);
                self.person_at(&entry).delete(&path).await?.expect(204)?;
                return Ok(());
            }
        };
        let plain = entry.content.plain_occurrence(at);
        let of_series = plain.and_then(|plain| entry_value(&plain, field));
        // What the series says is still said of its other occurrences.
        self.ledger
            .removes(entry_value(&now, field).filter(|old| of_series.as_ref() != Some(old)));
        let change = if field == Field::Title {
            json!({ "title": self.ledger.word('t') })
        } else {
            let (start, end) = for_schedule(self.ledger.start(origin_of(&entry)))?;
            json!({ "start": start, "end": end })
        };
        self.patch_entry(&entry, &rest, &change).await
    }

    pub(super) async fn delete_entry(&mut self, nth: u8) -> anyhow::Result<()> {
        let Some(entry) = self.pick_entry(nth).await? else {
            return Ok(());
        };
        self.ledger
            .removed
            .insert(Removal::Entry(origin_of(&entry)));
        self.ledger.removes(values(&entry.content));
        let path = format!("{ENTRIES}/{}", entry.id);
        self.person_at(&entry).delete(&path).await?.expect(204)?;
        Ok(())
    }

    pub(super) async fn assign(&mut self, nth: u8, member: u8, on: bool) -> anyhow::Result<()> {
        let Some(entry) = self.pick_entry(nth).await? else {
            return Ok(());
        };
        let member = self.cast.members[usize::from(member) % 2].1;
        if entry.assignees.contains(&member) == on || (!on && entry.assignees.len() < 2) {
            return Ok(());
        }
        let mut assignees = entry.assignees.clone();
        if on {
            assignees.push(member);
            self.ledger.assigned.insert(origin_of(&entry));
        } else {
            assignees.retain(|one| *one != member);
            let removal = Removal::Unassigned(origin_of(&entry), member);
            self.ledger.removed.insert(removal);
        }
        self.patch_entry(&entry, "", &json!({ "assignees": assignees }))
            .await
    }

    /// Somebody decides a conflict, as a whole for one side.
    pub(super) async fn resolve(&mut self, nth: u8, external: bool) -> anyhow::Result<()> {
        let mut open = self.cast.store.conflicts(Standing::Open).await?;
        open.retain(|one| matches!(one.state, ConflictState::Open));
        open.sort_by_key(|one| {
            (
                Origin::of(start_of(&one.base.timing.when)),
                one.detected_at,
                one.id,
            )
        });
        let Some(conflict) = open.get(usize::from(nth) % open.len().max(1)) else {
            return Ok(());
        };
        let owner = |(_, id): &&(Person, MemberId)| *id == conflict.member;
        let owner = self.cast.members.iter().find(owner);
        let (person, _) = owner.context("whose calendar it is")?;
        let path = format!("/api/v1/conflicts/{}/resolve", conflict.id);
        let side = if external { "external" } else { "local" };
        let keep = json!({ "keep": side, "version": conflict.version });
        let answer = person.post(&path, &keep).await?;
        ensure!(answer.status.is_success(), "{path}: {}", answer.text);
        self.ledger.decided.insert(conflict.entry);
        Ok(())
    }
}
