//! The same for programs: JSON in, cookies and the proof of origin out.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    web::{
        Json, SessionTokens,
        cookies::{self, Cookie},
        csrf_token,
    },
};

use crate::{
    password::{BYTES_MAX, CHARACTERS_MIN},
    service::{self, NAME_BYTES_MAX, Refused},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    account_type: AccountType,
    #[schemars(length(min = 1, max = NAME_BYTES_MAX))]
    organization: String,
    #[schemars(length(min = 1, max = NAME_BYTES_MAX))]
    name: String,
    #[schemars(with = "EmailAddress")]
    email: String,
    #[schemars(length(min = CHARACTERS_MIN, max = BYTES_MAX))]
    password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AccountType {
    Admin,
    TeamMember,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    email: String,
    password: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedIn<'a> {
    id: MemberId,
    email: &'a EmailAddress,
    name: &'a str,
    role: Role,
    organization: Organization<'a>,
    /// Sent back as `X-CSRF-Token` with every unsafe call.
    csrf_token: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedInOrganization")]
struct Organization<'a> {
    id: TenantId,
    name: &'a str,
}

pub(crate) async fn sign_up(
    State(app): State<App>,
    Json(request): Json<SignUp>,
) -> Result<Response, Problem> {
    if matches!(request.account_type, AccountType::TeamMember) {
        return Err(Problem::forbidden(
            "invite_required",
            "A team member joins with an invite from their organisation.",
        ));
    }
    let form = service::SignUp {
        organization: &request.organization,
        name: &request.name,
        email: &request.email,
        password: &request.password,
    };
    let tokens = service::sign_up(&app, &form).await.map_err(pointed)?;
    signed_in(&app, StatusCode::CREATED, tokens).await
}

/// The fields of the form as members of the JSON document.
fn pointed(mut problem: Problem) -> Problem {
    for field in &mut problem.fields {
        field.pointer.insert(0, '/');
    }
    problem
}

pub(crate) async fn log_in(
    State(app): State<App>,
    Json(request): Json<LogIn>,
) -> Result<Response, Problem> {
    match service::log_in(&app, &request.email, &request.password).await? {
        Ok(tokens) => signed_in(&app, StatusCode::OK, tokens).await,
        Err(Refused::Wrong) => Err(service::wrong()),
        Err(Refused::Erasing) => Err(Problem::forbidden(
            "organization_erasing",
            "Your organisation is being deleted. Nobody can sign in any more.",
        )),
        Err(Refused::Throttled { wait }) => Err(service::throttled(wait)),
    }
}

pub(crate) async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tokens = service::refresh(&app, &headers)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    signed_in(&app, StatusCode::OK, tokens).await
}

pub(crate) async fn log_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service::sign_out(&app, &headers).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    for cookie in [Cookie::Access, Cookie::Refresh] {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookies::clear(&app.config, cookie));
    }
    Ok(response)
}

async fn signed_in(
    app: &App,
    status: StatusCode,
    tokens: SessionTokens,
) -> Result<Response, Problem> {
    let session = &tokens.session;
    let body = SignedIn {
        id: session.member,
        email: &session.email,
        name: &session.name,
        role: session.role,
        organization: Organization {
            id: session.tenant(),
            name: &session.organization,
        },
        csrf_token: csrf_token(&*app.keys().await?, session.id),
    };
    let mut response = (status, axum::Json(body)).into_response();
    for cookie in tokens.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
