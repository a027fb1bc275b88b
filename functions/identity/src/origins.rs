//! Which sites' pages may call the API with a key of the organisation.

use std::collections::BTreeSet;

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Action, Resource},
    cors::{AllowedOrigins, WebOrigin},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    app::App,
    problem::{FieldProblem, Problem},
    store::StoreError,
    web::{
        Form, IfMatch, Json, Session, etag,
        page::{self, Visitor},
    },
};
use ui::{components::FieldError, routes};

use crate::{organization, team::own_tenant};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AllowedOrigins")]
pub(crate) struct OriginsAnswer {
    /// As browsers write them.
    origins: BTreeSet<String>,
    version: u64,
}

impl OriginsAnswer {
    fn tagged(allowed: AllowedOrigins) -> Response {
        let tag = etag(allowed.version);
        let answer = Answer(Self {
            origins: allowed.origins.into_iter().map(String::from).collect(),
            version: allowed.version,
        });
        ([(header::ETAG, tag)], answer).into_response()
    }
}

pub(crate) async fn show(State(app): State<App>, session: Session) -> Result<Response, Problem> {
    let tenant = own_tenant(&app, &session).await?;
    Ok(OriginsAnswer::tagged(tenant.allowed_origins))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AllowedOriginsWanted")]
pub(crate) struct Wanted {
    /// Such as `https://app.example.com`. Each is an origin by itself: none stands for others.
    #[schemars(length(max = AllowedOrigins::MAX))]
    origins: Vec<String>,
}

/// Replaces the list.
pub(crate) async fn put(
    State(app): State<App>,
    session: Session,
    IfMatch(expected): IfMatch,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Problem> {
    let read = read(
        &wanted.origins,
        |line| format!("/origins/{line}"),
        "/origins",
    );
    let origins = read.map_err(Problem::invalid_fields)?;
    let changed = change(&app, &session, expected, origins).await?;
    Ok(OriginsAnswer::tagged(changed))
}

fn read(
    given: &[String],
    place: impl Fn(usize) -> String,
    whole: &str,
) -> Result<BTreeSet<WebOrigin>, Vec<FieldProblem>> {
    let flaw = |pointer: String, detail: String| FieldProblem { pointer, detail };
    let (mut origins, mut flaws) = (BTreeSet::new(), Vec::new());
    for (line, text) in given.iter().enumerate() {
        match text.parse::<WebOrigin>() {
            Ok(origin) => {
                origins.insert(origin);
            }
            Err(error) => flaws.push(flaw(place(line), error.to_string())),
        }
    }
    if given.len() > AllowedOrigins::MAX {
        let words = format!("At most {} sites.", AllowedOrigins::MAX);
        flaws.push(flaw(whole.to_owned(), words));
    }
    if flaws.is_empty() {
        Ok(origins)
    } else {
        Err(flaws)
    }
}

/// Somebody else may save in the same moment.
const TRIES_MAX: u32 = 5;

/// `expected` is the version that the caller saw.
async fn change(
    app: &App,
    session: &Session,
    expected: Option<u64>,
    origins: BTreeSet<WebOrigin>,
) -> Result<AllowedOrigins, Problem> {
    let store = app.store.tenant(session);
    for _ in 0..TRIES_MAX {
        let tenant = own_tenant(app, session).await?;
        let before = tenant.allowed_origins;
        if let Some(expected) = expected.filter(|expected| *expected != before.version) {
            return Err(stale(before.version, expected));
        }
        if before.origins == origins {
            return Ok(before);
        }
        let changed = session
            .audit(app, Action::OriginsChanged)
            .about(Resource::new("organization", tenant.id))
            .changing(
                json!({ "origins": before.origins }),
                json!({ "origins": origins }),
            );
        let after = AllowedOrigins {
            origins: origins.clone(),
            version: before.version + 1,
        };
        match store
            .change_allowed_origins(&before, &after, &changed)
            .await
        {
            Err(StoreError::Conflict) => {}
            Ok(()) => return Ok(after),
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

pub(crate) fn stale(version: u64, expected: u64) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version",
        format!("Somebody was faster: the list is at version {version}, not {expected}."),
    )
}

#[derive(Deserialize)]
pub(crate) struct OriginsForm {
    /// One in a line.
    origins: String,
    version: u64,
}

pub(crate) async fn press(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<OriginsForm>,
) -> Result<Response, Problem> {
    let lines = form.origins.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let lines: Vec<_> = lines.into_iter().map(str::to_owned).collect();
    let field = ui::pages::organization::ORIGINS;
    let origins = match read(&lines, |line| lines[line].clone(), field) {
        Ok(origins) => origins,
        Err(flaws) => {
            let words = flaws.iter().map(|flaw| match &*flaw.pointer {
                pointer if pointer == field => flaw.detail.clone(),
                line => format!("{line}: {}", flaw.detail),
            });
            let words: Vec<_> = words.collect();
            let error = FieldError::new(field, &words.join(" "));
            let typed = (form.origins, form.version, error);
            let page = organization::whole(&app, visitor, &headers, Some(typed)).await?;
            return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()));
        }
    };
    match change(&app, &visitor.session, Some(form.version), origins).await {
        Ok(_) => Ok(page::done(
            &app.config,
            routes::ORGANIZATION,
            "Sites saved.",
        )),
        Err(problem) => match problem.status {
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => Ok(page::not_done(
                &app.config,
                routes::ORGANIZATION,
                &problem.detail,
            )),
            _ => Err(problem),
        },
    }
}
