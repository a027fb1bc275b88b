//! One's own account, and where one is signed in.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    audit::{Action, Resource},
    browser,
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Role},
    permission::Permissions,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    store::StandingSession,
    web::{
        Path, Session,
        page::{self, Visitor},
    },
};
use ui::{
    pages::{
        profile::{Profile, SignedIn},
        roles::Roles,
    },
    routes,
};

use crate::team;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Profile")]
pub(crate) struct ProfileAnswer {
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

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<ProfileAnswer>, Problem> {
    let tenant = team::own_tenant(&app, &session).await?;
    Ok(Answer(ProfileAnswer {
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

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(crate) struct SessionAnswer {
    id: SessionId,
    /// The one that asks.
    current: bool,
    began_at: Timestamp,
    expires_at: Timestamp,
    ip: Option<String>,
    user_agent: Option<String>,
    browser: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionList")]
pub(crate) struct SessionsAnswer {
    items: Vec<SessionAnswer>,
}

/// The one that asks, then the others, newest first.
async fn standing(app: &App, session: &Session) -> Result<Vec<StandingSession>, Problem> {
    let store = app.store.tenant(session);
    let (mut all, now) = (store.sessions_of(session.member).await?, app.clock.now());
    let own = session.browser()?.id;
    all.retain(|one| now < one.expires_at);
    all.reverse();
    all.sort_by_key(|one| one.id != own);
    Ok(all)
}

fn browser_of(session: &StandingSession) -> String {
    browser::words(session.user_agent.as_deref().unwrap_or_default())
}

pub(crate) async fn sessions(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<SessionsAnswer>, Problem> {
    let own = session.browser()?.id;
    let all = standing(&app, &session).await?.into_iter();
    let answer = |one: StandingSession| SessionAnswer {
        current: one.id == own,
        browser: browser_of(&one),
        id: one.id,
        began_at: one.began_at,
        expires_at: one.expires_at,
        ip: one.ip,
        user_agent: one.user_agent,
    };
    Ok(Answer(SessionsAnswer {
        items: all.map(answer).collect(),
    }))
}

async fn end(app: &App, session: &Session, id: SessionId) -> Result<(), Problem> {
    let store = app.store.tenant(session);
    let ended = session.audit(app, Action::SessionEnded);
    let ended = ended.about(Resource::new("session", id));
    Ok(store.end_session(session.member, id, Some(&ended)).await?)
}

async fn end_own(app: &App, session: &Session, id: SessionId) -> Result<(), Problem> {
    let store = app.store.tenant(session);
    if store.session(session.member, id).await?.is_none() {
        return Err(Problem::not_found("session"));
    }
    end(app, session, id).await
}

async fn end_all_others(app: &App, session: &Session) -> Result<(), Problem> {
    let own = session.browser()?.id;
    for one in standing(app, session).await? {
        if one.id != own {
            end(app, session, one.id).await?;
        }
    }
    Ok(())
}

pub(crate) async fn end_one(
    State(app): State<App>,
    session: Session,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    end_own(&app, &session, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All but the one that asks.
pub(crate) async fn end_others(
    State(app): State<App>,
    session: Session,
) -> Result<StatusCode, Problem> {
    end_all_others(&app, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (session, zone) = (visitor.session, page::zone(&headers));
    let own = session.browser()?.id;
    let all = standing(&app, &session).await?.into_iter();
    let signed_in = |one: StandingSession| SignedIn {
        id: one.id.to_string(),
        browser: browser_of(&one),
        began: page::moment(one.began_at, &zone),
        is_this: one.id == own,
        address: one.ip,
    };
    let page = Profile {
        frame: visitor.frame,
        sessions: all.map(signed_in).collect(),
        email: session.email.to_string(),
        role: session.role,
        permissions: session.permissions.clone(),
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn press_end(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<SessionId>,
) -> Result<Response, Problem> {
    end_own(&app, &visitor.session, id).await?;
    let words = "Signed out there.";
    Ok(page::done(&app.config, routes::PROFILE, words))
}

pub(crate) async fn press_end_others(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    end_all_others(&app, &visitor.session).await?;
    let words = "Signed out everywhere else.";
    Ok(page::done(&app.config, routes::PROFILE, words))
}

/// What each role may do.
pub(crate) async fn roles(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let page = Roles {
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}
