//! The organisation: what it is, and its end.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Action, Resource},
    erasure::{Erasure, ErasureReceipt, Stage},
    id::TenantId,
    member::Tenant,
    permission::Permission,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    erasure,
    problem::Problem,
    store::TenantStore,
    web::{
        Form, Json, Session,
        page::{self, Visitor},
    },
};
use ui::{
    components::FieldError,
    layout::Section,
    pages::{
        confirmation::Confirmation,
        disconnection::Standing,
        organization::{End, OrganizationPage, Sites},
    },
    routes,
};

use crate::team;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(crate) struct OrganizationAnswer {
    id: TenantId,
    name: String,
    created_at: Timestamp,
    /// Since it was asked to be deleted.
    erasure: Option<ErasureAnswer>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Erasure")]
pub(crate) struct ErasureAnswer {
    asked_at: Timestamp,
    remove_copies: bool,
    /// What is done now.
    stage: Option<Stage>,
    /// What was done so far. Connections count when they are forgotten, at the end.
    receipt: ErasureReceipt,
}

impl From<Erasure> for ErasureAnswer {
    fn from(erasure: Erasure) -> Self {
        Self {
            asked_at: erasure.asked_at,
            remove_copies: erasure.remove_copies,
            stage: erasure.stage,
            receipt: erasure.receipt,
        }
    }
}

/// The caller's organisation, and whether they may end it.
struct Own {
    store: TenantStore,
    tenant: Tenant,
    may_end: bool,
}

impl Own {
    async fn find(app: &App, session: &Session) -> Result<Self, Problem> {
        let store = app.store.tenant(session);
        Ok(Self {
            tenant: team::own_tenant(app, session).await?,
            may_end: session.may(Permission::OrganizationManage),
            store,
        })
    }

    async fn erase(
        &self,
        app: &App,
        session: &Session,
        remove_copies: bool,
    ) -> Result<Erasure, Problem> {
        let began = session.audit(app, Action::OrganizationErasureBegan);
        let began = began.about(Resource::new("organization", self.tenant.id));
        Ok(erasure::begin(app, &self.store, session.member, remove_copies, &began).await?)
    }

    fn is_called(&self, name: &str) -> bool {
        self.tenant.name == name.trim()
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<OrganizationAnswer>, Problem> {
    let own = Own::find(&app, &session).await?;
    let erasure = own.store.erasure().await?;
    Ok(Answer(OrganizationAnswer {
        id: own.tenant.id,
        name: own.tenant.name,
        created_at: own.tenant.created_at,
        erasure: erasure.map(ErasureAnswer::from),
    }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ErasureWanted")]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    #[serde(default)]
    remove_copies: bool,
}

const OTHER_NAME: &str = "That is not the organisation's name. Nothing was deleted.";

/// Begins the erasure, or answers the one that was begun before, whatever is wanted now.
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &session).await?;
    if !own.is_called(&wanted.name) {
        return Err(Problem::invalid("/name", OTHER_NAME));
    }
    let begun = own.erase(&app, &session, wanted.remove_copies).await?;
    let answer = Answer(ErasureAnswer::from(begun));
    Ok((StatusCode::ACCEPTED, answer).into_response())
}

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = whole(&app, visitor, &headers, None).await?;
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// The page, with what was typed last and is wrong.
pub(crate) async fn whole(
    app: &App,
    visitor: Visitor,
    headers: &HeaderMap,
    typed: Option<(String, u64, FieldError)>,
) -> Result<OrganizationPage, Problem> {
    let own = Own::find(app, &visitor.session).await?;
    let zone = page::zone(headers);
    let end = match own.store.erasure().await? {
        Some(erasure) => End::UnderWay {
            asked: page::moment(erasure.asked_at, &zone),
            stages: Standing::of_each(&Stage::ALL, erasure.stage),
        },
        None if own.may_end => End::CanBegin,
        None => End::NotTheirs,
    };
    let sites = matches!(end, End::CanBegin).then(|| match typed {
        Some((origins, version, error)) => Sites {
            origins,
            version,
            errors: vec![error],
        },
        None => Sites::of(&own.tenant.allowed_origins),
    });
    Ok(OrganizationPage {
        frame: visitor.frame,
        id: own.tenant.id.to_string(),
        created: page::moment(own.tenant.created_at, &zone),
        name: own.tenant.name,
        sites,
        end,
    })
}

/// The question, where there is no script to ask it in a dialog.
pub(crate) async fn ask(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let own = Own::find(&app, &visitor.session).await?;
    let page = question(visitor, &own, None);
    Ok(page::show(&app.config, &page.frame, page.render()))
}

fn question(visitor: Visitor, own: &Own, error: Option<String>) -> Confirmation {
    Confirmation {
        confirm: OrganizationPage::delete(&own.tenant.name, error),
        frame: visitor.frame,
        section: Section::Organization,
    }
}

/// A form that says anything else was not meant for this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    name: String,
    remove_copies: Option<String>,
    /// Proven before the form is read.
    #[serde(rename = "csrf_token")]
    _proof: Option<String>,
}

pub(crate) async fn press(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, &visitor.session).await?;
    if !own.is_called(&typed.name) {
        let page = question(visitor, &own, Some(OTHER_NAME.to_owned()));
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()));
    }
    own.erase(&app, &visitor.session, typed.remove_copies.is_some())
        .await?;
    let words = "The organisation is being deleted.";
    Ok(page::done(&app.config, routes::ORGANIZATION, words))
}
