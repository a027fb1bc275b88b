//! The pages of someone who is not signed in.

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::{FieldProblem, Problem},
    web::{
        Form, Query, Session, Trail, asking_page, asks_for_fragment,
        cookies::{self, Cookie},
        local_path,
        page::{self, Visitor},
        percent, repeat_at, see_other, whole_page,
    },
};
use ui::{
    components::{Csrf, FieldError, Meaning},
    pages::{
        join::Join,
        message::Message,
        sign_in::{Confirm, SignIn, Trouble},
        sign_up::SignUp,
    },
    routes,
};

use crate::{
    founding,
    join::{self, Found, Joining},
    service::{self, Refused, SignedIn},
};

pub(crate) async fn home(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let signed_in = Session::of(&headers, Trail::default(), &app)
        .await?
        .is_some();
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
        self.next.as_deref().and_then(onward_path)
    }
}

/// Where a browser may be led on to, if that is anywhere but the start.
fn onward_path(next: &str) -> Option<&str> {
    Some(local_path(next)).filter(|path| *path != "/")
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    if Session::of(&headers, Trail::default(), &app)
        .await?
        .is_some()
    {
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
    trail: Trail,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let next = form.next.as_deref().map(local_path);
    let (status, trouble) = match service::log_in(&app, &trail, &form.email, &form.password).await?
    {
        Ok(who) => return Ok(welcome(who, see_other(next.unwrap_or(routes::SCHEDULE)))),
        Err(refused) => in_words(&refused),
    };
    Ok(page::html(
        status,
        sign_in_page(&headers, next, &form.email, Some(trouble)).render(),
    ))
}

fn in_words(refused: &Refused) -> (StatusCode, Trouble) {
    match refused {
        Refused::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, Trouble::Refused),
        Refused::Erasing => (StatusCode::FORBIDDEN, Trouble::Erasing),
        Refused::Deactivated => (StatusCode::FORBIDDEN, Trouble::Deactivated),
        Refused::Throttled { wait } => {
            let minutes = u32::try_from(wait.as_mins() + 1).unwrap_or(1);
            let trouble = Trouble::Throttled { minutes };
            (StatusCode::TOO_MANY_REQUESTS, trouble)
        }
    }
}

pub(crate) async fn confirm(
    visitor: Visitor,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    let page = confirm_page(visitor, onward.path(), None);
    Ok(page::ok(page.render()))
}

fn confirm_page(visitor: Visitor, next: Option<&str>, trouble: Option<Trouble>) -> Confirm {
    Confirm {
        theme: visitor.frame.theme,
        csrf: visitor.frame.csrf,
        email: visitor.session.email.to_string(),
        next: next.unwrap_or(routes::SCHEDULE).to_owned(),
        trouble,
    }
}

#[derive(Deserialize)]
pub(crate) struct ConfirmForm {
    password: String,
    next: Option<String>,
}

