//! Another password, for whoever knows the old one.

use axum::{extract::State, http::StatusCode, response::Response};
use domain::audit::{Action, Resource};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Json, Session,
        page::{self, Visitor},
    },
};
use ui::{components::FieldError, pages::profile::ChangePassword, routes};

use crate::{
    founding::{Flaws, PASSWORD},
    password::{self, BYTES_MAX, CHARACTERS_MIN},
    service::{self, Refused, check_password},
};

/// The field of the old one.
const CURRENT: &str = "current";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPassword")]
pub(crate) struct Wanted {
    current: String,
    #[schemars(length(min = CHARACTERS_MIN, max = BYTES_MAX))]
    password: String,
}

/// Every other session ends: whoever knew the old password is out.
async fn change(app: &App, session: &Session, wanted: &Wanted) -> Result<(), Problem> {
    let mut flaws = Flaws::default();
    flaws.password(PASSWORD, &wanted.password);
    flaws.none()?;
    let (trail, address) = (&session.trail, session.email.as_str());
    let refused = Action::ConfirmRefused;
    match check_password(app, trail, address, &wanted.current, refused).await? {
        Ok(_) => {}
        Err(Refused::Throttled { wait }) => return Err(service::throttled(wait)),
        Err(Refused::Wrong | Refused::Erasing | Refused::Deactivated) => {
            return Err(Problem::invalid(CURRENT, "That is not your password."));
        }
    }
    let changed = session
        .audit(app, Action::PasswordChanged)
        .about(Resource::new("member", session.member));
    let (store, hash) = (app.store.tenant(session), password::hash(&wanted.password)?);
    store
        .change_password(session.member, hash, session.browser()?.id, &changed)
        .await?;
    Ok(())
}

pub(crate) async fn submit(
    State(app): State<App>,
    session: Session,
    Json(wanted): Json<Wanted>,
) -> Result<StatusCode, Problem> {
    let changed = change(&app, &session, &wanted).await;
    changed.map_err(Problem::in_document)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let page = form(visitor, Vec::new());
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn form(visitor: Visitor, errors: Vec<FieldError>) -> ChangePassword {
    ChangePassword {
        email: visitor.session.email.to_string(),
        frame: visitor.frame,
        errors,
    }
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    current: String,
    password: String,
}

pub(crate) async fn press(
    State(app): State<App>,
    visitor: Visitor,
    Form(Typed { current, password }): Form<Typed>,
) -> Result<Response, Problem> {
    let wanted = Wanted { current, password };
    let (status, errors) = match change(&app, &visitor.session, &wanted).await {
        Ok(()) => {
            let words = "The password is changed. You are signed out everywhere else.";
            return Ok(page::done(&app.config, routes::PROFILE, words));
        }
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            (problem.status, crate::pages::errors_of(&problem))
        }
        Err(problem) if problem.status == StatusCode::TOO_MANY_REQUESTS => {
            let words = FieldError::new("", &problem.detail);
            (problem.status, vec![words])
        }
        Err(problem) => return Err(problem),
    };
    Ok(page::html(status, form(visitor, errors).render()))
}
