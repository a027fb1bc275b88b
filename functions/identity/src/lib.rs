//! Who is signed in, and the organisation they belong to.

pub mod openapi;
mod organization;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
    permission::{Permission as P, Permissions},
};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    web::{self, Routes, Session, may, open, signed_in},
};
use ui::routes;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::ORGANIZATION, signed_in(), organization::page)
        .get(
            routes::ORGANIZATION_DELETE,
            may(P::OrganizationManage).confirmed(),
            organization::ask,
        )
        .post(
            routes::ORGANIZATION_DELETE,
            may(P::OrganizationManage).confirmed(),
            organization::press,
        )
        .as_pages();
    Routes::new()
        .get("/api/v1/organization", signed_in(), organization::show)
        .delete(
            "/api/v1/organization",
            may(P::OrganizationManage).confirmed(),
            organization::delete,
        )
        .get("/api/users/auth/profile", signed_in(), profile)
        .get("/.well-known/jwks.json", open("public keys"), key_set)
        .merge(pages)
}

/// What proofs of sessions can be checked with. Caches hold it no longer than a rotation takes to be noticed.
async fn key_set(State(app): State<App>) -> Result<Response, Problem> {
    let set = axum::Json(web::key_set(&app).await?);
    let cached = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((cached, set).into_response())
}

#[derive(Serialize, JsonSchema)]
struct Profile {
    id: MemberId,
    email: EmailAddress,
    name: String,
    role: Role,
    permissions: Permissions,
    organization: Organization,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProfileOrganization")]
struct Organization {
    id: TenantId,
    name: String,
}

async fn profile(State(app): State<App>, session: Session) -> Result<axum::Json<Profile>, Problem> {
    let tenant = app.store.tenant(&session).details().await?;
    let tenant = tenant.ok_or_else(Problem::unauthenticated)?;
    Ok(axum::Json(Profile {
        id: session.member,
        email: session.email,
        name: session.name,
        role: session.role,
        permissions: session.permissions,
        organization: Organization {
            id: tenant.id,
            name: tenant.name,
        },
    }))
}
