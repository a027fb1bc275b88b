//! The calendars of a connection: as the provider lists them, and as the member chose.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar::{Calendar, CalendarSettings},
    connection::Connection,
    id::{CalendarId, EntryId},
};
use jiff::Timestamp;

use super::SyncError;
use crate::{
    app::App,
    ids,
    oauth::access_token,
    providers::ListedCalendar,
    store::{DirtyEntry, StoreError, TenantStore},
};

/// Others may write the same calendars in the same moment.
const TRIES_MAX: u32 = 3;

/// Asks the provider for the account's calendars and keeps what the member chose for those already known.
pub async fn list_again(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
) -> Result<Vec<Calendar>, SyncError> {
    let access = access_token(app, store, connection.id).await?;
    let listed = app.provider(connection.provider).calendars(&access).await?;
    for _ in 0..TRIES_MAX {
        let known = store.calendars(connection.id).await?;
        let changed = changed(connection, &known, &listed);
        match store.put_calendars(&changed).await {
            // Two pages that list at the same time arrive at the same calendars.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
            Ok(()) if changed.is_empty() => return Ok(known),
            Ok(()) => return Ok(store.calendars(connection.id).await?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// New calendars, and known ones that the provider now describes otherwise.
fn changed(
    connection: &Connection,
    known: &[Calendar],
    listed: &[ListedCalendar],
) -> Vec<Calendar> {
    let as_ours = |theirs: &ListedCalendar| {
        let ours = known
            .iter()
            .find(|calendar| calendar.external_id == theirs.external_id);
        let calendar = Calendar {
            id: ours.map_or_else(|| id_of(connection, &theirs.external_id), |ours| ours.id),
            connection: connection.id,
            member: connection.member,
            external_id: theirs.external_id.clone(),
            name: theirs.name.clone(),
            zone: theirs.zone.clone(),
            primary: theirs.primary,
            writable: theirs.writable,
            settings: ours.map_or_else(CalendarSettings::default, |ours| ours.settings.clone()),
            version: ours.map_or(0, |ours| ours.version),
        };
        (ours != Some(&calendar)).then_some(calendar)
    };
    listed.iter().filter_map(as_ours).collect()
}

/// A calendar's id follows from what it is, so that no calendar is ever known twice.
fn id_of(connection: &Connection, external_id: &str) -> CalendarId {
    let name = format!("{}|{external_id}", connection.id);
    ids::derive(
        connection.tenant,
        connection.created_at,
        &name,
        CalendarId::from_parts,
    )
}

/// What became of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The calendars are at this version now.
    Saved { version: u64 },
    /// They are not what the member has seen, but at this version. Nothing was changed.
    Stale { version: u64 },
}

/// Saves what the member chose and puts their entries before calendars that now receive them. `expected` is the version
/// that they have seen.
pub async fn choose(
    store: &TenantStore,
    connection: &Connection,
    chosen: &BTreeMap<CalendarId, CalendarSettings>,
    expected: Option<u64>,
    now: Timestamp,
) -> Result<Chosen, SyncError> {
    for _ in 0..TRIES_MAX {
        let calendars = store.calendars(connection.id).await?;
        let version = Calendar::version_of_all(&calendars);
        if expected.is_some_and(|expected| expected != version) {
            return Ok(Chosen::Stale { version });
        }
        let mut next = calendars.clone();
        for calendar in &mut next {
            calendar.settings = chosen.get(&calendar.id).cloned().unwrap_or_default();
        }
        let (changed, others): (Vec<_>, Vec<_>) = next
            .iter()
            .cloned()
            .partition(|calendar| !calendars.contains(calendar));
        let put = store.put_choice(connection.id, &changed, &others);
        match put.await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                carry_over(store, connection, &next, now).await?;
                let version = version + changed.len() as u64;
                return Ok(Chosen::Saved { version });
            }
        }
    }
    Err(StoreError::Conflict.into())
}

/// Whoever mirrors calendars of this choice is told of everything that belongs there.
async fn carry_over(
    store: &TenantStore,
    connection: &Connection,
    calendars: &[Calendar],
    now: Timestamp,
) -> Result<(), SyncError> {
    let told = calendars.iter().any(|calendar| calendar.settings.selected);
    // First the list, then the entries: one written in between is told about by its writer.
    store
        .set_mirror(connection.member, connection.id, told)
        .await?;
    if told {
        let mut entries: BTreeSet<EntryId> = store
            .all_entries_of(connection.member)
            .await?
            .into_iter()
            .collect();
        // Also entries that were deleted or given to others while their calendar was left out.
        for calendar in calendars
            .iter()
            .filter(|calendar| calendar.settings.selected)
        {
            let links = store.links_of_calendar(calendar.id).await?;
            entries.extend(links.into_iter().map(|link| link.entry));
        }
        // A stamp of its own, so that whoever clears an older row does not clear this one.
        let version = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let rows: Vec<DirtyEntry> = entries
            .into_iter()
            .map(|entry| DirtyEntry { entry, version })
            .collect();
        store.mark_dirty(connection.id, &rows).await?;
    }
    Ok(())
}
