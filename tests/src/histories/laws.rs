//! What holds after quiet, whatever happened before.

use std::{collections::BTreeSet, fmt};

use anyhow::Context as _;
use domain::{connection::Provider, entry::Entry, id::EntryId, link::EventLink};
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::{
    Stage,
    applications::deleted,
    cast::BYSTANDER,
    ledger::{Origin, Spot, entry_value, event_values, values},
    owners::is_whole,
    people::origin_of,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Law {
    /// Both sides say the same, field by field, or it is said why not.
    Agree,
    /// Everything that belongs on the other side is there.
    Complete,
    NothingDoubled,
    NothingGone,
    /// What came from a calendar goes with its last event there.
    NothingLingers,
    /// What somebody wrote stands somewhere, was replaced by somebody who saw it, or can be found.
    NothingLost,
    /// What somebody replaced does not stand there again.
    NothingBack,
    NobodyInvited,
    TenantsApart,
    /// What operators are told of integrations is what there is.
    Counted,
    /// It comes to rest, and quiet costs nothing.
    Rest,
}

/// One way in which a law was broken.
#[derive(Clone, Debug)]
pub struct Finding {
    pub law: Law,
    pub words: String,
}

impl Finding {
    pub(super) fn new(law: Law, words: &str) -> Self {
        let words = words.to_owned();
        Self { law, words }
    }

    /// Of a history that did not come to its end.
    pub fn of_failure(error: &anyhow::Error) -> Self {
        Self::new(Law::Rest, &format!("{error:#}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.words)
    }
}

/// Both sides as they stand at the end.
pub(super) struct Standing {
    pub(super) entries: Vec<Entry>,
    /// What each calendar shows, in the order of the calendars.
    pub(super) shown: Vec<Vec<Value>>,
    pub(super) links: Vec<EventLink>,
    pub(super) rows: Vec<Value>,
}

impl Standing {
    pub(super) fn wholes(&self) -> impl Iterator<Item = (usize, &Value)> {
        let all = self.shown.iter().enumerate();
        all.flat_map(|(place, shown)| shown.iter().map(move |event| (place, event)))
            .filter(|(_, event)| is_whole(event))
    }

    fn rows_of(&self, kinds: &[&str]) -> impl Iterator<Item = String> {
        let kept = self
            .rows
            .iter()
            .filter(|row| kinds.iter().any(|kind| row["et"]["S"] == *kind));
        kept.map(Value::to_string)
    }
}

impl Stage {
    pub(super) async fn audit(&self) -> anyhow::Result<Vec<Finding>> {
        let mut links = Vec::new();
        for place in &self.cast.places {
            links.extend(self.cast.store.links_of_calendar(place.calendar.id).await?);
        }
        let places = 0..self.cast.places.len();
        let standing = Standing {
            entries: self.entries().await?,
            shown: places
                .map(|place| self.shown(place))
                .collect::<Result<_, _>>()?,
            links,
            rows: self.cast.rows().await?,
        };
        let mut findings = self.check_sides(&standing).await?;
        findings.extend(self.check_complete(&standing).await?);
        findings.extend(self.check_doubles(&standing)?);
        findings.extend(self.check_gone(&standing));
        findings.extend(self.check_lingering(&standing)?);
        findings.extend(self.check_lost(&standing).await?);
        findings.extend(self.check_back(&standing).await?);
        findings.extend(self.check_mail().await?);
        findings.extend(self.check_tenants(&standing).await?);
        findings.extend(self.check_counted().await?);
        Ok(findings)
    }

    /// Everything that belongs on the other side is there, or it is said why not.
    async fn check_complete(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut missing = |words: String| findings.push(Finding::new(Law::Complete, &words));
        let stuck: Vec<String> = standing.rows_of(&["stuck_item"]).collect();
        for (place, event) in standing.wholes() {
            let calendar = &self.cast.places[place].calendar;
            let id = event["id"].as_str().context("an id")?;
            let known = standing
                .links
                .iter()
                .any(|link| link.calendar == calendar.id && link.external_id.0 == id);
            let said = stuck.iter().any(|row| row.contains(id));
            if calendar.settings.direction.pulls() && !known && !said {
                missing(format!("{id} was never taken over"));
            }
        }
        for place in &self.cast.places {
            let calendar = &place.calendar;
            let theirs = |entry: &&Entry| {
                calendar.settings.receives_new && entry.assignees.contains(&calendar.member)
            };
            for entry in standing.entries.iter().filter(theirs) {
                let known = standing
                    .links
                    .iter()
                    .any(|link| link.entry == entry.id && link.connection == calendar.connection);
                if !known && !stuck.iter().any(|row| row.contains(&entry.id.to_string())) {
                    missing(format!("{} was never copied", entry.id));
                }
            }
        }
        for connection in &self.cast.connections {
            let left = self.cast.store.dirty_entries(connection.id).await?;
            if !left.is_empty() {
                missing(format!("left to be looked at: {left:?}"));
            }
        }
        Ok(findings)
    }

    /// One original has one entry, and at most one copy in a calendar.
    fn check_doubles(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut doubled = |words: String| findings.push(Finding::new(Law::NothingDoubled, &words));
        let mut origins = BTreeSet::new();
        for entry in &standing.entries {
            if !origins.insert(origin_of(entry)) {
                doubled(format!("{} is there twice", entry.id));
            }
        }
        let mut copies = BTreeSet::new();
        for (place, event) in standing.wholes() {
            let id = event["id"].as_str().unwrap_or_default();
            let copy = !self.is_by_person(place, id);
            if copy && !copies.insert((place, Origin::of_event(event)?)) {
                doubled(format!("{id} is a second copy"));
            }
        }
        Ok(findings)
    }

    /// A value that is nowhere any more was replaced by somebody who saw it, or is kept where it can be found.
    async fn check_lost(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut kept = self.ledger.seen_to_go.clone();
        kept.extend(self.unshown.iter().cloned());
        kept.extend(self.gone_unshown().await?);
        for entry in &standing.entries {
            kept.extend(values(&entry.content));
        }
        for event in standing.shown.iter().flatten() {
            if event["status"] != "cancelled" {
                kept.extend(event_values(event)?);
            }
        }
        let found: Vec<String> = standing
            .rows_of(&["conflict", "trace", "stuck_item"])
            .collect();
        let lost = self.ledger.written.difference(&kept);
        let lost = lost.filter(|value| !found.iter().any(|row| row.contains(*value)));
        Ok(lost
            .map(|value| Finding::new(Law::NothingLost, &format!("{value} is nowhere")))
            .collect())
    }

    /// What a calendar keeps to itself goes with its event: we were never shown it, and must not keep it.
    async fn gone_unshown(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut gone = BTreeSet::new();
        for (number, place) in self.cast.places.iter().enumerate() {
            if self.hidden(number).is_empty() {
                continue;
            }
            let state = self
                .cast
                .control(place.provider, Method::GET, "state", &Value::Null);
            let state = state.await?;
            let calendars = state["calendars"].as_array().into_iter().flatten();
            let here = |calendar: &&Value| calendar["id"] == place.calendar.external_id.as_str();
            for calendar in calendars.filter(here) {
                for event in deleted(place.provider, calendar)? {
                    gone.extend(event_values(&event)?);
                }
            }
        }
        Ok(gone)
    }

    /// What the product tells of an entry, from the beginning.
    async fn story(&self, entry: EntryId) -> anyhow::Result<Vec<String>> {
        let mut traces = self.cast.store.traces(entry).await?;
        traces.reverse();
        let told = traces.iter().map(|trace| {
            let was = trace.overwritten.iter().map(|was| values(&was.content));
            let was: Vec<Vec<String>> = was.collect();
            format!("{} {} {:?}, was {was:?}", trace.at, trace.words(), trace.by)
        });
        Ok(told.collect())
    }

    /// Of each value that somebody replaced: it does not stand where it was replaced.
    async fn check_back(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (spot, origin, old) in &self.ledger.replaced {
            let stands: Vec<String> = match spot {
                Spot::Entry(id) => {
                    let entry = standing.entries.iter().find(|entry| entry.id == *id);
                    let said = |entry: &Entry| {
                        let fields = domain::content::Field::ALL.into_iter();
                        fields
                            .filter_map(|field| entry_value(&entry.content, field))
                            .collect()
                    };
                    entry.map(said).unwrap_or_default()
                }
                Spot::Event(place, id) => {
                    let event = standing
                        .wholes()
                        .find(|(at, event)| at == place && event["id"] == id.as_str());
                    match event {
                        None => Vec::new(),
                        Some((_, event)) => event_values(event)?,
                    }
                }
            };
            let of_origin = |entry: &&Entry| origin_of(entry) == *origin;
            let entries: Vec<&Entry> = standing.entries.iter().filter(of_origin).collect();
            let decided = entries
                .iter()
                .any(|entry| self.ledger.decided.contains(&entry.id));
            if decided || !self.ledger.written.contains(old) || !stands.contains(old) {
                continue;
            }
            let mut told = Vec::new();
            for entry in entries {
                told.extend(self.story(entry.id).await?);
            }
            let words = format!("{old} stands at {spot:?} again\n{}", told.join("\n"));
            findings.push(Finding::new(Law::NothingBack, &words));
        }
        Ok(findings)
    }

    async fn check_mail(&self) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for provider in self.cast.providers() {
            let mail = self
                .cast
                .control(provider, Method::GET, "mail", &Value::Null);
            let mail = mail.await?;
            // Exchange tells the guests of a meeting whoever changes it; but they are the guests of its owner.
            let meant = |mail: &&Value| match provider {
                Provider::Google => false,
                Provider::Microsoft => mail["by_person"] == true || mail["kind"] != "invitation",
            };
            let sent = mail["mails"].as_array().into_iter().flatten();
            let unmeant = sent.filter(|mail| !meant(mail));
            findings
                .extend(unmeant.map(|mail| Finding::new(Law::NobodyInvited, &mail.to_string())));
        }
        Ok(findings)
    }

    /// Nothing that one tenant wrote is held of the other, but what its people were given to see; and the same meeting
    /// is another one there.
    async fn check_tenants(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        if self.cast.bystander.is_none() {
            return Ok(findings);
        }
        let theirs = self.cast.world.tenant_of(BYSTANDER).await?;
        let theirs = theirs.id().to_string();
        let given = &self.ledger.given_away;
        for row in &standing.rows {
            let text = row.to_string();
            if row["t"]["S"] != theirs.as_str() {
                continue;
            }
            let words = self.ledger.written.difference(given);
            for word in words.filter(|word| text.contains(*word)) {
                let words = format!("{word} is in {}", row["PK"]);
                findings.push(Finding::new(Law::TenantsApart, &words));
            }
        }
        let is_entry = |row: &&Value| row["t"]["S"] == theirs.as_str() && row["et"]["S"] == "entry";
        let entries = standing.rows.iter().filter(is_entry).count();
        let events = self.shown_to_bystander().await?.len();
        if events != entries {
            let words = format!("{events} events there and {entries} entries");
            findings.push(Finding::new(Law::TenantsApart, &words));
        }
        Ok(findings)
    }
}
