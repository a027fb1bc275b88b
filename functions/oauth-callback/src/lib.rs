//! `GET /oauth/{provider}/callback`: the provider sends the browser back with a code, or with a refusal. The page that
//! answers holds no token; what was granted is already in the vault.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    audit::{Action, Resource},
    connection::{Auth, Provider},
    id::ConnectionId,
    permission::Permission,
    run::Trigger,
};
use serde::Deserialize;
use shared::{
    app::App,
    oauth::{self, CallbackError},
    problem::Problem,
    queue,
    store::TenantStore,
    sync::calendars,
    telemetry::chain,
    web::{Path, Query, Routes, Session, may, page},
};
use ui::{components::Meaning, layout::Theme, pages::message::Message, routes};

pub fn routes() -> Routes {
    Routes::new()
        .get(
            "/oauth/{provider}/callback",
            may(Permission::ConnectionsOwn),
            callback,
        )
        .as_pages()
}

/// What providers append; some add more, which is none of our business.
#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

async fn callback(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(answer): Query<Answer>,
) -> Result<Response, Problem> {
    let provider: Provider = provider
        .parse()
        .map_err(|_| Problem::not_found("provider"))?;
    let theme = page::theme(&headers);
    let code = match (&answer.code, &answer.error) {
        (_, Some(error)) => Err(error.as_str()),
        (Some(code), None) => Ok(code.as_str()),
        (None, None) => return Ok(failed(theme, &CallbackError::UnknownState)),
    };
    let Some(state) = answer.state.as_deref().filter(|state| state.len() <= 512) else {
        return Ok(failed(theme, &CallbackError::UnknownState));
    };
    let row = match oauth::finish(&app, &session, provider, state, code).await {
        Ok(row) => row,
        Err(error) => {
            tracing::warn!(
                tenant = %session.tenant(), member = %session.member, %provider,
                error = %chain(&error), "authorization not finished"
            );
            let refused = session.audit(&app, Action::ConnectionRefused).denied();
            let refused = refused.about(Resource::new("provider", provider));
            app.store.tenant(&session).append_audit(&refused).await?;
            return Ok(failed(theme, &error));
        }
    };
    let connection = row.connection;
    let page = routes::connection(&connection.id.to_string());
    if matches!(connection.auth, Auth::NeedsReauth { .. }) {
        return Ok(page::not_done(
            &app.config,
            &page,
            "Kalends was not given everything it needs. Reconnect and leave every box ticked.",
        ));
    }
    // The calendars are shown on the next page; if they cannot be listed now, that page asks again.
    let store = app.store.tenant(&session);
    match calendars::list_again(&app, &store, &connection).await {
        Ok(calendars) if calendars.iter().any(|calendar| calendar.settings.selected) => {
            // Connected it is; if the sync cannot be asked for now, the next poll makes up for it.
            if let Err(problem) = catch_up(&app, &store, connection.id).await {
                tracing::warn!(connection = %connection.id, error = %problem, "catch-up not asked for");
            }
            return Ok(page::done(
                &app.config,
                &page,
                "Connected again. What was missed is on its way.",
            ));
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(
            connection = %connection.id, error = %chain(&error), "calendars not listed yet"
        ),
    }
    Ok(page::done(
        &app.config,
        &page,
        "Connected. Choose the calendars to keep in sync.",
    ))
}

/// A connection that was made before goes on where it stopped.
async fn catch_up(app: &App, store: &TenantStore, connection: ConnectionId) -> Result<(), Problem> {
    match store.ask(connection, Trigger::Setup, None).await? {
        Some(asked) => Ok(queue::follow_up(app, &asked).await?),
        None => Ok(()),
    }
}

fn failed(theme: Theme, error: &CallbackError) -> Response {
    let (status, title, words) = words(error);
    let ways = vec![
        ("Try again".to_owned(), routes::CONNECTIONS.to_owned()),
        ("Go to the schedule".to_owned(), routes::SCHEDULE.to_owned()),
    ];
    let meaning = if status.is_server_error() {
        Meaning::Error
    } else {
        Meaning::Warning
    };
    let message = Message {
        theme,
        meaning,
        title: title.into(),
        words,
        ways,
    };
    page::html(status, message.render())
}

fn words(error: &CallbackError) -> (StatusCode, &'static str, String) {
    match error {
        CallbackError::UnknownState => (
            StatusCode::BAD_REQUEST,
            "This link was already used",
            "Each authorization works once, in the browser and sign-in that began it. Nothing was connected.".into(),
        ),
        CallbackError::Expired => (
            StatusCode::BAD_REQUEST,
            "That took too long",
            "An authorization has to be finished within ten minutes. Nothing was connected.".into(),
        ),
        CallbackError::Refused(_) => (
            StatusCode::OK,
            "Nothing was connected",
            "You did not allow access at the provider. You can connect whenever you like.".into(),
        ),
        CallbackError::OtherAccount => (
            StatusCode::CONFLICT,
            "That was another account",
            "Choose the account that this connection was made with, or connect the other one anew.".into(),
        ),
        CallbackError::Erasing => (
            StatusCode::CONFLICT,
            "Your organisation is being deleted",
            "Nothing can be connected any more, and nothing was.".into(),
        ),
        CallbackError::NoRefreshToken | CallbackError::Exchange(_) | CallbackError::Provider(_) => (
            StatusCode::BAD_GATEWAY,
            "The provider did not finish the authorization",
            "It answered with an error. Nothing was connected; try again in a minute.".into(),
        ),
        CallbackError::Store(_) | CallbackError::Vault(_) | CallbackError::Credential(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Something on our side is not working",
            "Nothing was connected. Try again in a minute.".into(),
        ),
    }
}
