//! What a route asks of its caller. Declared with the route and checked before its handler, so that no handler can forget
//! it; tests and documents read the same declaration.

use axum::{
    extract::{FromRequestParts as _, Request},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{
    api_key::ApiKey,
    audit::{Action, Resource},
    permission::Permission,
};

use super::{
    By, Session, api_key, cors, foreign, named_call,
    page::NOT_PERMITTED,
    session::{CONFIRMED_FOR, browser_only},
};
use crate::{app::App, problem::Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    pub need: Need,
    /// Whether the password must have been given lately.
    pub confirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nobody need be signed in; the words say what proves the request instead, or why nothing has to.
    Nobody(&'static str),
    SignedIn,
    May(Permission),
}

/// For whoever asks; `why` says what proves the request instead, or why nothing has to.
pub const fn open(why: &'static str) -> Gate {
    Gate::of(Need::Nobody(why))
}

/// For every member.
pub const fn signed_in() -> Gate {
    Gate::of(Need::SignedIn)
}

pub const fn may(permission: Permission) -> Gate {
    Gate::of(Need::May(permission))
}

impl Gate {
    const fn of(need: Need) -> Self {
        Self {
            need,
            confirmed: false,
        }
    }

    /// And only with a password that was given lately.
    #[must_use]
    pub const fn confirmed(self) -> Self {
        Self {
            confirmed: true,
            ..self
        }
    }

    /// How callers are refused here, or on the way through.
    pub(crate) fn problems(self, is_safe: bool) -> Vec<Problem> {
        if matches!(self.need, Need::Nobody(_)) {
            return Vec::new();
        }
        let mut all = vec![Problem::unauthenticated()];
        match (self.need, self.confirmed) {
            (Need::May(_), false) => all.extend([
                not_permitted(),
                cors::not_allowed(),
                api_key::too_hasty(ApiKey::REQUESTS_PER_MINUTE, 60),
            ]),
            (Need::May(_), true) => all.extend([not_permitted(), browser_only()]),
            (Need::Nobody(_) | Need::SignedIn, _) => all.push(browser_only()),
        }
        if self.confirmed {
            all.push(Problem::unconfirmed());
        }
        if !is_safe {
            all.extend(named_call::problems());
        }
        all
    }

    /// A key is for what its scopes name, and nobody sits at a program to confirm anything.
    fn is_for_programs(self, parts: &Parts) -> bool {
        let is_scoped = matches!(self.need, Need::May(_));
        is_scoped && !self.confirmed && parts.uri.path().starts_with("/api/")
    }
}

fn not_permitted() -> Problem {
    let words = "Your role in the organisation does not allow this.";
    Problem::forbidden(NOT_PERMITTED, words)
}

fn key_not_permitted(permission: Permission) -> Problem {
    let scope = permission.name();
    let words =
        format!("This takes a key with the scope {scope}, made by somebody whose role allows it.");
    Problem::forbidden(NOT_PERMITTED, words)
}

pub(super) async fn guard(gate: Gate, request: Request, next: Next) -> Response {
    if matches!(gate.need, Need::Nobody(_)) {
        return next.run(request).await;
    }
    let app = request.extensions().get::<App>().cloned();
    let app = app.expect("the layers around every route bring the app");
    let (mut parts, body) = request.into_parts();
    if api_key::is_brought(&parts.headers) && !gate.is_for_programs(&parts) {
        return browser_only().into_response();
    }
    let session = match Session::from_request_parts(&mut parts, &app).await {
        Ok(session) => session,
        Err(problem) => return problem.into_response(),
    };
    let call = format!("{} {}", parts.method, parts.uri.path());
    let (site, admitted) = match cors::check(&session, &parts.headers, &app.config) {
        Ok(site) => (site, admit(gate, &app, &session, &parts).await),
        Err(problem) => (None, Err(problem)),
    };
    let passed = match admitted {
        Ok(()) => foreign::watch(&app, &session, Request::from_parts(parts, body), next).await,
        Err(problem) => Err(problem),
    };
    let mut response = passed.unwrap_or_else(Problem::into_response);
    if let Some(origin) = site {
        response.headers_mut().extend(cors::headers(origin));
    }
    if let By::Key { key, allowance, .. } = &session.by {
        let status = response.status();
        api_key::note(&app, &session, (key, *allowance), &call, status).await;
        response.headers_mut().extend(api_key::headers(*allowance));
    }
    response
}

async fn admit(gate: Gate, app: &App, session: &Session, parts: &Parts) -> Result<(), Problem> {
    if let By::Key { allowance, .. } = session.by {
        api_key::check(allowance)?;
    }
    if let Need::May(permission) = gate.need
        && !session.may(permission)
    {
        let route = Resource::new("route", format!("{} {}", parts.method, parts.uri.path()));
        let entry = session.audit(app, Action::AccessDenied).denied();
        let store = app.store.tenant(session);
        store.append_audit(&entry.about(route)).await?;
        return Err(match session.by {
            By::Key { .. } => key_not_permitted(permission),
            By::Browser(_) => not_permitted(),
        });
    }
    if gate.confirmed && session.browser()?.confirmed_at + CONFIRMED_FOR <= app.clock.now() {
        return Err(Problem::unconfirmed());
    }
    Ok(())
}
