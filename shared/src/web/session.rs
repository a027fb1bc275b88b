//! Who is asking. A short signed proof in a cookie says whom to look up; the table says whether that still holds, so that
//! signing out, a new role and a deactivation count from the next request on.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
};
use domain::{
    audit::{Action, Actor, AuditEntry},
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Member, Role, Tenant},
    permission::{Permission, Permissions},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{
    cookies::{self, Cookie},
    trail::Trail,
};
use crate::{
    app::App,
    crypto::{Keys, Purpose},
    jwt::SessionKeys,
    problem::Problem,
    verified::verified,
};

/// The proof is believed this long; after that the refresh cookie is asked for.
pub const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
pub const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What cannot be taken back asks for a password that was given no longer ago.
pub const CONFIRMED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A signed-in member, as the table has them now.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    tenant: TenantId,
    pub member: MemberId,
    pub email: EmailAddress,
    pub name: String,
    pub organization: String,
    pub role: Role,
    pub permissions: Permissions,
    pub confirmed_at: Timestamp,
    pub trail: Trail,
}
verified!(Session);

/// What the cookie of a session says, with a signature of ours; whether the session still stands is not known yet.
#[derive(Serialize, Deserialize)]
pub struct Proof {
    #[serde(rename = "sid")]
    pub session: SessionId,
    #[serde(rename = "ten")]
    tenant: TenantId,
    #[serde(rename = "sub")]
    pub member: MemberId,
    #[serde(rename = "org")]
    organization: String,
    iat: i64,
    exp: i64,
}
verified!(Proof);

/// The cookies of a session: a proof signed now, and the refresh cookie with which the next is asked for.
pub async fn issue(
    app: &App,
    session: SessionId,
    (refresh, expires_at): (&str, Timestamp),
    member: &Member,
    tenant: &Tenant,
) -> Result<[HeaderValue; 2], Problem> {
    let now = app.clock.now();
    let keys = app.keys().await?;
    let claims = Proof {
        session,
        tenant: member.tenant,
        member: member.id,
        organization: tenant.name.clone(),
        iat: now.as_second(),
        exp: (now + ACCESS_LIFETIME).as_second(),
    };
    let header = Header {
        kid: Some(keys.kid.clone()),
        ..Header::new(Algorithm::EdDSA)
    };
    let proof = jsonwebtoken::encode(&header, &claims, &session_keys(&keys).signing)
        .map_err(Problem::unavailable)?;
    let left = expires_at.duration_since(now);
    Ok([
        cookies::set(&app.config, Cookie::Access, &proof, ACCESS_LIFETIME),
        cookies::set(&app.config, Cookie::Refresh, refresh, left),
    ])
}

impl Proof {
    /// What the request's cookie proves now, without a look at the table.
    pub async fn of(headers: &HeaderMap, app: &App) -> Result<Option<Self>, Problem> {
        let Some(proof) = cookies::read(headers, &app.config, Cookie::Access) else {
            return Ok(None);
        };
        let header = jsonwebtoken::decode_header(&proof).ok();
        let Some(kid) = header.and_then(|header| header.kid) else {
            return Ok(None);
        };
        let keys = app.keys_of(&kid).await?;
        Ok(keys.and_then(|keys| verify(&proof, &keys, app.clock.now())))
    }
}

impl Session {
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// A line of the audit log about what the member does now.
    pub fn audit(&self, app: &App, action: Action) -> AuditEntry {
        let actor = Actor::Member {
            id: self.member,
            email: self.email.clone(),
        };
        self.trail
            .audit(self.tenant, app.clock.now(), actor, action)
    }

    /// The session that the request proves, if it stands.
    pub async fn of(headers: &HeaderMap, trail: Trail, app: &App) -> Result<Option<Self>, Problem> {
        let Some(proof) = Proof::of(headers, app).await? else {
            return Ok(None);
        };
        let store = app.store.tenant(&proof);
        let found = store
            .session_and_member(proof.member, proof.session)
            .await?;
        let now = app.clock.now();
        let standing =
            found.filter(|(session, member)| now < session.expires_at && member.is_active());
        Ok(standing.map(|(session, member)| Self {
            id: session.id,
            tenant: proof.tenant,
            permissions: member.permissions(),
            member: member.id,
            email: member.email,
            name: member.name,
            organization: proof.organization,
            role: member.role,
            confirmed_at: session.confirmed_at,
            trail,
        }))
    }
}

fn verify(proof: &str, keys: &Keys, now: Timestamp) -> Option<Proof> {
    // The algorithm is ours, never the header's; the time is the App's clock, not the library's.
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let claims: Proof = jsonwebtoken::decode(proof, &session_keys(keys).verifying, &validation)
        .ok()?
        .claims;
    (now.as_second() < claims.exp).then_some(claims)
}

fn session_keys(keys: &Keys) -> SessionKeys {
    SessionKeys::from_seed(&keys.derive(Purpose::SessionSigning))
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    /// Looked up once a request: the gate before the handler has done so already.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let trail = Trail::of(&parts.extensions);
        let found = Self::of(&parts.headers, trail, app).await?;
        let session = found.ok_or_else(Problem::unauthenticated)?;
        parts.extensions.insert(session.clone());
        Ok(session)
    }
}
