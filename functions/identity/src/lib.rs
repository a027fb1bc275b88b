//! `GET /api/users/auth/profile`: who is signed in.

use axum::{Router, routing::get};
use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
};
use serde::Serialize;
use shared::{app::App, problem::Problem, web::Session};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/users/auth/profile", get(profile))
        .route("/api/users/auth/profile/", get(profile))
}

#[derive(Serialize)]
struct Profile {
    id: MemberId,
    email: EmailAddress,
    name: String,
    role: Role,
    organization: Organization,
}

#[derive(Serialize)]
struct Organization {
    id: TenantId,
    name: String,
}

/// From the table, not from the cookie: a change of role or name shows at once.
async fn profile(
    axum::extract::State(app): axum::extract::State<App>,
    session: Session,
) -> Result<axum::Json<Profile>, Problem> {
    let store = app.store.tenant(&session);
    let member = store
        .member(session.member)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    let tenant = store
        .details()
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    Ok(axum::Json(Profile {
        id: member.id,
        email: member.email,
        name: member.name,
        role: member.role,
        organization: Organization {
            id: tenant.id,
            name: tenant.name,
        },
    }))
}
