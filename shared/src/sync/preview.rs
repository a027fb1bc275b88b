//! What a first sync would do, found out without doing any of it: the same reads and the same decisions as in a run.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar::{Calendar, CalendarSettings},
    connection::Connection,
    id::CalendarId,
    preview::Preview,
    sync::decide::decide,
};
use jiff::SignedDuration;

use super::{Context, Fence, SyncError};
use crate::{
    app::App,
    oauth::access_token,
    providers::{Next, ReadFrom},
    store::{DirtyEntry, TenantStore},
};

/// Somebody waits for the answer.
const TIME: SignedDuration = SignedDuration::from_secs(12);
const PAGES_MAX: u32 = 40;
const ENTRIES_AT_ONCE: usize = 100;

/// One preview for each calendar that `chosen` syncs.
pub async fn preview(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    chosen: &BTreeMap<CalendarId, CalendarSettings>,
) -> Result<Vec<Preview>, SyncError> {
    let Some(asked) = store.demand(connection.id).await? else {
        return Ok(Vec::new());
    };
    let access = access_token(app, store, connection.id).await?;
    // Nothing is written under it.
    let fence = Fence {
        connection: connection.id,
        number: 0,
    };
    let mut context = Context::begin(app, store, connection, &asked, access, fence).await?;
    context.ends_at = app.clock.now() + TIME;
    let mut previews = Vec::new();
    for mut calendar in store.calendars(connection.id).await? {
        if let Some(settings) = chosen
            .get(&calendar.id)
            .filter(|settings| settings.selected)
        {
            calendar.settings = settings.clone();
            previews.push(look(&context, &calendar).await?);
        }
    }
    Ok(previews)
}

async fn look(context: &Context<'_>, calendar: &Calendar) -> Result<Preview, SyncError> {
    let since = calendar.settings.history.starts_at(context.app.clock.now());
    let mut preview = Preview::of(calendar.id);
    let mut page: Option<String> = None;
    // Decided with their event; not once more with what is here.
    let mut paired = BTreeSet::new();
    for number in 1.. {
        let from = ReadFrom::Start { since };
        let answer = context
            .provider
            .changes(&context.access, calendar, from, page.as_deref())
            .await?;
        let seen = context
            .observe_changes(calendar, answer.changes, answer.series, since)
            .await?;
        paired.extend(seen.pairs.iter().map(|pair| pair.link.entry));
        preview.add(&decide(seen));
        match answer.next {
            Next::Cursor(_) => break,
            Next::Page(_) if number >= PAGES_MAX || context.out_of_time() => {
                preview.whole = false;
                break;
            }
            Next::Page(next) => page = Some(next),
        }
    }
    let entries = context.store.all_entries_of(calendar.member).await?;
    let rows: Vec<DirtyEntry> = entries
        .into_iter()
        .filter(|entry| !paired.contains(entry))
        .map(|entry| DirtyEntry { entry, version: 0 })
        .collect();
    for handful in rows.chunks(ENTRIES_AT_ONCE) {
        if context.out_of_time() {
            preview.whole = false;
            break;
        }
        preview.add(&decide(context.observe_entries(calendar, handful).await?));
    }
    Ok(preview)
}
