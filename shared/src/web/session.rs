//! Who is asking. A short signed proof in a cookie says whom to look up; the table says whether that still holds, so that
//! signing out, a new role and a deactivation count from the next request on.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    api_key::{Allowance, ApiKey},
    audit::{Action, Actor, AuditEntry},
    cors::AllowedOrigins,
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Member, Role, Tenant},
    permission::{Permission, Permissions},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    api_key,
    cookies::{self, Cookie},
    trail::Trail,
};
use crate::{
    app::App,
    crypto::{Keys, Purpose},
    jwt::SessionKeys,
    problem::Problem,
    store::StandingSession,
    verified::verified,
};

/// The proof is believed this long; after that the refresh cookie is asked for.
pub const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
pub const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What cannot be taken back asks for a password that was given no longer ago.
pub const CONFIRMED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A member who asks, as the table has them now: signed in with a browser, or through a program with a key of theirs.
#[derive(Clone, Debug)]
pub struct Session {
    pub by: By,
    tenant: TenantId,
    pub member: MemberId,
    pub email: EmailAddress,
    pub name: String,
    pub organization: String,
    pub role: Role,
    pub permissions: Permissions,
    pub trail: Trail,
}
verified!(Session);

/// What a member asks with.
#[derive(Clone, Debug)]
pub enum By {
    Browser(StandingSession),
    Key {
        key: ApiKey,
        allowance: Allowance,
        /// The sites whose pages may use it.
        origins: AllowedOrigins,
    },
}

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

    /// The browser's session. A program has none.
    pub fn browser(&self) -> Result<&StandingSession, Problem> {
        match &self.by {
            By::Browser(session) => Ok(session),
            By::Key { .. } => Err(browser_only()),
        }
    }

    /// A line of the audit log about what the member does now.
    pub fn audit(&self, app: &App, action: Action) -> AuditEntry {
        let actor = match &self.by {
            By::Browser(_) => Actor::Member {
                id: self.member,
                email: self.email.clone(),
            },
            By::Key { key, .. } => Actor::ApiKey {
                id: key.id,
                member: self.member,
                name: key.name.clone(),
            },
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
        Ok(standing.map(|(session, member)| {
            let permissions = member.permissions();
            let organization = proof.organization;
            Self::new(
                By::Browser(session),
                member,
                permissions,
                organization,
                trail,
            )
        }))
    }

    pub(super) fn new(
        by: By,
        member: Member,
        permissions: Permissions,
        organization: String,
        trail: Trail,
    ) -> Self {
        Self {
            by,
            tenant: member.tenant,
            member: member.id,
            email: member.email,
            name: member.name,
            organization,
            role: member.role,
            permissions,
            trail,
        }
    }
}

/// The public keys that proofs of sessions are signed with, as a JSON Web Key Set (RFC 8037).
pub async fn key_set(app: &App) -> Result<serde_json::Value, Problem> {
    let keys = app.vault.all_keys(app.clock.now()).await?;
    let key = |keys: &Arc<Keys>| {
        let public = crate::jwt::session_public_key(&keys.derive(Purpose::SessionSigning));
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": keys.kid,
            "x": URL_SAFE_NO_PAD.encode(public),
        })
    };
    Ok(json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() }))
}

pub(super) fn browser_only() -> Problem {
    let words = "An API key cannot do this. Sign in with a browser.";
    Problem::forbidden("browser_only", words)
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
        // A key counts before a cookie: whoever brings one means to be the program.
        let session = match api_key::brought(&parts.headers) {
            Some(secret) => api_key::session(app, secret, trail).await?,
            None => Self::of(&parts.headers, trail, app).await?,
        };
        let session = session.ok_or_else(Problem::unauthenticated)?;
        parts.extensions.insert(session.clone());
        Ok(session)
    }
}
