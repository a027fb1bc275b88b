//! Begins a provider authorization: `POST /api/v1/connections` for programs, `POST /connections/connect` for people.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{connection::Provider, permission::Permission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    oauth,
    problem::Problem,
    web::{Form, Json, Routes, Session, may, page},
};
use ui::{pages::forward::Forward, routes};

pub mod openapi;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .post(
            routes::CONNECTIONS_CONNECT,
            may(Permission::ConnectionsOwn).confirmed(),
            connect,
        )
        .as_pages();
    Routes::new()
        .post(
            "/api/v1/connections",
            may(Permission::ConnectionsOwn).confirmed(),
            start,
        )
        .merge(pages)
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewConnection")]
#[serde(deny_unknown_fields)]
struct Start {
    #[schemars(with = "Provider")]
    provider: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Authorization")]
struct Started {
    provider: Provider,
    /// Where the browser goes next, within ten minutes and in this very session.
    authorize_url: String,
}

async fn start(
    State(app): State<App>,
    session: Session,
    Json(request): Json<Start>,
) -> Result<(StatusCode, axum::Json<Started>), Problem> {
    let provider = parse(&request.provider, "/provider")?;
    let begun = oauth::begin(&app, &session, provider, None).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(Started {
            provider,
            authorize_url: begun.authorize_url,
        }),
    ))
}

#[derive(Deserialize)]
struct Connect {
    provider: String,
}

/// A page leads on instead of a redirect: with a strict policy for forms, a browser does not follow one to another site.
async fn connect(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<Connect>,
) -> Result<Response, Problem> {
    let provider = parse(&form.provider, "provider")?;
    let begun = oauth::begin(&app, &session, provider, None).await?;
    let forward = Forward {
        theme: page::theme(&headers),
        provider,
        address: begun.authorize_url,
    };
    Ok(page::ok(forward.render()))
}

fn parse(provider: &str, pointer: &str) -> Result<Provider, Problem> {
    provider
        .parse()
        .map_err(|error: domain::connection::UnknownProvider| {
            Problem::invalid(pointer, error.to_string())
        })
}
