//! Disconnecting, and what came of it, for programs and people.

mod view;

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    audit::Action,
    connection::Provider,
    ending::{AccessEnd, Ending, Step},
    id::ConnectionId,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    ending,
    problem::Problem,
    web::{
        Form, JsonIfAny, Path, Session,
        page::{self, Visitor},
    },
};
use ui::{
    layout::Section,
    pages::{confirmation::Confirmation, connection::ConnectionPage},
    routes,
};

use crate::own::Own;

#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "DisconnectionWanted")]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    remove_copies: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Disconnection")]
pub(crate) struct DisconnectionAnswer {
    connection: ConnectionId,
    provider: Provider,
    account: String,
    state: EndState,
    /// What is done now.
    step: Option<Step>,
    remove_copies: bool,
    asked_at: Timestamp,
    finished_at: Option<Timestamp>,
    /// Why it does not go on now, and when it is tried again.
    last_failure: Option<String>,
    next_try_at: Option<Timestamp>,
    /// What was done so far.
    receipt: ReceiptAnswer,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DisconnectionState")]
enum EndState {
    Running,
    Over,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DisconnectionReceipt")]
struct ReceiptAnswer {
    subscriptions_stopped: u32,
    subscriptions_left: u32,
    left_until: Option<Timestamp>,
    copies_removed: u32,
    copies_kept: u32,
    access: Option<AccessEnd>,
    credential_deleted: bool,
    records_deleted: u32,
}

impl From<Ending> for DisconnectionAnswer {
    fn from(ending: Ending) -> Self {
        let receipt = ending.receipt;
        Self {
            connection: ending.connection,
            provider: ending.provider,
            account: ending.account,
            state: if ending.step.is_some() {
                EndState::Running
            } else {
                EndState::Over
            },
            step: ending.step,
            remove_copies: ending.remove_copies,
            asked_at: ending.asked_at,
            finished_at: ending.finished_at,
            last_failure: ending.last_failure,
            next_try_at: ending.not_before,
            receipt: ReceiptAnswer {
                subscriptions_stopped: receipt.subscriptions_stopped,
                subscriptions_left: receipt.subscriptions_left,
                left_until: receipt.left_until,
                copies_removed: receipt.copies_removed,
                copies_kept: receipt.copies_kept,
                access: receipt.access,
                credential_deleted: receipt.credential_deleted,
                records_deleted: receipt.records_deleted,
            },
        }
    }
}

/// Begins the end, or answers the one that was begun before, whatever is wanted now.
pub(crate) async fn begin(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConnectionId>,
    JsonIfAny(wanted): JsonIfAny<Wanted>,
) -> Result<Response, Problem> {
    let begun = begun(&app, session, id, wanted.remove_copies).await?;
    let answer = Answer(DisconnectionAnswer::from(begun));
    let mut response = (StatusCode::ACCEPTED, answer).into_response();
    let location = format!("/api/v1/connections/{id}/disconnection");
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn begun(
    app: &App,
    session: Session,
    id: ConnectionId,
    remove_copies: bool,
) -> Result<Ending, Problem> {
    if let Some(begun) = find(app, &session, id).await? {
        return Ok(begun);
    }
    let own = Own::find(app, session, id).await?;
    let ended = own.audit(app, Action::ConnectionDisconnected);
    let begun = ending::begin(app, &own.store, id, remove_copies, Some(&ended)).await?;
    begun.ok_or_else(|| Problem::not_found("connection"))
}

/// The end of a connection of the caller's own.
pub(crate) async fn find(
    app: &App,
    session: &Session,
    id: ConnectionId,
) -> Result<Option<Ending>, Problem> {
    let found = app.store.tenant(session).ending(id).await?;
    Ok(found.filter(|ending| ending.member == session.member))
}

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConnectionId>,
) -> Result<Answer<DisconnectionAnswer>, Problem> {
    if let Some(ending) = find(&app, &session, id).await? {
        return Ok(Answer(ending.into()));
    }
    // Told apart only in the log: a connection that stands, a stranger's, or nothing.
    Own::find(&app, session, id).await?;
    Err(Problem::not_found("disconnection"))
}

/// The question, where there is no script to ask it in a dialog.
pub(crate) async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<ConnectionId>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, visitor.session.clone(), id)
        .await?
        .standing()?;
    let page = Confirmation {
        confirm: ConnectionPage::disconnect(&id.to_string(), &own.connection().account),
        frame: visitor.frame,
        section: Section::Connections,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// A form that says anything else was not meant for this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticked {
    remove_copies: Option<String>,
    /// Proven before the form is read.
    #[serde(rename = "csrf_token")]
    _proof: Option<String>,
}

pub(crate) async fn press(
    State(app): State<App>,
    session: Session,
    Path(id): Path<ConnectionId>,
    Form(ticked): Form<Ticked>,
) -> Result<Response, Problem> {
    begun(&app, session, id, ticked.remove_copies.is_some()).await?;
    let back = routes::connection(&id.to_string());
    let words = "Disconnected. What is left is being taken down.";
    Ok(page::done(&app.config, &back, words))
}

/// The page of a connection that ends or has ended.
pub(crate) fn page(
    app: &App,
    visitor: Visitor,
    zone: &domain::time::Zone,
    ending: &Ending,
) -> Response {
    let page = view::page(visitor.frame, ending, zone, app.clock.now());
    page::show(&app.config, &page.frame, page.render())
}
