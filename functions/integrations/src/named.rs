//! An integration that a path names. Whoever names another is told which there are.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use domain::integration::Integration;
use shared::{
    app::App,
    problem::Problem,
    web::{Path, listed},
};

/// One in a path, with a page of its own.
pub(crate) struct Named(pub(crate) Integration);

/// One in a path that reports.
pub(crate) struct Reporter(pub(crate) Integration);

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let named = in_path(parts, app, has_page).await?;
        named.map(Self).ok_or_else(no_such_integration)
    }
}

impl FromRequestParts<App> for Reporter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let named = in_path(parts, app, reports).await?;
        named.map(Self).ok_or_else(no_such_connector)
    }
}

async fn in_path(
    parts: &mut Parts,
    app: &App,
    is_meant: fn(Integration) -> bool,
) -> Result<Option<Integration>, Problem> {
    let Path(name) = Path::<String>::from_request_parts(parts, app).await?;
    let found: Option<Integration> = name.parse().ok();
    Ok(found.filter(|integration| is_meant(*integration)))
}

fn has_page(integration: Integration) -> bool {
    match integration {
        Integration::Calendars(_) | Integration::Reported(_) => true,
        Integration::ApiKeys | Integration::Webhooks | Integration::Files => false,
    }
}

fn reports(integration: Integration) -> bool {
    matches!(integration, Integration::Reported(_))
}

pub(crate) fn no_such_integration() -> Problem {
    let names = names_of(has_page);
    let words =
        format!("There is no such integration. Those with a page of their own are {names}.");
    Problem::new(StatusCode::NOT_FOUND, "not_found", words)
}

pub(crate) fn no_such_connector() -> Problem {
    let names = names_of(reports);
    let words = format!("There is no such connector. Those that report are {names}.");
    Problem::new(StatusCode::NOT_FOUND, "not_found", words)
}

fn names_of(are_meant: fn(Integration) -> bool) -> String {
    let meant = Integration::ALL.into_iter().filter(|one| are_meant(*one));
    let names: Vec<&str> = meant.map(Integration::name).collect();
    listed(&names, "and")
}
