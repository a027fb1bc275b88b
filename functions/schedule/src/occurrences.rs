//! `/api/v1/schedule/entries/{id}/occurrences/{original}`: single occurrences of a series, and what follows one, for
//! programs. An occurrence is named by its original start and has the version of its entry.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{entry::Entry, id::EntryId, series::OriginalStart};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    problem::Problem,
    web::{IfMatch, Json, Path, Session, etag},
};

use crate::{
    access::{hides, shown_to},
    api::{self, readable},
    asked,
    entries::{self, Cut, no_occurrence},
    wire::EntryJson,
};

pub(crate) const OCCURRENCE: &str = "/api/v1/schedule/entries/{id}/occurrences/{original}";
pub(crate) const RESTORE: &str = "/api/v1/schedule/entries/{id}/occurrences/{original}/restore";
pub(crate) const FOLLOWING: &str = "/api/v1/schedule/entries/{id}/occurrences/{original}/following";

/// The address of an occurrence.
type Place = Path<(EntryId, String)>;

pub(crate) async fn get(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
) -> Result<Response, Problem> {
    let at = named(&original)?;
    let (entry, _) = entries::find(&app, &session, id).await?;
    check_visible(&session, &entry, at)?;
    shown(&session, entry, at)
}

pub(crate) async fn patch(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
    IfMatch(expected): IfMatch,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let edit = readable(asked::occurrence(body))?;
    let at = find(&app, &session, id, &original).await?;
    let entry = entries::change(&app, &session, id, expected, |series| {
        edit.apply(series, at, session.member)
    });
    shown(&session, entry.await?, at)
}

/// Cancels it. What is cancelled already stays so.
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let at = find(&app, &session, id, &original).await?;
    entries::change(&app, &session, id, expected, |series| series.cancelled(at)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes it as the series has it, whatever it was.
pub(crate) async fn restore(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let at = find(&app, &session, id, &original).await?;
    let entry = entries::change(&app, &session, id, expected, |series| series.restored(at));
    shown(&session, entry.await?, at)
}

/// A series that was cut in two.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SeriesCut")]
pub(crate) struct CutJson {
    /// Null where nothing of it is left.
    earlier: Option<EntryJson>,
    following: Option<EntryJson>,
}

/// "This and following": from here on the series is another entry, with the edit made to it.
pub(crate) async fn change_following(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
    IfMatch(expected): IfMatch,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let edit = readable(asked::entry(body))?;
    let at = find(&app, &session, id, &original).await?;
    let Cut { earlier, following } =
        entries::cut(&app, &session, (id, at), expected, |following| {
            following.occurrence(at)?;
            let edited = edit.clone().apply_from(following, at, session.member)?;
            Ok(Some(edited))
        })
        .await?;
    let address = following
        .as_ref()
        .map(|entry| api::ENTRY.replace("{id}", &entry.id.to_string()));
    let json = |entry: Entry| EntryJson::new(shown_to(&session, entry));
    let body = CutJson {
        earlier: earlier.map(json),
        following: following.map(json),
    };
    let location = address.map(|address| [(header::LOCATION, address)]);
    Ok((StatusCode::CREATED, location, axum::Json(body)).into_response())
}

/// The series ends before it.
pub(crate) async fn delete_following(
    State(app): State<App>,
    session: Session,
    Path((id, original)): Place,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let at = find(&app, &session, id, &original).await?;
    entries::cut(&app, &session, (id, at), expected, |_| Ok(None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn named(original: &str) -> Result<OriginalStart, Problem> {
    original.parse().map_err(no_occurrence)
}

/// The occurrence of an entry that the member may change.
async fn find(
    app: &App,
    session: &Session,
    id: EntryId,
    original: &str,
) -> Result<OriginalStart, Problem> {
    let at = named(original)?;
    let entry = entries::find_to_write(app, session, id).await?;
    check_visible(session, &entry, at)?;
    Ok(at)
}

/// What is private to others is not there for the member.
pub(crate) fn check_visible(
    session: &Session,
    entry: &Entry,
    at: OriginalStart,
) -> Result<(), Problem> {
    if hides(session, entry, at) {
        return Err(Problem::not_found("occurrence"));
    }
    Ok(())
}

fn shown(session: &Session, entry: Entry, at: OriginalStart) -> Result<Response, Problem> {
    let plain = entry.content.as_series_has_it(at).map_err(no_occurrence)?;
    let content = entry.content.occurrence(at).unwrap_or(plain);
    let tag = etag(entry.version);
    let body = EntryJson::occurring(shown_to(session, entry), Some(at), &content);
    Ok(([(header::ETAG, tag)], axum::Json(body)).into_response())
}
