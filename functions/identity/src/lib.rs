//! Who is signed in, and the organisation they belong to.

mod invites;
mod members;
pub mod openapi;
mod organization;
mod origins;
mod profile;
mod team;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::permission::Permission as P;
use shared::{
    app::App,
    problem::Problem,
    web::{self, Gate, Routes, may, open, signed_in},
};
use ui::routes;

const TEAM: Gate = may(P::TeamManage);

pub fn routes() -> Routes {
    for_programs().merge(for_people())
}

fn for_people() -> Routes {
    Routes::new()
        .get(routes::PROFILE, signed_in(), profile::page)
        .post(routes::SESSION_END, signed_in(), profile::press_end)
        .post(routes::SESSIONS_END, signed_in(), profile::press_end_others)
        .get(routes::ROLES, signed_in(), profile::roles)
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
        .post(
            routes::ORGANIZATION_ORIGINS,
            may(P::OrganizationManage).confirmed(),
            origins::press,
        )
        .as_pages()
}

fn for_programs() -> Routes {
    Routes::new()
        .get("/api/v1/sessions", signed_in(), profile::sessions)
        .delete("/api/v1/sessions", signed_in(), profile::end_others)
        .delete("/api/v1/sessions/{id}", signed_in(), profile::end_one)
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
        .get(
            "/api/v1/organization/origins",
            may(P::OrganizationManage),
            origins::show,
        )
        .put(
            "/api/v1/organization/origins",
            may(P::OrganizationManage).confirmed(),
            origins::put,
        )
        .get("/api/users/auth/profile", signed_in(), profile::show)
        .get("/api/users/organizations", signed_in(), team::organizations)
        .get(
            "/api/users/organizations/{id}",
            signed_in(),
            team::organization,
        )
        .get("/.well-known/jwks.json", open("public keys"), key_set)
}

/// What proofs of sessions can be checked with. Caches hold it no longer than a rotation takes to be noticed.
async fn key_set(State(app): State<App>) -> Result<Response, Problem> {
    let set = axum::Json(web::key_set(&app).await?);
    let cached = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((cached, set).into_response())
}
