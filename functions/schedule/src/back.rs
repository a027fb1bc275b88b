//! Bringing back what was removed: deleted entries for thirty days, and copies that somebody took out of a calendar.

use axum::http::StatusCode;
use domain::{
    access::Access,
    entry::Entry,
    id::{ConnectionId, EntryId, RunId, TraceId},
    permission::Permission,
    run::Trigger,
    trace::{Deed, Trace, TracedBy},
};
use shared::{
    app::App,
    ids,
    problem::Problem,
    store::{DeletedEntry, LinkWrite, StoreError},
    sync::ask,
    web::Session,
};

use crate::{
    access::may,
    entries::{self, WRITE_TRIES_MAX},
};

/// What the member may bring back, the latest deletion first.
pub(crate) async fn deleted(app: &App, session: &Session) -> Result<Vec<DeletedEntry>, Problem> {
    let store = app.store.tenant(session);
    let mut rows = store.deleted_entries(app.clock.now()).await?;
    rows.retain(|row| may(session, &row.entry) == Access::Write);
    Ok(rows)
}

/// Writes a deleted entry again, under its id; calendars follow as for a new one.
pub(crate) async fn restore(app: &App, session: &Session, id: EntryId) -> Result<Entry, Problem> {
    let store = app.store.tenant(session);
    for _ in 0..WRITE_TRIES_MAX {
        let now = app.clock.now();
        let row = store.deleted_entry(id, now).await?;
        let entry = row.map(|row| row.entry);
        let entry = entry.filter(|entry| may(session, entry) == Access::Write);
        let entry = entry.ok_or_else(|| Problem::not_found("deleted entry"))?;
        let content = entry.content.clone();
        let after = entry.brought_back(content, now);
        match entries::write(app, session, None, Some(&after)).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done.map(|()| after)?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Asks for a copy that was removed there. Answers the run that puts it back, unless the connection stands still.
pub(crate) async fn put_back(
    app: &App,
    session: &Session,
    id: EntryId,
    connection: ConnectionId,
) -> Result<Option<RunId>, Problem> {
    let entry = entries::find_to_write(app, session, id).await?;
    let store = app.store.tenant(session);
    let row = store.connection(connection).await?;
    let manages = session.may(Permission::ScheduleManage);
    let row = row.filter(|row| row.connection.member == session.member || manages);
    let row = row.ok_or_else(|| Problem::not_found("copy"))?;
    let link = store.link_of_entry(id, connection).await?;
    let link = link.ok_or_else(|| Problem::not_found("copy"))?;
    let calendars = store.calendars(connection).await?;
    let calendar = calendars
        .iter()
        .find(|calendar| calendar.id == link.calendar)
        .filter(|calendar| calendar.takes(&calendar.settings))
        .filter(|_| entry.assignees.contains(&row.connection.member))
        .ok_or_else(not_written_there)?;
    let privacy = calendar.settings.privacy;
    let external_id = link.external_id.0.clone();
    let Some(link) = link.put_back(&entry, privacy) else {
        return Err(not_removed());
    };
    let now = app.clock.now();
    let trace = Trace {
        id: ids::mint(session.tenant(), now, TraceId::from_parts),
        entry: id,
        at: now,
        by: TracedBy::Member {
            member: session.member,
        },
        deed: Deed::PutBack,
        overwritten: Vec::new(),
    };
    tracing::info!(
        tenant = %session.tenant(), connection = %connection, entry = %id, external_id, "copy asked for again"
    );
    match store
        .write_wish(link, vec![LinkWrite::Trace(trace)], now)
        .await
    {
        Err(StoreError::Conflict) => {
            let words = "The copy changed meanwhile. Look at the entry again.";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "changed_meanwhile",
                words,
            ));
        }
        done => done?,
    }
    match row.connection.idle() {
        Some(_) => Ok(None),
        None => Ok(ask::ask(app, &store, &row.connection, Trigger::Member).await?),
    }
}

pub(crate) fn not_written_there() -> Problem {
    let words = "This entry is not written to that calendar: choose the calendar in the settings of its connection, or \
                 assign its owner.";
    Problem::conflict("not_written_there", words)
}

pub(crate) fn not_removed() -> Problem {
    let words = "This copy was not removed. There is nothing to put back.";
    Problem::conflict("not_removed", words)
}
