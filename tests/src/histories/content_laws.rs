//! Whether both sides of each link say the same: as the engine sees them, and as people do.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{
    content::{Content, Parts},
    entry::Entry,
    event::Change,
    id::{ConnectionId, EntryId},
    item::ItemState,
    link::{EventLink, LinkState, Origin},
    series::Exceptions,
    sync::observe::Policy,
    trace::{Deed, TracedBy},
};
use reqwest::Method;
use serde_json::json;
use shared::{crypto::Secret, providers::CalendarProvider};

use super::{
    Stage,
    cast::Place,
    laws::{Finding, Law, Standing},
    ledger::{Removal, day_and_minute, event_values},
};

/// All that histories plan, and less than a list takes.
pub(super) const SPAN: (&str, &str) = ("2028-01-01T00:00:00Z", "2029-02-01T00:00:00Z");

/// What a person sees of one occurrence: start, title, notes and place.
type Seen = Vec<String>;

impl Stage {
    pub(super) async fn check_sides(&self, standing: &Standing) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let in_schedule = self.seen_in_schedule().await?;
        let stuck = self.stuck().await?;
        for (number, place) in self.cast.places.iter().enumerate() {
            let in_calendar = self.seen_in_calendar(place)?;
            let of_place = |link: &&EventLink| link.calendar == place.calendar.id;
            for link in standing.links.iter().filter(of_place) {
                let entry = standing.entries.iter().find(|entry| entry.id == link.entry);
                let entry = entry.filter(|entry| entry.assignees.contains(&place.calendar.member));
                let event = self.event(place, link).await?;
                // What a provider cannot hold stays on the other side, and it is said why.
                let is_refused = stuck.iter().any(|item| {
                    let refused = matches!(item.state, ItemState::Refused { .. });
                    refused && item.calendar == link.calendar && item.item == link.external_id.0
                });
                let words = match (&link.state, entry, &event) {
                    (LinkState::Conflict { .. }, _, _) => None,
                    (LinkState::Linked { .. }, Some(_), Some(_)) if is_refused => None,
                    (LinkState::Pending { .. }, _, _) => Some("a create was never finished".into()),
                    (LinkState::Severed { lost, .. }, entry, event) => {
                        self.severed(number, link, *lost, (entry.is_some(), event.is_some()))
                    }
                    (LinkState::Linked { .. }, Some(entry), Some(event)) => {
                        let joined = self.is_joined(link.entry, link.connection).await?;
                        let seen = (
                            in_schedule.get(&link.entry),
                            in_calendar.get(&link.external_id.0),
                        );
                        self.apart(place, link, (entry, event), joined)
                            .or_else(|| Self::seen_apart(place, entry, joined, seen))
                    }
                    (LinkState::Linked { .. }, entry, event) => {
                        let (entry, event) = (entry.is_some(), event.is_some());
                        Some(format!("linked, with entry {entry}, with event {event}"))
                    }
                };
                findings.extend(
                    words.map(|words| Finding::new(Law::Agree, &format!("{words}\n{link:?}"))),
                );
            }
        }
        Ok(findings)
    }

    fn severed(
        &self,
        place: usize,
        link: &EventLink,
        lost: Origin,
        there: (bool, bool),
    ) -> Option<String> {
        let wanted = match lost {
            Origin::Event => (true, false),
            Origin::Entry => (false, true),
        };
        let removal = Removal::Item(place, link.external_id.0.clone());
        let meant = lost == Origin::Entry || self.ledger.removed.contains(&removal);
        if there != wanted {
            return Some(format!(
                "severed and not apart: entry and event are {there:?}"
            ));
        }
        (!meant).then(|| "nobody let it go".to_owned())
    }

    /// As the product reads it.
    async fn event(&self, place: &Place, link: &EventLink) -> anyhow::Result<Option<Content>> {
        let asked = json!({ "account": place.account });
        let cast = &self.cast;
        let granted = cast.control(place.provider, Method::POST, "token", &asked);
        let granted = granted.await?;
        let access = granted["access_token"].as_str().context("access")?;
        let access = Secret::new(access.to_owned());
        let provider = cast.world.app.provider(place.provider);
        let got = provider
            .get(&access, &place.calendar, &link.external_id)
            .await?;
        Ok(match got {
            Some(Change::Upserted(event)) => Some(event.content),
            Some(Change::Removed(_) | Change::Refused { .. } | Change::Occurrence(_)) | None => {
                None
            }
        })
    }

    /// Both sides were there before they were linked, and may have differed.
    async fn is_joined(&self, entry: EntryId, connection: ConnectionId) -> anyhow::Result<bool> {
        let traces = self.cast.store.traces(entry).await?;
        Ok(traces.iter().any(|trace| {
            let here = match &trace.by {
                TracedBy::Sync { connection: by, .. } => *by == connection,
                TracedBy::Member { .. } => false,
            };
            here && trace.deed == Deed::JoinEntry
        }))
    }

    fn apart(
        &self,
        place: &Place,
        link: &EventLink,
        (entry, event): (&Entry, &Content),
        joined: bool,
    ) -> Option<String> {
        let settings = &place.calendar.settings;
        let provider: &dyn CalendarProvider = self.cast.world.app.provider(place.provider);
        let policy = Policy {
            direction: settings.direction,
            privacy: settings.privacy,
            conflicts: settings.conflicts,
            masked: provider.masked(),
            ..Policy::default()
        };
        let base = link.base()?;
        let ours = policy.shown_entry(entry.content.clone(), link.origin);
        let theirs = policy.shown_event(event.clone(), link.origin);
        let (pulls, pushes) = (policy.direction.pulls(), policy.direction.pushes());
        let apart = |left: &Content, right: &Content| -> Parts {
            let parts = as_it_is(left).diff(&as_it_is(right));
            parts
                .masked(settings.privacy.hidden())
                .masked(policy.masked)
        };
        let compared = [
            (pushes, "entry and base", apart(&ours, &base.entry)),
            (pulls, "event and base", apart(&theirs, base.event())),
            (
                pulls && pushes && !joined,
                "both sides",
                apart(&ours, &theirs),
            ),
        ];
        let (_, which, parts) = compared
            .into_iter()
            .find(|(holds, _, parts)| *holds && !parts.is_empty())?;
        Some(format!(
            "{which} are apart in {parts}\nours {ours:?}\ntheirs {theirs:?}"
        ))
    }

    /// The same with nobody's words but the API's on either side.
    fn seen_apart(
        place: &Place,
        entry: &Entry,
        joined: bool,
        (here, there): (Option<&Vec<Seen>>, Option<&Vec<Seen>>),
    ) -> Option<String> {
        let settings = &place.calendar.settings;
        let both = settings.direction.pulls() && settings.direction.pushes();
        let told = both && !joined && settings.privacy.hidden().is_empty();
        // Where another calendar of the entry keeps its words to itself, there is nothing to compare them with.
        if !told || here == there {
            return None;
        }
        Some(format!(
            "{} shows {here:?} here and {there:?} there",
            entry.id
        ))
    }

    async fn seen_in_schedule(&self) -> anyhow::Result<BTreeMap<EntryId, Vec<Seen>>> {
        let mut seen = BTreeMap::<EntryId, Vec<Seen>>::new();
        for (person, member) in &self.cast.members {
            let (from, to) = SPAN;
            let path = format!(
                "/api/v1/schedule/entries?assignee={member}&from={from}&to={to}&expand=occurrences&limit=500"
            );
            let mut of_member = BTreeMap::<EntryId, Vec<Seen>>::new();
            let list = person.get(&path).await?.expect(200)?.json();
            for item in list["items"].as_array().into_iter().flatten() {
                if item["occurrence"]["cancelled"] == true {
                    continue;
                }
                let id = item["id"].as_str().context("an id")?.parse()?;
                let start = &item["occurrence"]["start"];
                let start: domain::time::LocalTime = serde_json::from_value(start.clone())?;
                let text = |name: &str| item[name].as_str().unwrap_or_default().trim().to_owned();
                let texts = [text("title"), text("notes"), text("location")];
                let mut said: Seen = texts.into_iter().filter(|text| !text.is_empty()).collect();
                said.push(day_and_minute(start.local));
                of_member.entry(id).or_default().push(said);
            }
            for (id, mut occurrences) in of_member {
                occurrences.sort();
                seen.insert(id, occurrences);
            }
        }
        Ok(seen)
    }

    fn seen_in_calendar(&self, place: &Place) -> anyhow::Result<BTreeMap<String, Vec<Seen>>> {
        let (from, to) = SPAN;
        let list = place.opened(&self.cast.world).occurrences(from, to)?;
        let mut seen = BTreeMap::<String, Vec<Seen>>::new();
        for event in &list {
            let series = event["recurringEventId"].as_str();
            let id = series.or(event["id"].as_str()).context("an id")?;
            seen.entry(id.to_owned())
                .or_default()
                .push(event_values(event)?);
        }
        for occurrences in seen.values_mut() {
            occurrences.sort();
        }
        Ok(seen)
    }
}

/// Without the spaces that a side may drop, and without exceptions of occurrences that the series no longer has.
fn as_it_is(content: &Content) -> Content {
    let mut said = Content {
        title: content.title.trim().into(),
        notes: content.notes.trim().into(),
        location: content.location.trim().into(),
        exceptions: Exceptions::default(),
        ..content.clone()
    };
    for (at, exception) in content.exceptions.iter() {
        let fits = content.has_occurrence(at);
        said.exceptions.set(at, fits.then(|| exception.clone()));
    }
    said
}
