//! The calendars of a connection: as the provider lists them, and as the member chose.

use std::collections::BTreeMap;

use domain::{
    calendar::{Calendar, CalendarSettings},
    connection::Connection,
    id::{CalendarId, EntryId},
    member::Mirror,
};

use super::SyncError;
use crate::{
    app::App,
    ids,
    oauth::access_token,
    store::{DirtyEntry, TenantStore},
};

/// Asks the provider for the account's calendars and keeps what the member chose for those already known.
pub async fn list_again(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
) -> Result<Vec<Calendar>, SyncError> {
    let access = access_token(app, store, connection.id).await?;
    let listed = app.provider(connection.provider).calendars(&access).await?;
    let known = store.calendars(connection.id).await?;
    let mut changed = Vec::new();
    for theirs in listed {
        let ours = known
            .iter()
            .find(|calendar| calendar.external_id == theirs.external_id);
        let calendar = Calendar {
            id: ours.map_or_else(
                || ids::mint(app.clock.now(), CalendarId::from_parts),
                |ours| ours.id,
            ),
            connection: connection.id,
            member: connection.member,
            external_id: theirs.external_id,
            name: theirs.name,
            zone: theirs.zone,
            primary: theirs.primary,
            writable: theirs.writable,
            settings: ours.map_or_else(CalendarSettings::default, |ours| ours.settings.clone()),
            version: ours.map_or(0, |ours| ours.version),
        };
        if ours != Some(&calendar) {
            changed.push(calendar);
        }
    }
    store.put_calendars(&changed).await?;
    Ok(store.calendars(connection.id).await?)
}

/// Saves what the member chose and puts their entries before calendars that now receive them.
pub async fn choose(
    store: &TenantStore,
    connection: &Connection,
    chosen: &BTreeMap<CalendarId, CalendarSettings>,
) -> Result<(), SyncError> {
    let mut calendars = store.calendars(connection.id).await?;
    let mut changed = Vec::new();
    for calendar in &mut calendars {
        let settings = chosen.get(&calendar.id).cloned().unwrap_or_default();
        if calendar.settings != settings {
            calendar.settings = settings;
            changed.push(calendar.clone());
        }
    }
    store.put_calendars(&changed).await?;
    let receives_new = calendars
        .iter()
        .find(|calendar| calendar.settings.receives_new)
        .map(|calendar| calendar.id);
    let told = calendars.iter().any(|calendar| calendar.settings.selected);
    let mirror = told.then_some(Mirror {
        connection: connection.id,
        receives_new,
    });
    // First the list, then the entries: one written in between is told about by its writer.
    store
        .set_mirror(connection.member, connection.id, mirror)
        .await?;
    if receives_new.is_some() {
        let entries: Vec<EntryId> = store.all_entries_of(connection.member).await?;
        let rows: Vec<DirtyEntry> = entries
            .into_iter()
            .map(|entry| DirtyEntry { entry, version: 0 })
            .collect();
        store.mark_dirty(connection.id, &rows).await?;
    }
    Ok(())
}
