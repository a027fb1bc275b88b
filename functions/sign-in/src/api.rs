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
        Json, Session, Trail,
        cookies::{self, Cookie},
        csrf_token,
    },
};

use crate::{
    founding::{self, NAME_BYTES_MAX},
    join::{self, Joining},
    password::{BYTES_MAX, CHARACTERS_MIN},
    service::{self, Refused, SignedIn},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    account_type: AccountType,
    #[schemars(length(min = 1, max = NAME_BYTES_MAX))]
    organization: Option<String>,
    #[schemars(length(min = 1, max = NAME_BYTES_MAX))]
    name: String,
    #[schemars(with = "Option<EmailAddress>")]
    email: Option<String>,
    #[schemars(length(min = CHARACTERS_MIN, max = BYTES_MAX))]
    password: String,
    /// The token of a team member's invite, which says the organisation and the address.
    invite: Option<String>,
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
#[schemars(rename = "SignedIn")]
pub(crate) struct SignedInAnswer<'a> {
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
    trail: Trail,
    Json(request): Json<SignUp>,
) -> Result<Response, Problem> {
    let who = match request.account_type {
        AccountType::Admin => {
            let form = founding::SignUp {
                organization: request.organization.as_deref().unwrap_or_default(),
                name: &request.name,
                email: request.email.as_deref().unwrap_or_default(),
                password: &request.password,
            };
            founding::sign_up(&app, &trail, &form)
                .await
                .map_err(Problem::in_document)?
        }
        AccountType::TeamMember => join(&app, &trail, &request).await?,
    };
    signed_in(&app, StatusCode::CREATED, who).await
}

async fn join(app: &App, trail: &Trail, request: &SignUp) -> Result<SignedIn, Problem> {
    let token = request.invite.as_deref().ok_or_else(|| {
        Problem::forbidden(
            "invite_required",
            "A team member joins with an invite from their organisation.",
        )
    })?;
    let joining = Joining {
        name: &request.name,
        password: &request.password,
        email: request.email.as_deref(),
    };
    let joined = join::join(app, trail, token, &joining)
        .await
        .map_err(Problem::in_document)?;
    joined.map_err(join::Refused::problem)
}

pub(crate) async fn log_in(
    State(app): State<App>,
    trail: Trail,
    Json(request): Json<LogIn>,
) -> Result<Response, Problem> {
    match service::log_in(&app, &trail, &request.email, &request.password).await? {
        Ok(who) => signed_in(&app, StatusCode::OK, who).await,
        Err(refused) => Err(problem(&refused, service::wrong)),
    }
}

fn problem(refused: &Refused, wrong: fn() -> Problem) -> Problem {
    match refused {
        Refused::Wrong => wrong(),
        Refused::Erasing => Problem::forbidden(
            "organization_erasing",
            "Your organisation is being deleted. Nobody can sign in any more.",
        ),
        Refused::Deactivated => service::deactivated(),
        Refused::Throttled { wait } => service::throttled(*wait),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    password: String,
}

/// The password again, before what cannot be taken back.
pub(crate) async fn confirm(
    State(app): State<App>,
    session: Session,
    Json(request): Json<Confirm>,
) -> Result<StatusCode, Problem> {
    match service::confirm(&app, &session, &request.password).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(refused) => Err(problem(&refused, || {
            Problem::invalid("/password", "That is not your password.")
        })),
    }
}

pub(crate) async fn refresh(
    State(app): State<App>,
    trail: Trail,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = service::refresh(&app, &trail, &headers)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    signed_in(&app, StatusCode::OK, who).await
}

pub(crate) async fn log_out(
    State(app): State<App>,
    trail: Trail,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service::sign_out(&app, &trail, &headers).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    for cookie in [Cookie::Access, Cookie::Refresh] {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookies::clear(&app.config, cookie));
    }
    Ok(response)
}

async fn signed_in(app: &App, status: StatusCode, who: SignedIn) -> Result<Response, Problem> {
    let (member, tenant) = (&who.member, &who.tenant);
    let body = SignedInAnswer {
        id: member.id,
        email: &member.email,
        name: &member.name,
        role: member.role,
        organization: Organization {
            id: tenant.id,
            name: &tenant.name,
        },
        csrf_token: csrf_token(&*app.keys().await?, who.session),
    };
    let mut response = (status, axum::Json(body)).into_response();
    for cookie in who.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
