//! Who is signed in, and the organisation they belong to.

mod organization;

use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
    permission::{Permission as P, Permissions},
};
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    web::{Routes, Session, may, signed_in},
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
        .merge(pages)
}

#[derive(Serialize)]
struct Profile {
    id: MemberId,
    email: EmailAddress,
    name: String,
    role: Role,
    permissions: Permissions,
    organization: Organization,
}

#[derive(Serialize)]
struct Organization {
    id: TenantId,
    name: String,
}

async fn profile(
    axum::extract::State(app): axum::extract::State<App>,
    session: Session,
) -> Result<axum::Json<Profile>, Problem> {
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
