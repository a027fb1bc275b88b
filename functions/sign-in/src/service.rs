//! What signing in means, whoever asks.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use domain::{
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Member, Role, Tenant},
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    store::{Refreshed, SessionRow, StoreError, Tries},
    verified::MemberOf,
    web::{
        REFRESH_LIFETIME, Session, SessionTokens,
        cookies::{self, Cookie},
        issue,
    },
};

use crate::password;

/// Who signs up. Borrowed from whatever form the request had.
pub(crate) struct SignUp<'a> {
    pub(crate) organization: &'a str,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
}

pub(crate) enum Refused {
    Wrong,
    Throttled {
        wait: SignedDuration,
    },
    /// The password was right.
    Erasing,
}

pub(crate) const NAME_BYTES_MAX: usize = 200;
/// So many wrong passwords in a row are nothing unusual.
const FREE_TRIES: u32 = 5;
/// As many as can be counted one after the other, and some that lose every race.
const CLAIMS_MAX: u32 = 10;
pub(crate) const WAIT_MIN: SignedDuration = SignedDuration::from_secs(30);
/// Waiting doubles with each further try, up to this; nobody is locked out for good.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);

/// A new organisation with its first member, who administers it.
pub(crate) async fn sign_up(app: &App, form: &SignUp<'_>) -> Result<SessionTokens, Problem> {
    let email = check(form)?;
    let now = app.clock.now();
    let tenant = Tenant {
        id: ids::mint(now, TenantId::from_parts),
        name: form.organization.trim().to_owned(),
        created_at: now,
        erasing_since: None,
    };
    let member = Member {
        id: ids::mint(now, MemberId::from_parts),
        tenant: tenant.id,
        email,
        name: form.name.trim().to_owned(),
        role: Role::Admin,
        mirrors: Vec::new(),
        version: 1,
        created_at: now,
    };
    match app
        .store
        .create_tenant(&tenant, &member, password::hash(form.password)?)
        .await
    {
        Ok(()) => begin_session(app, &member, &tenant.name).await,
        Err(StoreError::Conflict) => Err(Problem::invalid(
            "email",
            "There is already a member with this e-mail address. Sign in instead.",
        )),
        Err(error) => Err(error.into()),
    }
}

fn check(form: &SignUp<'_>) -> Result<EmailAddress, Problem> {
    let mut wrong = Vec::new();
    let mut name = |pointer: &str, text: &str, words: &str| {
        if text.trim().is_empty() {
            wrong.push(FieldProblem {
                pointer: pointer.into(),
                detail: words.into(),
            });
        } else if text.len() > NAME_BYTES_MAX {
            let detail = format!("At most {NAME_BYTES_MAX} bytes.");
            wrong.push(FieldProblem {
                pointer: pointer.into(),
                detail,
            });
        } else if text.trim().contains(char::is_control) {
            wrong.push(FieldProblem {
                pointer: pointer.into(),
                detail: "A name is one line of printable characters.".into(),
            });
        }
    };
    name(
        "organization",
        form.organization,
        "Enter the organisation's name.",
    );
    name("name", form.name, "Enter your name.");
    let email = EmailAddress::parse(form.email);
    if let Err(error) = &email {
        wrong.push(FieldProblem {
            pointer: "email".into(),
            detail: error.to_string(),
        });
    }
    if form.password.chars().count() < password::CHARACTERS_MIN
        || form.password.len() > password::BYTES_MAX
    {
        let detail = format!("Use at least {} characters.", password::CHARACTERS_MIN);
        wrong.push(FieldProblem {
            pointer: "password".into(),
            detail,
        });
    }
    match email {
        Ok(email) if wrong.is_empty() => Ok(email),
        Ok(_) | Err(_) => Err(Problem::invalid_fields(wrong)),
    }
}

