//! The pages of someone who is not signed in.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Query, Session, SessionTokens,
        cookies::{self, Cookie},
        local_path, page, percent, repeat_at, see_other,
    },
};
use ui::{
    components::{Csrf, FieldError},
    pages::{
        sign_in::{SignIn, Trouble},
        sign_up::SignUp,
    },
    routes,
};

use crate::service::{self, Refused};

pub(crate) async fn home(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let signed_in = Session::of(&headers, &app).await?.is_some();
    Ok(see_other(if signed_in {
        routes::SCHEDULE
    } else {
        "/sign-in/continue"
    }))
}

#[derive(Deserialize)]
pub(crate) struct Onward {
    next: Option<String>,
    expired: Option<String>,
}

impl Onward {
    fn path(&self) -> Option<&str> {
        self.next
            .as_deref()
            .map(local_path)
            .filter(|path| *path != "/")
    }
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    if Session::of(&headers, &app).await?.is_some() {
        return Ok(see_other(onward.path().unwrap_or(routes::SCHEDULE)));
    }
    let trouble = onward.expired.is_some().then_some(Trouble::Expired);
    Ok(page::ok(
        sign_in_page(&headers, onward.path(), "", trouble).render(),
    ))
}

fn sign_in_page(
    headers: &HeaderMap,
    next: Option<&str>,
    email: &str,
    trouble: Option<Trouble>,
) -> SignIn {
    SignIn {
        theme: page::theme(headers),
        // Nobody is signed in yet: where the request comes from is all the proof there can be.
        csrf: Csrf(String::new()),
        next: next.map(str::to_owned),
        email: email.to_owned(),
        trouble,
    }
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    email: String,
    password: String,
    next: Option<String>,
}

pub(crate) async fn submit_sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let next = form.next.as_deref().map(local_path);
    let (status, trouble) = match service::log_in(&app, &form.email, &form.password).await? {
        Ok(tokens) => return Ok(welcome(tokens, see_other(next.unwrap_or(routes::SCHEDULE)))),
        Err(Refused::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Trouble::Refused),
        Err(Refused::Erasing) => (StatusCode::FORBIDDEN, Trouble::Erasing),
        Err(Refused::Throttled { wait }) => {
            let minutes = u32::try_from(wait.as_mins() + 1).unwrap_or(1);
            (
                StatusCode::TOO_MANY_REQUESTS,
                Trouble::Throttled { minutes },
            )
        }
    };
    Ok(page::html(
        status,
        sign_in_page(&headers, next, &form.email, Some(trouble)).render(),
    ))
}

pub(crate) async fn sign_up(headers: HeaderMap) -> Response {
    page::ok(sign_up_page(&headers, &SignUpForm::default(), Vec::new()).render())
}

#[derive(Default, Deserialize)]
pub(crate) struct SignUpForm {
    organization: String,
    name: String,
    email: String,
    password: String,
}

fn sign_up_page(headers: &HeaderMap, form: &SignUpForm, errors: Vec<FieldError>) -> SignUp {
    SignUp {
        theme: page::theme(headers),
        csrf: Csrf(String::new()),
        organization: form.organization.clone(),
        name: form.name.clone(),
        email: form.email.clone(),
        errors,
    }
}

pub(crate) async fn submit_sign_up(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<SignUpForm>,
) -> Result<Response, Problem> {
    let asked = service::SignUp {
        organization: &form.organization,
        name: &form.name,
        email: &form.email,
        password: &form.password,
    };
    match service::sign_up(&app, &asked).await {
        Ok(tokens) => Ok(welcome(tokens, see_other(routes::CONNECTIONS))),
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let errors = problem
                .fields
                .iter()
                .map(|field| FieldError::new(&field.pointer, &field.detail))
                .collect();
            let page = sign_up_page(&headers, &form, errors);
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

/// A page whose proof has run out comes here, gets a new one if its refresh cookie is good, and goes on where it was: a
/// form with everything in it, a fragment without its page noticing.
pub(crate) async fn carry_on(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    let was_here = cookies::read(&headers, &app.config, Cookie::Refresh).is_some();
    if let Some(tokens) = service::refresh(&app, &headers).await? {
        let onto = match onward.path() {
            Some(path) if !method.is_safe() => repeat_at(path),
            path => see_other(path.unwrap_or(routes::SCHEDULE)),
        };
        return Ok(welcome(tokens, onto));
    }
    // Nothing stands to be read where a form was sent to.
    let next = onward.path().filter(|_| method.is_safe());
    let mut query: Vec<String> = next
        .map(|path| format!("next={}", percent(path)))
        .into_iter()
        .collect();
    if was_here {
        query.push("expired=1".into());
    }
    let path = if query.is_empty() {
        routes::SIGN_IN.to_owned()
    } else {
        format!("{}?{}", routes::SIGN_IN, query.join("&"))
    };
    let onto = if headers.contains_key("hx-request") {
        whole_page(&path)
    } else {
        see_other(&path)
    };
    Ok(forget(&app, onto))
}

/// A fragment must not be replaced by another page: its script is told to go there as a whole.
fn whole_page(path: &str) -> Response {
    let address = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::OK, [("hx-redirect", address)]).into_response()
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service::sign_out(&app, &headers).await?;
    Ok(forget(&app, see_other(routes::SIGN_IN)))
}

fn welcome(tokens: SessionTokens, mut response: Response) -> Response {
    for cookie in tokens.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn forget(app: &App, mut response: Response) -> Response {
    for cookie in [Cookie::Access, Cookie::Refresh] {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookies::clear(&app.config, cookie));
    }
    response
}
