//! What signing in means, whoever asks.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use domain::{
    audit::{Action, Actor, AuditEntry, Resource},
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Member, Tenant},
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    app::App,
    ids,
    problem::Problem,
    store::{Counted, Login, RefreshRow, Refreshed, StandingSession, StoreError, Tries},
    verified::{MemberOf, Verified as _},
    web::{
        REFRESH_LIFETIME, Session, Trail,
        cookies::{self, Cookie},
        issue,
    },
};

use crate::password;

/// Somebody who has just been let in.
pub(crate) struct SignedIn {
    pub(crate) cookies: [HeaderValue; 2],
    pub(crate) session: SessionId,
    pub(crate) member: Member,
    pub(crate) tenant: Tenant,
}

pub(crate) enum Refused {
    Wrong,
    Throttled {
        wait: SignedDuration,
    },
    /// The password was right.
    Erasing,
    /// The password was right.
    Deactivated,
}

/// So many wrong passwords in a row are nothing unusual.
const FREE_TRIES: u32 = 5;
/// As many as can be counted one after the other, and some that lose every race.
const CLAIMS_MAX: u32 = 10;
pub(crate) const WAIT_MIN: SignedDuration = SignedDuration::from_secs(30);
/// Waiting doubles with each further try, up to this; nobody is locked out for good.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);

/// A line of the audit log about somebody who has just proved who they are.
pub(crate) fn audit(trail: &Trail, now: Timestamp, member: &Member, action: Action) -> AuditEntry {
    let actor = Actor::Member {
        id: member.id,
        email: member.email.clone(),
    };
    trail.audit(member.tenant, now, actor, action)
}

/// The same about somebody who has not.
fn unproven(
    trail: &Trail,
    now: Timestamp,
    tenant: TenantId,
    member: MemberId,
    action: Action,
) -> AuditEntry {
    let actor = Actor::Unproven { member };
    trail.audit(tenant, now, actor, action).denied()
}

/// The answer and its time are the same for an unknown address and a wrong password.
pub(crate) async fn log_in(
    app: &App,
    trail: &Trail,
    email: &str,
    password: &str,
) -> Result<Result<SignedIn, Refused>, Problem> {
    let login = match check_password(app, trail, email, password, Action::SignInRefused).await? {
        Ok(login) => login,
        Err(refused) => return Ok(Err(refused)),
    };
    let store = app.store.tenant(&MemberOf::after_password(&login));
    let (member, tenant) = (store.member(login.member).await?, store.details().await?);
    match (member, tenant) {
        (Some(_), Some(tenant)) if tenant.erasing_since.is_some() => Ok(Err(Refused::Erasing)),
        (Some(member), Some(tenant)) if member.is_active() => {
            Ok(Ok(begin_session(app, trail, member, tenant).await?))
        }
        (Some(_), Some(_)) => Ok(Err(Refused::Deactivated)),
        (_, None) | (None, _) => Ok(Err(Refused::Wrong)),
    }
}

/// Whose password it is.
pub(crate) async fn check_password(
    app: &App,
    trail: &Trail,
    email: &str,
    password: &str,
    refusal: Action,
) -> Result<Result<Login, Refused>, Problem> {
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
    let Some(login) = login else {
        // As long as a line of the audit log takes, which a known address gets.
        app.store.note_unknown_login(&subject, now).await?;
        return Ok(Err(Refused::Wrong));
    };
    if !fits {
        let whose = MemberOf::by_address(&login);
        let refused = unproven(trail, now, whose.tenant(), login.member, refusal);
        app.store.tenant(&whose).append_audit(&refused).await?;
        return Ok(Err(Refused::Wrong));
    }
    app.store.forget_login_tries(&subject).await?;
    Ok(Ok(login))
}

/// The member of a session gives their password again; for a while they may do what cannot be taken back.
pub(crate) async fn confirm(
    app: &App,
    session: &Session,
    password: &str,
) -> Result<Result<(), Refused>, Problem> {
    let (trail, address) = (&session.trail, session.email.as_str());
    let checked = check_password(app, trail, address, password, Action::ConfirmRefused).await?;
    if let Err(refused) = checked {
        return Ok(Err(refused));
    }
    let store = app.store.tenant(session);
    let confirmed = session.audit(app, Action::Confirmed);
    store
        .confirm_session(session.browser()?, app.clock.now(), &confirmed)
        .await?;
    Ok(Ok(()))
}

