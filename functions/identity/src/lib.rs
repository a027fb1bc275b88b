//! Who is signed in, and the organisation they belong to.

pub mod openapi;
mod organization;

use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    web::{Routes, Session},
};
use ui::routes;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::ORGANIZATION, organization::page)
        .get(routes::ORGANIZATION_DELETE, organization::ask)
        .post(routes::ORGANIZATION_DELETE, organization::press)
        .as_pages();
    Routes::new()
        .get("/api/v1/organization", organization::show)
        .delete("/api/v1/organization", organization::delete)
        .get("/api/users/auth/profile", profile)
        .get("/api/users/auth/profile/", profile)
        .merge(pages)
}

#[derive(Serialize, JsonSchema)]
struct Profile {
    id: MemberId,
    email: EmailAddress,
    name: String,
    role: Role,
    organization: Organization,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProfileOrganization")]
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
