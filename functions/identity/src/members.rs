//! The pages of the members, for those who manage them.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    id::MemberId,
    member::{Member, Role},
    permission::Permission,
    team::{self, Wanted, grantable},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Path,
        page::{self, Visitor},
    },
};
use ui::{
    components::Csrf,
    layout::Section,
    pages::{
        confirmation::Confirmation,
        members::{Grant, MemberPage, Members, OpenInvite, Row, Standing},
    },
    routes,
};

use crate::team::{change, find};

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = app.store.tenant(&visitor.session);
    let (members, seen) = (store.all_members().await?, store.last_sign_ins().await?);
    let zone = page::zone(&headers);
    let row = |member: Member| Row {
        id: member.id.to_string(),
        role: member.role,
        grants: member.grants.iter().map(|one| one.opens()).collect(),
        is_active: member.is_active(),
        is_oneself: member.id == visitor.session.member,
        last_sign_in: seen.get(&member.id).map(|at| page::moment(*at, &zone)),
        name: member.name,
        email: member.email.to_string(),
    };
    let now = app.clock.now();
    let invites = store.invites().await?;
    let open = invites
        .into_iter()
        .filter(|invite| invite.is_pending(now))
        .map(|invite| OpenInvite {
            id: invite.id.to_string(),
            email: invite.email.to_string(),
            role: invite.role,
            expires: page::moment(invite.expires_at, &zone),
        });
    let page = Members {
        invites: open.collect(),
        rows: members.into_iter().map(row).collect(),
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = app.store.tenant(&visitor.session);
    let member = find(&store, id).await?;
    let zone = page::zone(&headers);
    let standing = match member.deactivated_at {
        _ if id == visitor.session.member => Standing::Oneself,
        None => Standing::Active,
        Some(since) => Standing::Deactivated {
            since: page::moment(since, &zone),
            connections: store.connections_of(id).await?.len(),
        },
    };
    let grant = |permission| Grant {
        permission,
        given: member.grants.contains(&permission),
    };
    let last = store.last_sign_in(id).await?;
    let page = MemberPage {
        id: id.to_string(),
        version: member.version,
        role: member.role,
        grants: grantable(member.role).map(grant).collect(),
        joined: page::moment(member.created_at, &zone),
        last_sign_in: last.map(|at| page::moment(at, &zone)),
        standing,
        name: member.name,
        email: member.email.to_string(),
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

#[derive(Deserialize)]
pub(crate) struct RoleForm {
    role: Role,
    version: u64,
}

pub(crate) async fn save_role(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        role: Some(form.role),
        ..Wanted::default()
    };
    let expected = Some(form.version);
    press(&app, &visitor, id, (expected, &wanted), "Role changed.").await
}

/// Fields named like permissions, and the version.
pub(crate) async fn save_grants(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    find(&app.store.tenant(&visitor.session), id).await?;
    let mut version = None;
    let mut ticked = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "version" => version = value.parse().ok(),
            Csrf::FIELD => {}
            name => ticked.push(
                name.parse::<Permission>()
                    .map_err(|error| Problem::invalid(name, error.to_string()))?,
            ),
        }
    }
    let version: u64 =
        version.ok_or_else(|| Problem::invalid("version", "Load the page again."))?;
    let wanted = Wanted {
        grants: Some(ticked.into_iter().collect()),
        ..Wanted::default()
    };
    let expected = Some(version);
    press(&app, &visitor, id, (expected, &wanted), "Grants saved.").await
}

/// The question, where there is no script to ask it in a dialog.
pub(crate) async fn ask_to_deactivate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
) -> Result<Response, Problem> {
    let member = find(&app.store.tenant(&visitor.session), id).await?;
    let page = Confirmation {
        confirm: MemberPage::deactivate(&id.to_string(), &member.name),
        frame: visitor.frame,
        section: Section::Members,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn to_be(state: team::State) -> Wanted {
    Wanted {
        state: Some(state),
        ..Wanted::default()
    }
}

pub(crate) async fn deactivate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
) -> Result<Response, Problem> {
    let wanted = to_be(team::State::Deactivated);
    let words = "Deactivated, signed out everywhere, and their calendars paused.";
    press(&app, &visitor, id, (None, &wanted), words).await
}

pub(crate) async fn reactivate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<MemberId>,
) -> Result<Response, Problem> {
    let wanted = to_be(team::State::Active);
    let words = "Reactivated. They can sign in again; their calendars stay paused.";
    press(&app, &visitor, id, (None, &wanted), words).await
}

async fn press(
    app: &App,
    visitor: &Visitor,
    id: MemberId,
    (expected, wanted): (Option<u64>, &Wanted),
    words: &str,
) -> Result<Response, Problem> {
    let path = routes::member(&id.to_string());
    match change(app, &visitor.session, id, expected, wanted).await {
        Ok(_) => Ok(page::done(&app.config, &path, words)),
        Err(problem) => match problem.status {
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
                Ok(page::not_done(&app.config, &path, &problem.detail))
            }
            _ => Err(problem),
        },
    }
}
