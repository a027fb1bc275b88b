//! Conflicts for people.

use std::collections::{BTreeMap, HashMap};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    conflict::{Keep, Undecided},
    id::ConflictId,
};
use futures::future::try_join4;
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    store::Standing,
    web::{
        Form, Path, Query, Session,
        page::{self, Visitor},
    },
};
use ui::{
    components::{Csrf, FieldError},
    pages::conflicts::{Inbox, fields},
    routes,
};

use crate::{
    actions::{self, Decision, NotDecided},
    api,
    own::{self, Own},
    view,
};

type Fields = HashMap<String, String>;

/// Any other state is the open ones: a page has no use for a complaint about its address.
#[derive(Deserialize)]
pub(crate) struct ListQuery {
    state: Option<String>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let open = query.state.as_deref() != Some("settled");
    let standing = if open {
        Standing::Open
    } else {
        Standing::Settled
    };
    let store = app.store.tenant(&session);
    let found = own::list(&store, &session, standing).await?;
    let names = view::names(&store, &found).await?;
    let zone = page::zone(&headers);
    let rows = found
        .iter()
        .map(|conflict| view::row(conflict, &names, &zone));
    let page = Inbox {
        open,
        rows: rows.collect(),
        frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<ConflictId>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &visitor.session, id).await?;
    render(&app, visitor, &headers, &own, Vec::new(), &BTreeMap::new()).await
}

/// `typed` are choices that did not make a decision.
async fn render(
    app: &App,
    visitor: Visitor,
    headers: &HeaderMap,
    own: &Own,
    errors: Vec<FieldError>,
    typed: &BTreeMap<String, Keep>,
) -> Result<Response, Problem> {
    let conflict = &own.conflict;
    let looks = try_join4(
        view::names(&own.store, std::slice::from_ref(conflict)),
        api::until(&own.store, conflict),
        own.store.entry(conflict.entry),
        own.store.connection(conflict.connection),
    );
    let (names, until, entry, row) = Box::pin(looks).await?;
    let refused = !errors.is_empty();
    let seen = view::Seen {
        conflict,
        names: &names,
        zone: page::zone(headers),
        undo_until: until.filter(|until| app.clock.now() < *until),
        has_entry: entry.is_some(),
        idle: row.and_then(|row| row.connection.idle()),
        locked: own.locked(),
    };
    let page = view::page(visitor.frame, &seen, errors, typed);
    if refused {
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()));
    }
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn resolve(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<ConflictId>,
    Form(form): Form<Fields>,
) -> Result<Response, Problem> {
    let version = version(&form)?;
    let own = Own::find(&app, &visitor.session, id).await?;
    let (decision, typed) = read(form)?;
    match actions::resolve(&app, &visitor.session, &own, version, decision).await {
        Ok(_) => Ok(page::done(
            &app.config,
            &routes::conflict(&id.to_string()),
            "Your decision is saved.",
        )),
        Err(NotDecided::Undecided(all)) => {
            let errors = all.iter().map(|undecided| complaint(&own, undecided));
            let errors = errors.collect();
            render(&app, visitor, &headers, &own, errors, &typed).await
        }
        Err(NotDecided::Other(problem)) => not_done(&app, id, problem),
    }
}

/// Everything of one side, or the choices by name.
fn read(mut form: Fields) -> Result<(Decision, BTreeMap<String, Keep>), Problem> {
    let side = |value: &str| match value {
        "local" => Ok(Keep::Local),
        "external" => Ok(Keep::External),
        _ => Err(Problem::invalid(
            fields::KEEP,
            "The form is incomplete. Load the page again.",
        )),
    };
    if let Some(keep) = form.get(fields::KEEP) {
        return Ok((Decision::All(side(keep)?), BTreeMap::new()));
    }
    form.remove(fields::VERSION);
    form.remove(Csrf::FIELD);
    let chosen = form
        .into_iter()
        .map(|(name, value)| Ok((name, side(&value)?)))
        .collect::<Result<BTreeMap<_, _>, Problem>>()?;
    Ok((Decision::Each(chosen.clone()), chosen))
}

fn complaint(own: &Own, undecided: &Undecided) -> FieldError {
    let words = match undecided {
        Undecided::Missing(name) => {
            let label = view::label_of(&own.conflict, name);
            format!("{label}: choose which side stays.")
        }
        Undecided::Unknown(_) => "The form is out of date. Look at it again.".to_owned(),
    };
    FieldError::new("", &words)
}

pub(crate) async fn undo(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConflictId>,
    Form(form): Form<Fields>,
) -> Result<Response, Problem> {
    let version = version(&form)?;
    let own = Own::find(&app, &session, id).await?;
    match actions::undo(&app, &session, &own, Some(version)).await {
        Ok(_) => Ok(page::done(
            &app.config,
            &routes::conflict(&id.to_string()),
            "Taken back. Calendars follow within seconds.",
        )),
        Err(problem) => not_done(&app, id, problem),
    }
}

/// What changed meanwhile is shown where it stands now.
fn not_done(app: &App, id: ConflictId, problem: Problem) -> Result<Response, Problem> {
    match problem.status {
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
            let path = routes::conflict(&id.to_string());
            Ok(page::not_done(&app.config, &path, &problem.detail))
        }
        _ => Err(problem),
    }
}

/// The version that the form was filled from.
fn version(form: &Fields) -> Result<u64, Problem> {
    let version = form.get(fields::VERSION);
    version
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| {
            let detail = "The form is incomplete. Load the page again.";
            Problem::invalid(fields::VERSION, detail)
        })
}
