//! Inviting people, and taking invites back.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Action, Resource},
    id::{InviteId, MemberId},
    invite::{self, Invite, Over},
    member::{EmailAddress, Role},
    team::may_invite,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    app::App,
    crypto::Secret,
    ids,
    problem::Problem,
    store::StoreError,
    web::{
        Form, Json, Path, Query, Session,
        page::{self, Visitor},
    },
};
use ui::{
    components::FieldError,
    pages::members::{InviteForm, Invited},
    routes,
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invite")]
pub(crate) struct InviteAnswer {
    id: InviteId,
    email: EmailAddress,
    role: Role,
    state: invite::State,
    invited_by: MemberId,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Told once, to whoever made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl InviteAnswer {
    fn of(invite: Invite, now: Timestamp) -> Self {
        Self {
            state: invite.state(now),
            id: invite.id,
            email: invite.email,
            role: invite.role,
            invited_by: invite.invited_by,
            created_at: invite.created_at,
            expires_at: invite.expires_at,
            url: None,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InviteList")]
pub(crate) struct InvitesAnswer {
    items: Vec<InviteAnswer>,
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<InvitesAnswer>, Problem> {
    let (invites, now) = (app.store.tenant(&session).invites().await?, app.clock.now());
    let answers = invites
        .into_iter()
        .map(|invite| InviteAnswer::of(invite, now));
    Ok(Answer(InvitesAnswer {
        items: answers.collect(),
    }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewInvite")]
pub(crate) struct Wanted {
    email: EmailAddress,
    role: Role,
}

pub(crate) async fn create(
    State(app): State<App>,
    session: Session,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Problem> {
    let (made, link) = invite(&app, &session, wanted.email, wanted.role).await?;
    let place = format!("/api/v1/invites/{}", made.id);
    let answer = InviteAnswer {
        url: Some(link.expose().to_owned()),
        ..InviteAnswer::of(made, app.clock.now())
    };
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, place)],
        Answer(answer),
    )
        .into_response())
}

/// A new invite, and its link.
async fn invite(
    app: &App,
    session: &Session,
    email: EmailAddress,
    role: Role,
) -> Result<(Invite, Secret), Problem> {
    if !may_invite(&session.permissions, role) {
        return Err(Problem::forbidden(
            "role_beyond_own",
            "Nobody invites others into a role that may do more than their own.",
        ));
    }
    let (store, now) = (app.store.tenant(session), app.clock.now());
    // Only of the own organisation: who belongs to another is nobody's business here.
    let members = store.all_members().await?;
    if members.iter().any(|member| member.email == email) {
        return Err(Problem::conflict(
            "already_member",
            format!("{email} is already a member of your organisation."),
        ));
    }
    let waits = |invite: &Invite| invite.email == email && invite.is_pending(now);
    if store.invites().await?.iter().any(waits) {
        return Err(Problem::conflict(
            "already_invited",
            format!("{email} has an open invite. Revoke it to make a new link."),
        ));
    }
    let id = ids::mint(session.tenant(), now, InviteId::from_parts);
    let invite = Invite::new(id, email, role, session.member, now);
    let (token, digest) = shared::invite::seal(app, session.tenant(), &invite)
        .await
        .map_err(Problem::unavailable)?;
    let created = session
        .audit(app, Action::InviteCreated)
        .about(Resource::new("invite", id))
        .changing(Value::Null, told(&invite));
    store.create_invite(&invite, digest, &created).await?;
    let mut link = app.config.public_base.clone();
    link.set_path(routes::JOIN);
    link.query_pairs_mut().append_pair("token", token.expose());
    Ok((invite, Secret::new(link.into())))
}

/// For the audit log.
fn told(invite: &Invite) -> Value {
    json!({ "email": invite.email, "role": invite.role, "expires_at": invite.expires_at })
}

/// Taking back what was taken back succeeds.
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(id): Path<InviteId>,
) -> Result<StatusCode, Problem> {
    revoke(&app, &session, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(app: &App, session: &Session, id: InviteId) -> Result<(), Problem> {
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let found = store.invite(id).await?;
    let (invite, digest) = found.ok_or_else(|| Problem::not_found("invite"))?;
    let revoked = match invite.revoked(session.member, now) {
        Ok(revoked) => revoked,
        Err(Over(invite::State::Revoked)) => return Ok(()),
        Err(Over(invite::State::Accepted)) => {
            return Err(Problem::conflict(
                "invite_over",
                "Somebody has joined with the invite. Deactivate the member instead.",
            ));
        }
        Err(Over(invite::State::Expired | invite::State::Pending)) => {
            return Err(Problem::conflict("invite_over", "The invite has expired."));
        }
    };
    let entry = session
        .audit(app, Action::InviteRevoked)
        .about(Resource::new("invite", id))
        .changing(told(&invite), Value::Null);
    match store.revoke_invite(&revoked, digest, &entry).await {
        Err(StoreError::Conflict) => Err(Problem::conflict(
            "invite_over",
            "Somebody used the invite or took it back in this moment.",
        )),
        done => Ok(done?),
    }
}

/// A role that is none is not complained of: the form offers those there are.
#[derive(Deserialize)]
pub(crate) struct Asked {
    role: Option<String>,
}

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let named = |role: &Role| asked.role.as_deref() == Some(role.to_string().as_str());
    let role = Role::ALL.into_iter().find(named);
    let page = form(visitor, "", role.unwrap_or(Role::TeamMember), Vec::new());
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn form(visitor: Visitor, email: &str, role: Role, errors: Vec<FieldError>) -> InviteForm {
    let may = &visitor.session.permissions;
    InviteForm {
        roles: Role::ALL
            .into_iter()
            .filter(|role| may_invite(may, *role))
            .collect(),
        frame: visitor.frame,
        email: email.to_owned(),
        role,
        errors,
    }
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    email: String,
    role: Role,
}

/// The link is on the page that answers, and never again.
pub(crate) async fn press(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let made = match EmailAddress::parse(&typed.email) {
        Err(error) => Err(error.to_string()),
        Ok(email) => match invite(&app, &visitor.session, email, typed.role).await {
            Ok(made) => Ok(made),
            Err(problem) if problem.status == StatusCode::CONFLICT => Err(problem.detail),
            Err(problem) => return Err(problem),
        },
    };
    match made {
        Err(words) => {
            let errors = vec![FieldError::new("email", &words)];
            let page = form(visitor, &typed.email, typed.role, errors);
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Ok((invite, link)) => {
            let page = Invited {
                frame: visitor.frame,
                email: invite.email.to_string(),
                role: invite.role,
                link: link.expose().to_owned(),
            };
            Ok(page::html(StatusCode::CREATED, page.render()))
        }
    }
}

pub(crate) async fn press_revoke(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<InviteId>,
) -> Result<Response, Problem> {
    match revoke(&app, &visitor.session, id).await {
        Ok(()) => Ok(page::done(
            &app.config,
            routes::MEMBERS,
            "Revoked. The link opens nothing any more.",
        )),
        Err(problem) if problem.status == StatusCode::CONFLICT => Ok(page::not_done(
            &app.config,
            routes::MEMBERS,
            &problem.detail,
        )),
        Err(problem) => Err(problem),
    }
}
