//! Deleted entries, and copies that were removed: bringing them back.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    id::{ConnectionId, EntryId},
    time::Zone,
};
use shared::{
    app::App,
    problem::Problem,
    store::DeletedEntry,
    web::{
        Path, Session,
        page::{self, Visitor, moment},
    },
};
use ui::{
    pages::deleted::{DeletedPage, DeletedRow},
    routes,
};

use super::entry::title_of;
use crate::back;

pub(crate) async fn deleted(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let zone = page::zone(&headers);
    let rows = back::deleted(&app, &session).await?;
    let page = DeletedPage {
        rows: rows.iter().map(|gone| row(gone, &zone)).collect(),
        frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn row(gone: &DeletedEntry, zone: &Zone) -> DeletedRow {
    let content = &gone.entry.content;
    DeletedRow {
        id: gone.entry.id.to_string(),
        title: title_of(content),
        when: content.timing.when.words(),
        deleted: moment(gone.deleted_at, zone),
        kept_until: moment(gone.kept_until(), zone),
    }
}

pub(crate) async fn restore(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
) -> Result<Response, Problem> {
    let entry = back::restore(&app, &session, id).await?;
    let words = "Brought back. Calendars follow within seconds.";
    Ok(page::done(
        &app.config,
        &routes::entry(&entry.id.to_string()),
        words,
    ))
}

pub(crate) async fn put_back(
    State(app): State<App>,
    session: Session,
    Path((id, connection)): Path<(EntryId, ConnectionId)>,
) -> Result<Response, Problem> {
    let page = routes::entry(&id.to_string());
    match back::put_back(&app, &session, id, connection).await {
        Ok(Some(_)) => Ok(page::done(
            &app.config,
            &page,
            "It is put back with the next sync.",
        )),
        Ok(None) => {
            let words = "It is put back once the connection syncs again.";
            Ok(page::done(&app.config, &page, words))
        }
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            Ok(page::not_done(&app.config, &page, &problem.detail))
        }
        Err(problem) => Err(problem),
    }
}
