//! Whether the calendars that should show an entry do, and if not, why.

use std::collections::HashMap;

use domain::{
    calendar::Calendar,
    connection::{Connection, Idle},
    content::Fields,
    entry::Entry,
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId},
    item::StuckItem,
    link::{EventLink, LinkState, Origin},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use shared::{
    app::App,
    store::{StoreError, TenantStore},
};
use ui::pages::schedule::Copies;

/// The connections of one member, with what of some entries is in them.
pub(crate) struct Connected(Vec<Side>);

struct Side {
    connection: Connection,
    calendars: Vec<Calendar>,
    links: HashMap<EntryId, EventLink>,
    stuck: HashMap<(CalendarId, String), StuckItem>,
    masked: Fields,
}

/// One entry in one calendar.
pub(crate) struct CopySeen {
    /// "Work, ada@example.com"
    pub(crate) calendar: String,
    pub(crate) state: Copies,
    pub(crate) synced_at: Option<Timestamp>,
    pub(crate) reason: Option<String>,
    /// What waits for a decision.
    pub(crate) conflict: Option<ConflictId>,
    /// Where it was removed and can be put back.
    pub(crate) removed_from: Option<ConnectionId>,
}

impl Connected {
    pub(crate) async fn of(
        app: &App,
        store: &TenantStore,
        member: MemberId,
        entries: &[EntryId],
    ) -> Result<Self, StoreError> {
        let mut rows = store.connections_of(member).await?;
        rows.retain(|row| row.connection.ending_since.is_none());
        let sides = rows.into_iter().map(async |row| {
            let id = row.connection.id;
            let (calendars, links, stuck) = futures::try_join!(
                store.calendars(id),
                store.links_of_entries(entries, id),
                store.stuck_items(id),
            )?;
            Ok::<_, StoreError>(Side {
                masked: app.provider(row.connection.provider).masked(),
                connection: row.connection,
                calendars,
                links: links.into_iter().map(|link| (link.entry, link)).collect(),
                stuck: stuck
                    .into_iter()
                    .map(|item| ((item.calendar, item.item.clone()), item))
                    .collect(),
            })
        });
        Ok(Self(try_join_all(sides).await?))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn copies(&self, entry: &Entry) -> Vec<CopySeen> {
        self.0.iter().filter_map(|side| side.copy(entry)).collect()
    }

    /// The state that most needs a look.
    pub(crate) fn summary(&self, entry: &Entry) -> Copies {
        let urgency = |state: &Copies| match state {
            Copies::None => 0,
            Copies::Synced => 1,
            Copies::Waiting => 2,
            Copies::Conflict => 3,
            Copies::Failed => 4,
        };
        let states = self.copies(entry).into_iter().map(|copy| copy.state);
        states.max_by_key(urgency).unwrap_or(Copies::None)
    }
}

impl Side {
    fn copy(&self, entry: &Entry) -> Option<CopySeen> {
        let link = self.links.get(&entry.id);
        let receives = |calendar: &&Calendar| {
            let settings = &calendar.settings;
            settings.selected && settings.receives_new && settings.direction.pushes()
        };
        let mut calendars = self.calendars.iter();
        let calendar = match link {
            Some(link) => calendars.find(|calendar| calendar.id == link.calendar),
            None => calendars.find(receives),
        }?;
        let item = link.map_or_else(|| entry.id.to_string(), |link| link.external_id.0.clone());
        let (state, reason) = match self.stuck.get(&(calendar.id, item)) {
            Some(stuck) => {
                let reason = format!("Not synced: {}.", stuck.words());
                (Copies::Failed, Some(reason))
            }
            None => self.progress(entry, link, calendar),
        };
        Some(CopySeen {
            calendar: calendar.shown_name(&self.connection.account),
            state,
            synced_at: link.and(self.connection.last_sync_at),
            reason,
            conflict: link.and_then(conflict_of),
            removed_from: link
                .filter(|link| is_removed(link) && calendar.takes(&calendar.settings))
                .map(|_| self.connection.id),
        })
    }

    fn progress(
        &self,
        entry: &Entry,
        link: Option<&EventLink>,
        calendar: &Calendar,
    ) -> (Copies, Option<String>) {
        let agrees = match link.map(|link| &link.state) {
            Some(LinkState::Conflict { .. }) => {
                let reason =
                    "Both sides changed the same field. Nothing is written until someone decides.";
                return (Copies::Conflict, Some(reason.to_owned()));
            }
            Some(LinkState::Severed { .. }) => {
                let reason = "Removed from this calendar. The entry stays.";
                return (Copies::None, Some(reason.to_owned()));
            }
            Some(LinkState::Linked { base, .. }) => {
                let hidden = calendar.settings.privacy.hidden();
                let ahead = entry
                    .content
                    .diff(&base.entry)
                    .masked(self.masked.or(hidden));
                ahead.is_empty() || !calendar.settings.direction.pushes()
            }
            Some(LinkState::Pending { .. }) | None => false,
        };
        match (agrees, self.connection.idle()) {
            (true, _) => (Copies::Synced, None),
            (false, None) => (Copies::Waiting, None),
            (false, Some(Idle::Paused)) => {
                let reason = "The connection is paused. This change is sent after you resume it.";
                (Copies::Waiting, Some(reason.to_owned()))
            }
            (false, Some(Idle::NeedsReauth)) => {
                let reason =
                    "The provider asks for a new sign-in. This change is sent after you reconnect.";
                (Copies::Failed, Some(reason.to_owned()))
            }
            (false, Some(Idle::Ending)) => {
                let reason = "The connection is being disconnected. This change is not sent.";
                (Copies::Failed, Some(reason.to_owned()))
            }
        }
    }
}

fn conflict_of(link: &EventLink) -> Option<ConflictId> {
    match link.state {
        LinkState::Conflict { conflict, .. } => Some(conflict),
        LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Severed { .. } => None,
    }
}

fn is_removed(link: &EventLink) -> bool {
    match link.state {
        LinkState::Severed { lost, .. } => lost == Origin::Event,
        LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Conflict { .. } => false,
    }
}
