//! Joining with an invite, whoever asks.

use axum::http::StatusCode;
use domain::{
    audit::{Action, Actor, Resource},
    id::MemberId,
    invite::{self, Invite, Over},
    member::{EmailAddress, Member, Tenant},
};
use serde_json::{Value, json};
use shared::{
    app::App,
    ids,
    invite::OpenedInvite,
    problem::Problem,
    store::{Counted, StoreError},
    verified::Verified as _,
    web::Trail,
};

use crate::{
    founding::{Flaws, PASSWORD},
    password,
    service::{SignedIn, audit, begin_session},
};

/// An invite that holds, brought by whoever has its link.
pub(crate) struct Found {
    opened: OpenedInvite,
    pub(crate) invite: Invite,
    digest: String,
    pub(crate) tenant: Tenant,
}

impl Found {
    fn is_for(&self, email: &str) -> bool {
        EmailAddress::parse(email).is_ok_and(|email| email == self.invite.email)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Made up or altered, or of an organisation that is no more. All are told alike.
    Unknown,
    Expired,
    Used,
    Revoked,
    /// Whoever holds the link may know: the address is theirs.
    AlreadyMember,
}

impl Refused {
    const fn of(Over(state): Over) -> Self {
        match state {
            invite::State::Accepted => Self::Used,
            invite::State::Revoked => Self::Revoked,
            invite::State::Expired | invite::State::Pending => Self::Expired,
        }
    }

    /// For programs.
    pub(crate) fn problem(self) -> Problem {
        let words = self.words();
        match self {
            Self::Unknown => Problem::forbidden("invite_unknown", words),
            Self::Expired => Problem::forbidden("invite_expired", words),
            Self::Used => Problem::forbidden("invite_used", words),
            Self::Revoked => Problem::forbidden("invite_revoked", words),
            Self::AlreadyMember => Problem::forbidden("already_member", words),
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Expired | Self::Used | Self::Revoked => StatusCode::GONE,
            Self::AlreadyMember => StatusCode::CONFLICT,
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Unknown => {
                "This link is not an invite, or a part of it is missing. Open it from where it was sent to you, or ask for a new one."
            }
            Self::Expired => {
                "This invite was good for a week, which is over. Ask an administrator for a new one."
            }
            Self::Used => "Somebody has joined with this invite already. If it was you, sign in.",
            Self::Revoked => {
                "An administrator took this invite back. Ask them if that is a mistake."
            }
            Self::AlreadyMember => {
                "There is already a member with this e-mail address. Sign in instead."
            }
        }
    }
}

/// The invite of a token, if somebody can join with it now. What does not hold is written down where it is known whose it is.
pub(crate) async fn find(
    app: &App,
    trail: &Trail,
    token: &str,
) -> Result<Result<Found, Refused>, Problem> {
    let opened = shared::invite::open(app, token).await;
    let Some(opened) = opened.map_err(Problem::unavailable)? else {
        return Ok(Err(Refused::Unknown));
    };
    let store = app.store.tenant(&opened);
    let standing = store.details().await?;
    let Some(tenant) = standing.filter(|tenant| tenant.erasing_since.is_none()) else {
        return Ok(Err(Refused::Unknown));
    };
    let now = app.clock.now();
    let refused = match store.invite(opened.invite).await? {
        Some((invite, digest)) if opened.is_for(&invite, &digest) => match invite.state(now) {
            invite::State::Pending if app.store.find_login(&invite.email).await?.is_some() => {
                Refused::AlreadyMember
            }
            invite::State::Pending => {
                return Ok(Ok(Found {
                    opened,
                    invite,
                    digest,
                    tenant,
                }));
            }
            over @ (invite::State::Accepted | invite::State::Revoked | invite::State::Expired) => {
                Refused::of(Over(over))
            }
        },
        // What became of it is shown for a month.
        None if now >= opened.expires_at => Refused::Expired,
        Some(_) | None => Refused::Unknown,
    };
    note_refused(app, trail, &opened, refused).await?;
    Ok(Err(refused))
}

/// Lines about one invite within half an hour: who opens its link over and over fills no log.
const LINES_MAX: u32 = 5;

async fn note_refused(
    app: &App,
    trail: &Trail,
    opened: &OpenedInvite,
    refused: Refused,
) -> Result<(), Problem> {
    let (what, subject, now) = (
        Counted::EndedInvite,
        opened.invite.to_string(),
        app.clock.now(),
    );
    let tries = app.store.tries(what, &subject, now).await?;
    if tries.failures >= LINES_MAX {
        return Ok(());
    }
    match app.store.count_try(what, &subject, &tries, now).await {
        // Another visit of this moment is written down.
        Err(StoreError::Conflict) => return Ok(()),
        counted => counted?,
    }
    let actor = Actor::Invited {
        invite: opened.invite,
        email: opened.email.clone(),
    };
    let entry = trail
        .audit(opened.tenant(), now, actor, Action::InviteRefused)
        .denied()
        .about(Resource::new("invite", opened.invite))
        .changing(json!({ "invite": refused.problem().code }), Value::Null);
    Ok(app.store.tenant(opened).append_audit(&entry).await?)
}

/// What somebody says who joins; the address and the role are the invite's.
pub(crate) struct Joining<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    /// Where it is said once more, it must be the invite's.
    pub(crate) email: Option<&'a str>,
}

/// Makes the holder of the invite a member, and signs them in.
pub(crate) async fn join(
    app: &App,
    trail: &Trail,
    token: &str,
    joining: &Joining<'_>,
) -> Result<Result<SignedIn, Refused>, Problem> {
    let found = match find(app, trail, token).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut flaws = Flaws::default();
    flaws.name("name", joining.name, "Enter your name.");
    flaws.password(PASSWORD, joining.password);
    if joining.email.is_some_and(|email| !found.is_for(email)) {
        flaws.note("email", "The invite is for another address.");
    }
    flaws.none()?;
    let Found {
        opened,
        invite,
        digest,
        tenant,
    } = found;
    let now = app.clock.now();
    let id = ids::mint(tenant.id, now, MemberId::from_parts);
    let accepted = match invite.accepted(id, now) {
        Ok(accepted) => accepted,
        Err(over) => return Ok(Err(Refused::of(over))),
    };
    let name = joining.name.trim().to_owned();
    let email: EmailAddress = invite.email.clone();
    let member = Member::new(id, tenant.id, email, name, invite.role, now);
    let joined = audit(trail, now, &member, Action::MemberJoined)
        .about(Resource::new("member", id))
        .changing(
            Value::Null,
            json!({ "role": member.role, "invite": invite.id }),
        );
    let hash = password::hash(joining.password)?;
    let store = app.store.tenant(&opened);
    match store
        .accept_invite(&accepted, digest, (&member, hash), &joined)
        .await
    {
        Ok(()) => Ok(Ok(begin_session(app, trail, member, tenant).await?)),
        // Of two who use it at once, one comes too late.
        Err(StoreError::Conflict) => match find(app, trail, token).await? {
            Ok(_) => Err(StoreError::Conflict.into()),
            Err(refused) => Ok(Err(refused)),
        },
        Err(error) => Err(error.into()),
    }
}
