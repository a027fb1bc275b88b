//! Pages: HTML answers, the frame around a member's pages, problems in words.

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::time::{LocalTime, Zone};
use jiff::{SignedDuration, Timestamp};
use ui::{
    Markup,
    components::{Csrf, Meaning, Moment},
    layout::{Frame, Theme, Toast},
    pages::problem::ProblemPage,
    routes,
};

use super::{
    Session, Trail,
    cookies::{self, Cookie},
    csrf_token, percent, see_other,
};
use crate::{app::App, config::Config, problem::Problem};

pub fn html(status: StatusCode, markup: Markup) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], markup.into_string()).into_response()
}

pub fn ok(markup: Markup) -> Response {
    html(StatusCode::OK, markup)
}

/// A member who looks at a page: their session, and what every page of theirs carries.
pub struct Visitor {
    pub session: Session,
    pub frame: Frame,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let session = Session::from_request_parts(parts, app).await?;
        let csrf = Csrf(csrf_token(&*app.keys().await?, session.browser()?.id));
        let store = app.store.tenant(&session);
        let frame = Frame {
            theme: theme(&parts.headers),
            csrf,
            member: session.name.clone(),
            organization: session.organization.clone(),
            permissions: session.permissions.clone(),
            toasts: flash(&parts.headers, &app.config).into_iter().collect(),
            conflicts: store.open_conflicts(session.member).await?,
            live: None,
        };
        Ok(Self { session, frame })
    }
}

/// The script keeps the browser's zone in it.
const ZONE_COOKIE: &str = "zone";

/// The zone in which a visitor reads times.
pub fn zone(headers: &HeaderMap) -> Zone {
    let kept = cookies::value(headers, ZONE_COOKIE);
    kept.and_then(|name| Zone::parse(&name).ok())
        .unwrap_or_else(Zone::utc)
}

/// A point in time in words of a zone: "2 March 2027, 10:41 Europe/Berlin".
pub fn moment(at: Timestamp, zone: &Zone) -> Moment {
    let local = LocalTime::at(at, zone.clone()).local;
    Moment::new(
        &at.to_string(),
        &format!("{} {zone}", local.strftime("%-d %B %Y, %H:%M")),
    )
}

/// JSON line by line; other text as it is.
pub fn laid_out(body: String) -> String {
    match serde_json::from_str::<serde_json::Value>(&body) {
        Ok(json) => format!("{json:#}"),
        Err(_) => body,
    }
}

pub fn theme(headers: &HeaderMap) -> Theme {
    cookies::value(headers, Theme::COOKIE)
        .map(|value| Theme::parse(&value))
        .unwrap_or_default()
}

/// Leads on after a press, with words that the next page shows once.
pub fn done(config: &Config, path: &str, words: &str) -> Response {
    with_flash(config, path, "ok", words)
}

pub fn not_done(config: &Config, path: &str, words: &str) -> Response {
    with_flash(config, path, "error", words)
}

fn with_flash(config: &Config, path: &str, meaning: &str, words: &str) -> Response {
    let mut response = see_other(path);
    let value = format!("{meaning}.{}", percent(words));
    let cookie = cookies::set(config, Cookie::Flash, &value, SignedDuration::from_secs(20));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

fn flash(headers: &HeaderMap, config: &Config) -> Option<Toast> {
    let value = cookies::read(headers, config, Cookie::Flash)?;
    let (meaning, words) = value.split_once('.')?;
    let meaning = match meaning {
        "ok" => Meaning::Ok,
        "error" => Meaning::Error,
        _ => return None,
    };
    let words = url::form_urlencoded::parse(words.as_bytes())
        .next()?
        .0
        .into_owned();
    Some(Toast { meaning, words })
}

/// Shows a page and forgets the words that it showed.
pub fn show(config: &Config, frame: &Frame, markup: Markup) -> Response {
    let mut response = ok(markup);
    if !frame.toasts.is_empty() {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookies::clear(config, Cookie::Flash));
    }
    response
}

/// What a problem's page keeps of the request that met it.
pub(crate) struct Asked {
    theme: Theme,
    id: String,
    app: Option<App>,
}

impl Asked {
    pub(crate) fn by(request: &Request) -> Self {
        Self {
            theme: theme(request.headers()),
            id: Trail::of(request.extensions()).request_id,
            app: request.extensions().get().cloned(),
        }
    }
}

/// The caller is known, and may not.
pub(crate) const NOT_PERMITTED: &str = "not_permitted";

/// A problem as a person sees it.
pub(crate) fn problem(status: StatusCode, asked: &Asked, code: &str, detail: &str) -> Response {
    let (title, what_to_do) = match status {
        StatusCode::FORBIDDEN if code == NOT_PERMITTED => (
            "You do not have access to this",
            "If you need it for your work, ask an administrator of your organisation. You are taken back in a moment.",
        ),
        StatusCode::NOT_FOUND => (
            "This page does not exist",
            "Check the address, or go back to where you came from.",
        ),
        StatusCode::FORBIDDEN => (
            "This was not allowed",
            "Go back, load the page again and repeat what you did.",
        ),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => (
            "Somebody was faster",
            "Go back, load the page again and look at what changed.",
        ),
        status if status.is_server_error() => (
            "Something on our side is not working",
            "Nothing was changed. Try again in a minute.",
        ),
        _ => ("This could not be done", "Go back and try again."),
    };
    let page = ProblemPage {
        theme: asked.theme,
        status: status.as_u16(),
        title: title.into(),
        what_happened: detail.into(),
        what_to_do: what_to_do.into(),
        request_id: asked.id.clone(),
        way: ("Go to the schedule".into(), routes::SCHEDULE.into()),
    };
    let response = html(status, page.render());
    match &asked.app {
        Some(app) if code == NOT_PERMITTED => led_home(response, &app.config),
        Some(_) | None => response,
    }
}

/// Whoever may not is taken home after a moment, where a toast repeats why. A header does it, since a page that says so
/// in its markup is taken for one that gives its reader a limit of time.
fn led_home(mut response: Response, config: &Config) -> Response {
    let words = format!("error.{}", percent("Insufficient permissions"));
    let cookie = cookies::set(config, Cookie::Flash, &words, SignedDuration::from_secs(20));
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookie);
    headers.insert(header::REFRESH, HeaderValue::from_static("2; url=/"));
    response
}