/// Counts the try as failed until it has succeeded, or says how long to wait before the next.
async fn claim_try(
    app: &App,
    subject: &str,
    now: Timestamp,
) -> Result<Option<SignedDuration>, Problem> {
    for _ in 0..CLAIMS_MAX {
        let tries = app.store.tries(Counted::SignIn, subject, now).await?;
        if let Some(wait) = must_wait(&tries, now) {
            return Ok(Some(wait));
        }
        let counted = app.store.count_try(Counted::SignIn, subject, &tries, now);
        match counted.await {
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

pub(crate) async fn begin_session(
    app: &App,
    trail: &Trail,
    member: Member,
    tenant: Tenant,
) -> Result<SignedIn, Problem> {
    let now = app.clock.now();
    let session = StandingSession {
        id: ids::mint(tenant.id, now, SessionId::from_parts),
        tenant: member.tenant,
        member: member.id,
        began_at: now,
        confirmed_at: now,
        expires_at: now + REFRESH_LIFETIME,
        ip: trail.ip.map(|ip| ip.to_string()),
        user_agent: trail.user_agent.clone(),
        version: 1,
    };
    let refresh = ids::opaque();
    let signed_in =
        audit(trail, now, &member, Action::SignedIn).about(Resource::new("session", session.id));
    app.store
        .create_session(&session, &refresh, &signed_in)
        .await?;
    let cookies = issue(
        app,
        session.id,
        (&refresh, session.expires_at),
        &member,
        &tenant,
    )
    .await?;
    Ok(SignedIn {
        cookies,
        session: session.id,
        member,
        tenant,
    })
}

/// The next pair of cookies for a browser whose proof has run out; `None` where it has to sign in again.
pub(crate) async fn refresh(
    app: &App,
    trail: &Trail,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, Problem> {
    let Some(refresh) = cookies::read(headers, &app.config, Cookie::Refresh) else {
        return Ok(None);
    };
    let (next, now) = (ids::opaque(), app.clock.now());
    let reused = |row: &RefreshRow| {
        let member = row.member;
        unproven(trail, now, row.tenant, member, Action::SessionReused)
    };
    let rotated = app.store.rotate_session(&refresh, &next, now, reused);
    let row = match rotated.await? {
        Refreshed::Granted(row) => row,
        Refreshed::Refused => return Ok(None),
        Refreshed::Reused(row) => {
            tracing::warn!(
                session = %row.session, member = %row.member,
                "a used refresh cookie came back: the session is revoked"
            );
            return Ok(None);
        }
    };
    let store = app.store.tenant(&MemberOf::by_refresh(&row));
    let (member, tenant) = (store.member(row.member).await?, store.details().await?);
    match (member, tenant) {
        (Some(member), Some(tenant)) if tenant.erasing_since.is_none() && member.is_active() => {
            let refresh = (next.as_str(), row.expires_at);
            Ok(Some(SignedIn {
                cookies: issue(app, row.session, refresh, &member, &tenant).await?,
                session: row.session,
                member,
                tenant,
            }))
        }
        (_, Some(_) | None) => Ok(None),
    }
}

/// Ends the session here and wherever its cookies were copied to.
pub(crate) async fn sign_out(app: &App, trail: &Trail, headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(session) = Session::of(headers, trail.clone(), app).await? {
        let store = app.store.tenant(&session);
        let signed_out = session.audit(app, Action::SignedOut);
        store
            .end_session(session.member, session.browser()?.id, Some(&signed_out))
            .await?;
    }
    let Some(refresh) = cookies::read(headers, &app.config, Cookie::Refresh) else {
        return Ok(());
    };
    if let Some(row) = app.store.find_refresh(&refresh).await? {
        let store = app.store.tenant(&MemberOf::by_refresh(&row));
        store.end_session(row.member, row.session, None).await?;
        app.store.forget_refresh(&refresh).await?;
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

pub(crate) fn deactivated() -> Problem {
    Problem::forbidden(
        "member_deactivated",
        "An administrator deactivated you. Ask them if that is a mistake.",
    )
}

pub(crate) fn wrong() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong_credentials",
        "E-mail and password do not match.",
    )
}
