//! `/api/v1/schedule/entries`, for programs.

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    entry::{Entry, EntryEdit},
    id::{ConnectionId, EntryId, RunId},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    problem::Problem,
    web::{CallId, IfMatch, Json, Path, Query, Session, etag},
};

use crate::{
    access::shown_to,
    asked, back,
    entries::{self, pointed},
    list::{self, ListPage, ListQuery},
    wire::EntryJson,
};

pub(crate) const ENTRIES: &str = "/api/v1/schedule/entries";
pub(crate) const ENTRY: &str = "/api/v1/schedule/entries/{id}";
pub(crate) const COPY_RESTORE: &str = "/api/v1/schedule/entries/{id}/copies/{connection}/restore";
pub(crate) const DELETED: &str = "/api/v1/schedule/deleted";
pub(crate) const DELETED_RESTORE: &str = "/api/v1/schedule/deleted/{id}/restore";

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<ListPage>, Problem> {
    list::list(&app, &session, &query).await.map(axum::Json)
}

pub(crate) async fn create(
    State(app): State<App>,
    session: Session,
    call: Option<Extension<CallId>>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let edit = whole(body, &session)?;
    let draft = edit
        .apply(None, session.member)
        .map_err(entries::NotWritten::Invalid)?;
    let call = call.map(|Extension(call)| call);
    let entry = entries::create(&app, &session, draft, call.as_ref()).await?;
    let location = ENTRY.replace("{id}", &entry.id.to_string());
    let answer = (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        tagged(&session, entry),
    );
    Ok(answer.into_response())
}

pub(crate) async fn get(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
) -> Result<Response, Problem> {
    let (entry, _) = entries::find(&app, &session, id).await?;
    Ok(tagged(&session, entry))
}

/// Everything anew, except that an entry whose assignees are left out keeps those it has.
pub(crate) async fn replace(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let edit = whole(body, &session)?;
    let entry = entries::change(&app, &session, id, expected, |before| {
        let mut edit = edit.clone();
        edit.assignees
            .get_or_insert_with(|| before.assignees.clone());
        edit.apply(None, session.member)
    });
    Ok(tagged(&session, entry.await?))
}

pub(crate) async fn patch(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let edit = readable(asked::entry(body))?;
    let entry = entries::change(&app, &session, id, expected, |before| {
        edit.clone().apply(Some(before), session.member)
    });
    Ok(tagged(&session, entry.await?))
}

pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    entries::delete(&app, &session, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeletedEntryList")]
pub(crate) struct DeletedList {
    items: Vec<DeletedJson>,
    /// Always null: the list comes in one piece.
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeletedEntry")]
struct DeletedJson {
    #[serde(flatten)]
    entry: EntryJson,
    deleted_at: Timestamp,
    kept_until: Timestamp,
}

pub(crate) async fn deleted(
    State(app): State<App>,
    session: Session,
) -> Result<axum::Json<DeletedList>, Problem> {
    let rows = back::deleted(&app, &session).await?.into_iter();
    let items = rows.map(|row| DeletedJson {
        deleted_at: row.deleted_at,
        kept_until: row.kept_until(),
        entry: EntryJson::new(row.entry),
    });
    Ok(axum::Json(DeletedList {
        items: items.collect(),
        next_cursor: None,
    }))
}

pub(crate) async fn restore(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
) -> Result<Response, Problem> {
    Ok(tagged(&session, back::restore(&app, &session, id).await?))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CopyAsked")]
pub(crate) struct RunAsked {
    /// Null where the connection stands still: it is done once it goes on.
    run: Option<RunId>,
}

pub(crate) async fn restore_copy(
    State(app): State<App>,
    session: Session,
    Path((id, connection)): Path<(EntryId, ConnectionId)>,
) -> Result<Response, Problem> {
    let run = back::put_back(&app, &session, id, connection).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(RunAsked { run })).into_response())
}

/// A complete entry: what cannot be read is told together with what is missing or wrong.
fn whole(body: Map<String, Value>, session: &Session) -> Result<EntryEdit, Problem> {
    let (edit, mut problems) = asked::entry(body);
    if problems.is_empty() {
        return Ok(edit);
    }
    let more = edit.apply(None, session.member).err().unwrap_or_default();
    for problem in more.into_iter().map(pointed) {
        // What could not be read is not missing as well.
        let told = problems
            .iter()
            .any(|known| known.pointer.starts_with(&problem.pointer));
        if !told {
            problems.push(problem);
        }
    }
    Err(Problem::invalid_fields(problems))
}

/// What is asked for, if all of it could be read.
pub(crate) fn readable<T>((asked, problems): asked::Asked<T>) -> Result<T, Problem> {
    if problems.is_empty() {
        Ok(asked)
    } else {
        Err(Problem::invalid_fields(problems))
    }
}

fn tagged(session: &Session, entry: Entry) -> Response {
    let tag = etag(entry.version);
    let body = axum::Json(EntryJson::new(shown_to(session, entry)));
    ([(header::ETAG, tag)], body).into_response()
}
