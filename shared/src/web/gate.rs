//! What a route asks of its caller. Declared with the route and checked before its handler, so that no handler can forget
//! it; tests and documents read the same declaration.

use axum::{
    extract::{FromRequestParts as _, Request},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{
    audit::{Action, Resource},
    permission::Permission,
};

use super::{Session, foreign, page::NOT_PERMITTED, session::CONFIRMED_FOR};
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

    fn admits(self, session: &Session, app: &App) -> Result<(), Problem> {
        let permitted = match self.need {
            Need::Nobody(_) | Need::SignedIn => true,
            Need::May(permission) => session.may(permission),
        };
        if !permitted {
            return Err(Problem::forbidden(
                NOT_PERMITTED,
                "Your role in the organisation does not allow this.",
            ));
        }
        let confirmed_until = session.confirmed_at + CONFIRMED_FOR;
        if self.confirmed && confirmed_until <= app.clock.now() {
            return Err(Problem::unconfirmed());
        }
        Ok(())
    }
}

pub(super) async fn guard(gate: Gate, request: Request, next: Next) -> Response {
    if matches!(gate.need, Need::Nobody(_)) {
        return next.run(request).await;
    }
    let app = request.extensions().get::<App>().cloned();
    let app = app.expect("the layers around every route bring the app");
    match check(gate, &app, request).await {
        Ok((session, request)) => foreign::watch(&app, &session, request, next).await,
        Err(problem) => problem.into_response(),
    }
}

async fn check(gate: Gate, app: &App, request: Request) -> Result<(Session, Request), Problem> {
    let (mut parts, body) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, app).await?;
    if let Err(denied) = gate.admits(&session, app) {
        if denied.code == NOT_PERMITTED {
            let route = Resource::new("route", format!("{} {}", parts.method, parts.uri.path()));
            let entry = session
                .audit(app, Action::AccessDenied)
                .denied()
                .about(route);
            app.store.tenant(&session).append_audit(&entry).await?;
        }
        return Err(denied);
    }
    Ok((session, Request::from_parts(parts, body)))
}
