//! Why is it here, or not? Everything that is known under a title or an id, with where it stands and why.

use std::collections::HashSet;

use axum::{Json as Answer, extract::State, response::Response};
use domain::{
    calendar::Calendar,
    connection::Idle,
    entry::Entry,
    event::ExternalEventId,
    id::{CalendarId, EntryId},
    item::StuckItem,
    link::{EventLink, LinkState, Origin},
};
use futures::future::{try_join_all, try_join3};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    store::StoreError,
    web::{
        Query,
        page::{self, Visitor},
    },
};
use ui::pages::connection::{WhyPage, WhyRow};

use crate::own::Own;

/// Of each calendar, and of the member's entries: what is called by a title is looked for among so many.
const LOOKED_THROUGH_MAX: usize = 2_000;
const FOUND_MAX: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhyQuery {
    /// A title or a part of one, or the id of either side.
    #[schemars(with = "String", length(min = 1))]
    q: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Why {
    items: Vec<Found>,
    /// False where there was more than could be looked through; an exact id is found in any case.
    complete: bool,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Found {
    title: String,
    entry: Option<EntryId>,
    external_id: Option<String>,
    calendar: Option<CalendarId>,
    state: FoundState,
    /// The state and its reason.
    words: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FoundState {
    Linked,
    Pending,
    Conflict,
    RemovedThere,
    DeletedHere,
    Refused,
    Waiting,
    NotCopied,
    Deleted,
}

impl WhyQuery {
    fn asked(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    own: Own,
    Query(query): Query<WhyQuery>,
) -> Result<Answer<Why>, Problem> {
    match query.asked() {
        "" => Err(Problem::invalid(
            "q",
            "Say what to look for: q is a title or an id.",
        )),
        asked => Ok(Answer(search(&app, &own, asked).await?)),
    }
}

pub(crate) async fn page(
    State(app): State<App>,
    Visitor { frame, .. }: Visitor,
    own: Own,
    Query(query): Query<WhyQuery>,
) -> Result<Response, Problem> {
    let asked = query.asked();
    let found = match asked {
        "" => None,
        asked => Some(search(&app, &own, asked).await?),
    };
    let row = |found: Found| WhyRow {
        title: found.title,
        is_well: found.state == FoundState::Linked,
        words: found.words,
        entry: found
            .entry
            .filter(|_| found.state != FoundState::Deleted)
            .map(|entry| entry.to_string()),
        external_id: found.external_id,
    };
    let page = WhyPage {
        frame,
        id: own.connection().id.to_string(),
        account: own.connection().account.clone(),
        query: asked.to_owned(),
        complete: found.as_ref().is_none_or(|found| found.complete),
        answers: found.map(|found| found.items.into_iter().map(row).collect()),
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// What is asked for: by title in any case of letters, or by the id of either side.
struct Asked<'a> {
    exact: &'a str,
    folded: String,
}

impl Asked<'_> {
    fn is(&self, title: &str, ids: &[&str]) -> bool {
        ids.contains(&self.exact) || title.to_lowercase().contains(&self.folded)
    }
}

async fn search(app: &App, own: &Own, asked: &str) -> Result<Why, Problem> {
    let asked = Asked {
        exact: asked,
        folded: asked.to_lowercase(),
    };
    let calendars = own.store.calendars(own.connection().id).await?;
    let looks = try_join3(
        links(own, &calendars, &asked),
        entries(own, &asked),
        own.store.stuck_items(own.connection().id),
    );
    let ((mut links, mut complete), (entries, all), refused) = Box::pin(looks).await?;
    complete &= all;
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let id = own.connection().id;
    links.extend(own.store.links_of_entries(&ids, id).await?);
    let gone = own.store.deleted_entries(app.clock.now()).await?;

    let mut items: Vec<Found> = refused
        .into_iter()
        .filter(|item| asked.is(&item.title, &[&item.item]))
        .map(not_taken)
        .collect();
    let mut told: HashSet<EntryId> = items.iter().filter_map(|found| found.entry).collect();
    let name = |id| shown_name(own, &calendars, id);
    for link in links {
        let current = entries.iter().find(|entry| entry.id == link.entry);
        let is_refused = items
            .iter()
            .any(|found| found.external_id.as_ref() == Some(&link.external_id.0));
        if told.insert(link.entry) && !is_refused {
            items.push(linked(&link, current, &name(link.calendar)));
        }
    }
    let unlinked = entries
        .into_iter()
        .filter(|entry| !told.contains(&entry.id));
    items.extend(unlinked.map(|entry| not_copied(own, &calendars, entry)));
    let member = own.session.member;
    let deleted = gone.into_iter().filter(|gone| {
        gone.entry.assignees.contains(&member)
            && !told.contains(&gone.entry.id)
            && asked.is(&gone.entry.content.title, &[&gone.entry.id.to_string()])
    });
    items.extend(deleted.map(|gone| deleted_entry(gone.entry, gone.deleted_at)));
    complete &= items.len() <= FOUND_MAX;
    items.truncate(FOUND_MAX);
    Ok(Why { items, complete })
}

/// Links that were last agreed to be called so, and whether all were looked through.
async fn links(
    own: &Own,
    calendars: &[Calendar],
    asked: &Asked<'_>,
) -> Result<(Vec<EventLink>, bool), StoreError> {
    let event = [ExternalEventId(asked.exact.to_owned())];
    let looks = calendars.iter().map(async |calendar| {
        let exact = own.store.links_of_events(calendar.id, &event).await?;
        let some = own
            .store
            .some_links_of_calendar(calendar.id, LOOKED_THROUGH_MAX)
            .await?;
        let complete = some.len() < LOOKED_THROUGH_MAX;
        let named = some.into_iter().filter(|link| {
            asked.is(
                link.title(),
                &[&link.external_id.0, &link.entry.to_string()],
            )
        });
        let mut found: Vec<EventLink> = named.collect();
        found.extend(exact);
        Ok::<_, StoreError>((found, complete))
    });
    let (found, complete): (Vec<_>, Vec<_>) = try_join_all(looks).await?.into_iter().unzip();
    let found = found.into_iter().flatten().collect();
    Ok((found, complete.into_iter().all(|complete| complete)))
}

/// The member's own entries that are called so, and whether all were looked through.
async fn entries(own: &Own, asked: &Asked<'_>) -> Result<(Vec<Entry>, bool), StoreError> {
    let mut ids = own.store.all_entries_of(own.session.member).await?;
    let complete = ids.len() <= LOOKED_THROUGH_MAX;
    ids.truncate(LOOKED_THROUGH_MAX);
    let exact: Option<EntryId> = asked.exact.parse().ok();
    ids.extend(exact.filter(|exact| !ids.contains(exact)));
    let mut entries = own.store.entries(&ids).await?;
    entries.retain(|entry| {
        entry.assignees.contains(&own.session.member)
            && asked.is(&entry.content.title, &[&entry.id.to_string()])
    });
    Ok((entries, complete))
}

fn shown_name(own: &Own, calendars: &[Calendar], id: CalendarId) -> String {
    let account = &own.connection().account;
    let calendar = calendars.iter().find(|calendar| calendar.id == id);
    calendar.map_or_else(|| account.clone(), |calendar| calendar.shown_name(account))
}

fn not_taken(item: StuckItem) -> Found {
    let entry: Option<EntryId> = item.item.parse().ok();
    let words = format!("Not synced: {}.", item.words());
    Found {
        title: item.title,
        entry,
        external_id: entry.is_none().then_some(item.item),
        calendar: Some(item.calendar),
        state: FoundState::Refused,
        words,
    }
}

fn linked(link: &EventLink, entry: Option<&Entry>, calendar: &str) -> Found {
    let (state, words) = match &link.state {
        LinkState::Pending { .. } => (
            FoundState::Pending,
            format!("Is about to be created in {calendar}."),
        ),
        LinkState::Linked { .. } => (FoundState::Linked, format!("In sync with {calendar}.")),
        LinkState::Conflict { .. } => (
            FoundState::Conflict,
            format!(
                "Changed here and in {calendar}, differently. Nothing is written until someone decides, under Conflicts."
            ),
        ),
        LinkState::Severed {
            lost: Origin::Event,
            ..
        } => (
            FoundState::RemovedThere,
            format!("Removed from {calendar} there; the entry stays. Its page can put it back."),
        ),
        LinkState::Severed {
            lost: Origin::Entry,
            ..
        } => (
            FoundState::DeletedHere,
            format!(
                "Deleted from the schedule. The event stays in {calendar}, which is only read."
            ),
        ),
    };
    let title = entry.map_or_else(|| link.title(), |entry| &entry.content.title);
    Found {
        title: title.to_owned(),
        entry: Some(link.entry).filter(|_| state != FoundState::DeletedHere),
        external_id: Some(link.external_id.0.clone()),
        calendar: Some(link.calendar),
        state,
        words,
    }
}

/// An entry that has no copy in this connection, and no reason beside it.
fn not_copied(own: &Own, calendars: &[Calendar], entry: Entry) -> Found {
    let receiver = calendars
        .iter()
        .find(|calendar| calendar.settings.receives_new && calendar.takes(&calendar.settings));
    let (state, words) = match (receiver, own.connection().idle()) {
        (None, _) => (
            FoundState::NotCopied,
            "Stays in the schedule: no calendar of this connection takes new entries. Choose one in its settings."
                .to_owned(),
        ),
        (Some(_), Some(Idle::Paused)) => (
            FoundState::Waiting,
            "Waits: the connection is paused. Resume it first.".to_owned(),
        ),
        (Some(_), Some(Idle::NeedsReauth)) => (
            FoundState::Waiting,
            "Waits: the connection has lost its access. Reconnect it first.".to_owned(),
        ),
        (Some(_), Some(Idle::Ending)) => (
            FoundState::NotCopied,
            "Stays in the schedule: this connection is being disconnected.".to_owned(),
        ),
        (Some(calendar), None) => (
            FoundState::Waiting,
            format!("Is written to {} with the next sync.", calendar.name),
        ),
    };
    Found {
        title: entry.content.title,
        entry: Some(entry.id),
        external_id: None,
        calendar: receiver.map(|calendar| calendar.id),
        state,
        words,
    }
}

fn deleted_entry(entry: Entry, at: Timestamp) -> Found {
    let day = at.strftime("%-d %B %Y");
    Found {
        title: entry.content.title,
        entry: Some(entry.id),
        external_id: None,
        calendar: None,
        state: FoundState::Deleted,
        words: format!("Deleted on {day}. It can be brought back, under Deleted entries."),
    }
}