/// The answer and its time are the same for an unknown address and a wrong password.
pub(crate) async fn log_in(
    app: &App,
    email: &str,
    password: &str,
) -> Result<Result<SessionTokens, Refused>, Problem> {
    let now = app.clock.now();
    // Also what is no address at all is throttled and compared: nothing is to be learned from the time taken.
    let subject = email
        .trim()
        .to_lowercase()
        .chars()
        .take(EmailAddress::BYTES_MAX)
        .collect::<String>();
    if let Some(wait) = claim_try(app, &subject, now).await? {
        return Ok(Err(Refused::Throttled { wait }));
    }
    let login = match EmailAddress::parse(email) {
        Ok(email) => app.store.find_login(&email).await?,
        Err(_) => None,
    };
    let fits = password.len() <= password::BYTES_MAX
        && password::matches(
            password,
            login.as_ref().map(|login| login.password_hash.as_str()),
        );
    let Some(login) = login.filter(|_| fits) else {
        return Ok(Err(Refused::Wrong));
    };
    app.store.forget_login_tries(&subject).await?;
    let store = app.store.tenant(&MemberOf::after_password(&login));
    let (member, tenant) = (store.member(login.member).await?, store.details().await?);
    match (member, tenant) {
        (Some(_), Some(tenant)) if tenant.erasing_since.is_some() => Ok(Err(Refused::Erasing)),
        (Some(member), Some(tenant)) => Ok(Ok(begin_session(app, &member, &tenant.name).await?)),
        (None, _) | (_, None) => Ok(Err(Refused::Wrong)),
    }
}

/// Counts the try as failed until it has succeeded, or says how long to wait before the next.
async fn claim_try(
    app: &App,
    subject: &str,
    now: Timestamp,
) -> Result<Option<SignedDuration>, Problem> {
    for _ in 0..CLAIMS_MAX {
        let tries = app.store.login_tries(subject, now).await?;
        if let Some(wait) = must_wait(&tries, now) {
            return Ok(Some(wait));
        }
        match app.store.count_login_try(subject, &tries, now).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done.map(|()| None)?),
        }
    }
    // So many in the same moment are no person.
    Ok(Some(WAIT_MIN))
}

fn must_wait(tries: &Tries, now: Timestamp) -> Option<SignedDuration> {
    let beyond = tries.failures.checked_sub(FREE_TRIES)?;
    let wait = (WAIT_MIN * (1 << beyond.min(6))).min(WAIT_MAX);
    let left = (tries.last_at? + wait).duration_since(now);
    left.is_positive().then_some(left)
}

async fn begin_session(
    app: &App,
    member: &Member,
    organization: &str,
) -> Result<SessionTokens, Problem> {
    let now = app.clock.now();
    let row = SessionRow {
        session: ids::mint(now, SessionId::from_parts),
        tenant: member.tenant,
        member: member.id,
        expires_at: now + REFRESH_LIFETIME,
        rotated_at: None,
        version: 1,
    };
    let refresh = ids::opaque();
    app.store.create_session(&row, &refresh).await?;
    issue(app, &row, &refresh, member, organization).await
}

/// The next pair of cookies for a browser whose proof has run out; `None` where it has to sign in again.
pub(crate) async fn refresh(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<SessionTokens>, Problem> {
    let Some(refresh) = cookies::read(headers, &app.config, Cookie::Refresh) else {
        return Ok(None);
    };
    let next = ids::opaque();
    let row = match app
        .store
        .rotate_session(&refresh, &next, app.clock.now())
        .await?
    {
        Refreshed::Granted(row) => row,
        Refreshed::Refused => return Ok(None),
        Refreshed::Reused { session, member } => {
            tracing::warn!(%session, %member, "a used refresh cookie came back: the session is revoked");
            return Ok(None);
        }
    };
    let store = app.store.tenant(&MemberOf::after_refresh(&row));
    let (member, tenant) = (store.member(row.member).await?, store.details().await?);
    match (member, tenant) {
        (Some(member), Some(tenant)) if tenant.erasing_since.is_none() => {
            Ok(Some(issue(app, &row, &next, &member, &tenant.name).await?))
        }
        (_, Some(_) | None) => Ok(None),
    }
}

/// Ends the session here and wherever its cookies were copied to.
pub(crate) async fn sign_out(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let now = app.clock.now();
    let proven = Session::of(headers, app).await?.map(|session| session.id);
    if let Some(session) = proven {
        app.store.revoke_session(session, now).await?;
    }
    let Some(refresh) = cookies::read(headers, &app.config, Cookie::Refresh) else {
        return Ok(());
    };
    if let Some(row) = app.store.find_session(&refresh).await? {
        if proven != Some(row.session) {
            app.store.revoke_session(row.session, now).await?;
        }
        app.store.forget_session(&refresh).await?;
    }
    Ok(())
}

pub(crate) fn throttled(wait: SignedDuration) -> Problem {
    let seconds = Duration::try_from(wait)
        .map_or(1, |wait| wait.as_secs())
        .max(1);
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "throttled",
        "Too many tries. Wait a little, then try again.",
    )
    .retry_after(seconds)
}

pub(crate) fn wrong() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong_credentials",
        "E-mail and password do not match.",
    )
}
