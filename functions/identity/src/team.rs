//! The members of the organisation, for programs, and what changing one means whoever asks.

use std::collections::BTreeSet;

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    audit::{AuditEntry, Resource},
    id::{MemberId, TenantId},
    member::{EmailAddress, Member, Role, Tenant},
    permission::Permission,
    team::{self, Refusal, Wanted},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    problem::Problem,
    store::{StoreError, TenantStore},
    web::{IfMatch, Json, Path, Session, etag},
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub(crate) struct MemberAnswer {
    id: MemberId,
    email: EmailAddress,
    name: String,
    role: Role,
    /// Beyond the role.
    grants: BTreeSet<Permission>,
    state: team::State,
    deactivated_at: Option<Timestamp>,
    last_sign_in_at: Option<Timestamp>,
    created_at: Timestamp,
    version: u64,
}

impl MemberAnswer {
    fn of(member: Member, last_sign_in_at: Option<Timestamp>) -> Self {
        Self {
            state: team::State::of(&member),
            id: member.id,
            email: member.email,
            name: member.name,
            role: member.role,
            grants: member.grants,
            deactivated_at: member.deactivated_at,
            last_sign_in_at,
            created_at: member.created_at,
            version: member.version,
        }
    }

    fn tagged(self) -> Response {
        let tag = etag(self.version);
        ([(header::ETAG, tag)], Answer(self)).into_response()
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MemberList")]
pub(crate) struct MembersAnswer {
    items: Vec<MemberAnswer>,
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<MembersAnswer>, Problem> {
    let store = app.store.tenant(&session);
    let (members, seen) = (store.all_members().await?, store.last_sign_ins().await?);
    let answer = |member: Member| {
        let last = seen.get(&member.id).copied();
        MemberAnswer::of(member, last)
    };
    let items = members.into_iter().map(answer).collect();
    Ok(Answer(MembersAnswer { items }))
}

pub(crate) async fn find(store: &TenantStore, id: MemberId) -> Result<Member, Problem> {
    let found = store.member(id).await?;
    found.ok_or_else(|| Problem::not_found("member"))
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Path(id): Path<MemberId>,
) -> Result<Response, Problem> {
    let store = app.store.tenant(&session);
    let member = find(&store, id).await?;
    let last = store.last_sign_in(id).await?;
    Ok(MemberAnswer::of(member, last).tagged())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MemberChange")]
pub(crate) struct Patch {
    role: Option<Role>,
    grants: Option<BTreeSet<Permission>>,
    state: Option<team::State>,
}

pub(crate) async fn patch(
    State(app): State<App>,
    session: Session,
    Path(id): Path<MemberId>,
    IfMatch(expected): IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        role: patch.role,
        grants: patch.grants,
        state: patch.state,
    };
    let changed = change(&app, &session, id, expected, &wanted).await?;
    let last = app.store.tenant(&session).last_sign_in(id).await?;
    Ok(MemberAnswer::of(changed, last).tagged())
}

/// Others change members too, and connections their lists of mirrors.
const TRIES_MAX: u32 = 5;

/// Makes of a member what is wanted, and writes down what became another. `expected` is the version that the caller saw.
pub(crate) async fn change(
    app: &App,
    session: &Session,
    id: MemberId,
    expected: Option<u64>,
    wanted: &Wanted,
) -> Result<Member, Problem> {
    let store = app.store.tenant(session);
    for _ in 0..TRIES_MAX {
        let member = find(&store, id).await?;
        let actor = find(&store, session.member).await?;
        if let Some(expected) = expected.filter(|expected| *expected != member.version) {
            return Err(stale(member.version, expected));
        }
        let now = app.clock.now();
        let after = team::changed(&actor, &member, wanted, now).map_err(refused)?;
        if after == member {
            return Ok(member);
        }
        let audits: Vec<AuditEntry> = team::differences(&member, &after)
            .into_iter()
            .map(|(action, before, after)| {
                let entry = session.audit(app, action);
                entry
                    .about(Resource::new("member", id))
                    .changing(before, after)
            })
            .collect();
        match store
            .change_member(&actor, &member, &after, &audits, now)
            .await
        {
            Err(StoreError::Conflict) => {}
            done => return Ok(done?),
        }
    }
    Err(StoreError::Conflict.into())
}

pub(crate) fn stale(version: u64, expected: u64) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version",
        format!("Somebody was faster: the member is at version {version}, not {expected}."),
    )
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotAdministrator => Problem::forbidden("not_permitted", refusal.to_string()),
        Refusal::Oneself => Problem::conflict("oneself", refusal.to_string()),
        Refusal::NotGrantable(_) => Problem::invalid("/grants", refusal.to_string()),
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrganizationList")]
pub(crate) struct OrganizationsAnswer {
    items: Vec<OneOrganization>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OwnOrganization")]
pub(crate) struct OneOrganization {
    id: TenantId,
    name: String,
    created_at: Timestamp,
    /// The caller's in it.
    role: Role,
}

pub(crate) async fn own_tenant(app: &App, session: &Session) -> Result<Tenant, Problem> {
    let tenant = app.store.tenant(session).details().await?;
    tenant.ok_or_else(Problem::unauthenticated)
}

async fn own_organization(app: &App, session: &Session) -> Result<OneOrganization, Problem> {
    let tenant = own_tenant(app, session).await?;
    Ok(OneOrganization {
        id: tenant.id,
        name: tenant.name,
        created_at: tenant.created_at,
        role: session.role,
    })
}

/// Those that the caller belongs to: one.
pub(crate) async fn organizations(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<OrganizationsAnswer>, Problem> {
    let items = vec![own_organization(&app, &session).await?];
    Ok(Answer(OrganizationsAnswer { items }))
}

pub(crate) async fn organization(
    State(app): State<App>,
    session: Session,
    Path(id): Path<TenantId>,
) -> Result<Answer<OneOrganization>, Problem> {
    let own = own_organization(&app, &session).await?;
    if own.id != id {
        return Err(Problem::not_found("organization"));
    }
    Ok(Answer(own))
}