pub(crate) async fn submit_confirm(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Problem> {
    let next = form.next.as_deref().map(local_path);
    match service::confirm(&app, &visitor.session, &form.password).await? {
        Ok(()) => {
            let words = "Confirmed. You can go on for a quarter of an hour.";
            Ok(page::done(
                &app.config,
                next.unwrap_or(routes::SCHEDULE),
                words,
            ))
        }
        Err(refused) => {
            let (status, trouble) = in_words(&refused);
            let page = confirm_page(visitor, next, Some(trouble));
            Ok(page::html(status, page.render()))
        }
    }
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
    trail: Trail,
    headers: HeaderMap,
    Form(form): Form<SignUpForm>,
) -> Result<Response, Problem> {
    let asked = founding::SignUp {
        organization: &form.organization,
        name: &form.name,
        email: &form.email,
        password: &form.password,
    };
    match founding::sign_up(&app, &trail, &asked).await {
        Ok(who) => Ok(welcome(who, see_other(routes::CONNECTIONS))),
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let page = sign_up_page(&headers, &form, errors_of(&problem));
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    token: String,
}

pub(crate) async fn join(
    State(app): State<App>,
    trail: Trail,
    headers: HeaderMap,
    Query(brought): Query<Brought>,
) -> Result<Response, Problem> {
    Ok(match join::find(&app, &trail, &brought.token).await? {
        Ok(found) => page::ok(join_page(&headers, &found, &brought.token, "", Vec::new()).render()),
        Err(refused) => not_joined(&headers, refused),
    })
}

fn join_page(
    headers: &HeaderMap,
    found: &Found,
    token: &str,
    name: &str,
    errors: Vec<FieldError>,
) -> Join {
    Join {
        theme: page::theme(headers),
        csrf: Csrf(String::new()),
        token: token.to_owned(),
        organization: found.tenant.name.clone(),
        email: found.invite.email.to_string(),
        role: found.invite.role,
        name: name.to_owned(),
        errors,
    }
}

fn not_joined(headers: &HeaderMap, refused: join::Refused) -> Response {
    let message = Message {
        theme: page::theme(headers),
        meaning: Meaning::Warning,
        title: "You cannot join with this link".to_owned(),
        words: refused.words().to_owned(),
        ways: vec![("Sign in".to_owned(), routes::SIGN_IN.to_owned())],
    };
    page::html(refused.status(), message.render())
}

#[derive(Deserialize)]
pub(crate) struct JoinForm {
    token: String,
    name: String,
    password: String,
}

pub(crate) async fn submit_join(
    State(app): State<App>,
    trail: Trail,
    headers: HeaderMap,
    Form(form): Form<JoinForm>,
) -> Result<Response, Problem> {
    let joining = Joining {
        name: &form.name,
        password: &form.password,
        email: None,
    };
    let problem = match join::join(&app, &trail, &form.token, &joining).await {
        Ok(Ok(who)) => return Ok(welcome(who, see_other(routes::CONNECTIONS))),
        Ok(Err(refused)) => return Ok(not_joined(&headers, refused)),
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => problem,
        Err(problem) => return Err(problem),
    };
    Ok(match join::find(&app, &trail, &form.token).await? {
        Ok(found) => {
            let page = join_page(
                &headers,
                &found,
                &form.token,
                &form.name,
                errors_of(&problem),
            );
            page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render())
        }
        Err(refused) => not_joined(&headers, refused),
    })
}

pub(crate) fn errors_of(problem: &Problem) -> Vec<FieldError> {
    let error = |field: &FieldProblem| FieldError::new(&field.pointer, &field.detail);
    problem.fields.iter().map(error).collect()
}

/// A page whose proof has run out comes here, gets a new one if its refresh cookie is good, and goes on where it was: a
/// form with everything in it, a fragment without its page noticing.
pub(crate) async fn carry_on(
    State(app): State<App>,
    trail: Trail,
    method: Method,
    headers: HeaderMap,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    let was_here = cookies::read(&headers, &app.config, Cookie::Refresh).is_some();
    if let Some(who) = service::refresh(&app, &trail, &headers).await? {
        let onto = match onward.path() {
            Some(path) if !method.is_safe() => repeat_at(path),
            path => see_other(path.unwrap_or(routes::SCHEDULE)),
        };
        return Ok(welcome(who, onto));
    }
    // Nothing stands to be read where a form was sent to, and of a page's part the page is the way back.
    let next = match asking_page(&headers) {
        Some(page) => onward_path(&page).map(str::to_owned),
        None => onward
            .path()
            .filter(|_| method.is_safe())
            .map(str::to_owned),
    };
    let mut query: Vec<String> = next
        .map(|path| format!("next={}", percent(&path)))
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
    let onto = if asks_for_fragment(&headers) {
        whole_page(&path)
    } else {
        see_other(&path)
    };
    Ok(forget(&app, onto))
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    trail: Trail,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service::sign_out(&app, &trail, &headers).await?;
    Ok(forget(&app, see_other(routes::SIGN_IN)))
}

fn welcome(who: SignedIn, mut response: Response) -> Response {
    for cookie in who.cookies {
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
