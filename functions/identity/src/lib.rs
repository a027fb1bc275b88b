//! Who is signed in, and the organisation they belong to.

mod invites;
mod members;
mod organization;
mod team;

use domain::{
    id::{MemberId, TenantId},
    member::{EmailAddress, Role},
    permission::{Permission as P, Permissions},
};
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    web::{Gate, Routes, Session, may, signed_in},
};
use ui::routes;

const TEAM: Gate = may(P::TeamManage);

pub fn routes() -> Routes {
    for_programs().merge(for_people())
}

fn for_people() -> Routes {
    Routes::new()
        .get(routes::MEMBERS, TEAM, members::list)
        .get(routes::INVITE, TEAM.confirmed(), invites::page)
        .post(routes::INVITE, TEAM.confirmed(), invites::press)
        .post(
            routes::INVITE_REVOKE,
            TEAM.confirmed(),
            invites::press_revoke,
        )
        .get(routes::MEMBER, TEAM, members::one)
        .post(routes::MEMBER_ROLE, TEAM.confirmed(), members::save_role)
        .post(
            routes::MEMBER_GRANTS,
            TEAM.confirmed(),
            members::save_grants,
        )
        .get(
            routes::MEMBER_DEACTIVATE,
            TEAM.confirmed(),
            members::ask_to_deactivate,
        )
        .post(
            routes::MEMBER_DEACTIVATE,
            TEAM.confirmed(),
            members::deactivate,
        )
        .post(
            routes::MEMBER_REACTIVATE,
            TEAM.confirmed(),
            members::reactivate,
        )
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
        .as_pages()
}

fn for_programs() -> Routes {
    Routes::new()
        .get("/api/v1/members", TEAM, team::list)
        .get("/api/v1/members/{id}", TEAM, team::show)
        .get("/api/v1/invites", TEAM, invites::list)
        .post("/api/v1/invites", TEAM.confirmed(), invites::create)
        .delete("/api/v1/invites/{id}", TEAM.confirmed(), invites::delete)
        .patch("/api/v1/members/{id}", TEAM.confirmed(), team::patch)
        .get("/api/v1/organization", signed_in(), organization::show)
        .delete(
            "/api/v1/organization",
            may(P::OrganizationManage).confirmed(),
            organization::delete,
        )
        .get("/api/users/auth/profile", signed_in(), profile)
        .get("/api/users/organizations", signed_in(), team::organizations)
        .get(
            "/api/users/organizations/{id}",
            signed_in(),
            team::organization,
        )
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
