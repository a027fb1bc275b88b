//! Conflicts for programs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::{
    Json as Answer,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    conflict::{Conflict, Keep},
    content::Content,
    id::{ConflictId, EntryId},
};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    store::{Standing, StoreError, TenantStore},
    web::{IfMatch, Json, Path, Query, Session, etag},
};

use crate::{
    actions::{self, Decision},
    answers::{ConflictAnswer, List, undo_until},
    own::{self, Own},
};

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ConflictQuery")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Those that wait to be decided, unless said.
    #[schemars(extend("enum" = ["open", "settled"]))]
    state: Option<String>,
}

impl ListQuery {
    pub(crate) fn standing(&self) -> Result<Standing, Problem> {
        match self.state.as_deref() {
            None | Some("open") => Ok(Standing::Open),
            Some("settled") => Ok(Standing::Settled),
            Some(_) => Err(Problem::invalid("state", "state is open or settled")),
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Answer<List>, Problem> {
    let standing = query.standing()?;
    let store = app.store.tenant(&session);
    let found = own::list(&store, &session, standing).await?;
    let over = found
        .iter()
        .filter(|conflict| conflict.over_since().is_some());
    let entries: BTreeSet<EntryId> = over.map(|conflict| conflict.entry).collect();
    let entries: Vec<EntryId> = entries.into_iter().collect();
    let entries = store.entries(&entries).await?.into_iter();
    let entries: HashMap<EntryId, Content> =
        entries.map(|entry| (entry.id, entry.content)).collect();
    let answers = found.into_iter().map(|conflict| {
        let until = undo_until(&conflict, entries.get(&conflict.entry));
        ConflictAnswer::new(conflict, until)
    });
    Ok(Answer(List {
        items: answers.collect(),
        next_cursor: None,
    }))
}

async fn answer(store: &TenantStore, conflict: Conflict) -> Result<ConflictAnswer, StoreError> {
    let until = until(store, &conflict).await?;
    Ok(ConflictAnswer::new(conflict, until))
}

/// Whether there is anything to take back depends on what the entry is now.
pub(crate) async fn until(
    store: &TenantStore,
    conflict: &Conflict,
) -> Result<Option<jiff::Timestamp>, StoreError> {
    if conflict.over_since().is_none() {
        return Ok(None);
    }
    let entry = store.entry(conflict.entry).await?;
    Ok(undo_until(
        conflict,
        entry.as_ref().map(|entry| &entry.content),
    ))
}

async fn tagged(own: Own, conflict: Conflict) -> Result<Response, Problem> {
    let tag = etag(conflict.version);
    let answer = answer(&own.store, conflict).await?;
    Ok(([(header::ETAG, tag)], Answer(answer)).into_response())
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConflictId>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &session, id).await?;
    let conflict = own.conflict.clone();
    tagged(own, conflict).await
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ConflictDecision")]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    /// For everything.
    keep: Option<Keep>,
    /// For each difference, by its name; either this or `keep`.
    fields: Option<BTreeMap<String, Keep>>,
    /// The version that the decision is about, unless `If-Match` names it.
    version: Option<u64>,
}

pub(crate) async fn resolve(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConflictId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<Decided>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &session, id).await?;
    let version = expected.or(body.version).ok_or_else(|| {
        let detail = "Say which version the decision is about: in If-Match, or as version.";
        Problem::invalid("/version", detail)
    })?;
    let decision = match (body.keep, body.fields) {
        (Some(keep), None) => Decision::All(keep),
        (None, Some(fields)) => Decision::Each(fields),
        (None, None) | (Some(_), Some(_)) => {
            let detail = "Send either keep, for everything, or fields, with a side for each.";
            return Err(Problem::invalid("", detail));
        }
    };
    let decided = actions::resolve(&app, &session, &own, version, decision).await?;
    tagged(own, decided).await
}

pub(crate) async fn undo(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConflictId>,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &session, id).await?;
    let undone = actions::undo(&app, &session, &own, expected).await?;
    tagged(own, undone).await
}
